// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import io.github.pointillist.layers.EquitableAttention;
import io.github.pointillist.layers.LayerNorm;
import io.github.pointillist.layers.Linear;
import io.github.pointillist.layers.Mlp;
import io.github.pointillist.layers.Patches;
import io.github.pointillist.layers.Pyramid;
import io.github.pointillist.layers.WindowAttention;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Owned;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Swin Transformer: Liu, Lin, Cao, Hu, Wei, Zhang, Lin, Guo, Swin Transformer: Hierarchical Vision Transformer using
 * Shifted Windows, ICCV 2021. Reference implementation: microsoft/Swin-Transformer f82860b, {@code
 * models/swin_transformer.py}.
 *
 * <p>And the same network with the attention of Fan et al., Semantic Equitable Clustering, in place of that in windows
 * (SEC-Swin), composed from that paper, which gives no code for it: the clusters are over all tokens of the map; there
 * are no windows, no shift and no bias. One line makes the difference: see {@code Attention}.
 *
 * <p>Shapes: B samples; an image of H x W pixels; stage i has N = h w tokens of C_i channels, h = H / 4 / 2^i, row by
 * row; E heads of D dimensions.
 *
 * <p>Deviation: the official index and mask buffers, which follow from the image size, are made here, not loaded.
 */
public final class Swin extends Layer implements Pyramid, ImageClassifier, GroupingModel {
    /**
     * What makes one variant.
     *
     * @param imageHeight height of the images in pixels
     * @param imageWidth width of the images in pixels
     * @param patch pixels along each side of a token
     * @param dim channels of the first stage, doubled in each stage after
     * @param depths blocks in each stage
     * @param heads heads per stage
     * @param window points along each side of a window; unused with clusters
     * @param mlpRatio hidden over visible channels of the MLPs
     * @param qkvBias whether queries, keys and values have a bias
     * @param absolutePositions whether an embedding of the position is added to the tokens
     * @param patchNorm whether the tokens are normalised in the beginning
     * @param clusters clusters of equal size per stage, 1 or -1 for plain attention; empty for windows
     * @param classes number of classes, or 0 for a feature pyramid without a classifier
     */
    public record Config(
            int imageHeight,
            int imageWidth,
            int patch,
            int dim,
            List<Integer> depths,
            List<Integer> heads,
            int window,
            double mlpRatio,
            boolean qkvBias,
            boolean absolutePositions,
            boolean patchNorm,
            List<Integer> clusters,
            int classes) {
        /** Checks that every stage is described and the numbers fit each other. */
        public Config {
            depths = ConfigLists.copy("depths", depths);
            heads = ConfigLists.copy("heads", heads);
            clusters = clusters == null ? List.of() : ConfigLists.copy("clusters", clusters);
            int stages = depths.size();
            ConfigLists.positive("depths", depths, stages);
            ConfigLists.positive("heads", heads, stages);
            if (!clusters.isEmpty()) {
                ConfigLists.clusters("clusters", clusters, stages);
            }
            if (patch < 1 || dim < 1 || window < 1 || !(mlpRatio > 0) || classes < 0) {
                throw new IllegalArgumentException("patches of " + patch + " pixels, " + dim + " channels, windows of "
                        + window + " points, an MLP ratio of " + mlpRatio + " and " + classes
                        + " classes given; all must be positive, the classes 0 or more");
            }
            for (int i = 0; i < stages; i++) {
                int unit = patch << i;
                if (imageHeight < unit || imageWidth < unit || imageHeight % unit != 0 || imageWidth % unit != 0) {
                    throw new IllegalArgumentException("images of " + imageWidth + " x " + imageHeight
                            + " pixels given; the sides must be multiples of " + (patch << stages - 1) + " pixels");
                }
                if ((dim << i) % heads.get(i) != 0) {
                    throw new IllegalArgumentException("stage " + i + " has " + (dim << i) + " channels for "
                            + heads.get(i) + " heads; the heads must divide them");
                }
                int h = imageHeight / unit;
                int w = imageWidth / unit;
                int side = Math.min(window, Math.min(h, w));
                if (clusters.isEmpty() ? h % side != 0 || w % side != 0 : h * w % clusters.get(i) != 0) {
                    throw new IllegalArgumentException("images of " + imageWidth + " x " + imageHeight
                            + " pixels give " + w + " x " + h + " points in stage " + i + ", which "
                            + (clusters.isEmpty()
                                    ? "windows of " + side + " x " + side + " points"
                                    : clusters.get(i) + " clusters")
                            + " do not divide");
                }
            }
        }

        /** The same with another number of classes; 0 for a feature pyramid. */
        public Config withClasses(int number) {
            return new Config(
                    imageHeight,
                    imageWidth,
                    patch,
                    dim,
                    depths,
                    heads,
                    window,
                    mlpRatio,
                    qkvBias,
                    absolutePositions,
                    patchNorm,
                    clusters,
                    number);
        }

        /** The same with clusters, for SEC-Swin, or with windows if the list is empty. */
        public Config withClusters(List<Integer> perStage) {
            return new Config(
                    imageHeight,
                    imageWidth,
                    patch,
                    dim,
                    depths,
                    heads,
                    window,
                    mlpRatio,
                    qkvBias,
                    absolutePositions,
                    patchNorm,
                    perStage,
                    classes);
        }

        /** The same for another size of images in pixels. */
        public Config withImage(int height, int width) {
            return new Config(
                    height,
                    width,
                    patch,
                    dim,
                    depths,
                    heads,
                    window,
                    mlpRatio,
                    qkvBias,
                    absolutePositions,
                    patchNorm,
                    clusters,
                    classes);
        }

        /** Number of stages. */
        public int stages() {
            return depths.size();
        }

        /** Rows of points in each stage. */
        public List<Integer> heights() {
            return IntStream.range(0, stages())
                    .mapToObj(i -> imageHeight / (patch << i))
                    .toList();
        }

        /** Points in a row of each stage. */
        public List<Integer> widths() {
            return IntStream.range(0, stages())
                    .mapToObj(i -> imageWidth / (patch << i))
                    .toList();
        }

        /** Channels of each stage. */
        public List<Integer> dims() {
            return IntStream.range(0, stages()).mapToObj(i -> dim << i).toList();
        }
    }

