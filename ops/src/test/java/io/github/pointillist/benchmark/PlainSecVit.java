// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.benchmark;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import io.github.pointillist.benchmark.PlainLayers.BatchNorm;
import io.github.pointillist.benchmark.PlainLayers.Conv;
import io.github.pointillist.benchmark.PlainLayers.Norm;
import io.github.pointillist.models.SecVit.Config;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;
import java.util.ArrayList;
import java.util.List;

/**
 * SecViT as the reference writes it, the yardstick of the benchmarks: planes (B, C, H, W), one convolution for queries,
 * keys and values, rotation tables made at each forward pass, rotation by stacking, and {@link PlainLayers#clustered}.
 * Parameter names are those of the real model. Without layer scales.
 */
final class PlainSecVit extends Layer {
    private final Config config;
    private final List<Layer> stem = new ArrayList<>();
    private final List<List<Block>> stages = new ArrayList<>();
    private final List<Conv> reductions = new ArrayList<>();
    private final List<BatchNorm> norms = new ArrayList<>();
    private final Conv proj;
    private final BatchNorm norm;
    private final Conv head;

    PlainSecVit(Config config) {
        this.config = config;
        int first = config.dims().get(0);
        int[] channels = {3, first / 2, first / 2, first / 2, first};
        for (int i = 0; i < 4; i++) {
            int stride = i == 0 || i == 3 ? 2 : 1;
            stem.add(child("patch_embed.proj." + 3 * i, new Conv(channels[i], channels[i + 1], 3, stride, 1, 1)));
            stem.add(child("patch_embed.proj." + (3 * i + 1), new BatchNorm(channels[i + 1])));
        }
        for (int i = 0; i < config.stages(); i++) {
            int dim = config.dims().get(i);
            List<Block> blocks = new ArrayList<>();
            for (int j = 0; j < config.depths().get(i); j++) {
                blocks.add(child("layers." + i + ".blocks." + j, new Block(config, i)));
            }
            stages.add(blocks);
            if (i + 1 < config.stages()) {
                int next = config.dims().get(i + 1);
                reductions.add(child("layers." + i + ".downsample.reduction", new Conv(dim, next, 3, 2, 1, 1)));
                norms.add(child("layers." + i + ".downsample.norm", new BatchNorm(next)));
            }
        }
        int last = config.dims().get(config.stages() - 1);
        this.proj = child("proj", new Conv(last, config.projection(), 1, 1, 0, 1));
        this.norm = child("norm", new BatchNorm(config.projection()));
        this.head = child("head", new Conv(config.projection(), config.classes(), 1, 1, 0, 1));
    }

    @Override
    protected NDArray forward(NDArray image, Pass pass) {
        NDArray x = image;
        for (int i = 0; i < 4; i++) {
            x = stem.get(2 * i + 1).apply(stem.get(2 * i).apply(x, pass), pass);
            x = i < 3 ? Activation.gelu(x) : x;
        }
        for (int i = 0; i < config.stages(); i++) {
            for (Block block : stages.get(i)) {
                x = block.apply(x, pass);
            }
            if (i + 1 < config.stages()) {
                x = norms.get(i).apply(reductions.get(i).apply(x, pass), pass);
            }
        }
        NDArray y = norm.apply(proj.apply(x, pass), pass);
        NDArray points = y.mul(Activation.sigmoid(y));
        NDArray pooled = points.reshape(points.getShape().get(0), config.projection(), -1)
                .mean(new int[] {2})
                .reshape(-1, config.projection(), 1, 1);
        return head.apply(pooled, pass).reshape(-1, config.classes());
    }

    private static final class Block extends Layer {
        private final Norm norm1;
        private final Attention attention;
        private final Norm norm2;
        private final Conv fc1;
        private final Conv fc2;
        private final Conv local;
        private final Conv pos;

