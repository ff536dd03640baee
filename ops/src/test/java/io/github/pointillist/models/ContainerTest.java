// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.Gson;
import com.google.gson.JsonObject;
import io.github.pointillist.models.AffinityModel.Affinity;
import io.github.pointillist.models.Container.Config;
import io.github.pointillist.models.Container.Context;
import io.github.pointillist.models.GroupingModel.Level;
import io.github.pointillist.parity.GoldenRule;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;
import io.github.pointillist.tensor.Taps;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.SafeTensors;
import io.github.pointillist.weights.StateDict;
import io.github.pointillist.weights.StrictLoader;
import io.github.pointillist.weights.TensorEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ContainerTest {
    static final Config TINY = new Config(
            List.of(4, 2),
            List.of(4, 6),
            List.of(1, 2),
            List.of(2, 3),
            List.of(2, 1),
            List.of(Context.STATIC, Context.MIXED),
            3);
    private static final Path SAMPLE = Path.of("src/test/resources/golden/container/checkpoint-deit.pth");
    private static final ContainerArchitecture ARCHITECTURE = new ContainerArchitecture();

    private final Arena weights = Arena.onCpu();
    private final Arena arrays = Arena.onCpu();

    @TempDir
    Path dir;

    @AfterEach
    void free() {
        arrays.close();
        weights.close();
    }

    private Container seeded(Config config) {
        return ModelChecks.seeded(new Container(config), weights, DataType.FLOAT64);
    }

    private NDArray image(int samples) {
        return ModelChecks.input(arrays, 1, samples, 3, 32, 24);
    }

    @Test
    void gradientsEqualCentralDifferences() {
        Container model = seeded(TINY);
        ModelChecks.assertGradients(model, image(1), Pass.inference(), model::apply);
    }

    @Test
    void forwardLeavesNothingBehind() {
        Container model = ModelChecks.seeded(new Container(TINY), weights, DataType.FLOAT32);
        ModelChecks.assertNoLeak(model, image(2).toType(DataType.FLOAT32, false), arrays);
    }

    @Test
    void aBatchEqualsItsSamples() {
        NDArray together = ModelChecks.assertBatchEqualsItsSamples(seeded(TINY), image(3)); // (3, 3)
        assertThat(ModelChecks.difference(together.get("0:1"), together.get("1:2")))
                .as("the samples differ")
                .isGreaterThan(1e-3);
    }

    @Test
    void pyramidGivesTheOutputOfEveryStageAndLeavesNothingBehind() {
        Container model = seeded(TINY);
        NDArray x = image(1);
        Taps taps = new Taps(arrays, name -> name.matches("blocks\\d"));
        model.apply(x, Pass.recording(taps));
        model.features(x, Pass.inference()).close();
        int inModel = weights.arrays();
        int atCaller = arrays.arrays();
        NDList maps = model.features(x, Pass.inference());
        assertThat(weights.arrays()).isEqualTo(inModel);
        assertThat(arrays.arrays()).isEqualTo(atCaller + 2);
        assertThat(maps.getShapes()).containsExactly(new Shape(1, 4, 8, 6), new Shape(1, 6, 4, 3));
        assertThat(ModelChecks.difference(maps.get(0), taps.get("blocks1"))).isZero();
        assertThat(ModelChecks.difference(maps.get(1), taps.get("blocks2"))).isZero();
        assertThat(model.strides()).containsExactly(4, 8);
        assertThat(model.channels()).containsExactly(4, 6);
    }

    @ParameterizedTest
    @CsvSource({
        "3,32,20,the image is 20 x 32 pixels; this model takes sides that are multiples of 8 pixels",
        "3,4,24,the image is 24 x 4 pixels",
        "1,32,24,(B; 3; H; W)"
    })
    void refusesWrongImages(int channels, int height, int width, String message) {
        Container model = seeded(TINY);
        NDArray x = ModelChecks.input(arrays, 1, 1, channels, height, width);
        assertThatThrownBy(() -> model.apply(x, Pass.inference()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(channels == 1 ? message.replace(';', ',') : message);
    }

    @Test
    void aPyramidHasNoLogits() {
        Container model = seeded(TINY.withClasses(0));
        assertThat(model.classes()).isZero();
        assertThatThrownBy(() -> model.apply(image(1), Pass.inference())).hasMessageContaining("call features");
    }

    /** As the reference implementation counts them; the composed one has two more C x C matrices and a scalar a block. */
    @ParameterizedTest
    @CsvSource({"container_v1_light, 20633643", "container_v1, 22434234"})
    void variantsHaveTheirNumberOfParameters(String variant, long parameters) {
        Layer model = ARCHITECTURE.build(ARCHITECTURE.variants().get(variant));
        long count = model.parameters().values().stream()
                .filter(parameter -> parameter.trainable())
                .mapToLong(parameter -> parameter.shape().size())
                .sum();
        assertThat(count).isEqualTo(parameters);
    }

    // ---- what the mixture shows

    @Test
    void mixingIsReportedForEveryHead() {
        Container model = seeded(TINY);
        TensorEntry share = TensorEntry.of("sa_weight", new double[] {Math.log(3)}, 1);
        model.parameters().get("blocks2.1.sa_weight").set(share.data(), share.dtype());
        List<Container.Mix> mixes = model.mixing();
        assertThat(mixes).hasSize(6);
        assertThat(mixes.subList(3, 6)).allSatisfy(mix -> {
            assertThat(List.of(mix.stage(), mix.block())).containsExactly(1, 1);
            assertThat(mix.dynamicShare()).isCloseTo(0.75, within(1e-12));
            assertThat(mix.staticShare()).isCloseTo(0.25, within(1e-12));
        });
        assertThat(mixes.stream().map(Container.Mix::head)).containsExactly(0, 1, 2, 0, 1, 2);
        assertThat(mixes.get(0).dynamicShare()).isNotEqualTo(mixes.get(3).dynamicShare());
    }

    @Test
    void affinityRowsOfLightAreThoseOfItsLastStage() {
        List<String> names = new Container(Container.LIGHT)
                .affinityLevels().stream().map(Level::name).toList();
        assertThat(names).hasSize(3 * 3 * 16).startsWith("3.0.0", "3.0.0.dynamic", "3.0.0.static");
        assertThat(new Container(Container.FULL).affinityLevels()).hasSize(3 * 16 * (3 + 4 + 8 + 3));
    }

    /**
     * Rows times v is what the block gathers. With one channel a head the mean over its channels is exact. The larger
     * image has so many points that the queries are taken in turns.
     */
    @ParameterizedTest
    @CsvSource({"32, 24", "320, 256"})
    void affinityRowsGatherWhatTheBlockGathers(int height, int width) {
        Config oneChannel = new Config(
                List.of(4, 2), List.of(4, 3), List.of(1, 1), List.of(2, 3), List.of(1, 1), TINY.contexts(), 2);
        Container model = seeded(oneChannel);
        Taps taps = new Taps(arrays, name -> name.startsWith("blocks2.0."));
        model.apply(ModelChecks.input(arrays, 1, 1, 3, height, width), Pass.recording(taps));
        NDArray qkv = taps.get("blocks2.0.conv1"); // (1, 9, h, w)
        int points = height * width / 64;
        double[] bias = model.parameters().get("blocks2.0.conv.bias").array().toDoubleArray();
        double[] dynamic = taps.get("blocks2.0.dynamic").toDoubleArray(); // (1, N, 3)
        double[] local = taps.get("blocks2.0.conv").toDoubleArray(); // (1, 3, h, w)
        double share = model.mixing().get(0).dynamicShare();
        int[][] pixels = {{0, 0}, {width - 1, height - 1}, {17, 13}, {0, 21}};
        for (Level level : model.affinityLevels()) {
            String[] parts = level.name().split("\\.");
            int head = Integer.parseInt(parts[2]);
            double[] v = qkv.get(new NDIndex("0, {}", 6 + head)).toDoubleArray();
            for (int[] pixel : pixels) {
                Affinity row = model.affinity(level, qkv, pixel[0], pixel[1], height, width);
                assertThat(row.width()).isEqualTo(width / 8);
                assertThat(row.weights()).hasSize(points);
                double gathered = 0;
                for (int i = 0; i < points; i++) {
                    gathered += row.weights()[i] * v[i];
                }
                int point = pixel[1] / 8 * (width / 8) + pixel[0] / 8;
                double attended = dynamic[point * 3 + head];
                double nearby = local[head * points + point] - bias[head];
                double expected = parts.length == 3
                        ? share * attended + (1 - share) * nearby
                        : parts[3].equals("dynamic") ? attended : nearby;
                assertThat(gathered).as(level.name()).isCloseTo(expected, within(1e-5));
            }
        }
    }

    @Test
    void refusesWrongLevelsTapsAndPixels() {
        Container model = seeded(TINY);
        Level level = model.affinityLevels().get(0);
        NDArray tapped = ModelChecks.input(arrays, 1, 1, 18, 4, 3);
        assertThat(model.affinity(level, tapped, 0, 0, 32, 24).height()).isEqualTo(4);
        assertThatThrownBy(() -> model.affinity(level, tapped, 24, 0, 32, 24))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("pixel (24, 0)");
        assertThatThrownBy(() -> model.affinity(level, tapped.get(":, :17"), 0, 0, 32, 24))
                .hasMessageContaining("(1, 18, h, w)");
        assertThatThrownBy(() -> model.affinity(new Level("0.0.0", "tap", ""), tapped, 0, 0, 32, 24))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("level is 0.0.0");
    }

    // ---- configurations and files

    @Test
    void configurationsAreChecked() {
        assertThatThrownBy(() -> ARCHITECTURE.fromJson(
                        new Gson().fromJson("{\"embed_dim\": [8], \"depth\": [1]}", JsonObject.class)))
                .hasMessageContaining("no patch_size");
        assertThatThrownBy(() -> new Config(
                        List.of(4), List.of(8), List.of(1), List.of(3), List.of(1), List.of(Context.MIXED), 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("8 channels and 3 heads");
        assertThatThrownBy(() -> new Gson().fromJson("{\"dims\": [8]}", Config.class))
                .hasStackTraceContaining("patches is null");
        for (Config config : ARCHITECTURE.variants().values()) {
            assertThat(new Gson().fromJson(new Gson().toJson(config), Config.class))
                    .isEqualTo(config);
        }
    }

    @Test
    void readsTheOfficialArgumentsAndFixesTheBlocksAsTheReferenceDoes() {
        String json = "{\"patch_size\": [4, 2, 2, 2], \"embed_dim\": [64, 128, 320, 512], \"depth\": [3, 4, 8, 3],"
                + " \"num_heads\": 16, \"mlp_ratio\": [8, 8, 4, 4], \"num_classes\": 1000}";
        assertThat(ARCHITECTURE.fromJson(new Gson().fromJson(json, JsonObject.class)))
                .isEqualTo(Container.LIGHT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"container_v1_light", "container_v1"})
    void tellsTheVariantFromTheShapes(String variant) throws IOException {
        StateDict stated = StateDict.of(
                ARCHITECTURE.build(ARCHITECTURE.variants().get(variant).withClasses(7)).parameters().entrySet().stream()
                        .map(entry -> GoldenRule.tensor(
                                entry.getKey(), entry.getValue().shape().getShape()))
                        .toList());
        Checkpoint checkpoint = new Checkpoint(stated, Map.of(), "", "", List.of());
        assertThat(Architectures.of(stated)).isInstanceOf(ContainerArchitecture.class);
        Architecture.Recognised<Config> found = ARCHITECTURE.recognise(checkpoint, null, null);
        assertThat(found.variant()).isEqualTo(variant);
        assertThat(found.config())
                .isEqualTo(ARCHITECTURE.variants().get(variant).withClasses(7));
    }

    @Test
    void saysWhatAFileOfAnotherSizeLacks() throws IOException {
        Checkpoint checkpoint = Checkpoint.read(SAMPLE);
        assertThatThrownBy(() -> ARCHITECTURE.recognise(checkpoint, null, null))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("[8, 16, 24, 32] channels")
                .hasMessageContaining("number of heads");
        assertThatThrownBy(() -> ARCHITECTURE.recognise(checkpoint, "container_v9", null))
                .hasMessageContaining("allowed are container_v1_light, container_v1");
        Checkpoint other = new Checkpoint(StateDict.of(), Map.of(), "", "", List.of());
        assertThatThrownBy(() -> ARCHITECTURE.recognise(other, null, null)).hasMessageContaining("no CONTAINER");
    }

    @Test
    void theSampleGoesThroughSafetensorsBitForBit() throws IOException {
        StateDict read = Checkpoint.read(SAMPLE).weights();
        Path file = dir.resolve("weights.safetensors");
        SafeTensors.write(read, Map.of(), file);
        StateDict again = Checkpoint.read(file).weights();
        assertThat(again.size()).isEqualTo(read.size());
        read.entries().forEach(entry -> {
            assertThat(again.get(entry.name()).shape()).isEqualTo(entry.shape());
            assertThat(again.get(entry.name()).data()).as(entry.name()).isEqualTo(entry.data());
        });
        Config config = new Config(
                List.of(4, 2, 2, 2),
                List.of(8, 16, 24, 32),
                List.of(1, 1, 1, 1),
                List.of(4, 4, 4, 4),
                List.of(2, 2, 2, 2),
                Container.LIGHT.contexts(),
                10);
        Layer model = ARCHITECTURE.build(config);
        model.allocate(weights, DataType.FLOAT32);
        StrictLoader.load(again, model);
        assertThat(model.parameters().get("head.bias").array().toFloatArray())
                .isEqualTo(read.get("head.bias").floats());
        assertThat(model.parameters().keySet()).containsExactlyElementsOf(read.names());
    }
}
