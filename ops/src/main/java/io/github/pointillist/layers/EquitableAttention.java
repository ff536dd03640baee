// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Owned;
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
 * <p>The B E N cosines are ordered here by a radix sort, in linear time, rather than by the engine, whose sort is
 * slower and not always stable; the way back needs no second sort; and rows of D numbers are copied as they lie, whatever
 * the order of tokens and heads, so that there is no change of layout besides.
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
        check(x.getShape().get(1));
        double scale = 1 / Math.sqrt(x.getShape().get(4));
        NDArray k = part(x, 1);
        if (clusters == 1) {
            return plain(part(x, 0).mul(scale(scale)), k, part(x, 2));
        }
        Permutation permutation = permutation(k, pass);
        NDArray sorted = permutation.sorted(x, 3); // (3, B E K, n, D)
        return permutation.back(
                within(sorted.get(0).mul(scale(scale)), sorted.get(1).transpose(0, 2, 1), sorted.get(2)));
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
        check(q.getShape().get(2));
        return scoped(new NDList(q, k, v), pass, inner -> {
                    NDArray scaled = scale == 1 ? q : q.mul(scale(scale)); // (B, E, N, D)
                    if (clusters == 1) {
                        return new NDList(within(scaled, k.transpose(0, 1, 3, 2), v));
                    }
                    NDArray keys = k.transpose(0, 2, 1, 3); // (B, N, E, D)
                    Permutation permutation = permutation(keys, inner);
                    NDArray result = within(
                            permutation.sorted(scaled.transpose(0, 2, 1, 3), 1),
                            permutation.sorted(keys, 1).transpose(0, 2, 1),
                            permutation.sorted(v.transpose(0, 2, 1, 3), 1)); // (B E K, n, D)
                    return new NDList(permutation.back(result).transpose(0, 2, 1, 3));
                })
                .head();
    }

    /**
     * The same with tokens before heads, and queries and keys in one array, for which nothing needs another layout.
     *
     * @param qk (B, N, 2, E, D): queries, already scaled, and keys of every token
     * @param v values (B, N, E, D)
     * @return (B, N, E, D)
     * @throws IllegalArgumentException if N is not a multiple of K
     */
    public NDArray attendPairs(NDArray qk, NDArray v, Pass pass) {
        check(v.getShape().get(1));
        return scoped(new NDList(qk, v), pass, inner -> {
                    NDArray k = part(qk, 1);
                    if (clusters == 1) {
                        return new NDList(plain(part(qk, 0), k, v));
                    }
                    Permutation permutation = permutation(k, inner);
                    NDArray sorted = permutation.sorted(qk, 2); // (2, B E K, n, D)
                    NDArray result = within(
                            sorted.get(0), sorted.get(1).transpose(0, 2, 1), permutation.sorted(v, 1)); // (B E K, n, D)
                    return new NDList(permutation.back(result));
                })
                .head();
    }

    private void check(long tokens) {
        if (tokens % clusters != 0) {
            throw new IllegalArgumentException(tokens + " tokens given for " + clusters
                    + " clusters of equal size; the number of tokens must be a multiple of the clusters");
        }
    }

    private static NDArray part(NDArray x, int i) {
        return x.get(new NDIndex(":, :, {}", i)); // (B, N, parts, E, D) to (B, N, E, D)
    }

    private static NDArray plain(NDArray q, NDArray k, NDArray v) {
        return within(q.transpose(0, 2, 1, 3), k.transpose(0, 2, 3, 1), v.transpose(0, 2, 1, 3))
                .transpose(0, 2, 1, 3); // (B, N, E, D)
    }

    /**
     * softmax(q k') v on the last two axes; k is given transposed. The scores, by far the largest arrays here, are freed
     * at once, so that what follows finds their memory in the processor's cache.
     */
    private static NDArray within(NDArray q, NDArray k, NDArray v) {
        try (NDArray scores = q.matMul(k);
                NDArray weights = scores.softmax(-1)) {
            return weights.matMul(v);
        }
    }

    private Permutation permutation(NDArray k, Pass pass) {
        Permutation permutation = new Permutation(k, clusters);
        pass.tap(this, "cluster", permutation::clusterOfTokens);
        return permutation;
    }

    /**
     * The order of the tokens of every sample and head, and back. A row is the D numbers of a token and head; the engine
     * copies each as a whole.
     */
    private static final class Permutation {
        private final NDManager scope;
        private final Shape shape; // (B, N, E, D)
        private final int clusters;
        private final int[] back; // for (b, n, e) its place in the order (b, e, rank of the cosine)

        Permutation(NDArray k, int clusters) {
            this.scope = k.getManager();
            this.shape = k.getShape();
            this.clusters = clusters;
            int tokens = (int) shape.get(1);
            int heads = (int) shape.get(2);
            long[] keys = keys(k.stopGradient()); // (B, N, E)
            this.back = new int[keys.length];
            Ranking ranking = new Ranking(tokens, k.getDataType() == DataType.FLOAT64 ? Long.SIZE : Integer.SIZE);
            for (int first = 0, at = 0; first < keys.length; first += tokens * heads) {
                for (int head = 0; head < heads; head++) {
                    for (int token : ranking.ascending(keys, first + head, heads)) {
                        back[first + token * heads + head] = at++;
                    }
                }
            }
        }

        /** From (B, N, parts, E, D) to (parts, B E K, n, D) in the order of the cosines, without the first axis for one part. */
        NDArray sorted(NDArray x, int parts) {
            int heads = (int) shape.get(2);
            int[] rows = new int[parts * back.length];
            for (int i = 0; i < back.length; i++) {
                int first = i / heads * parts * heads + i % heads;
                for (int part = 0; part < parts; part++) {
                    rows[part * back.length + back[i]] = first + part * heads;
                }
            }
            long n = shape.get(1) / clusters;
            NDArray taken = rows(x, rows);
            return parts == 1 ? taken.reshape(-1, n, shape.get(3)) : taken.reshape(parts, -1, n, shape.get(3));
        }

        /** From (B E K, n, D) to (B, N, E, D). */
        NDArray back(NDArray x) {
            return rows(x, back).reshape(shape);
        }

        private NDArray rows(NDArray x, int[] rows) {
            NDArray table = x.reshape(-1, shape.get(3));
            return table.getNDArrayInternal()
                    .embedding(Owned.array(scope, rows, rows.length), table, SparseFormat.DENSE)
                    .head();
        }

        NDArray clusterOfTokens() {
            long size = shape.get(1) / clusters;
            long[] ids = new long[back.length];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = back[i] / size % clusters;
            }
            return Owned.array(scope, ids, shape.slice(0, 3).getShape()).transpose(0, 2, 1); // (B, E, N)
        }
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
