// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.pooling.Pool;
import io.github.pointillist.layers.BatchNorm;
import io.github.pointillist.layers.Linear;
import io.github.pointillist.layers.Pyramid;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Leaf;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;
import java.util.ArrayList;
import java.util.List;

/**
 * ResNet: He, Zhang, Ren, Sun, Deep Residual Learning for Image Recognition, CVPR 2016, with the stride in the 3 x 3
 * convolutions. Reference implementations: torchvision ({@code models/resnet.py}), whose names mmdetection 2.24.1 has
 * too, and detectron2 0.6 ({@code modeling/backbone/resnet.py}), which differs in names only.
 *
 * <p>Shapes: B samples; an image of H x W pixels; stage i has h x w points of C_i channels, h about H / 4 / 2^i.
 *
 * <p>Deviation: points are kept channels-last, (B, h, w, C). Results are the same.
 */
public final class ResNet extends Layer implements Pyramid, ImageClassifier {
    private static final int STAGES = 4;
    private static final int FIRST_STRIDE = 4;
    private static final int STEM_KERNEL = 7;

    /** Whose names the parameters have. */
    public enum Naming {
        /** conv1, bn1, layer1.0.conv1, layer1.0.downsample.0, fc: torchvision, timm, mmdetection. */
        TORCHVISION,
        /** stem.conv1, stem.conv1.norm, res2.0.conv1, res2.0.shortcut: detectron2, which has no classifier. */
        DETECTRON2
    }

    /**
     * What makes one variant.
     *
     * @param depths blocks in each of the four stages
     * @param bottleneck whether a block is 1 x 1, 3 x 3, 1 x 1, or else two 3 x 3 convolutions
     * @param stem channels of the first convolution
     * @param width channels within the blocks of the first stage; they double from stage to stage
     * @param out channels of the first stage; they double as well
     * @param epsilon what the batch norms add to the variance
     * @param momentum share of a batch in the running statistics
     * @param naming whose parameter names
     * @param classes number of classes, or 0 for a feature pyramid without a classifier
     */
    public record Config(
            List<Integer> depths,
            boolean bottleneck,
            int stem,
            int width,
            int out,
            double epsilon,
            double momentum,
            Naming naming,
            int classes) {
        /** Checks that there are four stages and every number is allowed. */
        public Config {
            if (depths == null || depths.size() != STAGES || depths.stream().anyMatch(n -> n == null || n < 1)) {
                throw new IllegalArgumentException(
                        "depths is " + depths + "; a ResNet has four stages of at least one block");
            }
            depths = List.copyOf(depths);
            if (stem < 1 || width < 1 || out < 1 || classes < 0) {
                throw new IllegalArgumentException("stem is " + stem + ", width " + width + ", out " + out
                        + " channels, with " + classes + " classes; allowed are 1 or more channels, 0 or more classes");
            }
            if (!bottleneck && width != out) {
                throw new IllegalArgumentException("width is " + width + " and out " + out
                        + " channels; blocks without a bottleneck have as many within as at their end");
            }
            if (!(epsilon > 0 && momentum >= 0 && momentum <= 1)) {
                throw new IllegalArgumentException(
                        "epsilon is " + epsilon + ", momentum " + momentum + "; allowed are above 0, and 0 to 1");
            }
            if (naming == null || (naming == Naming.DETECTRON2 && classes > 0)) {
                throw new IllegalArgumentException("naming is " + naming + " with " + classes
                        + " classes; allowed are TORCHVISION, and DETECTRON2 with 0 classes");
            }
        }

        /** The same with another number of classes; 0 for a feature pyramid. */
        public Config withClasses(int number) {
            return new Config(depths, bottleneck, stem, width, out, epsilon, momentum, naming, number);
        }

        /** The same under other names; without a classifier for DETECTRON2. */
        public Config named(Naming other) {
            int kept = other == Naming.DETECTRON2 ? 0 : classes;
            return new Config(depths, bottleneck, stem, width, out, epsilon, momentum, other, kept);
        }

        /** The same with other constants of the batch norms: kMaX-DeepLab has 1e-3 and 0.01. */
        public Config withNorm(double newEpsilon, double newMomentum) {
            return new Config(depths, bottleneck, stem, width, out, newEpsilon, newMomentum, naming, classes);
        }
    }

