// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;

/**
 * Attention within clusters of equal size: Fan, Huang, Chen, He, Semantic Equitable Clustering (section 3.2), as in
 * qhfan/SecViT fddb88b, {@code KClusterAttn}, without its projections. For each head: the cosine of every key to the
 * mean key, sorted ascending, split into equal consecutive clusters; softmax(q k' scale) v inside each; every result
 * back to the place of its token.
 *
 * <p>Shapes: B samples, E heads, N tokens, D dimensions; K clusters of n = N / K tokens.
 *
 * <p>Equal cosines keep the order of their tokens (the original's sort is not stable); a zero key has cosine 0. Which
 * cluster a token belongs to is a choice, through which no gradient flows.
 *
 * <p>Only the order of the B E N cosines is needed from the sort, so they are ordered here by a radix sort rather than
 * by the engine, and one permutation of rows gives the way there and the way back.
 */
public final class EquitableAttention extends Layer {
    private static final int DIGIT_BITS = 11;
    private static final int DIGITS = 1 << DIGIT_BITS;

    private final int clusters;

    /**
     * @param clusters K; 1 or -1 for plain attention over all tokens
     * @throws IllegalArgumentException if it is 0 or below -1
     */
    public EquitableAttention(int clusters) {
        if (clusters < -1 || clusters == 0) {
            throw new IllegalArgumentException(
                    clusters + " clusters given; allowed are 1 or more, and -1 for plain attention");
        }
        this.clusters = Math.max(1, clusters);
    }

    /** K; 1 for plain attention. */
    public int clusters() {
        return clusters;
    }

