// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.tensor.Leaf;
import io.github.pointillist.tensor.Pass;
import java.util.Arrays;

/**
 * In training, sets values to zero at random and scales the others so that the mean stays; else does nothing. Draws
 * from the engine's random numbers.
 */
public final class Dropout extends Leaf {
    private final float rate;
    private final boolean wholeChannels;

    /**
     * @param rate share set to zero, in [0, 1)
     * @param wholeChannels whether a channel of a sample, (B, ..., C), is dropped or kept as a whole
     */
    public Dropout(double rate, boolean wholeChannels) {
        if (!(rate >= 0 && rate < 1)) {
            throw new IllegalArgumentException("dropout rate is " + rate + "; allowed are 0 to below 1");
        }
        this.rate = (float) rate;
        this.wholeChannels = wholeChannels;
    }

    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        if (!pass.isTraining() || rate == 0) {
            return x;
        }
        if (!wholeChannels) {
            return drop(x);
        }
        Shape shape = x.getShape(); // (B, ..., C)
        long[] mask = new long[shape.dimension()];
        Arrays.fill(mask, 1);
        mask[0] = shape.get(0);
        mask[mask.length - 1] = shape.get(mask.length - 1);
        return x.mul(drop(x.getManager().ones(new Shape(mask), x.getDataType())));
    }

    private NDArray drop(NDArray x) {
        return ai.djl.nn.norm.Dropout.dropout(x, rate, true).head();
    }
}