        Block(Config config, int i) {
            int dim = config.dims().get(i);
            int hidden = dim * config.mlpRatios().get(i);
            this.norm1 = child("norm1.norm", new Norm(dim, 1e-6));
            this.attention = child(
                    "attn",
                    new Attention(dim, config.heads().get(i), config.clusters().get(i)));
            this.norm2 = child("norm2.norm", new Norm(dim, 1e-6));
            this.fc1 = child("ffn.fc1", new Conv(dim, hidden, 1, 1, 0, 1));
            this.fc2 = child("ffn.fc2", new Conv(hidden, dim, 1, 1, 0, 1));
            this.local = child("ffn.dwconv", new Conv(hidden, hidden, 3, 1, 1, hidden));
            this.pos = child("pos", new Conv(dim, dim, 3, 1, 1, dim));
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            NDArray placed = x.add(pos.apply(x, pass));
            NDArray attended = placed.add(attention.apply(normed(norm1, placed, pass), pass));
            NDArray hidden = Activation.gelu(fc1.apply(normed(norm2, attended, pass), pass));
            return attended.add(fc2.apply(hidden.add(local.apply(hidden, pass)), pass));
        }

        private static NDArray normed(Norm norm, NDArray x, Pass pass) {
            return norm.apply(x.transpose(0, 2, 3, 1), pass).transpose(0, 3, 1, 2);
        }
    }

    /** The attention of a block alone, on planes. */
    static final class Attention extends Layer {
        private final int channels;
        private final int heads;
        private final int clusters;
        private final Conv qkv;
        private final Conv lepe;
        private final Conv proj;

        Attention(int channels, int heads, int clusters) {
            this.channels = channels;
            this.heads = heads;
            this.clusters = clusters;
            this.qkv = child("qkv", new Conv(channels, 3 * channels, 1, 1, 0, 1));
            this.lepe = child("lepe", new Conv(channels, channels, 5, 1, 2, channels));
            this.proj = child("out_proj", new Conv(channels, channels, 1, 1, 0, 1));
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            Shape shape = x.getShape();
            int d = channels / heads;
            NDList parts = qkv.apply(x, pass).split(3, 1); // (B, C, H, W) each
            NDArray local = lepe.apply(parts.get(2), pass);
            NDArray angles = angles(x, (int) shape.get(2), (int) shape.get(3), d); // (N, D)
            NDArray sin = angles.sin();
            NDArray cos = angles.cos();
            NDArray q = turned(tokens(parts.get(0), d), sin, cos);
            NDArray k = turned(tokens(parts.get(1), d), sin, cos).mul((float) (1 / Math.sqrt(d)));
            NDArray mixed = PlainLayers.clustered(q, k, tokens(parts.get(2), d), clusters);
            return proj.apply(mixed.swapAxes(2, 3).reshape(shape).add(local), pass);
        }

        private NDArray tokens(NDArray x, int d) {
            return x.reshape(x.getShape().get(0), heads, d, -1).swapAxes(2, 3); // (B, E, N, D)
        }

        private static NDArray turned(NDArray x, NDArray sin, NDArray cos) {
            NDArray first = x.get(new NDIndex("..., ::2"));
            NDArray second = x.get(new NDIndex("..., 1::2"));
            NDArray turned = NDArrays.stack(new NDList(second.neg(), first), 4).reshape(x.getShape());
            return x.mul(cos).add(turned.mul(sin));
        }

        private static NDArray angles(NDArray x, int h, int w, int d) {
            float[] angle = new float[d / 2];
            for (int i = 0; i < angle.length; i++) {
                angle[i] = (float) Math.pow(10_000, -(i / 2) / (d / 4 - 1.0));
            }
            NDArray angles = x.getManager().create(angle);
            NDArray rows = x.getManager().arange((float) h).expandDims(1).mul(angles); // (H, D / 2)
            NDArray columns = x.getManager().arange((float) w).expandDims(1).mul(angles); // (W, D / 2)
            Shape half = new Shape(h, w, d / 2);
            return rows.expandDims(1)
                    .broadcast(half)
                    .concat(columns.expandDims(0).broadcast(half), 2)
                    .reshape((long) h * w, d);
        }
    }
}
