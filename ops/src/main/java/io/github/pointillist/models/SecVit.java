// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import io.github.pointillist.layers.BatchNorm;
import io.github.pointillist.layers.Conv2d;
import io.github.pointillist.layers.DepthwiseConv;
import io.github.pointillist.layers.LayerNorm;
import io.github.pointillist.layers.Pointwise;
import io.github.pointillist.layers.Pyramid;
import io.github.pointillist.layers.Rope;
import io.github.pointillist.layers.SecAttention;
import io.github.pointillist.layers.StochasticDepth;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * SecViT: Fan, Huang, Chen, He, Semantic Equitable Clustering: A Simple and Effective Strategy for Clustering Vision
 * Tokens. Reference implementation: qhfan/SecViT fddb88b, {@code classfication_release/SecViT.py}.
 *
 * <p>Shapes: B samples; an image of H x W pixels; stage i has h x w points of C_i channels, h = H / 4 / 2^i.
 *
 * <p>Deviations: points are kept channels-last, (B, h, w, C), and x + DW(x) is one convolution; results are the same.
 * Equal cosines keep the order of their tokens, where the original's sort is not stable.
 */
public final class SecVit extends Layer implements Pyramid, ImageClassifier, GroupingModel {
    private static final int PATCH = 4;
    private static final double NORM_EPSILON = 1e-6;

    /**
     * What makes one variant.
     *
     * @param dims channels of each stage
     * @param depths blocks in each stage
     * @param heads heads per stage
     * @param clusters clusters of equal size per stage; 1 or -1 for plain attention
     * @param mlpRatios hidden over visible channels of the MLPs, per stage
     * @param layerScales whether the branches of a stage's blocks are scaled by channel
     * @param projection channels before the classifier
     * @param classes number of classes, or 0 for a feature pyramid without a classifier
     * @param dropPath share of the samples for which, in training, the last block's branches are dropped; grows from 0 in
     *     the first block
     */
    public record Config(
            List<Integer> dims,
            List<Integer> depths,
            List<Integer> heads,
            List<Integer> clusters,
            List<Integer> mlpRatios,
            List<Boolean> layerScales,
            int projection,
            int classes,
            double dropPath) {
        /** Checks that every stage is described and the numbers fit each other. */
        public Config {
            dims = ConfigLists.copy("dims", dims);
            depths = ConfigLists.copy("depths", depths);
            heads = ConfigLists.copy("heads", heads);
            clusters = ConfigLists.copy("clusters", clusters);
            mlpRatios = ConfigLists.copy("mlpRatios", mlpRatios);
            layerScales = ConfigLists.copy("layerScales", layerScales);
            int stages = dims.size();
            ConfigLists.positive("dims", dims, stages);
            ConfigLists.positive("depths", depths, stages);
            ConfigLists.positive("heads", heads, stages);
            ConfigLists.positive("mlpRatios", mlpRatios, stages);
            ConfigLists.clusters("clusters", clusters, stages);
            ConfigLists.size("layerScales", layerScales, stages);
            for (int i = 0; i < stages; i++) {
                if (dims.get(i) % (4 * heads.get(i)) != 0) {
                    throw new IllegalArgumentException("stage " + i + " has " + dims.get(i) + " channels for "
                            + heads.get(i) + " heads; each head needs a multiple of 4 channels");
                }
            }
            if (dims.get(0) % 2 != 0 || projection < 1 || classes < 0) {
                throw new IllegalArgumentException(dims.get(0) + " channels in the first stage, a projection to "
                        + projection + " and " + classes
                        + " classes given; allowed are even channels, a positive projection and 0 or more classes");
            }
            StochasticDepth.checkRate(dropPath);
        }

        /** Without dropped branches. */
        public Config(
                List<Integer> dims,
                List<Integer> depths,
                List<Integer> heads,
                List<Integer> clusters,
                List<Integer> mlpRatios,
                List<Boolean> layerScales,
                int projection,
                int classes) {
            this(dims, depths, heads, clusters, mlpRatios, layerScales, projection, classes, 0);
        }

        /** The same with another number of classes; 0 for a feature pyramid. */
        public Config withClasses(int number) {
            return new Config(dims, depths, heads, clusters, mlpRatios, layerScales, projection, number, dropPath);
        }

        /** The same with branches dropped in training; the reference sets 0.1 for T, 0.15 for S, 0.4 for B, 0.5 for L. */
        public Config withDropPath(double rate) {
            return new Config(dims, depths, heads, clusters, mlpRatios, layerScales, projection, classes, rate);
        }

        /** Number of stages. */
        public int stages() {
            return dims.size();
        }

        /**
         * Image sides that are a multiple of this give every stage whole clusters.
         *
         * @return 32 for the official variants
         */
        public int multiple() {
            return ConfigLists.multiple(PATCH, clusters);
        }

        /** The side of the feature map of each stage for an image side. */
        public List<Integer> sides(long imageSide) {
            return IntStream.range(0, stages())
                    .mapToObj(i -> (int) ((imageSide - 1) / ((long) PATCH << i) + 1))
                    .toList();
        }
    }

