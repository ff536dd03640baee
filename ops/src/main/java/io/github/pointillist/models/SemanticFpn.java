// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.github.pointillist.layers.ConvNormRelu;
import io.github.pointillist.layers.Dropout;
import io.github.pointillist.layers.Fpn;
import io.github.pointillist.layers.Pointwise;
import io.github.pointillist.layers.Pyramid;
import io.github.pointillist.layers.Resize;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;
import java.util.ArrayList;
import java.util.List;

/**
 * Semantic FPN: Kirillov, Girshick, He, Dollar, Panoptic Feature Pyramid Networks, CVPR 2019, section 3.1. Reference
 * implementation: mmsegmentation 0.11, {@code EncoderDecoder} with {@code FPN} and {@code FPNHead}.
 *
 * <p>Shapes: B samples; an image of H x W pixels; map i of the backbone has h_i x w_i points of C_i channels; K
 * classes. The logits have the h x w points of the finest map, 4 pixels apart for the backbones of this project.
 */
public final class SemanticFpn extends PyramidSegmenter {
    /**
     * What makes one variant, apart from the backbone.
     *
     * @param neckChannels channels of every pyramid level
     * @param headChannels channels of the branches that the classifier sees
     * @param dropout share of channels dropped before the classifier in training, in [0, 1)
     * @param classes K
     */
    public record Config(int neckChannels, int headChannels, double dropout, int classes) {
        /** Checks the ranges. */
        public Config {
            if (neckChannels < 1 || headChannels < 1 || classes < 1) {
                throw new IllegalArgumentException(neckChannels + " neck channels, " + headChannels
                        + " head channels and " + classes + " classes given; each must be 1 or more");
            }
            if (!(dropout >= 0 && dropout < 1)) {
                throw new IllegalArgumentException("dropout rate is " + dropout + "; allowed are 0 to below 1");
            }
        }

        /** The same with another number of classes. */
        public Config withClasses(int number) {
            return new Config(neckChannels, headChannels, dropout, number);
        }
    }

    /** The settings of the published ADE20K models: 150 classes. */
    public static final Config ADE20K = new Config(256, 128, 0.1, 150);

    private final Config config;
    private final Fpn neck;
    private final Head head;

    /**
     * Declares {@code backbone}, {@code neck} and {@code decode_head}.
     *
     * @param backbone gives the maps; its strides must double from one to the next
     */
    public <P extends Layer & Pyramid> SemanticFpn(P backbone, Config config) {
        super(backbone, config.classes());
        this.config = config;
        this.neck = child("neck", new Fpn(backbone.channels(), config.neckChannels()));
        this.head = child("decode_head", new Head(backbone.strides(), config));
    }

    /** What this model was built from. */
    public Config config() {
        return config;
    }

    @Override
    NDArray decode(NDList maps, Pass pass) {
        return head.decode(neck.merge(maps, pass), pass); // (B, K, h, w)
    }

    /** Brings every level to the finest map by convolutions, each followed by a doubling; adds them; classifies. */
    private static final class Head extends Layer {
        private final Dropout dropout;
        private final Pointwise classifier;
        private final List<List<ConvNormRelu>> branches = new ArrayList<>();

        Head(List<Integer> strides, Config config) {
            this.dropout = new Dropout(config.dropout(), true);
            this.classifier = child("conv_seg", new Pointwise(config.headChannels(), config.classes()));
            for (int i = 0; i < strides.size(); i++) {
                if (strides.get(i) != strides.get(0) << i) {
                    throw new IllegalArgumentException(
                            "strides are " + strides + "; each must be twice the one before");
                }
                List<ConvNormRelu> branch = new ArrayList<>();
                for (int k = 0; k < Math.max(1, i); k++) {
                    int in = k == 0 ? config.neckChannels() : config.headChannels();
                    // The doubling after each convolution counts as a child of its own.
                    branch.add(child("scale_heads." + i + "." + 2 * k, new ConvNormRelu(in, config.headChannels())));
                }
                branches.add(branch);
            }
        }

        /** From (B, h_i, w_i, neck channels) each to (B, K, h, w). */
        NDArray decode(NDList levels, Pass pass) {
            return scoped(levels, pass, inner -> {
                        NDArray sum = branch(0, levels.get(0), inner); // (B, h, w, head channels)
                        long h = sum.getShape().get(1);
                        long w = sum.getShape().get(2);
                        for (int i = 1; i < branches.size(); i++) {
                            // Doubled sizes differ from h x w where a stride does not divide the image.
                            sum = sum.add(Resize.bilinear(branch(i, levels.get(i), inner), h, w));
                        }
                        NDArray logits = classifier.apply(dropout.apply(sum, inner), inner); // (B, h, w, K)
                        return new NDList(logits.transpose(0, 3, 1, 2));
                    })
                    .head();
        }

        private NDArray branch(int i, NDArray level, Pass pass) {
            NDArray x = level;
            for (ConvNormRelu conv : branches.get(i)) {
                x = conv.apply(x, pass);
                if (i > 0) {
                    x = Resize.bilinear(
                            x, 2 * x.getShape().get(1), 2 * x.getShape().get(2));
                }
            }
            NDArray branch = x;
            pass.tap(this, "scale_heads." + i, () -> branch.transpose(0, 3, 1, 2));
            return x;
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            throw new IllegalStateException("the head takes several maps: call decode");
        }
    }
}
