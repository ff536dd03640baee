// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training.kmax;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.tensor.Owned;
import io.github.pointillist.training.kmax.KMaxOutputs.Prediction;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The losses of kMaX-DeepLab, as bytedance/kmax-deeplab f8e1d04 has them ({@code SetCriterion}): the PQ-style loss of
 * MaX-DeepLab (Wang et al., CVPR 2021, section 3.2), the identity of masks, instance discrimination between pixels, and a
 * semantic loss. Every k-means step is trained like the final prediction, with its matches.
 *
 * <p>Shapes: B images; L clusters; K classes and void; N = h w pixels; S sampled pixels.
 *
 * @param classes weight of the classes' cross-entropy
 * @param identity weight of the cross-entropy over clusters
 * @param dice weight of the Dice loss of the masks
 * @param discrimination weight of the instance discrimination, 0 to leave it out
 * @param semantic weight of the semantic head's loss, 0 to leave it out
 * @param floor least weight of a cluster
 * @param pixelTemperature how much pixels of small segments are preferred in the instance discrimination
 * @param pixelSamples S of the instance discrimination, at most N are taken
 * @param semanticTemperature the same for the semantic head
 * @param semanticSamples the same for the semantic head; 0 takes every pixel once
 */
public record KMaxLoss(
        double classes,
        double identity,
        double dice,
        double discrimination,
        double semantic,
        double floor,
        double pixelTemperature,
        int pixelSamples,
        double semanticTemperature,
        int semanticSamples) {
    private static final double SEGMENT_SHARE = 0.75;
    private static final double VOID_SHARE = 0.25;
    private static final double DISCRIMINATION_TEMPERATURE = 0.3;
    private static final double EXCLUDED = -99_999;

    /** The weights of the paper, for COCO and ADE20K. */
    public static final KMaxLoss USUAL = new KMaxLoss(3, 0.3, 3, 1, 1, 1e-5, 1.5, 4096, 2, 4096);

    /** The same weights for small images: as many sampled pixels as a mask of 49 x 49 can give without being all. */
    public static final KMaxLoss SMALL = new KMaxLoss(3, 0.3, 3, 1, 1, 1e-5, 1.5, 512, 2, 0);

    /** Uniform random numbers. */
    @FunctionalInterface
    public interface Noise {
        /** So many numbers, in [0, 1). */
        double[] next(int count);
    }

    /**
     * All losses, each with its weight: of the final prediction, then of every step.
     *
     * @param truths one an image
     * @param noise is asked for B N numbers for each instance discrimination, and for the semantic loss after the first
     */
    public Map<String, NDArray> parts(NDList all, List<KMaxTruth> truths, Noise noise) {
        return parts(KMaxOutputs.of(all), truths, noise);
    }

    Map<String, NDArray> parts(KMaxOutputs outputs, List<KMaxTruth> truths, Noise noise) {
        KMaxTargets targets = KMaxTargets.of(outputs.predictions().get(0), truths, floor);
        Map<String, NDArray> parts = new LinkedHashMap<>();
        for (int i = 0; i < outputs.predictions().size(); i++) {
            Prediction one = outputs.predictions().get(i);
            String suffix = i == 0 ? "" : "_" + (i - 1);
            parts.put("loss_ce" + suffix, Owned.mul(classLoss(one.classes(), targets), classes));
            parts.put("loss_mask" + suffix, Owned.mul(identityLoss(one.masks(), targets), identity));
            parts.put("loss_dice" + suffix, Owned.mul(diceLoss(one.masks(), targets), dice));
            if (discrimination > 0) {
                parts.put(
                        "loss_pixel_insdis" + suffix,
                        Owned.mul(discriminationLoss(one.features(), targets, noise), discrimination));
            }
            if (i == 0 && semantic > 0 && outputs.semantic() != null) {
                parts.put(
                        "loss_aux_semantic",
                        Owned.mul(semanticLoss(outputs.semantic(), targets, truths, one, noise), semantic));
            }
        }
        return parts;
    }

    /** Cross-entropy of the classes; segments count 0.75, void 0.25, both times how well the mask fits. */
    NDArray classLoss(NDArray logits, KMaxTargets targets) {
        return classLoss(logits, targets.labels(), targets.classWeights());
    }

    static NDArray classLoss(NDArray logits, NDArray labels, NDArray weights) {
        long count = logits.getShape().get(2); // K + 1
        NDArray truth = oneHot(labels, count, logits.getDataType()); // (B, L, K + 1)
        NDArray loss = logits.logSoftmax(2).mul(truth).sum(new int[] {2}).neg(); // (B, L)
        NDArray isVoid = labels.eq((int) (count - 1)).toType(logits.getDataType(), false);
        NDArray share = Owned.mul(isVoid, VOID_SHARE - SEGMENT_SHARE).add((float) SEGMENT_SHARE);
        return meanOfNonZero(loss.mul(share).mul(weights));
    }

    private static NDArray oneHot(NDArray labels, long count, DataType type) {
        NDArray numbers = Owned.array(
                labels.getManager(),
                IntStream.range(0, (int) count).asDoubleStream().toArray(),
                labels.getDataType(),
                count);
        return labels.expandDims(labels.getShape().dimension()).eq(numbers).toType(type, false);
    }

    /** Per image the mean over those that are not zero, then the mean over images. */
    private static NDArray meanOfNonZero(NDArray loss) {
        NDArray all =
                loss.stopGradient().neq(0).toType(loss.getDataType(), false).sum(new int[] {1});
        NDArray count = Owned.maximum(all, 1); // (B)
        return loss.sum(new int[] {1}).div(count).mean();
    }

    /** Which cluster a pixel belongs to: cross-entropy over clusters with shares as targets. */
    NDArray identityLoss(NDArray masks, KMaxTargets targets) {
        return identityLoss(flat(masks), targets.masks(), targets.isVoid());
    }

    static NDArray identityLoss(NDArray masks, NDArray shares, NDArray isVoid) {
        NDArray loss = masks.logSoftmax(2).mul(shares).sum(new int[] {2}).neg(); // (B, N)
        return meanOfNonZero(loss.mul(known(isVoid)));
    }

    /** (B, h, w, L) as (B, N, L). */
    private static NDArray flat(NDArray maps) {
        Shape shape = maps.getShape();
        return maps.reshape(shape.get(0), -1, shape.get(3));
    }

    private static NDArray known(NDArray isVoid) {
        return isVoid.neg().add(1f);
    }

    /** How well masks overlap with their segments, times how sure their classes are. */
    NDArray diceLoss(NDArray masks, KMaxTargets targets) {
        return diceLoss(flat(masks), targets.masks(), targets.isVoid(), targets.maskWeights());
    }

    static NDArray diceLoss(NDArray masks, NDArray shares, NDArray isVoid, NDArray weights) {
        NDArray p = masks.softmax(2).mul(known(isVoid).expandDims(2)); // (B, N, L)
        NDArray common = Owned.mul(p.mul(shares).sum(new int[] {1}), 2).add(1f); // (B, L)
        NDArray both = p.sum(new int[] {1}).add(shares.sum(new int[] {1})).add(1f);
        NDArray loss = common.div(both).neg().add(1f).mul(weights); // (B, L)
        double scale = SEGMENT_SHARE / masks.getShape().get(2);
        return Owned.mul(loss.sum(new int[] {1}), scale).mean();
    }

    /** Features of pixels of one segment should be alike, and those of different ones should not. */
    NDArray discriminationLoss(NDArray features, KMaxTargets targets, Noise noise) {
        int[][] samples = sample(targets, pixelTemperature, pixelSamples, noise, 1, 0, 0);
        return discriminationLoss(flat(features), targets.masks(), samples);
    }

    static NDArray discriminationLoss(NDArray features, NDArray shares, int[][] samples) {
        NDArray f = gathered(features, samples); // (B, S, C)
        NDArray t = gathered(shares, samples); // (B, S, L)
        NDArray same = t.batchMatMul(t.transpose(0, 2, 1)); // (B, S, S)
        NDArray truth = same.div(Owned.maximum(same.sum(new int[] {1}, true), 1));
        NDArray similar = Owned.mul(f.batchMatMul(f.transpose(0, 2, 1)), 1 / DISCRIMINATION_TEMPERATURE); // (B, S, S)
        return meanOfNonZero(similar.logSoftmax(1).mul(truth).sum(new int[] {1}).neg());
    }

    /** Rows of (B, N, C): (B, S, C). */
    private static NDArray gathered(NDArray rows, int[][] samples) {
        Shape shape = rows.getShape();
        long[] all = new long[samples.length * samples[0].length];
        for (int i = 0; i < all.length; i++) {
            int b = i / samples[0].length;
            all[i] = b * shape.get(1) + samples[b][i % samples[0].length];
        }
        NDArray indices = Owned.array(rows.getManager(), all, all.length);
        return rows.reshape(shape.get(0) * shape.get(1), shape.get(2))
                .get(indices)
                .reshape(shape.get(0), samples[0].length, shape.get(2));
    }

    /** Cross-entropy of the semantic head, whose grid may be coarser: then every n-th pixel is compared. */
    NDArray semanticLoss(NDArray logits, KMaxTargets targets, List<KMaxTruth> truths, Prediction like, Noise noise) {
        Shape fine = like.masks().getShape();
        Shape coarse = logits.getShape();
        int width = (int) fine.get(2);
        int stride = coarse.get(2) == fine.get(2) && coarse.get(1) == fine.get(1)
                ? 1
                : (width - 1) / (int) (coarse.get(2) - 1);
        int voidLabel = (int) like.classes().getShape().get(2) - 1;
        int h = (int) coarse.get(1);
        int w = (int) coarse.get(2);
        int[][] labels = new int[truths.size()][h * w];
        for (int b = 0; b < labels.length; b++) {
            for (int i = 0; i < h * w; i++) {
                int label = truths.get(b).semantic()[i / w * stride * width + i % w * stride];
                labels[b][i] = label < 0 ? voidLabel : label;
            }
        }
        int[][] samples = semanticSamples == 0
                ? null
                : sample(targets, semanticTemperature, semanticSamples, noise, stride, width, w);
        return semanticLoss(flat(logits), labels, samples, voidLabel);
    }

    static NDArray semanticLoss(NDArray logits, int[][] labels, int[][] samples, int ignored) {
        NDArray taken = samples == null ? logits : gathered(logits, samples); // (B, S, K)
        int count = (int) (taken.getShape().get(0) * taken.getShape().get(1));
        double[] known = new double[count];
        double[] each = new double[count];
        for (int i = 0; i < count; i++) {
            int b = i / (count / labels.length);
            int at = i % (count / labels.length);
            int label = labels[b][samples == null ? at : samples[b][at]];
            known[i] = label == ignored ? 0 : 1;
            each[i] = label == ignored ? 0 : label;
        }
        long[] shape = {taken.getShape().get(0), taken.getShape().get(1)};
        NDArray truth = oneHot(
                Owned.array(taken.getManager(), each, shape), taken.getShape().get(2), taken.getDataType());
        NDArray mask = Owned.array(taken.getManager(), known, taken.getDataType(), shape);
        return meanOfNonZero(
                taken.logSoftmax(2).mul(truth).sum(new int[] {2}).neg().mul(mask));
    }

    /**
     * Pixels drawn without replacement, those of small segments more often, those of none last: the Gumbel-top-k trick.
     *
     * @param stride every n-th pixel of rows of {@code width}, in rows of {@code coarse}; 1 for all
     */
    private static int[][] sample(
            KMaxTargets targets, double temperature, int count, Noise noise, int stride, int width, int coarse) {
        int images = targets.voids().length;
        int[] places = stride == 1
                ? IntStream.range(0, targets.voids()[0].length).toArray()
                : IntStream.range(0, coarse * ((targets.voids()[0].length / width - 1) / stride + 1))
                        .map(i -> i / coarse * stride * width + i % coarse * stride)
                        .toArray();
        double[] uniform = noise.next(images * places.length);
        int[][] samples = new int[images][];
        for (int b = 0; b < images; b++) {
            samples[b] = sample(
                    Arrays.stream(places)
                            .mapToDouble(pick(targets.inverseAreas()[b]))
                            .toArray(),
                    places(targets.voids()[b], places),
                    temperature,
                    count,
                    Arrays.copyOfRange(uniform, b * places.length, (b + 1) * places.length));
        }
        return samples;
    }

    private static java.util.function.IntToDoubleFunction pick(double[] values) {
        return i -> values[i];
    }

    private static boolean[] places(boolean[] values, int[] at) {
        boolean[] picked = new boolean[at.length];
        for (int i = 0; i < at.length; i++) {
            picked[i] = values[at[i]];
        }
        return picked;
    }

    /** The indices drawn, ascending. */
    static int[] sample(double[] inverseAreas, boolean[] isVoid, double temperature, int count, double[] uniform) {
        int n = inverseAreas.length;
        double[] scores = new double[n];
        for (int i = 0; i < n; i++) {
            double gumbel = -Math.log(-Math.log(uniform[i]));
            scores[i] = Math.log(inverseAreas[i]) * temperature + (isVoid[i] ? EXCLUDED : 0) + gumbel;
        }
        return IntStream.range(0, n)
                .boxed()
                .sorted((a, b) -> Double.compare(scores[b], scores[a]))
                .limit(count)
                .mapToInt(Integer::intValue)
                .sorted()
                .toArray();
    }
}
