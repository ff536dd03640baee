// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.Gson;
import com.google.gson.JsonObject;
import io.github.pointillist.models.Architecture.Recognised;
import io.github.pointillist.models.GroupingModel.Groups;
import io.github.pointillist.models.GroupingModel.Level;
import io.github.pointillist.models.SecVit.Config;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;
import io.github.pointillist.tensor.Taps;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.StateDict;
import io.github.pointillist.weights.TensorEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SecVitTest {
    private static final Path FILE = Path.of("src/test/resources/golden/secvit/checkpoint-secvit.pth");
    private static final Config TINY = new Config(
            List.of(8, 8), List.of(1, 2), List.of(2, 1), List.of(4, 2), List.of(2, 1), List.of(false, true), 6, 3);

    private final SecVitArchitecture architecture = new SecVitArchitecture();
    private final Arena weights = Arena.onCpu();
    private final Arena arrays = Arena.onCpu();

    @AfterEach
    void free() {
        arrays.close();
        weights.close();
    }

    private SecVit tiny(Config config, DataType type) {
        SecVit model = new SecVit(config);
        ModelChecks.seeded(model, weights, type);
        return model;
    }

    @Test
    void gradientsEqualCentralDifferences() {
        NDArray x = ModelChecks.input(arrays, 1, 1, 3, 16, 32);
        SecVit model = tiny(TINY, DataType.FLOAT64);
        ModelChecks.assertGradients(model, x, Pass.inference(), model::apply);
    }

    @Test
    void gradientsOfThePyramidEqualCentralDifferences() {
        NDArray x = ModelChecks.input(arrays, 1, 1, 3, 16, 32);
        SecVit model = tiny(TINY.withClasses(0), DataType.FLOAT64);
        ModelChecks.assertGradients(model, x, Pass.inference(), (image, pass) -> {
            NDList maps = model.features(image, pass);
            return maps.get(0).flatten().concat(maps.get(1).flatten());
        });
    }

    @Test
    void forwardLeavesNothingBehind() {
        NDArray x = ModelChecks.input(arrays, 1, 2, 3, 16, 32).toType(DataType.FLOAT32, false);
        ModelChecks.assertNoLeak(tiny(TINY, DataType.FLOAT32), x, arrays);
    }

    @Test
    void aBatchEqualsItsSamples() {
        SecVit model = tiny(TINY, DataType.FLOAT64);
        NDArray together =
                ModelChecks.assertBatchEqualsItsSamples(model, ModelChecks.input(arrays, 1, 3, 3, 16, 32)); // (3, 3)
        assertThat(ModelChecks.difference(together.get("0:1"), together.get("1:2")))
                .as("the samples differ")
                .isGreaterThan(1e-3);
    }

    @Test
    void givesTheMapsOfEveryStage() {
        SecVit model = tiny(TINY.withClasses(0), DataType.FLOAT64);
        NDArray x = ModelChecks.input(arrays, 1, 1, 3, 16, 32);
        model.features(x, Pass.inference()).close();
        int inModel = weights.arrays();
        int atCaller = arrays.arrays();
        try (NDList maps = model.features(x, Pass.inference())) {
            assertThat(maps.getShapes()).containsExactly(new Shape(1, 8, 4, 8), new Shape(1, 8, 2, 4));
            assertThat(weights.arrays()).isEqualTo(inModel);
            assertThat(arrays.arrays()).isEqualTo(atCaller + 2);
        }
        assertThat(model.channels()).containsExactly(8, 8);
        assertThat(model.strides()).containsExactly(4, 8);
        assertThatThrownBy(() -> model.apply(x, Pass.inference())).hasMessageContaining("call features");
        SecVit classifier = tiny(TINY, DataType.FLOAT64);
        assertThatThrownBy(() -> classifier.features(x, Pass.inference())).hasMessageContaining("0 classes");
    }

    @Test
    void dropsBranchesInTrainingOnly() {
        ModelChecks.assertDropsBranchesInTrainingOnly(
                tiny(TINY.withDropPath(0.5), DataType.FLOAT64),
                tiny(TINY, DataType.FLOAT64),
                ModelChecks.input(arrays, 1, 6, 3, 16, 32));
        assertThatThrownBy(() -> TINY.withDropPath(1)).hasMessageContaining("drop path rate is 1.0");
    }

    @ParameterizedTest
    @CsvSource({"3,12,20,gives 15 points in stage 0; not a multiple of its 4 clusters", "1,16,32,(B; 3; H; W)"})
    void refusesWrongImages(int channels, int height, int width, String message) {
        SecVit model = tiny(TINY, DataType.FLOAT64);
        NDArray x = ModelChecks.input(arrays, 1, 1, channels, height, width);
        assertThatThrownBy(() -> model.apply(x, Pass.inference()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message.replace(';', ','));
    }

    @Test
    void takesEverySizeThatDivides() {
        SecVit model = tiny(TINY, DataType.FLOAT64);
        // 13 x 16 pixels make 4 x 4 points, as the strides round up.
        NDArray x = ModelChecks.input(arrays, 1, 1, 3, 13, 16);
        assertThat(model.apply(x, Pass.inference()).getShape()).isEqualTo(new Shape(1, 3));
        for (Config official : architecture.variants().values()) {
            assertThat(official.multiple()).isEqualTo(32);
            assertThat(official.sides(224)).containsExactly(56, 28, 14, 7);
        }
    }

    @Test
    void givesTheGroupsOfEveryHead() {
        SecVit model = tiny(TINY, DataType.FLOAT64);
        assertThat(model.levels()).extracting(Level::name).containsExactly("0.0.0", "0.0.1", "1.0.0", "1.1.0");
        NDArray x = ModelChecks.input(arrays, 1, 1, 3, 16, 32);
        Taps taps = new Taps(arrays, name -> name.endsWith("cluster"));
        model.apply(x, Pass.recording(taps)).close();
        for (Level level : model.levels()) {
            Groups groups = model.groups(level, taps.get(level.tap()), 16, 32);
            assertThat(groups.width() * groups.height()).isEqualTo(groups.ids().length);
            for (int group = 0; group < groups.groups(); group++) {
                int wanted = group;
                assertThat(Arrays.stream(groups.ids()).filter(id -> id == wanted))
                        .as(level.description())
                        .hasSize(groups.ids().length / groups.groups());
            }
        }
        Groups second = model.groups(
                model.levels().get(1), taps.get(model.levels().get(1).tap()), 16, 32);
        assertThat(second.width()).isEqualTo(8);
        assertThat(second.groups()).isEqualTo(4);
        long[] all = taps.get(model.levels().get(1).tap()).toLongArray();
        assertThat(second.ids())
                .containsExactly(
                        Arrays.stream(all, 32, 64).mapToInt(id -> (int) id).toArray());
        assertThatThrownBy(() -> model.groups(
                        model.levels().get(0), taps.get(model.levels().get(0).tap()), 32, 32))
                .hasMessageContaining("an image of this size has 64");
    }

    /** As the authors' training logs count them. */
    @ParameterizedTest
    @CsvSource({"SecViT_T, 14981800", "SecViT_S, 26776104", "SecViT_B, 54682776", "SecViT_L, 96495096"})
    void officialVariantsHaveTheOfficialNumberOfParameters(String variant, long parameters) {
        Layer model = new SecVit(architecture.variants().get(variant));
        long count = model.parameters().values().stream()
                .filter(parameter -> parameter.trainable())
                .mapToLong(parameter -> parameter.shape().size())
                .sum();
        assertThat(count).isEqualTo(parameters);
    }

    @Test
    void configurationsSurviveJson() {
        Gson gson = new Gson();
        for (Config config : List.of(SecVit.T, SecVit.L, TINY)) {
            assertThat(gson.fromJson(gson.toJson(config), Config.class)).isEqualTo(config);
        }
        assertThatThrownBy(() -> gson.fromJson("{\"dims\": [8]}", Config.class))
                .hasStackTraceContaining("depths is null");
    }

    @ParameterizedTest
    @ValueSource(strings = {"embed_dims", "depths", "num_heads", "num_clusters", "mlp_ratios"})
    void readsTheOfficialArguments(String missing) {
        JsonObject json = new Gson()
                .fromJson(
                        "{embed_dims: [8, 8], depths: [1, 2], num_heads: [2, 1], num_clusters: [4, 2], mlp_ratios: [2,"
                                + " 1], layerscales: [false, true], projection: 6, num_classes: 3}",
                        JsonObject.class);
        assertThat(architecture.fromJson(json)).isEqualTo(TINY);
        json.addProperty("drop_path_rate", 0.1);
        assertThat(architecture.fromJson(json)).isEqualTo(TINY.withDropPath(0.1));
        json.remove(missing);
        assertThatThrownBy(() -> architecture.fromJson(json))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no " + missing);
        json.addProperty(missing, "many");
        assertThatThrownBy(() -> architecture.fromJson(json))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(missing + " is \"many\"");
    }

    @Test
    void refusesConfigurationsThatDoNotFit() {
        assertThatThrownBy(() -> new Config(
                        List.of(8, 8),
                        List.of(1),
                        List.of(2, 1),
                        List.of(4, 2),
                        List.of(2, 1),
                        List.of(false, true),
                        6,
                        3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("depths is [1] for 2 stages");
        assertThatThrownBy(() ->
                        new Config(List.of(8), List.of(1), List.of(4), List.of(1), List.of(2), List.of(false), 6, 3))
                .hasMessageContaining("each head needs a multiple of 4 channels");
        assertThatThrownBy(() ->
                        new Config(List.of(8), List.of(1), List.of(2), List.of(0), List.of(2), List.of(false), 6, 3))
                .hasMessageContaining("clusters is [0]");
    }

    @Test
    void tellsAnOfficialFileFromItsShapes() throws IOException {
        for (Map.Entry<String, Config> variant : architecture.variants().entrySet()) {
            // A file of the right names and shapes; the values do not matter, so one array serves all.
            List<TensorEntry> entries = new ArrayList<>();
            new SecVit(variant.getValue().withClasses(7)).parameters().forEach((name, parameter) -> {
                if (!name.endsWith("num_batches_tracked") && parameter.shape().size() < 10_000) {
                    entries.add(TensorEntry.of(
                            name,
                            new float[(int) parameter.shape().size()],
                            parameter.shape().getShape()));
                }
            });
            entries.removeIf(entry -> entry.name().equals("patch_embed.proj.9.weight"));
            entries.add(TensorEntry.of("patch_embed.proj.9.weight", new float[9], 1, 1, 3, 3));
            Checkpoint file = new Checkpoint(StateDict.of(entries), Map.of(), "test", "", List.of());
            assertThat(Architectures.of(file.weights()).id()).isEqualTo("secvit");
            Recognised<Config> found = architecture.recognise(file, null, null);
            assertThat(found.variant()).isEqualTo(variant.getKey());
            assertThat(found.config()).isEqualTo(variant.getValue().withClasses(7));
        }
    }

    @Test
    void asksForTheClustersOfAnotherNetwork() throws IOException {
        Checkpoint file = Checkpoint.read(FILE);
        assertThatThrownBy(() -> architecture.recognise(file, null, null))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("[1, 1, 2, 1] blocks of [16, 16, 32, 32] channels")
                .hasMessageContaining("give a JSON configuration");
        assertThatThrownBy(() -> architecture.recognise(file, "SecViT_X", null))
                .hasMessageContaining("allowed are SecViT_T");
        assertThat(architecture.recognise(file, null, TINY).config()).isEqualTo(TINY);
        assertThat(architecture.recognise(file, "SecViT_T", null).config().classes())
                .isEqualTo(10);
        Checkpoint other = Checkpoint.read(Path.of("src/test/resources/golden/swin/checkpoint-swin.pth"));
        assertThatThrownBy(() -> architecture.recognise(other, null, null)).hasMessageContaining("no SecViT");
    }
}
