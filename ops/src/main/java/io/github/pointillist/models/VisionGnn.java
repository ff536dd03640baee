// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Activation;
import io.github.pointillist.layers.Pointwise;
import io.github.pointillist.layers.PointwiseNorm;
import io.github.pointillist.models.GroupingModel.Level;
import io.github.pointillist.tensor.Pass;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * Vision GNN (ViG) and Pyramid ViG: Han, Wang, Guo, Tang, Wu, Vision GNN: An Image is Worth Graph of Nodes, NeurIPS
 * 2022. Reference implementation: huawei-noah/Efficient-AI-Backbones f90e129, {@code vig_pytorch}. With several groups,
 * the graph convolution of GKGNet (see {@link GkgNet}) takes the place of the plain one; names and shapes stay.
 *
 * <p>Shapes: B samples; an image of S x S pixels; stage i has s x s points of C_i channels, s = S / 4 / 2^i in the
 * pyramid and S / 16 in the only stage of ViG.
 *
 * <p>Deviation: points are kept channels-last, (B, s, s, C), throughout. Results are the same. Stochastic depth and
 * dropout, which the reference's constructor leaves at 0, are not there.
 */
public final class VisionGnn extends GraphBackbone implements ImageClassifier, AffinityModel {
    private static final int HEAD = 1024;

    /**
     * What makes one variant. Lists of neighbours and dilations have one entry per block, counted through all stages.
     *
     * @param pyramid whether it is a pyramid on patches of 4 x 4 pixels whose points prefer near ones; else there is one
     *     stage on patches of 16 x 16 pixels
     * @param blocks blocks in each stage
     * @param channels channels of each stage, multiples of 4 and of the groups
     * @param reductions points along each side that are averaged before others look for neighbours among them
     * @param neighbours neighbours of each point
     * @param dilations of the nearest points every so-manieth is a neighbour
     * @param groups groups of channels with neighbours of their own
     * @param sidePx side of the image
     * @param classes number of classes
     */
    public record Config(
            boolean pyramid,
            List<Integer> blocks,
            List<Integer> channels,
            List<Integer> reductions,
            List<Integer> neighbours,
            List<Integer> dilations,
            int groups,
            int sidePx,
            int classes) {
        private static final int MAX_SIDE = 8192;

        /** Checks that every stage and block is described and that every block has points enough to choose from. */
        public Config {
            for (List<Integer> list : Arrays.asList(blocks, channels, reductions, neighbours, dilations)) {
                if (list == null || list.isEmpty() || list.stream().anyMatch(n -> n == null || n < 1)) {
                    throw new IllegalArgumentException("a list is " + list
                            + "; blocks, channels, reductions, neighbours and dilations must be lists of positive"
                            + " numbers");
                }
            }
            blocks = List.copyOf(blocks);
            channels = List.copyOf(channels);
            reductions = List.copyOf(reductions);
            neighbours = List.copyOf(neighbours);
            dilations = List.copyOf(dilations);
            int total = total(blocks);
            if (sidePx > MAX_SIDE) {
                throw new IllegalArgumentException(
                        "an image side of " + sidePx + " pixels given; allowed are up to " + MAX_SIDE);
            }
            if (channels.size() != blocks.size()
                    || reductions.size() != blocks.size()
                    || neighbours.size() != total
                    || dilations.size() != total
                    || (!pyramid && blocks.size() != 1)) {
                throw new IllegalArgumentException("blocks " + blocks + ", channels " + channels + ", reductions "
                        + reductions + ", neighbours " + neighbours + " and dilations " + dilations
                        + " given; channels and reductions need one number per stage, neighbours and dilations one per"
                        + " block, and only a pyramid has several stages");
            }
            int coarsest = pyramid ? 4 << (blocks.size() - 1) : 16;
            if (sidePx < coarsest || sidePx % coarsest != 0 || classes < 1 || groups < 1) {
                throw new IllegalArgumentException(
                        "an image side of " + sidePx + " pixels, " + classes + " classes and "
                                + groups + " groups given; the side must be a multiple of " + coarsest
                                + ", the others 1 or more");
            }
            for (int i = 0, block = 0; i < blocks.size(); i++) {
                int side = (pyramid ? sidePx / 4 : sidePx / 16) >> i;
                int r = reductions.get(i);
                boolean even = channels.get(i) % 4 == 0 && channels.get(i) % groups == 0;
                if (!even || side % r != 0 || (r > 1 && r % 2 != 0)) {
                    throw new IllegalArgumentException("stage " + i + " has " + channels.get(i) + " channels in "
                            + groups + " groups on " + side + " x " + side + " points reduced by " + r
                            + "; channels must be a multiple of 4 and of the groups, the reduction 1 or an even divisor"
                            + " of the side");
                }
                int cells = side / r * (side / r);
                for (int j = 0; j < blocks.get(i); j++, block++) {
                    int reach = neighbours.get(block) * dilations.get(block);
                    if (reach > cells) {
                        throw new IllegalArgumentException("block " + block + " looks at the " + reach
                                + " nearest points, but stage " + i + " has only " + cells
                                + "; take fewer neighbours, a smaller dilation or a larger image");
                    }
                }
            }
        }

        /** The same with another number of classes. */
        public Config withClasses(int number) {
            return new Config(pyramid, blocks, channels, reductions, neighbours, dilations, groups, sidePx, number);
        }

        /** The same with neighbours chosen in so many groups of channels. */
        public Config withGroups(int number) {
            return new Config(pyramid, blocks, channels, reductions, neighbours, dilations, number, sidePx, classes);
        }

        /** Points along each side of a stage. */
        public int side(int stage) {
            return (pyramid ? sidePx / 4 : sidePx / 16) >> stage;
        }

        /** Points along each side of what the points of a stage look for neighbours in. */
        public int cells(int stage) {
            return side(stage) / reductions.get(stage);
        }

        private static int total(List<Integer> blocks) {
            return blocks.stream().mapToInt(Integer::intValue).sum();
        }
    }

