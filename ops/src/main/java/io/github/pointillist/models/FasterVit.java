// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import io.github.pointillist.layers.BatchNorm;
import io.github.pointillist.layers.CarrierTokenizer;
import io.github.pointillist.layers.ConvResidualBlock;
import io.github.pointillist.layers.EquitableAttention;
import io.github.pointillist.layers.EquitableAttentionBlock;
import io.github.pointillist.layers.HierarchicalAttentionBlock;
import io.github.pointillist.layers.LayerNorm;
import io.github.pointillist.layers.Linear;
import io.github.pointillist.layers.StridedConv;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;
import java.util.ArrayList;
import java.util.List;

/**
 * FasterViT: Hatamizadeh, Heinrich, Yin, Tao, Alvarez, Kautz, Molchanov, FasterViT: Fast Vision Transformers with
 * Hierarchical Attention, ICLR 2024. Written from the paper and from outputs of the reference implementation
 * (NVlabs/FasterViT 22154cc, {@code faster_vit.py} and {@code faster_vit_any_res.py}), whose licence is non-commercial:
 * no code was taken from it.
 *
 * <p>With numbers of clusters in its configuration it is SEC-FasterViT, in which {@link EquitableAttention} over the
 * whole map takes the place of windows, carriers and relative biases: see {@link SecFasterVit}.
 *
 * <p>Shapes: B samples; an image of H x W pixels; level i has h x w points of C 2^i channels, h = H / 4 / 2^i, rounded
 * up. Levels 0 and 1 are convolutional, the others attend; points are kept channels-last.
 *
 * <p>Deviation: carriers are propagated in the model's own type, not in float32 where that is float64.
 */
public class FasterVit extends Layer implements ImageClassifier {
    private static final int CONVOLUTIONAL = 2;
    private static final double STEM_EPSILON = 1e-4;
    private static final double DOWNSAMPLE_EPSILON = 1e-6;

