// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.tensor.Leaf;
import io.github.pointillist.tensor.Pass;
import java.util.Arrays;
import java.util.List;

/**
 * Stochastic depth: Huang, Sun, Liu, Sedra, Weinberger, Deep Networks with Stochastic Depth, ECCV 2016. In training drops
 * the residual branch of a sample as a whole, and scales those kept so that the mean stays; else does nothing. Draws from
 * the engine's random numbers. timm's {@code DropPath}.
 */
public final class StochasticDepth extends Leaf {
    private final float rate;

    /** @param rate share of the samples whose branch is dropped, in [0, 1) */
    public StochasticDepth(double rate) {
        checkRate(rate);
        this.rate = (float) rate;
    }

    /**
     * For one block of a model whose rates grow evenly from 0 in the first block to {@code last} in the last.
     *
     * @param depths blocks in each stage
     * @param stage of the block, from 0
     * @param block in its stage, from 0
     */
    public static StochasticDepth of(double last, List<Integer> depths, int stage, int block) {
        int before = depths.subList(0, stage).stream().mapToInt(n -> n).sum() + block;
        int blocks = depths.stream().mapToInt(n -> n).sum();
        return new StochasticDepth(before == 0 ? 0 : last * before / (blocks - 1));
    }

    /** @throws IllegalArgumentException if the rate is not in [0, 1) */
    public static void checkRate(double rate) {
        if (!(rate >= 0 && rate < 1)) {
            throw new IllegalArgumentException("drop path rate is " + rate + "; allowed are 0 to below 1");
        }
    }

    /** @param x a branch, (B, ...) */
    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        if (!pass.isTraining() || rate == 0) {
            return x;
        }
        long[] mask = new long[x.getShape().dimension()];
        Arrays.fill(mask, 1);
        mask[0] = x.getShape().get(0);
        NDArray ones = x.getManager().ones(new Shape(mask), x.getDataType());
        return x.mul(ai.djl.nn.norm.Dropout.dropout(ones, rate, true).head());
    }
}