    /**
     * Attention of one array's queries to its keys, with the scale 1 / sqrt(D).
     *
     * @param x (B, N, 3, E, D): queries, keys and values of every token
     * @return (B, N, E, D)
     * @throws IllegalArgumentException if N is not a multiple of K
     */
    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        Shape shape = x.getShape();
        double scale = 1 / Math.sqrt(shape.get(4));
        NDList parts = x.split(3, 2);
        Shape tokens = new Shape(shape.get(0), shape.get(1), shape.get(3), shape.get(4));
        return attendTokens(
                parts.get(0).reshape(tokens),
                parts.get(1).reshape(tokens),
                parts.get(2).reshape(tokens),
                scale,
                pass);
    }

    /**
     * Attention with heads before tokens. Taps "cluster", (B, E, N), int64, if K > 1: the cluster of every token, 0 for
     * the tokens least similar to the mean key.
     *
     * @param q queries (B, E, N, D)
     * @param k keys (B, E, N, D), by which the tokens are clustered
     * @param v values (B, E, N, D)
     * @param scale what the products of queries and keys are multiplied by
     * @return (B, E, N, D)
     * @throws IllegalArgumentException if N is not a multiple of K
     */
    public NDArray attend(NDArray q, NDArray k, NDArray v, double scale, Pass pass) {
        return attendTokens(q.transpose(0, 2, 1, 3), k.transpose(0, 2, 1, 3), v.transpose(0, 2, 1, 3), scale, pass)
                .transpose(0, 2, 1, 3);
    }

    /** The same as {@link #attend} with tokens before heads, (B, N, E, D), which is the faster order. */
    public NDArray attendTokens(NDArray q, NDArray k, NDArray v, double scale, Pass pass) {
        long n = q.getShape().get(1);
        if (n % clusters != 0) {
            throw new IllegalArgumentException(n + " tokens given for " + clusters
                    + " clusters of equal size; the number of tokens must be a multiple of the clusters");
        }
        return scoped(new NDList(q, k, v), pass, inner -> {
                    NDArray scaled = scale == 1 ? q : q.mul(scale(scale)); // (B, N, E, D)
                    return new NDList(clusters == 1 ? plain(scaled, k, v) : clustered(scaled, k, v, inner));
                })
                .head();
    }

    private static NDArray plain(NDArray q, NDArray k, NDArray v) {
        return within(q.transpose(0, 2, 1, 3), k.transpose(0, 2, 3, 1), v.transpose(0, 2, 1, 3))
                .transpose(0, 2, 1, 3); // (B, N, E, D)
    }

    private NDArray clustered(NDArray q, NDArray k, NDArray v, Pass pass) {
        Shape shape = k.getShape(); // (B, N, E, D)
        int[][] rows = permutations(k);
        NDArray there = k.getManager().create(rows[0]);
        NDArray back = k.getManager().create(rows[1]);
        pass.tap(this, "cluster", () -> clusterOfTokens(rows[1], k));
        NDArray result =
                within(sorted(q, there), sorted(k, there).transpose(0, 2, 1), sorted(v, there)); // (B E K, n, D)
        return rows(result, back).reshape(shape);
    }

    private NDArray sorted(NDArray tokens, NDArray there) {
        Shape shape = tokens.getShape();
        long d = shape.get(3);
        return rows(tokens, there).reshape(-1, shape.get(1) / clusters, d); // (B E K, n, D)
    }

    /** softmax(q k') v on the last two axes; k is given transposed. */
    private static NDArray within(NDArray q, NDArray k, NDArray v) {
        return q.matMul(k).softmax(-1).matMul(v);
    }

    /** Rows of D numbers taken in the order of the indices: the engine copies each as a whole. */
    private static NDArray rows(NDArray x, NDArray indices) {
        NDArray table = x.reshape(-1, x.getShape().getLastDimension());
        return table.getNDArrayInternal()
                .embedding(indices, table, SparseFormat.DENSE)
                .head();
    }

    /**
     * Two permutations of B N E rows, each other's inverse: from the order (b, n, e) of tokens to the order (b, e, rank of
     * the cosine), and back.
     */
    private static int[][] permutations(NDArray k) {
        Shape shape = k.getShape();
        int tokens = (int) shape.get(1);
        int heads = (int) shape.get(2);
        long[] keys = keys(k.stopGradient()); // (B, N, E)
        int bits = k.getDataType() == DataType.FLOAT64 ? Long.SIZE : Integer.SIZE;
        int[] there = new int[keys.length];
        int[] back = new int[keys.length];
        Ranking ranking = new Ranking(tokens, bits);
        for (int first = 0, at = 0; first < keys.length; first += tokens * heads) {
            for (int head = 0; head < heads; head++) {
                for (int token : ranking.ascending(keys, first + head, heads)) {
                    int row = first + token * heads + head;
                    there[at] = row;
                    back[row] = at++;
                }
            }
        }
        return new int[][] {there, back};
    }

    /** The cosines of the keys to the mean key, times its length, as integers of the same order. */
    private static long[] keys(NDArray k) {
        NDArray mean = k.mean(new int[] {1}, true); // (B, 1, E, D)
        NDArray dot = k.mul(mean).sum(new int[] {3}); // (B, N, E)
        NDArray length = k.norm(new int[] {3}, false);
        NDArray cosine = dot.div(length);
        if (k.getDataType() == DataType.FLOAT64) {
            double[] values = cosine.toDoubleArray();
            long[] keys = new long[values.length];
            for (int i = 0; i < keys.length; i++) {
                long raw = Double.doubleToRawLongBits(Double.isNaN(values[i]) ? 0 : values[i] + 0.0);
                keys[i] = raw ^ (raw >> 63 | Long.MIN_VALUE);
            }
            return keys;
        }
        float[] values = cosine.toFloatArray();
        long[] keys = new long[values.length];
        for (int i = 0; i < keys.length; i++) {
            // Adding zero makes the two zeros equal.
            int raw = Float.floatToRawIntBits(Float.isNaN(values[i]) ? 0 : values[i] + 0f);
            keys[i] = (raw ^ (raw >> 31 | Integer.MIN_VALUE)) & 0xFFFFFFFFL;
        }
        return keys;
    }

    private NDArray clusterOfTokens(int[] back, NDArray k) {
        Shape shape = k.getShape();
        long size = shape.get(1) / clusters;
        long[] ids = new long[back.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = back[i] / size % clusters;
        }
        return k.getManager().create(ids, shape.slice(0, 3)).transpose(0, 2, 1); // (B, E, N)
    }

    private NDArray scale(double scale) {
        return operand(scale, arena -> arena.array(new double[] {scale}));
    }

    /** A stable radix sort of unsigned integers, lowest digit first. */
    private static final class Ranking {
        private final int bits;
        private int[] order;
        private int[] next;

        Ranking(int size, int bits) {
            this.bits = bits;
            this.order = new int[size];
            this.next = new int[size];
        }

        /** The numbers i of the keys at first + i step in ascending order of the keys; valid until the next call. */
        int[] ascending(long[] keys, int first, int step) {
            for (int i = 0; i < order.length; i++) {
                order[i] = i;
            }
            for (int shift = 0; shift < bits; shift += DIGIT_BITS) {
                int[] starts = new int[DIGITS + 1];
                for (int i = 0; i < order.length; i++) {
                    starts[digit(keys[first + i * step], shift) + 1]++;
                }
                for (int digit = 0; digit < DIGITS; digit++) {
                    starts[digit + 1] += starts[digit];
                }
                for (int i : order) {
                    next[starts[digit(keys[first + i * step], shift)]++] = i;
                }
                int[] swap = order;
                order = next;
                next = swap;
            }
            return order;
        }

        private static int digit(long key, int shift) {
            return (int) (key >>> shift) & DIGITS - 1;
        }
    }
}
