// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import com.google.gson.Gson;
import io.github.pointillist.models.GroupingModel.Level;
import io.github.pointillist.models.VisionGnn.Config;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;
import io.github.pointillist.tensor.Taps;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VisionGnnTest {
    private static final Config PYRAMID = new Config(
            true, List.of(1, 2), List.of(8, 16), List.of(2, 1), List.of(3, 3, 2), List.of(1, 2, 1), 2, 32, 3);
    private static final Config ISOTROPIC =
            new Config(false, List.of(2), List.of(16), List.of(1), List.of(3, 2), List.of(1, 2), 1, 48, 3);

    private final Arena weights = Arena.onCpu();
    private final Arena arrays = Arena.onCpu();

    @AfterEach
    void free() {
        arrays.close();
        weights.close();
    }

    private VisionGnn seeded(Config config, DataType type) {
        return ModelChecks.seeded(new VisionGnn(config), weights, type);
    }

    /** Few points, and an input on which no two of them are about equally near: there the output has steps. */
    @Test
    void gradientsOfThePyramidEqualCentralDifferences() {
        VisionGnn model = seeded(
                new Config(
                        true,
                        List.of(1, 2),
                        List.of(8, 16),
                        List.of(2, 1),
                        List.of(2, 1, 2),
                        List.of(1, 3, 2),
                        2,
                        16,
                        3),
                DataType.FLOAT64);
        ModelChecks.assertGradients(model, ModelChecks.input(arrays, 1, 1, 3, 16, 16), Pass.inference(), model::apply);
    }

    @Test
    void gradientsOfOneStageEqualCentralDifferences() {
        VisionGnn model = seeded(
                new Config(false, List.of(2), List.of(16), List.of(1), List.of(3, 1), List.of(1, 2), 1, 32, 3),
                DataType.FLOAT64);
        ModelChecks.assertGradients(model, ModelChecks.input(arrays, 1, 1, 3, 32, 32), Pass.inference(), model::apply);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void forwardLeavesNothingBehind(boolean pyramid) {
        Config config = pyramid ? PYRAMID : ISOTROPIC;
        VisionGnn model = seeded(config, DataType.FLOAT32);
        NDArray x = ModelChecks.input(arrays, 1, 2, 3, config.sidePx(), config.sidePx())
                .toType(DataType.FLOAT32, false);
        ModelChecks.assertNoLeak(model, x, arrays);
    }

    @Test
    void aBatchEqualsItsSamples() {
        VisionGnn model = seeded(PYRAMID, DataType.FLOAT64);
        NDArray together =
                ModelChecks.assertBatchEqualsItsSamples(model, ModelChecks.input(arrays, 1, 3, 3, 32, 32)); // (3, 3)
        assertThat(ModelChecks.difference(together.get("0:1"), together.get("1:2")))
                .as("the samples differ")
                .isGreaterThan(1e-3);
    }

    /** As the reference implementations count them, without the tables of positions. */
    @ParameterizedTest
    @CsvSource({
        "vig, vig_ti_224_gelu, 7184744",
        "vig, vig_s_224_gelu, 22747752",
        "vig, vig_b_224_gelu, 86841832",
        "pyramid-vig, pvig_ti_224_gelu, 10714376",
        "pyramid-vig, pvig_s_224_gelu, 27251912",
        "pyramid-vig, pvig_m_224_gelu, 49525832",
        "pyramid-vig, pvig_b_224_gelu, 92980328",
        "gkgnet, gkgnet_s_coco_224, 33265200",
        "gkgnet, gkgnet_s_coco_448, 34017840",
        "gkgnet, gkgnet_s_coco_576, 34673200",
        "gkgnet, gkgnet_t_voc_224, 12049624"
    })
    void officialVariantsHaveTheOfficialNumberOfParameters(String family, String variant, long parameters) {
        assertThat(trained(Architectures.byId(family), variant)).isEqualTo(parameters);
    }

    private static <C extends Record> long trained(Architecture<C> architecture, String variant) {
        Layer model = architecture.build(architecture.variants().get(variant));
        return model.parameters().values().stream()
                .filter(parameter -> parameter.trainable())
                .mapToLong(parameter -> parameter.shape().size())
                .sum();
    }

    @Test
    void neighboursRiseAsInTheReference() {
        assertThat(VisionGnn.TI.neighbours()).containsExactly(9, 9, 10, 11, 12, 13, 13, 14, 15, 16, 17, 18);
        assertThat(VisionGnn.S.neighbours())
                .containsExactly(9, 9, 10, 10, 11, 12, 12, 13, 13, 14, 15, 15, 16, 16, 17, 18);
        assertThat(VisionGnn.PYRAMID_B.dilations())
                .startsWith(1, 1, 1, 1, 2)
                .endsWith(5, 5, 5, 5)
                .hasSize(24);
    }

    @Test
    void neighboursOfAPixelAreThoseOfItsPoint() {
        VisionGnn model = seeded(PYRAMID, DataType.FLOAT64);
        Level level = model.affinityLevels().get(3); // block 1, group 1
        assertThat(level.name()).isEqualTo("1.1");
        Taps taps = new Taps(arrays, level.tap()::equals);
        model.apply(ModelChecks.input(arrays, 1, 1, 3, 32, 32), Pass.recording(taps));
        NDArray edges = taps.get(level.tap()); // (2, 16, 3)
        AffinityModel.Affinity affinity = model.affinity(level, edges, 31, 8, 32, 32); // row 1, column 3 of 4
        assertThat(affinity.width()).isEqualTo(4);
        assertThat(affinity.height()).isEqualTo(4);
        float[] expected = new float[16];
        for (long key : edges.get("1, 7").toLongArray()) {
            expected[(int) key] = 1;
        }
        assertThat(affinity.weights()).isEqualTo(expected);
        assertThatThrownBy(() -> model.affinity(level, edges, 32, 8, 32, 32)).hasMessageContaining("pixel (32, 8)");
    }

    @Test
    void refusesOtherImageSizes() {
        VisionGnn model = seeded(PYRAMID, DataType.FLOAT64);
        assertThatThrownBy(() -> model.apply(ModelChecks.input(arrays, 1, 1, 3, 32, 48), Pass.inference()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("48 x 32 pixels")
                .hasMessageContaining("32 x 32");
        assertThatThrownBy(() -> model.apply(ModelChecks.input(arrays, 1, 1, 1, 32, 32), Pass.inference()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("(B, 3, H, W)");
    }

    @ParameterizedTest
    @CsvSource({
        "17, 8, 2, 32, 17 nearest points",
        "2, 6, 2, 32, 6 channels",
        "2, 8, 3, 32, 8 channels in 3 groups",
        "2, 8, 2, 36, an image side of 36"
    })
    void refusesWhatCannotBeBuilt(int neighboursOfFirst, int channels, int groups, int side, String message) {
        assertThatThrownBy(() -> new Config(
                        true,
                        List.of(1, 2),
                        List.of(channels, 16),
                        List.of(2, 1),
                        List.of(neighboursOfFirst, 2, 2),
                        List.of(1, 1, 1),
                        groups,
                        side,
                        3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @Test
    void configurationsSurviveGson() {
        Gson gson = new Gson();
        for (Config config : List.of(VisionGnn.TI, VisionGnn.PYRAMID_M.withGroups(2), PYRAMID)) {
            assertThat(gson.fromJson(gson.toJson(config), Config.class)).isEqualTo(config);
        }
        assertThatThrownBy(() -> gson.fromJson("{\"pyramid\": true}", Config.class))
                .hasRootCauseInstanceOf(IllegalArgumentException.class);
    }
}
