// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.pooling.Pool;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;

/**
 * The first carrier tokens of FasterViT (see {@link HierarchicalAttentionBlock}): a depthwise convolution and an average
 * pooling to K carriers, on a square, for each of r x q windows, (B, H, W, C) to (B r q, K, C).
 */
public final class CarrierTokenizer extends Layer {
    private static final Shape ONE = new Shape(1, 1);

    private final Parameter weight; // (C, 1, 3, 3)
    private final Parameter bias; // (C)
    private final long carrierSide;
    private final long rows;
    private final long columns;

    /**
     * Declares {@code to_global_feature.pos.weight} (C, 1, 3, 3) and {@code to_global_feature.pos.bias} (C). The official
     * state dict has the same two arrays under {@code pos_embed} as well.
     *
     * @param carrierSide carriers along each side of a window
     * @param rows r
     * @param columns q
     */
    public CarrierTokenizer(int channels, int carrierSide, int rows, int columns) {
        this.weight = weight("to_global_feature.pos.weight", channels, 1, 3, 3);
        this.bias = weight("to_global_feature.pos.bias", channels);
        this.carrierSide = carrierSide;
        this.rows = rows;
        this.columns = columns;
    }

    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        long k = carrierSide;
        long h = x.getShape().get(1);
        long w = x.getShape().get(2);
        long c = x.getShape().get(3);
        NDArray mixed = Conv2d.conv2d(x.transpose(0, 3, 1, 2), weight.array(), bias.array(), ONE, ONE, ONE, (int) c)
                .head(); // (B, C, H, W)
        long strideY = h / (rows * k);
        long strideX = w / (columns * k);
        Shape kernel = new Shape(h - (rows * k - 1) * strideY, w - (columns * k - 1) * strideX);
        NDArray carriers = Pool.avgPool2d(mixed, kernel, new Shape(strideY, strideX), new Shape(0, 0), false, true)
                .reshape(-1, c, rows, k, columns, k)
                .transpose(0, 2, 4, 3, 5, 1)
                .reshape(-1, k * k, c); // (B r q, K, C)
        pass.tap(this, "carriers", () -> carriers.reshape(-1, rows * columns * k * k, c));
        return carriers;
    }
}
