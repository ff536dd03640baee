// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import io.github.pointillist.tensor.Owned;

/**
 * What vision graph networks add to the distances of points: minus the similarity of their positions, as
 * {@code Grapher} of huawei-noah/Efficient-AI-Backbones f90e129 makes it.
 *
 * <p>A position on a side x side grid is embedded as e = [sin(x w), cos(x w), sin(y w), cos(y w)] with w_i = 10000^(-i
 * / I), i = 0 .. I - 1, I = channels / 4. Then e . e' = f(x - x') + f(y - y') with f(d) = sum_i cos(d w_i), so that the
 * products of all embeddings are sums of two entries of one short table, and no embedding is ever made.
 *
 * @param channels of the points, a multiple of 4
 * @param side points along each side of the grid
 * @param reduction the points of the grid are compared with the cells of a grid coarser by this factor: 1, or an even
 *     number that divides {@code side}
 */
record RelativePositions(int channels, int side, int reduction) {
    /** Weights of bicubic interpolation half way between two values. */
    private static final float OUTER = -0.09375f;

    private static final float INNER = 0.59375f;

    RelativePositions {
        boolean divides = reduction == 1 || (reduction > 1 && reduction % 2 == 0 && side % reduction == 0);
        if (channels < 4 || channels % 4 != 0 || side < 1 || !divides) {
            throw new IllegalArgumentException(
                    channels + " channels on a grid of " + side + " x " + side
                            + " points reduced by " + reduction
                            + " given; allowed are multiples of 4 channels, and a reduction of 1 or an even divisor of the side");
        }
    }

    /** Number of points. */
    int points() {
        return side * side;
    }

    /** Number of cells. */
    int cells() {
        return points() / (reduction * reduction);
    }

    /** Writes the table into an array (1, points, cells). */
    void fill(NDArray into) {
        float[] similarity = similarities();
        int cells = cells();
        float[] block = new float[side * cells];
        for (int y = 0; y < side; y++) {
            for (int x = 0; x < side; x++) {
                for (int cell = 0; cell < cells; cell++) {
                    block[x * cells + cell] = -similarity(similarity, x, y, cell);
                }
            }
            // One row of points at a time: at 576 pixels the whole table has 27 million entries.
            int from = y * side;
            try (NDArray rows = Owned.array(into.getManager(), block, 1, side, cells);
                    NDArray cast = rows.toType(into.getDataType(), false)) {
                into.set(new NDIndex(":, {}:{}", from, from + side), cast);
            }
        }
    }

    /** 2 e . e' / channels by the distances along both axes, (side, side), rounded as the reference stores it. */
    private float[] similarities() {
        int frequencies = channels / 4;
        double[] along = new double[side];
        for (int d = 0; d < side; d++) {
            for (int i = 0; i < frequencies; i++) {
                along[d] += Math.cos(d * Math.pow(10000, -(double) i / frequencies));
            }
        }
        float[] table = new float[side * side];
        for (int dy = 0; dy < side; dy++) {
            for (int dx = 0; dx < side; dx++) {
                table[dy * side + dx] = (float) (2 * (along[dy] + along[dx]) / channels);
            }
        }
        return table;
    }

    /**
     * The reference resamples the row of a point over all points, numbered row-major, to as many values as there are
     * cells, by bicubic interpolation along the numbers. For an even reduction every sample lies half way between two
     * numbers, and not near the ends.
     */
    private float similarity(float[] table, int x, int y, int cell) {
        if (reduction == 1) {
            return at(table, x, y, cell);
        }
        int step = reduction * reduction;
        int middle = step * cell + step / 2;
        float sum = at(table, x, y, middle - 2) * OUTER;
        sum += at(table, x, y, middle - 1) * INNER;
        sum += at(table, x, y, middle) * INNER;
        sum += at(table, x, y, middle + 1) * OUTER;
        return sum;
    }

    private float at(float[] table, int x, int y, int point) {
        return table[Math.abs(y - point / side) * side + Math.abs(x - point % side)];
    }
}
