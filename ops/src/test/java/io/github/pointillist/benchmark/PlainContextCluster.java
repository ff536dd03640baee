// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.benchmark;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.LayerNorm;
import io.github.pointillist.models.ContextCluster.Config;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;
import java.util.ArrayList;
import java.util.List;

/**
 * Context Clusters as the paper writes them, the yardstick of the benchmarks: planes (B, C, H, W), one convolution
 * each for f and v, similarities masked to the best centre, and sums over expanded (R, M, N, D) products. Parameter
 * names are those of the real model, so that both can be given the same weights.
 */
final class PlainContextCluster extends Layer {
    private static final Shape ONE = new Shape(1, 1);

    private final Config config;
    private final Conv stem;
    private final List<List<Block>> stages = new ArrayList<>();
    private final List<Conv> reducers = new ArrayList<>();
    private final Norm norm;
    private final Dense head;

    PlainContextCluster(Config config) {
        this.config = config;
        this.stem = child("patch_embed.proj", new Conv(5, config.dims().get(0), 4, 4, 0));
        for (int i = 0; i < config.stages(); i++) {
            List<Block> blocks = new ArrayList<>();
            for (int j = 0; j < config.layers().get(i); j++) {
                blocks.add(child("network." + 2 * i + "." + j, new Block(config, i)));
            }
            stages.add(blocks);
            if (i + 1 < config.stages()) {
                reducers.add(child(
                        "network." + (2 * i + 1) + ".proj",
                        new Conv(config.dims().get(i), config.dims().get(i + 1), 3, 2, 1)));
            }
        }
        int last = config.dims().get(config.stages() - 1);
        this.norm = child("norm", new Norm(last));
        this.head = child("head", new Dense(last, config.classes()));
    }

    @Override
    protected NDArray forward(NDArray image, Pass pass) {
        Shape shape = image.getShape();
        long h = shape.get(2);
        long w = shape.get(3);
        NDArray x = image.concat(
                constant("positions", pass, arena -> arena.array(positions((int) h, (int) w), 1, 2, h, w)), 1);
        for (int i = 0; i < config.stages(); i++) {
            x = (i == 0 ? stem : reducers.get(i - 1)).apply(x, pass);
            for (Block block : stages.get(i)) {
                x = block.apply(x, pass);
            }
        }
        NDArray points = norm.apply(x, pass);
        points = points.reshape(points.getShape().get(0), points.getShape().get(1), -1);
        return head.apply(points.mean(new int[] {2}), pass);
    }

    private static float[] positions(int h, int w) {
        float[] values = new float[2 * h * w];
        for (int y = 0; y < h; y++) {
            for (int x = 0; x < w; x++) {
                values[y * w + x] = y / (h - 1f) - 0.5f;
                values[(h + y) * w + x] = x / (w - 1f) - 0.5f;
            }
        }
        return values;
    }

    /** The cluster layer alone. */
    static final class Cluster extends Layer {
        private final int centres;
        private final int fold;
        private final int heads;
        private final int headDim;
        private final Parameter alpha;
        private final Parameter beta;
        private final Conv f;
        private final Conv proj;
        private final Conv v;

        Cluster(int channels, int centres, int fold, int heads, int headDim) {
            this.centres = centres;
            this.fold = fold;
            this.heads = heads;
            this.headDim = headDim;
            this.alpha = weight("sim_alpha", 1);
            this.beta = weight("sim_beta", 1);
            this.f = child("f", new Conv(channels, heads * headDim, 1, 1, 0));
            this.proj = child("proj", new Conv(heads * headDim, channels, 1, 1, 0));
            this.v = child("v", new Conv(channels, heads * headDim, 1, 1, 0));
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            long h = x.getShape().get(2);
            long w = x.getShape().get(3);
            NDArray points = rows(f.apply(x, pass)); // (R, D, h, w)
            NDArray values = rows(v.apply(x, pass));
            NDArray centre = flat(pool(points)); // (R, M, D)
            NDArray valueCentre = flat(pool(values));
            NDArray flatValues = flat(values); // (R, N, D)
            NDArray similarity = Activation.sigmoid(unit(centre)
                    .matMul(unit(flat(points)).swapAxes(1, 2))
                    .mul(alpha.array())
                    .add(beta.array())); // (R, M, N)
            NDArray mask = similarity
                    .argMax(1)
                    .oneHot(centres * centres, similarity.getDataType())
                    .swapAxes(1, 2); // (R, M, N)
            NDArray masked = similarity.mul(mask);
            NDArray aggregated = flatValues
                    .expandDims(1)
                    .mul(masked.expandDims(3)) // (R, M, N, D)
                    .sum(new int[] {2})
                    .add(valueCentre)
                    .div(masked.sum(new int[] {2}, true).add(1f)); // (R, M, D)
            NDArray out = aggregated.expandDims(2).mul(masked.expandDims(3)).sum(new int[] {1}); // (R, N, D)
            return proj.apply(planes(out, h, w), pass);
        }

