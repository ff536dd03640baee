// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Owned;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;
import java.util.stream.IntStream;

/**
 * A block of hierarchical attention: Hatamizadeh, Heinrich, Yin, Tao, Alvarez, Kautz, Molchanov, FasterViT: Fast Vision
 * Transformers with Hierarchical Attention, ICLR 2024, section 3.4. Points attend to each other within windows. A few
 * carrier tokens of every window attend to all other carriers first and then take part in their window, so that
 * windows hear of each other.
 *
 * <p>Shapes: B samples of r x q windows; K carriers on a square of each window, and S x S points; C channels. The array
 * that goes through is (B r q, K + S S, C): windows in rows, in each its carriers first. K may be 0.
 *
 * <p>Carriers stay with their windows all the time: what depends on a carrier's place in the whole map (its position,
 * the bias of the attention between carriers) is brought into that order once, instead of the carriers in every block.
 */
public final class HierarchicalAttentionBlock extends Layer {
    /**
     * What makes one block.
     *
     * @param channels C
     * @param heads of the attention
     * @param side S, points along each side of a window
     * @param rows r, windows in a column of the map
     * @param columns q, windows in a row of the map
     * @param carrierSide carriers along each side of a window, the root of K; 0 for none
     * @param hidden hidden channels of the MLPs
     * @param scaled whether the branches have learned scales
     * @param propagates whether the carriers are added to the points at the end, each to those nearest to it
     */
    public record Spec(
            int channels,
            int heads,
            int side,
            int rows,
            int columns,
            int carrierSide,
            int hidden,
            boolean scaled,
            boolean propagates) {
        /** Checks that the numbers are positive and that only carriers are propagated. */
        public Spec {
            if (channels < 1 || heads < 1 || side < 2 || rows < 1 || columns < 1 || carrierSide < 0 || hidden < 1) {
                throw new IllegalArgumentException(channels + " channels, " + heads + " heads, windows of side " + side
                        + " on " + rows + " x " + columns + ", " + carrierSide + " carriers along each side and "
                        + hidden + " hidden channels given; allowed are windows of side 2 or more, 0 or more"
                        + " carriers, and positive numbers else");
            }
            if (propagates && carrierSide == 0) {
                throw new IllegalArgumentException("no carriers given to propagate");
            }
        }

        private int carriers() {
            return carrierSide * carrierSide;
        }

        private int allCarriers() {
            return rows * columns * carriers();
        }
    }

    private final Spec spec;
    private final Parameter scale3; // (C), null without scales
    private final Parameter scale4; // (C)
    private final Parameter scale1; // (C), null without scales or carriers
    private final Parameter scale2; // (C)
    private final PositionalMlp position;
    private final LayerNorm norm1;
    private final LogBiasAttention attention;
    private final LayerNorm norm2;
    private final Mlp mlp;
    private final LayerNorm carrierNorm1; // null without carriers, like all that follow
    private final LayerNorm carrierNorm2;
    private final LogBiasAttention carrierAttention;
    private final Mlp carrierMlp;
    private final PositionalMlp carrierPosition; // null if the windows are no square

    /**
     * Declares {@code gamma3} and {@code gamma4}, for carriers {@code gamma1} and {@code gamma2} (C), if there are scales;
     * {@code pos_embed}, {@code norm1}, {@code attn}, {@code norm2}, {@code mlp}; for carriers {@code hat_norm1},
     * {@code hat_norm2}, {@code hat_attn}, {@code hat_mlp}, and {@code hat_pos_embed} if there are as many rows of windows
     * as columns.
     */
    public HierarchicalAttentionBlock(Spec spec) {
        this.spec = spec;
        int c = spec.channels;
        boolean carries = spec.carrierSide > 0;
        this.scale3 = spec.scaled ? weight("gamma3", c) : null;
        this.scale4 = spec.scaled ? weight("gamma4", c) : null;
        this.scale1 = spec.scaled && carries ? weight("gamma1", c) : null;
        this.scale2 = spec.scaled && carries ? weight("gamma2", c) : null;
        this.position = child("pos_embed", new PositionalMlp(c));
        this.norm1 = child("norm1", new LayerNorm(c));
        int[] inOrder =
                IntStream.range(0, spec.carriers() + spec.side * spec.side).toArray();
        this.attention = child("attn", new LogBiasAttention(c, spec.heads, spec.side, inOrder));
        this.norm2 = child("norm2", new LayerNorm(c));
        this.mlp = child("mlp", new Mlp(c, spec.hidden));
        this.carrierNorm1 = carries ? child("hat_norm1", new LayerNorm(c)) : null;
        this.carrierNorm2 = carries ? child("hat_norm2", new LayerNorm(c)) : null;
        int square = (int) Math.sqrt(spec.allCarriers());
        this.carrierAttention =
                carries ? child("hat_attn", new LogBiasAttention(c, spec.heads, square, rasterOfGrouped(spec))) : null;
        this.carrierMlp = carries ? child("hat_mlp", new Mlp(c, spec.hidden)) : null;
        this.carrierPosition =
                carries && spec.rows == spec.columns ? child("hat_pos_embed", new PositionalMlp(c)) : null;
    }

