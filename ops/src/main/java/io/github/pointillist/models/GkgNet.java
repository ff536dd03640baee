// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.layers.GraphFfn;
import io.github.pointillist.layers.GroupKnnGraph;
import io.github.pointillist.layers.GroupKnnGraph.Neighbours;
import io.github.pointillist.layers.Linear;
import io.github.pointillist.layers.PointwiseNorm;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Leaf;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;

/**
 * GKGNet: Yao, Jin, Liu, Qian, Luo, Ouyang, GKGNet: Group K-Nearest Neighbor based Graph Convolutional Network for
 * Multi-Label Image Recognition, ECCV 2024. Reference implementation: jin-s13/GKGNet 291c577,
 * {@code mmcls/models/backbones/gkgnet.py} and {@code heads/label_query_head.py}.
 *
 * <p>A pyramid of graph blocks over the points of an image, see {@link VisionGnn}; after each of its four stages every
 * class, a learned vector, gathers from the points nearest to it. Points never read from classes.
 *
 * <p>Shapes: B samples; an image of S x S pixels; L classes; stage i has s x s points of C_i channels, s = S / 4 / 2^i;
 * G groups of channels; K neighbours.
 *
 * <p>Deviations: of the L x L products of classes with the rows of {@code head.fc1} only the diagonal is computed, which
 * alone is read. Points are kept channels-last. Stochastic depth, 0 in the reference's constructor, is not there.
 */
public final class GkgNet extends Layer implements ImageClassifier, GroupingModel, AffinityModel {
    private static final int BITS = 8;

    /**
     * What makes one variant.
     *
     * @param blocks blocks in each stage
     * @param channels channels of each stage
     * @param reductions points along each side that are averaged before others look for neighbours among them
     * @param neighbours neighbours of a point
     * @param labelNeighbours points that a class gathers from, in each group
     * @param groups groups of the channels of points
     * @param labelGroups groups of the channels of classes
     * @param sidePx side of the image
     * @param classes number of classes
     * @param softmax whether classes exclude one another
     */
    public record Config(
            List<Integer> blocks,
            List<Integer> channels,
            List<Integer> reductions,
            int neighbours,
            int labelNeighbours,
            int groups,
            int labelGroups,
            int sidePx,
            int classes,
            boolean softmax) {
        private static final int MAX_BLOCKS = 1000;

        /** Checks what the pyramid and the classes need. */
        public Config {
            VisionGnn.Config pyramid = pyramid(blocks, channels, reductions, neighbours, groups, sidePx, classes);
            blocks = pyramid.blocks();
            channels = pyramid.channels();
            reductions = pyramid.reductions();
            int last = blocks.size() - 1;
            int points = pyramid.side(last) * pyramid.side(last);
            boolean divides = labelGroups > 0 && channels.stream().allMatch(c -> c % labelGroups == 0);
            if (!divides || labelNeighbours < 1 || labelNeighbours > points) {
                throw new IllegalArgumentException("classes with " + labelNeighbours + " neighbours in " + labelGroups
                        + " groups given for stages of " + channels + " channels, the last of " + points
                        + " points; groups must divide the channels, and there must be 1 neighbour or more, and points"
                        + " enough");
            }
        }

        private static VisionGnn.Config pyramid(
                List<Integer> blocks,
                List<Integer> channels,
                List<Integer> reductions,
                int neighbours,
                int groups,
                int sidePx,
                int classes) {
            int total = blocks == null
                    ? 0
                    : blocks.stream()
                            .filter(Objects::nonNull)
                            .mapToInt(Integer::intValue)
                            .sum();
            if (neighbours < 1 || total < 1 || total > MAX_BLOCKS) {
                throw new IllegalArgumentException(neighbours + " neighbours and blocks " + blocks
                        + " given; they must be positive, of at most " + MAX_BLOCKS + " blocks");
            }
            return new VisionGnn.Config(
                    true,
                    blocks,
                    channels,
                    reductions,
                    Collections.nCopies(total, neighbours),
                    VisionGnn.pyramidDilations(total, neighbours),
                    groups,
                    sidePx,
                    classes);
        }

        /** The pyramid over the points of the image. */
        VisionGnn.Config pyramid() {
            return pyramid(blocks, channels, reductions, neighbours, groups, sidePx, classes);
        }

        /** The same with another number of classes. */
        public Config withClasses(int number) {
            return new Config(
                    blocks,
                    channels,
                    reductions,
                    neighbours,
                    labelNeighbours,
                    groups,
                    labelGroups,
                    sidePx,
                    number,
                    softmax);
        }

        /** The same for images of another size. */
        public Config withSidePx(int side) {
            return new Config(
                    blocks,
                    channels,
                    reductions,
                    neighbours,
                    labelNeighbours,
                    groups,
                    labelGroups,
                    side,
                    classes,
                    softmax);
        }
    }

