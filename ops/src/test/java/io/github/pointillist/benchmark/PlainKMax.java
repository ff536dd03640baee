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
import io.github.pointillist.layers.Resize;
import io.github.pointillist.models.KMaxDeepLab;
import io.github.pointillist.models.ResNet;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * kMaX-DeepLab as the reference writes it, the yardstick of the benchmarks: planes (B, C, H, W); norms of their own; logits
 * of axial attention joined, normed and summed; the assignment as a one-hot product with projected values; classes of every
 * step and the enlarged masks and features of every step, also in inference. On a ResNet; parameter names are those of the
 * real model.
 */
final class PlainKMax extends Layer {
    private static final String HEAD = "sem_seg_head.";

    private final ResNet backbone;
    private final List<Norm> norms = new ArrayList<>();
    private final List<List<Block>> stages = new ArrayList<>();
    private final List<ConvBn> lows = new ArrayList<>();
    private final List<ConvBn> highs = new ArrayList<>();
    private final List<List<Step>> steps = new ArrayList<>();
    private final Parameter centres;
    private final ConvBn forClasses;
    private final ConvBn forMasks;
    private final Predictor predictor;

    PlainKMax(KMaxDeepLab.Config config) {
        this.backbone = child("backbone", new ResNet(config.resnet()));
        List<Integer> in = List.of(2048, 1024, 512, 256);
        String pixel = HEAD + "pixel_decoder.";
        for (int i = 0; i < 4; i++) {
            KMaxDeepLab.Stage stage = config.stages().get(i);
            norms.add(child(pixel + "_in_norms." + i, new Norm(in.get(i))));
            List<Block> blocks = new ArrayList<>();
            for (int j = 0; j < stage.blocks(); j++) {
                int channels = j > 0 ? 4 * stage.channels() : i > 0 ? stage.channels() : in.get(0);
                blocks.add(child(
                        pixel + "_stages." + i + "._blocks." + j,
                        new Block(channels, stage.channels(), stage.axial())));
            }
            stages.add(blocks);
            if (i > 0) {
                String fuse = pixel + "_resized_fuses." + (i - 1) + ".";
                lows.add(child(
                        fuse + "_conv_bn_low",
                        new ConvBn(4 * config.stages().get(i - 1).channels(), stage.channels(), 1, false, false)));
                highs.add(child(fuse + "_conv_bn_high", new ConvBn(in.get(i), stage.channels(), 1, false, false)));
            }
        }
        String decoder = HEAD + "predictor.";
        int number = 0;
        for (int i = 0; i < 3; i++) {
            List<Step> layers = new ArrayList<>();
            for (int j = 0; j < config.steps().get(i); j++) {
                layers.add(child(
                        decoder + "_kmax_transformer_layers." + number++,
                        new Step(4 * config.stages().get(i).channels(), config.classes() + 1)));
            }
            steps.add(layers);
        }
        this.centres = weight(decoder + "_cluster_centers.weight", 256, config.queries());
        this.forClasses = child(decoder + "_class_embedding_projection", new ConvBn(256, 256, 1, true, false));
        this.forMasks = child(decoder + "_mask_embedding_projection", new ConvBn(256, 256, 1, true, false));
        this.predictor = child(
                decoder + "_predcitor", new Predictor(4 * config.stages().get(3).channels(), config.classes() + 1));
    }