    /**
     * What makes one variant.
     *
     * @param depths blocks in each level
     * @param heads attention heads in each level
     * @param windows points along each side of a window, per level
     * @param carrierSide carriers along each side of a window ({@code ct_size})
     * @param dim channels of level 0; every level has twice as many as the one before
     * @param stemDim channels after the first convolution
     * @param mlpRatio hidden over visible channels of the MLPs
     * @param heightPx of the image
     * @param widthPx of the image
     * @param carries whether a level has carriers where it has more than one window ({@code hat})
     * @param scaled whether the branches of attention levels have learned scales ({@code layer_scale})
     * @param convScaled whether those of convolutional levels do ({@code layer_scale_conv})
     * @param propagates whether the last block of a level with carriers adds them to the points
     * @param clusters clusters of every attention level, 0 for the convolutional ones; empty for attention in windows
     * @param classes number of classes
     */
    public record Config(
            List<Integer> depths,
            List<Integer> heads,
            List<Integer> windows,
            int carrierSide,
            int dim,
            int stemDim,
            double mlpRatio,
            int heightPx,
            int widthPx,
            List<Boolean> carries,
            boolean scaled,
            boolean convScaled,
            boolean propagates,
            List<Integer> clusters,
            int classes) {
        private static final int MAX_SIDE = 8192;
        private static final int MAX_WINDOW = 128;
        private static final int MAX_CARRIERS = 1 << 14;

        /** Checks that the levels are described and fit the image. */
        public Config {
            depths = copy("depths", depths);
            heads = copy("heads", heads);
            windows = copy("windows", windows);
            carries = copy("carries", carries);
            clusters = clusters == null ? List.of() : copy("clusters", clusters);
            int levels = depths.size();
            for (List<Integer> list : List.of(depths, heads, windows)) {
                if (list.size() != levels
                        || levels <= CONVOLUTIONAL
                        || list.stream().anyMatch(n -> n < 1)) {
                    throw new IllegalArgumentException(list + " given for " + levels
                            + " levels; allowed are 3 levels or more and a positive number for each");
                }
            }
            if (carries.size() != levels || !clusters.isEmpty() && clusters.size() != levels) {
                throw new IllegalArgumentException("carriers " + carries + " and clusters " + clusters + " given for "
                        + levels + " levels; give one for each");
            }
            if (carrierSide < 1 || dim < 1 || stemDim < 1 || !(mlpRatio > 0) || classes < 1) {
                throw new IllegalArgumentException(carrierSide + " carriers along a window's side, " + dim + " and "
                        + stemDim + " channels, MLP ratio " + mlpRatio + " and " + classes
                        + " classes given; all must be positive");
            }
            if (levels > ConfigLists.MAX_STAGES
                    || Math.max(heightPx, widthPx) > MAX_SIDE
                    || windows.stream().anyMatch(n -> n > MAX_WINDOW)) {
                throw new IllegalArgumentException(
                        levels + " levels with windows of " + windows + " points in images of "
                                + widthPx + " x " + heightPx + " pixels given; allowed are " + ConfigLists.MAX_STAGES
                                + " levels, " + MAX_WINDOW + " points and " + MAX_SIDE + " pixels along a side");
            }
            if (heightPx < 1 || widthPx < 1) {
                throw new IllegalArgumentException(
                        "image of " + widthPx + " x " + heightPx + " pixels given; both sides must be positive");
            }
            for (int i = CONVOLUTIONAL; i < levels; i++) {
                int h = side(heightPx, i);
                int w = side(widthPx, i);
                if (clusters.isEmpty()) {
                    checkWindows(windows.get(i), carries.get(i) ? carrierSide : 0, h, w);
                } else {
                    checkClusters(i, clusters.get(i), h, w);
                }
                if ((dim << i) % heads.get(i) != 0) {
                    throw new IllegalArgumentException((dim << i) + " channels given for " + heads.get(i)
                            + " heads in level " + i + "; the heads must divide the channels");
                }
            }
        }

        private static <T> List<T> copy(String name, List<T> list) {
            if (list == null || list.stream().anyMatch(value -> value == null)) {
                throw new IllegalArgumentException(name + " is " + list + "; give a value for each level");
            }
            return List.copyOf(list);
        }

        private static void checkWindows(int window, int carrierSide, int h, int w) {
            long tokens = (long) carrierSide * carrierSide * ceil(h, window) * ceil(w, window);
            if (tokens > MAX_CARRIERS) {
                throw new IllegalArgumentException(tokens + " carriers given; allowed are " + MAX_CARRIERS);
            }
            if (window < 2 || carrierSide > window || tokens > carrierSide * carrierSide && tokens < 4) {
                throw new IllegalArgumentException("windows of side " + window + " with " + carrierSide
                        + " carriers along it on a map of " + w + " x " + h
                        + " points given; allowed are windows of side 2 or more, no fewer points than carriers along"
                        + " it, and 4 carriers or more on the map");
            }
        }

        private static void checkClusters(int level, int clusters, int h, int w) {
            if (h != w || h < 2) {
                throw new IllegalArgumentException("a map of " + w + " x " + h + " points in level " + level
                        + "; with clusters it must be square, 2 x 2 or more: give a square image");
            }
            if (clusters < 1 || h * w % clusters != 0) {
                throw new IllegalArgumentException(clusters + " clusters given for the " + h * w + " points of level "
                        + level + "; they must divide the points");
            }
        }

        /** Number of levels. */
        public int levels() {
            return depths.size();
        }

        /** Channels of a level. */
        public int channels(int level) {
            return dim << level;
        }

        /** Rows of points in a level. */
        public int rows(int level) {
            return side(heightPx, level);
        }

        /** Points in a row of a level. */
        public int columns(int level) {
            return side(widthPx, level);
        }

        private static int side(int pixels, int level) {
            int side = pixels;
            for (int i = 0; i < level + 2; i++) {
                side = ceil(side, 2);
            }
            return side;
        }

        private static int ceil(int a, int b) {
            return (a + b - 1) / b;
        }

        private int windowRows(int level) {
            return ceil(rows(level), windows.get(level));
        }

        private int windowColumns(int level) {
            return ceil(columns(level), windows.get(level));
        }

        private boolean hasCarriers(int level) {
            return clusters.isEmpty() && carries.get(level) && windowRows(level) * windowColumns(level) > 1;
        }

        private int hidden(int level) {
            return (int) (channels(level) * mlpRatio);
        }

        /** The same with another number of classes. */
        public Config withClasses(int number) {
            return with(windows, heightPx, widthPx, propagates, clusters, number);
        }

        /** The same for images of another size. */
        public Config withResolution(int height, int width) {
            return with(windows, height, width, propagates, clusters, classes);
        }

        /** The same with other windows, one for each level. */
        public Config withWindows(List<Integer> sides) {
            return with(sides, heightPx, widthPx, propagates, clusters, classes);
        }

        /** The same with attention in clusters over the whole map, without windows and carriers. */
        public Config withClusters(List<Integer> numbers) {
            return with(windows, heightPx, widthPx, false, numbers, classes);
        }

        private Config with(List<Integer> w, int height, int width, boolean spread, List<Integer> k, int n) {
            return new Config(
                    depths,
                    heads,
                    w,
                    carrierSide,
                    dim,
                    stemDim,
                    mlpRatio,
                    height,
                    width,
                    carries,
                    scaled,
                    convScaled,
                    spread,
                    k,
                    n);
        }
    }

