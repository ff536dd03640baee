// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;

/**
 * A {@link HierarchicalAttentionBlock} with {@link EquitableAttention} over a whole square map for its attention, and
 * without windows and carriers: (B, N, C) to (B, N, C), N = side^2.
 */
public final class EquitableAttentionBlock extends Layer {
    private final int side;
    private final Parameter scale3; // (C), null without scales
    private final Parameter scale4; // (C)
    private final PositionalMlp position;
    private final LayerNorm norm1;
    private final Attention attention;
    private final LayerNorm norm2;
    private final Mlp mlp;

    /**
     * What makes one block.
     *
     * @param channels C
     * @param heads of the attention
     * @param side points along each side of the map
     * @param clusters of every head
     * @param hidden hidden channels of the MLP
     * @param scaled whether the branches have learned scales
     */
    public record Spec(int channels, int heads, int side, int clusters, int hidden, boolean scaled) {}

    /**
     * Declares {@code gamma3} and {@code gamma4} (C), if there are scales, {@code pos_embed}, {@code norm1}, {@code attn},
     * {@code norm2} and {@code mlp}.
     */
    public EquitableAttentionBlock(Spec spec) {
        int c = spec.channels;
        this.side = spec.side;
        this.scale3 = spec.scaled ? weight("gamma3", c) : null;
        this.scale4 = spec.scaled ? weight("gamma4", c) : null;
        this.position = child("pos_embed", new PositionalMlp(c));
        this.norm1 = child("norm1", new LayerNorm(c));
        this.attention = child("attn", new Attention(c, spec.heads, spec.clusters));
        this.norm2 = child("norm2", new LayerNorm(c));
        this.mlp = child("mlp", new Mlp(c, spec.hidden));
    }

    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        NDArray placed =
                x.add(derived("position", position, pass, inner -> position.of(PositionalMlp.square(side), inner)));
        pass.tap(this, "pos_embed", () -> placed);
        NDArray attended = attention.apply(norm1.apply(placed, pass), pass);
        pass.tap(this, "attn", () -> attended);
        NDArray y = placed.add(scaled(attended, scale3));
        NDArray result = y.add(scaled(mlp.apply(norm2.apply(y, pass), pass), scale4));
        pass.tap(this, "windows", () -> result);
        return result;
    }

    private static NDArray scaled(NDArray x, Parameter scale) {
        return scale == null ? x : x.mul(scale.array());
    }

    /** Queries, keys and values of all points, attention in clusters, a projection. */
    private static final class Attention extends Layer {
        private final int heads;
        private final Linear qkv;
        private final EquitableAttention core;
        private final Linear proj;

        Attention(int channels, int heads, int clusters) {
            this.heads = heads;
            this.qkv = child("qkv", new Linear(channels, 3 * channels));
            this.core = child("core", new EquitableAttention(clusters));
            this.proj = child("proj", new Linear(channels, channels));
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            Shape shape = x.getShape(); // (B, N, C)
            NDArray both = qkv.apply(x, pass)
                    .reshape(shape.get(0), shape.get(1), 3, heads, shape.get(2) / heads); // (B, N, 3, E, D)
            return proj.apply(core.apply(both, pass).reshape(shape), pass);
        }
    }
}
