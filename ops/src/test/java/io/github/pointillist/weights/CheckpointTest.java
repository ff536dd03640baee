// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads files that PyTorch and NumPy made (resources/weights/make.py). */
class CheckpointTest {
    static final Path FILES = Path.of("src", "test", "resources", "weights");

    @TempDir
    Path dir;

    private Path file(String content) throws IOException {
        return file(content.getBytes(StandardCharsets.ISO_8859_1));
    }

    private Path file(byte[] content) throws IOException {
        return Files.write(dir.resolve("file.pth"), content);
    }

    @ParameterizedTest
    @ValueSource(strings = {"timm.pth.tar", "old.pth", "bare.pth"})
    void readsEveryTypeAndEveryView(String name) throws IOException {
        StateDict weights = Checkpoint.read(FILES.resolve(name)).weights();
        float[] whole = new float[12];
        for (int i = 0; i < 12; i++) {
            whole[i] = i / 4f;
        }
        assertThat(weights.names())
                .containsExactly(
                        "whole",
                        "transposed",
                        "strided",
                        "expanded",
                        "half",
                        "bfloat",
                        "double",
                        "mask",
                        "bytes",
                        "small",
                        "parameter",
                        "num_batches_tracked",
                        "empty");
        assertThat(weights.get("whole").floats()).containsExactly(whole);
        assertThat(weights.get("transposed").shape()).isEqualTo(new Shape(4, 3));
        assertThat(weights.get("transposed").floats())
                .containsExactly(0, 1, 2, .25f, 1.25f, 2.25f, .5f, 1.5f, 2.5f, .75f, 1.75f, 2.75f);
        assertThat(weights.get("strided").floats()).containsExactly(.25f, .75f, 2.25f, 2.75f);
        assertThat(weights.get("expanded").floats()).containsExactly(1.5f, -2, 1.5f, -2);
        assertThat(weights.get("half").dtype()).isEqualTo(DataType.FLOAT16);
        assertThat(weights.get("half").floats()).containsExactly(1, -2.5f, 0x1p-24f, 65504, Float.POSITIVE_INFINITY);
        assertThat(weights.get("bfloat").dtype()).isEqualTo(DataType.BFLOAT16);
        assertThat(weights.get("bfloat").floats()).containsExactly(1, -2.5f, Float.intBitsToFloat(0x7F62 << 16));
        assertThat(weights.get("double").doubles()).containsExactly(0.1, -1e300);
        assertThat(weights.get("mask").longs()).containsExactly(1, 0);
        assertThat(weights.get("bytes").longs()).containsExactly(0, 255);
        assertThat(weights.get("small").longs()).containsExactly(-128, 127);
        assertThat(weights.get("parameter").floats()).containsExactly(7);
        assertThat(weights.get("num_batches_tracked").shape()).isEqualTo(new Shape());
        assertThat(weights.get("num_batches_tracked").longs()).containsExactly(5);
        assertThat(weights.get("empty").shape()).isEqualTo(new Shape(0, 3));
    }