    private static Config official(boolean bottleneck, Integer... depths) {
        int out = bottleneck ? 256 : 64;
        return new Config(List.of(depths), bottleneck, 64, 64, out, 1e-5, 0.1, Naming.TORCHVISION, 1000);
    }

    /** resnet18: 11.7 M parameters, 69.8 % top-1. */
    public static final Config R18 = official(false, 2, 2, 2, 2);
    /** resnet34: 21.8 M parameters, 73.3 % top-1. */
    public static final Config R34 = official(false, 3, 4, 6, 3);
    /** resnet50: 25.6 M parameters, 76.1 % top-1, 80.9 % with torchvision's second weights. */
    public static final Config R50 = official(true, 3, 4, 6, 3);
    /** resnet101: 44.5 M parameters, 77.4 % top-1, 81.9 % with torchvision's second weights. */
    public static final Config R101 = official(true, 3, 4, 23, 3);
    /** resnet152: 60.2 M parameters, 78.3 % top-1, 82.3 % with torchvision's second weights. */
    public static final Config R152 = official(true, 3, 8, 36, 3);

    private final Config config;
    private final Conv stem;
    private final BatchNorm stemNorm;
    private final List<List<Block>> stages = new ArrayList<>();
    private final Linear head;

    /** Declares the parameters under the names of {@link Config#naming}. */
    public ResNet(Config config) {
        this.config = config;
        boolean torchvision = config.naming() == Naming.TORCHVISION;
        this.stem = child(
                torchvision ? "conv1" : "stem.conv1", new Conv(3, config.stem(), STEM_KERNEL, 2, STEM_KERNEL / 2));
        this.stemNorm = child(torchvision ? "bn1" : "stem.conv1.norm", norm(config, config.stem()));
        int in = config.stem();
        for (int i = 0; i < STAGES; i++) {
            List<Block> blocks = new ArrayList<>();
            for (int j = 0; j < config.depths().get(i); j++) {
                int stride = i > 0 && j == 0 ? 2 : 1;
                blocks.add(child(stageName(i) + "." + j, new Block(config, in, i, stride)));
                in = config.out() << i;
            }
            stages.add(blocks);
        }
        this.head = config.classes() == 0 ? null : child("fc", new Linear(in, config.classes()));
    }

    private String stageName(int stage) {
        return config.naming() == Naming.TORCHVISION ? "layer" + (stage + 1) : "res" + (stage + 2);
    }

    private static BatchNorm norm(Config config, int channels) {
        return new BatchNorm(channels, config.epsilon(), config.momentum());
    }

    /** What this model was built from. */
    public Config config() {
        return config;
    }

    @Override
    public int classes() {
        return config.classes();
    }

    /** Any size: maps of odd sides are rounded up. */
    @Override
    public InputSizes inputSizes() {
        return InputSizes.multipleOf(1);
    }

    /**
     * Classifies.
     *
     * @param image (B, 3, H, W), RGB, normalised as the weights expect
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
        return head.apply(points.mean(new int[] {1}), pass); // (B, classes)
    }

    /**
     * The output of the four stages: C2 to C5, or res2 to res5.
     *
     * @param image (B, 3, H, W), RGB, normalised
     * @return one array per stage, (B, C_i, H / 4 / 2^i, W / 4 / 2^i), sides rounded up
     */
    @Override
    public NDList features(NDArray image, Pass pass) {
        NDList all = featuresWithStem(image, pass);
        all.remove(0).close();
        return all;
    }

