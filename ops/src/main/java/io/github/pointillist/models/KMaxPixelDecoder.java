// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import io.github.pointillist.layers.AxialAttention;
import io.github.pointillist.layers.ConvNorm;
import io.github.pointillist.layers.ConvNorm.Kernel;
import io.github.pointillist.layers.LayerNorm;
import io.github.pointillist.layers.Resize;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;
import java.util.ArrayList;
import java.util.List;

/**
 * From the maps of a backbone, coarsest first, to maps that have seen each other: kMaX-DeepLab's pixel decoder, whose
 * first stages attend along both axes.
 *
 * <p>Shapes: B samples; map i has h_i x w_i pixels of C_i channels and becomes one of 4 D_i channels.
 */
final class KMaxPixelDecoder extends Layer {
    private static final int HEADS = 8;
    private static final double EPSILON = 1e-6;

    private final List<LayerNorm> norms = new ArrayList<>();
    private final List<List<Block>> stages = new ArrayList<>();
    private final List<Fuse> fuses = new ArrayList<>();

    /**
     * Declares the parameters under the official names.
     *
     * @param in channels of the maps, coarsest first
     */
    KMaxPixelDecoder(List<Integer> in, List<KMaxDeepLab.Stage> plan) {
        for (int i = 0; i < plan.size(); i++) {
            norms.add(child("_in_norms." + i, new LayerNorm(in.get(i), EPSILON)));
        }
        for (int i = 0; i < plan.size(); i++) {
            KMaxDeepLab.Stage stage = plan.get(i);
            List<Block> blocks = new ArrayList<>();
            for (int j = 0; j < stage.blocks(); j++) {
                int channels = j > 0 ? 4 * stage.channels() : i > 0 ? stage.channels() : in.get(0);
                blocks.add(
                        child("_stages." + i + "._blocks." + j, new Block(channels, stage.channels(), stage.axial())));
            }
            stages.add(blocks);
        }
        for (int i = 1; i < plan.size(); i++) {
            fuses.add(child(
                    "_resized_fuses." + (i - 1),
                    new Fuse(
                            4 * plan.get(i - 1).channels(),
                            in.get(i),
                            plan.get(i).channels())));
        }
    }

    /**
     * Decodes.
     *
     * @param maps (B, h_i, w_i, C_i) each, coarsest first
     * @return (B, h_i, w_i, 4 D_i) each, in the same order
     */
    NDList decode(NDList maps, Pass pass) {
        return scoped(maps, pass, inner -> {
            NDList out = new NDList();
            NDArray x = normed(0, maps, inner);
            for (int i = 0; i < stages.size(); i++) {
                x = i == 0 ? x : fuses.get(i - 1).fuse(x, normed(i, maps, inner), inner);
                for (Block block : stages.get(i)) {
                    x = block.apply(x, inner);
                }
                NDArray done = x;
                inner.tap(this, "stage" + i, () -> done.transpose(0, 3, 1, 2));
                out.add(done);
            }
            return out;
        });
    }

    private NDArray normed(int i, NDList maps, Pass pass) {
        NDArray x = norms.get(i).apply(maps.get(i), pass);
        pass.tap(this, "norm" + i, () -> x.transpose(0, 3, 1, 2));
        return x;
    }

    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        throw new IllegalStateException("call decode");
    }

    /** A coarse map enlarged to the size of a fine one and added to it. */
    private static final class Fuse extends Layer {
        private final ConvNorm low; // null where the channels already fit
        private final ConvNorm high;

        Fuse(int coarse, int fine, int out) {
            this.low = coarse == out ? null : child("_conv_bn_low", new ConvNorm(coarse, out, Kernel.PIXEL));
            this.high = fine == out ? null : child("_conv_bn_high", new ConvNorm(fine, out, Kernel.PIXEL));
        }

        NDArray fuse(NDArray coarse, NDArray fine, Pass pass) {
            return scoped(new NDList(coarse, fine), pass, inner -> {
                        NDArray below = low == null ? coarse : low.apply(Activation.gelu(coarse), inner);
                        NDArray above = high == null ? fine : high.apply(Activation.gelu(fine), inner);
                        Shape size = above.getShape();
                        boolean aligned = below.getShape().get(2) % 2 == 1;
                        NDArray sum = Resize.bilinear(below, size.get(1), size.get(2), aligned)
                                .add(above); // (B, H, W, out)
                        inner.tap(this, "sum", () -> sum.transpose(0, 3, 1, 2));
                        return new NDList(sum);
                    })
                    .head();
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            throw new IllegalStateException("call fuse");
        }
    }

    /** A residual block: 1 x 1, then attention along both axes or 3 x 3, then 1 x 1. */
    private static final class Block extends Layer {
        private final ConvNorm first;
        private final AxialAttention columns;
        private final AxialAttention rows;
        private final ConvNorm middle;
        private final ConvNorm last;
        private final ConvNorm shortcut;

        Block(int in, int channels, boolean axial) {
            int inner = axial ? 2 * channels : channels;
            this.first = child("_conv1_bn_act", new ConvNorm(in, inner, Kernel.PIXEL));
            this.columns = axial
                    ? child("_attention._height_axis", new AxialAttention(2 * channels, channels, 2 * channels, HEADS))
                    : null;
            this.rows = axial
                    ? child("_attention._width_axis", new AxialAttention(2 * channels, channels, 2 * channels, HEADS))
                    : null;
            this.middle = axial ? null : child("_conv2_bn_act", new ConvNorm(channels, channels, Kernel.dilated(1)));
            this.last = child("_conv3_bn", new ConvNorm(inner, 4 * channels, Kernel.PIXEL));
            this.shortcut =
                    in == 4 * channels ? null : child("_shortcut", new ConvNorm(in, 4 * channels, Kernel.PIXEL));
        }

        @Override
        protected NDArray forward(NDArray input, Pass pass) {
            NDArray x = Activation.gelu(input);
            NDArray straight = shortcut == null ? x : shortcut.apply(x, pass);
            NDArray hidden = Activation.gelu(first.apply(x, pass)); // (B, H, W, inner)
            hidden = Activation.gelu(columns == null ? middle.apply(hidden, pass) : attend(hidden, pass));
            return last.apply(hidden, pass).add(straight); // (B, H, W, 4 D)
        }

        private NDArray attend(NDArray x, Pass pass) {
            Shape shape = x.getShape(); // (B, H, W, C)
            long b = shape.get(0);
            long h = shape.get(1);
            long w = shape.get(2);
            NDArray down = columns.apply(x.transpose(0, 2, 1, 3).reshape(b * w, h, shape.get(3)), pass); // (B W, H, C)
            pass.tap(columns, "output", () -> down.transpose(0, 2, 1));
            NDArray across = rows.apply(
                    down.reshape(b, w, h, shape.get(3)).transpose(0, 2, 1, 3).reshape(b * h, w, shape.get(3)),
                    pass); // (B H, W, C)
            NDArray out = across.reshape(b, h, w, shape.get(3));
            pass.tap(this, "attention", () -> out.transpose(0, 3, 1, 2));
            return out;
        }
    }
}
