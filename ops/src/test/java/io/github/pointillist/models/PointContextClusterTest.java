// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Pass;
import io.github.pointillist.tensor.Taps;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PointContextClusterTest {
    private static final PointContextCluster.Config TINY = new PointContextCluster.Config(
            24, 3, 4, List.of(2, 2), List.of(1, 2), List.of(2, 1), List.of(5, 4), List.of(2, 3));

    private final Arena weights = Arena.onCpu();
    private final Arena arrays = Arena.onCpu();

    @AfterEach
    void free() {
        arrays.close();
        weights.close();
    }

    private PointContextCluster model(DataType type) {
        return ModelChecks.seeded(new PointContextCluster(TINY), weights, type);
    }

    @Test
    void gradientsEqualCentralDifferences() {
        PointContextCluster model = model(DataType.FLOAT64);
        NDArray x = ModelChecks.input(arrays, 1, 2, 3, 24);
        ModelChecks.assertGradients(model, x, Pass.inference(), model::apply);
    }

    @Test
    void forwardLeavesNothingBehind() {
        PointContextCluster model = model(DataType.FLOAT32);
        NDArray x = ModelChecks.input(arrays, 1, 2, 3, 30).toType(DataType.FLOAT32, false);
        ModelChecks.assertNoLeak(model, x, arrays);
    }

    @Test
    void aBatchEqualsItsSamples() {
        PointContextCluster model = model(DataType.FLOAT64);
        NDArray batch = ModelChecks.input(arrays, 1, 3, 3, 24);
        NDArray together = ModelChecks.assertBatchEqualsItsSamples(model, batch); // (3, 3)
        assertThat(ModelChecks.difference(together.get("0:1"), together.get("1:2")))
                .as("the clouds differ")
                .isGreaterThan(1e-3);
    }

    @Test
    void tapsNumberThePointsOfEachCloud() {
        PointContextCluster model = model(DataType.FLOAT64);
        Taps taps = new Taps(arrays, name -> name.startsWith("local_grouper_list"));
        model.apply(ModelChecks.input(arrays, 1, 2, 3, 24), Pass.recording(taps));
        NDArray anchors = taps.get("local_grouper_list.0.anchors"); // (2, 12)
        NDArray neighbours = taps.get("local_grouper_list.0.neighbours"); // (2, 12, 5)
        assertThat(anchors.get(":, 0").toLongArray()).containsExactly(0, 0);
        // The nearest neighbour of an anchor is the anchor.
        assertThat(neighbours.get("..., 0").toLongArray()).isEqualTo(anchors.toLongArray());
        assertThat(neighbours.max().getLong()).isLessThan(24);
    }

    @Test
    void trainingDrawsNewDropouts() {
        PointContextCluster model = model(DataType.FLOAT64);
        NDArray x = ModelChecks.input(arrays, 1, 2, 3, 24);
        NDArray first = model.apply(x, Pass.training());
        NDArray second = model.apply(x, Pass.training());
        assertThat(ModelChecks.difference(first, second)).isGreaterThan(1e-3);
    }

    @Test
    void refusesWrongClouds() {
        PointContextCluster model = model(DataType.FLOAT64);
        assertThatThrownBy(() -> model.apply(ModelChecks.input(arrays, 1, 1, 24, 3), Pass.inference()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("input is (1, 24, 3); it must be (B, 3, N)");
        assertThatThrownBy(() -> model.apply(ModelChecks.input(arrays, 1, 1, 3, 11), Pass.inference()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("clouds have 11 points; this model needs 12 or more");
        double[] values = new double[2 * 3 * 24];
        values[3 * 24 + 24 + 5] = Double.NaN;
        assertThatThrownBy(() -> model.apply(arrays.array(values, 2, 3, 24), Pass.inference()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("point 5 of cloud 1 has the coordinate NaN");
    }

    @Test
    void refusesMoreNeighboursThanPoints() {
        assertThatThrownBy(() -> new PointContextCluster.Config(
                        24, 3, 4, List.of(2, 2), List.of(1, 1), List.of(1, 1), List.of(4, 13), List.of(2, 2)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("stage 1 has 12 points for 13 neighbours");
        assertThatThrownBy(() -> new PointContextCluster.Config(
                        24, 3, 4, List.of(2, 2), List.of(1, 1), List.of(1), List.of(4, 4), List.of(2, 2)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[1] given for 2 stages");
    }
}
