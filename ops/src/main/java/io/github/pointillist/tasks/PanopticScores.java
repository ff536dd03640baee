// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Panoptic quality: Kirillov, He, Girshick, Rother, Dollár, Panoptic Segmentation, CVPR 2019, equation 1. Segments of one class
 * match where their intersection is more than half of their union, which no two can share. Pixels that the truth leaves void
 * count in no union; a predicted segment of which more than half is void is not counted.
 */
public final class PanopticScores {
    /** A pixel that nobody has annotated, or that no segment holds. */
    public static final int VOID = -1;

    private final long[] truePositives;
    private final long[] falsePositives;
    private final long[] falseNegatives;
    private final double[] iouSums;

    /** Of no image yet. */
    public PanopticScores(int classes) {
        this.truePositives = new long[classes];
        this.falsePositives = new long[classes];
        this.falseNegatives = new long[classes];
        this.iouSums = new double[classes];
    }

    /** Segments of an image: the segment of each pixel, {@link #VOID} for none, and the class of each segment. */
    @SuppressWarnings("ArrayRecordComponent")
    public record Segments(int[] pixels, Map<Integer, Integer> classes) {
        /**
         * From a map of classes and one of objects: pixels of object 0 belong to the one segment of their class.
         *
         * @param classes the class of each pixel, below 0 for void
         * @param objects the object of each pixel, 0 for none
         */
        public static Segments of(int[] classes, int[] objects) {
            Map<Long, Integer> ids = new HashMap<>();
            Map<Integer, Integer> labels = new HashMap<>();
            int[] pixels = new int[classes.length];
            for (int i = 0; i < pixels.length; i++) {
                if (classes[i] < 0) {
                    pixels[i] = VOID;
                    continue;
                }
                pixels[i] = ids.computeIfAbsent(((long) classes[i] << 32) | objects[i], key -> ids.size());
                labels.put(pixels[i], classes[i]);
            }
            return new Segments(pixels, labels);
        }
    }

    /** Adds an image. */
    public void add(Segments predicted, Segments truth) {
        if (predicted.pixels.length != truth.pixels.length) {
            throw new IllegalArgumentException("the prediction has " + predicted.pixels.length
                    + " pixels and the truth " + truth.pixels.length + "; both must show the same image");
        }
        Map<Integer, Long> predictedAreas = areas(predicted.pixels);
        Map<Integer, Long> trueAreas = areas(truth.pixels);
        Map<Long, Long> shared = new HashMap<>();
        for (int i = 0; i < truth.pixels.length; i++) {
            if (predicted.pixels[i] != VOID) {
                shared.merge(((long) truth.pixels[i] << 32) | predicted.pixels[i], 1L, Long::sum);
            }
        }
        List<Integer> matchedTrue = new ArrayList<>();
        List<Integer> matchedPredicted = new ArrayList<>();
        shared.forEach((pair, common) -> {
            int t = (int) (pair >> 32);
            int p = (int) (long) pair;
            if (t == VOID || !truth.classes.get(t).equals(predicted.classes.get(p))) {
                return;
            }
            long inVoid = shared.getOrDefault(((long) VOID << 32) | p, 0L);
            double iou = (double) common / (trueAreas.get(t) + predictedAreas.get(p) - common - inVoid);
            if (iou > 0.5) {
                truePositives[truth.classes.get(t)]++;
                iouSums[truth.classes.get(t)] += iou;
                matchedTrue.add(t);
                matchedPredicted.add(p);
            }
        });
        trueAreas.keySet().stream()
                .filter(t -> !matchedTrue.contains(t))
                .forEach(t -> falseNegatives[truth.classes.get(t)]++);
        predictedAreas.forEach((p, area) -> {
            long inVoid = shared.getOrDefault(((long) VOID << 32) | p, 0L);
            if (!matchedPredicted.contains(p) && 2 * inVoid <= area) {
                falsePositives[predicted.classes.get(p)]++;
            }
        });
    }

    private static Map<Integer, Long> areas(int[] pixels) {
        Map<Integer, Long> areas = new HashMap<>();
        for (int pixel : pixels) {
            if (pixel != VOID) {
                areas.merge(pixel, 1L, Long::sum);
            }
        }
        return areas;
    }

    /** Matches of a class. */
    public long truePositives(int label) {
        return truePositives[label];
    }

    /** Predicted segments of a class without a match. */
    public long falsePositives(int label) {
        return falsePositives[label];
    }

    /** True segments of a class without a match. */
    public long falseNegatives(int label) {
        return falseNegatives[label];
    }

    /** Sum of the IoUs of the matches of a class. */
    public double iouSum(int label) {
        return iouSums[label];
    }

    /** PQ of a class, NaN where it occurs neither in truth nor prediction. */
    public double quality(int label) {
        return quality(iouSums[label], truePositives[label], falsePositives[label], falseNegatives[label]);
    }

    /** PQ from its counts, NaN where they are 0. */
    public static double quality(double iouSum, double truePositives, double falsePositives, double falseNegatives) {
        return iouSum / (truePositives + 0.5 * falsePositives + 0.5 * falseNegatives);
    }
}
