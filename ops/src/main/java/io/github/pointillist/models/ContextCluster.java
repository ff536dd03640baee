// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.layers.ContextClusterLayer;
import io.github.pointillist.layers.ContextClusterLayer.Denominator;
import io.github.pointillist.layers.Conv2d;
import io.github.pointillist.layers.GroupNorm;
import io.github.pointillist.layers.Linear;
import io.github.pointillist.layers.Mlp;
import io.github.pointillist.layers.Pyramid;
import io.github.pointillist.layers.StochasticDepth;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Context Clusters (CoC): Ma, Zhou, Wang, Qin, Sun, Liu, Fu, Image as Set of Points, ICLR 2023. Reference
 * implementation: ma-xu/Context-Cluster be9a03b, {@code models/context_cluster.py}.
 *
 * <p>Shapes: B samples; an image of H x W pixels; stage i has h x w points of C_i channels, h = H / 4 / 2^i.
 *
 * <p>Deviation: points are kept channels-last, (B, h, w, C), from the stem to the end, so that the linear layers and
 * the splits into heads and regions need no change of layout. Results are the same.
 */
public final class ContextCluster extends Layer implements Pyramid, ImageClassifier, GroupingModel {
    private static final int PATCH = 4;

    /**
     * What makes one variant.
     *
     * @param layers blocks in each stage
     * @param dims channels of each stage
     * @param centres centres along each side of a region, per stage
     * @param fold regions along each side of the feature map, per stage
     * @param heads heads per stage
     * @param headDim channels of a head
     * @param mlpRatios hidden over visible channels of the MLPs, per stage
     * @param denominator what the sum over a cluster is divided by
     * @param classes number of classes, or 0 for a feature pyramid without a classifier
     * @param dropPath share of the samples for which, in training, the last block's branches are dropped; grows from 0 in
     *     the first block
     */
    public record Config(
            List<Integer> layers,
            List<Integer> dims,
            List<Integer> centres,
            List<Integer> fold,
            List<Integer> heads,
            int headDim,
            List<Integer> mlpRatios,
            Denominator denominator,
            int classes,
            double dropPath) {
        private static final int MAX_CENTRES = 64;

        /** Checks that every stage is described and every number is positive. */
        public Config {
            layers = List.copyOf(layers);
            dims = List.copyOf(dims);
            centres = List.copyOf(centres);
            fold = List.copyOf(fold);
            heads = List.copyOf(heads);
            mlpRatios = List.copyOf(mlpRatios);
            int stages = layers.size();
            for (List<Integer> list : List.of(layers, dims, centres, fold, heads, mlpRatios)) {
                if (list.size() != stages || list.isEmpty() || list.stream().anyMatch(n -> n < 1)) {
                    throw new IllegalArgumentException("a value of " + list + " given for " + stages
                            + " stages; each stage needs one positive number in each list");
                }
            }
            if (stages > ConfigLists.MAX_STAGES || centres.stream().anyMatch(n -> n > MAX_CENTRES)) {
                throw new IllegalArgumentException(stages + " stages with " + centres + " centres along a side given;"
                        + " allowed are " + ConfigLists.MAX_STAGES + " stages and " + MAX_CENTRES + " centres");
            }
            if (headDim < 1 || classes < 0) {
                throw new IllegalArgumentException("head dimension " + headDim + " and " + classes
                        + " classes given; allowed are positive dimensions and 0 or more classes");
            }
            StochasticDepth.checkRate(dropPath);
        }

        /** Without dropped branches. */
        public Config(
                List<Integer> layers,
                List<Integer> dims,
                List<Integer> centres,
                List<Integer> fold,
                List<Integer> heads,
                int headDim,
                List<Integer> mlpRatios,
                Denominator denominator,
                int classes) {
            this(layers, dims, centres, fold, heads, headDim, mlpRatios, denominator, classes, 0);
        }

        /** The same with another number of classes; 0 for a feature pyramid. */
        public Config withClasses(int number) {
            return new Config(layers, dims, centres, fold, heads, headDim, mlpRatios, denominator, number, dropPath);
        }

        /** The same with another denominator. */
        public Config withDenominator(Denominator other) {
            return new Config(layers, dims, centres, fold, heads, headDim, mlpRatios, other, classes, dropPath);
        }

        /** The same with branches dropped in training. */
        public Config withDropPath(double rate) {
            return new Config(layers, dims, centres, fold, heads, headDim, mlpRatios, denominator, classes, rate);
        }

        /** The same with k x k centres in every region, as in the detection and segmentation backbones. */
        public Config withCentres(int k) {
            List<Integer> same = layers.stream().map(stage -> k).toList();
            return new Config(layers, dims, same, fold, heads, headDim, mlpRatios, denominator, classes, dropPath);
        }

        /** Number of stages. */
        public int stages() {
            return layers.size();
        }

        /**
         * Image sides that are a multiple of this fit every region partition.
         *
         * @return 32 for the official variants, 56 for tiny2
         */
        public int multiple() {
            int multiple = 1;
            for (int i = 0; i < stages(); i++) {
                if (fold.get(i) > 1) {
                    multiple = lcm(multiple, PATCH * (1 << i) * fold.get(i));
                }
            }
            return multiple > 1 ? multiple : PATCH << (stages() - 1);
        }

        private static int lcm(int a, int b) {
            int x = a;
            for (int y = b; y != 0; ) {
                int rest = x % y;
                x = y;
                y = rest;
            }
            return a / x * b;
        }

        /**
         * The side of the feature map of each stage for an image side.
         *
         * @throws IllegalArgumentException if the regions of a stage do not divide it
         */
        public List<Integer> sides(long imageSide) {
            List<Integer> sides = new ArrayList<>();
            long side = imageSide / PATCH;
            for (int i = 0; i < stages(); i++) {
                if (side < 1 || side % fold.get(i) != 0) {
                    throw new IllegalArgumentException("image side is " + imageSide + " pixels, which gives " + side
                            + " points in stage " + i + ", not a multiple of its " + fold.get(i)
                            + " regions; use a multiple of " + multiple() + " pixels");
                }
                sides.add((int) side);
                side = (side - 1) / 2 + 1;
            }
            return sides;
        }

        /**
         * The cluster of every point of a stage for one head, numbered over the whole plane as the official
         * visualisation does: (region row * fold + region column) * M + centre.
         *
         * @param assignment the tap "assignment" of a block of that stage for one sample, (E fold^2, N)
         * @param h rows of points in the plane
         * @param w points in a row
         * @return ids from 0, row-major (h, w)
         */
        public int[] clusterIds(int stage, int head, long[] assignment, int h, int w) {
            int regions = fold.get(stage);
            int m = centres.get(stage) * centres.get(stage);
            int regionHeight = h / regions;
            int regionWidth = w / regions;
            int[] ids = new int[h * w];
            for (int y = 0; y < h; y++) {
                for (int x = 0; x < w; x++) {
                    int region = y / regionHeight * regions + x / regionWidth;
                    int row = head * regions * regions + region;
                    int point = y % regionHeight * regionWidth + x % regionWidth;
                    ids[y * w + x] = region * m + (int) assignment[row * regionHeight * regionWidth + point];
                }
            }
            return ids;
        }
    }