    @Override
    protected NDArray forward(NDArray image, Pass pass) {
        NDList maps = backbone.featuresWithStem(image, pass);
        NDList out = new NDList();
        NDArray x = norms.get(0).apply(maps.get(4), pass);
        for (int i = 0; i < 4; i++) {
            if (i > 0) {
                NDArray fine =
                        highs.get(i - 1).apply(Activation.gelu(norms.get(i).apply(maps.get(4 - i), pass)), pass);
                NDArray low = lows.get(i - 1).apply(Activation.gelu(x), pass);
                x = resized(low, fine.getShape()).add(fine);
            }
            for (Block block : stages.get(i)) {
                x = block.apply(x, pass);
            }
            out.add(x);
        }
        NDArray current = pass.value(centres)
                .expandDims(0)
                .broadcast(
                        new Shape(image.getShape().get(0), 256, centres.shape().get(1)));
        NDList all = new NDList();
        for (int i = 0; i < 3; i++) {
            for (Step step : steps.get(i)) {
                NDList stepped = step.run(current, out.get(i), pass);
                current = stepped.get(0);
                all.addAll(stepped.subNDList(1));
            }
        }
        NDArray classEmbedding = Activation.gelu(forClasses.apply(current, pass));
        NDArray maskEmbedding = Activation.gelu(forMasks.apply(current, pass));
        NDList last = predictor.run(maskEmbedding, classEmbedding, out.get(3), pass);
        for (int i = 0; i < all.size(); i += 3) {
            resized(all.get(i), last.get(0).getShape());
            resized(all.get(i + 2), last.get(0).getShape());
        }
        return last.get(0);
    }

    private static NDArray resized(NDArray x, Shape like) {
        boolean aligned = x.getShape().get(3) % 2 == 1;
        return Resize.linear(Resize.linear(x, 2, like.get(2), aligned), 3, like.get(3), aligned);
    }

    /** Layer normalisation of channels of planes. */
    private static final class Norm extends Layer {
        private final Parameter weight;
        private final Parameter bias;

        Norm(int channels) {
            this.weight = weight("weight", channels);
            this.bias = weight("bias", channels);
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            NDArray mean = x.mean(new int[] {1}, true);
            NDArray centred = x.sub(mean);
            NDArray variance = centred.square().mean(new int[] {1}, true);
            return centred.div(variance.add(1e-6f).sqrt())
                    .mul(pass.value(weight, 1, -1, 1, 1))
                    .add(pass.value(bias, 1, -1, 1, 1));
        }
    }

    /** Batch normalisation of axis 1. */
    private static final class Bn extends Layer {
        private final Parameter weight;
        private final Parameter bias;
        private final Parameter mean;
        private final Parameter variance;

        Bn(int channels) {
            this.weight = weight("weight", channels);
            this.bias = weight("bias", channels);
            this.mean = buffer("running_mean", channels);
            this.variance = buffer("running_var", channels);
            buffer("num_batches_tracked", DataType.INT64);
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            return x.getNDArrayInternal()
                    .batchNorm(x, mean.array(), variance.array(), weight.array(), bias.array(), 1, 0.99f, 1e-3f, false)
                    .head();
        }
    }

    /** A convolution and a norm; 1d on (B, C, L). */
    private static final class ConvBn extends Layer {
        private static final Shape ONE = new Shape(1, 1);

        private final Parameter weight;
        private final Parameter bias;
        private final Bn norm;
        private final boolean flat;
        private final int kernel;
        private final int groups;

        ConvBn(int in, int out, int kernel, boolean flat, boolean biased) {
            this(in, out, kernel, flat, biased, true, 1);
        }

        ConvBn(int in, int out, int kernel, boolean flat, boolean biased, boolean normed, int groups) {
            this.flat = flat;
            this.kernel = kernel;
            this.groups = groups;
            this.weight = flat
                    ? weight("conv.weight", out, in, kernel)
                    : weight("conv.weight", out, in / groups, kernel, kernel);
            this.bias = biased ? weight("conv.bias", out) : null;
            this.norm = normed ? child("norm", new Bn(out)) : null;
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            NDArray planes = flat ? x.expandDims(3) : x;
            NDArray kernels = flat
                    ? pass.value(weight, weight.shape().get(0), weight.shape().get(1), kernel, 1)
                    : pass.value(weight);
            NDArray y = Conv2d.conv2d(
                            planes,
                            kernels,
                            bias == null ? null : bias.array(),
                            ONE,
                            new Shape(kernel / 2, kernel / 2),
                            ONE,
                            groups)
                    .head();
            y = norm == null ? y : norm.apply(y, pass);
            return flat ? y.squeeze(3) : y;
        }
    }

