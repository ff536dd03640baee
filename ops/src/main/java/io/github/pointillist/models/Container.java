// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import io.github.pointillist.layers.BatchNorm;
import io.github.pointillist.layers.Conv2d;
import io.github.pointillist.layers.DepthwiseConv;
import io.github.pointillist.layers.LayerNorm;
import io.github.pointillist.layers.Linear;
import io.github.pointillist.layers.Pointwise;
import io.github.pointillist.layers.Pyramid;
import io.github.pointillist.models.GroupingModel.Level;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * CONTAINER: Gao, Lu, Li, Mottaghi, Kembhavi, Container: Context Aggregation Network, NeurIPS 2021. Reference
 * implementation: allenai/container 443be8a, {@code models.py}, which has CONTAINER-LIGHT only; the full CONTAINER is
 * composed here from the same blocks, as the paper describes it.
 *
 * <p>Shapes: B samples; an image of H x W pixels; stage i has h x w = N points of C channels, h = H / 4 / 2^i for the
 * official patches; E heads of D = C / E channels.
 *
 * <p>Deviations, with the same results: points are kept channels-last, (B, h, w, C); x + DW3(x) is one depthwise
 * convolution; attention over many points is done for some rows at a time.
 */
public final class Container extends Layer implements Pyramid, ImageClassifier, AffinityModel, LearnedNumbers {
    private static final int POSITION_KERNEL = 3;
    private static final int CONTEXT_KERNEL = 5;
    private static final int LEVEL_PARTS = 3;

    /** What the blocks of a stage gather context by. */
    public enum Context {
        /** A 5 x 5 depthwise convolution: the official CBlock. */
        STATIC,
        /** A mixture of that and of attention between all points: the official MixBlock. */
        MIXED
    }

    /**
     * What makes one variant; one entry per stage in each list.
     *
     * @param patches side of the patches, in points of the stage before (pixels for the first)
     * @param dims channels
     * @param depths blocks
     * @param heads heads of the attention, where there is one
     * @param mlpRatios hidden over visible channels of the MLPs
     * @param contexts the kind of blocks
     * @param classes number of classes, or 0 for a feature pyramid without a classifier
     */
    public record Config(
            List<Integer> patches,
            List<Integer> dims,
            List<Integer> depths,
            List<Integer> heads,
            List<Integer> mlpRatios,
            List<Context> contexts,
            int classes) {
        /** Checks that every stage is described, every number is positive and the heads divide the channels. */
        public Config {
            patches = perStage("patches", patches, contexts);
            dims = perStage("dims", dims, contexts);
            depths = perStage("depths", depths, contexts);
            heads = perStage("heads", heads, contexts);
            mlpRatios = perStage("mlpRatios", mlpRatios, contexts);
            contexts = List.copyOf(contexts);
            for (int i = 0; i < contexts.size(); i++) {
                if (contexts.get(i) == Context.MIXED && dims.get(i) % heads.get(i) != 0) {
                    throw new IllegalArgumentException("stage " + i + " has " + dims.get(i) + " channels and "
                            + heads.get(i) + " heads; the heads must divide the channels");
                }
            }
            if (classes < 0) {
                throw new IllegalArgumentException(classes + " classes given; allowed are 0 or more");
            }
        }

        private static List<Integer> perStage(String name, List<Integer> values, List<Context> contexts) {
            if (values == null || contexts == null || contexts.isEmpty() || values.size() != contexts.size()) {
                throw new IllegalArgumentException(name + " is " + values + " for the blocks " + contexts
                        + "; each stage needs one entry in each list");
            }
            if (values.stream().anyMatch(value -> value == null || value < 1)) {
                throw new IllegalArgumentException(name + " is " + values + "; allowed are positive numbers");
            }
            return List.copyOf(values);
        }

        /** The same with another number of classes; 0 for a feature pyramid. */
        public Config withClasses(int number) {
            return new Config(patches, dims, depths, heads, mlpRatios, contexts, number);
        }

        /** Number of stages. */
        public int stages() {
            return contexts.size();
        }

        /** Image pixels from one point to the next in a stage. */
        public int stride(int stage) {
            return patches.subList(0, stage + 1).stream().reduce(1, Math::multiplyExact);
        }
    }

