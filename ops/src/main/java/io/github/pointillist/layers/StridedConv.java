// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.tensor.Leaf;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;

/** A 3 x 3 convolution of stride 2 without bias on channels-last points: (B, H, W, in) to (B, H / 2, W / 2, out). */
public final class StridedConv extends Leaf {
    private static final Shape ONE = new Shape(1, 1);
    private static final Shape TWO = new Shape(2, 2);

    private final Parameter weight; // (out, in, 3, 3)

    /** Declares {@code weight} (out, in, 3, 3). */
    public StridedConv(int in, int out) {
        this.weight = weight("weight", out, in, 3, 3);
    }

    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        return ai.djl.nn.convolutional.Conv2d.conv2d(x.transpose(0, 3, 1, 2), weight.array(), null, TWO, ONE, ONE, 1)
                .head()
                .transpose(0, 2, 3, 1); // (B, ceil(H / 2), ceil(W / 2), out)
    }
}
