// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.tensor.Leaf;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;

/** A square convolution with bias on channels-last points: (B, H, W, in) to (B, H', W', out). */
public final class Conv2d extends Leaf {
    private final Parameter weight; // (out, in, k, k)
    private final Parameter bias; // (out)
    private final Shape stride;
    private final Shape padding;

    /** Declares {@code weight} (out, in, kernel, kernel) and {@code bias} (out). */
    public Conv2d(int in, int out, int kernel, int stride, int padding) {
        this.weight = weight("weight", out, in, kernel, kernel);
        this.bias = weight("bias", out);
        this.stride = new Shape(stride, stride);
        this.padding = new Shape(padding, padding);
    }

    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        // Seen as (B, C, H, W) this is the engine's channels-last memory format: no copy either way.
        NDArray planes = x.transpose(0, 3, 1, 2);
        return ai.djl.nn.convolutional.Conv2d.conv2d(
                        planes, weight.array(), bias.array(), stride, padding, new Shape(1, 1), 1)
                .head()
                .transpose(0, 2, 3, 1);
    }
}