        private NDArray rows(NDArray x) {
            Shape s = x.getShape();
            return x.reshape(s.get(0), heads, headDim, fold, s.get(2) / fold, fold, s.get(3) / fold)
                    .transpose(0, 1, 3, 5, 2, 4, 6)
                    .reshape(-1, headDim, s.get(2) / fold, s.get(3) / fold);
        }

        private NDArray planes(NDArray x, long h, long w) {
            return x.reshape(-1, heads, fold, fold, h / fold, w / fold, headDim)
                    .transpose(0, 1, 6, 2, 4, 3, 5)
                    .reshape(-1, (long) heads * headDim, h, w);
        }

        private NDArray pool(NDArray x) {
            return ai.djl.pytorch.jni.JniUtils.adaptiveAvgPool(
                    (ai.djl.pytorch.engine.PtNDArray) x, new Shape(centres, centres));
        }

        private static NDArray flat(NDArray x) {
            Shape s = x.getShape();
            return x.reshape(s.get(0), s.get(1), -1).transpose(0, 2, 1);
        }

        private static NDArray unit(NDArray x) {
            return x.normalize(2, 2, 1e-12);
        }
    }

    private static final class Block extends Layer {
        private final Parameter scale1;
        private final Parameter scale2;
        private final Norm norm1;
        private final Cluster tokenMixer;
        private final Norm norm2;
        private final Dense fc1;
        private final Dense fc2;

        Block(Config config, int i) {
            int dim = config.dims().get(i);
            int hidden = dim * config.mlpRatios().get(i);
            this.scale1 = weight("layer_scale_1", dim);
            this.scale2 = weight("layer_scale_2", dim);
            this.norm1 = child("norm1", new Norm(dim));
            this.tokenMixer = child(
                    "token_mixer",
                    new Cluster(
                            dim,
                            config.centres().get(i),
                            config.fold().get(i),
                            config.heads().get(i),
                            config.headDim()));
            this.norm2 = child("norm2", new Norm(dim));
            this.fc1 = child("mlp.fc1", new Dense(dim, hidden));
            this.fc2 = child("mlp.fc2", new Dense(hidden, dim));
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            NDArray y = x.add(column(scale1, pass).mul(tokenMixer.apply(norm1.apply(x, pass), pass)));
            NDArray tokens = norm2.apply(y, pass).transpose(0, 2, 3, 1);
            NDArray mixed = fc2.apply(Activation.gelu(fc1.apply(tokens, pass)), pass);
            return y.add(column(scale2, pass).mul(mixed.transpose(0, 3, 1, 2)));
        }

        private NDArray column(Parameter scale, Pass pass) {
            return pass.value(scale, scale.shape().get(0), 1, 1);
        }
    }

    private static final class Conv extends Layer {
        private final Parameter weight;
        private final Parameter bias;
        private final Shape stride;
        private final Shape padding;

        Conv(int in, int out, int kernel, int stride, int padding) {
            this.weight = weight("weight", out, in, kernel, kernel);
            this.bias = weight("bias", out);
            this.stride = new Shape(stride, stride);
            this.padding = new Shape(padding, padding);
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            return Conv2d.conv2d(x, weight.array(), bias.array(), stride, padding, ONE, 1)
                    .head();
        }
    }

    private static final class Dense extends Layer {
        private final Parameter weight;
        private final Parameter bias;

        Dense(int in, int out) {
            this.weight = weight("weight", out, in);
            this.bias = weight("bias", out);
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            return Linear.linear(x, weight.array(), bias.array()).head();
        }
    }

    private static final class Norm extends Layer {
        private final Parameter weight;
        private final Parameter bias;

        Norm(int channels) {
            this.weight = weight("weight", channels);
            this.bias = weight("bias", channels);
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            Shape sample = x.getShape().slice(1);
            long c = sample.get(0);
            NDArray scale = pass.value(weight, c, 1, 1).broadcast(sample);
            NDArray shift = pass.value(bias, c, 1, 1).broadcast(sample);
            return LayerNorm.layerNorm(x, sample, scale, shift, 1e-5f).head();
        }
    }
}
