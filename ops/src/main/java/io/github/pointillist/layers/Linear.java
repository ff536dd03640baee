// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import io.github.pointillist.tensor.Leaf;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;

/** y = x W' + b, or y = x W', on the last axis: (..., in) to (..., out). */
public final class Linear extends Leaf {
    final Parameter weight; // (out, in)
    final Parameter bias; // (out), or null

    /** Declares {@code weight} (out, in) and {@code bias} (out). */
    public Linear(int in, int out) {
        this(in, out, true);
    }

    /** Declares {@code weight} (out, in) and, if it {@code hasBias}, {@code bias} (out). */
    public Linear(int in, int out, boolean hasBias) {
        this.weight = weight("weight", out, in);
        this.bias = hasBias ? weight("bias", out) : null;
    }

    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        return Affine.apply(x, weight.array(), bias == null ? null : bias.array());
    }
}
