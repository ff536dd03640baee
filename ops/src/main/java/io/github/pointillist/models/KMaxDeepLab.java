// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.layers.Pyramid;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * kMaX-DeepLab: Yu, Wang, Qiao, Collins, Zhu, Adam, Yuille, Chen, k-means Mask Transformer, ECCV 2022. Reference implementation:
 * bytedance/kmax-deeplab f8e1d04, under whose names the parameters are; before it google-research/deeplab2 64bc1c1.
 *
 * <p>Cluster centres, one for each object or area that an image may hold, are moved by k-means steps on the image's
 * features until each says its mask and its class.
 *
 * <p>Shapes: B samples; an image of H x W pixels; L clusters of D channels; K classes and void, the last one; masks of h x w pixels, about
 * H / 4 x W / 4.
 *
 * <p>Deviations: maps are kept channels-last; what only training needs is not computed otherwise. Results are the same.
 */
public final class KMaxDeepLab extends Layer implements GroupingModel {
    /** Share of the features of the semantic head that the reference implementation leaves out in training. */
    static final double DROPOUT = 0.1;

    /** Channels of a cluster centre in the official models. */
    static final int WIDTH = 256;

    private static final int COARSEST = 32;
    private static final String HEAD = "sem_seg_head.";
    private static final String PREDICTOR = HEAD + "predictor.";

    /** The tap of the final mask logits, (B, L, h, w). */
    public static final String FINAL_MASKS = PREDICTOR + "_predcitor.mask_logits";
    /** The tap of the final class logits, (B, L, K + 1). */
    public static final String FINAL_CLASSES = PREDICTOR + "_predcitor.class_logits";

    /** The order and the strides in which the reference implementation takes the maps of the backbone. */
    public enum Features {
        /** res5, res4, res3, res2. */
        FOUR(List.of(4, 3, 2, 1)),
        /** res5, res4, res3, stem, res2: a ResNet's stem, which has stride 4 and comes first of two equals. */
        STEM_BEFORE_RES2(List.of(4, 3, 2, 0, 1)),
        /** res5, res4, res3, res2, stem: a ConvNeXt's stem, which says it had stride 2 and has 4. */
        STEM_LAST(List.of(4, 3, 2, 1, 0));

        /** 0 is the stem, 1 to 4 the stages. */
        private final List<Integer> order;

        Features(List<Integer> order) {
            this.order = order;
        }
    }

    /** The semantic head that helps in training. */
    public enum Auxiliary {
        /** None: a file for inference alone. */
        NONE,
        /** Three convolutions on the coarsest map, without void: Cityscapes. */
        SMALL,
        /** Pyramid pooling and a decoder, with void: COCO and ADE20K. */
        DECODER
    }

    /**
     * A stage of the pixel decoder.
     *
     * @param blocks number of blocks, 1 or more
     * @param channels D; its output has 4 D
     * @param axial whether its blocks attend along both axes, or convolve
     */
    public record Stage(int blocks, int channels, boolean axial) {
        /** Checks the ranges. */
        public Stage {
            if (blocks < 1 || channels < 1 || (axial && channels % 8 != 0)) {
                throw new IllegalArgumentException("a stage of " + blocks + " blocks with " + channels
                        + " channels; allowed are 1 or more, and multiples of 8 channels for axial attention");
            }
        }
    }

    /**
     * What makes one variant. One of the two backbones is null.
     *
     * @param resnet with detectron2's names, norms of 1e-3 and 0.01, no classes
     * @param convnext padded as for kMaX, no classes
     * @param features which of its maps are taken in which order
     * @param stages of the pixel decoder, one a map
     * @param steps k-means steps on each of the three coarsest maps, 0 or more
     * @param queries L
     * @param width channels of a cluster centre, a multiple of 16; 256 in the official models
     * @param classes K, without void
     * @param auxiliary the semantic head that helps in training
     * @param dropout share of the features of this head that are left out in training, 0.1 in the reference
     *     implementation
     * @param heightPx height of the images it was trained on
     * @param widthPx width of the images it was trained on
     */
    public record Config(
            ResNet.Config resnet,
            ConvNeXt.Config convnext,
            Features features,
            List<Stage> stages,
            List<Integer> steps,
            int queries,
            int width,
            int classes,
            Auxiliary auxiliary,
            double dropout,
            int heightPx,
            int widthPx) {
        /** Checks that all fits together. */
        public Config {
            if ((resnet == null) == (convnext == null)) {
                throw new IllegalArgumentException("give a ResNet or a ConvNeXt as the backbone, and not both");
            }
            boolean backbone = resnet == null
                    ? convnext.classes() == 0 && convnext.padding() == ConvNeXt.Padding.KMAX
                    : resnet.classes() == 0 && resnet.naming() == ResNet.Naming.DETECTRON2;
            if (!backbone) {
                throw new IllegalArgumentException("the backbone is " + (resnet == null ? convnext : resnet)
                        + "; it must have no classes, and kMaX's padding or detectron2's names");
            }
            if (features == null || auxiliary == null || stages == null || steps == null) {
                throw new IllegalArgumentException("features, auxiliary, stages or steps are missing; give all four");
            }
            stages = List.copyOf(stages);
            steps = List.copyOf(steps);
            if (stages.size() != features.order.size()
                    || steps.size() != 3
                    || steps.stream().anyMatch(n -> n < 0)) {
                throw new IllegalArgumentException(
                        stages.size() + " stages for " + features.order.size() + " maps, and steps " + steps
                                + "; allowed are one stage a map, and three numbers of 0 or more");
            }
            if (!(dropout >= 0 && dropout < 1) || queries < 1 || classes < 1 || heightPx < 1 || widthPx < 1) {
                throw new IllegalArgumentException(queries + " queries, " + classes + " classes, images of " + widthPx
                        + " x " + heightPx + "; allowed are 1 or more");
            }
        }

        /** The same for other classes. */
        public Config withClasses(int number) {
            return copy(number, auxiliary, dropout);
        }

        /** The same with another head for training. */
        public Config withAuxiliary(Auxiliary other) {
            return copy(classes, other, dropout);
        }

        /** The same with another dropout. */
        public Config withDropout(double other) {
            return copy(classes, auxiliary, other);
        }

        private Config copy(int classNumber, Auxiliary head, double newDropout) {
            return new Config(
                    resnet,
                    convnext,
                    features,
                    stages,
                    steps,
                    queries,
                    width,
                    classNumber,
                    head,
                    newDropout,
                    heightPx,
                    widthPx);
        }
    }