    private static Config official(int dim, List<Integer> depths, List<Integer> heads, int size, int window) {
        return new Config(size, size, 4, dim, depths, heads, window, 4, true, false, true, List.of(), 1000);
    }

    private static final List<Integer> DEEP = List.of(2, 2, 18, 2);
    private static final List<Integer> CLUSTERS = List.of(32, 8, 2, 1);

    /** swin_tiny_patch4_window7_224: 28.3 M parameters, 81.2 % top-1. */
    public static final Config T = official(96, List.of(2, 2, 6, 2), List.of(3, 6, 12, 24), 224, 7);
    /** swin_small_patch4_window7_224: 49.6 M parameters, 83.2 % top-1. */
    public static final Config S = official(96, DEEP, List.of(3, 6, 12, 24), 224, 7);
    /** swin_base_patch4_window7_224: 87.8 M parameters, 83.5 % top-1. */
    public static final Config B = official(128, DEEP, List.of(4, 8, 16, 32), 224, 7);
    /** swin_base_patch4_window12_384. */
    public static final Config B_384 = official(128, DEEP, List.of(4, 8, 16, 32), 384, 12);
    /** swin_large_patch4_window7_224. */
    public static final Config L = official(192, DEEP, List.of(6, 12, 24, 48), 224, 7);
    /** swin_large_patch4_window12_384. */
    public static final Config L_384 = official(192, DEEP, List.of(6, 12, 24, 48), 384, 12);
    /** SEC-Swin-T, composed from the paper. */
    public static final Config SEC_T = T.withClusters(CLUSTERS);
    /** SEC-Swin-S, composed from the paper. */
    public static final Config SEC_S = S.withClusters(CLUSTERS);
    /** SEC-Swin-B, composed from the paper. */
    public static final Config SEC_B = B.withClusters(CLUSTERS);

    private final Config config;
    private final Parameter positions; // (1, N, C_0) or none
    private final Patches patchEmbed;
    private final LayerNorm patchNorm;
    private final List<Stage> stages = new ArrayList<>();
    private final List<LayerNorm> outputNorms = new ArrayList<>();
    private final LayerNorm norm;
    private final Linear head;