    private static Config official(List<Context> contexts) {
        return new Config(
                List.of(4, 2, 2, 2),
                List.of(64, 128, 320, 512),
                List.of(3, 4, 8, 3),
                List.of(16, 16, 16, 16),
                List.of(8, 8, 4, 4),
                contexts,
                1000);
    }

    /** container_v1_light, CONTAINER-LIGHT: 20.6 M parameters, 82.3 % top-1. */
    public static final Config LIGHT = official(List.of(Context.STATIC, Context.STATIC, Context.STATIC, Context.MIXED));
    /** The paper's full CONTAINER, composed: CONTAINER-LIGHT with mixed context in every stage, 22.4 M parameters. */
    public static final Config FULL = official(List.of(Context.MIXED, Context.MIXED, Context.MIXED, Context.MIXED));

    /**
     * The share that each kind of context has in a block. The reference has one scalar a block, which its heads share:
     * all heads of a block have the same shares.
     *
     * @param stage from 0
     * @param block in the stage, from 0
     * @param head in the block, from 0
     * @param dynamicShare share of attention: the sigmoid of {@code sa_weight}
     * @param staticShare share of the depthwise convolution: 1 - dynamicShare
     */
    public record Mix(int stage, int block, int head, double dynamicShare, double staticShare) {}

    private final Config config;
    private final List<PatchEmbed> embeds = new ArrayList<>();
    private final List<List<Block>> stages = new ArrayList<>();
    private final BatchNorm norm;
    private final Linear head;

    /** Declares the parameters under the official names. */
    public Container(Config config) {
        this.config = config;
        for (int i = 0; i < config.stages(); i++) {
            int in = i == 0 ? 3 : config.dims().get(i - 1);
            embeds.add(child(
                    "patch_embed" + (i + 1),
                    new PatchEmbed(in, config.dims().get(i), config.patches().get(i))));
        }
        for (int i = 0; i < config.stages(); i++) {
            int dim = config.dims().get(i);
            List<Block> blocks = new ArrayList<>();
            for (int j = 0; j < config.depths().get(i); j++) {
                int ratio = config.mlpRatios().get(i);
                Block block = config.contexts().get(i) == Context.MIXED
                        ? new MixBlock(dim, config.heads().get(i), ratio)
                        : new ConvBlock(dim, ratio);
                blocks.add(child(blockName(i, j), block));
            }
            stages.add(blocks);
        }
        int last = config.dims().get(config.stages() - 1);
        this.norm = child("norm", new BatchNorm(last));
        this.head = config.classes() == 0 ? null : child("head", new Linear(last, config.classes()));
    }

    private static String blockName(int stage, int block) {
        return "blocks" + (stage + 1) + "." + block;
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
        return InputSizes.multipleOf(config.stride(config.stages() - 1));
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
        NDArray x = channelsLast(image);
        for (int i = 0; i < config.stages(); i++) {
            x = stage(i, x, pass);
        }
        NDArray normed = norm.apply(x, pass); // (B, h, w, C)
        pass.tap(this, "norm", () -> planes(normed));
        NDArray points =
                normed.reshape(normed.getShape().get(0), -1, normed.getShape().get(3)); // (B, N, C)
        return head.apply(points.mean(new int[] {1}), pass); // (B, classes)
    }