    /** Attention along the last axis of (N, C, L). */
    private static final class Axial extends Layer {
        private final int keys;
        private final int values;
        private final Parameter projection;
        private final Parameter queryPositions;
        private final Parameter keyPositions;
        private final Parameter valuePositions;
        private final Bn projected;
        private final Bn similarity;
        private final Bn retrieved;

        Axial(int in, int keys, int values) {
            this.keys = keys;
            this.values = values;
            this.projection = weight("qkv_transform.conv.weight", 2 * keys + values, in, 1);
            this.queryPositions = weight("_query_rpe._embeddings.weight", 509, keys / 8);
            this.keyPositions = weight("_key_rpe._embeddings.weight", 509, keys / 8);
            this.valuePositions = weight("_value_rpe._embeddings.weight", 509, values / 8);
            this.projected = child("_batch_norm_qkv", new Bn(2 * keys + values));
            this.similarity = child("_batch_norm_similarity", new Bn(24));
            this.retrieved = child("_batch_norm_retrieved_output", new Bn(2 * values));
        }

        private NDArray positions(Parameter table, int length, Pass pass) {
            long[] rows = IntStream.range(0, length * length)
                    .mapToLong(i -> 254 + i % length - i / length)
                    .toArray();
            NDArray view = pass.value(table);
            return view.get(view.getManager().create(rows))
                    .reshape(length, length, table.shape().get(1));
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            Shape shape = x.getShape();
            long n = shape.get(0);
            int length = (int) shape.get(2);
            NDArray qkv = Conv2d.conv2d(
                            x.expandDims(3),
                            pass.value(projection, projection.shape().get(0), shape.get(1), 1, 1),
                            null,
                            new Shape(1, 1),
                            new Shape(0, 0),
                            new Shape(1, 1),
                            1)
                    .head()
                    .squeeze(3);
            qkv = projected.apply(qkv, pass); // (N, 2 k + v, L)
            NDArray q = qkv.get(new NDIndex(":, :{}", keys)).reshape(n, 8, keys / 8, length);
            NDArray k = qkv.get(new NDIndex(":, {}:{}", keys, 2 * keys)).reshape(n, 8, keys / 8, length);
            NDArray v = qkv.get(new NDIndex(":, {}:", 2 * keys)).reshape(n, 8, values / 8, length);
            NDArray content = q.transpose(0, 1, 3, 2).matMul(k); // (N, E, L, M)
            // einsum bhdl,lmd -> bhlm, and bhdm,lmd -> bhlm
            NDArray byQuery = q.transpose(3, 0, 1, 2)
                    .reshape(length, n * 8, keys / 8)
                    .matMul(positions(queryPositions, length, pass).transpose(0, 2, 1))
                    .reshape(length, n, 8, length)
                    .transpose(1, 2, 0, 3);
            NDArray byKey = k.transpose(3, 0, 1, 2)
                    .reshape(length, n * 8, keys / 8)
                    .matMul(positions(keyPositions, length, pass).transpose(1, 2, 0))
                    .reshape(length, n, 8, length)
                    .transpose(1, 2, 3, 0);
            NDArray joined = NDArrays.concat(new NDList(content, byQuery, byKey), 1); // (N, 3 E, L, M)
            NDArray weights = similarity
                    .apply(joined, pass)
                    .reshape(n, 3, 8, length, length)
                    .sum(new int[] {1})
                    .softmax(-1);
            NDArray first = weights.matMul(v.transpose(0, 1, 3, 2)).transpose(0, 1, 3, 2); // (N, E, V, L)
            NDArray second = weights.transpose(2, 0, 1, 3)
                    .reshape(length, n * 8, length)
                    .matMul(positions(valuePositions, length, pass))
                    .reshape(length, n, 8, values / 8)
                    .transpose(1, 2, 3, 0);
            NDArray both = NDArrays.concat(new NDList(first, second), 1).reshape(n, 2 * values, length);
            return retrieved.apply(both, pass).reshape(n, 2, values, length).sum(new int[] {1});
        }
    }

