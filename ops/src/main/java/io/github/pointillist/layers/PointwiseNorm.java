// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import io.github.pointillist.tensor.Leaf;
import io.github.pointillist.tensor.Pass;

/** A 1 x 1 convolution and batch normalisation on channels-last points, (..., in) to (..., out). */
public final class PointwiseNorm extends Leaf {
    private final Pointwise linear;
    private final BatchNorm norm;

    /** Declares the convolution {@code 0} and the normalisation {@code 1}. */
    public PointwiseNorm(int in, int out) {
        this.linear = child("0", new Pointwise(in, out));
        this.norm = child("1", new BatchNorm(out));
    }

    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        return norm.apply(linear.apply(x, pass), pass);
    }
}
