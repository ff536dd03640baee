// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.tensor.Owned;

/**
 * Resampling of maps. Unless said otherwise corners are not aligned: the centre of point i of n lies at (i + 0.5) / n of
 * the side.
 *
 * <p>Bilinear interpolation is done as a product with a matrix of weights per axis. The engine's own smooths before a
 * reduction, which the models here were not trained with, and fails on maps one point wide.
 */
public final class Resize {
    private static final int ENGINE_NEAREST = 0;

    private Resize() {}

    /** Bilinear interpolation of channels-last maps, (B, H, W, C) to (B, h, w, C), without smoothing. */
    public static NDArray bilinear(NDArray x, long h, long w) {
        return linear(linear(x, 1, h), 2, w);
    }

    /**
     * Linear interpolation along one axis, without smoothing; the border continues outside. Gives {@code x} itself if
     * it has that size.
     *
     * @param axis the axis to resample
     * @param size its new size, 1 or more
     */
    public static NDArray linear(NDArray x, int axis, long size) {
        return linear(x, axis, size, false);
    }

    /**
     * Bilinear interpolation of channels-last maps, (B, H, W, C) to (B, h, w, C), without smoothing.
     *
     * @param aligned whether the centres of the corner points stay where they are, PyTorch's {@code align_corners}
     */
    public static NDArray bilinear(NDArray x, long h, long w, boolean aligned) {
        return linear(linear(x, 1, h, aligned), 2, w, aligned);
    }

    /**
     * Linear interpolation along one axis, without smoothing. Gives {@code x} itself if it has that size.
     *
     * @param axis the axis to resample
     * @param size its new size, 1 or more
     * @param aligned whether the centres of the first and the last point stay where they are
     */
    public static NDArray linear(NDArray x, int axis, long size, boolean aligned) {
        Shape shape = x.getShape();
        long old = shape.get(axis);
        if (old == size) {
            return x;
        }
        long outer = shape.slice(0, axis).size();
        long inner = shape.slice(axis + 1).size();
        NDArray weights =
                Owned.array(x.getManager(), weights((int) old, (int) size, aligned), x.getDataType(), size, old);
        NDArray product = inner == 1
                ? x.reshape(outer, old).matMul(weights.transpose()) // one large product instead of many small ones
                : weights.broadcast(outer, size, old).matMul(x.reshape(outer, old, inner));
        return product.reshape(shape.slice(0, axis).add(size).addAll(shape.slice(axis + 1)));
    }

    /** Rows of at most two weights that sum to 1, (size, old). */
    static double[] weights(int old, int size) {
        return weights(old, size, false);
    }

    private static double[] weights(int old, int size, boolean aligned) {
        double[] weights = new double[size * old];
        for (int i = 0; i < size; i++) {
            double source =
                    aligned ? i * (old - 1.0) / Math.max(1, size - 1) : Math.max(0, (i + 0.5) * old / size - 0.5);
            int left = Math.min((int) source, old - 1);
            int right = Math.min(left + 1, old - 1);
            weights[i * old + left] += 1 - (source - left);
            weights[i * old + right] += source - left;
        }
        return weights;
    }

    /**
     * The nearest point of channels-last maps, (B, H, W, C) to (B, h, w, C): row floor(i H / h), column
     * floor(j W / w).
     */
    public static NDArray nearest(NDArray x, long h, long w) {
        if (x.getShape().get(1) == h && x.getShape().get(2) == w) {
            return x;
        }
        return x.transpose(0, 3, 1, 2)
                .getNDArrayInternal()
                .interpolation(new long[] {h, w}, ENGINE_NEAREST, false)
                .transpose(0, 2, 3, 1);
    }
}