    /** The same, and before them the stem: after the max pooling, (B, stem channels, H / 4, W / 4). */
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
        return List.of(config.out(), 2 * config.out(), 4 * config.out(), 8 * config.out());
    }

    @Override
    public List<Integer> strides() {
        return List.of(FIRST_STRIDE, 2 * FIRST_STRIDE, 4 * FIRST_STRIDE, 8 * FIRST_STRIDE);
    }

    private NDArray stem(NDArray image, Pass pass) {
        Shape shape = image.getShape();
        if (shape.dimension() != 4 || shape.get(1) != 3) {
            throw new IllegalArgumentException("input is " + shape + "; it must be (B, 3, H, W)");
        }
        NDArray convolved = stem.apply(image.transpose(0, 2, 3, 1), pass); // (B, H/2, W/2, stem)
        NDArray x = Activation.relu(stemNorm.apply(convolved, pass));
        pass.tap(this, "stem.conv", () -> planes(x));
        NDArray pooled = Pool.maxPool2d(planes(x), new Shape(3, 3), new Shape(2, 2), new Shape(1, 1), false);
        pass.tap(this, "stem", () -> pooled);
        return pooled.transpose(0, 2, 3, 1); // (B, H/4, W/4, stem)
    }

    private NDArray stage(int i, NDArray input, Pass pass) {
        NDArray x = input;
        for (Block block : stages.get(i)) {
            x = block.apply(x, pass);
        }
        NDArray out = x;
        pass.tap(this, stageName(i), () -> planes(out));
        return out;
    }

    private static NDArray planes(NDArray x) {
        return x.transpose(0, 3, 1, 2); // (B, H, W, C) to (B, C, H, W)
    }

    /** relu(F(x) + x), where x is projected if F changes its shape. */
    private static final class Block extends Layer {
        private final List<Conv> convs = new ArrayList<>();
        private final List<BatchNorm> norms = new ArrayList<>();
        private Conv shortcut;
        private BatchNorm shortcutNorm;

        Block(Config config, int in, int stage, int stride) {
            int width = config.width() << stage;
            int out = config.out() << stage;
            boolean projected = stride > 1 || in != out;
            boolean torchvision = config.naming() == Naming.TORCHVISION;
            if (projected && !torchvision) {
                shortcut = child("shortcut", new Conv(in, out, 1, stride, 0));
                shortcutNorm = child("shortcut.norm", norm(config, out));
            }
            if (config.bottleneck()) {
                add(config, new Conv(in, width, 1, 1, 0), width);
                add(config, new Conv(width, width, 3, stride, 1), width);
                add(config, new Conv(width, out, 1, 1, 0), out);
            } else {
                add(config, new Conv(in, out, 3, stride, 1), out);
                add(config, new Conv(out, out, 3, 1, 1), out);
            }
            if (projected && torchvision) {
                shortcut = child("downsample.0", new Conv(in, out, 1, stride, 0));
                shortcutNorm = child("downsample.1", norm(config, out));
            }
        }

        private void add(Config config, Conv conv, int channels) {
            int number = convs.size() + 1;
            convs.add(child("conv" + number, conv));
            String name = config.naming() == Naming.TORCHVISION ? "bn" + number : "conv" + number + ".norm";
            norms.add(child(name, norm(config, channels)));
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            NDArray y = x;
            int last = convs.size() - 1;
            for (int i = 0; i <= last; i++) {
                y = norms.get(i).apply(convs.get(i).apply(y, pass), pass);
                y = i < last ? Activation.relu(y) : y;
            }
            NDArray straight = shortcut == null ? x : shortcutNorm.apply(shortcut.apply(x, pass), pass);
            return Activation.relu(y.add(straight)); // (B, h, w, C)
        }
    }

    /** A square convolution without bias on channels-last points: (B, H, W, in) to (B, H', W', out). */
    private static final class Conv extends Leaf {
        private final Parameter weight; // (out, in, k, k)
        private final Shape stride;
        private final Shape padding;

        Conv(int in, int out, int kernel, int stride, int padding) {
            this.weight = weight("weight", out, in, kernel, kernel);
            this.stride = new Shape(stride, stride);
            this.padding = new Shape(padding, padding);
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            // Seen as (B, C, H, W) this is the engine's channels-last memory format: no copy either way.
            return Conv2d.conv2d(planes(x), weight.array(), null, stride, padding, new Shape(1, 1), 1)
                    .head()
                    .transpose(0, 2, 3, 1);
        }
    }
}