    private static Config official(
            List<Integer> dims, List<Integer> depths, List<Integer> heads, boolean scaledInTheEnd) {
        return new Config(
                dims,
                depths,
                heads,
                List.of(32, 8, 2, -1),
                List.of(3, 3, 3, 3),
                List.of(false, false, scaledInTheEnd, scaledInTheEnd),
                1024,
                1000);
    }

    private static final List<Integer> DIMS_64 = List.of(64, 128, 256, 512);
    private static final List<Integer> HEADS_2 = List.of(2, 4, 8, 16);
    private static final List<Integer> DEEP = List.of(4, 8, 26, 8);

    /** KClusterFormerSimpleNew_T: 15.0 M parameters, 82.6 % top-1. */
    public static final Config T = official(DIMS_64, List.of(2, 2, 9, 2), HEADS_2, false);
    /** KClusterFormerSimpleNew_S: 26.8 M parameters, 84.2 % top-1. */
    public static final Config S = official(DIMS_64, List.of(3, 4, 18, 4), HEADS_2, false);
    /** SecViT-B, KClusterFormerSimpleNew_M: 54.7 M parameters, 85.0 % top-1. */
    public static final Config B = official(List.of(80, 160, 320, 512), DEEP, List.of(5, 5, 10, 16), true);
    /** KClusterFormerSimpleNew_L: 96.5 M parameters, 85.6 % top-1. */
    public static final Config L = official(List.of(112, 224, 448, 640), DEEP, List.of(7, 7, 14, 20), true);

    private final Config config;
    private final Stem stem;
    private final List<Stage> stages = new ArrayList<>();
    private final Pointwise proj;
    private final BatchNorm norm;
    private final Pointwise head;

    /** Declares everything; no memory is taken before {@link Layer#allocate}. */
    public SecVit(Config config) {
        this.config = config;
        this.stem = child("patch_embed", new Stem(config.dims().get(0)));
        for (int i = 0; i < config.stages(); i++) {
            stages.add(child("layers." + i, new Stage(config, i)));
        }
        if (config.classes() == 0) {
            this.proj = null;
            this.norm = null;
            this.head = null;
        } else {
            int last = config.dims().get(config.stages() - 1);
            this.proj = child("proj", new Pointwise(last, config.projection()));
            this.norm = child("norm", new BatchNorm(config.projection()));
            this.head = child("head", new Pointwise(config.projection(), config.classes()));
        }
    }

    /** What this model was built from. */
    public Config config() {
        return config;
    }

    /**
     * Classifies.
     *
     * @param image (B, 3, H, W), RGB, normalised by the ImageNet mean and standard deviation
     * @return logits (B, classes)
     * @throws IllegalArgumentException if the points of a stage do not divide into its clusters
     */
    @Override
    protected NDArray forward(NDArray image, Pass pass) {
        if (head == null) {
            throw new IllegalStateException("this model is a feature pyramid without a classifier: call features");
        }
        NDArray x = stem(image, pass);
        for (Stage stage : stages) {
            x = stage.downsampled(stage.apply(x, pass), pass);
        }
        NDArray projected = proj.apply(x, pass); // (B, h, w, P)
        tap("proj", projected, pass);
        NDArray normed = norm.apply(projected, pass);
        NDArray points = normed.mul(Activation.sigmoid(normed)); // swish
        long b = points.getShape().get(0);
        NDArray pooled = points.reshape(b, -1, config.projection()).mean(new int[] {1}); // (B, P)
        pass.tap(this, "pooled", () -> pooled.reshape(b, config.projection(), 1, 1));
        return head.apply(pooled, pass); // (B, classes)
    }

