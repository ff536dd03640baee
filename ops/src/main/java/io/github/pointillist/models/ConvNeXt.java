// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import io.github.pointillist.layers.Conv2d;
import io.github.pointillist.layers.DepthwiseConv;
import io.github.pointillist.layers.LayerNorm;
import io.github.pointillist.layers.Linear;
import io.github.pointillist.layers.Pyramid;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;
import java.util.ArrayList;
import java.util.List;

/**
 * ConvNeXt: Liu, Mao, Wu, Feichtenhofer, Darrell, Xie, A ConvNet for the 2020s, CVPR 2022. Reference implementations:
 * facebookresearch/ConvNeXt ({@code models/convnext.py}) and, for padded images, the backbone of bytedance/kmax-deeplab
 * f8e1d04, which has the same names.
 *
 * <p>Shapes: B samples; an image of H x W pixels; stage i has h x w points of C_i channels, h about H / 4 / 2^i.
 *
 * <p>Deviation: points are kept channels-last, (B, h, w, C), from the stem to the end. Results are the same.
 */
public final class ConvNeXt extends Layer implements Pyramid, ImageClassifier {
    private static final int STAGES = 4;
    private static final int PATCH = 4;
    private static final int KERNEL = 7;
    private static final int EXPANSION = 4;
    private static final double EPSILON = 1e-6;

    /** What is done about sides that the patches do not divide. */
    public enum Padding {
        /** Rows and columns that fill no patch are left out: the original. */
        NONE,
        /**
         * Zeros are added as kMaX-DeepLab does, left 1, right 2, top 1, bottom 2 to the image and right 1, bottom 1 to
         * the maps before their norm: maps then have sides (n - 1) / stride + 1.
         */
        KMAX
    }

    /**
     * What makes one variant.
     *
     * @param depths blocks in each of the four stages
     * @param dims channels of each stage
     * @param padding what is done about sides that the patches do not divide
     * @param classes number of classes, or 0 for a feature pyramid without a classifier
     */
    public record Config(List<Integer> depths, List<Integer> dims, Padding padding, int classes) {
        /** Checks that there are four stages and every number is positive. */
        public Config {
            depths = fourPositive("depths", depths);
            dims = fourPositive("dims", dims);
            if (padding == null || classes < 0) {
                throw new IllegalArgumentException("padding is " + padding + " with " + classes
                        + " classes; allowed are NONE and KMAX, and 0 or more classes");
            }
        }

        private static List<Integer> fourPositive(String name, List<Integer> values) {
            if (values == null || values.size() != STAGES || values.stream().anyMatch(n -> n == null || n < 1)) {
                throw new IllegalArgumentException(name + " is " + values + "; allowed are four positive numbers");
            }
            return List.copyOf(values);
        }

        /** The same with another number of classes; 0 for a feature pyramid. */
        public Config withClasses(int number) {
            return new Config(depths, dims, padding, number);
        }

        /** The same with another padding. */
        public Config padded(Padding other) {
            return new Config(depths, dims, other, classes);
        }
    }

    private static Config official(int thirdDepth, int dim) {
        return new Config(List.of(3, 3, thirdDepth, 3), List.of(dim, 2 * dim, 4 * dim, 8 * dim), Padding.NONE, 1000);
    }

    /** convnext_tiny: 28.6 M parameters, 82.1 % top-1. */
    public static final Config TINY = official(9, 96);
    /** convnext_small: 50.2 M parameters, 83.1 % top-1. */
    public static final Config SMALL = official(27, 96);
    /** convnext_base: 88.6 M parameters, 83.8 % top-1. */
    public static final Config BASE = official(27, 128);
    /** convnext_large: 197.8 M parameters, 84.3 % top-1. */
    public static final Config LARGE = official(27, 192);
    /** convnext_xlarge: 350.2 M parameters, 87.0 % top-1 after ImageNet-22k. */
    public static final Config XLARGE = official(27, 256);

    private final Config config;
    private final Conv2d stem;
    private final LayerNorm stemNorm;
    private final List<LayerNorm> reducerNorms = new ArrayList<>();
    private final List<Conv2d> reducers = new ArrayList<>();
    private final List<List<Block>> stages = new ArrayList<>();
    private final LayerNorm norm;
    private final Linear head;

    /** Declares the parameters under the official names. */
    public ConvNeXt(Config config) {
        this.config = config;
        List<Integer> dims = config.dims();
        this.stem = child("downsample_layers.0.0", new Conv2d(3, dims.get(0), PATCH, PATCH, 0));
        this.stemNorm = child("downsample_layers.0.1", new LayerNorm(dims.get(0), EPSILON));
        for (int i = 1; i < STAGES; i++) {
            reducerNorms.add(child("downsample_layers." + i + ".0", new LayerNorm(dims.get(i - 1), EPSILON)));
            reducers.add(child("downsample_layers." + i + ".1", new Conv2d(dims.get(i - 1), dims.get(i), 2, 2, 0)));
        }
        for (int i = 0; i < STAGES; i++) {
            List<Block> blocks = new ArrayList<>();
            for (int j = 0; j < config.depths().get(i); j++) {
                blocks.add(child("stages." + i + "." + j, new Block(dims.get(i))));
            }
            stages.add(blocks);
        }
        boolean classifier = config.classes() > 0;
        this.norm = classifier ? child("norm", new LayerNorm(dims.get(STAGES - 1), EPSILON)) : null;
        this.head = classifier ? child("head", new Linear(dims.get(STAGES - 1), config.classes())) : null;
    }

