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
        // Neither view may outlive the call: it would keep the memory of what it shows from being freed.
        try (NDArray rows = x.reshape(-1, shape.getLastDimension());
                NDArray product = linear(rows, weight, bias)) {
            return product.reshape(
                    shape.slice(0, shape.dimension() - 1).add(weight.getShape().get(0)));
        }
    }

    private static NDArray linear(NDArray x, NDArray weight, NDArray bias) {
        return (bias == null ? Linear.linear(x, weight) : Linear.linear(x, weight, bias)).head();
    }
}