    /**
     * The features of every stage, for dense prediction.
     *
     * @param image (B, 3, H, W), RGB, normalised
     * @return one array per stage, (B, C_i, H / 4 / 2^i, W / 4 / 2^i)
     */
    @Override
    public NDList features(NDArray image, Pass pass) {
        if (head != null) {
            throw new IllegalStateException("this model is a classifier: build it with 0 classes");
        }
        return scoped(new NDList(image), pass, inner -> {
            NDList out = new NDList();
            NDArray x = stem(image, inner);
            for (Stage stage : stages) {
                NDArray map = stage.apply(x, inner);
                out.add(map.transpose(0, 3, 1, 2));
                x = stage.downsampled(map, inner);
            }
            return out;
        });
    }

    private NDArray stem(NDArray image, Pass pass) {
        Shape shape = image.getShape();
        if (shape.dimension() != 4 || shape.get(1) != 3) {
            throw new IllegalArgumentException("input is " + shape + "; it must be (B, 3, H, W)");
        }
        ConfigLists.checkTokens(
                config.clusters(), config.sides(shape.get(2)), config.sides(shape.get(3)), shape, config.multiple());
        // By way of a matrix the engine copies into channels-last order; the convolutions after it keep that.
        NDArray points = image.transpose(0, 2, 3, 1)
                .reshape(shape.get(0), -1)
                .reshape(shape.get(0), shape.get(2), shape.get(3), 3); // (B, H, W, 3)
        NDArray x = stem.apply(points, pass); // (B, H / 4, W / 4, C_0)
        tap("patch_embed", x, pass);
        return x;
    }

    private void tap(String name, NDArray x, Pass pass) {
        pass.tap(this, name, () -> x.transpose(0, 3, 1, 2));
    }

    @Override
    public int classes() {
        return config.classes();
    }

    @Override
    public InputSizes inputSizes() {
        return InputSizes.multipleOf(config.multiple());
    }

    @Override
    public List<Integer> channels() {
        return config.dims();
    }

    @Override
    public List<Integer> strides() {
        return IntStream.range(0, config.stages()).mapToObj(i -> PATCH << i).toList();
    }

    @Override
    public List<Level> levels() {
        return SecLevels.levels(
                config.depths(), config.heads(), config.clusters(), "layers.%d.blocks.%d.attn.attention");
    }

    @Override
    public Groups groups(Level level, NDArray tapped, int heightPx, int widthPx) {
        return SecLevels.groups(level, tapped, config.clusters(), config.sides(heightPx), config.sides(widthPx));
    }

    /** Four 3 x 3 convolutions, the first and the last with stride 2. */
    private static final class Stem extends Layer {
        private final List<Conv2d> convs = new ArrayList<>();
        private final List<BatchNorm> norms = new ArrayList<>();

        Stem(int dim) {
            int[] channels = {3, dim / 2, dim / 2, dim / 2, dim};
            for (int i = 0; i < 4; i++) {
                int stride = i == 0 || i == 3 ? 2 : 1;
                convs.add(child("proj." + 3 * i, new Conv2d(channels[i], channels[i + 1], 3, stride, 1)));
                norms.add(child("proj." + (3 * i + 1), new BatchNorm(channels[i + 1])));
            }
        }

        @Override
        protected NDArray forward(NDArray image, Pass pass) {
            NDArray x = image;
            for (int i = 0; i < convs.size(); i++) {
                x = norms.get(i).apply(convs.get(i).apply(x, pass), pass);
                x = i < convs.size() - 1 ? Activation.gelu(x) : x;
            }
            return x;
        }
    }

    /** Blocks that share their angles, and what leads to the next stage. */
    private static final class Stage extends Layer {
        private final List<Block> blocks = new ArrayList<>();
        private final Conv2d reduction;
        private final BatchNorm norm;

        Stage(Config config, int i) {
            int dim = config.dims().get(i);
            Rope rope = child("RoPE", new Rope(dim / config.heads().get(i)));
            for (int j = 0; j < config.depths().get(i); j++) {
                blocks.add(child("blocks." + j, new Block(config, i, j, rope)));
            }
            boolean last = i + 1 == config.stages();
            int next = last ? dim : config.dims().get(i + 1);
            this.reduction = last ? null : child("downsample.reduction", new Conv2d(dim, next, 3, 2, 1));
            this.norm = last ? null : child("downsample.norm", new BatchNorm(next));
        }

