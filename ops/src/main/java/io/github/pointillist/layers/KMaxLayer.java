// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import io.github.pointillist.layers.ConvNorm.Kernel;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;

/**
 * One k-means step of cluster centres and what follows it: Yu, Wang, Qiao, Collins, Zhu, Adam, Yuille, Chen, k-means Mask
 * Transformer, ECCV 2022, equation 7, as in bytedance/kmax-deeplab f8e1d04, {@code kMaXTransformerLayer}.
 *
 * <p>Shapes: B samples; h x w pixels of C channels; L centres of D channels; 8 heads.
 *
 * <p>Every pixel belongs to the cluster with the largest mask logit. A centre takes up the sum, not the mean, of its
 * pixels' values. The assignment has no gradient.
 */
public final class KMaxLayer extends Layer {
    private static final int HEADS = 8;
    private static final int EXPANSION = 8;

    private final int width;
    private final ConvNorm query;
    private final ConvNorm pixel;
    private final ConvNorm joined;
    private final ConvNorm value;
    private final SelfAttention attention;
    private final ConvNorm attended;
    private final ConvNorm ffnIn;
    private final ConvNorm ffnOut;
    private final KMaxPredictor predictor;
    private final BatchNorm updated;
    private final ConvNorm update;

    /**
     * Declares the parameters under the official names.
     *
     * @param pixelChannels C
     * @param width D, a multiple of 16; 256 in the official models
     * @param classes void included
     */
    public KMaxLayer(int pixelChannels, int width, int classes) {
        if (width % (2 * HEADS) != 0) {
            throw new IllegalArgumentException(
                    "cluster centres of " + width + " channels; allowed are multiples of " + 2 * HEADS);
        }
        this.width = width;
        this.query = child("_query_conv1_bn_act", new ConvNorm(width, width, Kernel.LISTED));
        this.pixel = child("_pixel_conv1_bn_act", new ConvNorm(pixelChannels, width, Kernel.PIXEL));
        this.joined = child("_query_qkv_conv_bn", new ConvNorm(width, 2 * width, Kernel.LISTED));
        this.value = child("_pixel_v_conv_bn", new ConvNorm(width, width, Kernel.PIXEL));
        this.attention = child("_query_self_attention", new SelfAttention(width));
        this.attended = child("_query_conv3_bn", new ConvNorm(width, width, Kernel.LISTED));
        this.ffnIn = child("_query_ffn_conv1_bn_act", new ConvNorm(width, EXPANSION * width, Kernel.LISTED));
        this.ffnOut = child("_query_ffn_conv2_bn", new ConvNorm(EXPANSION * width, width, Kernel.LISTED));
        this.predictor = child("_predcitor", new KMaxPredictor(width, width, classes));
        this.updated = child("_kmeans_query_batch_norm_retrieved_value", norm(width));
        this.update = child("_kmeans_query_conv3_bn", new ConvNorm(width, width, Kernel.LISTED));
    }

    private static BatchNorm norm(int channels) {
        return new BatchNorm(channels, ConvNorm.EPSILON, ConvNorm.MOMENTUM);
    }

    /**
     * Assigns pixels to centres and moves the centres.
     *
     * @param centres (B, L, D)
     * @param pixels (B, h, w, C)
     * @return the new centres (B, L, D); in training then also what the centres given predict: mask logits (B, h, w, L),
     *     class logits (B, L, K) and unit pixel features (B, h, w, D / 2)
     */
    public NDList step(NDArray centres, NDArray pixels, Pass pass) {
        return scoped(new NDList(centres, pixels), pass, inner -> {
            NDArray p = Activation.gelu(pixel.apply(Activation.gelu(pixels), inner)); // (B, h, w, D)
            NDArray q = Activation.gelu(query.apply(centres, inner)); // (B, L, D)
            NDArray values = inner.isTraining() ? value.apply(p, inner) : null; // (B, h, w, D)
            inner.tap(
                    this, "pixel_value", () -> (values == null ? value.apply(p, inner) : values).transpose(0, 3, 1, 2));
            NDArray features = predictor.features(p, inner);
            NDArray masks = predictor.masks(features, q, inner); // (B, h, w, L)

            NDArray moved = centres.add(kMeans(masks, p, values, inner))
                    .add(attended.apply(attention.apply(joined.apply(q, inner), inner), inner));
            moved = Activation.gelu(moved); // (B, L, D)
            NDArray hidden = Activation.gelu(ffnIn.apply(moved, inner)); // (B, L, 8 D)
            NDArray out = Activation.gelu(moved.add(ffnOut.apply(hidden, inner))); // (B, L, D)
            inner.tap(this, "centres", () -> out.transpose(0, 2, 1));
            NDList all = new NDList(out);
            if (inner.isTraining() || inner.records(predictor, "class_logits")) {
                all.add(masks);
                all.add(predictor.classes(q, inner));
                all.add(features);
            }
            return all;
        });
    }