    /** The dilations of the reference: one more every four blocks, up to a limit. */
    static List<Integer> dilations(int blocks, int limit) {
        return IntStream.range(0, blocks)
                .mapToObj(i -> Math.max(1, Math.min(i / 4 + 1, limit)))
                .toList();
    }

    /** The dilations of a pyramid: 49 points in the last stage of a 224-pixel image are the limit at any size. */
    static List<Integer> pyramidDilations(int blocks, int neighbours) {
        return dilations(blocks, 49 / neighbours);
    }

    /** From 9 to 18 neighbours, rising evenly. */
    static List<Integer> rising(int blocks) {
        return IntStream.range(0, blocks)
                .mapToObj(i -> 9 + (blocks == 1 ? 0 : 9 * i / (blocks - 1)))
                .toList();
    }

    /** Official reductions of a pyramid. */
    static final List<Integer> REDUCTIONS = List.of(4, 2, 1, 1);

    private static Config isotropic(int blocks, int channels) {
        return new Config(
                false,
                List.of(blocks),
                List.of(channels),
                List.of(1),
                rising(blocks),
                dilations(blocks, 196 / 18),
                1,
                224,
                1000);
    }

    private static Config pyramid(List<Integer> blocks, List<Integer> channels) {
        int total = Config.total(blocks);
        return new Config(
                true,
                blocks,
                channels,
                REDUCTIONS,
                Collections.nCopies(total, 9),
                pyramidDilations(total, 9),
                1,
                224,
                1000);
    }

    /** vig_ti_224_gelu: 7.1 M parameters, 73.9 % top-1. */
    public static final Config TI = isotropic(12, 192);
    /** vig_s_224_gelu: 22.7 M parameters, 80.4 % top-1. */
    public static final Config S = isotropic(16, 320);
    /** vig_b_224_gelu: 86.8 M parameters, 82.3 % top-1. */
    public static final Config B = isotropic(16, 640);
    /** pvig_ti_224_gelu: 10.7 M parameters, 78.5 % top-1. */
    public static final Config PYRAMID_TI = pyramid(List.of(2, 2, 6, 2), List.of(48, 96, 240, 384));
    /** pvig_s_224_gelu: 27.3 M parameters, 82.1 % top-1. */
    public static final Config PYRAMID_S = pyramid(List.of(2, 2, 6, 2), List.of(80, 160, 400, 640));
    /** pvig_m_224_gelu: 51.7 M parameters, 83.1 % top-1. */
    public static final Config PYRAMID_M = pyramid(List.of(2, 2, 16, 2), List.of(96, 192, 384, 768));
    /** pvig_b_224_gelu: 82.6 M parameters, 83.7 % top-1. */
    public static final Config PYRAMID_B = pyramid(List.of(2, 2, 18, 2), List.of(128, 256, 512, 1024));

    private final Config config;
    private final PointwiseNorm hidden;
    private final Pointwise classifier;

    /** Declares the parameters under the official names. */
    public VisionGnn(Config config) {
        super(Objects.requireNonNull(config));
        this.config = config;
        int last = config.channels().get(config.channels().size() - 1);
        this.hidden = child("prediction", new PointwiseNorm(last, HEAD));
        this.classifier = child("prediction.4", new Pointwise(HEAD, config.classes()));
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

    /** The neighbours in each block and group: "block.group". */
    @Override
    public List<Level> affinityLevels() {
        return neighbourLevels(config, "");
    }

    /** 1 for the neighbours of the point, 0 for others; the points are the averaged ones where there are such. */
    @Override
    public Affinity affinity(Level level, NDArray tapped, int x, int y, int heightPx, int widthPx) {
        return neighbours(config, level, tapped, new Pixel(x, y, heightPx, widthPx));
    }

    /**
     * Classifies.
     *
     * @param image (B, 3, S, S), RGB, normalised by mean and standard deviation 0.5
     * @return logits (B, classes)
     */
    @Override
    protected NDArray forward(NDArray image, Pass pass) {
        inputSizes().check(image.getShape().get(2), image.getShape().get(3));
        NDArray x = start(image, pass);
        for (int i = 0; i < config.blocks().size(); i++) {
            x = stage(i, x, pass);
        }
        return classifier.apply(Activation.gelu(hidden.apply(mean(x), pass)), pass); // (B, classes)
    }
}