    private static Config official(
            List<Integer> layers,
            List<Integer> dims,
            List<Integer> heads,
            int headDim,
            List<Integer> centres,
            List<Integer> fold) {
        return new Config(
                layers, dims, centres, fold, heads, headDim, List.of(8, 8, 4, 4), Denominator.SIMILARITY, 1000);
    }

    private static final List<Integer> TINY_LAYERS = List.of(3, 4, 5, 2);
    private static final List<Integer> TINY_DIMS = List.of(32, 64, 196, 320);
    private static final List<Integer> DIMS_64 = List.of(64, 128, 320, 512);
    private static final List<Integer> HEADS_4 = List.of(4, 4, 8, 8);
    private static final List<Integer> HEADS_6 = List.of(6, 6, 12, 12);
    private static final List<Integer> HEADS_8 = List.of(8, 8, 16, 16);
    private static final List<Integer> TWO = List.of(2, 2, 2, 2);
    private static final List<Integer> HALVING = List.of(8, 4, 2, 1);

    /** coc_tiny: 5.6 M parameters, 73.2 % top-1. */
    public static final Config TINY = official(TINY_LAYERS, TINY_DIMS, HEADS_4, 24, TWO, HALVING);
    /** coc_tiny2: few large regions with many centres. */
    public static final Config TINY2 =
            official(TINY_LAYERS, TINY_DIMS, HEADS_4, 24, List.of(4, 2, 7, 4), List.of(7, 7, 1, 1));
    /** coc_tiny_plain: no region partition. */
    public static final Config TINY_PLAIN =
            official(TINY_LAYERS, TINY_DIMS, HEADS_4, 24, List.of(4, 4, 2, 2), List.of(1, 1, 1, 1));
    /** coc_small: 14.7 M parameters, 78.1 % top-1. */
    public static final Config SMALL = official(List.of(2, 2, 6, 2), DIMS_64, HEADS_4, 32, TWO, HALVING);
    /** coc_medium: 29.3 M parameters, 81.2 % top-1. */
    public static final Config MEDIUM = official(List.of(4, 4, 12, 4), DIMS_64, HEADS_6, 32, TWO, HALVING);
    /** coc_base_dim64: 54.2 M parameters. */
    public static final Config BASE_DIM64 = official(List.of(6, 6, 24, 6), DIMS_64, HEADS_8, 32, TWO, HALVING);
    /** coc_base_dim96: 53.1 M parameters. */
    public static final Config BASE_DIM96 =
            official(List.of(4, 4, 12, 4), List.of(96, 192, 384, 768), HEADS_8, 32, TWO, HALVING);

