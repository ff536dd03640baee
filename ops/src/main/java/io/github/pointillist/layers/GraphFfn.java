// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Activation;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;

/** The feed-forward part of vision graph networks, x + fc2(GELU(fc1(x))): (..., C) to (..., C). */
public final class GraphFfn extends Layer {
    private static final int RATIO = 4;

    private final PointwiseNorm fc1;
    private final PointwiseNorm fc2;

    /** Declares {@code fc1} (4 C, C) and {@code fc2} (C, 4 C), each with its normalisation. */
    public GraphFfn(int channels) {
        this.fc1 = child("fc1", new PointwiseNorm(channels, RATIO * channels));
        this.fc2 = child("fc2", new PointwiseNorm(RATIO * channels, channels));
    }

    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        NDArray hidden = Activation.gelu(fc1.apply(x, pass)); // (..., 4 C)
        return fc2.apply(hidden, pass).add(x);
    }
}
