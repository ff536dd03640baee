// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.benchmark;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.LayerNorm;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;

/** The building blocks of the yardsticks, one call of the engine each, and clustered attention as its paper writes it. */
final class PlainLayers {
    private static final Shape ONE = new Shape(1, 1);

    private PlainLayers() {}

    /** A convolution on planes (B, C, H, W). */
    static final class Conv extends Layer {
        private final Parameter weight;
        private final Parameter bias;
        private final Shape stride;
        private final Shape padding;
        private final int groups;

        Conv(int in, int out, int kernel, int stride, int padding, int groups) {
            this.weight = weight("weight", out, in / groups, kernel, kernel);
            this.bias = weight("bias", out);
            this.stride = new Shape(stride, stride);
            this.padding = new Shape(padding, padding);
            this.groups = groups;
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            return Conv2d.conv2d(x, weight.array(), bias.array(), stride, padding, ONE, groups)
                    .head();
        }
    }

    /** Batch normalisation of planes. */
    static final class BatchNorm extends Layer {
        private final Parameter weight;
        private final Parameter bias;
        private final Parameter mean;
        private final Parameter variance;

        BatchNorm(int channels) {
            this.weight = weight("weight", channels);
            this.bias = weight("bias", channels);
            this.mean = buffer("running_mean", channels);
            this.variance = buffer("running_var", channels);
            buffer("num_batches_tracked", DataType.INT64);
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            return x.getNDArrayInternal()
                    .batchNorm(x, mean.array(), variance.array(), weight.array(), bias.array(), 1, 0.9f, 1e-5f, false)
                    .head();
        }
    }

    /** Layer normalisation of the last axis. */
    static final class Norm extends Layer {
        private final Parameter weight;
        private final Parameter bias;
        private final float epsilon;

        Norm(int channels, double epsilon) {
            this.weight = weight("weight", channels);
            this.bias = weight("bias", channels);
            this.epsilon = (float) epsilon;
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            return LayerNorm.layerNorm(x, weight.shape(), weight.array(), bias.array(), epsilon)
                    .head();
        }
    }

    /** y = x W' + b on the last axis. */
    static final class Dense extends Layer {
        private final Parameter weight;
        private final Parameter bias;

        Dense(int in, int out, boolean hasBias) {
            this.weight = weight("weight", out, in);
            this.bias = hasBias ? weight("bias", out) : null;
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            return (bias == null ? Linear.linear(x, weight.array()) : Linear.linear(x, weight.array(), bias.array()))
                    .head();
        }
    }

    /**
     * Clustered attention: a full sort, a gather each for queries, keys and values with expanded indices, a second sort
     * for the inverse permutation.
     *
     * @param q (B, E, N, D), scaled
     */
    static NDArray clustered(NDArray q, NDArray k, NDArray v, int clusters) {
        if (clusters <= 1) {
            return q.matMul(k.swapAxes(2, 3)).softmax(3).matMul(v);
        }
        Shape shape = q.getShape();
        long n = shape.get(2);
        long d = shape.get(3);
        NDArray mean = k.mean(new int[] {2}, true);
        NDArray cosine =
                k.normalize(2, 3, 1e-12).mul(mean.normalize(2, 3, 1e-12)).sum(new int[] {3}); // (B, E, N)
        NDArray order = cosine.argSort(2, true);
        NDArray expanded = order.expandDims(3).broadcast(shape);
        Shape grouped = new Shape(shape.get(0), shape.get(1), clusters, n / clusters, d);
        NDArray sortedQ = q.gather(expanded, 2).reshape(grouped);
        NDArray sortedK = k.gather(expanded, 2).reshape(grouped);
        NDArray sortedV = v.gather(expanded, 2).reshape(grouped);
        NDArray result = sortedQ.matMul(sortedK.swapAxes(3, 4))
                .softmax(4)
                .matMul(sortedV)
                .reshape(shape);
        NDArray inverse = order.argSort(2, true).expandDims(3).broadcast(shape);
        return result.gather(inverse, 2);
    }

    /** x rolled back by some places along an axis. */
    static NDArray rolled(NDArray x, int axis, long by) {
        NDList parts = x.split(new long[] {by}, axis);
        return parts.get(1).concat(parts.get(0), axis);
    }
}
