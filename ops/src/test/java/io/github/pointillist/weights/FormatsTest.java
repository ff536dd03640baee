// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FormatsTest {
    private static final String ONE = "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}";

    @TempDir
    Path dir;

    private Path safetensors(String header, int dataBytes) throws IOException {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer file = ByteBuffer.allocate(8 + text.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
        file.putLong(text.length).put(text);
        return Files.write(dir.resolve("a.safetensors"), file.array());
    }

    /** A header of 0x0180 + 256 n bytes begins with the bytes of a pickle's mark. */
    @Test
    void aHeaderWhoseLengthLooksLikeAPickleIsNone() throws IOException {
        for (int length : new int[] {0x0180, 0x0280, 0x0580}) {
            String tensor = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}";
            Path file = safetensors(tensor + " ".repeat(length - tensor.length()), 8);
            assertThat(Files.readAllBytes(file)[0]).isEqualTo((byte) 0x80);
            Checkpoint read = Checkpoint.read(file);
            assertThat(read.layout()).isEqualTo("safetensors");
            assertThat(read.weights().names()).containsExactly("a");
        }
    }

    @Test
    void writesSafetensorsThatReadBackTheSameEveryTime() throws IOException {
        StateDict weights =
                Checkpoint.read(CheckpointTest.FILES.resolve("timm.pth.tar")).weights();
        Path file = dir.resolve("out.safetensors");
        SafeTensors.write(weights, Map.of("epoch", "3", "a", "\"quoted\""), file);
        byte[] first = Files.readAllBytes(file);
        Checkpoint read = Checkpoint.read(file);
        assertThat(read.layout()).isEqualTo("safetensors");
        assertThat(read.info()).isEqualTo(Map.of("epoch", "3", "a", "\"quoted\""));
        assertThat(List.copyOf(read.weights().names())).isEqualTo(List.copyOf(weights.names()));
        for (TensorEntry entry : weights.entries()) {
            TensorEntry back = read.weights().get(entry.name());
            assertThat(back.dtype()).isEqualTo(entry.dtype());
            assertThat(back.shape()).isEqualTo(entry.shape());
            assertThat(back.data()).isEqualTo(entry.data());
        }
        SafeTensors.write(read.weights(), read.info(), file);
        assertThat(Files.readAllBytes(file)).isEqualTo(first);
        try (Stream<Path> files = Files.list(dir)) {
            assertThat(files).containsExactly(file);
        }
        assertThat((8 + ByteBuffer.wrap(first).order(ByteOrder.LITTLE_ENDIAN).getLong()) % 8)
                .isZero();
    }

    @Test
    void leavesTheOldFileWhenWritingFails() throws IOException {
        Path folder = Files.createDirectory(dir.resolve("taken"));
        Files.write(folder.resolve("inside"), new byte[1]);
        assertThatThrownBy(() -> SafeTensors.write(StateDict.of(), Map.of(), folder))
                .isInstanceOf(IOException.class);
        try (Stream<Path> files = Files.list(dir)) {
            assertThat(files).containsExactly(folder);
        }
        assertThatThrownBy(() -> SafeTensors.write(
                        StateDict.of(TensorEntry.of("__metadata__", new float[1], 1)), Map.of(), dir.resolve("x")))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{A} | 12 | 4 bytes after the last tensor",
                "{A} | 4 | no gaps and no overlaps",
                "{A,\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}} | 8 | no gaps and no overlaps",
                "{A,\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[12,16]}} | 16 | no gaps and no overlaps",
                "{A,\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]}} | 12 | two tensors named 'a'",
                "{\"a\":{\"dtype\":\"F8_E4M3\",\"shape\":[2],\"data_offsets\":[0,2]}} | 2 | save it in BF16, F16 or F32",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}} | 8 | shape does not fill",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}} | 8 | impossible shape",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,8]}} | 8 | impossible shape",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}} | 8 | without type, shape or two offsets",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[\"2\"],\"data_offsets\":[0,8]}} | 8 | no list of at most 32 integers",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"x\":1}} | 8 | unknown field 'x'",
                "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"I32\",\"shape\":[2],\"data_offsets\":[0,8]}} | 8 | two fields dtype",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}} | 8 | the number '2.0'",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8e0]}} | 8 | the number '8e0'",
                "{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}} | 0 | two texts named 'a'",
                "{\"__metadata__\":{},\"__metadata__\":{}} | 0 | two entries __metadata__",
                "{\"__metadata__\":{\"a\":1}} | 0 | something else than text",
                "{A | 8 | no valid JSON of its kind",
                "{\"a\":[]} | 0 | no valid JSON of its kind",
                "{A} x | 8 | no valid JSON of its kind",
            })
    void refusesBrokenSafetensors(String header, int dataBytes, String message) throws IOException {
        Path file = safetensors(header.replace("{A", "{" + ONE), dataBytes);
        assertThatThrownBy(() -> Checkpoint.read(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource({"1, false", "2, false", "3, false", "1, true", "3, true"})
    void readsNpyOfEveryVersionAndOrder(int version, boolean columnMajor) throws IOException {
        byte[] data = columnMajor ? new byte[] {0, 3, 1, 4, 2, 5} : new byte[] {0, 1, 2, 3, 4, 5};
        Path file = Files.write(dir.resolve("a.npy"), TestFiles.npy(version, "|u1", columnMajor, "(2, 3)", data));
        TensorEntry entry = Npz.read(file).get("array");
        assertThat(entry.dtype()).isEqualTo(DataType.UINT8);
        assertThat(entry.shape()).isEqualTo(new Shape(2, 3));
        assertThat(entry.longs()).containsExactly(0, 1, 2, 3, 4, 5);
        assertThat(Checkpoint.read(file).layout()).isEqualTo("NumPy array");
    }

    /** The layout of archives above 4 GiB: sizes and places in ZIP64 fields, here with small values. */
    @Test
    void readsZip64Archives() throws IOException {
        byte[] array = TestFiles.npy(TensorEntry.of("a", new float[] {1, 2}, 2));
        byte[] name = "a.npy".getBytes(StandardCharsets.US_ASCII);
        ByteBuffer zip = ByteBuffer.allocate(1024).order(ByteOrder.LITTLE_ENDIAN);
        zip.putInt(0x04034b50).put(new byte[22]).putShort((short) name.length).putShort((short) 0);
        zip.put(name).put(array);
        int directory = zip.position();
        zip.putInt(0x02014b50).put(new byte[16]).putInt(-1).putInt(-1);
        zip.putShort((short) name.length)
                .putShort((short) 28)
                .put(new byte[10])
                .putInt(-1)
                .put(name);
        zip.putShort((short) 1)
                .putShort((short) 24)
                .putLong(array.length)
                .putLong(array.length)
                .putLong(0);
        int end64 = zip.position();
        zip.putInt(0x06064b50)
                .put(new byte[28])
                .putLong(1)
                .putLong(end64 - directory)
                .putLong(directory);
        zip.putInt(0x07064b50).putInt(0).putLong(end64).putInt(1);
        zip.putInt(0x06054b50).putInt(0).putInt(-1).putInt(-1).putInt(-1).putShort((short) 0);
        byte[] exact = new byte[zip.position()];
        zip.flip().get(exact);
        Path file = Files.write(dir.resolve("a.npz"), exact);
        assertThat(Npz.read(file).get("a").floats()).containsExactly(1, 2);
    }

    @Test
    void readsScalarsAndEmptyArrays() throws IOException {
        Path file = Files.write(dir.resolve("a.npy"), TestFiles.npy(TensorEntry.of("a", new double[] {2.5})));
        assertThat(Npz.read(file).get("array").shape()).isEqualTo(new Shape());
        Files.write(file, TestFiles.npy(1, "<f4", false, "(0, 3)", new byte[0]));
        assertThat(Npz.read(file).get("array").shape()).isEqualTo(new Shape(0, 3));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "1 ; |O ; (2,) ; allowed are little-endian numbers",
                "1 ; >f4 ; (2,) ; big-endian",
                "1 ; <c8 ; (1,) ; allowed are little-endian numbers",
                "4 ; <f4 ; (2,) ; format version 4",
                "1 ; <f4 ; (3,) ; cut off or damaged",
                "1 ; <f4 ; (-2,) ; a header that is not allowed",
                "1 ; <f4 ; (99999999999999999999,) ; has the shape",
                "1 ; <f8 ; (4611686018427387904, 4) ; impossible shape",
            })
    void refusesBrokenNpy(int version, String type, String shape, String message) throws IOException {
        Path file = Files.write(dir.resolve("a.npy"), TestFiles.npy(version, type, false, shape, new byte[8]));
        assertThatThrownBy(() -> Npz.read(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessageStartingWith("a.npy: ")
                .hasMessageContaining(message);
    }
}