    private static final List<Integer> HEADS_2 = List.of(2, 4, 8, 16);
    private static final List<Integer> HEADS_4 = List.of(4, 8, 16, 32);

    private static Config official(List<Integer> depths, List<Integer> heads, int dim, int stemDim, boolean large) {
        List<Boolean> third = List.of(false, false, true, false);
        List<Integer> sevens = List.of(7, 7, 7, 7);
        return new Config(
                depths, heads, sevens, 2, dim, stemDim, 4, 224, 224, third, large, false, large, List.of(), 1000);
    }

    /** faster_vit_0_224: 31.4 M parameters, 82.1 % top-1. */
    public static final Config V0 = official(List.of(2, 3, 6, 5), HEADS_2, 64, 64, false);
    /** faster_vit_1_224: 53.4 M parameters, 83.2 % top-1. */
    public static final Config V1 = official(List.of(1, 3, 8, 5), HEADS_2, 80, 32, false);
    /** faster_vit_2_224: 75.9 M parameters, 84.2 % top-1. */
    public static final Config V2 = official(List.of(3, 3, 8, 5), HEADS_2, 96, 64, false);
    /** faster_vit_3_224: 159.5 M parameters, 84.9 % top-1. */
    public static final Config V3 = official(List.of(3, 3, 12, 5), HEADS_2, 128, 64, true);
    /**
     * faster_vit_4_224: 85.4 % top-1. It has 365.6 M parameters; the paper says 424.6 M, which is one MLP more in each
     * block with carriers. A file of weights is built as its shapes say.
     */
    public static final Config V4 = official(List.of(3, 3, 12, 5), HEADS_4, 196, 64, true);
    /** faster_vit_5_224: 957.5 M parameters. */
    public static final Config V5 = official(List.of(3, 3, 12, 5), HEADS_4, 320, 64, true);
    /** faster_vit_6_224: 1360.3 M parameters. */
    public static final Config V6 = official(List.of(3, 3, 16, 8), HEADS_4, 320, 64, true);
    /** faster_vit_4_21k_224: 271.9 M parameters; one window in level 2, so no carriers. */
    public static final Config V4_21K_224 = V4.withWindows(List.of(7, 7, 14, 7));
    /** faster_vit_4_21k_384. */
    public static final Config V4_21K_384 = V4.withResolution(384, 384).withWindows(List.of(7, 7, 24, 12));
    /** faster_vit_4_21k_512. */
    public static final Config V4_21K_512 = V4.withResolution(512, 512).withWindows(List.of(7, 7, 32, 16));
    /** faster_vit_4_21k_768. */
    public static final Config V4_21K_768 = V4.withResolution(768, 768).withWindows(List.of(7, 7, 48, 24));

    private final Config config;
    private final StridedConv stem1;
    private final BatchNorm stemNorm1;
    private final StridedConv stem2;
    private final BatchNorm stemNorm2;
    private final List<Level> levels = new ArrayList<>();
    private final BatchNorm norm;
    private final Linear head;

