// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import io.github.pointillist.layers.ConvNorm;
import io.github.pointillist.layers.ConvNorm.Kernel;
import io.github.pointillist.layers.Dropout;
import io.github.pointillist.layers.Resize;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;
import java.util.ArrayList;
import java.util.List;

/**
 * The semantic head that helps to train kMaX-DeepLab's backbone and is not used after: atrous spatial pyramid pooling with
 * a decoder (Chen et al., DeepLabv3+, ECCV 2018), or three convolutions on the coarsest map.
 */
abstract class KMaxSemanticHead extends Layer {
    private static final int HIDDEN = 256;
    private static final int KERNEL = 5;

    /**
     * Says the class of every point.
     *
     * @param maps of the backbone at strides 32, 8 and 4, (B, h_i, w_i, C_i)
     * @return logits (B, h, w, classes)
     */
    abstract NDArray classes(NDList maps, Pass pass);

    @Override
    protected final NDArray forward(NDArray x, Pass pass) {
        throw new IllegalStateException("call classes");
    }

    /** Three convolutions: logits at stride 32, without void. */
    static final class Small extends KMaxSemanticHead {
        private final ConvNorm around;
        private final ConvNorm pointwise;
        private final ConvNorm last;

        Small(int in, int classes) {
            this.around = child("0", new ConvNorm(in, in, Kernel.depthwise(KERNEL)));
            this.pointwise = child("1", new ConvNorm(in, HIDDEN, Kernel.PIXEL));
            this.last = child("2", new ConvNorm(HIDDEN, classes, Kernel.PIXEL, true, false));
        }

        @Override
        NDArray classes(NDList maps, Pass pass) {
            return scoped(maps, pass, inner -> {
                        NDArray x = Activation.gelu(around.apply(maps.get(0), inner));
                        return new NDList(last.apply(Activation.gelu(pointwise.apply(x, inner)), inner));
                    })
                    .head();
        }
    }

    /** Pyramid pooling and a decoder: logits at stride 4. */
    static final class Decoder extends KMaxSemanticHead {
        private static final int[] RATES = {6, 12, 18};
        private static final int LOW_8 = 64;
        private static final int LOW_4 = 32;

        private final List<ConvNorm> branches = new ArrayList<>();
        private final ConvNorm pooled;
        private final ConvNorm joined;
        private final Dropout dropout;
        private final ConvNorm low8;
        private final ConvNorm fusion8;
        private final ConvNorm fused8;
        private final ConvNorm low4;
        private final ConvNorm fusion4;
        private final ConvNorm fused4;
        private final ConvNorm around;
        private final ConvNorm pointwise;
        private final ConvNorm last;

        Decoder(int in, int in8, int in4, int classes, double dropout) {
            this.dropout = new Dropout(dropout, false);
            branches.add(child("_aspp._aspp_conv0", new ConvNorm(in, HIDDEN, Kernel.PIXEL)));
            for (int i = 0; i < RATES.length; i++) {
                branches.add(child("_aspp._aspp_conv" + (i + 1), new ConvNorm(in, HIDDEN, Kernel.dilated(RATES[i]))));
            }
            this.pooled = child("_aspp._aspp_pool", new ConvNorm(in, HIDDEN, Kernel.PIXEL));
            this.joined = child("_aspp._proj_conv_bn_act", new ConvNorm(5 * HIDDEN, HIDDEN, Kernel.PIXEL));
            this.low8 = child("_low_level_projection_os8", new ConvNorm(in8, LOW_8, Kernel.PIXEL));
            this.fusion8 = child(
                    "_low_level_fusion_os8_conv0_bn_act",
                    new ConvNorm(HIDDEN + LOW_8, HIDDEN + LOW_8, Kernel.depthwise(KERNEL)));
            this.fused8 =
                    child("_low_level_fusion_os8_conv1_bn_act", new ConvNorm(HIDDEN + LOW_8, HIDDEN, Kernel.PIXEL));
            this.low4 = child("_low_level_projection_os4", new ConvNorm(in4, LOW_4, Kernel.PIXEL));
            this.fusion4 = child(
                    "_low_level_fusion_os4_conv0_bn_act",
                    new ConvNorm(HIDDEN + LOW_4, HIDDEN + LOW_4, Kernel.depthwise(KERNEL)));
            this.fused4 =
                    child("_low_level_fusion_os4_conv1_bn_act", new ConvNorm(HIDDEN + LOW_4, HIDDEN, Kernel.PIXEL));
            this.around = child("conv_block_0", new ConvNorm(HIDDEN, HIDDEN, Kernel.depthwise(KERNEL)));
            this.pointwise = child("conv_block_1", new ConvNorm(HIDDEN, HIDDEN, Kernel.PIXEL));
            this.last = child("final_conv", new ConvNorm(HIDDEN, classes, Kernel.PIXEL, true, false));
        }

        @Override
        NDArray classes(NDList maps, Pass pass) {
            return scoped(maps, pass, inner -> {
                        NDArray coarse = maps.get(0);
                        boolean aligned = coarse.getShape().get(2) % 2 == 1;
                        NDArray x = pyramid(coarse, inner);
                        x = fuse(x, act(low8, maps.get(1), inner), fusion8, fused8, aligned, inner);
                        x = fuse(x, act(low4, maps.get(2), inner), fusion4, fused4, aligned, inner);
                        x = act(pointwise, act(around, x, inner), inner);
                        return new NDList(last.apply(x, inner)); // (B, H/4, W/4, K)
                    })
                    .head();
        }

        private NDArray pyramid(NDArray x, Pass pass) {
            Shape shape = x.getShape();
            NDList parts = new NDList();
            branches.forEach(branch -> parts.add(act(branch, x, pass)));
            NDArray mean = x.mean(new int[] {1}, true).mean(new int[] {2}, true); // (B, 1, 1, C)
            NDArray image = act(pooled, mean, pass);
            parts.add(image.broadcast(new Shape(shape.get(0), shape.get(1), shape.get(2), HIDDEN)));
            NDArray head = parts.remove(0);
            NDArray all = head.getNDArrayInternal().concat(parts, 3); // (B, h, w, 1280)
            return dropout.apply(act(joined, all, pass), pass);
        }

        private static NDArray fuse(
                NDArray coarse, NDArray fine, ConvNorm around, ConvNorm pointwise, boolean aligned, Pass pass) {
            Shape size = fine.getShape();
            NDArray both =
                    Resize.bilinear(coarse, size.get(1), size.get(2), aligned).concat(fine, 3);
            return act(pointwise, act(around, both, pass), pass);
        }

        private static NDArray act(ConvNorm layer, NDArray x, Pass pass) {
            return Activation.gelu(layer.apply(x, pass));
        }
    }
}
