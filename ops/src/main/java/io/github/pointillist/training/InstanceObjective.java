// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.github.pointillist.catalog.ModelCard.Segmentation;
import io.github.pointillist.image.Images;
import io.github.pointillist.layers.Resize;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.InstanceScores;
import io.github.pointillist.tasks.LabelOverlap;
import io.github.pointillist.tasks.ObjectPatches;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Owned;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Finding objects: four outputs, foreground, centre, and the way to the centre in rows and columns (see {@code
 * ModelCard.Segmentation.Kind.INSTANCES}). The foreground is compared at every pixel of the image, to which its logits
 * are interpolated bilinearly; the others at every cell of the network.
 *
 * @param diameterPx the unit of the way to the centre, in pixels of the model's input
 * @param foreground least probability of the foreground when validating, in (0, 1)
 * @param centrePoint least probability of a centre when validating, in (0, 1)
 * @param gapWeight how much more background counts between two objects
 * @param dice weight of the Dice loss of the foreground beside the cross-entropy of weight 1
 * @param centre weight of the focal loss of the centres
 * @param offset weight of the smooth L1 loss of the way to the centre
 */
public record InstanceObjective(
        double diameterPx,
        double foreground,
        double centrePoint,
        double gapWeight,
        double dice,
        double centre,
        double offset)
        implements DenseObjective {
    private static final int TRUE_POSITIVE = 0;
    private static final int FALSE_POSITIVE = 1;
    private static final int FALSE_NEGATIVE = 2;
    private static final int OFFSET_ERROR = 3;
    private static final int OFFSETS = 4;
    /** Then matches, predicted and true objects at each of these. */
    private static final double[] IOUS = {0.5, 0.75, 0.9};

    private static final int FIRST = 5;
    private static final double BETA = 0.02;

    /** Checks the ranges. */
    public InstanceObjective {
        if (!(diameterPx > 0 && gapWeight >= 0 && dice >= 0 && centre > 0 && offset > 0)) {
            throw new IllegalArgumentException("diameter " + diameterPx + ", weights " + gapWeight + ", " + dice + ", "
                    + centre + " and " + offset + " given; the diameter and the last two must be above 0, the others 0"
                    + " or more");
        }
    }

    /** The usual weights. */
    public static InstanceObjective usual(double diameterPx) {
        return new InstanceObjective(diameterPx, 0.5, 0.3, 4, 0.5, 1, 4);
    }

    /** The usual weights, validated with the thresholds of a card. */
    public static InstanceObjective usual(Segmentation card) {
        return new InstanceObjective(
                card.objectDiameterPx(), card.foregroundThreshold(), card.centreThreshold(), 4, 0.5, 1, 4);
    }

    @Override
    public int outputs() {
        return 4;
    }

    @Override
    public NDList targets(List<Annotated> examples, int stride, Arena arena) {
        int n = examples.size();
        int width = examples.get(0).image().width();
        int height = examples.get(0).image().height();
        int pixels = width * height;
        int h = height / stride;
        int w = width / stride;
        int cells = h * w;
        float[] foreground = new float[n * pixels];
        float[] pixelWeight = new float[n * pixels];
        float[] centres = new float[n * cells];
        float[] cellWeight = new float[n * cells];
        float[] offsets = new float[2 * n * cells];
        float[] offsetWeight = new float[n * cells];
        int objects = 0;
        for (int b = 0; b < n; b++) {
            ObjectTargets targets =
                    ObjectTargets.of(examples.get(b).labels(), width, height, stride, diameterPx, gapWeight);
            System.arraycopy(targets.foreground(), 0, foreground, b * pixels, pixels);
            System.arraycopy(targets.pixelWeight(), 0, pixelWeight, b * pixels, pixels);
            System.arraycopy(targets.centre(), 0, centres, b * cells, cells);
            System.arraycopy(targets.cellWeight(), 0, cellWeight, b * cells, cells);
            System.arraycopy(targets.offsetRow(), 0, offsets, 2 * b * cells, cells);
            System.arraycopy(targets.offsetColumn(), 0, offsets, (2 * b + 1) * cells, cells);
            System.arraycopy(targets.offsetWeight(), 0, offsetWeight, b * cells, cells);
            objects += targets.objects();
        }
        return new NDList(
                arena.array(foreground, n, height, width),
                arena.array(pixelWeight, n, height, width),
                arena.array(centres, n, h, w),
                arena.array(cellWeight, n, h, w),
                arena.array(offsets, n, 2, h, w),
                arena.array(offsetWeight, n, 1, h, w),
                arena.array(new float[] {Math.max(1, objects)}, 1));
    }

    @Override
    public Map<String, NDArray> loss(NDArray logits, NDList targets) {
        NDArray truth = targets.get(0); // (B, H, W)
        NDArray weights = targets.get(1);
        NDArray cell = logits.get(":, 0"); // (B, h, w)
        NDArray pixel = Resize.linear(
                Resize.linear(cell, 1, truth.getShape().get(1)),
                2,
                truth.getShape().get(2)); // (B, H, W)
        Map<String, NDArray> parts = new LinkedHashMap<>();
        parts.put("foreground", Losses.binaryCrossEntropy(pixel, truth, weights));
        if (dice > 0) {
            parts.put("dice", Owned.mul(Losses.binaryDice(pixel, truth, weights), dice));
        }
        double objects = targets.get(6).getFloat();
        parts.put(
                "centre",
                Owned.mul(Losses.qualityFocal(logits.get(":, 1"), targets.get(2), targets.get(3), objects), centre));
        NDArray way = logits.get(":, 2:"); // (B, 2, h, w)
        double owned = Math.max(1e-6, targets.get(5).sum().getFloat());
        parts.put("offset", Owned.mul(Losses.smoothL1(way, targets.get(4), targets.get(5), 2 * owned, BETA), offset));
        return parts;
    }

    @Override
    public List<String> metrics() {
        return List.of("AP@0.5", "AP@0.75", "AP@0.9", "foreground IoU", "offset error px");
    }

    @Override
    public void count(NDArray logits, List<Annotated> examples, Counts counts) {
        int width = examples.get(0).image().width();
        int height = examples.get(0).image().height();
        int h = (int) logits.getShape().get(2);
        int w = (int) logits.getShape().get(3);
        float[] pixel = Resize.linear(Resize.linear(logits.get(":, 0"), 1, height), 2, width)
                .toFloatArray();
        float[] outputs = logits.toFloatArray();
        Segmentation card = new Segmentation(
                Segmentation.Kind.INSTANCES, 0, diameterPx, width, 0, 0, 100, true, foreground, centrePoint);
        for (int b = 0; b < examples.size(); b++) {
            int[] labels = examples.get(b).labels();
            for (int i = 0; i < labels.length; i++) {
                if (labels[i] != Annotated.IGNORE) {
                    boolean found = pixel[b * labels.length + i] > 0;
                    counts.add(TRUE_POSITIVE, found && labels[i] > 0 ? 1 : 0);
                    counts.add(FALSE_POSITIVE, found && labels[i] == 0 ? 1 : 0);
                    counts.add(FALSE_NEGATIVE, !found && labels[i] > 0 ? 1 : 0);
                }
            }
            int[] objects = ObjectPatches.labels(outputs, 4 * b * h * w, h, w, height / h, card);
            match(objects, labels, width, height, counts);
            ObjectTargets targets = ObjectTargets.of(labels, width, height, height / h, diameterPx, 0);
            for (int i = 0; i < h * w; i++) {
                if (targets.offsetWeight()[i] > 0) {
                    double dy = outputs[(4 * b + 2) * h * w + i] - targets.offsetRow()[i];
                    double dx = outputs[(4 * b + 3) * h * w + i] - targets.offsetColumn()[i];
                    counts.add(OFFSET_ERROR, Math.sqrt(dx * dx + dy * dy) * diameterPx);
                    counts.add(OFFSETS, 1);
                }
            }
        }
    }

    /** Where nothing is annotated nothing can be wrong. */
    private static void match(int[] found, int[] labels, int width, int height, Counts counts) {
        int[] truth = new int[labels.length];
        for (int i = 0; i < labels.length; i++) {
            truth[i] = Math.max(0, labels[i]);
            found[i] = labels[i] == Annotated.IGNORE ? 0 : found[i];
        }
        LabelOverlap overlap = new LabelOverlap();
        overlap.add(
                Images.labels(found, width, height),
                "prediction",
                Images.labels(truth, width, height),
                "truth",
                Progress.NONE);
        InstanceScores scores = InstanceScores.of(overlap);
        for (int i = 0; i < IOUS.length; i++) {
            counts.add(FIRST + i, scores.at(IOUS[i]).truePositives());
        }
        counts.add(FIRST + IOUS.length, (double) scores.trueObjects() + scores.predictedObjects());
    }

    @Override
    public List<Double> measure(Counts counts) {
        List<Double> values = new ArrayList<>();
        for (int i = 0; i < IOUS.length; i++) {
            double matches = counts.get(FIRST + i);
            values.add(matches / (counts.get(FIRST + IOUS.length) - matches)); // TP / (TP + FP + FN)
        }
        double union = counts.get(TRUE_POSITIVE) + counts.get(FALSE_POSITIVE) + counts.get(FALSE_NEGATIVE);
        values.add(counts.get(TRUE_POSITIVE) / union);
        values.add(counts.get(OFFSET_ERROR) / counts.get(OFFSETS));
        return values;
    }

    @Override
    public Counts counts() {
        return new Counts(FIRST + IOUS.length + 1);
    }

    @Override
    public String describe() {
        return String.format(
                Locale.ROOT,
                "objects of %.1f px: cross-entropy (gaps x%.1f) + %.2f Dice + %.2f centre + %.2f offset",
                diameterPx,
                1 + gapWeight,
                dice,
                centre,
                offset);
    }
}
