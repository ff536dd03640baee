// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files made to break, fool or exhaust the reader. */
class HostileCheckpointTest {
    /** More with -Dpointillist.fuzz.cases=100000, from another place with -Dpointillist.fuzz.seed=1. */
    private static final int CASES = Integer.getInteger("pointillist.fuzz.cases", 2000);

    private static final long SEED = Long.getLong("pointillist.fuzz.seed", 20250721);
    private static final long MAX_BYTES_PER_CASE = 100L << 20;
    private static final long MAX_SECONDS_PER_CASE = 5;
    private static final String CANARY = HostileCheckpointTest.class.getPackageName() + "\nCanary\n";
    private static final String OPCODES = "(.012FIJKLMNPQRSTUVXabcdeghijlopqrstu})]GBC"
            + "\u0080\u0081\u0082\u0085\u0086\u0087\u0088\u0089\u008a\u008b\u008c\u008d\u008e\u008f"
            + "\u0090\u0091\u0092\u0093\u0094\u0095\u0096\u0097\u0098";

    @TempDir
    Path dir;

    @BeforeEach
    void silence() {
        System.clearProperty(Canary.PROPERTY);
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private Path torchZip(String pickle) throws IOException {
        return Files.write(dir.resolve("hostile.pth"), TestFiles.zip(Map.of("a/data.pkl", latin1(pickle))));
    }

    // ---- code in pickles

    @Test
    void theCanarySingsWhenLoaded() throws Exception {
        // In a loader of its own, since a class is initialised once in a loader.
        URL classes = Canary.class.getProtectionDomain().getCodeSource().getLocation();
        try (URLClassLoader loader = new URLClassLoader(new URL[] {classes}, null)) {
            Class.forName(Canary.class.getName(), true, loader);
        }
        assertThat(System.getProperty(Canary.PROPERTY)).isEqualTo("sang");
    }

    /** A tensor called w, of one float32 in storage 0, which the same pickle may hold besides hostile things. */
    private static final String TENSOR =
            "X\1\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((X\7\0\0\0storagectorch\nFloatStorage\n" + "X\1\0\0\0"
                    + "0X\3\0\0\0cpuK\1tQK\0K\1\u0085K\1\u0085\u0089NtR";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cos\nsystem\n(X\4\0\0\0truetR",
                "cposix\nsystem\n(X\4\0\0\0truetR",
                "cbuiltins\neval\n(X\1\0\0\0" + "1tR",
                "cbuiltins\n__import__\n(X\2\0\0\0ostR",
                "cjava.lang\nRuntime\n)R",
                "cjava.lang\nRuntime\n)\u0081}X\1\0\0\0aK\1sb",
                "(ijava.lang\nProcessBuilder\n",
                "(cjava.lang\nSystem\no",
                "cCANARY)R",
                "cCANARY)\u0081}X\5\0\0\0stateK\1sb",
                "cCANARY)}\u0092",
                "(iCANARY",
                "(cCANARYo",
                "cCANARY}b",
                "cCANARY)R]a",
                "cCANARY)RK\1K\2s",
                "cCANARY)R)R",
                "ccopy_reg\n_reconstructor\n(cCANARYc__builtin__\nobject\nNtR",
                "cfunctools\npartial\n(cos\nsystem\nX\4\0\0\0truetR)R",
                "cfunctools\nreduce\n(cos\nsystem\n]X\4\0\0\0trueatR",
                "cargparse\nNamespace\n)R}X\5\0\0\0modelX\4\0\0\0truesb",
            })
    void foreignClassesStayNamesAndDoNotHideTensors(String hostile) throws IOException {
        String pickle =
                "\u0080\2}X\3\0\0\0bad" + hostile.replace("CANARY", CANARY) + "s" + "X\5\0\0\0model}" + TENSOR + "ss.";
        Path file = Files.write(
                dir.resolve("hostile.pth"),
                TestFiles.zip(Map.of("a/data.pkl", latin1(pickle), "a/data/0", new byte[] {0, 0, (byte) 0x80, 0x3F})));
        StateDict weights = Checkpoint.read(file).weights();
        assertThat(weights.get("w").floats()).containsExactly(1);
        assertThat(System.getProperty(Canary.PROPERTY)).isNull();
    }

