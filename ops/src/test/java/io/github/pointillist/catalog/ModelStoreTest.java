// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonParser;
import io.github.pointillist.catalog.ModelStore.ImportOptions;
import io.github.pointillist.parity.GoldenCase;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Pass;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.SafeTensors;
import io.github.pointillist.weights.StateDict;
import io.github.pointillist.weights.TensorEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class ModelStoreTest {
    private static final Path GOLDEN = Path.of("src", "test", "resources", "golden");
    private static final Path POINTS = GOLDEN.resolve("coc/checkpoint-points.pth");
    private static final Path TIMM = GOLDEN.resolve("coc/checkpoint-timm.pth.tar");

    @TempDir
    Path dir;

    private ModelStore store;

    @BeforeEach
    void emptyStore() {
        store = new ModelStore(dir.resolve("models"), new BundledModels(ClassLoader.getPlatformClassLoader()));
    }

    private static Path caseOf(Path checkpoint) {
        String stem = checkpoint.getFileName().toString().replaceAll("\\.(pth\\.tar|pth|pkl)$", "");
        return checkpoint.resolveSibling(stem);
    }

    private static ImportOptions configured(Path checkpoint) {
        return ImportOptions.variant(caseOf(checkpoint).resolve("case.json").toString());
    }

    private void installTimm(String name) throws IOException {
        store.install(TIMM, name, configured(TIMM));
    }

    /** Imports, exports and imports again every checkpoint of the golden cases that this repository holds. */
    @TestFactory
    Stream<DynamicTest> aRoundTripKeepsEveryBit() throws IOException {
        List<Path> checkpoints = new ArrayList<>();
        try (Stream<Path> files = Files.walk(GOLDEN)) {
            files.filter(Files::isRegularFile)
                    .filter(file -> file.getFileName().toString().matches("checkpoint-.*\\.(pth|pth\\.tar)"))
                    .filter(file -> Files.exists(caseOf(file).resolve("case.json")))
                    .sorted()
                    .forEach(checkpoints::add);
        }
        assertThat(checkpoints).hasSizeGreaterThanOrEqualTo(4);
        return checkpoints.stream()
                .map(file -> dynamicTest(file.getParent().getFileName() + " " + file.getFileName(), () -> trip(file)));
    }

    private void trip(Path checkpoint) throws IOException {
        ModelStore own = new ModelStore(dir.resolve("trip"));
        String first = "first-" + checkpoint.getFileName().toString().replace('.', '-');
        String second = "second-" + checkpoint.getFileName().toString().replace('.', '-');
        own.install(checkpoint, first, configured(checkpoint));
        Path file = dir.resolve(first + ".safetensors");
        own.export(first, file);
        own.install(file, second, ImportOptions.AUTOMATIC);
        assertThat(own.show(second).config()).isEqualTo(own.show(first).config());
        assertThat(own.show(second).card().classNames())
                .isEqualTo(own.show(first).card().classNames());
        assertSameBits(weights(own, first), weights(own, second));
        GoldenCase golden = GoldenCase.read(caseOf(checkpoint));
        try (Arena scope = Arena.onCpu();
                LoadedModel a = own.load(first, null, Device.cpu());
                LoadedModel b = own.load(second, null, Device.cpu());
                LoadedModel c =
                        own.load(checkpoint.toString(), configured(checkpoint).variant(), Device.cpu())) {
            NDArray input = golden.input("input", scope, DataType.FLOAT32);
            float[] expected = a.layer().apply(input, Pass.inference()).toFloatArray();
            assertThat(b.layer().apply(input, Pass.inference()).toFloatArray()).containsExactly(expected);
            assertThat(c.layer().apply(input, Pass.inference()).toFloatArray()).containsExactly(expected);
        }
    }

    private static StateDict weights(ModelStore store, String name) throws IOException {
        return Checkpoint.read(store.root().resolve(name).resolve("weights.safetensors"))
                .weights();
    }

    private static void assertSameBits(StateDict a, StateDict b) {
        assertThat(b.names()).containsExactlyElementsOf(a.names());
        for (TensorEntry entry : a.entries()) {
            TensorEntry other = b.get(entry.name());
            assertThat(other.shape()).isEqualTo(entry.shape());
            assertThat(other.dtype()).isEqualTo(entry.dtype());
            assertThat(other.data()).as(entry.name()).isEqualTo(entry.data());
        }
    }

    @Test
    void whatWasInTheFileIsKept() throws IOException {
        ModelFile model = store.install(POINTS, "points", configured(POINTS));
        assertThat(model.origin().file()).isEqualTo("checkpoint-points.pth");
        assertThat(model.origin().sha256()).isEqualTo(Checkpoint.sha256(POINTS));
        assertThat(model.origin().info()).containsEntry("epoch", "249");
        assertThat(model.card().task()).isEqualTo("point classification");
        assertThat(model.card().name()).isEqualTo("points");
        assertThat(store.show("points")).isEqualTo(model);
        assertThat(store.list()).extracting(ModelStore.Entry::name).containsExactly("points");
        assertThat(JsonParser.parseString(Files.readString(store.root().resolve("points/model.json")))
                        .getAsJsonObject()
                        .get("format")
                        .getAsString())
                .isEqualTo("pointillist-model");
    }

    @Test
    void theOfficialCardIsFoundByTheVariant() {
        ModelCard card = OfficialCards.find("coc", "coc_tiny").orElseThrow();
        assertThat(card.classNames()).hasSize(1000).startsWith("tench", "goldfish");
        assertThat(card.input().shortSidePx()).isEqualTo(248);
        assertThat(OfficialCards.all()).allSatisfy(one -> {
            assertThat(one.licence()).isNotBlank();
            assertThat(one.citation()).isNotBlank();
            assertThat(one.source()).isNotBlank();
            assertThat(one.weights()).isNotBlank();
        });
        assertThat(OfficialCards.all()).extracting(ModelCard::name).doesNotHaveDuplicates();
    }

    /** Every variant that a family knows has a card, and every card names a variant that is there. */
    @Test
    void cardsAndVariantsAreTheSame() {
        for (var architecture : io.github.pointillist.models.Architectures.ALL) {
            assertThat(OfficialCards.all())
                    .filteredOn(card -> card.architecture().equals(architecture.id()))
                    .as(architecture.id())
                    .isNotEmpty()
                    .allSatisfy(card -> assertThat(architecture.variants()).containsKey(card.variant()));
            assertThat(architecture.variants().keySet()).as(architecture.id()).allSatisfy(variant -> assertThat(
                            OfficialCards.find(architecture.id(), variant))
                    .as(variant)
                    .isPresent());
        }
    }

    @Test
    void theVariantOfACustomFileMustBeNamed() {
        assertThatThrownBy(() -> store.install(TIMM, "tiny", ImportOptions.AUTOMATIC))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("blocks of")
                .hasMessageContaining("JSON configuration");
        assertThat(store.contains("tiny")).isFalse();
    }

    @Test
    void aNameIsTakenOnce() throws IOException {
        installTimm("tiny");
        assertThatThrownBy(() -> installTimm("tiny"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is there already");
        for (String name : List.of("../outside", "a/b", "", "UPPER", ".hidden", "a b")) {
            assertThatThrownBy(() -> installTimm(name))
                    .as(name)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("model name is");
        }
        try (Stream<Path> left = Files.list(store.root())) {
            assertThat(left.map(path -> path.getFileName().toString())).containsExactly("tiny");
        }
    }

    @Test
    void damageIsFound() throws IOException {
        installTimm("tiny");
        store.verify("tiny");
        Path weights = store.root().resolve("tiny/weights.safetensors");
        byte[] bytes = Files.readAllBytes(weights);
        bytes[bytes.length - 1] ^= 1;
        Files.write(weights, bytes);
        assertThatThrownBy(() -> store.verify("tiny"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("SHA-256");
        assertThatThrownBy(() -> store.load("tiny", null, Device.cpu())).hasMessageContaining("SHA-256");
        assertThatThrownBy(() -> store.export("tiny", dir.resolve("x.safetensors")))
                .hasMessageContaining("SHA-256");
        assertThat(dir.resolve("x.safetensors")).doesNotExist();
        Files.writeString(store.root().resolve("tiny/model.json"), "{\"format\": \"pointillist-model\"");
        assertThat(store.list().get(0).problem()).startsWith("it is no valid JSON: ");
    }

    // ---- files as people have them

    private static TensorEntry bfloat(TensorEntry entry) {
        if (entry.dtype() != DataType.FLOAT32) {
            return entry;
        }
        ByteBuffer narrow = ByteBuffer.allocate(2 * entry.size()).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : entry.floats()) {
            narrow.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
        }
        return new TensorEntry(entry.name(), DataType.BFLOAT16, entry.shape(), narrow.flip());
    }

    @Test
    void checkpointsInBfloat16AreImportedAndRun() throws IOException {
        StateDict narrow = Checkpoint.read(TIMM).weights().map(ModelStoreTest::bfloat);
        Path file = dir.resolve("bf16.safetensors");
        SafeTensors.write(narrow, Map.of(), file);
        store.install(file, "narrow", configured(TIMM));
        Path wide = dir.resolve("wide.safetensors");
        SafeTensors.write(narrow.map(TensorEntry::toFloat32), Map.of(), wide);
        GoldenCase golden = GoldenCase.read(caseOf(TIMM));
        try (Arena scope = Arena.onCpu();
                LoadedModel a = store.load("narrow", null, Device.cpu());
                LoadedModel b = store.load(wide.toString(), configured(TIMM).variant(), Device.cpu())) {
            NDArray input = golden.input("input", scope, DataType.FLOAT32);
            assertThat(a.layer().apply(input, Pass.inference()).toFloatArray())
                    .containsExactly(b.layer().apply(input, Pass.inference()).toFloatArray());
        }
        // What is installed and exported has the type of the file.
        store.export("narrow", dir.resolve("out.safetensors"));
        assertSameBits(narrow, Checkpoint.read(dir.resolve("out.safetensors")).weights());
    }

    @Test
    void namesAreUnwrappedWhenAllThenFit() throws IOException {
        StateDict weights = Checkpoint.read(TIMM).weights();
        for (String before : List.of("_orig_mod.", "model.", "net.", "module._orig_mod.", "model._orig_mod.")) {
            Path file = dir.resolve("wrapped.safetensors");
            SafeTensors.write(weights.rename(name -> before + name), Map.of(), file);
            String name = "from-" + before.replace("_", "").replace(".", "-") + "x";
            ModelFile model = store.install(file, name, configured(TIMM));
            assertThat(model.origin().notes()).as(before).isNotEmpty().anyMatch(note -> note.contains("taken off"));
            assertSameBits(weights, weights(store, name));
        }
        Path inner = dir.resolve("inner.safetensors");
        SafeTensors.write(
                weights.rename(name -> name.replaceFirst("^network\\.", "network._orig_mod.")), Map.of(), inner);
        store.install(inner, "inner", configured(TIMM));
        assertSameBits(weights, weights(store, "inner"));
        assertThat(store.install(TIMM, "plain", configured(TIMM)).origin().notes())
                .noneMatch(note -> note.contains("taken off"));
    }

    @Test
    void whatDoesNotFitUnderAnyNameIsToldUnderThoseThatAreKnown() throws IOException {
        StateDict weights = Checkpoint.read(TIMM).weights();
        Path file = dir.resolve("wrapped.safetensors");
        SafeTensors.write(
                weights.filter(name -> !name.equals("head.bias")).rename(name -> "model." + name), Map.of(), file);
        assertThatThrownBy(() -> store.install(file, "x", configured(TIMM)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("1 missing (head.bias)");
    }

    // ---- files that are made to harm

    @Test
    void aConfigurationInAHeaderTakesNoMemoryBeforeItsShapesAreCompared() throws IOException {
        String config =
                "{'layers': [1, 1, 1, 1], 'dims': [32, 64, 112, 16000], 'centres': [2, 2, 2, 2], 'fold': [8, 4, 2, 1],"
                        + " 'heads': [4, 4, 8, 8], 'headDim': 24, 'mlpRatios': [4, 4, 4, 4], 'denominator': 'SIMILARITY',"
                        + " 'classes': 0, 'dropPath': 0.0}";
        Path file = dir.resolve("tiny.safetensors");
        for (String[] change : new String[][] {
            {"16000", "16000", "the weights do not fit"},
            {"[1, 1, 1, 1]", "[1000000, 1, 1, 1]", "allowed are numbers up to"},
            {"[1, 1, 1, 1]", "[60000, 1, 1, 1]", "far more layers"},
            {"'centres': [2", "'centres': [1000000000", "allowed are numbers up to"},
            {"'dropPath': 0.0", "'dropPath': 0.0, 'x': " + "[".repeat(5000) + "]".repeat(5000), "nested"},
        }) {
            Map<String, String> metadata = Map.of(
                    "pointillist.architecture",
                    "coc",
                    "pointillist.config",
                    config.replace(change[0], change[1]).replace('\'', '"'));
            SafeTensors.write(StateDict.of(TensorEntry.of("patch_embed.proj.weight", new float[1], 1)), metadata, file);
            long start = System.nanoTime();
            assertThatThrownBy(() -> store.install(file, "x", ImportOptions.AUTOMATIC))
                    .isInstanceOfAny(IOException.class, IllegalArgumentException.class)
                    .hasMessageContaining(change[2]);
            assertThat((System.nanoTime() - start) / 1e9).isLessThan(5);
        }
    }

    /** Names of every family with other shapes, without some, or twice: refused in one line, or read where nothing matters. */
    @Test
    void otherShapesUnderKnownNamesAreRefusedInOneLine() throws IOException {
        List<Path> checkpoints;
        try (Stream<Path> files = Files.walk(GOLDEN)) {
            checkpoints = files.filter(file -> file.getFileName().toString().startsWith("checkpoint-"))
                    .filter(Files::isRegularFile)
                    .sorted()
                    .toList();
        }
        Random random = new Random(7);
        Path file = dir.resolve("changed.safetensors");
        for (Path checkpoint : checkpoints) {
            StateDict small = Checkpoint.read(checkpoint)
                    .weights()
                    .map(entry -> TensorEntry.of(entry.name(), new float[0], empty(entry.shape())));
            List<String> names = List.copyOf(small.names());
            for (int i = 0; i < 12; i++) {
                StateDict changed = small;
                // Half of the time what tells the variant, which comes first.
                String name = names.get(random.nextInt(i % 2 == 0 ? names.size() : 10));
                changed = i % 3 == 0
                        ? changed.filter(other -> !other.equals(name))
                        : changed.with(
                                i % 3 == 1
                                        ? TensorEntry.of(name, new float[1])
                                        : TensorEntry.of(name, new float[0], 0, 1L << 40));
                SafeTensors.write(changed, Map.of(), file);
                try (LoadedModel any = store.load(file.toString(), null, Device.cpu())) {
                    assertThat(any).isNotNull();
                } catch (IOException e) {
                    assertThat(e.getMessage()).isNotBlank();
                    assertThat(e.getMessage().lines()).hasSize(1);
                }
            }
        }
    }

    /** The same axes but for one, so that there are no values. */
    private static long[] empty(Shape shape) {
        long[] axes = shape.getShape().clone();
        return axes.length == 0
                ? new long[] {0}
                : LongStream.concat(LongStream.of(axes).limit(axes.length - 1L), LongStream.of(0))
                        .toArray();
    }

    @Test
    void aBadModelFolderBreaksNoList() throws IOException {
        installTimm("good");
        String good = Files.readString(store.root().resolve("good/model.json"));
        for (String[] bad : new String[][] {
            {"range", good.replaceFirst("\"classes\": \\d+", "\"classes\": -1")},
            {"nul", good.replace("\"notes\": [", "\"notes\": [null, ")},
            {"family", good.replace("\"architecture\": \"coc\"", "\"architecture\": \"nosuch\"")},
            {"config", good.replaceFirst("\"headDim\": \\d+", "\"headDim\": -3")},
            {"deep", "[".repeat(100_000)},
            {"empty", ""},
        }) {
            assertThat(bad[1]).as(bad[0]).isNotEqualTo(good);
            Files.createDirectories(store.root().resolve(bad[0]));
            Files.writeString(store.root().resolve(bad[0]).resolve("model.json"), bad[1]);
            assertThatThrownBy(() -> store.show(bad[0])).as(bad[0]).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> store.load(bad[0], null, Device.cpu()))
                    .as(bad[0])
                    .isInstanceOf(IOException.class);
            assertThatThrownBy(() -> store.learnedNumbers(bad[0])).as(bad[0]).isInstanceOf(IOException.class);
        }
        assertThat(store.list())
                .hasSize(7)
                .filteredOn(entry -> entry.problem() == null)
                .hasSize(1);
        assertThat(store.list()).filteredOn(entry -> entry.problem() != null).allSatisfy(entry -> {
            assertThat(entry.problem().lines()).hasSize(1);
            assertThat(entry.problem()).doesNotContain(dir.toString());
        });
        assertThatThrownBy(() -> store.load("nosuch", null, Device.cpu())).hasMessageContaining("good, nul");
    }

    @Test
    void aStoreCanBeSharedByAGroup() throws IOException {
        Assumptions.assumeTrue(Files.getFileAttributeView(dir, PosixFileAttributeView.class) != null, "no POSIX");
        installTimm("tiny");
        Path file = dir.resolve("out.safetensors");
        store.export("tiny", file);
        // As the umask says, which a file made without more ado shows.
        Set<PosixFilePermission> files = Files.getPosixFilePermissions(Files.createFile(dir.resolve("plain")));
        Set<PosixFilePermission> folders = Files.getPosixFilePermissions(Files.createDirectory(dir.resolve("folder")));
        Path model = store.root().resolve("tiny");
        assertThat(Files.getPosixFilePermissions(model)).isEqualTo(folders);
        for (Path made : List.of(model.resolve("model.json"), model.resolve("weights.safetensors"), file)) {
            assertThat(Files.getPosixFilePermissions(made)).as(made.toString()).isEqualTo(files);
        }
    }

    @Test
    void aStoreThatCannotBeWrittenIsNamedBeforeTheWork() throws IOException {
        ModelStore closed =
                new ModelStore(Files.createFile(dir.resolve("a-file")).resolve("models"));
        assertThatThrownBy(() -> closed.install(TIMM, "x", configured(TIMM)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("the folder of models " + closed.root() + " cannot be written")
                .hasMessageContaining("POINTILLIST_MODELS");
    }

    @Test
    void aFolderCanBeShared() throws IOException {
        installTimm("tiny");
        ModelStore other =
                new ModelStore(dir.resolve("other"), new BundledModels(ClassLoader.getPlatformClassLoader()));
        ModelFile copy = other.install(store.root().resolve("tiny"), "theirs", ImportOptions.AUTOMATIC);
        assertThat(copy.card().name()).isEqualTo("theirs");
        assertThat(copy.config()).isEqualTo(store.show("tiny").config());
        assertSameBits(weights(store, "tiny"), weights(other, "theirs"));
        store.remove("tiny");
        assertThat(store.list()).isEmpty();
        assertThatThrownBy(() -> store.remove("tiny")).hasMessageContaining("no model is called tiny");
    }

    @Test
    void namesOfClassesAreChecked() throws IOException {
        String config = configured(TIMM).variant();
        assertThatThrownBy(
                        () -> store.install(TIMM, "tiny", new ImportOptions(config, null, null, List.of("only one"))))
                .hasMessageContaining("names of classes");
        int classes = store.install(TIMM, "tiny", ImportOptions.variant(config))
                .card()
                .classes();
        List<String> names = Stream.iterate(0, i -> i + 1)
                .limit(classes)
                .map(i -> "kind " + i)
                .toList();
        ModelFile named = store.install(TIMM, "named", new ImportOptions(config, null, null, names));
        assertThat(named.card().classNames()).isEqualTo(names);
    }

    @Test
    void neitherNameNorFileIsSaid() {
        assertThatThrownBy(() -> store.load("nothing", null, Device.cpu()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("neither installed nor a file")
                .hasMessageContaining("models import");
    }
}
