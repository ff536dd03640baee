// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;

/**
 * A convolution with stride 1 and zeros around the border, and batch normalisation, on channels-last points: (..., in) to
 * (..., out) for kernels of one point, (B, H, W, in) to (B, H, W, out) for others. Outside training the normalisation is
 * folded into the kernels.
 */
public final class ConvNorm extends Layer {
    /** What kMaX-DeepLab's norms add to the variance. */
    static final double EPSILON = 1e-3;
    /** Share of a batch in its running statistics. */
    static final double MOMENTUM = 0.01;

    /**
     * The kernel.
     *
     * @param size its side in points, odd
     * @param dilation distance between its points
     * @param depthwise whether each channel is convolved by itself
     * @param axes 1 for weights (out, in, size), 2 for (out, in, size, size)
     */
    public record Kernel(int size, int dilation, boolean depthwise, int axes) {
        /** One point of a list: weights (out, in, 1). */
        public static final Kernel LISTED = new Kernel(1, 1, false, 1);
        /** One pixel: weights (out, in, 1, 1). */
        public static final Kernel PIXEL = new Kernel(1, 1, false, 2);

        /** 3 x 3 pixels, that far apart. */
        public static Kernel dilated(int dilation) {
            return new Kernel(3, dilation, false, 2);
        }

        /** Each channel by itself over size x size pixels: weights (out, 1, size, size). */
        public static Kernel depthwise(int size) {
            return new Kernel(size, 1, true, 2);
        }
    }

    private final Kernel kernel;
    private final int in;
    private final int out;
    private final Parameter weight;
    private final Parameter bias; // (out), or null
    private final BatchNorm norm; // or null

    /** Declares {@code conv.weight} and {@code norm}, whose constants are kMaX-DeepLab's, 1e-3 and 0.01. */
    public ConvNorm(int in, int out, Kernel kernel) {
        this(in, out, kernel, false, true);
    }

    /**
     * The same with or without its parts.
     *
     * @param biased whether there is {@code conv.bias} (out)
     * @param normed whether there is {@code norm}
     */
    public ConvNorm(int in, int out, Kernel kernel, boolean biased, boolean normed) {
        if (kernel.depthwise() && in != out) {
            throw new IllegalArgumentException(
                    in + " channels become " + out + "; a convolution of each channel by itself keeps their number");
        }
        this.kernel = kernel;
        this.in = in;
        this.out = out;
        int size = kernel.size();
        int seen = kernel.depthwise() ? 1 : in;
        this.weight = kernel.axes() == 1
                ? weight("conv.weight", out, seen, size)
                : weight("conv.weight", out, seen, size, size);
        this.bias = biased ? weight("conv.bias", out) : null;
        this.norm = normed ? child("norm", new BatchNorm(out, EPSILON, MOMENTUM)) : null;
    }

    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        if (norm == null || pass.isTraining()) {
            NDArray convolved = convolve(x, kernels(pass), bias == null ? null : bias.array());
            return norm == null ? convolved : norm.apply(convolved, pass);
        }
        return convolve(x, foldedKernels(pass), foldedShift(pass));
    }

    private NDArray foldedKernels(Pass pass) {
        return derived("kernels", this, pass, own -> kernels(own).mul(column(norm.scale(own))));
    }

    private NDArray foldedShift(Pass pass) {
        return derived(
                "shift",
                this,
                pass,
                own -> bias == null
                        ? norm.shift(own)
                        : norm.shift(own).add(own.value(bias).mul(norm.scale(own))));
    }

    /**
     * The sum of what points would become, from their sum; for kernels of one point, outside training.
     *
     * @param sums (..., in), of groups of points
     * @param counts (..., 1), points in each group
     * @return (..., out)
     */
    NDArray applyToSums(NDArray sums, NDArray counts, Pass pass) {
        if (!isMatrix() || norm == null || pass.isTraining()) {
            throw new IllegalStateException("sums are for normed kernels of one point outside training");
        }
        return Affine.apply(sums, foldedKernels(pass), null).add(counts.mul(foldedShift(pass)));
    }

    private boolean isMatrix() {
        return kernel.size() == 1 && !kernel.depthwise();
    }

    /** (out, in), or (out, seen, size, size). */
    private NDArray kernels(Pass pass) {
        return isMatrix() ? pass.value(weight, out, in) : pass.value(weight);
    }

    /** (out) as (out, 1), or (out, 1, 1, 1). */
    private NDArray column(NDArray values) {
        return isMatrix() ? values.reshape(out, 1) : values.reshape(out, 1, 1, 1);
    }

    private NDArray convolve(NDArray x, NDArray kernels, NDArray shift) {
        if (isMatrix()) {
            return Affine.apply(x, kernels, shift);
        }
        int reach = kernel.dilation() * (kernel.size() / 2);
        // Seen as (B, C, H, W) this is the engine's channels-last memory format: no copy either way.
        return Conv2d.conv2d(
                        x.transpose(0, 3, 1, 2),
                        kernels,
                        shift,
                        new Shape(1, 1),
                        new Shape(reach, reach),
                        new Shape(kernel.dilation(), kernel.dilation()),
                        kernel.depthwise() ? in : 1)
                .head()
                .transpose(0, 2, 3, 1);
    }
}
