// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/**
 * How well predicted classes agree with true ones, pixel by pixel. A class is a label; those of which neither image has a
 * pixel do not occur. Where nothing is counted, figures are not defined (NaN).
 *
 * @param classes in ascending order of their labels, without those ignored, and without background (0) where it is no class
 * @param pixels pixels counted: all but those where the truth is ignored, or is background that is no class
 * @param correct those of them where prediction and truth are the same
 */
public record SemanticScores(List<ClassCounts> classes, long pixels, long correct) implements Scores {
    /** Copies the list. */
    public SemanticScores {
        classes = List.copyOf(classes);
    }

    /**
     * The pixels of a class, where the truth is not ignored.
     *
     * @param label of the class
     * @param truePixels pixels that are of the class
     * @param predictedPixels pixels said to be, also those on background that is no class
     * @param bothPixels pixels that are and are said to be
     */
    public record ClassCounts(long label, long truePixels, long predictedPixels, long bothPixels) {
        /** Pixels in both over pixels in either. */
        public double iou() {
            return Scores.share(bothPixels, (double) truePixels + predictedPixels - bothPixels);
        }

        /** Twice the pixels in both over the sum of both. */
        public double dice() {
            return Scores.share(2.0 * bothPixels, (double) truePixels + predictedPixels);
        }

        /** The part of the class that was found; NaN where the truth has none of it. */
        public double accuracy() {
            return Scores.share(bothPixels, truePixels);
        }

        private ClassCounts plus(ClassCounts other) {
            return new ClassCounts(
                    label,
                    truePixels + other.truePixels,
                    predictedPixels + other.predictedPixels,
                    bothPixels + other.bothPixels);
        }
    }

    /**
     * The scores that follow from a table of overlaps.
     *
     * @param ignored labels of the truth whose pixels are left out; predicted elsewhere, they are wrong but no class
     * @param background whether 0 is a class; if not, classes predicted where the truth is 0 still count against them
     */
    public static SemanticScores of(LabelOverlap overlap, Collection<Long> ignored, boolean background) {
        Map<Long, ClassCounts> classes = new TreeMap<>();
        long pixels = 0;
        long correct = 0;
        for (int i = 0; i < overlap.pairs(); i++) {
            long is = overlap.trueLabel(overlap.pairTrue(i));
            long said = overlap.predictedLabel(overlap.pairPredicted(i));
            if (ignored.contains(is)) {
                continue;
            }
            long count = overlap.sharedPixels(i);
            boolean same = is == said;
            if (is != 0 || background) {
                pixels += count;
                correct += same ? count : 0;
            }
            add(classes, new ClassCounts(is, count, 0, same ? count : 0));
            if (!ignored.contains(said)) {
                add(classes, new ClassCounts(said, 0, count, 0));
            }
        }
        if (!background) {
            classes.remove(0L);
        }
        return new SemanticScores(List.copyOf(classes.values()), pixels, correct);
    }

    private static void add(Map<Long, ClassCounts> classes, ClassCounts counts) {
        classes.merge(counts.label(), counts, ClassCounts::plus);
    }

    private double mean(ToDoubleFunction<ClassCounts> figure) {
        return Scores.mean(classes.stream().mapToDouble(figure));
    }

    /** The mean IoU of the classes that occur in truth or prediction. */
    public double meanIou() {
        return mean(ClassCounts::iou);
    }

    /** The mean Dice of the classes that occur in truth or prediction. */
    public double meanDice() {
        return mean(ClassCounts::dice);
    }

    /** The mean of the found parts of the classes that occur in the truth. */
    public double meanAccuracy() {
        return mean(ClassCounts::accuracy);
    }

    /** The part of the pixels that are right. */
    public double pixelAccuracy() {
        return Scores.share(correct, pixels);
    }

    /** The mean IoU weighted by the true pixels of each class. */
    public double weightedIou() {
        double sum = classes.stream()
                .mapToDouble(one -> one.truePixels() * one.iou())
                .sum();
        return Scores.share(sum, pixels);
    }

    @Override
    public SemanticScores plus(Scores other) {
        if (!(other instanceof SemanticScores that)) {
            throw new IllegalArgumentException("scores of objects and of classes cannot be added");
        }
        Map<Long, ClassCounts> sums = new TreeMap<>();
        classes.forEach(counts -> add(sums, counts));
        that.classes.forEach(counts -> add(sums, counts));
        return new SemanticScores(List.copyOf(sums.values()), pixels + that.pixels, correct + that.correct);
    }

    @Override
    public List<Figure> figures() {
        List<Figure> figures =
                new ArrayList<>(List.of(Figure.count("classes", classes.size()), Figure.count("pixels", pixels)));
        figures.addAll(averaged());
        figures.add(Figure.of("pixel accuracy", pixelAccuracy()));
        figures.add(Figure.of("class accuracy", meanAccuracy()));
        figures.add(Figure.of("fwIoU", weightedIou()));
        return figures;
    }

    @Override
    public List<Figure> averaged() {
        return List.of(Figure.of("mIoU", meanIou()), Figure.of("mDice", meanDice()));
    }
}
