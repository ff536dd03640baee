// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;

/**
 * A 3 x 3 convolution without bias, batch normalisation and ReLU, on channels-last points (B, H, W, C): mmcv's
 * {@code ConvModule} under its parameter names.
 */
public final class ConvNormRelu extends Layer {
    private static final int KERNEL = 3;
    private static final Shape ONE = new Shape(1, 1);

    private final Parameter weight; // (out, in, 3, 3)
    private final BatchNorm norm;

    /** Declares {@code conv.weight} (out, in, 3, 3) and {@code bn}. */
    public ConvNormRelu(int in, int out) {
        this.weight = weight("conv.weight", out, in, KERNEL, KERNEL);
        this.norm = child("bn", new BatchNorm(out));
    }

    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        NDArray convolved = ai.djl.nn.convolutional.Conv2d.conv2d(
                        x.transpose(0, 3, 1, 2), weight.array(), null, ONE, ONE, ONE, 1)
                .head()
                .transpose(0, 2, 3, 1); // (B, H, W, out)
        return Activation.relu(norm.apply(convolved, pass));
    }
}