    // ---- pickles that unfold, nest, or contain themselves

    @Test
    void aPickleThatHoldsItselfIsNoStateDict() throws IOException {
        // A list in itself, a tuple in itself through a list, a dict as its own key.
        for (String loop : List.of("]q\0h\0a.", "]q\1(h\1tq\0a}h\0K\1s.", "}q\0h\0K\1s.", "]q\0]q\1h\0ah\1a.")) {
            Path file = torchZip("\u0080\2" + loop);
            assertThatThrownBy(() -> Checkpoint.read(file)).isInstanceOf(CheckpointException.class);
        }
    }

    @Test
    void deepNestingIsNoStackOverflow() throws IOException {
        Path tuples = torchZip("\u0080\2)" + "\u0085".repeat(300_000) + ".");
        assertThatThrownBy(() -> Checkpoint.read(tuples)).hasMessageContaining("no dict of tensors");
        Path marks = torchZip("\u0080\2" + "(".repeat(1_000_000) + ".");
        assertThatThrownBy(() -> Checkpoint.read(marks)).hasMessageContaining("open marks");
        Path steps = torchZip("\u0080\2" + "N0".repeat(5_000_001) + "}.");
        assertThatThrownBy(() -> Checkpoint.read(steps)).hasMessageContaining("instructions");
    }

    /** Each took all memory, or minutes: a long name copied at every call, millions of objects, deep tuples. */
    @Test
    void whatPicklesMakeIsBounded() throws IOException {
        String name = "c" + "a".repeat(1 << 20) + "\n" + "b".repeat(1 << 20) + "\n";
        for (String pickle : List.of(
                name + "q\0" + "h\0)R".repeat(100_000) + ".",
                name + "q\0" + "h\0)R0".repeat(500_000) + ".",
                "c_codecs\nencode\nq\0X\0\0\u0010\0" + "a".repeat(1 << 20) + "\u0085q\1" + "h\0h\1R".repeat(100_000)
                        + ".",
                "}".repeat(2_000_000) + ".",
                "]".repeat(2_000_000) + ".",
                "c\n\n".repeat(1_000_000) + ".",
                ")" + "\u0085".repeat(1_000_000) + ".",
                "}" + "NN\u0086".repeat(1_000_000) + "s.",
                "]q\0" + "h\0a".repeat(1_000_000) + ".",
                "I1\np1\n".repeat(500_000) + ".")) {
            assertQuick(torchZip("\u0080\2" + pickle), 400L << 20);
        }
        Path tuples = torchZip("\u0080\2)" + "\u0085".repeat(1_000_000) + ".");
        assertThatThrownBy(() -> Checkpoint.read(tuples)).hasMessageContaining("unfolds into far more");
    }