    private final Config config;
    private final Conv2d stem;
    private final List<List<Block>> stages = new ArrayList<>();
    private final List<Conv2d> reducers = new ArrayList<>();
    private final List<GroupNorm> outputNorms = new ArrayList<>();
    private final GroupNorm norm;
    private final Linear head;

    /** Declares the parameters under the official names. */
    public ContextCluster(Config config) {
        this.config = config;
        this.stem = child("patch_embed.proj", new Conv2d(5, config.dims().get(0), PATCH, PATCH, 0));
        for (int i = 0; i < config.stages(); i++) {
            int stage = i;
            stages.add(IntStream.range(0, config.layers().get(i))
                    .mapToObj(j -> child("network." + 2 * stage + "." + j, new Block(config, stage, j)))
                    .toList());
            if (i + 1 < config.stages()) {
                int dim = config.dims().get(i);
                int next = config.dims().get(i + 1);
                reducers.add(child("network." + (2 * i + 1) + ".proj", new Conv2d(dim, next, 3, 2, 1)));
            }
        }
        int last = config.dims().get(config.stages() - 1);
        if (config.classes() == 0) {
            for (int i = 0; i < config.stages(); i++) {
                outputNorms.add(
                        child("norm" + 2 * i, new GroupNorm(config.dims().get(i))));
            }
            this.norm = null;
            this.head = null;
        } else {
            this.norm = child("norm", new GroupNorm(last));
            this.head = child("head", new Linear(last, config.classes()));
        }
    }

    /** What this model was built from. */
    public Config config() {
        return config;
    }

    @Override
    public int classes() {
        return config.classes();
    }

    @Override
    public InputSizes inputSizes() {
        return InputSizes.multipleOf(config.multiple());
    }

    /** Every head of every block, "stage.block.head": the region and the centre of every point. */
    @Override
    public List<Level> levels() {
        List<Level> levels = new ArrayList<>();
        for (int stage = 0; stage < config.stages(); stage++) {
            int regions = config.fold().get(stage) * config.fold().get(stage);
            int centres = config.centres().get(stage) * config.centres().get(stage);
            for (int block = 0; block < config.layers().get(stage); block++) {
                String tap = "network." + 2 * stage + "." + block + ".token_mixer.assignment";
                for (int head = 0; head < config.heads().get(stage); head++) {
                    levels.add(new Level(
                            stage + "." + block + "." + head,
                            tap,
                            "stage " + stage + ", block " + block + ", head " + head + ": " + regions + " regions of "
                                    + centres + " centres"));
                }
            }
        }
        return levels;
    }

    @Override
    public Groups groups(Level level, NDArray tapped, int heightPx, int widthPx) {
        String[] parts = level.name().split("\\.");
        int stage = Integer.parseInt(parts[0]);
        int head = Integer.parseInt(parts[2]);
        int h = config.sides(heightPx).get(stage);
        int w = config.sides(widthPx).get(stage);
        int regions = config.fold().get(stage) * config.fold().get(stage);
        int centres = config.centres().get(stage) * config.centres().get(stage);
        return new Groups(config.clusterIds(stage, head, tapped.toLongArray(), h, w), w, h, regions * centres);
    }

    /**
     * Classifies.
     *
     * @param image (B, 3, H, W), RGB, normalised by the ImageNet mean and standard deviation
     * @return logits (B, classes)
     */
    @Override
    protected NDArray forward(NDArray image, Pass pass) {
        if (head == null) {
            throw new IllegalStateException("this model is a feature pyramid without a classifier: call features");
        }
        NDArray x = image;
        for (int i = 0; i < config.stages(); i++) {
            x = stage(i, x, pass);
        }
        NDArray points = norm.apply(x, pass)
                .reshape(x.getShape().get(0), -1, x.getShape().get(3)); // (B, N, C)
        return head.apply(points.mean(new int[] {1}), pass); // (B, classes)
    }