    @Test
    void prefersTheAveragedWeightsOfTimmAndTellsWhatElseThereIs() throws IOException {
        Checkpoint checkpoint = Checkpoint.read(FILES.resolve("timm.pth.tar"));
        assertThat(checkpoint.layout()).isEqualTo("torch.save: state_dict_ema, without 'module.'");
        assertThat(checkpoint.alternatives()).containsExactly("state_dict");
        assertThat(checkpoint.info())
                .isEqualTo(Map.of(
                        "epoch", "3", "arch", "toy", "metric", "0.25", "best", "0.5", "args.model", "toy_model"));
        assertThat(checkpoint.sha256()).hasSize(64);
        Checkpoint other = Checkpoint.read(FILES.resolve("timm.pth.tar"), "state_dict");
        assertThat(other.layout()).isEqualTo("torch.save: state_dict");
        assertThat(other.alternatives()).containsExactly("state_dict_ema");
        assertThatThrownBy(() -> Checkpoint.read(FILES.resolve("timm.pth.tar"), "model"))
                .isInstanceOf(CheckpointException.class)
                .hasMessage("timm.pth.tar: no state dict at 'model'; the file has 'epoch', 'arch', 'state_dict',"
                        + " 'optimizer', 'args', 'metric', 'best', 'state_dict_ema', of which these hold tensors:"
                        + " 'state_dict', 'state_dict_ema'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"numpy-0.pkl", "numpy-2.pkl", "numpy-5.pkl", "stored.npz", "deflated.npz"})
    void readsNumpyArrays(String name) throws IOException {
        Checkpoint checkpoint = Checkpoint.read(FILES.resolve(name));
        assertThat(checkpoint.weights().names()).containsExactlyInAnyOrder("columns", "rows", "scalar");
        assertThat(checkpoint.weights().get("columns").doubles()).containsExactly(0, 1, 2, 3, 4, 5);
        assertThat(checkpoint.weights().get("columns").shape()).isEqualTo(new Shape(2, 3));
        assertThat(checkpoint.weights().get("rows").longs()).containsExactly(0, 1, 2, 3, 4, 5);
        assertThat(checkpoint.weights().get("scalar").floats()).containsExactly(2.5f);
        if (name.endsWith(".pkl")) {
            assertThat(checkpoint.info())
                    .isEqualTo(Map.of("__author__", "third_party", "meta.classes", "[\"cat\",\"dog\"]"));
        }
    }

    @Test
    void passesOverStoragesOfOtherTypesInTheOldFormat() throws IOException {
        Checkpoint checkpoint = Checkpoint.read(FILES.resolve("legacy-odd.pth"));
        StateDict weights = checkpoint.weights();
        assertThat(checkpoint.leftOut()).contains("'torch.ComplexFloatStorage'");
        assertThat(weights.names()).contains("t", "s", "e", "bf").hasSize(7);
    }

    @Test
    void readsPicklesOfProtocol1() throws IOException {
        Checkpoint checkpoint = Checkpoint.read(FILES.resolve("protocol1.pkl"));
        assertThat(checkpoint.layout()).isEqualTo("pickle: model");
        assertThat(checkpoint.weights().names()).contains("w");
    }

    @Test
    void readsTensorsOfAPlainPickleAndUntypedStorages() throws IOException {
        StateDict plain = Checkpoint.read(FILES.resolve("tensors.pkl")).weights();
        assertThat(plain.get("b").floats()).startsWith(0, 1, 2, .25f);
        StateDict untyped = Checkpoint.read(FILES.resolve("untyped.pth")).weights();
        assertThat(untyped.get("unsigned").dtype()).isEqualTo(DataType.UINT16);
        assertThat(untyped.get("unsigned").longs()).containsExactly(1, 65535);
    }

    @Test
    void refusesWhatIsNoStateDict() throws IOException {
        assertThatThrownBy(() -> Checkpoint.read(FILES.resolve("module.pth")))
                .isInstanceOf(CheckpointException.class)
                .hasMessageStartingWith(
                        "module.pth: a pickled object of 'torch.nn.modules.linear.Linear', not a state dict");
        byte[] pickle = "\u0080\2}.".getBytes(StandardCharsets.ISO_8859_1);
        for (String part : new String[] {"a/constants.pkl", "a/code/__torch__/toy.py"}) {
            byte[] script = TestFiles.zip(Map.of("a/data.pkl", pickle, part, new byte[1]));
            assertThatThrownBy(() -> Checkpoint.read(file(script)))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageStartingWith("file.pth: this is a TorchScript program");
        }
    }

    @Test
    void saysWhatAFileIsThatItCannotRead() throws IOException {
        assertMessage("", "the file is empty");
        assertMessage("\u001f\u008b\b", "a gzip archive");
        assertMessage("\u0089HDF\r\n", "an HDF5 file");
        assertMessage("version https://git-lfs.github.com/spec/v1", "a Git LFS pointer");
        assertMessage("\n<!DOCTYPE html>", "a web page");
        assertMessage("x".repeat(257) + "ustar", "a tar archive");
        assertMessage("hello", "not a known format");
        assertMessage("PK\3\4", "it is cut off or damaged");
        assertMessage("\u0080\2}q\0.", "no state dict at [");
        assertMessage("\u0080\6}.", "not a known format");
        byte[] other = TestFiles.zip(Map.of("a.txt", new byte[3]));
        assertThatThrownBy(() -> Checkpoint.read(file(other)))
                .hasMessageContaining("without data.pkl")
                .hasMessageContaining("'a.txt'");
    }

    @Test
    void refusesBigEndianFiles() throws IOException {
        byte[] big = TestFiles.zip(Map.of(
                "a/data.pkl",
                "\u0080\2}.".getBytes(StandardCharsets.ISO_8859_1),
                "a/byteorder",
                "big".getBytes(StandardCharsets.US_ASCII)));
        assertThatThrownBy(() -> Checkpoint.read(file(big))).hasMessageContaining("allowed is 'little'");
    }

    @Test
    void refusesTensorsOutsideTheirStorage() throws IOException {
        // 'whole' with one more row than its storage has: the shape (3, 4) is K 3 K 4 in the pickle.
        byte[] bytes = Files.readAllBytes(FILES.resolve("bare.pth"));
        int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("K\3K\4\u0086");
        bytes[at + 1] = 4;
        assertThatThrownBy(() -> Checkpoint.read(file(bytes)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("tensor 'whole' outside its storage");
    }

    private void assertMessage(String content, String message) throws IOException {
        Path file = file(content);
        assertThatThrownBy(() -> Checkpoint.read(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessageStartingWith("file.pth: ")
                .hasMessageContaining(message)
                .hasMessageNotContaining("\n");
    }
}
