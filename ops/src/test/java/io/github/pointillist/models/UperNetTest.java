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
import io.github.pointillist.layers.ContextClusterLayer.Denominator;
import io.github.pointillist.models.UperNet.Auxiliary;
import io.github.pointillist.models.UperNet.Config;
import io.github.pointillist.parity.GivenMaps;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Pass;
import io.github.pointillist.tensor.Taps;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UperNetTest {
    private static final ContextCluster.Config BACKBONE = new ContextCluster.Config(
            List.of(1, 1, 1),
            List.of(4, 5, 6),
            List.of(2, 2, 1),
            List.of(2, 1, 1),
            List.of(2, 1, 1),
            3,
            List.of(2, 2, 2),
            Denominator.SIMILARITY,
            0);
    private static final Config HEAD = new Config(4, List.of(1, 2), 0, 3, new Auxiliary(3, 1, 2, true));
    private static final String COUNT = ".bn.num_batches_tracked";

    private final Arena weights = Arena.onCpu();
    private final Arena arrays = Arena.onCpu();

    @AfterEach
    void free() {
        arrays.close();
        weights.close();
    }

    private UperNet model(Config head, DataType type) {
        return ModelChecks.seeded(new UperNet(new ContextCluster(BACKBONE), head), weights, type);
    }

    private static NDArray bothHeads(UperNet model, NDArray image, Pass pass) {
        NDList logits = model.trainingLogits(image, pass);
        return logits.get(0).flatten().concat(logits.get(1).flatten(), 0);
    }

    @Test
    void gradientsEqualCentralDifferences() {
        UperNet model = model(HEAD, DataType.FLOAT64);
        NDArray x = ModelChecks.input(arrays, 1, 1, 3, 32, 24);
        ModelChecks.assertGradients(model, x, Pass.inference(), (image, pass) -> bothHeads(model, image, pass));
    }

    @Test
    void gradientsThroughBatchStatisticsEqualCentralDifferences() {
        // The maps are given: a bias before a norm of the batch has no gradient. Of two values the batch statistics
        // leave
        // only the sign, so it takes three samples for the 1 x 1 window.
        NDList maps = new NDList(
                ModelChecks.input(arrays, 1, 3, 4, 6, 5),
                ModelChecks.input(arrays, 2, 3, 5, 3, 3),
                ModelChecks.input(arrays, 3, 3, 6, 2, 1));
        UperNet model = ModelChecks.seeded(new UperNet(new GivenMaps(maps), HEAD), weights, DataType.FLOAT64);
        NDArray x = maps.head();
        ModelChecks.assertGradients(model, x, Pass.training(), (image, pass) -> bothHeads(model, image, pass));
    }

    @Test
    void trainingUpdatesTheRunningStatisticsOfEveryNorm() {
        UperNet model = model(HEAD, DataType.FLOAT64);
        NDArray x = ModelChecks.input(arrays, 1, 2, 3, 32, 24);
        model.trainingLogits(x, Pass.inference());
        model.parameters().forEach((name, parameter) -> {
            if (name.endsWith(COUNT)) {
                assertThat(parameter.array().getLong()).as(name).isZero();
            }
        });
        double[] before = mean(model, "decode_head.psp_modules.1.1.bn.running_mean");
        NDList logits = model.trainingLogits(x, Pass.training());
        assertThat(logits).hasSize(2);
        assertThat(logits.get(0).getShape()).isEqualTo(new Shape(2, 3, 8, 6));
        assertThat(logits.get(1).getShape()).isEqualTo(new Shape(2, 3, 4, 3));
        model.parameters().forEach((name, parameter) -> {
            if (name.endsWith(COUNT)) {
                assertThat(parameter.array().getLong()).as(name).isEqualTo(1);
            }
        });
        assertThat(mean(model, "decode_head.psp_modules.1.1.bn.running_mean")).isNotEqualTo(before);
    }

    private static double[] mean(UperNet model, String name) {
        return model.parameters().get(name).array().toDoubleArray();
    }

    @Test
    void theAuxiliaryHeadIsLeftAloneOtherwise() {
        UperNet model = model(HEAD, DataType.FLOAT64);
        NDArray x = ModelChecks.input(arrays, 1, 2, 3, 32, 24);
        NDArray logits = model.apply(x, Pass.training());
        assertThat(logits.getShape()).isEqualTo(new Shape(2, 3, 8, 6));
        model.parameters().forEach((name, parameter) -> {
            if (name.endsWith(COUNT)) {
                assertThat(parameter.array().getLong()).as(name).isEqualTo(name.startsWith("auxiliary_head") ? 0 : 1);
            }
        });
        UperNet without = model(new Config(4, List.of(1, 2), 0, 3, null), DataType.FLOAT64);
        assertThat(without.trainingLogits(x, Pass.inference())).hasSize(1);
        assertThat(without.parameters().keySet()).noneMatch(name -> name.startsWith("auxiliary_head"));
    }

    @Test
    void theSecondHeadsLogitsAreThoseOfTheFirstPass() {
        UperNet model = model(HEAD, DataType.FLOAT64);
        NDArray x = ModelChecks.input(arrays, 1, 2, 3, 32, 24);
        NDArray alone = model.apply(x, Pass.inference());
        assertThat(ModelChecks.difference(
                        alone, model.trainingLogits(x, Pass.inference()).head()))
                .isZero();
    }

    @Test
    void forwardLeavesNothingBehind() {
        UperNet model = model(HEAD, DataType.FLOAT32);
        NDArray x = ModelChecks.input(arrays, 1, 2, 3, 32, 24).toType(DataType.FLOAT32, false);
        ModelChecks.assertNoLeak(model, x, arrays);
        int atCaller = arrays.arrays();
        model.trainingLogits(x, Pass.inference());
        int inModel = weights.arrays();
        NDList both = model.trainingLogits(x, Pass.inference());
        assertThat(weights.arrays()).isEqualTo(inModel);
        assertThat(arrays.arrays()).isEqualTo(atCaller + 2 * both.size());
    }

    @Test
    void aBatchEqualsItsSamples() {
        UperNet model = model(HEAD, DataType.FLOAT64);
        NDArray together = ModelChecks.assertBatchEqualsItsSamples(model, ModelChecks.input(arrays, 1, 2, 3, 32, 24));
        assertThat(together.getShape()).isEqualTo(new Shape(2, 3, 8, 6));
    }

    @Test
    void changedWeightsAreSeen() {
        UperNet model = model(HEAD, DataType.FLOAT64);
        NDArray x = ModelChecks.input(arrays, 1, 1, 3, 32, 24);
        NDArray before = model.apply(x, Pass.inference());
        NDArray kernels =
                model.parameters().get("decode_head.fpn_bottleneck.conv.weight").array();
        kernels.muli(2);
        model.parameters().get("decode_head.fpn_bottleneck.conv.weight").changed();
        assertThat(ModelChecks.difference(before, model.apply(x, Pass.inference())))
                .isGreaterThan(1e-3);
    }

    @Test
    void showsTheGroupsOfTheBackbone() {
        UperNet model = model(HEAD, DataType.FLOAT64);
        NDArray x = ModelChecks.input(arrays, 1, 1, 3, 32, 24);
        GroupingModel.Level level = model.levels().get(0);
        assertThat(level.tap()).startsWith("backbone.network.0.0");
        Taps taps = new Taps(arrays, level.tap()::equals);
        model.apply(x, Pass.recording(taps));
        assertThat(model.groups(level, taps.get(level.tap()), 32, 24).ids()).hasSize(8 * 6);
        assertThat(model.inputSizes()).isEqualTo(new ContextCluster(BACKBONE).inputSizes());
        assertThat(model.classes()).isEqualTo(3);
    }

    @Test
    void aBackboneThatGroupsNothingHasNoLevels() {
        ResNet backbone = new ResNet(
                new ResNetArchitecture().variants().values().iterator().next().withClasses(0));
        UperNet model = new UperNet(backbone, HEAD);
        assertThat(model.levels()).isEmpty();
        assertThat(model.inputSizes()).isEqualTo(backbone.inputSizes());
        assertThatThrownBy(() -> model.groups(new GroupingModel.Level("0.0.0", "x", "x"), null, 32, 32))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("ResNet, groups no points");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 1, 3, 1, '0 channels, pooling to [1] and 3 classes'",
        "4, 0, 3, 1, 'pooling to [0]'",
        "4, 1, 0, 1, 'and 0 classes'",
        "4, 1, 3, -1, 'on map -1'"
    })
    void refusesImpossibleConfigs(int channels, int scale, int classes, int index, String message) {
        assertThatThrownBy(() -> new Config(channels, List.of(scale), 0, classes, new Auxiliary(3, index, 1, false)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @Test
    void refusesAnAuxiliaryHeadThatDoesNotFit() {
        ContextCluster backbone = new ContextCluster(BACKBONE);
        assertThatThrownBy(() -> new UperNet(backbone, new Config(4, List.of(1), 0, 3, new Auxiliary(3, 3, 1, false))))
                .hasMessageContaining("sees map 3 of a backbone with 3; allowed are 0 to 2");
        assertThatThrownBy(() -> new UperNet(
                        new ContextCluster(BACKBONE), new Config(4, List.of(1), 0, 3, new Auxiliary(3, 1, 0, false))))
                .hasMessageContaining("3 channels and no convolution on a map of 5");
        assertThatThrownBy(() -> new Config(4, List.of(), 0, 3, null)).hasMessageContaining("pooling to []");
        assertThatThrownBy(() -> new Config(4, null, 0, 3, null)).hasMessageContaining("poolScales is null");
        assertThatThrownBy(() -> new Config(4, List.of(1), 1, 3, null)).hasMessageContaining("dropout rate is 1.0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"channels", "pool_scales", "num_classes"})
    void readsTheOfficialSettings(String missing) {
        JsonObject json = new Gson()
                .fromJson(
                        "{channels: 4, pool_scales: [1, 2], dropout_ratio: 0, num_classes: 3, aux_channels: 3,"
                                + " aux_in_index: 1, aux_num_convs: 2, aux_concat_input: true}",
                        JsonObject.class);
        assertThat(SegmentationHead.UPERNET.fromJson(json)).isEqualTo(HEAD);
        JsonObject incomplete = json.deepCopy();
        incomplete.remove(missing);
        assertThatThrownBy(() -> SegmentationHead.UPERNET.fromJson(incomplete))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no " + missing);
        json.remove("aux_channels");
        assertThat(SegmentationHead.UPERNET.fromJson(json).auxiliary()).isNull();
        json.addProperty("align_corners", true);
        assertThatThrownBy(() -> SegmentationHead.UPERNET.fromJson(json)).hasMessageContaining("align_corners is true");
    }
}