    private static final List<Stage> FOUR_STAGES = List.of(
            new Stage(1, 512, true), new Stage(5, 256, true), new Stage(1, 128, false), new Stage(1, 64, false));
    private static final ResNet.Config RESNET =
            ResNet.R50.withNorm(1e-3, 0.01).named(ResNet.Naming.DETECTRON2).withClasses(0);

    private static ConvNeXt.Config convnext(ConvNeXt.Config variant) {
        return variant.withClasses(0).padded(ConvNeXt.Padding.KMAX);
    }

    private static Config square(ResNet.Config resnet, ConvNeXt.Config convnext, int classes) {
        return new Config(
                resnet,
                convnext,
                Features.FOUR,
                FOUR_STAGES,
                List.of(2, 2, 2),
                128,
                WIDTH,
                classes,
                Auxiliary.DECODER,
                DROPOUT,
                1281,
                1281);
    }

    private static Config cityscapes(ResNet.Config resnet, ConvNeXt.Config convnext) {
        List<Stage> stages = new ArrayList<>(FOUR_STAGES);
        stages.add(new Stage(1, 32, false));
        return new Config(
                resnet,
                convnext,
                resnet == null ? Features.STEM_LAST : Features.STEM_BEFORE_RES2,
                stages,
                List.of(2, 2, 2),
                256,
                WIDTH,
                19,
                Auxiliary.SMALL,
                DROPOUT,
                1025,
                2049);
    }

    /** COCO, ResNet-50: 56.6 M parameters without the head for training, PQ 53.3. */
    public static final Config COCO_R50 = square(RESNET, null, 133);
    /** COCO, ConvNeXt-T: 60.9 M parameters, PQ 55.5. */
    public static final Config COCO_CONVNEXT_T = square(null, convnext(ConvNeXt.TINY), 133);
    /** COCO, ConvNeXt-S: 82.6 M parameters, PQ 56.7. */
    public static final Config COCO_CONVNEXT_S = square(null, convnext(ConvNeXt.SMALL), 133);
    /** COCO, ConvNeXt-B: 121.5 M parameters, PQ 57.2. */
    public static final Config COCO_CONVNEXT_B = square(null, convnext(ConvNeXt.BASE), 133);
    /** COCO, ConvNeXt-L: 231.8 M parameters, PQ 57.9. */
    public static final Config COCO_CONVNEXT_L = square(null, convnext(ConvNeXt.LARGE), 133);
    /** Cityscapes, ResNet-50: 56.4 M parameters, PQ 63.5. */
    public static final Config CITYSCAPES_R50 = cityscapes(RESNET, null);
    /** Cityscapes, ConvNeXt-L: 231.7 M parameters, PQ 68.4. */
    public static final Config CITYSCAPES_CONVNEXT_L = cityscapes(null, convnext(ConvNeXt.LARGE));
    /** ADE20K, ResNet-50: 56.6 M parameters, PQ 42.2. */
    public static final Config ADE20K_R50 = square(RESNET, null, 150);
    /** ADE20K, ConvNeXt-L: 231.9 M parameters, PQ 50.0. */
    public static final Config ADE20K_CONVNEXT_L = square(null, convnext(ConvNeXt.LARGE), 150);

    private final Config config;
    private final ResNet resnet;
    private final ConvNeXt convnext;
    private final KMaxPixelDecoder pixelDecoder;
    private final KMaxDecoder decoder;
    private final KMaxSemanticHead auxiliary;

