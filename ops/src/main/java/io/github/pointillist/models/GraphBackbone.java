// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import io.github.pointillist.layers.BatchNorm;
import io.github.pointillist.layers.Conv2d;
import io.github.pointillist.layers.GraphFfn;
import io.github.pointillist.layers.Grapher;
import io.github.pointillist.layers.Grapher.Grid;
import io.github.pointillist.layers.GroupKnnGraph.Neighbours;
import io.github.pointillist.models.GroupingModel.Level;
import io.github.pointillist.models.VisionGnn.Config;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What Vision GNN and GKGNet have in common: the stem, the embedding of positions, and blocks of a {@link Grapher} and a
 * feed-forward part. Taps: "stem" and, of entry i of the backbone that is a block,
 * "backbone.i.0.out" after the graph and "backbone.i.out" after the block, as (B, C, s, s), and the neighbours of its
 * points, "backbone.i.0.graph_conv.edges" (B G, N, K).
 */
abstract class GraphBackbone extends Layer {
    private final Config config;
    private final Parameter positions; // (1, C_0, s, s)
    private final Stem stem;
    private final List<List<Layer>> stages = new ArrayList<>();

    /** Declares {@code pos_embed}, {@code stem.convs} and {@code backbone}, numbered through all stages. */
    GraphBackbone(Config config) {
        this.config = config;
        int first = config.channels().get(0);
        this.positions = weight("pos_embed", 1, first, config.side(0), config.side(0));
        this.stem = child("stem", new Stem(first, config.pyramid() ? 2 : 8));
        int index = 0;
        int block = 0;
        for (int i = 0; i < config.blocks().size(); i++) {
            List<Layer> stage = new ArrayList<>();
            int channels = config.channels().get(i);
            if (i > 0) {
                Layer reducer = new Reducer(config.channels().get(i - 1), channels);
                stage.add(child("backbone." + index++, reducer));
            }
            Grid grid = new Grid(config.side(i), config.reductions().get(i), config.pyramid());
            for (int j = 0; j < config.blocks().get(i); j++, block++) {
                Neighbours neighbours = new Neighbours(
                        config.neighbours().get(block), config.dilations().get(block), config.groups());
                stage.add(child("backbone." + index++, new Block(channels, neighbours, grid)));
            }
            stages.add(stage);
        }
    }

    /** From an image (B, 3, S, S) to the points before the first block, (B, s, s, C_0). */
    final NDArray start(NDArray image, Pass pass) {
        Shape shape = image.getShape();
        if (shape.dimension() != 4 || shape.get(1) != 3) {
            throw new IllegalArgumentException("input is " + shape + "; it must be (B, 3, H, W)");
        }
        // By way of a flat copy, so that the stem starts on channels-last memory.
        NDArray points = image.transpose(0, 2, 3, 1).flatten().reshape(shape.get(0), shape.get(2), shape.get(3), 3);
        NDArray x = stem.apply(points, pass);
        pass.tap(this, "stem", () -> planes(x));
        return x.add(pass.value(positions).transpose(0, 2, 3, 1));
    }

    /** Runs the reducer before stage i, if any, and its blocks. */
    final NDArray stage(int i, NDArray input, Pass pass) {
        NDArray x = input;
        for (Layer layer : stages.get(i)) {
            x = layer.apply(x, pass);
        }
        return x;
    }

    /** The mean of all points, (B, s, s, C) to (B, C). */
    static NDArray mean(NDArray x) {
        return x.reshape(x.getShape().get(0), -1, x.getShape().get(3)).mean(new int[] {1});
    }

    /** (B, H, W, C) to (B, C, H, W). */
    static NDArray planes(NDArray x) {
        return x.transpose(0, 3, 1, 2);
    }

