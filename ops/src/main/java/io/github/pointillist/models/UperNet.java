// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.layers.ConvNormRelu;
import io.github.pointillist.layers.Dropout;
import io.github.pointillist.layers.JoinedConvNormRelu;
import io.github.pointillist.layers.Pointwise;
import io.github.pointillist.layers.Pyramid;
import io.github.pointillist.layers.Resize;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * UPerNet: Xiao, Liu, Zhou, Jiang, Sun, Unified Perceptual Parsing for Scene Understanding, ECCV 2018. Reference
 * implementation: mmsegmentation 0.11, {@code EncoderDecoder} with {@code UPerHead}, {@code PPM} and, in training, {@code
 * FCNHead}.
 *
 * <p>Shapes: B samples; an image of H x W pixels; map i of the backbone has h_i x w_i points of C_i channels; C channels
 * in the head; K classes. The logits have the h_0 x w_0 points of the finest map.
 *
 * <p>Deviations: points are kept channels-last, (B, h, w, C); the two convolutions over joined maps are done map by map at
 * the map's own size ({@link JoinedConvNormRelu}); pooling is one product. Results are the same.
 */
public final class UperNet extends PyramidSegmenter implements DeepSupervision {
    /**
     * What makes one variant, apart from the backbone.
     *
     * @param channels C
     * @param poolScales the coarsest map is also averaged over k x k windows, for each of these k
     * @param dropout share of channels dropped before the classifiers in training, in [0, 1)
     * @param classes K
     * @param auxiliary the second head, which trains the backbone and says nothing otherwise; null for none
     */
    public record Config(int channels, List<Integer> poolScales, double dropout, int classes, Auxiliary auxiliary) {
        private static final int MAX_POOL = 64;

        /** Checks the ranges. */
        public Config {
            poolScales = ConfigLists.copy("poolScales", poolScales);
            if (channels < 1
                    || classes < 1
                    || poolScales.isEmpty()
                    || Collections.min(poolScales) < 1
                    || Collections.max(poolScales) > MAX_POOL) {
                throw new IllegalArgumentException(channels + " channels, pooling to " + poolScales + " and " + classes
                        + " classes given; each must be 1 or more, pooling up to " + MAX_POOL);
            }
            if (!(dropout >= 0 && dropout < 1)) {
                throw new IllegalArgumentException("dropout rate is " + dropout + "; allowed are 0 to below 1");
            }
        }

        /** The same with another number of classes. */
        public Config withClasses(int number) {
            return new Config(channels, poolScales, dropout, number, auxiliary);
        }
    }

    /**
     * A head of a few convolutions on one map, mmsegmentation's {@code FCNHead}.
     *
     * @param channels of its convolutions
     * @param index which map it sees, from 0 for the finest
     * @param convs how many 3 x 3 convolutions; 0 needs as many channels as the map has
     * @param concat whether one more convolution sees the map joined with what these made of it
     */
    public record Auxiliary(int channels, int index, int convs, boolean concat) {
        /** Checks the ranges. */
        public Auxiliary {
            if (channels < 1 || index < 0 || convs < 0) {
                throw new IllegalArgumentException("an auxiliary head of " + channels + " channels and " + convs
                        + " convolutions on map " + index
                        + " given; channels must be 1 or more, the others 0 or more");
            }
        }
    }

    /** The settings usual for ADE20K: 150 classes. */
    public static final Config ADE20K = new Config(512, List.of(1, 2, 3, 6), 0.1, 150, new Auxiliary(256, 2, 1, false));

    private final Config config;
    private final Head head;
    private final AuxiliaryHead auxiliary;

    /** Declares {@code backbone}, {@code decode_head} and, if there is one, {@code auxiliary_head}. */
    public <P extends Layer & Pyramid> UperNet(P backbone, Config config) {
        super(backbone, config.classes());
        this.config = config;
        this.head = child("decode_head", new Head(backbone.channels(), config));
        this.auxiliary = config.auxiliary() == null
                ? null
                : child("auxiliary_head", new AuxiliaryHead(backbone.channels(), config));
    }

    /** What this model was built from. */
    public Config config() {
        return config;
    }

