// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.benchmark;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.nn.pooling.Pool;
import io.github.pointillist.models.FasterVit.Config;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;
import java.util.ArrayList;
import java.util.List;

/**
 * FasterViT as the paper writes it, the yardstick of the benchmarks: planes (B, C, H, W) in the convolutional levels,
 * the MLPs on positions and the gathered relative biases computed in every pass, carriers taken from their windows into
 * rows of the map and back in every block. With clusters: a sort, gathered queries, keys and values, a second sort for
 * the way back. For square images whose maps the windows divide. Parameter names are those of the real model.
 */
final class PlainFasterVit extends Layer {
    private static final Shape ONE = new Shape(1, 1);
    private static final Shape TWO = new Shape(2, 2);

    private final Config config;
    private final Conv stem1;
    private final Batch stemNorm1;
    private final Conv stem2;
    private final Batch stemNorm2;
    private final List<Stage> stages = new ArrayList<>();
    private final Batch norm;
    private final Dense head;

    PlainFasterVit(Config config) {
        this.config = config;
        this.stem1 = child("patch_embed.conv_down.0", new Conv(3, config.stemDim(), TWO, false));
        this.stemNorm1 = child("patch_embed.conv_down.1", new Batch(config.stemDim(), 1e-4f));
        this.stem2 = child("patch_embed.conv_down.3", new Conv(config.stemDim(), config.dim(), TWO, false));
        this.stemNorm2 = child("patch_embed.conv_down.4", new Batch(config.dim(), 1e-4f));
        for (int i = 0; i < config.levels(); i++) {
            stages.add(child("levels." + i, new Stage(i)));
        }
        int last = config.channels(config.levels() - 1);
        this.norm = child("norm", new Batch(last, 1e-5f));
        this.head = child("head", new Dense(last, config.classes(), true));
    }

    @Override
    protected NDArray forward(NDArray image, Pass pass) {
        NDArray x = Activation.relu(stemNorm1.apply(stem1.apply(image, pass), pass));
        x = Activation.relu(stemNorm2.apply(stem2.apply(x, pass), pass));
        for (Stage stage : stages) {
            x = stage.apply(x, pass);
        }
        NDArray normed = norm.apply(x, pass);
        Shape s = normed.getShape();
        return head.apply(normed.reshape(s.get(0), s.get(1), -1).mean(new int[] {2}), pass);
    }

    private final class Stage extends Layer {
        private final int level;
        private final List<Layer> blocks = new ArrayList<>();
        private final boolean carries;
        private final Parameter tokenWeight;
        private final Parameter tokenBias;
        private final Norm norm;
        private final Conv reduction;

        Stage(int level) {
            this.level = level;
            int dim = config.channels(level);
            int side = config.rows(level);
            this.carries = level > 1
                    && config.clusters().isEmpty()
                    && config.carries().get(level)
                    && side > config.windows().get(level);
            for (int j = 0; j < config.depths().get(level); j++) {
                blocks.add(child("blocks." + j, level < 2 ? new ConvBlock(dim) : new Block(level, carries)));
            }
            boolean last = level + 1 == config.levels();
            this.norm = last ? null : child("downsample.norm", new Norm(dim, 1e-6f));
            this.reduction = last ? null : child("downsample.reduction.0", new Conv(dim, 2 * dim, TWO, false));
            String token = "global_tokenizer.to_global_feature.pos.";
            this.tokenWeight = carries ? weight(token + "weight", dim, 1, 3, 3) : null;
            this.tokenBias = carries ? weight(token + "bias", dim) : null;
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            NDArray y = level < 2 ? convolved(x, pass) : attended(x, pass);
            if (reduction == null) {
                return y;
            }
            NDArray normed = norm.apply(y.transpose(0, 2, 3, 1), pass).transpose(0, 3, 1, 2);
            return reduction.apply(normed, pass);
        }

        private NDArray convolved(NDArray x, Pass pass) {
            NDArray y = x;
            for (Layer block : blocks) {
                y = block.apply(y, pass);
            }
            return y;
        }

