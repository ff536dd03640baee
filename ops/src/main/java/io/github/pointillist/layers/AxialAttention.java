// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;
import java.util.stream.IntStream;

/**
 * Attention along one axis with learnt relative positions for queries, keys and values: Wang, Zhu, Green, Adam, Yuille,
 * Chen, Axial-DeepLab, ECCV 2020, equation 4, with the norms of bytedance/kmax-deeplab f8e1d04, {@code AxialAttention}.
 *
 * <p>Shapes: N rows (or columns) of L points; E heads; D channels of a key and V of a value in each head.
 *
 * <p>Outside training the norms are folded into their neighbours: that of the similarities keeps its scales only, since what
 * a softmax adds to all its inputs cancels, and the shifts of the last norm go into the values, since weights sum to 1.
 */
public final class AxialAttention extends Layer {
    private static final double EPSILON = 1e-3;
    private static final double MOMENTUM = 0.01;
    /** Most points along the axis. */
    public static final int SPAN = 255;

    private final int heads;
    private final int keyDepth;
    private final int valueDepth;
    private final Parameter projection; // (2 E D + E V, in, 1)
    private final Parameter queryPositions; // (2 SPAN - 1, D)
    private final Parameter keyPositions;
    private final Parameter valuePositions; // (2 SPAN - 1, V)
    private final BatchNorm projected;
    private final BatchNorm similarity;
    private final BatchNorm retrieved;

    /**
     * Declares the parameters under the official names.
     *
     * @param in channels of a point
     * @param keys channels of all keys, E D
     * @param values channels of all values, E V
     */
    public AxialAttention(int in, int keys, int values, int heads) {
        if (keys % heads != 0 || values % heads != 0) {
            throw new IllegalArgumentException(keys + " channels of keys and " + values + " of values for " + heads
                    + " heads; both must be multiples of the number of heads");
        }
        this.heads = heads;
        this.keyDepth = keys / heads;
        this.valueDepth = values / heads;
        this.projection = weight("qkv_transform.conv.weight", 2 * keys + values, in, 1);
        this.queryPositions = weight("_query_rpe._embeddings.weight", 2 * SPAN - 1, keyDepth);
        this.keyPositions = weight("_key_rpe._embeddings.weight", 2 * SPAN - 1, keyDepth);
        this.valuePositions = weight("_value_rpe._embeddings.weight", 2 * SPAN - 1, valueDepth);
        this.projected = child("_batch_norm_qkv", norm(2 * keys + values));
        this.similarity = child("_batch_norm_similarity", norm(3 * heads));
        this.retrieved = child("_batch_norm_retrieved_output", norm(2 * values));
    }

    private static BatchNorm norm(int channels) {
        return new BatchNorm(channels, EPSILON, MOMENTUM);
    }

