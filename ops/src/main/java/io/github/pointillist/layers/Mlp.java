// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Activation;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;

/** Linear, GELU (by the error function), Linear, on the last axis: (..., C) to (..., C). */
public final class Mlp extends Layer {
    private final Linear fc1;
    private final Linear fc2;

    /** Declares {@code fc1} (hidden, channels) and {@code fc2} (channels, hidden). */
    public Mlp(int channels, int hidden) {
        this.fc1 = child("fc1", new Linear(channels, hidden));
        this.fc2 = child("fc2", new Linear(hidden, channels));
    }

    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        // The largest arrays of most models: freed at once, their memory is still in the processor's cache for what
        // follows.
        try (NDArray hidden = fc1.apply(x, pass); // (..., hidden)
                NDArray active = Activation.gelu(hidden)) {
            return fc2.apply(active, pass); // (..., C)
        }
    }
}
