// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;

/**
 * Attention by semantic equitable clustering with its projections and positions, as in qhfan/SecViT fddb88b, {@code
 * KClusterAttn}: queries, keys and values by a 1 x 1 convolution; queries and keys turned by {@link Rope}; {@link
 * EquitableAttention}; plus a 5 x 5 convolution of each channel of the values; a 1 x 1 convolution.
 */
public final class SecAttention extends Layer {
    private static final int LEPE = 5;

    private final int channels;
    private final int heads;
    private final Rope rope;
    private final Parameter weight; // (3 C, C, 1, 1)
    private final Parameter bias; // (3 C)
    private final DepthwiseConv lepe;
    private final Pointwise proj;
    private final EquitableAttention attention;

    /**
     * Declares the 1 x 1 convolutions {@code qkv} and {@code out_proj}, and the convolution {@code lepe}.
     *
     * @param channels C, a multiple of the heads
     * @param clusters clusters of equal size; 1 or -1 for plain attention
     * @param rope turns queries and keys; not a child of this layer, since the blocks of a stage share it
     */
    public SecAttention(int channels, int heads, int clusters, Rope rope) {
        this.channels = channels;
        this.heads = heads;
        this.rope = rope;
        this.weight = weight("qkv.weight", 3 * channels, channels, 1, 1);
        this.bias = weight("qkv.bias", 3 * channels);
        this.lepe = child("lepe", new DepthwiseConv(channels, LEPE));
        this.proj = child("out_proj", new Pointwise(channels, channels));
        this.attention = child("attention", new EquitableAttention(clusters));
    }

    /**
     * Mixes the points of a map.
     *
     * @param x (B, H, W, C)
     * @return (B, H, W, C)
     * @throws IllegalArgumentException if H W is not a multiple of the clusters
     */
    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        Shape shape = x.getShape(); // (B, H, W, C)
        long n = shape.get(1) * shape.get(2);
        int d = channels / heads;
        // Values apart, so that the convolution finds them in its own layout.
        long[] values = {2L * channels};
        NDList weights = pass.value(weight, 3L * channels, channels).split(values, 0);
        NDList biases = pass.value(bias).split(values, 0);
        NDArray qk = Affine.apply(x, rope.pairsApart(weights.get(0)), rope.pairsApart(biases.get(0))); // (B, H, W, 2 C)
        NDArray v = Affine.apply(x, weights.get(1), biases.get(1)); // (B, H, W, C)
        pass.tap(this, "qkv", () -> Affine.apply(x, pass.value(weight, 3L * channels, channels), bias.array())
                .transpose(0, 3, 1, 2));
        NDArray local = lepe.apply(v, pass); // (B, H, W, C)
        pass.tap(this, "lepe", () -> local.transpose(0, 3, 1, 2));
        NDArray turned = rope.turn(qk, 1 / Math.sqrt(d), pass); // (B, N, 2, E, D)
        NDArray mixed = attention.attendPairs(turned, v.reshape(shape.get(0), n, heads, d), pass); // (B, N, E, D)
        return proj.apply(mixed.reshape(shape).add(local), pass); // (B, H, W, C)
    }
}