    /**
     * Attends.
     *
     * @param x (N, L, in)
     * @return (N, L, E V)
     */
    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        long length = x.getShape().get(1);
        if (length > SPAN) {
            throw new IllegalArgumentException("an axis has " + length + " points; this attention takes at most " + SPAN
                    + ": give a smaller image");
        }
        return pass.isTraining() ? trained(x, length, pass) : folded(x, length, pass);
    }

    private NDArray folded(NDArray x, long length, Pass pass) {
        int keys = heads * keyDepth;
        int values = heads * valueDepth;
        NDArray contentScale = similarityScale(0, pass);
        NDArray queryScale = similarityScale(1, pass);
        NDArray keyScale = similarityScale(2, pass);
        NDArray matrix = derived("matrix", this, pass, own -> {
            NDArray folded = own.value(projection, projection.shape().get(0), -1)
                    .mul(projected.scale(own).expandDims(1));
            NDArray value = folded.get(new NDIndex("{}:", 2 * keys))
                    .mul(retrieved.scale(own).get(new NDIndex(":{}", values)).expandDims(1));
            return folded.get(new NDIndex(":{}", 2 * keys)).concat(value, 0);
        });
        NDArray shift = derived("shift", this, pass, own -> {
            NDArray scale = retrieved.scale(own);
            NDArray both = retrieved.shift(own).reshape(2, values).sum(new int[] {0});
            NDArray folded = projected.shift(own);
            NDArray value = folded.get(new NDIndex("{}:", 2 * keys))
                    .mul(scale.get(new NDIndex(":{}", values)))
                    .add(both);
            return folded.get(new NDIndex(":{}", 2 * keys)).concat(value, 0);
        });
        NDArray position = derived("position", retrieved, pass, own -> retrieved
                .scale(own)
                .get(new NDIndex("{}:", values))
                .reshape(heads, valueDepth));

        NDArray qkv = Affine.apply(x, matrix, shift); // (N, L, 2 E D + E V)
        NDArray q = part(qkv, 0, keyDepth); // (N, L, E, D)
        NDArray k = part(qkv, keys, keyDepth);
        NDArray v = part(qkv, 2 * keys, valueDepth);
        NDArray content = q.mul(contentScale).transpose(0, 2, 1, 3).matMul(k.transpose(0, 2, 3, 1)); // (N, E, L, L)
        NDArray byQuery = byPosition(
                q.mul(queryScale),
                positions(queryPositions, length, false, pass).swapAxes(1, 2)); // (L, N, E, M)
        NDArray byKey = byPosition(
                k.mul(keyScale), positions(keyPositions, length, true, pass).swapAxes(1, 2)); // (M, N, E, L)
        NDArray weights = content.add(byQuery.transpose(1, 2, 0, 3))
                .add(byKey.transpose(1, 2, 3, 0))
                .softmax(-1); // (N, E, L, M)
        NDArray values1 = weights.matMul(v.transpose(0, 2, 1, 3)).transpose(0, 2, 1, 3); // (N, L, E, V)
        NDArray values2 = byPosition(weights.transpose(0, 2, 1, 3), positions(valuePositions, length, false, pass))
                .transpose(1, 0, 2, 3)
                .mul(position); // (N, L, E, V)
        return values1.add(values2).reshape(x.getShape().get(0), length, values); // (N, L, E V)
    }

    /** Of the similarities by content (0), by the position for the query (1) or for the key (2): (E, 1). */
    private NDArray similarityScale(int which, Pass pass) {
        return derived("similarity" + which, similarity, pass, own -> similarity
                .scale(own)
                .get(new NDIndex("{}:{}", which * heads, (which + 1) * heads))
                .reshape(heads, 1));
    }

    private NDArray part(NDArray qkv, int from, int depth) {
        return qkv.get(new NDIndex("..., {}:{}", from, from + heads * depth))
                .reshape(qkv.getShape().get(0), qkv.getShape().get(1), heads, depth);
    }

    /** A product for every point of the axis with a matrix of its own: (N, L, E, A) and (L, A, Z) to (L, N, E, Z). */
    private NDArray byPosition(NDArray x, NDArray matrices) {
        Shape shape = x.getShape();
        return x.transpose(1, 0, 2, 3)
                .reshape(shape.get(1), shape.get(0) * heads, shape.get(3))
                .batchMatMul(matrices)
                .reshape(shape.get(1), shape.get(0), heads, matrices.getShape().get(2));
    }

    /**
     * The rows of a table for every pair of points: (L, M, depth), for the offset m - l.
     *
     * @param swapped for (M, L, depth), the same offset
     */
    private NDArray positions(Parameter table, long length, boolean swapped, Pass pass) {
        record Key(long length, boolean swapped) {}
        int n = (int) length;
        NDArray rows = indices(
                new Key(length, swapped),
                pass,
                arena -> arena.array(
                        IntStream.range(0, n * n)
                                .mapToLong(i -> SPAN - 1 + (swapped ? i / n - i % n : i % n - i / n))
                                .toArray(),
                        (long) n * n));
        NDArray values = pass.value(table);
        // Not get(rows): where rows repeat, its gradient depends on the order in which threads come.
        return values.getNDArrayInternal()
                .embedding(rows, values, SparseFormat.DENSE)
                .head()
                .reshape(n, n, table.shape().get(1));
    }

    private NDArray trained(NDArray x, long length, Pass pass) {
        int keys = heads * keyDepth;
        int values = heads * valueDepth;
        long n = x.getShape().get(0);
        NDArray qkv = projected.apply(
                Affine.apply(x, pass.value(projection, projection.shape().get(0), -1), null), pass);
        NDArray q = part(qkv, 0, keyDepth);
        NDArray k = part(qkv, keys, keyDepth);
        NDArray v = part(qkv, 2 * keys, valueDepth);
        NDArray content = q.transpose(0, 2, 1, 3).matMul(k.transpose(0, 2, 3, 1)); // (N, E, L, M)
        NDArray byQuery = byPosition(
                        q, positions(queryPositions, length, false, pass).swapAxes(1, 2))
                .transpose(1, 2, 0, 3);
        NDArray byKey = byPosition(
                        k, positions(keyPositions, length, true, pass).swapAxes(1, 2))
                .transpose(1, 2, 3, 0);
        NDArray three = content.getNDArrayInternal()
                .concat(new NDList(byQuery, byKey), 1) // (N, 3 E, L, M)
                .transpose(0, 2, 3, 1);
        NDArray weights = similarity
                .apply(three, pass)
                .reshape(n, length, length, 3, heads)
                .sum(new int[] {3})
                .transpose(0, 3, 1, 2)
                .softmax(-1); // (N, E, L, M)
        NDArray values1 = weights.matMul(v.transpose(0, 2, 1, 3)).transpose(0, 2, 1, 3); // (N, L, E, V)
        NDArray values2 = byPosition(weights.transpose(0, 2, 1, 3), positions(valuePositions, length, false, pass))
                .transpose(1, 0, 2, 3); // (N, L, E, V)
        NDArray both = values1.reshape(n, length, values).concat(values2.reshape(n, length, values), -1);
        return retrieved.apply(both, pass).reshape(n, length, 2, values).sum(new int[] {2}); // (N, L, E V)
    }
}