    @Override
    NDArray decode(NDList maps, Pass pass) {
        return head.decode(maps, pass); // (B, K, h_0, w_0)
    }

    /**
     * The logits of both heads.
     *
     * @param image (B, 3, H, W), RGB, normalised
     * @return (B, K, h_0, w_0) and, if there is an auxiliary head, (B, K, h_i, w_i) of the map that it sees
     */
    @Override
    public NDList trainingLogits(NDArray image, Pass pass) {
        return scoped(new NDList(image), pass, inner -> {
            NDList maps = features(image, inner);
            NDList logits = new NDList(head.decode(maps, inner));
            if (auxiliary != null) {
                logits.add(auxiliary.decode(maps, inner));
            }
            return logits;
        });
    }

    /** Adds pooled context to the coarsest map, hands it down from coarse to fine, and classifies all levels joined. */
    private static final class Head extends Layer {
        private final List<Integer> scales;
        private final Dropout dropout;
        private final Pointwise classifier;
        private final List<ConvNormRelu> pooled = new ArrayList<>();
        private final JoinedConvNormRelu context;
        private final List<ConvNormRelu> laterals = new ArrayList<>();
        private final List<ConvNormRelu> smoothers = new ArrayList<>();
        private final JoinedConvNormRelu bottleneck;

        Head(List<Integer> in, Config config) {
            int c = config.channels();
            int last = in.size() - 1;
            this.scales = config.poolScales();
            this.dropout = new Dropout(config.dropout(), true);
            this.classifier = child("conv_seg", new Pointwise(c, config.classes()));
            List<Integer> joined = new ArrayList<>(List.of(in.get(last)));
            for (int i = 0; i < scales.size(); i++) {
                // The pooling before the convolution counts as a child of its own.
                pooled.add(child("psp_modules." + i + ".1", ConvNormRelu.pointwise(in.get(last), c)));
                joined.add(c);
            }
            this.context = child("bottleneck", new JoinedConvNormRelu(joined, c));
            for (int i = 0; i < last; i++) {
                laterals.add(child("lateral_convs." + i, ConvNormRelu.pointwise(in.get(i), c)));
            }
            for (int i = 0; i < last; i++) {
                smoothers.add(child("fpn_convs." + i, new ConvNormRelu(c, c)));
            }
            this.bottleneck = child("fpn_bottleneck", new JoinedConvNormRelu(Collections.nCopies(in.size(), c), c));
        }

        NDArray decode(NDList maps, Pass pass) {
            if (maps.size() != laterals.size() + 1) {
                throw new IllegalArgumentException(maps.size() + " maps given to a head over " + (laterals.size() + 1)
                        + " maps; give one per level");
            }
            return scoped(maps, pass, inner -> {
                        NDArray classified = classifier.apply(dropout.apply(merge(maps, inner), inner), inner);
                        return new NDList(classified.transpose(0, 3, 1, 2)); // (B, K, h_0, w_0)
                    })
                    .head();
        }

        /** From (B, C_i, h_i, w_i) each to (B, h_0, w_0, C). */
        private NDArray merge(NDList maps, Pass pass) {
            int last = laterals.size();
            NDArray coarser = withContext(channelsLast(maps.get(last)), pass); // (B, h, w, C)
            NDList levels = new NDList(coarser);
            for (int i = last - 1; i >= 0; i--) {
                NDArray lateral = laterals.get(i).apply(channelsLast(maps.get(i)), pass); // (B, h_i, w_i, C)
                Shape shape = lateral.getShape();
                coarser = lateral.add(Resize.bilinear(coarser, shape.get(1), shape.get(2)));
                levels.add(0, smoothers.get(i).apply(coarser, pass));
            }
            return bottleneck.join(levels, pass);
        }