    /** A residual block. */
    private static final class Block extends Layer {
        private final ConvBn first;
        private final Axial columns;
        private final Axial rows;
        private final ConvBn middle;
        private final ConvBn last;
        private final ConvBn shortcut;

        Block(int in, int channels, boolean axial) {
            int inner = axial ? 2 * channels : channels;
            this.first = child("_conv1_bn_act", new ConvBn(in, inner, 1, false, false));
            this.columns = axial ? child("_attention._height_axis", new Axial(inner, channels, inner)) : null;
            this.rows = axial ? child("_attention._width_axis", new Axial(inner, channels, inner)) : null;
            this.middle = axial ? null : child("_conv2_bn_act", new ConvBn(channels, channels, 3, false, false));
            this.last = child("_conv3_bn", new ConvBn(inner, 4 * channels, 1, false, false));
            this.shortcut =
                    in == 4 * channels ? null : child("_shortcut", new ConvBn(in, 4 * channels, 1, false, false));
        }

        @Override
        protected NDArray forward(NDArray input, Pass pass) {
            NDArray x = Activation.gelu(input);
            NDArray straight = shortcut == null ? x : shortcut.apply(x, pass);
            NDArray y = Activation.gelu(first.apply(x, pass));
            if (columns == null) {
                y = middle.apply(y, pass);
            } else {
                Shape s = y.getShape();
                NDArray down =
                        columns.apply(y.transpose(0, 3, 1, 2).reshape(s.get(0) * s.get(3), s.get(1), s.get(2)), pass);
                NDArray across = rows.apply(
                        down.reshape(s.get(0), s.get(3), s.get(1), s.get(2))
                                .transpose(0, 3, 2, 1)
                                .reshape(s.get(0) * s.get(2), s.get(1), s.get(3)),
                        pass);
                y = across.reshape(s.get(0), s.get(2), s.get(1), s.get(3)).transpose(0, 2, 1, 3);
            }
            return last.apply(Activation.gelu(y), pass).add(straight);
        }
    }

    /** Masks, classes and features. */
    private static final class Predictor extends Layer {
        private final int classes;
        private final ConvBn around;
        private final ConvBn pointwise;
        private final ConvBn lastConv;
        private final ConvBn maskHead;
        private final ConvBn classHead;
        private final Bn maskNorm;

        Predictor(int channels, int classes) {
            this.classes = classes;
            this.around = child(
                    "_pixel_space_head_conv0bnact", new ConvBn(channels, channels, 5, false, false, true, channels));
            this.pointwise = child("_pixel_space_head_conv1bnact", new ConvBn(channels, 256, 1, false, false));
            this.lastConv = child("_pixel_space_head_last_convbn", new ConvBn(256, 128, 1, false, true));
            this.maskHead = child("_transformer_mask_head", new ConvBn(256, 128, 1, true, false));
            this.classHead = child("_transformer_class_head", new ConvBn(256, classes, 1, true, true, false, 1));
            this.maskNorm = child("_pixel_space_mask_batch_norm", new Bn(1));
        }

        NDList run(NDArray forMasks, NDArray forClasses, NDArray pixels, Pass pass) {
            NDArray f = Activation.gelu(around.apply(pixels, pass));
            f = Activation.gelu(pointwise.apply(f, pass));
            f = lastConv.apply(f, pass).normalize(2, 1, 1e-12f); // (B, 128, h, w)
            NDArray c = classHead.apply(forClasses, pass).transpose(0, 2, 1);
            double[] bias = new double[classes];
            bias[classes - 1] = Math.log((classes - 1) * 9.0);
            c = c.add(c.getManager().create(bias).toType(c.getDataType(), false));
            Shape s = f.getShape();
            NDArray masks = maskHead.apply(forMasks, pass)
                    .transpose(0, 2, 1)
                    .matMul(f.reshape(s.get(0), 128, -1))
                    .reshape(s.get(0), 1, -1, s.get(2) * s.get(3)); // (B, 1, L, N)
            masks = maskNorm.apply(masks, pass).reshape(s.get(0), -1, s.get(2), s.get(3));
            return new NDList(masks, c, f);
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            throw new IllegalStateException("call run");
        }
    }

