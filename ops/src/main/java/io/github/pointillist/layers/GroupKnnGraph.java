// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.Activation;
import ai.djl.nn.core.Linear;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;

/**
 * Graph convolution over the nearest neighbours in each group of channels: Yao et al., GKGNet: Group K-Nearest Neighbor
 * based Graph Convolutional Network for Multi-Label Image Recognition, ECCV 2024, as in jin-s13/GKGNet 291c577,
 * {@code DyGraphConv2dMultiGroup} and {@code DyGraphLabelMultiGroup}. With one group it is the graph convolution of Han
 * et al., Vision GNN, NeurIPS 2022.
 *
 * <p>Shapes: B samples; N queries and M keys of C channels; G groups of D = C / G channels; K neighbours; r reduction.
 *
 * <p>In each group a query takes the K nearest keys (or every d-th of the K d nearest), by the distance of vectors of
 * length 1 plus a term for the positions, and then the maximum of (key - query) over them in each channel, which is
 * (maximum of key) - query. Query and maximum go through a 1 x 1 convolution in four parts.
 *
 * <p>Queries are handled some at a time: neither the distances of all pairs nor the (N, K, C) neighbours ever exist as a
 * whole. The square of the query's length is left out of the distances, as it does not change the order of its keys.
 */
public final class GroupKnnGraph extends Layer {
    /**
     * Who is a neighbour.
     *
     * @param count K
     * @param dilation d: of the K d nearest every d-th is taken
     * @param groups G
     */
    public record Neighbours(int count, int dilation, int groups) {
        /** Checks that all are positive. */
        public Neighbours {
            if (count < 1 || dilation < 1 || groups < 1) {
                throw new IllegalArgumentException(count + " neighbours, dilation " + dilation + " and " + groups
                        + " groups given; each must be 1 or more");
            }
        }

        /** How many of the nearest keys are looked at. */
        public int reach() {
            return count * dilation;
        }
    }

    private static final int PARTS = 4;
    /** Distances at a time: so many fit in the cache of one core. */
    private static final long DISTANCES = 1 << 19;

    private static final double NORM_FLOOR = 1e-12;
    private static final Shape ONE = new Shape(1, 1);

    private final int channels;
    private final Neighbours neighbours;
    private final Parameter weight; // (2 C, C / 2, 1, 1), inputs in the order x_0, m_0, x_1, m_1, ...
    private final Parameter bias; // (2 C)
    private final BatchNorm norm;

    /**
     * Declares {@code gconv.nn.0.weight} (2 C, C / 2, 1, 1), {@code gconv.nn.0.bias} (2 C) and the batch normalisation
     * {@code gconv.nn.1}.
     *
     * @param channels C, a multiple of 4 and of the groups
     */
    public GroupKnnGraph(int channels, Neighbours neighbours) {
        if (channels < 1 || channels % PARTS != 0 || channels % neighbours.groups() != 0) {
            throw new IllegalArgumentException(channels + " channels given for " + neighbours.groups()
                    + " groups; they must be a multiple of " + PARTS + " and of the groups");
        }
        this.channels = channels;
        this.neighbours = neighbours;
        this.weight = weight("gconv.nn.0.weight", 2L * channels, channels / 2, 1, 1);
        this.bias = weight("gconv.nn.0.bias", 2L * channels);
        this.norm = child("gconv.nn.1", new BatchNorm(2 * channels));
    }