    private static Config official(List<Integer> channels) {
        return new Config(List.of(2, 2, 6, 2), channels, VisionGnn.REDUCTIONS, 9, 9, 2, 2, 576, 80, false);
    }

    /** Choice "t" for the 80 classes of COCO at 576 pixels. */
    public static final Config TINY = official(List.of(48, 96, 240, 384));
    /** Choice "s" for the 80 classes of COCO at 576 pixels: 34.7 M parameters, mAP 87.65. */
    public static final Config SMALL = official(List.of(80, 160, 400, 640));

    private final Config config;
    private final Backbone backbone;
    private final Head head;

    /** Declares the parameters under the official names. */
    public GkgNet(Config config) {
        this.config = config;
        this.backbone = child("backbone", new Backbone(config));
        int last = config.channels().get(config.channels().size() - 1);
        this.head = child("head", new Head(last, config.classes()));
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
        return InputSizes.fixed(config.sidePx(), config.sidePx());
    }

    @Override
    public boolean multiLabel() {
        return !config.softmax();
    }

    /**
     * Classifies. Taps besides those of the pyramid (under "backbone."): "backbone.gcn_label.i.0.out" (B, L, C_i), the
     * classes after the exchange behind stage i; "backbone.gcn_label.i.0.graph_conv.edges" (B G, L, K), the points they
     * gathered from; "gap" (B, C).
     *
     * @param image (B, 3, S, S), RGB, normalised by the ImageNet mean and standard deviation
     * @return logits (B, L)
     */
    @Override
    protected NDArray forward(NDArray image, Pass pass) {
        inputSizes().check(image.getShape().get(2), image.getShape().get(3));
        NDList out = backbone.run(image, pass);
        NDArray gap = out.get(1); // (B, C)
        pass.tap(this, "gap", () -> gap);
        return head.score(out.get(0), gap, pass);
    }

    /** "stage.class" for all groups of a class together and "stage.class.group" for one. */
    @Override
    public List<Level> levels() {
        List<Level> levels = new ArrayList<>();
        for (int i = 0; i < config.blocks().size(); i++) {
            String tap = "backbone.gcn_label." + i + ".0.graph_conv.edges";
            for (int label = 0; label < config.classes(); label++) {
                String name = i + "." + label;
                String words = "stage " + i + ", class " + label;
                levels.add(new Level(name, tap, words + ": points it gathers from, by the groups that take them"));
                for (int g = 0; g < config.labelGroups(); g++) {
                    levels.add(new Level(
                            name + "." + g,
                            tap,
                            words + ": the " + config.labelNeighbours() + " points it gathers from in group " + g));
                }
            }
        }
        return levels;
    }

    /** The first class in the last stage, by all its groups: there are too many classes to show them all. */
    @Override
    public List<String> usualLevels() {
        return List.of((config.blocks().size() - 1) + ".0");
    }

    /**
     * The points that a class gathers from. For one group of channels they have id 0. For all groups the id says which
     * of them take the point: with up to 8 groups it is the sum of 2^g over them, minus 1; with more it is 0. Others
     * have id -1.
     */
    @Override
    public Groups groups(Level level, NDArray tapped, int heightPx, int widthPx) {
        inputSizes().check(heightPx, widthPx);
        int[] name = GraphBackbone.numbers(level);
        int side = config.pyramid().side(name[0]);
        boolean one = name.length > 2;
        boolean combine = !one && config.labelGroups() <= BITS;
        int[] ids = new int[side * side];
        for (int g = one ? name[2] : 0; g < (one ? name[2] + 1 : config.labelGroups()); g++) {
            for (long point : tapped.get("{}, {}", g, name[1]).toLongArray()) {
                ids[(int) point] |= combine ? 1 << g : 1;
            }
        }
        return new Groups(
                Arrays.stream(ids).map(bits -> bits - 1).toArray(),
                side,
                side,
                combine ? (1 << config.labelGroups()) - 1 : 1);
    }

    /** The neighbours of points in each block and group: "block.group". */
    @Override
    public List<Level> affinityLevels() {
        return GraphBackbone.neighbourLevels(config.pyramid(), "backbone.");
    }

