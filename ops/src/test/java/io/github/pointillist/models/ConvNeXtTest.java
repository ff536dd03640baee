// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.Gson;
import io.github.pointillist.models.ConvNeXt.Config;
import io.github.pointillist.models.ConvNeXt.Padding;
import io.github.pointillist.parity.GoldenRule;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Pass;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.StateDict;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConvNeXtTest {
    private static final Config SMALL = new Config(List.of(1, 2, 1, 1), List.of(4, 5, 6, 8), Padding.NONE, 3);
    private static final ConvNeXtArchitecture ARCHITECTURE = new ConvNeXtArchitecture();

    private final Arena weights = Arena.onCpu();
    private final Arena arrays = Arena.onCpu();

    @AfterEach
    void free() {
        arrays.close();
        weights.close();
    }

    private ConvNeXt seeded(Config config) {
        return ModelChecks.seeded(new ConvNeXt(config), weights, DataType.FLOAT64);
    }

    @Test
    void gradientsOfTheClassifierEqualCentralDifferences() {
        ConvNeXt model = seeded(SMALL);
        NDArray x = ModelChecks.input(arrays, 1, 1, 3, 64, 32);
        ModelChecks.assertGradients(model, x, Pass.inference(), model::apply);
    }

    @Test
    void gradientsOfThePaddedPyramidEqualCentralDifferences() {
        ConvNeXt model = seeded(SMALL.padded(Padding.KMAX).withClasses(0));
        NDArray x = ModelChecks.input(arrays, 1, 1, 3, 33, 20);
        ModelChecks.assertGradients(model, x, Pass.inference(), (image, pass) -> {
            NDList maps = model.features(image, pass);
            NDArray all = maps.get(0).flatten();
            for (NDArray map : maps.subList(1, maps.size())) {
                all = all.concat(map.flatten());
            }
            return all;
        });
    }

    @ParameterizedTest
    @CsvSource({"NONE, 65, 97, 16, 24, 2, 3", "KMAX, 65, 97, 17, 25, 3, 4", "KMAX, 64, 64, 16, 16, 2, 2"})
    void sidesAreRoundedAsThePaddingSays(Padding padding, int h, int w, int h0, int w0, int h3, int w3) {
        ConvNeXt model = seeded(SMALL.padded(padding).withClasses(0));
        NDArray x = ModelChecks.input(arrays, 1, 2, 3, h, w);
        model.features(x, Pass.inference()).close();
        int inModel = weights.arrays();
        int atCaller = arrays.arrays();
        NDList maps = model.features(x, Pass.inference());
        assertThat(weights.arrays()).isEqualTo(inModel);
        assertThat(arrays.arrays()).isEqualTo(atCaller + 4);
        assertThat(maps.get(0).getShape()).isEqualTo(new Shape(2, 4, h0, w0));
        assertThat(maps.get(3).getShape()).isEqualTo(new Shape(2, 8, h3, w3));
    }

    @Test
    void leavesNothingBehindAndABatchEqualsItsSamples() {
        ConvNeXt model = seeded(SMALL);
        NDArray batch = ModelChecks.input(arrays, 1, 3, 3, 32, 64);
        ModelChecks.assertNoLeak(model, batch, arrays);
        ModelChecks.assertBatchEqualsItsSamples(model, batch);
    }

    /** As the reference implementation counts them. */
    @ParameterizedTest
    @CsvSource({
        "convnext_tiny, 28589128",
        "convnext_small, 50223688",
        "convnext_base, 88591464",
        "convnext_large, 197767336",
        "convnext_xlarge, 350196968"
    })
    void officialVariantsHaveTheOfficialNumberOfParameters(String variant, long parameters) {
        long count = ARCHITECTURE.build(ARCHITECTURE.variants().get(variant)).parameters().values().stream()
                .mapToLong(parameter -> parameter.shape().size())
                .sum();
        assertThat(count).isEqualTo(parameters);
    }

    private static Checkpoint filled(Config config, String prefix) {
        StateDict weights = StateDict.of(new ConvNeXt(config)
                .parameters().entrySet().stream()
                        .map(entry -> GoldenRule.tensor(
                                prefix + entry.getKey(),
                                entry.getValue().shape().getShape()))
                        .toList());
        return new Checkpoint(weights, Map.of(), "", "", List.of());
    }

    @ParameterizedTest
    @ValueSource(strings = {"convnext_tiny", "convnext_small", "convnext_base"})
    void tellsTheVariantFromTheShapes(String variant) throws IOException {
        Config official = ARCHITECTURE.variants().get(variant).withClasses(4);
        Checkpoint checkpoint = filled(official, "");
        assertThat(Architectures.of(checkpoint.weights())).isInstanceOf(ConvNeXtArchitecture.class);
        Architecture.Recognised<Config> found = ARCHITECTURE.recognise(checkpoint, null, null);
        assertThat(found.variant()).isEqualTo(variant);
        assertThat(found.config()).isEqualTo(official);
        assertThat(ARCHITECTURE
                        .recognise(checkpoint, null, official.withClasses(0))
                        .weights()
                        .names())
                .noneMatch(name -> name.startsWith("head.") || name.startsWith("norm."));
        Config backbone = official.withClasses(0);
        found = ARCHITECTURE.recognise(filled(backbone, "backbone."), null, null);
        assertThat(found.config()).isEqualTo(backbone.padded(Padding.KMAX));
        assertThat(found.variant()).isEqualTo(variant);
    }

    @Test
    void refusesWhatIsNoConvNeXtOrAnother() {
        assertThatThrownBy(() -> ARCHITECTURE.recognise(filled(ConvNeXt.TINY, ""), "convnext_base", null))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("the file holds convnext_tiny");
        assertThatThrownBy(() ->
                        ARCHITECTURE.recognise(new Checkpoint(StateDict.of(), Map.of(), "", "", List.of()), null, null))
                .hasMessageContaining("no ConvNeXt");
        assertThatThrownBy(() -> new Gson().fromJson("{\"dims\": [1, 2]}", Config.class))
                .hasStackTraceContaining("depths is null");
        ConvNeXt pyramid = seeded(SMALL.withClasses(0));
        NDArray x = ModelChecks.input(arrays, 1, 1, 3, 31, 40);
        assertThatThrownBy(() -> pyramid.apply(x, Pass.inference())).hasMessageContaining("call features");
        assertThatThrownBy(() -> pyramid.features(x, Pass.inference()))
                .hasMessageContaining("the image is 40 x 31 pixels; this model takes sides of 32 pixels or more");
        assertThatThrownBy(() -> pyramid.features(x.get(":, :1"), Pass.inference()))
                .hasMessageContaining("(B, 3, H, W)");
        for (Config config : ARCHITECTURE.variants().values()) {
            assertThat(new Gson().fromJson(new Gson().toJson(config), Config.class))
                    .isEqualTo(config);
        }
    }
}
