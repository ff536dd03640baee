// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.tensor.Block;
import io.github.pointillist.tensor.Leaf;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;

/** A 1 x 1 convolution on channels-last points: (..., in) to (..., out). */
public final class Pointwise extends Leaf {
    private final Parameter weight; // (out, in, 1, 1)
    private final Parameter bias; // (out)
    private final Block matrix; // (out, in)

    /** Declares {@code weight} (out, in, 1, 1) and {@code bias} (out). */
    public Pointwise(int in, int out) {
        this.weight = weight("weight", out, in, 1, 1);
        this.bias = weight("bias", out);
        this.matrix = block(new Shape(in), weight);
    }

    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        return Affine.apply(x, matrix.value(pass), bias.array());
    }
}