    /**
     * The sum of the values of each cluster's pixels, normed and projected: (B, L, D). Outside training the projection to
     * values is linear, so that it is enough to project the sums.
     *
     * @param masks (B, h, w, L)
     * @param pixels (B, h, w, D), from which values are projected
     * @param values the projected ones in training, else null
     */
    private NDArray kMeans(NDArray masks, NDArray pixels, NDArray values, Pass pass) {
        Shape shape = masks.getShape();
        long clusters = shape.get(3);
        NDArray assignment = masks.argMax(3); // (B, h, w)
        pass.tap(this, "assignment", () -> assignment);
        NDArray members = assignment
                .reshape(shape.get(0), -1, 1)
                .eq(numbers(clusters, pass))
                .toType(pixels.getDataType(), false); // (B, N, L)
        NDArray byCluster = members.transpose(0, 2, 1); // (B, L, N)
        NDArray sums;
        if (values != null) {
            sums = byCluster.batchMatMul(values.reshape(shape.get(0), -1, width)); // (B, L, D)
        } else {
            NDArray joined = byCluster.batchMatMul(pixels.reshape(shape.get(0), -1, width)); // (B, L, D)
            sums = value.applyToSums(joined, members.sum(new int[] {1}).expandDims(2), pass); // (B, L, D)
        }
        pass.tap(this, "update_raw", () -> sums.transpose(0, 2, 1));
        return update.apply(updated.apply(sums, pass), pass);
    }

    private NDArray numbers(long clusters, Pass pass) {
        return indices(
                clusters,
                pass,
                arena -> arena.array(
                        java.util.stream.LongStream.range(0, clusters).toArray(), clusters));
    }

    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        throw new IllegalStateException("call step");
    }

    /** Attention among centres without a scale but with norms: (B, L, 2 D) to (B, L, D). */
    private static final class SelfAttention extends Layer {
        private final int values;
        private final BatchNorm similarity;
        private final BatchNorm retrieved;

        SelfAttention(int values) {
            this.values = values;
            this.similarity = child("_batch_norm_similarity", norm(HEADS));
            this.retrieved = child("_batch_norm_retrieved_value", norm(values));
        }

        @Override
        protected NDArray forward(NDArray qkv, Pass pass) {
            NDArray q = heads(qkv, 0, values / 2); // (B, E, L, D / 16)
            NDArray k = heads(qkv, values / 2, values / 2);
            NDArray v = heads(qkv, values, values); // (B, E, L, D / 8)
            NDArray products = q.matMul(k.swapAxes(2, 3)); // (B, E, L, L)
            NDArray weights = similarity
                    .apply(products.transpose(0, 2, 3, 1), pass)
                    .transpose(0, 3, 1, 2)
                    .softmax(-1);
            NDArray all = weights.matMul(v).transpose(0, 2, 1, 3); // (B, L, E, D / 8)
            NDArray out = Activation.gelu(retrieved.apply(
                    all.reshape(all.getShape().get(0), all.getShape().get(1), values), pass));
            pass.tap(this, "output", () -> out.transpose(0, 2, 1));
            return out;
        }

        private static NDArray heads(NDArray qkv, int from, int channels) {
            Shape shape = qkv.getShape();
            return qkv.get(new NDIndex("..., {}:{}", from, from + channels))
                    .reshape(shape.get(0), shape.get(1), HEADS, channels / HEADS)
                    .transpose(0, 2, 1, 3);
        }
    }
}