    /** Keys whose hashes collide, and one dict under a great many names: each once took quadratic time. */
    @Test
    void noChoiceOfKeysIsSlow() throws IOException {
        StringBuilder keys = new StringBuilder("\u0080\2}(");
        ByteBuffer eight = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 1; i <= 60_000; i++) {
            // A long and a double of the same hash as all others.
            eight.putLong(0, (long) i << 32 | (i ^ 5));
            String bits = StandardCharsets.ISO_8859_1.decode(eight.duplicate()).toString();
            keys.append("\u008a\u0008").append(bits).append('N');
            keys.append('G').append(new StringBuilder(bits).reverse()).append('N');
        }
        assertQuick(torchZip(keys + "u."), 200L << 20);
        StringBuilder names = new StringBuilder("\u0080\2}(X\1\0\0\0d}q\0(");
        for (int i = 0; i < 50_000; i++) {
            names.append(String.format("X\5\0\0\0%05dN", i));
        }
        names.append('u');
        for (int i = 0; i < 50_000; i++) {
            names.append(String.format("X\5\0\0\0%05dh\0", i));
        }
        assertQuick(torchZip(names + "u."), 400L << 20);
    }

    private static void assertQuick(Path file, long maxBytes) {
        long start = System.nanoTime();
        assertBounded(file, maxBytes);
        assertThat((System.nanoTime() - start) / 1e9).isLessThan(4);
    }

    @Test
    void viewsOfOneStorageShareTheBudget() throws IOException {
        // 400 tensors that each are the whole storage of 1 MiB: nothing is copied here, but all would be in a model.
        StringBuilder pickle = new StringBuilder("\u0080\2}");
        for (int i = 0; i < 400; i++) {
            pickle.append(TENSOR.replace("X\1\0\0\0w", String.format("X\4\0\0\0%04d", i))
                            .replace("cpuK\1tQ", "cpu\u008a\3\0\0\4tQ")
                            .replace("K\0K\1\u0085K\1\u0085", "K\0\u008a\3\0\0\4\u0085K\1\u0085"))
                    .append('s');
        }
        Path file = Files.write(
                dir.resolve("hostile.pth"),
                TestFiles.zip(Map.of("a/data.pkl", latin1(pickle + "."), "a/data/0", new byte[1 << 20])));
        assertThatThrownBy(() -> Checkpoint.read(file)).hasMessageContaining("unfolds into far more");
    }

    @Test
    void headersOfSpacesAreReadInLinearTime() throws IOException {
        String spaces = " ".repeat(65_000);
        for (String shape :
                List.of("(1,)" + spaces, "(1" + spaces + "," + spaces.substring(64_000) + "x)", "(" + spaces)) {
            byte[] npy = TestFiles.npy(1, "<f4", false, shape, new byte[4]);
            Path file = Files.write(dir.resolve("a.npy"), npy);
            long start = System.nanoTime();
            try {
                Checkpoint.read(file);
            } catch (CheckpointException e) {
                assertThat(e.getMessage()).hasSizeLessThan(1000);
            }
            assertThat((System.nanoTime() - start) / 1e9).isLessThan(1);
        }
        Path long2 = Files.write(
                dir.resolve("b.npy"), TestFiles.npy(2, "<f4", false, "(1,)" + spaces + spaces, new byte[4]));
        assertThatThrownBy(() -> Checkpoint.read(long2)).hasMessageContaining("allowed are 65536");
    }

    @Test
    void lengthsAreCheckedBeforeMemoryIsTaken() throws IOException {
        for (String big : List.of(
                "X\u00ff\u00ff\u00ff\177",
                "B\u00ff\u00ff\u00ff\u00ff",
                "\u008d\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\177",
                "\u008e\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff",
                "\u008b\u00ff\u00ff\u00ff\177",
                "T\u00ff\u00ff\u00ff\u00ff")) {
            Path file = torchZip("\u0080\2" + big);
            assertBounded(file, 8L << 20);
        }
    }

    @Test
    void smallFilesDoNotUnfoldIntoBigTensors() throws IOException {
        // One value expanded to 2^40 by strides of 0, and a storage that claims more than the file has.
        String expanded = TENSOR.replace("K\0K\1\u0085K\1\u0085", "K\0\u008a\6\0\0\0\0\0\1\u0085K\0\u0085");
        String claimed = TENSOR.replace("cpuK\1tQ", "cpu\u008a\6\0\0\0\0\0\1tQ");
        for (String tensor : List.of(expanded, claimed)) {
            assertThat(tensor).isNotEqualTo(TENSOR);
            Path file = Files.write(
                    dir.resolve("hostile.pth"),
                    TestFiles.zip(Map.of("a/data.pkl", latin1("\u0080\2}" + tensor + "s."), "a/data/0", new byte[4])));
            assertBounded(file, 8L << 20);
        }
    }

    @Test
    void manyTensorsOfOneExpandedStorageShareTheBudget() throws IOException {
        StringBuilder pickle = new StringBuilder("\u0080\2}");
        for (int i = 0; i < 1000; i++) {
            // 2^18 values each: 1 GiB together.
            pickle.append(TENSOR.replace("X\1\0\0\0w", String.format("X\4\0\0\0%04d", i))
                            .replace("K\0K\1\u0085K\1\u0085", "K\0\u008a\3\0\0\4\u0085K\0\u0085"))
                    .append('s');
        }
        Path file = Files.write(
                dir.resolve("hostile.pth"),
                TestFiles.zip(Map.of("a/data.pkl", latin1(pickle + "."), "a/data/0", new byte[4])));
        assertThatThrownBy(() -> Checkpoint.read(file)).hasMessageContaining("unfolds into far more");
    }

    @Test
    void zipBombsAreRefused() throws IOException {
        byte[] zeros = TestFiles.npy(1, "|u1", false, "(60000000,)", new byte[60_000_000]);
        Path deflated = Files.write(dir.resolve("bomb.npz"), TestFiles.zip(Map.of("a.npy", zeros)));
        assertThat(Files.size(deflated)).isLessThan(1 << 20);
        assertThatThrownBy(() -> Npz.read(deflated)).hasMessageContaining("unfolds into far more");
        // Two directory entries for the same stored bytes.
        byte[] stored = Files.readAllBytes(CheckpointTest.FILES.resolve("stored.npz"));
        ByteBuffer zip = ByteBuffer.wrap(stored).order(ByteOrder.LITTLE_ENDIAN);
        int end = stored.length - 22;
        int directory = zip.getInt(end + 16);
        zip.putInt(directory + 20, stored.length).putInt(directory + 24, stored.length);
        Path overlapping = Files.write(dir.resolve("overlap.npz"), stored);
        assertThatThrownBy(() -> Npz.read(overlapping)).hasMessageContaining("claim more bytes than the file has");
    }

    private static void assertBounded(Path file, long maxBytes) {
        long before = allocated();
        assertThatThrownBy(() -> Checkpoint.read(file)).isInstanceOf(CheckpointException.class);
        assertThat(allocated() - before).isLessThan(maxBytes);
    }

    private static long allocated() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        return threads.getThreadAllocatedBytes(Thread.currentThread().getId());
    }

    // ---- mutated files

    private static List<byte[]> originals() throws IOException {
        List<byte[]> files = new ArrayList<>();
        try (Stream<Path> paths = Files.list(CheckpointTest.FILES)) {
            for (Path path : paths.sorted().toList()) {
                if (!path.toString().endsWith(".py")) {
                    files.add(Files.readAllBytes(path));
                }
            }
        }
        files.add(TestFiles.npy(TensorEntry.of("a", new float[] {1, 2}, 2)));
        files.add(TestFiles.npy(3, "<f8", true, "(2, 2)", new byte[32]));
        return files;
    }

    private static int at(Random random, byte[] file) {
        // Half of the time where the structure is: near the ends.
        int near = Math.min(file.length, 400);
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt(near);
            case 1 -> file.length - 1 - random.nextInt(near);
            default -> random.nextInt(file.length);
        };
    }

    private static byte[] flip(Random random, byte[] file) {
        byte[] changed = file.clone();
        for (int i = random.nextInt(8); i >= 0; i--) {
            changed[at(random, file)] ^= (byte) (1 << random.nextInt(8));
        }
        return changed;
    }

    private static byte[] overwrite(Random random, byte[] file) {
        int[] extremes = {0, -1, 1, Integer.MAX_VALUE, Integer.MIN_VALUE, 0xFFFF, 0x7FFF, random.nextInt()};
        ByteBuffer changed = ByteBuffer.wrap(file.clone()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = random.nextInt(3); i >= 0; i--) {
            int value = extremes[random.nextInt(extremes.length)];
            int position = at(random, file);
            if (random.nextBoolean() && position + 4 <= file.length) {
                changed.putInt(position, value);
            } else {
                changed.put(position, (byte) value);
            }
        }
        return changed.array();
    }

    private static byte[] truncate(Random random, byte[] file) {
        return Arrays.copyOf(file, at(random, file));
    }

    private static byte[] splice(Random random, byte[] file) {
        int from = at(random, file);
        int length = random.nextInt(Math.min(200, file.length - from) + 1);
        int to = at(random, file);
        ByteArrayOutputStream changed = new ByteArrayOutputStream();
        changed.write(file, 0, to);
        changed.write(file, from, length);
        int rest = random.nextBoolean() ? to : Math.min(file.length, to + length);
        changed.write(file, rest, file.length - rest);
        return changed.toByteArray();
    }

    /** Extreme values in the headers and the directory of a zip archive; other files are flipped. */
    private static byte[] zipFields(Random random, byte[] file) {
        byte[] changed = file.clone();
        ByteBuffer zip = ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN);
        List<Integer> headers = new ArrayList<>();
        for (int i = 0; i + 50 < file.length; i++) {
            if (file[i] == 'P' && file[i + 1] == 'K' && file[i + 2] < 8 && file[i + 3] < 9) {
                headers.add(i);
            }
        }
        headers.add(Math.max(0, file.length - 22));
        int start = headers.get(random.nextInt(headers.size()));
        int field = start + 4 + 2 * random.nextInt(20);
        int[] values = {0, 1, -1, 0xFFFF, 0x7FFFFFFF, file.length, file.length + 1, random.nextInt()};
        int value = values[random.nextInt(values.length)];
        if (field + 4 <= file.length) {
            if (random.nextBoolean()) {
                zip.putInt(field, value);
            } else {
                zip.putShort(field, (short) value);
            }
        }
        return changed;
    }

    /** Other instructions and arguments in the part that holds the pickle. */
    private static byte[] opcodes(Random random, byte[] file) {
        byte[] changed = file.clone();
        int start = 0;
        for (int i = 0; i + 1 < file.length; i++) {
            if (file[i] == (byte) 0x80 && file[i + 1] <= 5 && file[i + 1] >= 2) {
                start = i;
                break;
            }
        }
        int length = Math.max(1, Math.min(file.length - start, 1500));
        for (int i = random.nextInt(5); i >= 0; i--) {
            changed[start + random.nextInt(length)] = random.nextInt(4) == 0
                    ? (byte) random.nextInt()
                    : (byte) OPCODES.charAt(random.nextInt(OPCODES.length()));
        }
        return changed;
    }

    @Test
    void mutatedFilesAreReadOrRefusedInOneLine() throws IOException {
        List<byte[]> originals = new ArrayList<>(originals());
        Path safetensors = dir.resolve("a.safetensors");
        SafeTensors.write(
                Checkpoint.read(CheckpointTest.FILES.resolve("bare.pth")).weights(), Map.of("a", "b"), safetensors);
        originals.add(Files.readAllBytes(safetensors));
        List<BiFunction<Random, byte[], byte[]>> mutations = List.of(
                HostileCheckpointTest::flip,
                HostileCheckpointTest::overwrite,
                HostileCheckpointTest::truncate,
                HostileCheckpointTest::splice,
                HostileCheckpointTest::zipFields,
                HostileCheckpointTest::opcodes);
        Path file = dir.resolve("mutated.pth");
        int read = 0;
        long mostBytes = 0;
        long mostNanos = 0;
        for (int i = 0; i < CASES; i++) {
            Random random = new Random((SEED + i) * 0x9E3779B97F4A7C15L);
            byte[] original = originals.get(i % originals.size());
            byte[] mutated =
                    mutations.get(i / originals.size() % mutations.size()).apply(random, original);
            Files.write(file, mutated);
            long bytes = allocated();
            long nanos = System.nanoTime();
            try {
                Checkpoint.read(file);
                read++;
            } catch (CheckpointException e) {
                assertThat(e.getMessage()).as("case %d", i).isNotBlank().doesNotContain("\n");
            } catch (Throwable e) {
                throw new AssertionError("case " + i + " ended in " + e, e);
            }
            mostNanos = Math.max(mostNanos, System.nanoTime() - nanos);
            mostBytes = Math.max(mostBytes, allocated() - bytes);
            assertThat(mostBytes).as("bytes of memory, case %d", i).isLessThan(MAX_BYTES_PER_CASE);
            assertThat(mostNanos).as("nanoseconds, case %d", i).isLessThan(MAX_SECONDS_PER_CASE * 1_000_000_000L);
        }
        System.out.printf(
                "%d mutated files: %d still read; at most %d KiB and %d ms a file%n",
                CASES, read, mostBytes >> 10, mostNanos / 1_000_000);
        assertThat(read).isBetween(CASES / 50, CASES * 9 / 10);
        assertThat(System.getProperty(Canary.PROPERTY)).isNull();
    }
}