    /** The points among themselves, without a term for positions: (B, N, C) to (B, N, 2 C). */
    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        return convolve(x, x, null, pass);
    }

    /**
     * Connects queries with keys. Records the tap "edges" (B G, N, K): the keys of each query in each group, nearest
     * first, equally near ones by their number.
     *
     * @param queries (B, N, C)
     * @param keys (B, M, C)
     * @param positions (1, N, M), added to the distances of all groups; null for nothing
     * @return (B, N, 2 C)
     * @throws IllegalArgumentException if there are fewer keys than are looked at
     */
    public NDArray apply(NDArray queries, NDArray keys, Parameter positions, Pass pass) {
        return scoped(new NDList(queries, keys), pass, inner -> new NDList(convolve(queries, keys, positions, inner)))
                .head();
    }

    private NDArray convolve(NDArray queries, NDArray keys, Parameter positions, Pass pass) {
        long b = queries.getShape().get(0);
        long n = queries.getShape().get(1);
        long m = keys.getShape().get(1);
        if (m < neighbours.reach()) {
            throw new IllegalArgumentException(neighbours.count() + " neighbours at dilation " + neighbours.dilation()
                    + " need " + neighbours.reach() + " points to choose from; there are " + m);
        }
        NDList arrays = new NDList(
                queries.reshape(b * n, channels),
                directions(queries, false), // (B N, G, D + 1)
                directions(keys, true).reshape(b, m, neighbours.groups(), -1), // (B, M, G, D + 1)
                keys.reshape(b * m * neighbours.groups(), -1)); // (B M G, D)
        if (positions != null) {
            arrays.add(pass.value(positions, n, m));
        }
        boolean recording = pass.records(this, "edges");
        long rows = Math.max(1, Math.min(n, DISTANCES / m));
        NDList joined = new NDList();
        NDList near = new NDList();
        NDList distances = new NDList();
        for (long sample = 0; sample < b; sample++) {
            for (long start = 0; start < n; start += rows) {
                Chunk chunk = new Chunk(sample, start, Math.min(n, start + rows), n, m);
                NDList results = scoped(arrays, pass, inner -> relate(arrays, chunk, recording));
                joined.add(results.get(0));
                if (recording) {
                    near.add(results.get(1));
                    distances.add(results.get(2));
                }
            }
        }
        pass.tap(this, "edges", () -> edges(whole(near), whole(distances), b));
        NDArray both = whole(joined).reshape(1, b * n, 1, 2L * channels); // x and m of part 0, of part 1, ...
        NDArray convolved = ai.djl.nn.convolutional.Conv2d.conv2d(
                        both.transpose(0, 3, 1, 2), inParts(pass), bias.array(), ONE, new Shape(0, 0), ONE, PARTS)
                .head()
                .transpose(0, 2, 3, 1)
                .reshape(b, n, 2L * channels); // (B, N, 2 C)
        return Activation.gelu(norm.apply(convolved, pass));
    }

    /** Queries start to end - 1 of a sample; there are n queries and m keys in a sample. */
    private record Chunk(long sample, long start, long end, long n, long m) {}

    /**
     * For some queries, C / 4 channels of x and as many of m by turns, (rows, 2 C); and, where wanted, the keys that
     * they are related to and the distances of these, (rows, G, K).
     */
    private NDList relate(NDList arrays, Chunk chunk, boolean recording) {
        long offset = chunk.sample * chunk.n;
        NDIndex rows = new NDIndex("{}:{}", offset + chunk.start, offset + chunk.end);
        NDArray x = arrays.get(0).get(rows); // (rows, C)
        NDArray from = arrays.get(1).get(rows); // (rows, G, D + 1)
        NDArray positions = arrays.size() > 4 ? arrays.get(4).get("{}:{}", chunk.start, chunk.end) : null;
        int groups = neighbours.groups();
        NDList near = new NDList();
        NDList distances = new NDList();
        for (int g = 0; g < groups; g++) {
            NDArray queries = from.get(":, {}", g); // (rows, D + 1)
            NDArray keys = arrays.get(2).get("{}, :, {}", chunk.sample, g); // (M, D + 1)
            // As a bias of the product the positions cost no pass over the distances of their own.
            try (NDArray distance = positions == null
                    ? queries.matMul(keys.transpose())
                    : Linear.linear(queries, keys, positions).head()) { // (rows, M)
                NDList nearest = distance.topK(neighbours.reach(), 1, false, true); // (rows, K d)
                near.add(thinned(nearest.get(1)));
                distances.add(thinned(nearest.get(0)));
            }
        }
        NDArray related = NDArrays.stack(near, 1); // (rows, G, K)
        NDArray m = maximum(related, arrays.get(3), chunk).sub(x);
        NDArray joined = x.reshape(-1, PARTS, channels / PARTS)
                .concat(m.reshape(-1, PARTS, channels / PARTS), 2)
                .reshape(-1, 2L * channels);
        return recording ? new NDList(joined, related, NDArrays.stack(distances, 1)) : new NDList(joined);
    }

    private NDArray thinned(NDArray nearest) {
        return neighbours.dilation() == 1 ? nearest : nearest.get(":, ::{}", neighbours.dilation());
    }

    /**
     * The greatest value of the related keys in each channel, (rows, C). Neighbours are fetched one rank at a time, so
     * that no array has more entries than the result.
     */
    private NDArray maximum(NDArray related, NDArray table, Chunk chunk) {
        int groups = neighbours.groups();
        long[] first = new long[groups];
        for (int g = 0; g < groups; g++) {
            first[g] = chunk.sample * chunk.m * groups + g;
        }
        NDArray rows = related.mul(groups).add(related.getManager().create(first, new Shape(groups, 1)));
        NDArray greatest = fetched(rows, 0, table);
        for (int rank = 1; rank < neighbours.count(); rank++) {
            try (NDArray former = greatest;
                    NDArray next = fetched(rows, rank, table)) {
                greatest = former.maximum(next);
            }
        }
        return greatest.reshape(-1, channels);
    }

    private static NDArray fetched(NDArray rows, int rank, NDArray table) {
        try (NDArray index = rows.get("..., {}", rank)) { // (rows, G)
            return index.getNDArrayInternal()
                    .embedding(index, table, SparseFormat.DENSE)
                    .head(); // (rows, G, D)
        }
    }

    /**
     * Vectors of length 1 in each group with one more entry, (B N, G, D + 1): for queries (u, 1), for keys (-2 u, u .
     * u), so that products are distances but for the square of the query.
     */
    private NDArray directions(NDArray x, boolean keys) {
        NDArray unit = x.stopGradient()
                .reshape(-1, neighbours.groups(), channels / neighbours.groups())
                .normalize(2, 2, NORM_FLOOR);
        if (!keys) {
            Shape shape = unit.getShape();
            NDArray ones = unit.getManager().ones(new Shape(shape.get(0), shape.get(1), 1), unit.getDataType());
            return unit.concat(ones, 2);
        }
        NDArray squares = unit.square().sum(new int[] {2}, true);
        return unit.mul(-2).concat(squares, 2);
    }

    /** The weights with the inputs of each part in the order x, ..., x, m, ..., m. */
    private NDArray inParts(Pass pass) {
        NDArray interleaved = pass.value(weight); // (2 C, C / 2, 1, 1)
        return interleaved.get(":, ::2").concat(interleaved.get(":, 1::2"), 1);
    }

    /** Concatenation of one array would copy it and cut the gradient. */
    private static NDArray whole(NDList parts) {
        return parts.size() == 1 ? parts.head() : NDArrays.concat(parts, 0);
    }

    /** The related keys as (B G, N, K), equally near ones by their number: the engine leaves their order open. */
    private static NDArray edges(NDArray near, NDArray distances, long b) {
        long g = near.getShape().get(1);
        long k = near.getShape().get(2);
        long[] keys = near.toLongArray();
        double[] values;
        try (NDArray wide = distances.toType(DataType.FLOAT64, true)) {
            values = wide.toDoubleArray();
        }
        for (int row = 0; row < keys.length; row += (int) k) {
            for (int i = row + 1; i < row + k; i++) {
                for (int j = i; j > row && values[j] == values[j - 1] && keys[j] < keys[j - 1]; j--) {
                    long key = keys[j];
                    keys[j] = keys[j - 1];
                    keys[j - 1] = key;
                }
            }
        }
        return near.getManager()
                .create(keys, new Shape(b, keys.length / (b * g * k), g, k))
                .transpose(0, 2, 1, 3)
                .reshape(b * g, -1, k);
    }
}
