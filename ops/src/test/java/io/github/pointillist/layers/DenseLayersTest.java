// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Resampling, batch normalisation and dropout against their definitions. */
class DenseLayersTest {
    private static final double[] SQUARES = {0, 1, 4, 9, 16, 25};

    private final Arena arena = Arena.onCpu();

    @AfterEach
    void free() {
        arena.close();
    }

    private static double[] values(NDArray x) {
        return x.toType(DataType.FLOAT64, false).toDoubleArray();
    }

    private static void set(Parameter parameter, double... values) {
        ByteBuffer bytes = ByteBuffer.allocateDirect(8 * values.length).order(ByteOrder.nativeOrder());
        bytes.asDoubleBuffer().put(values);
        parameter.set(bytes, DataType.FLOAT64);
    }

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"FLOAT32", "FLOAT64"})
    void bilinearInterpolatesBetweenCentresWithoutSmoothing(DataType type) {
        NDArray x = arena.array(SQUARES, 1, 6, 1, 1).toType(type, false);
        Offset<Double> offset = Offset.offset(type == DataType.FLOAT64 ? 1e-14 : 1e-5);
        // Row i of 4 lies at 1.5 i + 0.25 of the old rows, between two squares.
        assertThat(values(Resize.bilinear(x, 4, 1))).containsExactly(new double[] {0.25, 3.25, 10.75, 22.75}, offset);
        assertThat(values(Resize.bilinear(x, 12, 1)))
                .containsExactly(
                        new double[] {0, 0.25, 0.75, 1.75, 3.25, 5.25, 7.75, 10.75, 14.25, 18.25, 22.75, 25}, offset);
    }

    @Test
    void bilinearTreatsRowsColumnsChannelsAndSamplesAlike() {
        // Two samples of 6 x 2 points and two channels; the value is row squared, plus 100 column, 1000 channel.
        double[] values = new double[2 * 6 * 2 * 2];
        for (int i = 0; i < values.length; i++) {
            values[i] = SQUARES[i / 4 % 6] + 100 * (i / 2 % 2) + 1000 * (i % 2) + 10_000 * (i / 24);
        }
        NDArray x = arena.array(values, 2, 6, 2, 2);
        NDArray y = Resize.bilinear(x, 4, 4);
        assertThat(y.getShape()).isEqualTo(new Shape(2, 4, 4, 2));
        double[] rows = {0.25, 3.25, 10.75, 22.75};
        double[] columns = {0, 25, 75, 100};
        double[] expected = new double[2 * 4 * 4 * 2];
        for (int i = 0; i < expected.length; i++) {
            expected[i] = rows[i / 8 % 4] + columns[i / 2 % 4] + 1000 * (i % 2) + 10_000 * (i / 32);
        }
        assertThat(values(y)).containsExactly(expected, Offset.offset(1e-10));
        NDArray planes = Resize.linear(Resize.linear(x.transpose(0, 3, 1, 2), 2, 4), 3, 4);
        assertThat(values(planes.transpose(0, 2, 3, 1))).containsExactly(expected, Offset.offset(1e-10));
    }

    @Test
    void nearestTakesTheRowBelow() {
        NDArray x = arena.array(SQUARES, 1, 6, 1, 1);
        assertThat(values(Resize.nearest(x, 9, 1))).containsExactly(0, 0, 1, 4, 4, 9, 16, 16, 25);
        assertThat(values(Resize.nearest(x, 4, 1))).containsExactly(0, 1, 9, 16);
    }

    @Test
    void resizeToTheSameSizeChangesNothing() {
        NDArray x = arena.array(SQUARES, 1, 2, 3, 1);
        assertThat(Resize.bilinear(x, 2, 3)).isSameAs(x);
        assertThat(Resize.nearest(x, 2, 3)).isSameAs(x);
    }

    private BatchNorm batchNorm() {
        BatchNorm norm = new BatchNorm(2);
        norm.allocate(arena, DataType.FLOAT64);
        set(norm.parameters().get("weight"), 2, 3);
        set(norm.parameters().get("bias"), 10, 20);
        set(norm.parameters().get("running_mean"), 1, -1);
        set(norm.parameters().get("running_var"), 4, 9);
        return norm;
    }

    @Test
    void batchNormDeclaresTheOfficialState() {
        assertThat(new BatchNorm(2).parameters().keySet())
                .containsExactly("weight", "bias", "running_mean", "running_var", "num_batches_tracked");
        NDArray count = batchNorm().parameters().get("num_batches_tracked").array();
        assertThat(count.getShape()).isEqualTo(new Shape());
        assertThat(count.getDataType()).isEqualTo(DataType.INT64);
    }

    @Test
    void batchNormUsesTheRunningStatistics() {
        NDArray x = arena.array(new double[] {1, 2, 3, -4, 5, 6}, 1, 3, 2);
        NDArray y = batchNorm().apply(x, Pass.inference());
        assertThat(y.getShape()).isEqualTo(x.getShape());
        double a = 2 / Math.sqrt(4 + 1e-5);
        double b = 3 / Math.sqrt(9 + 1e-5);
        assertThat(values(y))
                .containsExactly(
                        new double[] {10, 20 + 3 * b, 10 + 2 * a, 20 - 3 * b, 10 + 4 * a, 20 + 7 * b},
                        Offset.offset(1e-12));
    }

    @Test
    void batchNormTrainsOnTheBatchAndKeepsAverages() {
        BatchNorm norm = batchNorm();
        NDArray x = arena.array(new double[] {1, 0, 3, 0, 5, 6}, 3, 2);
        NDArray y = norm.apply(x, Pass.training());
        // Means 3 and 2; variances 8/3 and 8 over 3, unbiased 4 and 12.
        double a = 2 / Math.sqrt(8 / 3.0 + 1e-5);
        double b = 3 / Math.sqrt(8 + 1e-5);
        assertThat(values(y))
                .containsExactly(
                        new double[] {10 - 2 * a, 20 - 2 * b, 10, 20 - 2 * b, 10 + 2 * a, 20 + 4 * b},
                        Offset.offset(1e-10));
        // The engine takes the share of the new batch in single precision.
        Offset<Double> offset = Offset.offset(1e-6);
        assertThat(values(norm.parameters().get("running_mean").array()))
                .containsExactly(new double[] {0.9 + 0.3, -0.9 + 0.2}, offset);
        assertThat(values(norm.parameters().get("running_var").array()))
                .containsExactly(new double[] {3.6 + 0.4, 8.1 + 1.2}, offset);
        assertThat(norm.parameters().get("num_batches_tracked").array().getLong())
                .isEqualTo(1);
        assertThatThrownBy(() -> norm.apply(x.get("0:1"), Pass.training()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("input is (1, 2): one value per channel has no variance");
    }

    @Test
    void dropoutDropsWholeChannelsInTrainingOnly() {
        NDArray x = arena.zeros(DataType.FLOAT64, new Shape(4, 3, 5, 50)).add(1);
        Dropout dropout = new Dropout(0.2, true);
        assertThat(dropout.apply(x, Pass.inference())).isSameAs(x);
        Engine.getEngine("PyTorch").setRandomSeed(5);
        NDArray y = dropout.apply(x, Pass.training());
        NDArray means = y.reshape(4, 15, 50).mean(new int[] {1}); // (4, 50)
        double[] channels = values(means);
        assertThat(Arrays.stream(channels)).allMatch(mean -> mean == 0 || Math.abs(mean - 1.25) < 1e-6);
        assertThat(Arrays.stream(channels).filter(mean -> mean == 0).count()).isBetween(20L, 60L);
        Engine.getEngine("PyTorch").setRandomSeed(5);
        assertThat(values(dropout.apply(x, Pass.training()))).isEqualTo(values(y));
    }

    @Test
    void dropoutDropsSingleValues() {
        NDArray x = arena.zeros(DataType.FLOAT64, new Shape(1, 1000)).add(1);
        double[] y = values(new Dropout(0.5, false).apply(x, Pass.training()));
        assertThat(y).containsOnly(0, 2);
        assertThat(Arrays.stream(y).filter(value -> value == 0).count()).isBetween(400L, 600L);
        assertThatThrownBy(() -> new Dropout(1, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("dropout rate is 1.0");
    }

    @Test
    void stochasticDepthDropsWholeSamplesInTrainingOnly() {
        NDArray x = arena.zeros(DataType.FLOAT64, new Shape(400, 3, 2)).add(1);
        StochasticDepth depth = new StochasticDepth(0.2);
        assertThat(depth.apply(x, Pass.inference())).isSameAs(x);
        assertThat(new StochasticDepth(0).apply(x, Pass.training())).isSameAs(x);
        Engine.getEngine("PyTorch").setRandomSeed(5);
        NDArray y = depth.apply(x, Pass.training());
        double[] samples = values(y.reshape(400, 6).mean(new int[] {1}));
        assertThat(Arrays.stream(samples)).allMatch(mean -> mean == 0 || Math.abs(mean - 1.25) < 1e-6);
        assertThat(Arrays.stream(samples).filter(mean -> mean == 0).count()).isBetween(50L, 110L);
        Engine.getEngine("PyTorch").setRandomSeed(5);
        assertThat(values(depth.apply(x, Pass.training()))).isEqualTo(values(y));
        assertThatThrownBy(() -> new StochasticDepth(1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("drop path rate is 1.0; allowed are 0 to below 1");
    }

    @Test
    void stochasticDepthGrowsEvenlyFromBlockToBlock() {
        NDArray x = arena.zeros(DataType.FLOAT64, new Shape(1000, 1)).add(1);
        List<Integer> depths = List.of(2, 3);
        double[] scales = {1, 1 / 0.9, 1 / 0.8, 1 / 0.7, 1 / 0.6};
        for (int block = 0; block < 5; block++) {
            StochasticDepth depth = StochasticDepth.of(0.4, depths, block < 2 ? 0 : 1, block < 2 ? block : block - 2);
            assertThat(depth.apply(x, Pass.training()).max().getDouble()).isCloseTo(scales[block], Offset.offset(1e-6));
        }
        assertThat(StochasticDepth.of(0.4, List.of(1), 0, 0).apply(x, Pass.training()))
                .isSameAs(x);
    }

    @Test
    void fpnRefusesAnotherNumberOfMaps() {
        Fpn neck = new Fpn(List.of(2, 3), 4);
        neck.allocate(arena, DataType.FLOAT64);
        NDList one = new NDList(arena.zeros(DataType.FLOAT64, new Shape(1, 2, 4, 4)));
        assertThatThrownBy(() -> neck.merge(one, Pass.inference()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1 maps given to a pyramid of 2 levels");
    }
}