    /** For each carrier, window by window, its number row by row over the whole map. */
    private static int[] rasterOfGrouped(Spec spec) {
        int k = spec.carrierSide;
        int width = spec.columns * k;
        return IntStream.range(0, spec.allCarriers())
                .map(i -> {
                    int window = i / (k * k);
                    int y = window / spec.columns * k + i % (k * k) / k;
                    int x = window % spec.columns * k + i % k;
                    return y * width + x;
                })
                .toArray();
    }

    /**
     * For each place, window by window, the carrier that comes there after the attention between carriers. The official
     * code takes the numbers of rows and columns of windows for each other when it puts the carriers back, so that on a
     * map that is no square they come to other places; the published results have that in them.
     */
    private static int[] puttingBack(Spec spec) {
        int[] raster = rasterOfGrouped(spec);
        int[] groupedOfRaster = inverse(raster);
        int[] swapped = rasterOfGrouped(new Spec(
                spec.channels,
                spec.heads,
                spec.side,
                spec.columns,
                spec.rows,
                spec.carrierSide,
                spec.hidden,
                spec.scaled,
                spec.propagates));
        return IntStream.of(swapped).map(i -> groupedOfRaster[i]).toArray();
    }

    private static int[] inverse(int[] permutation) {
        int[] inverse = new int[permutation.length];
        for (int i = 0; i < inverse.length; i++) {
            inverse[permutation[i]] = i;
        }
        return inverse;
    }

    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        int k = spec.carriers();
        NDArray points = k == 0 ? x : x.get(new NDIndex(":, {}:", k));
        NDArray placed = points.add(position(pass)); // (R, S S, C)
        pass.tap(this, "pos_embed", () -> placed);
        NDArray joint = k == 0 ? placed : carriers(x, pass).concat(placed, 1); // (R, K + S S, C)
        NDArray attended = attention.apply(norm1.apply(joint, pass), pass);
        pass.tap(this, "attn", () -> attended);
        joint = joint.add(scaled(attended, scale3));
        joint = joint.add(scaled(mlp.apply(norm2.apply(joint, pass), pass), scale4));
        if (spec.propagates) {
            NDArray spread = spread(joint.getShape().get(0), pass).matMul(joint.get(new NDIndex(":, :{}", k)));
            joint = joint.add(scaled(spread, scale1));
        }
        NDArray result = joint;
        pass.tap(this, "windows", () -> result.get(new NDIndex(":, {}:", k)));
        if (k > 0) {
            pass.tap(this, "carriers", () -> result.get(new NDIndex(":, :{}", k))
                    .reshape(-1, spec.allCarriers(), spec.channels));
        }
        return result;
    }

    /** The carriers after they have attended to each other, (R, K, C). */
    private NDArray carriers(NDArray x, Pass pass) {
        NDArray carriers = x.get(new NDIndex(":, :{}", spec.carriers()))
                .reshape(-1, spec.allCarriers(), spec.channels); // (B, r q K, C)
        if (carrierPosition != null) {
            carriers = carriers.add(carrierPosition(pass));
        }
        NDArray attended = carrierAttention.apply(carrierNorm1.apply(carriers, pass), pass);
        pass.tap(this, "hat_attn", () -> picked(attended, inverse(rasterOfGrouped(spec))));
        carriers = carriers.add(scaled(attended, scale1));
        carriers = carriers.add(scaled(carrierMlp.apply(carrierNorm2.apply(carriers, pass), pass), scale2));
        if (spec.rows != spec.columns) {
            carriers = picked(carriers, puttingBack(spec));
        }
        return carriers.reshape(-1, spec.carriers(), spec.channels);
    }

    private static NDArray picked(NDArray tokens, int[] indices) {
        long[] wide = IntStream.of(indices).asLongStream().toArray();
        return tokens.get(new NDIndex(":, {}", Owned.array(tokens.getManager(), wide, wide.length)));
    }

    private static NDArray scaled(NDArray x, Parameter scale) {
        return scale == null ? x : x.mul(scale.array());
    }

    /** (S S, C). */
    private NDArray position(Pass pass) {
        return derived("position", position, pass, inner -> position.of(PositionalMlp.square(spec.side), inner));
    }

    /** (r q K, C). */
    private NDArray carrierPosition(Pass pass) {
        return derived("carrier position", carrierPosition, pass, inner -> {
            double[] square = PositionalMlp.square(spec.rows * spec.carrierSide);
            int[] raster = rasterOfGrouped(spec);
            double[] grouped = new double[square.length];
            for (int i = 0; i < grouped.length; i++) {
                grouped[i] = square[2 * raster[i / 2] + i % 2];
            }
            return carrierPosition.of(grouped, inner);
        });
    }

    /** What takes the carriers of a window to the points nearest to them, (R, K + S S, K), with no part for carriers. */
    private NDArray spread(long windows, Pass pass) {
        int k = spec.carrierSide;
        int s = spec.side;
        return constant("spread", pass, arena -> {
                    double[] matrix = new double[(k * k + s * s) * k * k];
                    for (int i = 0; i < s * s; i++) {
                        int nearest = i / s * k / s * k + i % s * k / s;
                        matrix[(k * k + i) * k * k + nearest] = 1;
                    }
                    return arena.array(matrix, 1, (long) k * k + (long) s * s, (long) k * k);
                })
                .broadcast(new Shape(windows, (long) k * k + (long) s * s, (long) k * k));
    }
}