    /** One k-means step. */
    static final class Step extends Layer {
        private final ConvBn query;
        private final ConvBn pixel;
        private final ConvBn joined;
        private final ConvBn value;
        private final Bn similarity;
        private final Bn retrieved;
        private final ConvBn attended;
        private final ConvBn ffnIn;
        private final ConvBn ffnOut;
        private final Predictor predictor;
        private final Bn updated;
        private final ConvBn update;

        Step(int channels, int classes) {
            this.query = child("_query_conv1_bn_act", new ConvBn(256, 256, 1, true, false));
            this.pixel = child("_pixel_conv1_bn_act", new ConvBn(channels, 256, 1, false, false));
            this.joined = child("_query_qkv_conv_bn", new ConvBn(256, 512, 1, true, false));
            this.value = child("_pixel_v_conv_bn", new ConvBn(256, 256, 1, false, false));
            this.similarity = child("_query_self_attention._batch_norm_similarity", new Bn(8));
            this.retrieved = child("_query_self_attention._batch_norm_retrieved_value", new Bn(256));
            this.attended = child("_query_conv3_bn", new ConvBn(256, 256, 1, true, false));
            this.ffnIn = child("_query_ffn_conv1_bn_act", new ConvBn(256, 2048, 1, true, false));
            this.ffnOut = child("_query_ffn_conv2_bn", new ConvBn(2048, 256, 1, true, false));
            this.predictor = child("_predcitor", new Predictor(256, classes));
            this.updated = child("_kmeans_query_batch_norm_retrieved_value", new Bn(256));
            this.update = child("_kmeans_query_conv3_bn", new ConvBn(256, 256, 1, true, false));
        }

        /** Centres (B, 256, L) and pixels (B, C, h, w). */
        NDList run(NDArray centres, NDArray pixels, Pass outer) {
            return scoped(new NDList(centres, pixels), outer, pass -> {
                NDArray p = Activation.gelu(pixel.apply(Activation.gelu(pixels), pass));
                NDArray q = Activation.gelu(query.apply(centres, pass));
                NDArray v = value.apply(p, pass);
                NDList predicted = predictor.run(q, q, p, pass);
                NDArray masks = predicted.get(0);
                Shape s = masks.getShape();
                NDArray flat = masks.reshape(s.get(0), s.get(1), -1); // (B, L, N)
                NDArray numbers = flat.getManager()
                        .create(LongStream.range(0, s.get(1)).toArray())
                        .reshape(1, s.get(1), 1);
                NDArray oneHot = flat.argMax(1).expandDims(1).eq(numbers).toType(flat.getDataType(), false);
                NDArray sums = v.reshape(s.get(0), 256, -1).matMul(oneHot.transpose(0, 2, 1)); // (B, 256, L)
                NDArray moved = centres.add(update.apply(updated.apply(sums, pass), pass))
                        .add(attended.apply(attention(joined.apply(q, pass), pass), pass));
                moved = Activation.gelu(moved);
                NDArray out = Activation.gelu(moved.add(ffnOut.apply(Activation.gelu(ffnIn.apply(moved, pass)), pass)));
                return new NDList(out, predicted.get(0), predicted.get(1), predicted.get(2));
            });
        }

        private NDArray attention(NDArray qkv, Pass pass) {
            long b = qkv.getShape().get(0);
            long n = qkv.getShape().get(2);
            NDArray q = qkv.get(new NDIndex(":, :128")).reshape(b, 8, 16, n);
            NDArray k = qkv.get(new NDIndex(":, 128:256")).reshape(b, 8, 16, n);
            NDArray v = qkv.get(new NDIndex(":, 256:")).reshape(b, 8, 32, n);
            NDArray weights =
                    similarity.apply(q.transpose(0, 1, 3, 2).matMul(k), pass).softmax(-1);
            NDArray values = v.matMul(weights.transpose(0, 1, 3, 2)).reshape(b, 256, n);
            return Activation.gelu(retrieved.apply(values, pass));
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            throw new IllegalStateException("call run");
        }
    }
}
