// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.Activation;
import ai.djl.nn.core.Embedding;
import io.github.pointillist.layers.BatchNorm;
import io.github.pointillist.layers.Dropout;
import io.github.pointillist.layers.Linear;
import io.github.pointillist.layers.PointSampling;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Owned;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Context Clusters for point clouds, pointMLP-CoC: Ma et al., Image as Set of Points, ICLR 2023, upon Ma et al.,
 * Rethinking Network Design and Local Geometry in Point Cloud, ICLR 2022. Reference implementation:
 * ma-xu/Context-Cluster be9a03b, {@code pointcloud/models/contextcluster.py}, {@code pointMLP_CoC}.
 *
 * <p>Shapes: B clouds; a stage takes N points of C channels to S anchors with K neighbours each, C' channels; R = B S
 * neighbourhoods; a cluster has D inner channels.
 *
 * <p>Deviations: points are kept channels-last; sampling and neighbours depend on the coordinates alone and are found
 * for all stages first, from differences of coordinates in double precision rather than from expanded squares; sampling
 * starts at point 0, not at a random one; what a cluster does after its similarities is done once a neighbourhood rather
 * than once a point. Results are the same but for rounding.
 */
public final class PointContextCluster extends Layer {
    private static final double DROPOUT = 0.5;

    /**
     * What makes one variant.
     *
     * @param points points of a cloud that the network is made for; the stages have fixed numbers of anchors
     * @param classes number of classes
     * @param embedDim channels of the points before stage 0
     * @param dimExpansion C' / C of each stage
     * @param preBlocks pairs of cluster and residual block within neighbourhoods, per stage
     * @param posBlocks residual blocks after the pooling of neighbourhoods, per stage
     * @param neighbours K of each stage
     * @param reducers N / S of each stage
     */
    public record Config(
            int points,
            int classes,
            int embedDim,
            List<Integer> dimExpansion,
            List<Integer> preBlocks,
            List<Integer> posBlocks,
            List<Integer> neighbours,
            List<Integer> reducers) {
        /** Checks that every stage is described and has enough points for its neighbourhoods. */
        public Config {
            dimExpansion = List.copyOf(dimExpansion);
            preBlocks = List.copyOf(preBlocks);
            posBlocks = List.copyOf(posBlocks);
            neighbours = List.copyOf(neighbours);
            reducers = List.copyOf(reducers);
            if (points < 1 || classes < 1 || embedDim < 1) {
                throw new IllegalArgumentException(points + " points, " + classes + " classes and " + embedDim
                        + " embedded channels given; each must be 1 or more");
            }
            int stages = dimExpansion.size();
            for (List<Integer> list : List.of(dimExpansion, preBlocks, posBlocks, neighbours, reducers)) {
                if (list.size() != stages || list.isEmpty() || list.stream().anyMatch(n -> n < 1)) {
                    throw new IllegalArgumentException("a value of " + list + " given for " + stages
                            + " stages; each stage needs one positive number in each list");
                }
            }
            int left = points;
            for (int i = 0; i < stages; i++) {
                if (neighbours.get(i) > left || left / reducers.get(i) < 1) {
                    throw new IllegalArgumentException("stage " + i + " has " + left + " points for "
                            + neighbours.get(i) + " neighbours and a reduction by " + reducers.get(i)
                            + "; give more points, fewer neighbours or a smaller reduction");
                }
                left /= reducers.get(i);
            }
        }

        /** The same with another number of classes. */
        public Config withClasses(int number) {
            return new Config(points, number, embedDim, dimExpansion, preBlocks, posBlocks, neighbours, reducers);
        }

        /** Number of stages. */
        public int stages() {
            return dimExpansion.size();
        }

        /** S of each stage. */
        public List<Integer> anchors() {
            List<Integer> anchors = new ArrayList<>();
            int left = points;
            for (int reducer : reducers) {
                left /= reducer;
                anchors.add(left);
            }
            return anchors;
        }

        /** C before each stage, and after the last. */
        public List<Integer> dims() {
            List<Integer> dims = new ArrayList<>(List.of(embedDim));
            for (int expansion : dimExpansion) {
                dims.add(dims.get(dims.size() - 1) * expansion);
            }
            return dims;
        }

        /** The fewest points of a cloud that stage 0 can work on. */
        public int fewestPoints() {
            return Math.max(anchors().get(0), neighbours.get(0));
        }
    }

