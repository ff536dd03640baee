// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.tensor.Leaf;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;

/** Layer normalisation of the last axis, (..., C): zero mean and unit variance per point, then a scale and a shift. */
public final class LayerNorm extends Leaf {
    private final Parameter weight; // (C)
    private final Parameter bias; // (C)
    private final float epsilon;

    /** Declares {@code weight} and {@code bias} (C); 1e-5 is added to the variance. */
    public LayerNorm(int channels) {
        this(channels, 1e-5);
    }

    /**
     * Declares {@code weight} and {@code bias} (C).
     *
     * @param epsilon is added to the variance
     */
    public LayerNorm(int channels, double epsilon) {
        this.weight = weight("weight", channels);
        this.bias = weight("bias", channels);
        this.epsilon = (float) epsilon;
    }

    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        Shape channels = weight.shape();
        return x.getNDArrayInternal()
                .layerNorm(x, channels, weight.array(), bias.array(), epsilon)
                .head();
    }
}