    /** Declares the parameters under the official names. */
    public FasterVit(Config config) {
        this.config = config;
        int dim = config.dim();
        this.stem1 = child("patch_embed.conv_down.0", new StridedConv(3, config.stemDim()));
        this.stemNorm1 = child("patch_embed.conv_down.1", new BatchNorm(config.stemDim(), STEM_EPSILON));
        this.stem2 = child("patch_embed.conv_down.3", new StridedConv(config.stemDim(), dim));
        this.stemNorm2 = child("patch_embed.conv_down.4", new BatchNorm(dim, STEM_EPSILON));
        for (int i = 0; i < config.levels(); i++) {
            Level level = i < CONVOLUTIONAL
                    ? new ConvLevel(config, i)
                    : config.clusters().isEmpty() ? new WindowLevel(config, i) : new ClusterLevel(config, i);
            levels.add(child("levels." + i, level));
        }
        int last = config.channels(config.levels() - 1);
        this.norm = child("norm", new BatchNorm(last));
        this.head = child("head", new Linear(last, config.classes()));
    }

    /** What this model was built from. */
    public final Config config() {
        return config;
    }

    @Override
    public final int classes() {
        return config.classes();
    }

    /** The one size that the windows and positions were made for. */
    @Override
    public final InputSizes inputSizes() {
        return InputSizes.fixed(config.heightPx(), config.widthPx());
    }

    /**
     * Classifies.
     *
     * @param image (B, 3, H, W), RGB, normalised by the ImageNet mean and standard deviation
     * @return logits (B, classes)
     * @throws IllegalArgumentException if the image has another size than the model was built for
     */
    @Override
    protected NDArray forward(NDArray image, Pass pass) {
        Shape shape = image.getShape();
        if (shape.dimension() != 4 || shape.get(1) != 3) {
            throw new IllegalArgumentException("input is " + shape + "; it must be (B, 3, H, W)");
        }
        inputSizes().check(shape.get(2), shape.get(3));
        // Through one axis, so that the channels-last order becomes that of the memory.
        NDArray x = image.transpose(0, 2, 3, 1).flatten().reshape(shape.get(0), shape.get(2), shape.get(3), 3);
        x = Activation.relu(stemNorm1.apply(stem1.apply(x, pass), pass)); // (B, H/2, W/2, stem)
        x = Activation.relu(stemNorm2.apply(stem2.apply(x, pass), pass)); // (B, H/4, W/4, C)
        tap("patch_embed", x, pass);
        for (int i = 0; i < levels.size(); i++) {
            x = levels.get(i).apply(x, pass);
            tap("levels." + i, x, pass);
        }
        NDArray normed = norm.apply(x, pass); // (B, h, w, C 2^i)
        tap("norm", normed, pass);
        Shape map = normed.getShape();
        NDArray pooled = normed.reshape(map.get(0), -1, map.get(3)).mean(new int[] {1});
        pass.tap(this, "pooled", () -> pooled.reshape(map.get(0), map.get(3), 1, 1));
        return head.apply(pooled, pass); // (B, classes)
    }

    private void tap(String name, NDArray x, Pass pass) {
        pass.tap(this, name, () -> planes(x));
    }

    private static NDArray planes(NDArray x) {
        return x.transpose(0, 3, 1, 2); // (B, H, W, C) to (B, C, H, W)
    }

    /** Blocks and, in all levels but the last, a normalisation and a convolution that halve the map. */
    private abstract static class Level extends Layer {
        private LayerNorm norm;
        private StridedConv reduction;

        /** Declared last, as in the official code. */
        final void declareDownsampling(Config config, int i) {
            if (i + 1 < config.levels()) {
                int dim = config.channels(i);
                norm = child("downsample.norm", new LayerNorm(dim, DOWNSAMPLE_EPSILON));
                reduction = child("downsample.reduction.0", new StridedConv(dim, 2 * dim));
            }
        }

        final NDArray downsampled(NDArray x, Pass pass) {
            return norm == null ? x : reduction.apply(norm.apply(x, pass), pass);
        }
    }

    /** A level of convolutions. */
    private static final class ConvLevel extends Level {
        private final List<ConvResidualBlock> blocks = new ArrayList<>();