        @Override
        protected NDArray forward(NDArray input, Pass pass) {
            NDArray x = input;
            for (Block block : blocks) {
                x = block.apply(x, pass);
            }
            NDArray map = x;
            pass.tap(this, "map", () -> map.transpose(0, 3, 1, 2));
            return x;
        }

        /** A map half as high and wide, (B, h / 2, w / 2, C_(i+1)); after the last stage the map itself. */
        NDArray downsampled(NDArray x, Pass pass) {
            if (reduction == null) {
                return x;
            }
            NDArray reduced = norm.apply(reduction.apply(x, pass), pass);
            pass.tap(this, "downsample", () -> reduced.transpose(0, 3, 1, 2));
            return reduced;
        }
    }

    /** x + DW3(x), then x + g1 Attention(LN x), then x + g2 FFN(LN x). */
    private static final class Block extends Layer {
        private final Parameter gamma1; // (1, C, 1, 1) or none
        private final Parameter gamma2;
        private final LayerNorm norm1;
        private final SecAttention attention;
        private final LayerNorm norm2;
        private final Ffn ffn;
        private final DepthwiseConv pos;
        private final StochasticDepth depth;

        Block(Config config, int i, int j, Rope rope) {
            int dim = config.dims().get(i);
            this.depth = StochasticDepth.of(config.dropPath(), config.depths(), i, j);
            boolean scaled = config.layerScales().get(i);
            this.gamma1 = scaled ? weight("gamma_1", 1, dim, 1, 1) : null;
            this.gamma2 = scaled ? weight("gamma_2", 1, dim, 1, 1) : null;
            this.norm1 = child("norm1.norm", new LayerNorm(dim, NORM_EPSILON));
            this.attention = child(
                    "attn",
                    new SecAttention(
                            dim, config.heads().get(i), config.clusters().get(i), rope));
            this.norm2 = child("norm2.norm", new LayerNorm(dim, NORM_EPSILON));
            this.ffn = child("ffn", new Ffn(dim, dim * config.mlpRatios().get(i)));
            this.pos = child("pos", new DepthwiseConv(dim, 3));
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            pass.tap(this, "pos", () -> pos.apply(x, pass).transpose(0, 3, 1, 2));
            NDArray placed = pos.plusInput(x, pass); // (B, h, w, C)
            NDArray normed = norm1.apply(placed, pass);
            pass.tap(this, "norm1", () -> normed.transpose(0, 3, 1, 2));
            NDArray mixed = attention.apply(normed, pass);
            pass.tap(this, "attn", () -> mixed.transpose(0, 3, 1, 2));
            NDArray attended = placed.add(depth.apply(scaled(mixed, gamma1, pass), pass));
            NDArray refined = ffn.apply(norm2.apply(attended, pass), pass);
            pass.tap(this, "ffn", () -> refined.transpose(0, 3, 1, 2));
            return attended.add(depth.apply(scaled(refined, gamma2, pass), pass)); // (B, h, w, C)
        }

        private static NDArray scaled(NDArray branch, Parameter gamma, Pass pass) {
            return gamma == null
                    ? branch
                    : branch.mul(pass.value(gamma, gamma.shape().get(1)));
        }
    }

    /** 1 x 1 convolution, GELU, h + DW3(h), 1 x 1 convolution. */
    private static final class Ffn extends Layer {
        private final Pointwise fc1;
        private final Pointwise fc2;
        private final DepthwiseConv local;

        Ffn(int dim, int hidden) {
            this.fc1 = child("fc1", new Pointwise(dim, hidden));
            this.fc2 = child("fc2", new Pointwise(hidden, dim));
            this.local = child("dwconv", new DepthwiseConv(hidden, 3));
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            // The largest arrays of the model, freed at once: see Mlp.
            try (NDArray hidden = fc1.apply(x, pass); // (B, h, w, hidden)
                    NDArray active = Activation.gelu(hidden);
                    NDArray mixed = local.plusInput(active, pass)) {
                return fc2.apply(mixed, pass); // (B, h, w, C)
            }
        }
    }
}
