// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import io.github.pointillist.tensor.Leaf;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;

/** A 1 x 1 convolution on channels-last points: (..., in) to (..., out). */
public final class Pointwise extends Leaf {
    private final Parameter weight; // (out, in, 1, 1)
    private final Parameter bias; // (out)
    private final int in;
    private final int out;

    /** Declares {@code weight} (out, in, 1, 1) and {@code bias} (out). */
    public Pointwise(int in, int out) {
        this.in = in;
        this.out = out;
        this.weight = weight("weight", out, in, 1, 1);
        this.bias = weight("bias", out);
    }

    /** The weight as a matrix (out, in), in the scope of {@code pass}. */
    public NDArray matrix(Pass pass) {
        return pass.value(weight, out, in);
    }

    /** The bias (out), in the scope of {@code pass}. */
    public NDArray bias(Pass pass) {
        return pass.value(bias);
    }

    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        return ai.djl.nn.core.Linear.linear(x, matrix(pass), bias.array()).head();
    }
}