        private NDArray attended(NDArray x, Pass pass) {
            Shape s = x.getShape();
            long b = s.get(0);
            long c = s.get(1);
            long side = s.get(2);
            long window = config.clusters().isEmpty() ? config.windows().get(level) : side;
            long n = side / window;
            NDList state = new NDList(x.reshape(b, c, n, window, n, window)
                    .transpose(0, 2, 4, 3, 5, 1)
                    .reshape(-1, window * window, c));
            if (carries) {
                long k = config.carrierSide();
                long stride = side / (n * k);
                long kernel = side - (n * k - 1) * stride;
                NDArray pooled = Pool.avgPool2d(
                        Conv2d.conv2d(x, tokenWeight.array(), tokenBias.array(), ONE, ONE, ONE, (int) c)
                                .head(),
                        new Shape(kernel, kernel),
                        new Shape(stride, stride),
                        new Shape(0, 0),
                        false,
                        true);
                state.add(pooled.reshape(b, c, n, k, n, k)
                        .transpose(0, 2, 4, 3, 5, 1)
                        .reshape(b, -1, c));
            }
            for (Layer block : blocks) {
                state = ((Block) block).run(state, pass);
            }
            return state.head()
                    .reshape(b, n, n, window, window, c)
                    .transpose(0, 5, 1, 3, 2, 4)
                    .reshape(b, c, side, side);
        }
    }

    private static final class ConvBlock extends Layer {
        private final Conv conv1;
        private final Batch norm1;
        private final Conv conv2;
        private final Batch norm2;

        ConvBlock(int dim) {
            this.conv1 = child("conv1", new Conv(dim, dim, ONE, true));
            this.norm1 = child("norm1", new Batch(dim, 1e-5f));
            this.conv2 = child("conv2", new Conv(dim, dim, ONE, true));
            this.norm2 = child("norm2", new Batch(dim, 1e-5f));
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            NDArray hidden = Activation.gelu(norm1.apply(conv1.apply(x, pass), pass));
            return x.add(norm2.apply(conv2.apply(hidden, pass), pass));
        }
    }

    private final class Block extends Layer {
        private final boolean carries;
        private final int window;
        private final int windows;
        private final int k;
        private final Position position;
        private final Norm norm1;
        private final Attention attention;
        private final Norm norm2;
        private final Hidden mlp;
        private final Norm carrierNorm1;
        private final Norm carrierNorm2;
        private final Attention carrierAttention;
        private final Hidden carrierMlp;
        private final Position carrierPosition;

        Block(int level, boolean carries) {
            this.carries = carries;
            int dim = config.channels(level);
            int heads = config.heads().get(level);
            int hidden = (int) (dim * config.mlpRatio());
            boolean clustered = !config.clusters().isEmpty();
            this.window = clustered ? config.rows(level) : config.windows().get(level);
            this.windows = config.rows(level) / window;
            this.k = config.carrierSide();
            int clusters = clustered ? config.clusters().get(level) : 0;
            this.position = child("pos_embed", new Position(dim));
            this.norm1 = child("norm1", new Norm(dim, 1e-5f));
            this.attention = child("attn", new Attention(dim, heads, window, clusters));
            this.norm2 = child("norm2", new Norm(dim, 1e-5f));
            this.mlp = child("mlp", new Hidden(dim, hidden));
            this.carrierNorm1 = carries ? child("hat_norm1", new Norm(dim, 1e-5f)) : null;
            this.carrierNorm2 = carries ? child("hat_norm2", new Norm(dim, 1e-5f)) : null;
            this.carrierAttention = carries ? child("hat_attn", new Attention(dim, heads, windows * k, 0)) : null;
            this.carrierMlp = carries ? child("hat_mlp", new Hidden(dim, hidden)) : null;
            this.carrierPosition = carries ? child("hat_pos_embed", new Position(dim)) : null;
        }

        NDList run(NDList state, Pass pass) {
            return scoped(state, pass, inner -> compute(state, inner));
        }