        /** The coarsest map, (B, h, w, C_i), and its averages over 1 x 1, 2 x 2, ... windows, in one: (B, h, w, C). */
        private NDArray withContext(NDArray map, Pass pass) {
            record Key(long h, long w) {}
            long b = map.getShape().get(0);
            long h = map.getShape().get(1);
            long w = map.getShape().get(2);
            long windows = scales.stream().mapToLong(k -> (long) k * k).sum();
            NDArray averaging =
                    constant(new Key(h, w), pass, arena -> arena.array(averaging((int) h, (int) w), windows, h * w));
            NDArray averages =
                    averaging.broadcast(b, windows, h * w).matMul(map.reshape(b, h * w, -1)); // (B, windows, C_i)
            NDList parts = new NDList(map);
            long from = 0;
            for (int i = 0; i < scales.size(); i++) {
                long k = scales.get(i);
                NDArray part = averages.get(new NDIndex(":, {}:{}", from, from + k * k))
                        .reshape(b, k, k, -1);
                NDArray branch = pooled.get(i).apply(part, pass); // (B, k, k, C)
                pass.tap(this, "psp_modules." + i, () -> planes(Resize.bilinear(branch, h, w)));
                parts.add(branch);
                from += k * k;
            }
            NDArray joined = context.join(parts, pass);
            pass.tap(this, "bottleneck", () -> planes(joined));
            return joined;
        }

        /** Window i of k lies on the points from floor(i n / k) to before ceil((i + 1) n / k); windows may overlap. */
        private double[] averaging(int h, int w) {
            List<double[]> rows = new ArrayList<>();
            for (int k : scales) {
                for (int cell = 0; cell < k * k; cell++) {
                    int top = cell / k * h / k;
                    int bottom = ((cell / k + 1) * h + k - 1) / k;
                    int left = cell % k * w / k;
                    int right = ((cell % k + 1) * w + k - 1) / k;
                    double[] row = new double[h * w];
                    for (int y = top; y < bottom; y++) {
                        Arrays.fill(row, y * w + left, y * w + right, 1.0 / ((bottom - top) * (right - left)));
                    }
                    rows.add(row);
                }
            }
            return rows.stream().flatMapToDouble(Arrays::stream).toArray();
        }

        private static NDArray channelsLast(NDArray map) {
            return map.transpose(0, 2, 3, 1);
        }

        private static NDArray planes(NDArray map) {
            return map.transpose(0, 3, 1, 2);
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            throw new IllegalStateException("the head takes several maps: call decode");
        }
    }

    /** Classifies one map after a few convolutions. */
    private static final class AuxiliaryHead extends Layer {
        private final int index;
        private final Dropout dropout;
        private final Pointwise classifier;
        private final List<ConvNormRelu> convs = new ArrayList<>();
        private final JoinedConvNormRelu joined;

        AuxiliaryHead(List<Integer> in, Config config) {
            Auxiliary own = config.auxiliary();
            this.index = own.index();
            if (index >= in.size()) {
                throw new IllegalArgumentException("the auxiliary head sees map " + index + " of a backbone with "
                        + in.size() + "; allowed are 0 to " + (in.size() - 1));
            }
            int c = own.channels();
            if (own.convs() == 0 && c != in.get(index)) {
                throw new IllegalArgumentException(
                        "the auxiliary head has " + c + " channels and no convolution on a map" + " of " + in.get(index)
                                + "; without a convolution the numbers must be equal");
            }
            this.dropout = new Dropout(config.dropout(), true);
            this.classifier = child("conv_seg", new Pointwise(c, config.classes()));
            for (int i = 0; i < own.convs(); i++) {
                convs.add(child("convs." + i, new ConvNormRelu(i == 0 ? in.get(index) : c, c)));
            }
            this.joined = own.concat() ? child("conv_cat", new JoinedConvNormRelu(List.of(in.get(index), c), c)) : null;
        }

        /** From (B, C_i, h_i, w_i) each to (B, K, h, w) of the map that it sees. */
        NDArray decode(NDList maps, Pass pass) {
            return apply(maps.get(index), pass);
        }

        @Override
        protected NDArray forward(NDArray map, Pass pass) {
            NDArray x = map.transpose(0, 2, 3, 1); // (B, h, w, C_i)
            for (ConvNormRelu conv : convs) {
                x = conv.apply(x, pass); // (B, h, w, channels)
            }
            if (joined != null) {
                x = joined.join(new NDList(map.transpose(0, 2, 3, 1), x), pass);
            }
            return classifier.apply(dropout.apply(x, pass), pass).transpose(0, 3, 1, 2); // (B, K, h, w)
        }
    }
}
