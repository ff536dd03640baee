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
import io.github.pointillist.models.ResNet.Config;
import io.github.pointillist.models.ResNet.Naming;
import io.github.pointillist.parity.GoldenRule;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.StateDict;
import io.github.pointillist.weights.StrictLoader;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResNetTest {
    private static final Config BOTTLENECKS =
            new Config(List.of(1, 2, 1, 1), true, 6, 4, 8, 1e-3, 0.01, Naming.TORCHVISION, 3);
    private static final Config BASIC =
            new Config(List.of(1, 1, 1, 1), false, 4, 4, 4, 1e-5, 0.1, Naming.DETECTRON2, 0);
    private static final ResNetArchitecture ARCHITECTURE = new ResNetArchitecture();

    private final Arena weights = Arena.onCpu();
    private final Arena arrays = Arena.onCpu();

    @AfterEach
    void free() {
        arrays.close();
        weights.close();
    }

    private ResNet seeded(Config config) {
        return ModelChecks.seeded(new ResNet(config), weights, DataType.FLOAT64);
    }

    @Test
    void gradientsOfTheClassifierEqualCentralDifferences() {
        ResNet model = seeded(BOTTLENECKS);
        NDArray x = ModelChecks.input(arrays, 1, 1, 3, 45, 38);
        ModelChecks.assertGradients(model, x, Pass.inference(), model::apply);
    }

    @Test
    void gradientsOfThePyramidEqualCentralDifferences() {
        ResNet model = seeded(BASIC);
        NDArray x = ModelChecks.input(arrays, 1, 1, 3, 33, 40);
        ModelChecks.assertGradients(model, x, Pass.inference(), (image, pass) -> {
            NDList maps = model.features(image, pass);
            NDArray all = maps.get(0).flatten();
            for (NDArray map : maps.subList(1, maps.size())) {
                all = all.concat(map.flatten());
            }
            return all;
        });
    }

    @Test
    void leavesNothingBehind() {
        ModelChecks.assertNoLeak(seeded(BOTTLENECKS), ModelChecks.input(arrays, 1, 2, 3, 33, 40), arrays);
        ResNet pyramid = seeded(BASIC);
        NDArray x = ModelChecks.input(arrays, 1, 1, 3, 33, 40);
        int inModel = weights.arrays();
        int atCaller = arrays.arrays();
        NDList maps = pyramid.features(x, Pass.inference());
        assertThat(weights.arrays()).isEqualTo(inModel);
        assertThat(arrays.arrays()).isEqualTo(atCaller + 4);
        assertThat(maps.getShapes())
                .containsExactly(
                        new Shape(1, 4, 9, 10), new Shape(1, 8, 5, 5), new Shape(1, 16, 3, 3), new Shape(1, 32, 2, 2));
        assertThat(pyramid.featuresWithStem(x, Pass.inference()).get(0).getShape())
                .isEqualTo(new Shape(1, 4, 9, 10));
    }

    @Test
    void aBatchEqualsItsSamples() {
        ModelChecks.assertBatchEqualsItsSamples(seeded(BOTTLENECKS), ModelChecks.input(arrays, 1, 3, 3, 33, 40));
    }

    /** As torchvision counts them. */
    @ParameterizedTest
    @CsvSource({
        "resnet18, 11689512",
        "resnet34, 21797672",
        "resnet50, 25557032",
        "resnet101, 44549160",
        "resnet152, 60192808"
    })
    void officialVariantsHaveTheOfficialNumberOfParameters(String variant, long parameters) {
        long count = ARCHITECTURE.build(ARCHITECTURE.variants().get(variant)).parameters().values().stream()
                .filter(parameter -> parameter.trainable())
                .mapToLong(parameter -> parameter.shape().size())
                .sum();
        assertThat(count).isEqualTo(parameters);
    }

    private static StateDict filled(Config config, String prefix) {
        return StateDict.of(new ResNet(config)
                .parameters().entrySet().stream()
                        .map(entry -> GoldenRule.tensor(
                                prefix + entry.getKey(),
                                entry.getValue().shape().getShape()))
                        .toList());
    }

    private static Checkpoint file(StateDict weights) {
        return new Checkpoint(weights, Map.of(), "", "", List.of());
    }

    @ParameterizedTest
    @ValueSource(strings = {"resnet18", "resnet50", "resnet101"})
    void tellsTheVariantFromTheShapesUnderEitherNames(String variant) throws IOException {
        Config official = ARCHITECTURE.variants().get(variant).withClasses(9);
        assertThat(Architectures.of(filled(official, ""))).isInstanceOf(ResNetArchitecture.class);
        Architecture.Recognised<Config> found = ARCHITECTURE.recognise(file(filled(official, "")), null, null);
        assertThat(found.variant()).isEqualTo(variant);
        assertThat(found.config()).isEqualTo(official);
        assertThat(found.notes()).isEmpty();
        Config other = official.named(Naming.DETECTRON2);
        found = ARCHITECTURE.recognise(file(filled(other, "backbone.bottom_up.")), variant, null);
        assertThat(found.config()).isEqualTo(other);
        assertThat(found.notes()).first().asString().contains("backbone of a larger model: 0 other");
    }

    @Test
    void readsFilesWithoutCountersAndSaysSo() throws IOException {
        StateDict old = filled(BOTTLENECKS, "").filter(name -> !name.endsWith("num_batches_tracked"));
        Architecture.Recognised<Config> found = ARCHITECTURE.recognise(file(old), null, null);
        assertThat(found.notes()).anyMatch(note -> note.contains("num_batches_tracked"));
        assertThat(found.variant()).isEqualTo("custom");
        Layer model = ARCHITECTURE.build(found.config());
        model.allocate(weights, DataType.FLOAT32);
        assertThat(StrictLoader.load(found.weights(), model, ARCHITECTURE::ignorable)
                        .keptAsBuilt())
                .isNotEmpty()
                .allMatch(name -> name.endsWith("num_batches_tracked"));
    }

    @Test
    void refusesWhatIsNoResNetOrAnother() {
        StateDict weights18 = filled(ResNet.R18, "");
        assertThatThrownBy(() -> ARCHITECTURE.recognise(file(weights18), "resnet34", null))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("the file holds resnet18");
        assertThatThrownBy(() -> ARCHITECTURE.recognise(file(StateDict.of()), null, null))
                .hasMessageContaining("no ResNet");
        assertThatThrownBy(() -> ARCHITECTURE.fromJson(new Gson().fromJson("{\"depth\": 51}", JsonObject.class)))
                .hasMessageContaining("allowed are 18, 34, 50, 101, 152");
        assertThatThrownBy(() -> ARCHITECTURE.fromJson(
                        new Gson().fromJson("{\"depth\": 50, \"style\": \"caffe\"}", JsonObject.class)))
                .hasMessageContaining("stride in the 3 x 3");
        assertThatThrownBy(() -> new Gson().fromJson("{\"stem\": 8}", Config.class))
                .hasStackTraceContaining("depths is null");
        assertThatThrownBy(() -> BASIC.withClasses(4)).hasMessageContaining("DETECTRON2 with 0 classes");
        ResNet pyramid = seeded(BASIC);
        NDArray x = ModelChecks.input(arrays, 1, 1, 3, 33, 40);
        assertThatThrownBy(() -> pyramid.apply(x, Pass.inference())).hasMessageContaining("call features");
        assertThatThrownBy(() -> pyramid.features(x.get(":, :1"), Pass.inference()))
                .hasMessageContaining("(B, 3, H, W)");
    }

    @Test
    void configurationsSurviveJson() {
        for (Config config : ARCHITECTURE.variants().values()) {
            assertThat(new Gson().fromJson(new Gson().toJson(config), Config.class))
                    .isEqualTo(config);
        }
    }
}