    /** 1 for the neighbours of the point, 0 for others; the points are the averaged ones where there are such. */
    @Override
    public Affinity affinity(Level level, NDArray tapped, int x, int y, int heightPx, int widthPx) {
        return GraphBackbone.neighbours(
                config.pyramid(), level, tapped, new GraphBackbone.Pixel(x, y, heightPx, widthPx));
    }

    /** One logit per class: {@code LabelQueryHead}. */
    private static final class Head extends Leaf {
        private final Parameter weight; // (L, C)
        private final Parameter bias; // (L)
        private final Linear pooled;

        Head(int channels, int classes) {
            this.weight = weight("fc1.weight", classes, channels);
            this.bias = weight("fc1.bias", classes);
            this.pooled = child("fc2", new Linear(channels, classes));
        }

        /** From classes (B, L, C) and the mean of the points (B, C) to logits (B, L). */
        NDArray score(NDArray labels, NDArray gap, Pass pass) {
            NDArray own = labels.mul(weight.array()).sum(new int[] {2}).add(bias.array()); // (B, L)
            return own.add(pooled.apply(gap, pass));
        }

        @Override
        protected NDArray forward(NDArray gap, Pass pass) {
            throw new UnsupportedOperationException("classes are needed: call score");
        }
    }

    /** The pyramid and, between its stages, the classes. */
    private static final class Backbone extends GraphBackbone {
        private final int stages;
        private final Parameter labels; // (L, C_0)
        private final List<GrapherLabel> graphs = new ArrayList<>();
        private final List<Linear> widen = new ArrayList<>();

        Backbone(Config config) {
            super(config.pyramid());
            this.stages = config.blocks().size();
            List<Integer> channels = config.channels();
            this.labels = weight("label_lt.weight", config.classes(), channels.get(0));
            Neighbours neighbours = new Neighbours(config.labelNeighbours(), 1, config.labelGroups());
            for (int i = 0; i < stages; i++) {
                graphs.add(child("gcn_label." + i + ".0", new GrapherLabel(channels.get(i), neighbours)));
            }
            for (int i = 0; i + 1 < stages; i++) {
                widen.add(child("ffn_label." + i + ".0", new Linear(channels.get(i), channels.get(i + 1))));
            }
        }

        /** From an image to the classes (B, L, C) and the mean of the last points (B, C). */
        NDList run(NDArray image, Pass pass) {
            return scoped(new NDList(image), pass, inner -> {
                Shape shape = labels.shape();
                NDArray x = start(image, inner);
                NDArray label = inner.value(labels, 1, shape.get(0), shape.get(1))
                        .broadcast(image.getShape().get(0), shape.get(0), shape.get(1)); // (B, L, C_0)
                for (int i = 0; i < stages; i++) {
                    x = stage(i, x, inner);
                    label = graphs.get(i).gather(label, x, inner);
                    if (i + 1 < stages) {
                        label = widen.get(i).apply(label, inner); // (B, L, C_(i+1))
                    }
                }
                return new NDList(label, mean(x));
            });
        }

        @Override
        protected NDArray forward(NDArray image, Pass pass) {
            return run(image, pass).head();
        }
    }

    /** Classes gather from points: {@code GrapherLabel}. */
    private static final class GrapherLabel extends Layer {
        private final PointwiseNorm fc1;
        private final PointwiseNorm fc2;
        private final GroupKnnGraph graph;
        private final GraphFfn ffn;

        GrapherLabel(int channels, Neighbours neighbours) {
            this.fc1 = child("fc1", new PointwiseNorm(channels, channels));
            this.fc2 = child("fc2", new PointwiseNorm(2 * channels, channels));
            this.graph = child("graph_conv", new GroupKnnGraph(channels, neighbours));
            this.ffn = child("ffn", new GraphFfn(channels));
        }

        /** From classes (B, L, C) and points (B, s, s, C) to classes (B, L, C). */
        NDArray gather(NDArray labels, NDArray points, Pass pass) {
            return scoped(new NDList(labels, points), pass, inner -> {
                        Shape shape = points.getShape();
                        NDArray keys = points.reshape(shape.get(0), -1, shape.get(3)); // (B, N, C)
                        NDArray related = graph.apply(fc1.apply(labels, inner), keys, null, inner); // (B, L, 2 C)
                        NDArray out = ffn.apply(fc2.apply(related, inner).add(labels), inner);
                        inner.tap(this, "out", () -> out);
                        return new NDList(out);
                    })
                    .head();
        }

        @Override
        protected NDArray forward(NDArray labels, Pass pass) {
            throw new UnsupportedOperationException("classes and points are needed: call gather");
        }
    }
}