    /** Declares the parameters under the official names. */
    public KMaxDeepLab(Config config) {
        this.config = config;
        this.resnet = config.resnet() == null ? null : child("backbone", new ResNet(config.resnet()));
        this.convnext = config.convnext() == null ? null : child("backbone", new ConvNeXt(config.convnext()));
        List<Integer> channels = new ArrayList<>(List.of(
                resnet == null
                        ? config.convnext().dims().get(0)
                        : config.resnet().stem()));
        channels.addAll(((Pyramid) (resnet == null ? convnext : resnet)).channels());
        List<Integer> in = config.features().order.stream().map(channels::get).toList();
        this.pixelDecoder = child(HEAD + "pixel_decoder", new KMaxPixelDecoder(in, config.stages()));
        this.auxiliary = switch (config.auxiliary()) {
            case NONE -> null;
            case SMALL -> new KMaxSemanticHead.Small(channels.get(4), config.classes());
            case DECODER ->
                new KMaxSemanticHead.Decoder(
                        channels.get(4), channels.get(2), channels.get(1), config.classes() + 1, config.dropout());
        };
        List<Integer> decoded =
                config.stages().stream().map(stage -> 4 * stage.channels()).toList();
        this.decoder = child(HEAD + "predictor", new KMaxDecoder(config, decoded, auxiliary));
    }

    /** What this model was built from. */
    public Config config() {
        return config;
    }

    /** Number of classes without void. */
    public int classes() {
        return config.classes();
    }

    /**
     * What one image is made of.
     *
     * @param image (B, 3, H, W), RGB, (x - 127.5) / 127.5, zeros where it was padded
     * @return mask logits (B, h, w, L) and class logits (B, L, K + 1), the last one void
     */
    public NDList predict(NDArray image, Pass pass) {
        return scoped(new NDList(image), pass, inner -> decode(features(image, inner), inner)
                .subNDList(0, 2));
    }

    /**
     * The same for training: then unit pixel features (B, h, w, D / 2); mask logits, class logits and pixel features of every
     * k-means step, at its own size; and the logits of the semantic head (B, h, w, classes), if there is one.
     */
    public NDList predictAll(NDArray image, Pass pass) {
        return scoped(new NDList(image), pass, inner -> {
            NDList maps = features(image, inner);
            NDList out = decode(maps, inner);
            if (auxiliary != null) {
                out.add(semantic(maps, inner));
            }
            return out;
        });
    }

    /** The stem and the four stages, channels-last. */
    private NDList features(NDArray image, Pass pass) {
        NDList planes = resnet == null ? convnext.featuresWithStem(image, pass) : resnet.featuresWithStem(image, pass);
        NDList maps = new NDList();
        planes.forEach(map -> maps.add(map.transpose(0, 2, 3, 1)));
        return maps;
    }

    private NDList decode(NDList maps, Pass pass) {
        NDList taken = new NDList();
        config.features().order.forEach(i -> taken.add(maps.get(i)));
        return decoder.decode(pixelDecoder.decode(taken, pass), pass);
    }

    private NDArray semantic(NDList maps, Pass pass) {
        return auxiliary.classes(new NDList(maps.get(4), maps.get(2), maps.get(1)), pass);
    }

    /** The mask logits: see {@link #predict}. */
    @Override
    protected NDArray forward(NDArray image, Pass pass) {
        return predict(image, pass).head();
    }

    /** The size that it was trained on: see {@link Config}. */
    @Override
    public InputSizes inputSizes() {
        return InputSizes.fixed(config.heightPx(), config.widthPx());
    }

    /** Every k-means step, "map.step" from the coarsest map on, and the final masks. */
    @Override
    public List<Level> levels() {
        List<Level> levels = new ArrayList<>();
        int stride = COARSEST;
        int number = 0;
        for (int i = 0; i < config.steps().size(); i++) {
            for (int j = 0; j < config.steps().get(i); j++) {
                levels.add(new Level(
                        i + "." + j,
                        PREDICTOR + "_kmax_transformer_layers." + number + ".assignment",
                        String.format(
                                Locale.ROOT,
                                "k-means step %d, on pixels %d apart: %d clusters",
                                number,
                                stride,
                                config.queries())));
                number++;
            }
            stride /= 2;
        }
        levels.add(new Level(
                config.steps().size() + ".0",
                PREDICTOR + "assignment",
                String.format(Locale.ROOT, "final masks, 4 pixels apart: %d clusters", config.queries())));
        return Collections.unmodifiableList(levels);
    }

    @Override
    public List<String> usualLevels() {
        return levels().stream().map(Level::name).toList();
    }

    /** @param tapped int64 (1, h, w) */
    @Override
    public Groups groups(Level level, NDArray tapped, int heightPx, int widthPx) {
        Shape shape = tapped.getShape();
        long[] ids = tapped.toLongArray();
        int[] groups = new int[ids.length];
        for (int i = 0; i < ids.length; i++) {
            groups[i] = (int) ids[i];
        }
        return new Groups(groups, (int) shape.get(2), (int) shape.get(1), config.queries());
    }
}
