// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.tensor.Leaf;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;

/**
 * Group normalisation with one group on channels-last points (B, H, W, C): zero mean and unit variance over all of
 * (H, W, C) of a sample, then a scale and shift per channel.
 */
public final class GroupNorm extends Leaf {
    private static final float EPSILON = 1e-5f;

    private final Parameter weight; // (C)
    private final Parameter bias; // (C)

    /** Declares {@code weight} (C) and {@code bias} (C). */
    public GroupNorm(int channels) {
        this.weight = weight("weight", channels);
        this.bias = weight("bias", channels);
    }

    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        Shape sample = x.getShape().slice(1); // (H, W, C)
        NDArray scale = pass.value(weight).broadcast(sample);
        NDArray shift = pass.value(bias).broadcast(sample);
        return x.getNDArrayInternal()
                .layerNorm(x, sample, scale, shift, EPSILON)
                .head();
    }
}
