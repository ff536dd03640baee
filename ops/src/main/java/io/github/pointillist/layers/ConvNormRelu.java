// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import io.github.pointillist.tensor.Block;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;

/**
 * A convolution without bias, batch normalisation and ReLU, on channels-last points, (B, H, W, in) to (B, H, W, out):
 * mmcv's {@code ConvModule} under its parameter names.
 */
public final class ConvNormRelu extends Layer {
    private static final int KERNEL = 3;
    private static final Shape ONE = new Shape(1, 1);

    private final Parameter weight; // (out, in, k, k)
    private final Block matrix; // (out, in), for 1 x 1
    private final BatchNorm norm;

    /** A 3 x 3 convolution: declares {@code conv.weight} (out, in, 3, 3) and {@code bn}. */
    public ConvNormRelu(int in, int out) {
        this(in, out, KERNEL);
    }

    /** A 1 x 1 convolution: declares {@code conv.weight} (out, in, 1, 1) and {@code bn}. */
    public static ConvNormRelu pointwise(int in, int out) {
        return new ConvNormRelu(in, out, 1);
    }

    private ConvNormRelu(int in, int out, int kernel) {
        this.weight = weight("conv.weight", out, in, kernel, kernel);
        this.matrix = kernel == 1 ? block(new Shape(in), weight) : null;
        this.norm = child("bn", new BatchNorm(out));
    }

    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        NDArray convolved = matrix == null ? convolve(x, weight.array()) : Affine.apply(x, matrix.value(pass), null);
        return Activation.relu(norm.apply(convolved, pass)); // (B, H, W, out)
    }

    /** The 3 x 3 convolution alone, with zeros around the border. */
    static NDArray convolve(NDArray x, NDArray kernels) {
        // Seen as (B, C, H, W) this is the engine's channels-last memory format: no copy either way.
        return ai.djl.nn.convolutional.Conv2d.conv2d(x.transpose(0, 3, 1, 2), kernels, null, ONE, ONE, ONE, 1)
                .head()
                .transpose(0, 2, 3, 1);
    }
}