    private static final List<Integer> TWO = List.of(2, 2, 2, 2);

    /** pointMLP_CoC: 15.3 M parameters, the 15 classes of ScanObjectNN, 86.2 % overall accuracy. */
    public static final Config POINT_MLP_COC = new Config(1024, 15, 64, TWO, TWO, TWO, List.of(24, 24, 24, 24), TWO);

    private final Config config;
    private final ConvNorm embedding;
    private final List<AnchorNorm> anchorNorms;
    private final List<PreExtraction> preBlocks;
    private final List<PosExtraction> posBlocks;
    private final List<Linear> classifier;
    private final List<BatchNorm> classifierNorms;
    private final Dropout dropout = new Dropout(DROPOUT, false);

    /** Declares the parameters under the official names. */
    public PointContextCluster(Config config) {
        this.config = config;
        List<Integer> dims = config.dims();
        int stages = config.stages();
        this.embedding = child("embedding.net", new ConvNorm(3, dims.get(0)));
        this.anchorNorms = IntStream.range(0, stages)
                .mapToObj(i -> child("local_grouper_list." + i, new AnchorNorm(dims.get(i))))
                .toList();
        this.preBlocks = IntStream.range(0, stages)
                .mapToObj(i -> child(
                        "pre_blocks_list." + i,
                        new PreExtraction(
                                2 * dims.get(i),
                                dims.get(i + 1),
                                config.preBlocks().get(i))))
                .toList();
        this.posBlocks = IntStream.range(0, stages)
                .mapToObj(i -> child(
                        "pos_blocks_list." + i,
                        new PosExtraction(dims.get(i + 1), config.posBlocks().get(i))))
                .toList();
        Linear first = child("classifier.0", new Linear(dims.get(stages), 512));
        BatchNorm firstNorm = child("classifier.1", new BatchNorm(512));
        Linear second = child("classifier.4", new Linear(512, 256));
        BatchNorm secondNorm = child("classifier.5", new BatchNorm(256));
        this.classifier = List.of(first, second, child("classifier.8", new Linear(256, config.classes())));
        this.classifierNorms = List.of(firstNorm, secondNorm);
    }

    /** What this model was built from. */
    public Config config() {
        return config;
    }

    /**
     * Classifies clouds of at least {@link Config#fewestPoints} points.
     *
     * @param clouds (B, 3, N), finite coordinates x, y, z
     * @return logits (B, classes)
     */
    @Override
    protected NDArray forward(NDArray clouds, Pass pass) {
        List<List<Neighbourhoods>> plans = coordinates(clouds).map(this::plan).toList(); // per cloud, per stage
        NDArray x = Activation.relu(embedding.apply(clouds.transpose(0, 2, 1), pass)); // (B, N, C_0)
        tap("embedding", x, pass);
        for (int i = 0; i < config.stages(); i++) {
            int stage = i;
            List<Neighbourhoods> chosen =
                    plans.stream().map(plan -> plan.get(stage)).toList();
            NDArray points = x;
            x = scoped(new NDList(x), pass, inner -> new NDList(stage(stage, points, chosen, inner)))
                    .head(); // (B, S, C')
        }
        x = x.max(new int[] {1}); // (B, C)
        for (int i = 0; i < classifierNorms.size(); i++) {
            NDArray normed = classifierNorms.get(i).apply(classifier.get(i).apply(x, pass), pass);
            x = dropout.apply(Activation.relu(normed), pass); // (B, 512), (B, 256)
        }
        return classifier.get(classifierNorms.size()).apply(x, pass); // (B, classes)
    }