        ConvLevel(Config config, int i) {
            for (int j = 0; j < config.depths().get(i); j++) {
                blocks.add(child("blocks." + j, new ConvResidualBlock(config.channels(i), config.convScaled())));
            }
            declareDownsampling(config, i);
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            NDArray y = x;
            for (int j = 0; j < blocks.size(); j++) {
                NDArray done = blocks.get(j).apply(y, pass);
                pass.tap(this, "blocks." + j, () -> planes(done));
                y = done;
            }
            return downsampled(y, pass);
        }
    }

    /** A level of hierarchical attention in windows. */
    private static final class WindowLevel extends Level {
        private final Config config;
        private final int level;
        private final List<HierarchicalAttentionBlock> blocks = new ArrayList<>();
        private final CarrierTokenizer tokenizer; // null without carriers

        WindowLevel(Config config, int i) {
            this.config = config;
            this.level = i;
            boolean carriers = config.hasCarriers(i);
            int depth = config.depths().get(i);
            for (int j = 0; j < depth; j++) {
                HierarchicalAttentionBlock.Spec spec = new HierarchicalAttentionBlock.Spec(
                        config.channels(i),
                        config.heads().get(i),
                        config.windows().get(i),
                        config.windowRows(i),
                        config.windowColumns(i),
                        carriers ? config.carrierSide() : 0,
                        config.hidden(i),
                        config.scaled(),
                        carriers && config.propagates() && j + 1 == depth);
                blocks.add(child("blocks." + j, new HierarchicalAttentionBlock(spec)));
            }
            declareDownsampling(config, i);
            this.tokenizer = carriers
                    ? child(
                            "global_tokenizer",
                            new CarrierTokenizer(
                                    config.channels(i),
                                    config.carrierSide(),
                                    config.windowRows(i),
                                    config.windowColumns(i)))
                    : null;
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            long b = x.getShape().get(0);
            long h = x.getShape().get(1);
            long w = x.getShape().get(2);
            long c = x.getShape().get(3);
            long s = config.windows().get(level);
            long rows = config.windowRows(level);
            long columns = config.windowColumns(level);
            // Zeros right and below, which take part: there is no mask.
            NDArray map = h == rows * s && w == columns * s
                    ? x
                    : x.pad(new Shape(0, 0, 0, columns * s - w, 0, rows * s - h), 0);
            NDArray tokens = map.reshape(b, rows, s, columns, s, c)
                    .transpose(0, 1, 3, 2, 4, 5)
                    .reshape(b * rows * columns, s * s, c);
            if (tokenizer != null) {
                tokens = tokenizer.apply(map, pass).concat(tokens, 1); // (B r q, K + S S, C)
            }
            for (HierarchicalAttentionBlock block : blocks) {
                tokens = block.apply(tokens, pass);
            }
            if (tokenizer != null) {
                tokens = tokens.get(new NDIndex(":, {}:", tokens.getShape().get(1) - s * s));
            }
            NDArray result = tokens.reshape(b, rows, columns, s, s, c)
                    .transpose(0, 1, 3, 2, 4, 5)
                    .reshape(b, rows * s, columns * s, c);
            return downsampled(
                    map == x ? result : result.get(new NDIndex(":, :{}, :{}", h, w)), pass); // (B, h/2, w/2, 2 C)
        }
    }

    /** A level of attention in clusters over the whole map. */
    private static final class ClusterLevel extends Level {
        private final List<EquitableAttentionBlock> blocks = new ArrayList<>();

        ClusterLevel(Config config, int i) {
            for (int j = 0; j < config.depths().get(i); j++) {
                EquitableAttentionBlock.Spec spec = new EquitableAttentionBlock.Spec(
                        config.channels(i),
                        config.heads().get(i),
                        config.rows(i),
                        config.clusters().get(i),
                        config.hidden(i),
                        config.scaled());
                blocks.add(child("blocks." + j, new EquitableAttentionBlock(spec)));
            }
            declareDownsampling(config, i);
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            Shape shape = x.getShape();
            NDArray tokens = x.reshape(shape.get(0), -1, shape.get(3)); // (B, N, C)
            for (EquitableAttentionBlock block : blocks) {
                tokens = block.apply(tokens, pass);
            }
            return downsampled(tokens.reshape(shape), pass);
        }
    }
}
