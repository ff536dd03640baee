// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.layers.ContextClusterLayer.Denominator;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Pass;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SemanticFpnTest {
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
    private static final SemanticFpn.Config HEAD = new SemanticFpn.Config(5, 4, 0, 3);

    private final Arena weights = Arena.onCpu();
    private final Arena arrays = Arena.onCpu();

    @AfterEach
    void free() {
        arrays.close();
        weights.close();
    }

    private SemanticFpn model(DataType type) {
        return ModelChecks.seeded(new SemanticFpn(new ContextCluster(BACKBONE), HEAD), weights, type);
    }

    @Test
    void gradientsEqualCentralDifferences() {
        SemanticFpn model = model(DataType.FLOAT64);
        NDArray x = ModelChecks.input(arrays, 1, 1, 3, 32, 24);
        ModelChecks.assertGradients(model, x, Pass.inference(), model::apply);
    }

    @Test
    void gradientsThroughBatchStatisticsEqualCentralDifferences() {
        SemanticFpn model = model(DataType.FLOAT64);
        NDArray x = ModelChecks.input(arrays, 1, 2, 3, 32, 24);
        ModelChecks.assertGradients(model, x, Pass.training(), model::apply);
        assertThat(model.parameters()
                        .get("decode_head.scale_heads.0.0.bn.num_batches_tracked")
                        .array()
                        .getLong())
                .isGreaterThan(1);
    }

    @Test
    void gradientsOfProbabilitiesEqualCentralDifferences() {
        SemanticFpn model = model(DataType.FLOAT64);
        NDArray x = ModelChecks.input(arrays, 1, 1, 3, 32, 16);
        ModelChecks.assertGradients(
                model,
                x,
                Pass.inference(),
                (image, pass) -> model.probabilities(model.apply(image, pass), new Shape(32, 16), new Shape(7, 20)));
    }

    @Test
    void forwardLeavesNothingBehind() {
        SemanticFpn model = model(DataType.FLOAT32);
        NDArray x = ModelChecks.input(arrays, 1, 2, 3, 32, 24).toType(DataType.FLOAT32, false);
        ModelChecks.assertNoLeak(model, x, arrays);
    }

    @Test
    void probabilitiesLeaveNothingBehind() {
        SemanticFpn model = model(DataType.FLOAT32);
        NDArray logits = ModelChecks.input(arrays, 1, 1, 3, 8, 6).toType(DataType.FLOAT32, false);
        int inModel = weights.arrays();
        int atCaller = arrays.arrays();
        NDArray result = model.probabilities(logits, new Shape(32, 24), new Shape(30, 20));
        assertThat(result.getDataType()).isEqualTo(DataType.FLOAT32);
        assertThat(weights.arrays()).isEqualTo(inModel);
        assertThat(arrays.arrays()).isEqualTo(atCaller + 1);
    }

    @Test
    void aBatchEqualsItsSamples() {
        SemanticFpn model = model(DataType.FLOAT64);
        NDArray batch = ModelChecks.input(arrays, 1, 2, 3, 32, 24);
        NDArray together = ModelChecks.assertBatchEqualsItsSamples(model, batch);
        assertThat(together.getShape()).isEqualTo(new Shape(2, 3, 8, 6));
    }

    @Test
    void probabilitiesSumToOneAtTheOriginalSize() {
        SemanticFpn model = model(DataType.FLOAT64);
        NDArray logits = ModelChecks.input(arrays, 1, 2, 3, 8, 6);
        NDArray probabilities = model.probabilities(logits, new Shape(32, 24), new Shape(19, 40));
        assertThat(probabilities.getShape()).isEqualTo(new Shape(2, 3, 19, 40));
        NDArray sums = probabilities.sum(new int[] {1});
        assertThat(ModelChecks.difference(sums, sums.onesLike())).isLessThan(1e-14);
    }

    @Test
    void labelsAreTheMostProbableClasses() {
        SemanticFpn model = model(DataType.FLOAT64);
        NDArray logits = arrays.array(new double[] {1, 5, 0, 2, 4, 0, 3, 3, 0}, 1, 3, 1, 3);
        NDArray probabilities = model.probabilities(logits, new Shape(1, 3), new Shape(1, 3));
        assertThat(ModelChecks.difference(probabilities, logits.softmax(1))).isLessThan(1e-15);
        assertThat(SemanticFpn.labels(probabilities).toLongArray()).containsExactly(2, 0, 0);
    }

    @Test
    void refusesWrongLogitsAndSizes() {
        SemanticFpn model = model(DataType.FLOAT64);
        NDArray logits = ModelChecks.input(arrays, 1, 1, 3, 8, 6);
        Shape size = new Shape(32, 24);
        assertThatThrownBy(() -> model.probabilities(logits.get(":, 0:2"), size, size))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("logits are (1, 2, 8, 6); they must be (B, 3, h, w)");
        assertThatThrownBy(() -> model.probabilities(logits, new Shape(32), size))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("input size is (32); it must be (height, width)");
        assertThatThrownBy(() -> model.probabilities(logits, size, new Shape(0, 24)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("original size is (0, 24)");
    }

    @Test
    void refusesImpossibleConfigs() {
        assertThatThrownBy(() -> new SemanticFpn.Config(0, 4, 0, 3)).hasMessageContaining("0 neck channels");
        assertThatThrownBy(() -> new SemanticFpn.Config(4, 4, 1, 3)).hasMessageContaining("dropout rate is 1.0");
    }
}
