// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;
import io.github.pointillist.tensor.Leaf;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;

/**
 * A convolution of each channel by itself, with bias, zeros around the border and stride 1, on channels-last points:
 * (B, H, W, C) to (B, H, W, C).
 */
public final class DepthwiseConv extends Leaf {
    private static final Shape ONE = new Shape(1, 1);

    private final Parameter weight; // (C, 1, k, k)
    private final Parameter bias; // (C)
    private final int channels;
    private final int kernel;
    private final Shape padding;

    /**
     * Declares {@code weight} (C, 1, kernel, kernel) and {@code bias} (C).
     *
     * @param kernel side of the kernel, odd
     */
    public DepthwiseConv(int channels, int kernel) {
        if (kernel % 2 == 0) {
            throw new IllegalArgumentException("kernel is " + kernel + " points wide; allowed are odd numbers");
        }
        this.channels = channels;
        this.kernel = kernel;
        this.padding = new Shape(kernel / 2, kernel / 2);
        this.weight = weight("weight", channels, 1, kernel, kernel);
        this.bias = weight("bias", channels);
    }

    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        return convolve(x, weight.array());
    }

    /**
     * x + conv(x) in one convolution: with 1 added to the middle of every kernel. Made from the weights at every call,
     * so it is never out of date and passes gradients on.
     *
     * @param x (B, H, W, C)
     * @return (B, H, W, C)
     */
    public NDArray plusInput(NDArray x, Pass pass) {
        NDArray identity = operand("identity", arena -> {
            double[] middle = new double[kernel * kernel];
            middle[kernel * kernel / 2] = 1;
            return arena.array(middle, 1, 1, kernel, kernel);
        });
        return convolve(x, pass.value(weight).add(identity));
    }

    /** The kernels, (C, 1, k, k), owned by the model: never make them the first operand of an operation. */
    public NDArray kernels() {
        return weight.array();
    }

    private NDArray convolve(NDArray x, NDArray kernels) {
        // Seen as (B, C, H, W) this is the engine's channels-last memory format: no copy either way.
        return Conv2d.conv2d(x.transpose(0, 3, 1, 2), kernels, bias.array(), ONE, padding, ONE, channels)
                .head()
                .transpose(0, 2, 3, 1);
    }
}
