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
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ContextClusterTest {
    static final ContextCluster.Config TINY = new ContextCluster.Config(
            List.of(1, 2),
            List.of(4, 6),
            List.of(2, 3),
            List.of(2, 1),
            List.of(2, 1),
            3,
            List.of(2, 2),
            Denominator.SIMILARITY,
            3);

    private final Arena weights = Arena.onCpu();
    private final Arena arrays = Arena.onCpu();

    @AfterEach
    void free() {
        arrays.close();
        weights.close();
    }

    @ParameterizedTest
    @EnumSource(Denominator.class)
    void gradientsEqualCentralDifferences(Denominator denominator) {
        ContextCluster model =
                ModelChecks.seeded(new ContextCluster(TINY.withDenominator(denominator)), weights, DataType.FLOAT64);
        NDArray x = ModelChecks.input(arrays, 1, 1, 3, 32, 24);
        ModelChecks.assertGradients(model, x, Pass.inference(), model::apply);
    }

    @Test
    void dropsBranchesInTrainingOnly() {
        ModelChecks.assertDropsBranchesInTrainingOnly(
                ModelChecks.seeded(new ContextCluster(TINY.withDropPath(0.5)), weights, DataType.FLOAT64),
                ModelChecks.seeded(new ContextCluster(TINY), weights, DataType.FLOAT64),
                ModelChecks.input(arrays, 1, 6, 3, 32, 24));
        assertThatThrownBy(() -> TINY.withDropPath(-0.1)).hasMessageContaining("drop path rate is -0.1");
    }

    /** Model folders from before there was a rate have none. */
    @Test
    void aConfigurationWithoutARateDropsNothing() {
        JsonObject json = new Gson().toJsonTree(TINY.withDropPath(0.3)).getAsJsonObject();
        json.remove("dropPath");
        assertThat(new Gson().fromJson(json, ContextCluster.Config.class)).isEqualTo(TINY);
    }

    @Test
    void gradientsOfThePyramidEqualCentralDifferences() {
        ContextCluster model = ModelChecks.seeded(new ContextCluster(TINY.withClasses(0)), weights, DataType.FLOAT64);
        NDArray x = ModelChecks.input(arrays, 1, 1, 3, 32, 24);
        ModelChecks.assertGradients(model, x, Pass.inference(), (image, pass) -> {
            NDList maps = model.features(image, pass);
            return maps.get(0).flatten().concat(maps.get(1).flatten());
        });
    }

    @Test
    void forwardLeavesNothingBehind() {
        ContextCluster model = ModelChecks.seeded(new ContextCluster(TINY), weights, DataType.FLOAT32);
        NDArray x = ModelChecks.input(arrays, 1, 2, 3, 32, 24).toType(DataType.FLOAT32, false);
        ModelChecks.assertNoLeak(model, x, arrays);
    }

    @Test
    void pyramidLeavesNothingBehind() {
        ContextCluster model = ModelChecks.seeded(new ContextCluster(TINY.withClasses(0)), weights, DataType.FLOAT64);
        NDArray x = ModelChecks.input(arrays, 1, 1, 3, 32, 24);
        model.features(x, Pass.inference()).close();
        int inModel = weights.arrays();
        int atCaller = arrays.arrays();
        try (NDList maps = model.features(x, Pass.inference())) {
            assertThat(maps.getShapes()).containsExactly(new Shape(1, 4, 8, 6), new Shape(1, 6, 4, 3));
            assertThat(weights.arrays()).isEqualTo(inModel);
            assertThat(arrays.arrays()).isEqualTo(atCaller + 2);
        }
    }

    @Test
    void aBatchEqualsItsSamples() {
        ContextCluster model = ModelChecks.seeded(new ContextCluster(TINY), weights, DataType.FLOAT64);
        NDArray batch = ModelChecks.input(arrays, 1, 3, 3, 32, 24);
        NDArray together = ModelChecks.assertBatchEqualsItsSamples(model, batch); // (3, 3)
        assertThat(ModelChecks.difference(together.get("0:1"), together.get("1:2")))
                .as("the samples differ")
                .isGreaterThan(1e-3);
    }

    @ParameterizedTest
    @CsvSource({
        "3,32,20,image side is 20",
        "3,36,24,image side is 36",
        "3,32,3,image side is 3 ",
        "1,32,24,(B; 3; H; W)"
    })
    void refusesWrongImages(int channels, int height, int width, String message) {
        ContextCluster model = ModelChecks.seeded(new ContextCluster(TINY), weights, DataType.FLOAT64);
        NDArray x = ModelChecks.input(arrays, 1, 1, channels, height, width);
        assertThatThrownBy(() -> model.apply(x, Pass.inference()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message.replace(';', ','));
    }

    @Test
    void saysWhichSidesFit() {
        assertThat(ContextCluster.TINY.multiple()).isEqualTo(32);
        assertThat(ContextCluster.TINY2.multiple()).isEqualTo(56);
        assertThat(ContextCluster.TINY.sides(224)).containsExactly(56, 28, 14, 7);
        assertThatThrownBy(() -> ContextCluster.TINY.sides(200))
                .hasMessageContaining("image side is 200 pixels")
                .hasMessageContaining("use a multiple of 32 pixels");
    }

    @Test
    void classifierAndPyramidRefuseEachOthersWork() {
        ContextCluster classifier = ModelChecks.seeded(new ContextCluster(TINY), weights, DataType.FLOAT64);
        ContextCluster pyramid = ModelChecks.seeded(new ContextCluster(TINY.withClasses(0)), weights, DataType.FLOAT64);
        NDArray x = ModelChecks.input(arrays, 1, 1, 3, 32, 24);
        assertThatThrownBy(() -> classifier.features(x, Pass.inference())).hasMessageContaining("0 classes");
        assertThatThrownBy(() -> pyramid.apply(x, Pass.inference())).hasMessageContaining("call features");
    }

    @Test
    void refusesAConfigWithAStageMissing() {
        assertThatThrownBy(() -> new ContextCluster.Config(
                        List.of(1, 1),
                        List.of(4),
                        List.of(2, 2),
                        List.of(1, 1),
                        List.of(1, 1),
                        3,
                        List.of(2, 2),
                        Denominator.SIMILARITY,
                        3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[4] given for 2 stages");
    }

    /** As the paper and the reference implementation count them. */
    @ParameterizedTest
    @CsvSource({
        "coc_tiny, 5570584",
        "coc_tiny2, 5570584",
        "coc_tiny_plain, 5570584",
        "coc_small, 14657024",
        "coc_medium, 29290520",
        "coc_base_dim64, 54231100",
        "coc_base_dim96, 53054904",
        "context_cluster_small_feat5, 14145048"
    })
    void officialVariantsHaveTheOfficialNumberOfParameters(String variant, long parameters) {
        Layer model = new ContextCluster(ContextClusterArchitecture.VARIANTS.get(variant));
        long count = model.parameters().values().stream()
                .mapToLong(parameter -> parameter.shape().size())
                .sum();
        assertThat(count).isEqualTo(parameters);
    }
}