    /** From (B, N, C) to (B, S, C'). */
    private NDArray stage(int i, NDArray x, List<Neighbourhoods> chosen, Pass pass) {
        long b = x.getShape().get(0);
        long n = x.getShape().get(1);
        long c = x.getShape().get(2);
        int s = config.anchors().get(i);
        int k = config.neighbours().get(i);
        NDArray anchorIndex = indices(x, chosen, Neighbourhoods::anchors, s, 1);
        NDArray neighbourIndex = indices(x, chosen, Neighbourhoods::neighbours, s, k);
        pass.tap(anchorNorms.get(i), "anchors", () -> anchorIndex.squeeze(2).mod(n));
        pass.tap(anchorNorms.get(i), "neighbours", () -> neighbourIndex.mod(n));

        NDArray anchors = pick(x, anchorIndex); // (B, S, 1, C)
        NDArray offsets = pick(x, neighbourIndex).sub(anchors); // (B, S, K, C)
        NDArray grouped = anchorNorms.get(i).apply(offsets, pass).concat(anchors.broadcast(b, s, k, c), 3);
        NDArray pooled = preBlocks
                .get(i)
                .apply(grouped.reshape(b * s, k, 2 * c), pass) // (R, C')
                .reshape(b, s, -1); // (B, S, C')
        NDArray out = posBlocks.get(i).apply(pooled, pass); // (B, S, C')
        tap("pos_blocks_list." + i, out, pass);
        return out;
    }

    private void tap(String name, NDArray points, Pass pass) {
        pass.tap(this, name, () -> points.transpose(0, 2, 1));
    }

    /** The anchors of a cloud at one stage, S indices, and their neighbours, S K indices. */
    private record Neighbourhoods(int[] anchors, int[] neighbours) {}

    /** Samples all stages of one cloud, 3 N coordinates. */
    private List<Neighbourhoods> plan(double[] cloud) {
        List<Neighbourhoods> plan = new ArrayList<>();
        double[] xyz = cloud;
        for (int i = 0; i < config.stages(); i++) {
            int[] anchors = PointSampling.farthest(xyz, config.anchors().get(i));
            double[] next = PointSampling.pick(xyz, anchors);
            int[][] neighbours =
                    PointSampling.nearest(xyz, next, config.neighbours().get(i));
            plan.add(new Neighbourhoods(
                    anchors, Stream.of(neighbours).flatMapToInt(IntStream::of).toArray()));
            xyz = next;
        }
        return plan;
    }

    /** Reads the coordinates of each cloud: x0, y0, z0, x1, ... */
    private Stream<double[]> coordinates(NDArray clouds) {
        Shape shape = clouds.getShape();
        if (shape.dimension() != 3 || shape.get(1) != 3) {
            throw new IllegalArgumentException("input is " + shape + "; it must be (B, 3, N)");
        }
        int n = (int) shape.get(2);
        if (n < config.fewestPoints()) {
            throw new IllegalArgumentException(
                    "clouds have " + n + " points; this model needs " + config.fewestPoints() + " or more");
        }
        double[] values = clouds.toType(DataType.FLOAT64, false).toDoubleArray(); // B rows of x, of y, of z
        for (int i = 0; i < values.length; i++) {
            if (!Double.isFinite(values[i])) {
                throw new IllegalArgumentException("point " + i % n + " of cloud " + i / (3 * n)
                        + " has the coordinate " + values[i] + "; coordinates must be finite numbers");
            }
        }
        return IntStream.range(0, (int) shape.get(0)).mapToObj(b -> IntStream.range(0, 3 * n)
                .mapToDouble(i -> values[3 * n * b + i % 3 * n + i / 3])
                .toArray());
    }