        private NDList compute(NDList state, Pass pass) {
            NDArray x = state.head().add(position.apply(centred(window, pass), pass));
            long c = x.getShape().get(2);
            if (carries) {
                long b = state.get(1).getShape().get(0);
                NDArray y = state.get(1)
                        .reshape(b, windows, windows, k, k, c)
                        .transpose(0, 1, 3, 2, 4, 5)
                        .reshape(b, -1, c); // rows of the map
                y = y.add(carrierPosition.apply(centred(windows * k, pass), pass));
                y = y.add(carrierAttention.apply(carrierNorm1.apply(y, pass), pass));
                y = y.add(carrierMlp.apply(carrierNorm2.apply(y, pass), pass));
                y = y.reshape(b, windows, k, windows, k, c)
                        .transpose(0, 1, 3, 2, 4, 5)
                        .reshape(-1, (long) k * k, c); // window by window
                x = y.concat(x, 1);
            }
            x = x.add(attention.apply(norm1.apply(x, pass), pass));
            x = x.add(mlp.apply(norm2.apply(x, pass), pass));
            if (!carries) {
                return new NDList(x);
            }
            NDArray carriers =
                    x.get(new NDIndex(":, :{}", (long) k * k)).reshape(-1, (long) windows * windows * k * k, c);
            return new NDList(x.get(new NDIndex(":, {}:", (long) k * k)), carriers);
        }

        /** Coordinates from -1, made anew. */
        private NDArray centred(int n, Pass pass) {
            NDArray line = constant(n, pass, arena -> arena.array(range(n), n))
                    .sub(n / 2)
                    .div(n / 2);
            return grid(line, n);
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            throw new IllegalStateException("call run");
        }
    }

    private static double[] range(int n) {
        double[] range = new double[n];
        for (int i = 0; i < n; i++) {
            range[i] = i;
        }
        return range;
    }

    private static NDArray grid(NDArray line, int n) {
        NDArray rows = line.reshape(n, 1).broadcast(n, n);
        NDArray columns = line.reshape(1, n).broadcast(n, n);
        return NDArrays.stack(new NDList(rows, columns), 2).reshape((long) n * n, 2);
    }

    private static final class Position extends Layer {
        private final Parameter weight1;
        private final Parameter bias1;
        private final Parameter weight2;

        Position(int out) {
            this.weight1 = weight("cpb_mlp.0.weight", 512, 2);
            this.bias1 = weight("cpb_mlp.0.bias", 512);
            this.weight2 = weight("cpb_mlp.2.weight", out, 512);
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            NDArray hidden = Activation.relu(
                    Linear.linear(x, weight1.array(), bias1.array()).head());
            return Linear.linear(hidden, weight2.array(), null).head();
        }
    }

    /** Attention of a row's tokens, with a bias on the last side x side of them, or in clusters. */
    private static final class Attention extends Layer {
        private final int heads;
        private final int side;
        private final int clusters;
        private final Dense qkv;
        private final Dense proj;
        private final Position bias;

        Attention(int dim, int heads, int side, int clusters) {
            this.heads = heads;
            this.side = side;
            this.clusters = clusters;
            this.qkv = child("qkv", new Dense(dim, 3 * dim, true));
            this.proj = child("proj", new Dense(dim, dim, true));
            this.bias = clusters > 0 ? null : child("pos_emb_funct", new Position(heads));
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            Shape s = x.getShape();
            long d = s.get(2) / heads;
            NDList parts = qkv.apply(x, pass)
                    .reshape(s.get(0), s.get(1), 3, heads, d)
                    .transpose(2, 0, 3, 1, 4)
                    .split(3, 0);
            NDArray q = parts.get(0).squeeze(0); // (R, E, T, D)
            NDArray k = parts.get(1).squeeze(0);
            NDArray v = parts.get(2).squeeze(0);
            NDArray out = clusters > 1 ? clustered(q, k, v) : all(q, k, v, s.get(1), pass);
            return proj.apply(out.transpose(0, 2, 1, 3).reshape(s), pass);
        }

        private NDArray all(NDArray q, NDArray k, NDArray v, long tokens, Pass pass) {
            NDArray products = q.matMul(k.transpose(0, 1, 3, 2))
                    .mul(1 / Math.sqrt(q.getShape().get(3)));
            if (bias != null) {
                products = products.add(relative(tokens, pass));
            }
            return products.softmax(-1).matMul(v);
        }