    /**
     * The output of every stage, not normalised.
     *
     * @param image (B, 3, H, W), RGB, normalised
     * @return one array per stage, (B, C_i, H / stride_i, W / stride_i)
     */
    @Override
    public NDList features(NDArray image, Pass pass) {
        return scoped(new NDList(image), pass, inner -> {
            NDList out = new NDList();
            NDArray x = channelsLast(image);
            for (int i = 0; i < config.stages(); i++) {
                x = stage(i, x, inner);
                out.add(planes(x));
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
        List<Integer> strides = new ArrayList<>();
        for (int i = 0; i < config.stages(); i++) {
            strides.add(config.stride(i));
        }
        return strides;
    }

    private NDArray channelsLast(NDArray image) {
        Shape shape = image.getShape();
        if (shape.dimension() != 4 || shape.get(1) != 3) {
            throw new IllegalArgumentException("input is " + shape + "; it must be (B, 3, H, W)");
        }
        inputSizes().check(shape.get(2), shape.get(3));
        return image.transpose(0, 2, 3, 1); // (B, H, W, 3)
    }

    private NDArray stage(int i, NDArray input, Pass pass) {
        NDArray x = embeds.get(i).apply(input, pass); // (B, h, w, C_i)
        tap("patch_embed" + (i + 1), x, pass);
        for (int j = 0; j < stages.get(i).size(); j++) {
            x = stages.get(i).get(j).apply(x, pass);
            tap(blockName(i, j), x, pass);
        }
        tap("blocks" + (i + 1), x, pass);
        return x;
    }

    private void tap(String name, NDArray x, Pass pass) {
        pass.tap(this, name, () -> planes(x));
    }

    private static NDArray planes(NDArray x) {
        return x.transpose(0, 3, 1, 2); // (B, H, W, C) to (B, C, H, W)
    }

    // ---- how the static and the dynamic are mixed

    /**
     * How every block with mixed context mixes, one entry per head, in the order of the forward pass; empty for a model
     * without such blocks. For a model with weights in memory.
     */
    public List<Mix> mixing() {
        List<Mix> all = new ArrayList<>();
        for (int i = 0; i < config.stages(); i++) {
            for (int j = 0; j < config.depths().get(i); j++) {
                if (stages.get(i).get(j) instanceof MixBlock) {
                    double share = ((MixBlock) stages.get(i).get(j)).dynamicShare();
                    for (int h = 0; h < config.heads().get(i); h++) {
                        all.add(new Mix(i, j, h, share, 1 - share));
                    }
                }
            }
        }
        return all;
    }

    /** The share of attention in every head of every block with mixed context: see {@link #mixing}. */
    @Override
    public List<Reading> learnedNumbers() {
        return mixing().stream()
                .map(mix -> new Reading(
                        "stage " + mix.stage() + ", block " + mix.block() + ", head " + mix.head()
                                + ": share of dynamic affinity (the rest is static)",
                        mix.dynamicShare()))
                .toList();
    }

    /** The parts of the affinity that have a level of their own; the mixture of both has no suffix. */
    private static final List<String> PARTS = List.of("", ".dynamic", ".static");

    private static final Pattern LEVEL = Pattern.compile("(\\d+)\\.(\\d+)\\.(\\d+)(|\\.dynamic|\\.static)");

    /**
     * Three levels for every head of a block with mixed context: "stage.block.head", what the block mixes;
     * "stage.block.head.dynamic", attention alone; "stage.block.head.static", the depthwise convolution alone.
     */
    @Override
    public List<Level> affinityLevels() {
        List<Level> levels = new ArrayList<>();
        for (int i = 0; i < config.stages(); i++) {
            if (config.contexts().get(i) != Context.MIXED) {
                continue;
            }
            for (int j = 0; j < config.depths().get(i); j++) {
                for (int h = 0; h < config.heads().get(i); h++) {
                    for (String part : PARTS) {
                        String what = part.isEmpty() ? "dynamic and static mixed" : part.substring(1);
                        levels.add(new Level(
                                i + "." + j + "." + h + part,
                                blockName(i, j) + ".conv1",
                                "stage " + i + ", block " + j + ", head " + h + ": " + what));
                    }
                }
            }
        }
        return levels;
    }

    /**
     * The affinity row of the point under a pixel: sigmoid(w) softmax(q k' / sqrt(D)) + (1 - sigmoid(w)) S, or one of
     * the two terms without its factor. S is the 5 x 5 kernel around the point, cut at the border; each channel of a
     * head has its own, and S is their mean, so weights may be negative and do not sum to 1.
     *
     * @param tapped q, k and v of the block, (1, 3 C, h, w): the tap holds no N x N matrix, a row costs O(N)
     * @throws IllegalArgumentException if the level is not of this model, the tap not that of the level, or the pixel
     *     outside the image
     */
    @Override
    public Affinity affinity(Level level, NDArray tapped, int x, int y, int heightPx, int widthPx) {
        Matcher parts = LEVEL.matcher(level.name());
        if (!parts.matches() || !affinityLevels().contains(level)) {
            throw new IllegalArgumentException("level is " + level.name() + "; allowed are stage.block.head of the"
                    + " blocks with mixed context, with .dynamic, .static or nothing after it");
        }
        if (x < 0 || x >= widthPx || y < 0 || y >= heightPx) {
            throw new IllegalArgumentException(
                    "pixel (" + x + ", " + y + ") is outside the image of " + widthPx + " x " + heightPx + " pixels");
        }
        int stage = Integer.parseInt(parts.group(1));
        int headIndex = Integer.parseInt(parts.group(LEVEL_PARTS));
        int dim = config.dims().get(stage);
        Shape shape = tapped.getShape();
        if (shape.dimension() != 4 || shape.get(0) != 1 || shape.get(1) != 3L * dim) {
            throw new IllegalArgumentException(
                    "tap " + level.tap() + " of one image must be (1, " + 3 * dim + ", h, w); given is " + shape);
        }
        int h = (int) shape.get(2);
        int w = (int) shape.get(3);
        int row = (int) ((long) y * h / heightPx);
        int column = (int) ((long) x * w / widthPx);
        MixBlock block = (MixBlock) stages.get(stage).get(Integer.parseInt(parts.group(2)));
        String part = parts.group(LEVEL_PARTS + 1);
        double dynamic = part.isEmpty() ? block.dynamicShare() : part.equals(".dynamic") ? 1 : 0;
        double[] weights = new double[h * w];
        if (dynamic > 0) {
            block.addDynamic(weights, dynamic, tapped, headIndex, row * w + column);
        }
        if (dynamic < 1) {
            block.addStatic(weights, 1 - dynamic, headIndex, row, column, h, w);
        }
        float[] rounded = new float[weights.length];
        for (int i = 0; i < rounded.length; i++) {
            rounded[i] = (float) weights[i];
        }
        return new Affinity(rounded, w, h);
    }

    /** A convolution whose stride is its kernel, then a norm over the channels. */
    private static final class PatchEmbed extends Layer {
        private final LayerNorm norm;
        private final Conv2d proj;

        PatchEmbed(int in, int out, int patch) {
            this.norm = child("norm", new LayerNorm(out));
            this.proj = child("proj", new Conv2d(in, out, patch, patch, 0));
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            return norm.apply(proj.apply(x, pass), pass); // (B, h, w, C)
        }
    }

    /** x + DW3(x), then x + context(BN x), then x + MLP(BN x); on channels-last points (B, h, w, C). */
    public abstract static class Block extends Layer {
        private DepthwiseConv position;
        private BatchNorm norm1;
        private BatchNorm norm2;
        private Pointwise fc1;
        private Pointwise fc2;
        /** Before the context is gathered. */
        Pointwise conv1;
        /** After it is gathered. */
        Pointwise conv2;
        /** The 5 x 5 depthwise convolution. */
        DepthwiseConv local;

        private Block() {}

        /** Declares all but what comes first in a block of mixed context. */
        final void declare(int dim, int gathered, String localName, int mlpRatio) {
            this.position = child("pos_embed", new DepthwiseConv(dim, POSITION_KERNEL));
            this.norm1 = child("norm1", new BatchNorm(dim));
            this.conv1 = child("conv1", new Pointwise(dim, gathered));
            this.conv2 = child("conv2", new Pointwise(dim, dim));
            this.local = child(localName, new DepthwiseConv(dim, CONTEXT_KERNEL));
            this.norm2 = child("norm2", new BatchNorm(dim));
            this.fc1 = child("mlp.fc1", new Pointwise(dim, mlpRatio * dim));
            this.fc2 = child("mlp.fc2", new Pointwise(mlpRatio * dim, dim));
        }

        /** What the points gather: of conv1's output, (B, h, w, C or 3 C), makes (B, h, w, C). */
        abstract NDArray gather(NDArray x, Pass pass);

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            pass.tap(this, "pos_embed", () -> planes(position.apply(x, pass)));
            NDArray placed = position.plusInput(x, pass); // (B, h, w, C)
            NDArray normed = norm1.apply(placed, pass);
            pass.tap(this, "norm1", () -> planes(normed));
            NDArray projected = conv1.apply(normed, pass); // (B, h, w, C or 3 C)
            pass.tap(this, "conv1", () -> planes(projected));
            NDArray gathered = conv2.apply(gather(projected, pass), pass);
            pass.tap(this, "conv2", () -> planes(gathered));
            NDArray context = placed.add(gathered);
            NDArray refined = fc2.apply(Activation.gelu(fc1.apply(norm2.apply(context, pass), pass)), pass);
            pass.tap(this, "mlp", () -> planes(refined));
            return context.add(refined); // (B, h, w, C)
        }
    }

    /** The official CBlock: context by a 5 x 5 depthwise convolution. */
    public static final class ConvBlock extends Block {
        /**
         * @param dim C
         * @param mlpRatio hidden over visible channels of the MLP
         */
        public ConvBlock(int dim, int mlpRatio) {
            declare(dim, dim, "attn", mlpRatio);
        }

        @Override
        NDArray gather(NDArray x, Pass pass) {
            return local.apply(x, pass); // (B, h, w, C)
        }
    }

    /** The official MixBlock: sigmoid(w) attention + (1 - sigmoid(w)) 5 x 5 depthwise convolution of v. */
    public static final class MixBlock extends Block {
        /** Attention weights that are held at once; more queries are taken in turns. */
        private static final long MAX_WEIGHTS = 1 << 21;

        private final Parameter mix; // (1)
        private final int dim;
        private final int heads;
        private final int headDim;

        /**
         * @param dim C
         * @param heads E
         * @param mlpRatio hidden over visible channels of the MLP
         */
        public MixBlock(int dim, int heads, int mlpRatio) {
            this.dim = dim;
            this.heads = heads;
            this.headDim = dim / heads;
            this.mix = weight("sa_weight", 1);
            declare(dim, 3 * dim, "conv", mlpRatio);
        }

        @Override
        NDArray gather(NDArray x, Pass pass) {
            Shape shape = x.getShape(); // (B, h, w, 3 C)
            NDArray nearby = local.apply(x.get(new NDIndex("..., {}:", 2 * dim)), pass); // (B, h, w, C)
            pass.tap(this, "conv", () -> planes(nearby));
            NDArray attended = attend(x, shape.get(0), shape.get(1) * shape.get(2), pass)
                    .reshape(nearby.getShape()); // (B, h, w, C)
            pass.tap(this, "dynamic", () -> attended.reshape(shape.get(0), -1, dim));
            NDArray share = Activation.sigmoid(pass.value(mix)); // (1)
            return nearby.add(attended.sub(nearby).mul(share));
        }

        /** softmax(q k' / sqrt(D)) v, in all heads: (B, h, w, 3 C) to (B, N, C). */
        private NDArray attend(NDArray x, long b, long n, Pass pass) {
            NDArray split = x.reshape(b, n, 3, heads, headDim).transpose(2, 0, 3, 1, 4); // (3, B, E, N, D)
            NDArray scale = operand("scale", arena -> arena.array(new double[] {1 / Math.sqrt(headDim)}, 1));
            NDArray q = split.get(0).mul(scale).reshape(b * heads, n, headDim); // (B E, N, D)
            NDArray k = split.get(1).reshape(b * heads, n, headDim).swapAxes(1, 2); // (B E, D, N)
            NDArray v = split.get(2).reshape(b * heads, n, headDim); // (B E, N, D)
            long rows = Math.max(1, Math.min(n, MAX_WEIGHTS / (b * heads * n)));
            NDList parts = new NDList();
            for (long from = 0; from < n; from += rows) {
                long at = from;
                parts.add(scoped(new NDList(q, k, v), pass, inner -> {
                            NDArray some = rows == n ? q : q.get(new NDIndex(":, {}:{}", at, Math.min(n, at + rows)));
                            return new NDList(some.batchMatMul(k).softmax(2).batchMatMul(v)); // (B E, rows, D)
                        })
                        .head());
            }
            NDArray all = parts.size() == 1 ? parts.head() : NDArrays.concat(parts, 1); // (B E, N, D)
            return all.reshape(b, heads, n, headDim).transpose(0, 2, 1, 3).reshape(b, n, dim); // (B, N, C)
        }

        private double dynamicShare() {
            return 1 / (1 + Math.exp(-doubles(mix.array())[0]));
        }

        /** Adds factor * softmax(q k' / sqrt(D)) of one query. */
        private void addDynamic(double[] weights, double factor, NDArray tapped, int head, int query) {
            double[] q = channels(tapped, head * headDim);
            double[] k = channels(tapped, dim + head * headDim);
            int n = weights.length;
            double[] logits = new double[n];
            double largest = Double.NEGATIVE_INFINITY;
            for (int i = 0; i < n; i++) {
                for (int d = 0; d < headDim; d++) {
                    logits[i] += q[d * n + query] * k[d * n + i];
                }
                logits[i] /= Math.sqrt(headDim);
                largest = Math.max(largest, logits[i]);
            }
            double sum = 0;
            for (int i = 0; i < n; i++) {
                logits[i] = Math.exp(logits[i] - largest);
                sum += logits[i];
            }
            for (int i = 0; i < n; i++) {
                weights[i] += factor * logits[i] / sum;
            }
        }

        private double[] channels(NDArray tapped, int from) {
            try (NDArray some = tapped.get(new NDIndex("0, {}:{}", from, from + headDim))) {
                return doubles(some); // (D, N)
            }
        }

        /** Adds factor * the mean of a head's kernels, the middle on the point. */
        private void addStatic(double[] weights, double factor, int head, int row, int column, int h, int w) {
            double[] kernels = doubles(local.kernels()); // (C, 1, 5, 5)
            int size = CONTEXT_KERNEL * CONTEXT_KERNEL;
            for (int i = 0; i < size; i++) {
                int y = row + i / CONTEXT_KERNEL - CONTEXT_KERNEL / 2;
                int x = column + i % CONTEXT_KERNEL - CONTEXT_KERNEL / 2;
                if (y < 0 || y >= h || x < 0 || x >= w) {
                    continue;
                }
                double mean = 0;
                for (int c = head * headDim; c < (head + 1) * headDim; c++) {
                    mean += kernels[c * size + i] / headDim;
                }
                weights[y * w + x] += factor * mean;
            }
        }

        private static double[] doubles(NDArray array) {
            try (NDArray wide = array.toType(DataType.FLOAT64, true)) {
                return wide.toDoubleArray();
            }
        }
    }
}
