// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * How well predicted objects agree with true ones. An object is all pixels of one label above 0, connected or not. The IoU
 * of two objects is the number of pixels in both over that in either.
 *
 * <p>Where there is no object in either image, figures of objects are not defined (NaN). Where there are objects and no
 * match, they are 0, as in the authors' code.
 *
 * @param thresholds matches with an IoU of at least 0.5, 0.55, ..., 0.95, in this order
 * @param panoptic matches with an IoU above 0.5
 * @param aji pixels that the Aggregated Jaccard Index of Kumar et al. (2017) divides: each true object with the predicted
 *     one of the highest IoU, which may be taken several times; of equal ones the larger, then the first in raster order
 * @param ajiPlus the same for AJI+ (Graham et al. 2019): objects paired one to one so that the sum of the IoUs is largest
 * @param foreground pixels with labels above 0
 */
public record InstanceScores(List<Matches> thresholds, Matches panoptic, Areas aji, Areas ajiPlus, Areas foreground)
        implements Scores {
    private static final int FIRST_PERCENT = 50;
    private static final int LAST_PERCENT = 95;
    private static final int STEP_PERCENT = 5;
    private static final double PERCENT = 100;

    /** Copies the list. */
    public InstanceScores {
        thresholds = List.copyOf(thresholds);
    }

    /**
     * Objects matched one to one at a threshold.
     *
     * @param threshold least IoU of a match
     * @param trueObjects objects of the truth
     * @param predictedObjects objects of the prediction
     * @param truePositives matches, as many as there can be
     * @param iouSum sum of the matches' IoUs
     */
    public record Matches(
            double threshold, long trueObjects, long predictedObjects, long truePositives, double iouSum) {
        /** Predicted objects without a match. */
        public long falsePositives() {
            return predictedObjects - truePositives;
        }

        /** True objects without a match. */
        public long falseNegatives() {
            return trueObjects - truePositives;
        }

        private double of(double part, double whole) {
            return trueObjects + predictedObjects == 0 ? Double.NaN : whole == 0 ? 0 : part / whole;
        }

        /** TP / (TP + FP). */
        public double precision() {
            return of(truePositives, predictedObjects);
        }

        /** TP / (TP + FN). */
        public double recall() {
            return of(truePositives, trueObjects);
        }

        /** 2 TP / (2 TP + FP + FN), the recognition quality (RQ) of Kirillov et al. (2019). */
        public double f1() {
            return of(2 * truePositives, trueObjects + predictedObjects);
        }

        /**
         * TP / (TP + FP + FN): the average precision of the 2018 Data Science Bowl (Caicedo et al. 2019) and of StarDist
         * (Schmidt et al. 2018). It is not the area under a precision-recall curve that COCO calls so.
         */
        public double ap() {
            return of(truePositives, trueObjects + predictedObjects - truePositives);
        }

        /** Mean IoU of the matches, the segmentation quality (SQ) of Kirillov et al. (2019). */
        public double meanIou() {
            return of(iouSum, truePositives);
        }

        /** Sum of the matches' IoUs / (TP + FP / 2 + FN / 2), the panoptic quality (PQ) of Kirillov et al. (2019). */
        public double quality() {
            return of(2 * iouSum, trueObjects + predictedObjects);
        }

        private Matches plus(Matches other) {
            return new Matches(
                    threshold,
                    trueObjects + other.trueObjects,
                    predictedObjects + other.predictedObjects,
                    truePositives + other.truePositives,
                    iouSum + other.iouSum);
        }
    }

    /**
     * Pixels of pairs of areas.
     *
     * @param shared in both
     * @param covered in either
     */
    public record Areas(long shared, long covered) {
        /** Intersection over union; NaN where both are empty. */
        public double iou() {
            return Scores.share(shared, covered);
        }

        /** 2 shared / (sum of the areas); NaN where both are empty. */
        public double dice() {
            return Scores.share(2.0 * shared, (double) shared + covered);
        }

        private Areas plus(Areas other) {
            return new Areas(shared + other.shared, covered + other.covered);
        }
    }

    /** The scores that follow from a table of overlaps. */
    public static InstanceScores of(LabelOverlap overlap) {
        return new Objects(overlap).scores();
    }

    /** Objects of the truth. */
    public long trueObjects() {
        return panoptic.trueObjects();
    }

    /** Objects of the prediction. */
    public long predictedObjects() {
        return panoptic.predictedObjects();
    }

    /**
     * The matches at a threshold.
     *
     * @param threshold 0.5, 0.55, ..., 0.95
     * @throws IllegalArgumentException if it is none of these
     */
    public Matches at(double threshold) {
        return thresholds.stream()
                .filter(matches -> matches.threshold() == threshold)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "threshold is " + threshold + "; allowed are 0.5, 0.55, 0.6, ..., 0.95"));
    }

    /** The mean of the AP over the thresholds 0.5, 0.55, ..., 0.95, the score of the 2018 Data Science Bowl. */
    public double meanAp() {
        return thresholds.stream().mapToDouble(Matches::ap).average().orElseThrow();
    }

    @Override
    public InstanceScores plus(Scores other) {
        if (!(other instanceof InstanceScores that)) {
            throw new IllegalArgumentException("scores of objects and of classes cannot be added");
        }
        List<Matches> sums = new ArrayList<>();
        for (int i = 0; i < thresholds.size(); i++) {
            sums.add(thresholds.get(i).plus(that.thresholds.get(i)));
        }
        return new InstanceScores(
                sums,
                panoptic.plus(that.panoptic),
                aji.plus(that.aji),
                ajiPlus.plus(that.ajiPlus),
                foreground.plus(that.foreground));
    }

    @Override
    public List<Figure> figures() {
        Matches half = thresholds.get(0);
        List<Figure> figures = new ArrayList<>(List.of(
                Figure.count("true objects", trueObjects()),
                Figure.count("predicted objects", predictedObjects()),
                Figure.count("difference", predictedObjects() - trueObjects())));
        figures.addAll(aps());
        figures.addAll(List.of(
                Figure.count("TP@0.5", half.truePositives()),
                Figure.count("FP@0.5", half.falsePositives()),
                Figure.count("FN@0.5", half.falseNegatives()),
                Figure.of("precision@0.5", half.precision()),
                Figure.of("recall@0.5", half.recall()),
                Figure.of("F1@0.5", half.f1()),
                Figure.of("matched IoU@0.5", half.meanIou()),
                Figure.of("PQ", panoptic.quality()),
                Figure.of("SQ", panoptic.meanIou()),
                Figure.of("RQ", panoptic.f1()),
                Figure.of("AJI", aji.iou()),
                Figure.of("AJI+", ajiPlus.iou()),
                Figure.of("Dice", foreground.dice()),
                Figure.of("IoU", foreground.iou())));
        return figures;
    }

    private List<Figure> aps() {
        List<Figure> aps = new ArrayList<>();
        for (int i = 0; i < thresholds.size(); i += 2) {
            aps.add(Figure.of(
                    "AP@" + thresholds.get(i).threshold(), thresholds.get(i).ap()));
        }
        aps.add(Figure.of("AP@0.5:0.95", meanAp()));
        return aps;
    }

    @Override
    public List<Figure> averaged() {
        List<Figure> averaged = aps();
        averaged.add(Figure.of("PQ", panoptic.quality()));
        return averaged;
    }

    /** The pairs of objects that overlap, background left out. */
    private static final class Objects {
        private final LabelOverlap overlap;
        private final int[] trueOf;
        private final int[] predictedOf;
        private final long[] shared;
        private final long[] covered;
        private final long trueObjects;
        private final long predictedObjects;
        private final Areas foreground;
        private int pairs;

        Objects(LabelOverlap overlap) {
            this.overlap = overlap;
            trueOf = new int[overlap.pairs()];
            predictedOf = new int[overlap.pairs()];
            shared = new long[overlap.pairs()];
            covered = new long[overlap.pairs()];
            long both = 0;
            for (int i = 0; i < overlap.pairs(); i++) {
                int t = overlap.pairTrue(i);
                int p = overlap.pairPredicted(i);
                if (overlap.trueLabel(t) != 0 && overlap.predictedLabel(p) != 0) {
                    trueOf[pairs] = t;
                    predictedOf[pairs] = p;
                    shared[pairs] = overlap.sharedPixels(i);
                    covered[pairs] = overlap.truePixels(t) + overlap.predictedPixels(p) - shared[pairs];
                    both += shared[pairs];
                    pairs++;
                }
            }
            long objects = 0;
            long area = 0;
            for (int t = 0; t < overlap.trueLabels(); t++) {
                boolean object = overlap.trueLabel(t) != 0;
                objects += object ? 1 : 0;
                area += object ? overlap.truePixels(t) : 0;
            }
            trueObjects = objects;
            objects = 0;
            for (int p = 0; p < overlap.predictedLabels(); p++) {
                boolean object = overlap.predictedLabel(p) != 0;
                objects += object ? 1 : 0;
                area += object ? overlap.predictedPixels(p) : 0;
            }
            predictedObjects = objects;
            foreground = new Areas(both, area - both);
        }

        InstanceScores scores() {
            List<Matches> thresholds = new ArrayList<>();
            for (int percent = FIRST_PERCENT; percent <= LAST_PERCENT; percent += STEP_PERCENT) {
                thresholds.add(matches(percent, false));
            }
            return new InstanceScores(thresholds, matches(FIRST_PERCENT, true), aji(), ajiPlus(), foreground);
        }

        /**
         * Matches at a threshold of at least a half, decided in whole numbers. Taking pairs as they come gives as many as
         * there can be: an object that reaches an IoU of 0.5 with two others shares at least half of its pixels with each
         * of them, so exactly half, and the two are just its halves, which overlap nothing else. Either is as good.
         */
        private Matches matches(int percent, boolean above) {
            BitSet trueTaken = new BitSet();
            BitSet predictedTaken = new BitSet();
            long count = 0;
            double sum = 0;
            for (int i = 0; i < pairs; i++) {
                long margin = 100 * shared[i] - percent * covered[i];
                if ((above ? margin > 0 : margin >= 0)
                        && !trueTaken.get(trueOf[i])
                        && !predictedTaken.get(predictedOf[i])) {
                    trueTaken.set(trueOf[i]);
                    predictedTaken.set(predictedOf[i]);
                    count++;
                    sum += iou(i);
                }
            }
            return new Matches(percent / PERCENT, trueObjects, predictedObjects, count, sum);
        }

        private double iou(int pair) {
            return (double) shared[pair] / covered[pair];
        }

        private Areas aji() {
            int[] best = new int[overlap.trueLabels()];
            Arrays.fill(best, -1);
            for (int i = 0; i < pairs; i++) {
                int t = trueOf[i];
                if (best[t] < 0 || isBetter(i, best[t])) {
                    best[t] = i;
                }
            }
            return areas(best);
        }

        private boolean isBetter(int pair, int than) {
            int byIou = compareProducts(shared[pair], covered[than], shared[than], covered[pair]);
            if (byIou != 0) {
                return byIou > 0;
            }
            return shared[pair] != shared[than] ? shared[pair] > shared[than] : predictedOf[pair] < predictedOf[than];
        }

        /** Compares a b with c d, all at least 0, in 128 bits. */
        private static int compareProducts(long a, long b, long c, long d) {
            int high = Long.compare(Math.multiplyHigh(a, b), Math.multiplyHigh(c, d));
            return high != 0 ? high : Long.compareUnsigned(a * b, c * d);
        }

        private Areas ajiPlus() {
            double[] weights = new double[pairs];
            for (int i = 0; i < pairs; i++) {
                weights[i] = iou(i);
            }
            return areas(SparseAssignment.largest(
                    overlap.trueLabels(),
                    overlap.predictedLabels(),
                    Arrays.copyOf(trueOf, pairs),
                    Arrays.copyOf(predictedOf, pairs),
                    weights));
        }

        /** Sums over the pair of each true object; objects in no pair count as covered. */
        private Areas areas(int[] pairOfTrue) {
            BitSet used = new BitSet();
            long in = 0;
            long out = 0;
            for (int t = 0; t < pairOfTrue.length; t++) {
                int pair = pairOfTrue[t];
                if (pair >= 0) {
                    in += shared[pair];
                    out += covered[pair];
                    used.set(predictedOf[pair]);
                } else if (overlap.trueLabel(t) != 0) {
                    out += overlap.truePixels(t);
                }
            }
            for (int p = 0; p < overlap.predictedLabels(); p++) {
                if (overlap.predictedLabel(p) != 0 && !used.get(p)) {
                    out += overlap.predictedPixels(p);
                }
            }
            return new Areas(in, out);
        }
    }
}
