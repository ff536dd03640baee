// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.benchmark;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.core.Linear;
import io.github.pointillist.models.Container.Config;
import io.github.pointillist.models.Container.Context;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;
import java.util.ArrayList;
import java.util.List;

/**
 * CONTAINER as the paper writes it, the yardstick of the benchmarks: planes (B, C, H, W), every 1 x 1 and depthwise
 * convolution an operation of its own, all attention weights at once. Parameter names are those of the real model, so
 * that both can be given the same weights.
 */
final class PlainContainer extends Layer {
    private static final Shape ONE = new Shape(1, 1);

    private final List<PlainLayers.Conv> projections = new ArrayList<>();
    private final List<Norm> norms = new ArrayList<>();
    private final List<List<Block>> stages = new ArrayList<>();
    private final BatchNorm norm;
    private final Parameter headWeight;
    private final Parameter headBias;

    PlainContainer(Config config) {
        this.headWeight = weight("head.weight", config.classes(), config.dims().get(config.stages() - 1));
        this.headBias = weight("head.bias", config.classes());
        for (int i = 0; i < config.stages(); i++) {
            int in = i == 0 ? 3 : config.dims().get(i - 1);
            int dim = config.dims().get(i);
            int patch = config.patches().get(i);
            String name = "patch_embed" + (i + 1);
            norms.add(child(name + ".norm", new Norm(dim)));
            projections.add(child(name + ".proj", new PlainLayers.Conv(in, dim, patch, patch, 0, 1)));
        }
        for (int i = 0; i < config.stages(); i++) {
            List<Block> blocks = new ArrayList<>();
            for (int j = 0; j < config.depths().get(i); j++) {
                int heads = config.contexts().get(i) == Context.MIXED
                        ? config.heads().get(i)
                        : 0;
                blocks.add(child(
                        "blocks" + (i + 1) + "." + j,
                        new Block(
                                config.dims().get(i), heads, config.mlpRatios().get(i))));
            }
            stages.add(blocks);
        }
        this.norm = child("norm", new BatchNorm(config.dims().get(config.stages() - 1)));
    }

    @Override
    protected NDArray forward(NDArray image, Pass pass) {
        NDArray x = image;
        for (int i = 0; i < stages.size(); i++) {
            x = norms.get(i).apply(projections.get(i).apply(x, pass), pass);
            for (Block block : stages.get(i)) {
                x = block.apply(x, pass);
            }
        }
        x = norm.apply(x, pass);
        NDArray mean = x.reshape(x.getShape().get(0), x.getShape().get(1), -1).mean(new int[] {2});
        return Linear.linear(mean, headWeight.array(), headBias.array()).head();
    }

    /** One block; with heads, the mixed one. */
    static final class Block extends Layer {
        private final int dim;
        private final int heads;
        private final Parameter mix;
        private final PlainLayers.Conv position;
        private final BatchNorm norm1;
        private final PlainLayers.Conv conv1;
        private final PlainLayers.Conv conv2;
        private final PlainLayers.Conv local;
        private final BatchNorm norm2;
        private final PlainLayers.Conv fc1;
        private final PlainLayers.Conv fc2;

        Block(int dim, int heads, int mlpRatio) {
            this.dim = dim;
            this.heads = heads;
            this.mix = heads > 0 ? weight("sa_weight", 1) : null;
            this.position = child("pos_embed", new PlainLayers.Conv(dim, dim, 3, 1, 1, dim));
            this.norm1 = child("norm1", new BatchNorm(dim));
            this.conv1 = child("conv1", new PlainLayers.Conv(dim, heads > 0 ? 3 * dim : dim, 1, 1, 0, 1));
            this.conv2 = child("conv2", new PlainLayers.Conv(dim, dim, 1, 1, 0, 1));
            this.local = child(heads > 0 ? "conv" : "attn", new PlainLayers.Conv(dim, dim, 5, 1, 2, dim));
            this.norm2 = child("norm2", new BatchNorm(dim));
            this.fc1 = child("mlp.fc1", new PlainLayers.Conv(dim, mlpRatio * dim, 1, 1, 0, 1));
            this.fc2 = child("mlp.fc2", new PlainLayers.Conv(mlpRatio * dim, dim, 1, 1, 0, 1));
        }

        @Override
        protected NDArray forward(NDArray input, Pass pass) {
            NDArray x = input.add(position.apply(input, pass));
            NDArray projected = conv1.apply(norm1.apply(x, pass), pass);
            NDArray gathered = heads > 0 ? mixed(projected, pass) : local.apply(projected, pass);
            x = x.add(conv2.apply(gathered, pass));
            NDArray hidden = Activation.gelu(fc1.apply(norm2.apply(x, pass), pass));
            return x.add(fc2.apply(hidden, pass));
        }

        private NDArray mixed(NDArray qkv, Pass pass) {
            Shape shape = qkv.getShape(); // (B, 3 C, H, W)
            long b = shape.get(0);
            NDList parts = qkv.reshape(b, 3, heads, dim / heads, -1)
                    .transpose(1, 0, 2, 4, 3)
                    .split(3, 0); // (1, B, E, N, D) each
            NDArray q = parts.get(0).squeeze(0);
            NDArray k = parts.get(1).squeeze(0);
            NDArray v = parts.get(2).squeeze(0);
            NDArray attention = q.matMul(k.swapAxes(2, 3))
                    .mul((float) Math.sqrt((double) heads / dim))
                    .softmax(3); // (B, E, N, N)
            NDArray dynamic = attention.matMul(v).swapAxes(2, 3).reshape(b, dim, shape.get(2), shape.get(3));
            NDArray constant = local.apply(qkv.get(new NDIndex(":, {}:", 2 * dim)), pass);
            NDArray share = Activation.sigmoid(pass.value(mix));
            return share.mul(dynamic).add(share.mul(-1).add(1).mul(constant));
        }
    }

    /** Over the channels of every point, as the reference does it: to (B, N, C) and back. */
    private static final class Norm extends Layer {
        private final Parameter weight;
        private final Parameter bias;

        Norm(int channels) {
            this.weight = weight("weight", channels);
            this.bias = weight("bias", channels);
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            Shape s = x.getShape();
            NDArray tokens = x.reshape(s.get(0), s.get(1), -1).transpose(0, 2, 1);
            return x.getNDArrayInternal()
                    .layerNorm(tokens, weight.shape(), weight.array(), bias.array(), 1e-5f)
                    .head()
                    .reshape(s.get(0), s.get(2), s.get(3), s.get(1))
                    .transpose(0, 3, 1, 2)
                    // A dense copy, as .contiguous() makes.
                    .reshape(-1)
                    .reshape(s);
        }
    }

    private static final class BatchNorm extends Layer {
        private final Parameter weight;
        private final Parameter bias;
        private final Parameter mean;
        private final Parameter variance;

        BatchNorm(int channels) {
            this.weight = weight("weight", channels);
            this.bias = weight("bias", channels);
            this.mean = buffer("running_mean", channels);
            this.variance = buffer("running_var", channels);
            buffer("num_batches_tracked", DataType.INT64);
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            return x.getNDArrayInternal()
                    .batchNorm(x, mean.array(), variance.array(), weight.array(), bias.array(), -1, 0.9f, 1e-5f, false)
                    .head();
        }
    }
}