    /** Declares everything; no memory is taken before {@link Layer#allocate}. */
    public Swin(Config config) {
        this.config = config;
        long tokens = (long) config.heights().get(0) * config.widths().get(0);
        this.positions = config.absolutePositions() ? weight("absolute_pos_embed", 1, tokens, config.dim()) : null;
        this.patchEmbed = child("patch_embed.proj", new Patches(3, config.dim(), config.patch()));
        this.patchNorm = config.patchNorm() ? child("patch_embed.norm", new LayerNorm(config.dim())) : null;
        for (int i = 0; i < config.stages(); i++) {
            stages.add(child("layers." + i, new Stage(config, i)));
        }
        int last = config.dims().get(config.stages() - 1);
        if (config.classes() == 0) {
            for (int i = 0; i < config.stages(); i++) {
                outputNorms.add(child("norm" + i, new LayerNorm(config.dims().get(i))));
            }
            this.norm = null;
            this.head = null;
        } else {
            this.norm = child("norm", new LayerNorm(last));
            this.head = child("head", new Linear(last, config.classes()));
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
     * @throws IllegalArgumentException if the image is of another size than the configuration's
     */
    @Override
    protected NDArray forward(NDArray image, Pass pass) {
        if (head == null) {
            throw new IllegalStateException("this model is a feature pyramid without a classifier: call features");
        }
        NDArray x = embed(image, pass);
        for (Stage stage : stages) {
            x = stage.merged(stage.apply(x, pass), pass);
        }
        NDArray normed = norm.apply(x, pass); // (B, N, C)
        pass.tap(this, "norm", () -> normed);
        NDArray pooled = normed.mean(new int[] {1}); // (B, C)
        pass.tap(this, "pooled", () -> pooled.expandDims(2));
        return head.apply(pooled, pass); // (B, classes)
    }

    /**
     * The normalised features of every stage, for dense prediction.
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
            NDArray x = embed(image, inner);
            for (int i = 0; i < config.stages(); i++) {
                NDArray map = stages.get(i).apply(x, inner);
                Shape plane = new Shape(
                        image.getShape().get(0),
                        config.heights().get(i),
                        config.widths().get(i),
                        config.dims().get(i));
                out.add(outputNorms.get(i).apply(map, inner).reshape(plane).transpose(0, 3, 1, 2));
                x = stages.get(i).merged(map, inner);
            }
            return out;
        });
    }

    private NDArray embed(NDArray image, Pass pass) {
        Shape shape = image.getShape();
        if (shape.dimension() != 4 || shape.get(1) != 3) {
            throw new IllegalArgumentException("input is " + shape + "; it must be (B, 3, H, W)");
        }
        inputSizes().check(shape.get(2), shape.get(3));
        NDArray x = patchEmbed.apply(image, pass).reshape(shape.get(0), -1, config.dim()); // (B, N, C_0)
        NDArray embedded = patchNorm == null ? x : patchNorm.apply(x, pass);
        pass.tap(this, "patch_embed", () -> embedded);
        return positions == null ? embedded : embedded.add(positions.array());
    }

    @Override
    public int classes() {
        return config.classes();
    }

    @Override
    public InputSizes inputSizes() {
        return InputSizes.fixed(config.imageHeight(), config.imageWidth());
    }

    @Override
    public List<Integer> channels() {
        return config.dims();
    }

    @Override
    public List<Integer> strides() {
        return IntStream.range(0, config.stages())
                .mapToObj(i -> config.patch() << i)
                .toList();
    }

    /** Every head of every block with clusters, "stage.block.head"; none where the attention is in windows. */
    @Override
    public List<Level> levels() {
        return config.clusters().isEmpty()
                ? List.of()
                : SecLevels.levels(
                        config.depths(), config.heads(), config.clusters(), "layers.%d.blocks.%d.attn.attention");
    }

    @Override
    public Groups groups(Level level, NDArray tapped, int heightPx, int widthPx) {
        inputSizes().check(heightPx, widthPx);
        return SecLevels.groups(level, tapped, config.clusters(), config.heights(), config.widths());
    }

    /** Blocks, and what leads to the next stage. */
    private static final class Stage extends Layer {
        private final List<Block> blocks = new ArrayList<>();
        private final Merging merging;

        Stage(Config config, int i) {
            for (int j = 0; j < config.depths().get(i); j++) {
                blocks.add(child("blocks." + j, new Block(config, i, j)));
            }
            this.merging = i + 1 == config.stages()
                    ? null
                    : child(
                            "downsample",
                            new Merging(
                                    config.dims().get(i),
                                    config.heights().get(i),
                                    config.widths().get(i)));
        }

        @Override
        protected NDArray forward(NDArray input, Pass pass) {
            NDArray x = input;
            for (Block block : blocks) {
                x = block.apply(x, pass);
            }
            NDArray map = x;
            pass.tap(this, "map", () -> map);
            return x;
        }

        /** The tokens of the next stage; after the last stage the same. */
        NDArray merged(NDArray x, Pass pass) {
            if (merging == null) {
                return x;
            }
            NDArray merged = merging.apply(x, pass);
            pass.tap(this, "downsample", () -> merged);
            return merged;
        }
    }

    /** Four neighbours joined, in the order (0, 0), (1, 0), (0, 1), (1, 1) of (row, column): (B, N, C) to (B, N / 4, 2 C). */
    private static final class Merging extends Layer {
        private final int dim;
        private final int height;
        private final int width;
        private final Linear reduction;
        private final LayerNorm norm;

        Merging(int dim, int height, int width) {
            this.dim = dim;
            this.height = height;
            this.width = width;
            this.reduction = child("reduction", new Linear(4 * dim, 2 * dim, false));
            this.norm = child("norm", new LayerNorm(4 * dim));
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            NDArray joined = x.reshape(-1, height / 2, 2, width / 2, 2, dim)
                    .transpose(0, 1, 3, 4, 2, 5) // (B, h / 2, w / 2, column, row, C)
                    .reshape(x.getShape().get(0), -1, 4L * dim); // (B, N / 4, 4 C)
            return reduction.apply(norm.apply(joined, pass), pass);
        }
    }

    /** y = x + A(LN x), then y + MLP(LN y). */
    private static final class Block extends Layer {
        private final LayerNorm norm1;
        private final Attention attention;
        private final LayerNorm norm2;
        private final Mlp mlp;

        Block(Config config, int i, int j) {
            int dim = config.dims().get(i);
            this.norm1 = child("norm1", new LayerNorm(dim));
            this.attention = child("attn", new Attention(config, i, j));
            this.norm2 = child("norm2", new LayerNorm(dim));
            this.mlp = child("mlp", new Mlp(dim, (int) (dim * config.mlpRatio())));
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            NDArray normed = norm1.apply(x, pass);
            pass.tap(this, "norm1", () -> normed);
            NDArray attended = x.add(attention.apply(normed, pass));
            NDArray refined = attended.add(mlp.apply(norm2.apply(attended, pass), pass));
            pass.tap(this, "out", () -> refined);
            return refined;
        }
    }

    /** Projections around the attention, in windows or in clusters. */
    private static final class Attention extends Layer {
        private final int heads;
        private final Layer core;
        private final Linear qkv;
        private final Linear proj;

        Attention(Config config, int i, int j) {
            int dim = config.dims().get(i);
            this.heads = config.heads().get(i);
            this.core = child(
                    "attention",
                    config.clusters().isEmpty()
                            ? windows(config, i, j)
                            : new EquitableAttention(config.clusters().get(i)));
            this.qkv = child("qkv", new Linear(dim, 3 * dim, config.qkvBias()));
            this.proj = child("proj", new Linear(dim, dim));
        }

        /** A map no larger than a window is one window and is not shifted; else the windows of odd blocks are. */
        private WindowAttention windows(Config config, int i, int j) {
            int h = config.heights().get(i);
            int w = config.widths().get(i);
            int side = Math.min(config.window(), Math.min(h, w));
            int shift = j % 2 == 1 && side < Math.min(h, w) ? side / 2 : 0;
            long offsets = (2L * side - 1) * (2L * side - 1);
            return new WindowAttention(weight("relative_position_bias_table", offsets, heads), h, w, side, shift);
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            Shape shape = x.getShape(); // (B, N, C)
            long d = shape.get(2) / heads;
            NDArray joint = qkv.apply(x, pass).reshape(shape.get(0), shape.get(1), 3, heads, d); // (B, N, 3, E, D)
            NDArray mixed = proj.apply(core.apply(joint, pass).reshape(shape), pass); // (B, N, C)
            pass.tap(this, "proj", () -> core instanceof WindowAttention ? inWindows(mixed) : mixed);
            return mixed;
        }

        /** (B, N, C) to (B windows, points of a window, C), as the reference has it. */
        private NDArray inWindows(NDArray x) {
            WindowAttention windows = (WindowAttention) core;
            Shape shape = x.getShape();
            int[] order = windows.order();
            int[] rows = new int[(int) shape.get(0) * order.length];
            for (int i = 0; i < rows.length; i++) {
                rows[i] = i / order.length * order.length + order[i % order.length];
            }
            NDArray points = x.reshape(-1, shape.get(2));
            return points.getNDArrayInternal()
                    .embedding(Owned.array(x.getManager(), rows, rows.length), points, SparseFormat.DENSE)
                    .head()
                    .reshape(shape.get(0) * windows.windows(), -1, shape.get(2));
        }
    }
}