    /** The neighbours in each block and group: levels "block.group", blocks counted through all stages. */
    static List<Level> neighbourLevels(Config config, String prefix) {
        List<Level> levels = new ArrayList<>();
        int index = 0;
        int block = 0;
        for (int i = 0; i < config.blocks().size(); i++) {
            index += i > 0 ? 1 : 0;
            for (int j = 0; j < config.blocks().get(i); j++, block++, index++) {
                for (int g = 0; g < config.groups(); g++) {
                    levels.add(new Level(
                            block + "." + g,
                            prefix + "backbone." + index + ".0.graph_conv.edges",
                            "block " + block + " (stage " + i + "), group " + g + " of " + config.groups() + ": "
                                    + config.neighbours().get(block) + " neighbours"));
                }
            }
        }
        return levels;
    }

    /** The neighbours of the point under a pixel: 1 for those, 0 for others. */
    static AffinityModel.Affinity neighbours(Config config, Level level, NDArray edges, Pixel pixel) {
        int[] name = numbers(level);
        int stage = 0;
        for (int first = name[0]; first >= config.blocks().get(stage); stage++) {
            first -= config.blocks().get(stage);
        }
        int side = config.side(stage);
        int cells = config.cells(stage);
        int point = pixel.y * side / pixel.heightPx * side + pixel.x * side / pixel.widthPx;
        float[] weights = new float[cells * cells];
        for (long cell : edges.get("{}, {}", name[1], point).toLongArray()) {
            weights[(int) cell] = 1;
        }
        return new AffinityModel.Affinity(weights, cells, cells);
    }

    /** A pixel of an image. */
    record Pixel(int x, int y, int heightPx, int widthPx) {
        Pixel {
            if (x < 0 || y < 0 || x >= widthPx || y >= heightPx) {
                throw new IllegalArgumentException("pixel (" + x + ", " + y + ") given for an image of " + widthPx
                        + " x " + heightPx + " pixels; it must lie inside");
            }
        }
    }

    /** The numbers in a level's name. */
    static int[] numbers(Level level) {
        return Arrays.stream(level.name().split("\\."))
                .mapToInt(Integer::parseInt)
                .toArray();
    }

    /** 3 x 3 convolutions: from the image in steps of 2 to the first stage's points, and one more. */
    private static final class Stem extends Layer {
        private final List<Conv2d> convs = new ArrayList<>();
        private final List<BatchNorm> norms = new ArrayList<>();

        /** @param fraction the first convolution makes channels / fraction channels, the next twice as many, ... */
        Stem(int channels, int fraction) {
            int in = 3;
            for (int divisor = fraction; divisor >= 1; divisor /= 2) {
                add(in, channels / divisor, 2);
                in = channels / divisor;
            }
            add(channels, channels, 1);
        }

        private void add(int in, int out, int stride) {
            int index = 3 * convs.size(); // a convolution, a normalisation and an activation each
            convs.add(child("convs." + index, new Conv2d(in, out, 3, stride, 1)));
            norms.add(child("convs." + (index + 1), new BatchNorm(out)));
        }

        @Override
        protected NDArray forward(NDArray image, Pass pass) {
            NDArray x = image; // (B, S, S, 3)
            for (int i = 0; i < convs.size(); i++) {
                x = norms.get(i).apply(convs.get(i).apply(x, pass), pass);
                if (i + 1 < convs.size()) {
                    x = Activation.gelu(x);
                }
            }
            return x; // (B, s, s, C_0)
        }
    }

    /** Halves the sides. */
    private static final class Reducer extends Layer {
        private final Conv2d conv;
        private final BatchNorm norm;

        Reducer(int in, int out) {
            this.conv = child("conv.0", new Conv2d(in, out, 3, 2, 1));
            this.norm = child("conv.1", new BatchNorm(out));
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            return norm.apply(conv.apply(x, pass), pass); // (B, s / 2, s / 2, C)
        }
    }

    private static final class Block extends Layer {
        private final Grapher grapher;
        private final GraphFfn ffn;

        Block(int channels, Neighbours neighbours, Grid grid) {
            this.grapher = child("0", new Grapher(channels, neighbours, grid));
            this.ffn = child("1", new GraphFfn(channels));
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            NDArray out = ffn.apply(grapher.apply(x, pass), pass); // (B, s, s, C)
            pass.tap(this, "out", () -> planes(out));
            return out;
        }
    }
}