    /** What this model was built from. */
    public Config config() {
        return config;
    }

    @Override
    public int classes() {
        return config.classes();
    }

    /** Multiples of 32 pixels where nothing is padded, so that nothing is left out; else any size. */
    @Override
    public InputSizes inputSizes() {
        return InputSizes.multipleOf(config.padding() == Padding.NONE ? PATCH << (STAGES - 1) : 1);
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
        NDArray x = stem(image, pass);
        for (int i = 0; i < STAGES; i++) {
            x = stage(i, x, pass);
        }
        NDArray points = x.reshape(x.getShape().get(0), -1, x.getShape().get(3)); // (B, N, C)
        return head.apply(norm.apply(points.mean(new int[] {1}), pass), pass); // (B, classes)
    }

    /**
     * The output of the four stages, not normalised: res2 to res5.
     *
     * @param image (B, 3, H, W), RGB, normalised
     * @return one array per stage, (B, C_i, H / 4 / 2^i, W / 4 / 2^i), sides rounded up where images are padded
     */
    @Override
    public NDList features(NDArray image, Pass pass) {
        NDList all = featuresWithStem(image, pass);
        all.remove(0).close();
        return all;
    }

    /** The same, and before them the stem, after its norm: (B, C_0, H / 4, W / 4). */
    public NDList featuresWithStem(NDArray image, Pass pass) {
        return scoped(new NDList(image), pass, inner -> {
            NDArray x = stem(image, inner);
            NDList out = new NDList(planes(x));
            for (int i = 0; i < STAGES; i++) {
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
        return List.of(PATCH, 2 * PATCH, 4 * PATCH, 8 * PATCH);
    }

    private NDArray stem(NDArray image, Pass pass) {
        Shape shape = image.getShape();
        if (shape.dimension() != 4 || shape.get(1) != 3) {
            throw new IllegalArgumentException("input is " + shape + "; it must be (B, 3, H, W)");
        }
        int least = config.padding() == Padding.NONE ? PATCH << (STAGES - 1) : 1;
        if (shape.get(2) < least || shape.get(3) < least) {
            throw new IllegalArgumentException("the image is " + shape.get(3) + " x " + shape.get(2)
                    + " pixels; this model takes sides of " + least + " pixels or more");
        }
        NDArray x = config.padding() == Padding.KMAX
                ? image.pad(new Shape(1, 2, 1, 2), 0) // left, right, top, bottom
                : image;
        NDArray stemmed = stemNorm.apply(stem.apply(x.transpose(0, 2, 3, 1), pass), pass); // (B, H/4, W/4, C_0)
        pass.tap(this, "stem", () -> planes(stemmed));
        return stemmed;
    }

    private NDArray stage(int i, NDArray input, Pass pass) {
        NDArray x = input;
        if (i > 0) {
            NDArray whole = config.padding() == Padding.KMAX
                    ? x.pad(new Shape(0, 0, 0, 1, 0, 1), 0) // no channels, right, bottom
                    : x;
            x = reducers.get(i - 1).apply(reducerNorms.get(i - 1).apply(whole, pass), pass); // (B, h, w, C_i)
        }
        for (Block block : stages.get(i)) {
            x = block.apply(x, pass);
        }
        NDArray out = x;
        pass.tap(this, "stages." + i, () -> planes(out));
        return out;
    }

    private static NDArray planes(NDArray x) {
        return x.transpose(0, 3, 1, 2); // (B, H, W, C) to (B, C, H, W)
    }

    /** x + gamma W2 gelu(W1 LN(DW7(x))). */
    private static final class Block extends Layer {
        private final Parameter gamma; // (C)
        private final DepthwiseConv dwconv;
        private final LayerNorm norm;
        private final Linear pwconv1;
        private final Linear pwconv2;

        Block(int dim) {
            this.gamma = weight("gamma", dim);
            this.dwconv = child("dwconv", new DepthwiseConv(dim, KERNEL));
            this.norm = child("norm", new LayerNorm(dim, EPSILON));
            this.pwconv1 = child("pwconv1", new Linear(dim, EXPANSION * dim));
            this.pwconv2 = child("pwconv2", new Linear(EXPANSION * dim, dim));
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            NDArray hidden = pwconv1.apply(norm.apply(dwconv.apply(x, pass), pass), pass); // (B, h, w, 4 C)
            NDArray out = x.add(pwconv2.apply(Activation.gelu(hidden), pass).mul(gamma.array())); // (B, h, w, C)
            pass.tap(this, "output", () -> planes(out));
            return out;
        }
    }
}