        private NDArray clustered(NDArray q, NDArray k, NDArray v) {
            NDArray mean = k.mean(new int[] {2}, true);
            NDArray cosine =
                    k.normalize(2, 3, 1e-8).mul(mean.normalize(2, 3, 1e-8)).sum(new int[] {3});
            NDArray order = cosine.argSort(2, true); // (R, E, T)
            NDArray back = order.argSort(2, true);
            Shape s = q.getShape();
            Shape split = new Shape(s.get(0), s.get(1), clusters, s.get(2) / clusters, s.get(3));
            NDArray products = taken(q, order)
                    .reshape(split)
                    .matMul(taken(k, order).reshape(split).transpose(0, 1, 2, 4, 3))
                    .mul(1 / Math.sqrt(s.get(3)));
            NDArray out =
                    products.softmax(-1).matMul(taken(v, order).reshape(split)).reshape(s);
            return taken(out, back);
        }

        private static NDArray taken(NDArray x, NDArray order) {
            return x.gather(order.expandDims(3).broadcast(x.getShape()), 2);
        }

        private NDArray relative(long tokens, Pass pass) {
            int span = 2 * side - 1;
            NDArray line = constant("line", pass, arena -> arena.array(range(span), span))
                    .sub(side - 1)
                    .div(side - 1)
                    .mul(8);
            NDArray t =
                    line.sign().mul(line.abs().add(1).log().div(Math.log(2))).div(3);
            NDArray table = bias.apply(grid(t, span), pass); // (L, E)
            NDArray index = constant("index", pass, arena -> arena.array(index(), (long) side * side * side * side));
            NDArray values = Activation.sigmoid(table.get(index.toType(DataType.INT64, false))
                            .reshape((long) side * side, (long) side * side, heads)
                            .transpose(2, 0, 1))
                    .mul(16);
            long more = tokens - (long) side * side;
            return more == 0 ? values : values.pad(new Shape(more, 0, more, 0), 0);
        }

        private double[] index() {
            int n = side * side;
            double[] index = new double[n * n];
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) {
                    index[i * n + j] =
                            (i / side - j / side + side - 1) * (2 * side - 1) + i % side - j % side + side - 1;
                }
            }
            return index;
        }
    }

    private static final class Hidden extends Layer {
        private final Dense fc1;
        private final Dense fc2;

        Hidden(int dim, int hidden) {
            this.fc1 = child("fc1", new Dense(dim, hidden, true));
            this.fc2 = child("fc2", new Dense(hidden, dim, true));
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            return fc2.apply(Activation.gelu(fc1.apply(x, pass)), pass);
        }
    }

    private static final class Dense extends Layer {
        private final Parameter weight;
        private final Parameter bias;

        Dense(int in, int out, boolean biased) {
            this.weight = weight("weight", out, in);
            this.bias = biased ? weight("bias", out) : null;
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            return Linear.linear(x, weight.array(), bias == null ? null : bias.array())
                    .head();
        }
    }

    private static final class Conv extends Layer {
        private final Parameter weight;
        private final Parameter bias;
        private final Shape stride;

        Conv(int in, int out, Shape stride, boolean biased) {
            this.weight = weight("weight", out, in, 3, 3);
            this.bias = biased ? weight("bias", out) : null;
            this.stride = stride;
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            return Conv2d.conv2d(x, weight.array(), bias == null ? null : bias.array(), stride, ONE, ONE, 1)
                    .head();
        }
    }

    private static final class Norm extends Layer {
        private final Parameter weight;
        private final Parameter bias;
        private final float epsilon;

        Norm(int dim, float epsilon) {
            this.weight = weight("weight", dim);
            this.bias = weight("bias", dim);
            this.epsilon = epsilon;
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            return LayerNorm.layerNorm(x, weight.shape(), weight.array(), bias.array(), epsilon)
                    .head();
        }
    }

    private static final class Batch extends Layer {
        private final Parameter weight;
        private final Parameter bias;
        private final Parameter mean;
        private final Parameter variance;
        private final float epsilon;

        Batch(int dim, float epsilon) {
            this.weight = weight("weight", dim);
            this.bias = weight("bias", dim);
            this.mean = buffer("running_mean", dim);
            this.variance = buffer("running_var", dim);
            buffer("num_batches_tracked", DataType.INT64);
            this.epsilon = epsilon;
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            return x.getNDArrayInternal()
                    .batchNorm(x, mean.array(), variance.array(), weight.array(), bias.array(), 1, 0.9f, epsilon, false)
                    .head();
        }
    }
}