    /** The chosen points as row numbers of all B N points, (B, S, K). */
    private static NDArray indices(
            NDArray x, List<Neighbourhoods> chosen, Function<Neighbourhoods, int[]> which, int s, int k) {
        long n = x.getShape().get(1);
        long[] rows = IntStream.range(0, chosen.size())
                .boxed()
                .flatMapToLong(b -> IntStream.of(which.apply(chosen.get(b))).mapToLong(i -> b * n + i))
                .toArray();
        return Owned.array(x.getManager(), rows, chosen.size(), s, k);
    }

    /** Rows of the points x (B, N, C): (B, S, K, C). */
    private static NDArray pick(NDArray x, NDArray rows) {
        NDArray points = x.reshape(-1, x.getShape().get(2)); // (B N, C)
        return Embedding.embedding(rows, points, SparseFormat.DENSE).head();
    }

    /** Linear without bias and batch normalisation, on the last axis. */
    private static final class ConvNorm extends Layer {
        private final Parameter weight; // (out, in, 1)
        private final BatchNorm norm;
        private final int in;
        private final int out;

        ConvNorm(int in, int out) {
            this.in = in;
            this.out = out;
            this.weight = weight("0.weight", out, in, 1);
            this.norm = child("1", new BatchNorm(out));
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            NDArray matrix = pass.value(weight, out, in);
            return norm.apply(ai.djl.nn.core.Linear.linear(x, matrix).head(), pass); // (..., out)
        }
    }

    /**
     * Anchor normalisation: offsets of neighbours from their anchors over the unbiased standard deviation of all of
     * them in a cloud, then a scale and shift per channel. Offsets are not centred, so the deviation is about their own
     * mean.
     */
    private static final class AnchorNorm extends Layer {
        private static final double EPSILON = 1e-5;

        private final Parameter scale; // (1, 1, 1, C)
        private final Parameter shift; // (1, 1, 1, C)

        AnchorNorm(int channels) {
            this.scale = weight("affine_alpha", 1, 1, 1, channels);
            this.shift = weight("affine_beta", 1, 1, 1, channels);
        }

        @Override
        protected NDArray forward(NDArray offsets, Pass pass) {
            NDArray all = offsets.reshape(offsets.getShape().get(0), -1); // (B, S K C)
            NDArray centred = all.sub(all.mean(new int[] {1}, true));
            NDArray variance = Owned.div(
                    centred.square().sum(new int[] {1}, true), all.getShape().get(1) - 1); // (B, 1)
            NDArray deviation = variance.sqrt().add(EPSILON).reshape(-1, 1, 1, 1); // (B, 1, 1, 1)
            return offsets.div(deviation).mul(scale.array()).add(shift.array()); // (B, S, K, C)
        }
    }

    /** Within neighbourhoods (R, K, C): transfer, clusters and residual blocks, then the maximum over K, (R, C'). */
    private static final class PreExtraction extends Layer {
        private final ConvNorm transfer;
        private final List<Layer> operations = new ArrayList<>();

        PreExtraction(int in, int out, int blocks) {
            this.transfer = child("transfer.net", new ConvNorm(in, out));
            for (int i = 0; i < blocks; i++) {
                operations.add(child("operation." + 2 * i, new Cluster(out)));
                operations.add(child("operation." + (2 * i + 1), new Residual(out)));
            }
        }

        @Override
        protected NDArray forward(NDArray neighbourhoods, Pass pass) {
            NDArray transferred = Activation.relu(transfer.apply(neighbourhoods, pass)); // (R, K, C')
            tap("transfer", transferred, pass);
            NDArray x = transferred;
            for (int i = 0; i < operations.size(); i++) {
                x = operations.get(i).apply(x, pass);
                tap("operation." + i, x, pass);
            }
            return x.max(new int[] {1}); // (R, C')
        }

        private void tap(String name, NDArray x, Pass pass) {
            pass.tap(this, name, () -> x.transpose(0, 2, 1));
        }
    }

