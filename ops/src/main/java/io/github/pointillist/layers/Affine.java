// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.core.Linear;

/** y = x W' + b on the last axis. */
final class Affine {
    private Affine() {}

    /**
     * @param x (..., in)
     * @param weight (out, in)
     * @param bias (out), or null for none
     * @return (..., out)
     */
    static NDArray apply(NDArray x, NDArray weight, NDArray bias) {
        Shape shape = x.getShape();
        if (shape.dimension() <= 2) {
            return linear(x, weight, bias);
        }
        // On a matrix the engine adds the bias within the product; on more axes it makes a second pass over the result.
        NDArray rows = x.reshape(-1, shape.getLastDimension());
        return linear(rows, weight, bias)
                .reshape(shape.slice(0, shape.dimension() - 1)
                        .add(weight.getShape().get(0)));
    }

    private static NDArray linear(NDArray x, NDArray weight, NDArray bias) {
        return (bias == null ? Linear.linear(x, weight) : Linear.linear(x, weight, bias)).head();
    }
}
