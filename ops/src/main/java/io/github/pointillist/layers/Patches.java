// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.tensor.Block;
import io.github.pointillist.tensor.Leaf;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;

/**
 * A convolution over patches that do not overlap, with bias: (B, in, H, W) to channels-last points (B, H / p, W / p, out).
 * As one product of matrices.
 */
public final class Patches extends Leaf {
    private final int patch;
    private final int in;
    private final Parameter bias; // (out)
    private final Block matrix; // (out, in p p)

    /**
     * Declares {@code weight} (out, in, p, p) and {@code bias} (out).
     *
     * @param patch p, pixels along each side
     */
    public Patches(int in, int out, int patch) {
        this.in = in;
        this.patch = patch;
        Parameter weight = weight("weight", out, in, patch, patch);
        this.bias = weight("bias", out);
        this.matrix = block(new Shape((long) in * patch * patch), weight);
    }

    /** @throws IllegalArgumentException if the sides of the image are no multiples of the patch's */
    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        Shape shape = x.getShape(); // (B, in, H, W)
        long h = shape.get(2) / patch;
        long w = shape.get(3) / patch;
        if (h * patch != shape.get(2) || w * patch != shape.get(3)) {
            throw new IllegalArgumentException("the image is " + shape.get(3) + " x " + shape.get(2)
                    + " pixels; the sides must be multiples of " + patch + " pixels");
        }
        NDArray rows = x.reshape(shape.get(0), in, h, patch, w, patch)
                .transpose(0, 2, 4, 1, 3, 5) // (B, h, w, in, p, p)
                .reshape(shape.get(0), h, w, (long) in * patch * patch);
        return Affine.apply(rows, matrix.value(pass), bias.array());
    }
}