    /** Residual blocks over the anchors, (B, S, C'). */
    private static final class PosExtraction extends Layer {
        private final List<Residual> operations;

        PosExtraction(int channels, int blocks) {
            this.operations = IntStream.range(0, blocks)
                    .mapToObj(i -> child("operation." + i, new Residual(channels)))
                    .toList();
        }

        @Override
        protected NDArray forward(NDArray points, Pass pass) {
            NDArray x = points;
            for (Residual operation : operations) {
                x = operation.apply(x, pass);
            }
            return x;
        }
    }

    /** ReLU(x + two layers of x). */
    private static final class Residual extends Layer {
        private final ConvNorm first;
        private final ConvNorm second;

        Residual(int channels) {
            this.first = child("net1", new ConvNorm(channels, channels));
            this.second = child("net2", new ConvNorm(channels, channels));
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            NDArray hidden = Activation.relu(first.apply(x, pass));
            return Activation.relu(second.apply(hidden, pass).add(x));
        }
    }

    /**
     * The context cluster with one centre a neighbourhood, the mean of its points: x + fc2(s_k o), where s_k is the
     * similarity of point k to the centre and o = (sum s v + mean v) / (sum s + 1).
     *
     * <p>The weights of v in o sum to 1, so v = fc_v(x) need not be made: o = fc_v((sum s x + mean x) / (sum s + 1)).
     * And fc2 is linear, so it acts on o before the dispatch. Two of the three linear layers act on R rows instead of
     * R K.
     */
    private static final class Cluster extends Layer {
        private static final double NORM_FLOOR = 1e-12;

        private final Parameter alpha; // (1)
        private final Parameter beta; // (1)
        private final Parameter pointWeight; // (D, C)
        private final Parameter pointBias; // (D)
        private final Parameter outWeight; // (C, D)
        private final Parameter outBias; // (C)
        private final Parameter valueWeight; // (D, C)
        private final Parameter valueBias; // (D)

        Cluster(int channels) {
            int inner = Math.max(channels / 4, 32);
            this.alpha = weight("sim_alpha", 1);
            this.beta = weight("sim_beta", 1);
            this.pointWeight = weight("fc1.weight", inner, channels);
            this.pointBias = weight("fc1.bias", inner);
            this.outWeight = weight("fc2.weight", channels, inner);
            this.outBias = weight("fc2.bias", channels);
            this.valueWeight = weight("fc_v.weight", inner, channels);
            this.valueBias = weight("fc_v.bias", inner);
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            NDArray points = linear(x, pointWeight, pointBias); // (R, K, D)
            NDArray centre = points.mean(new int[] {1}, true); // (R, 1, D)
            NDArray cosine = points.matMul(centre.swapAxes(1, 2)) // (R, K, 1)
                    .div(length(points, pass))
                    .div(length(centre, pass));
            NDArray similarity = Activation.sigmoid(cosine.mul(alpha.array()).add(beta.array())); // (R, K, 1)

            NDArray gathered = similarity
                    .swapAxes(1, 2)
                    .matMul(x)
                    .add(x.mean(new int[] {1}, true)) // (R, 1, C)
                    .div(similarity.sum(new int[] {1}, true).add(1));
            NDArray aggregated = linear(gathered, valueWeight, valueBias); // (R, 1, D)
            NDArray projected =
                    ai.djl.nn.core.Linear.linear(aggregated, outWeight.array()).head(); // (R, 1, C)
            return similarity.mul(projected).add(outBias.array()).add(x); // (R, K, C)
        }

        private static NDArray linear(NDArray x, Parameter weight, Parameter bias) {
            return ai.djl.nn.core.Linear.linear(x, weight.array(), bias.array()).head();
        }

        private NDArray length(NDArray x, Pass pass) {
            NDArray floor = constant("floor", pass, arena -> arena.array(new double[] {NORM_FLOOR}));
            return x.norm(2, new int[] {2}, true).maximum(floor); // (R, ., 1)
        }
    }
}
