// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.Activation;
import ai.djl.nn.core.Linear;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Owned;
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
    /** Distances at a time: few enough to stay in the cache. */
    private static final long DISTANCES = 1 << 19;

    private static final double NORM_FLOOR = 1e-12;
    private static final Shape ONE = new Shape(1, 1);

    private final int channels;
    private final Neighbours neighbours;
    private final NearestKeys nearest;
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
        this.nearest = new NearestKeys(neighbours.reach(), neighbours.dilation());
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
     * first, equally near ones by their number (on a graphics card in any order).
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
        Sizes sizes = new Sizes(b, n, m);
        Related related = related(arrays, sizes, pass);
        pass.tap(this, "edges", () -> related.array(arrays.head().getManager(), sizes)
                .reshape(b, n, neighbours.groups(), neighbours.count())
                .transpose(0, 2, 1, 3)
                .reshape(b * neighbours.groups(), n, neighbours.count()));
        NDArray x = arrays.get(0); // (B N, C)
        NDArray received = maximum(related.array(x.getManager(), sizes), arrays.get(3), sizes)
                .sub(x); // m, (B N, C)
        NDArray both = x.reshape(-1, PARTS, channels / PARTS)
                .concat(received.reshape(-1, PARTS, channels / PARTS), 2)
                .reshape(1, b * n, 1, 2L * channels); // x and m of part 0, of part 1, ...
        NDArray convolved = ai.djl.nn.convolutional.Conv2d.conv2d(
                        both.transpose(0, 3, 1, 2), inParts(pass), bias.array(), ONE, new Shape(0, 0), ONE, PARTS)
                .head()
                .transpose(0, 2, 3, 1)
                .reshape(b, n, 2L * channels); // (B, N, 2 C)
        return Activation.gelu(norm.apply(convolved, pass));
    }

    /** B, N and M. */
    private record Sizes(long b, long n, long m) {}

    /** The numbers of the related keys in their sample, (B N, G, K): in Java's memory, or on the device. */
    private record Related(long[] numbers, NDArray onDevice, Neighbours neighbours) {
        NDArray array(NDManager manager, Sizes sizes) {
            return onDevice != null
                    ? onDevice
                    : Owned.array(manager, numbers, sizes.b * sizes.n, neighbours.groups(), neighbours.count());
        }
    }

    private Related related(NDList arrays, Sizes sizes, Pass pass) {
        boolean inMainMemory = !arrays.head().getDevice().isGpu();
        int numbers = neighbours.groups() * neighbours.count(); // of a query
        long[] near = new long[inMainMemory ? Math.toIntExact(sizes.b * sizes.n * numbers) : 0];
        NDList onDevice = new NDList();
        long rows = Math.max(1, Math.min(sizes.n, DISTANCES / sizes.m));
        for (long sample = 0; sample < sizes.b; sample++) {
            for (long start = 0; start < sizes.n; start += rows) {
                long first = sample * sizes.n + start;
                Chunk chunk = new Chunk(sample, start, Math.min(sizes.n, start + rows), first);
                onDevice.addAll(scoped(arrays, pass, inner -> related(arrays, chunk, near, (int) first * numbers)));
            }
        }
        return new Related(near, inMainMemory ? null : NDArrays.concat(onDevice, 0), neighbours);
    }

    /** Queries start to end - 1 of a sample; the first of them is number {@code row} of all samples. */
    private record Chunk(long sample, long start, long end, long row) {}

    /** Either writes the related keys into {@code near}, from {@code at}, or returns them, (rows, G, K). */
    private NDList related(NDList arrays, Chunk chunk, long[] near, int at) {
        long end = chunk.row + chunk.end - chunk.start;
        NDArray from = arrays.get(1).get("{}:{}", chunk.row, end); // (rows, G, D + 1)
        NDArray positions = arrays.size() > 4 ? arrays.get(4).get("{}:{}", chunk.start, chunk.end) : null;
        NDList onDevice = new NDList();
        for (int g = 0; g < neighbours.groups(); g++) {
            NDArray queries = from.get(":, {}", g); // (rows, D + 1)
            NDArray keys = arrays.get(2).get("{}, :, {}", chunk.sample, g); // (M, D + 1)
            // As a bias of the product the positions cost no pass over the distances of their own.
            try (NDArray distance = positions == null
                    ? queries.matMul(keys.transpose())
                    : Linear.linear(queries, keys, positions).head()) { // (rows, M)
                if (near.length > 0) {
                    int count = neighbours.count();
                    nearest.pick(distance, near, at + g * count, neighbours.groups() * count);
                } else {
                    NDArray best =
                            distance.topK(neighbours.reach(), 1, false, true).get(1); // (rows, K d)
                    onDevice.add(best.get(":, ::{}", neighbours.dilation()));
                }
            }
        }
        return onDevice.isEmpty() ? onDevice : new NDList(NDArrays.stack(onDevice, 1));
    }

    /**
     * The greatest value of the related keys in each channel, (B N, C). Neighbours are fetched one rank at a time, so
     * that no array has more entries than the result.
     */
    private NDArray maximum(NDArray related, NDArray table, Sizes sizes) {
        int groups = neighbours.groups();
        long[] first = new long[(int) sizes.b * groups];
        for (int i = 0; i < first.length; i++) {
            first[i] = i / groups * sizes.m * groups + i % groups;
        }
        NDArray rows = Owned.mul(related.reshape(sizes.b, sizes.n, groups, -1), groups)
                .add(Owned.array(related.getManager(), first, sizes.b, 1, groups, 1));
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
        try (NDArray index = rows.get("..., {}", rank)) { // (B, N, G)
            return index.getNDArrayInternal()
                    .embedding(index, table, SparseFormat.DENSE)
                    .head(); // (B, N, G, D)
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
        return Owned.mul(unit, -2).concat(squares, 2);
    }

    /** The weights with the inputs of each part in the order x, ..., x, m, ..., m. */
    private NDArray inParts(Pass pass) {
        NDArray interleaved = pass.value(weight); // (2 C, C / 2, 1, 1)
        return interleaved.get(":, ::2").concat(interleaved.get(":, 1::2"), 1);
    }
}
