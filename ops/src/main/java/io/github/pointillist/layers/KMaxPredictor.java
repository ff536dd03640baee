// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import io.github.pointillist.layers.ConvNorm.Kernel;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;

/**
 * Classes and masks of cluster centres: Yu et al., k-means Mask Transformer, ECCV 2022, with the layers of
 * bytedance/kmax-deeplab f8e1d04, {@code kMaXPredictor}.
 *
 * <p>Shapes: B samples; h x w pixels of C channels; L clusters of D channels; K classes, the last one void.
 */
public final class KMaxPredictor extends Layer {
    private static final int KERNEL = 5;
    private static final float NORM_FLOOR = 1e-12f;
    private static final double VOID_PRIOR = 0.9;

    private final int classes;
    private final int features;
    private final ConvNorm around;
    private final ConvNorm pointwise;
    private final ConvNorm last;
    private final ConvNorm maskHead;
    private final ConvNorm classHead;
    private final BatchNorm maskNorm;

    /**
     * Declares the parameters under the official names.
     *
     * @param pixelChannels C
     * @param width D, even; pixel features have half as many channels
     * @param classes K, void included
     */
    public KMaxPredictor(int pixelChannels, int width, int classes) {
        this.classes = classes;
        this.features = width / 2;
        this.around = child(
                "_pixel_space_head_conv0bnact", new ConvNorm(pixelChannels, pixelChannels, Kernel.depthwise(KERNEL)));
        this.pointwise = child("_pixel_space_head_conv1bnact", new ConvNorm(pixelChannels, width, Kernel.PIXEL));
        this.last = child("_pixel_space_head_last_convbn", new ConvNorm(width, features, Kernel.PIXEL, true, true));
        this.maskHead = child("_transformer_mask_head", new ConvNorm(width, features, Kernel.LISTED));
        this.classHead = child("_transformer_class_head", new ConvNorm(width, classes, Kernel.LISTED, true, false));
        this.maskNorm = child("_pixel_space_mask_batch_norm", new BatchNorm(1, ConvNorm.EPSILON, ConvNorm.MOMENTUM));
    }

    /**
     * Unit feature vectors of pixels.
     *
     * @param pixels (B, h, w, C)
     * @return (B, h, w, D / 2)
     */
    public NDArray features(NDArray pixels, Pass pass) {
        return scoped(new NDList(pixels), pass, inner -> {
                    NDArray x = Activation.gelu(around.apply(pixels, inner));
                    x = Activation.gelu(pointwise.apply(x, inner)); // (B, h, w, D)
                    NDArray unit = last.apply(x, inner).normalize(2, 3, NORM_FLOOR); // (B, h, w, D / 2)
                    inner.tap(this, "pixel_feature", () -> unit.transpose(0, 3, 1, 2));
                    return new NDList(unit);
                })
                .head();
    }

    /**
     * How much each pixel belongs to each cluster.
     *
     * @param unit features of pixels, (B, h, w, D / 2)
     * @param clusters (B, L, D)
     * @return logits (B, h, w, L)
     */
    public NDArray masks(NDArray unit, NDArray clusters, Pass pass) {
        return scoped(new NDList(unit, clusters), pass, inner -> {
                    Shape shape = unit.getShape();
                    NDArray kernels = maskHead.apply(clusters, inner).transpose(0, 2, 1); // (B, D / 2, L)
                    NDArray points = unit.reshape(shape.get(0), -1, features); // (B, N, D / 2)
                    NDArray logits;
                    if (inner.isTraining()) {
                        NDArray products = points.batchMatMul(kernels); // (B, N, L)
                        logits = maskNorm.apply(products.expandDims(3), inner).squeeze(3);
                    } else {
                        NDArray scale = derived("mask scale", maskNorm, inner, maskNorm::scale); // (1)
                        NDArray shift = derived("mask shift", maskNorm, inner, maskNorm::shift);
                        logits = points.batchMatMul(kernels.mul(scale)).add(shift); // (B, N, L)
                    }
                    NDArray masks = logits.reshape(
                            shape.get(0),
                            shape.get(1),
                            shape.get(2),
                            clusters.getShape().get(1));
                    inner.tap(this, "mask_logits", () -> masks.transpose(0, 3, 1, 2));
                    return new NDList(masks);
                })
                .head();
    }

    /**
     * The class of each cluster.
     *
     * @param clusters (B, L, D)
     * @return logits (B, L, K)
     */
    public NDArray classes(NDArray clusters, Pass pass) {
        return scoped(new NDList(clusters), pass, inner -> {
                    NDArray logits = classHead.apply(clusters, inner).add(towardsVoid());
                    inner.tap(this, "class_logits", () -> logits);
                    return new NDList(logits);
                })
                .head();
    }

    /** So that without evidence nine in ten clusters are void: log((K - 1) 0.9 / 0.1) for the last class. */
    private NDArray towardsVoid() {
        return operand("towards void", arena -> {
            double[] bias = new double[classes];
            bias[classes - 1] = Math.log((classes - 1) * VOID_PRIOR / (1 - VOID_PRIOR));
            return arena.array(bias, classes);
        });
    }

    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        throw new IllegalStateException("call features, masks or classes");
    }
}
