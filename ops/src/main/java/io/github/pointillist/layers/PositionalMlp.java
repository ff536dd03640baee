// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Activation;
import ai.djl.nn.core.Linear;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;
import java.util.function.IntToDoubleFunction;

/**
 * What a position adds: Linear, ReLU, Linear without bias on a pair of coordinates, (n, 2) to (n, out). Continuous
 * position biases of Liu et al., Swin Transformer V2, CVPR 2022, as FasterViT uses them.
 */
public final class PositionalMlp extends Layer {
    private static final int HIDDEN = 512;

    private final Parameter weight1; // (512, 2)
    private final Parameter bias1; // (512)
    private final Parameter weight2; // (out, 512)

    /** Declares {@code cpb_mlp.0.weight} (512, 2), {@code cpb_mlp.0.bias} (512) and {@code cpb_mlp.2.weight} (out, 512). */
    public PositionalMlp(int out) {
        this.weight1 = weight("cpb_mlp.0.weight", HIDDEN, 2);
        this.bias1 = weight("cpb_mlp.0.bias", HIDDEN);
        this.weight2 = weight("cpb_mlp.2.weight", out, HIDDEN);
    }

    /** The coordinates of a square: (i - floor(n / 2)) / floor(n / 2), row then column, row-major (n^2, 2). */
    public static double[] square(int n) {
        return pairs(n, i -> (i - n / 2) / (double) (n / 2));
    }

    /** All pairs of n values, row-major (n^2, 2). */
    static double[] pairs(int n, IntToDoubleFunction value) {
        double[] pairs = new double[2 * n * n];
        for (int i = 0; i < n * n; i++) {
            pairs[2 * i] = value.applyAsDouble(i / n);
            pairs[2 * i + 1] = value.applyAsDouble(i % n);
        }
        return pairs;
    }

    /**
     * The same for coordinates that never change.
     *
     * @param coordinates pairs, (n, 2) row-major; always the same for one layer
     */
    public NDArray of(double[] coordinates, Pass pass) {
        NDArray points = constant("coordinates", pass, arena -> arena.array(coordinates, coordinates.length / 2, 2));
        return apply(points, pass);
    }

    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        NDArray hidden =
                Activation.relu(Linear.linear(x, weight1.array(), bias1.array()).head()); // (n, 512)
        return Linear.linear(hidden, weight2.array(), null).head(); // (n, out)
    }
}