    /**
     * The normalised features of every stage, for dense prediction ({@code fork_feat}).
     *
     * @param image (B, 3, H, W), RGB, normalised
     * @return one array per stage, (B, C_i, H / 4 / 2^i, W / 4 / 2^i)
     */
    @Override
    public NDList features(NDArray image, Pass pass) {
        if (outputNorms.isEmpty()) {
            throw new IllegalStateException("this model is a classifier without output norms: build it with 0 classes");
        }
        return scoped(new NDList(image), pass, inner -> {
            NDList out = new NDList();
            NDArray x = image;
            for (int i = 0; i < config.stages(); i++) {
                x = stage(i, x, inner);
                out.add(planes(outputNorms.get(i).apply(x, inner)));
            }
            return out;
        });
    }

    @Override
    public List<Integer> channels() {
        return config.dims();
    }

    @Override
    public List<Integer> strides() {
        return IntStream.range(0, config.stages()).mapToObj(i -> PATCH << i).toList();
    }

    /** Runs the reducer before stage i and its blocks; from the image for i = 0. */
    private NDArray stage(int i, NDArray input, Pass pass) {
        NDArray x;
        if (i == 0) {
            x = stem.apply(withPositions(input, pass), pass); // (B, H/4, W/4, C_0)
            tap("patch_embed", x, pass);
        } else {
            x = reducers.get(i - 1).apply(input, pass); // (B, h, w, C_i)
            tap("network." + (2 * i - 1), x, pass);
        }
        for (Block block : stages.get(i)) {
            x = block.apply(x, pass);
        }
        tap("network." + 2 * i, x, pass);
        return x;
    }

    /** Appends two channels, row / (H - 1) - 0.5 and column / (W - 1) - 0.5, and moves the channels last. */
    private NDArray withPositions(NDArray image, Pass pass) {
        record Key(long h, long w) {}
        Shape shape = image.getShape();
        if (shape.dimension() != 4 || shape.get(1) != 3) {
            throw new IllegalArgumentException("input is " + shape + "; it must be (B, 3, H, W)");
        }
        long h = shape.get(2);
        long w = shape.get(3);
        config.sides(h);
        config.sides(w);
        NDArray positions = constant(new Key(h, w), pass, arena -> positions(arena, (int) h, (int) w));
        return image.transpose(0, 2, 3, 1).concat(positions.broadcast(shape.get(0), h, w, 2), 3); // (B, H, W, 5)
    }

    private static NDArray positions(Arena arena, int h, int w) {
        // The reference makes them in float32 whatever the type of the model.
        float[] values = new float[h * w * 2];
        for (int y = 0; y < h; y++) {
            for (int x = 0; x < w; x++) {
                values[(y * w + x) * 2] = y / (h - 1f) - 0.5f;
                values[(y * w + x) * 2 + 1] = x / (w - 1f) - 0.5f;
            }
        }
        return arena.array(values, 1, h, w, 2);
    }

    private void tap(String name, NDArray x, Pass pass) {
        pass.tap(this, name, () -> planes(x));
    }

    private static NDArray planes(NDArray x) {
        return x.transpose(0, 3, 1, 2); // (B, H, W, C) to (B, C, H, W)
    }

    /** x + s1 Cluster(GN x), then x + s2 MLP(GN x). */
    private static final class Block extends Layer {
        private final Parameter scale1; // (C)
        private final Parameter scale2; // (C)
        private final GroupNorm norm1;
        private final ContextClusterLayer tokenMixer;
        private final GroupNorm norm2;
        private final Mlp mlp;
        private final StochasticDepth depth;

        Block(Config config, int i, int j) {
            int dim = config.dims().get(i);
            this.depth = StochasticDepth.of(config.dropPath(), config.layers(), i, j);
            this.scale1 = weight("layer_scale_1", dim);
            this.scale2 = weight("layer_scale_2", dim);
            this.norm1 = child("norm1", new GroupNorm(dim));
            this.tokenMixer = child(
                    "token_mixer",
                    new ContextClusterLayer(
                            dim,
                            config.centres().get(i),
                            config.fold().get(i),
                            config.heads().get(i),
                            config.headDim(),
                            config.denominator()));
            this.norm2 = child("norm2", new GroupNorm(dim));
            this.mlp = child("mlp", new Mlp(dim, dim * config.mlpRatios().get(i)));
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            NDArray normed = norm1.apply(x, pass); // (B, H, W, C)
            pass.tap(this, "norm1", () -> planes(normed));
            NDArray mixed = tokenMixer.apply(normed, pass);
            pass.tap(this, "token_mixer", () -> planes(mixed));
            NDArray clustered = x.add(depth.apply(mixed.mul(scale1.array()), pass));
            NDArray refined = mlp.apply(norm2.apply(clustered, pass), pass);
            pass.tap(this, "mlp", () -> planes(refined));
            return clustered.add(depth.apply(refined.mul(scale2.array()), pass)); // (B, H, W, C)
        }
    }
}
