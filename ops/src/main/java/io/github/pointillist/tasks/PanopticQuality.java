// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import net.imglib2.RandomAccess;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.img.array.ArrayImgs;
import net.imglib2.type.numeric.RealType;
import net.imglib2.util.Intervals;

/**
 * How well predicted segments of things and stuff agree with true ones: Kirillov, He, Girshick, Rother, Dollár, Panoptic
 * Segmentation, CVPR 2019, equation 1. Segments of one class match where their intersection is more than half of their
 * union, which no two can share. Pixels that the truth leaves void count in no union; a predicted segment of which more than
 * half is void is not counted.
 *
 * @param classes in ascending order of their labels: those that occur in truth or prediction
 */
public record PanopticQuality(List<ClassCounts> classes) implements Scores {
    private static final int OBJECT_BITS = 32;
    private static final int MOST_CLASSES = 1 << 20;

    /** Copies the list. */
    public PanopticQuality {
        classes = List.copyOf(classes);
    }

    /**
     * The segments of a class.
     *
     * @param label of the class
     * @param truePositives matches
     * @param falsePositives predicted segments without a match
     * @param falseNegatives true segments without a match
     * @param iouSum sum of the matches' IoUs
     */
    public record ClassCounts(long label, long truePositives, long falsePositives, long falseNegatives, double iouSum) {
        /** Panoptic quality: sum of IoUs / (TP + FP / 2 + FN / 2). */
        public double pq() {
            return quality(iouSum, truePositives, falsePositives, falseNegatives);
        }

        /** Segmentation quality: mean IoU of the matches, NaN without any. */
        public double sq() {
            return Scores.share(iouSum, truePositives);
        }

        /** Recognition quality: TP / (TP + FP / 2 + FN / 2). */
        public double rq() {
            return quality(truePositives, truePositives, falsePositives, falseNegatives);
        }

        private ClassCounts plus(ClassCounts other) {
            return new ClassCounts(
                    label,
                    truePositives + other.truePositives,
                    falsePositives + other.falsePositives,
                    falseNegatives + other.falseNegatives,
                    iouSum + other.iouSum);
        }
    }

    /** PQ from its counts, NaN where all are 0. */
    public static double quality(double iouSum, double truePositives, double falsePositives, double falseNegatives) {
        return Scores.share(iouSum, truePositives + 0.5 * falsePositives + 0.5 * falseNegatives);
    }

    /**
     * The label of a segment in the images that {@link LabelOverlap} counts for {@link #of}.
     *
     * @param classLabel from 1; 0 for void, whatever the object
     * @param object from 0; pixels of one class and object are one segment
     * @throws IllegalArgumentException if one is negative or too large
     */
    public static long segment(long classLabel, long object) {
        if (classLabel < 0 || classLabel > MOST_CLASSES || object < 0 || object >= 1L << OBJECT_BITS) {
            throw new IllegalArgumentException("class " + classLabel + " and object " + object
                    + " are given; allowed are classes from 0 to " + MOST_CLASSES + " and objects from 0 to 2^32 - 1");
        }
        return classLabel == 0 ? 0 : classLabel << OBJECT_BITS | object;
    }

    /**
     * A plane of segments from one of objects and one of classes.
     *
     * @param objects (x, y): whole numbers from 0
     * @param objectsName for errors
     * @param classes of the same size: class of each pixel from 1, 0 for void
     * @param classesName for errors
     * @throws IllegalArgumentException if the sizes differ, or a value is none of these
     */
    public static RandomAccessibleInterval<? extends RealType<?>> segments(
            RandomAccessibleInterval<? extends RealType<?>> objects,
            String objectsName,
            RandomAccessibleInterval<? extends RealType<?>> classes,
            String classesName) {
        if (!Intervals.equalDimensions(objects, classes)) {
            throw new IllegalArgumentException(objectsName + " has the size " + size(objects) + ", " + classesName + " "
                    + size(classes) + "; they must be equal");
        }
        int width = (int) objects.dimension(0);
        long[] segments = new long[Math.toIntExact(width * objects.dimension(1))];
        RandomAccess<? extends RealType<?>> object = objects.randomAccess();
        RandomAccess<? extends RealType<?>> label = classes.randomAccess();
        for (int i = 0; i < segments.length; i++) {
            segments[i] = segment(
                    whole(label, classes, i % width, i / width, classesName),
                    whole(object, objects, i % width, i / width, objectsName));
        }
        return ArrayImgs.longs(segments, width, objects.dimension(1));
    }

    private static String size(RandomAccessibleInterval<?> image) {
        return image.dimension(0) + " x " + image.dimension(1);
    }

    private static long whole(
            RandomAccess<? extends RealType<?>> access, RandomAccessibleInterval<?> image, int x, int y, String name) {
        access.setPosition(image.min(0) + x, 0);
        access.setPosition(image.min(1) + y, 1);
        double value = access.get().getRealDouble();
        if (value != Math.rint(value) || value < 0 || value >= 1L << OBJECT_BITS) {
            throw new IllegalArgumentException(name + " holds " + value + " at (" + x + ", " + y
                    + "); labels are whole numbers from 0 to 2^32 - 1");
        }
        return (long) value;
    }

    /**
     * The scores that follow from a table of overlaps.
     *
     * @param overlap whose labels are {@link #segment}s
     */
    public static PanopticQuality of(LabelOverlap overlap) {
        long[] voids = new long[overlap.predictedLabels()]; // void pixels in each predicted segment
        for (int i = 0; i < overlap.pairs(); i++) {
            if (overlap.trueLabel(overlap.pairTrue(i)) == 0) {
                voids[overlap.pairPredicted(i)] = overlap.sharedPixels(i);
            }
        }
        Map<Long, ClassCounts> classes = new TreeMap<>();
        Set<Integer> foundTrue = new HashSet<>();
        Set<Integer> foundPredicted = new HashSet<>();
        for (int i = 0; i < overlap.pairs(); i++) {
            int t = overlap.pairTrue(i);
            int p = overlap.pairPredicted(i);
            long label = overlap.trueLabel(t) >>> OBJECT_BITS;
            if (label == 0 || label != overlap.predictedLabel(p) >>> OBJECT_BITS) {
                continue;
            }
            long shared = overlap.sharedPixels(i);
            double iou = (double) shared / (overlap.truePixels(t) + overlap.predictedPixels(p) - shared - voids[p]);
            if (iou > 0.5) {
                add(classes, new ClassCounts(label, 1, 0, 0, iou));
                foundTrue.add(t);
                foundPredicted.add(p);
            }
        }
        for (int t = 0; t < overlap.trueLabels(); t++) {
            if (overlap.trueLabel(t) != 0 && !foundTrue.contains(t)) {
                add(classes, new ClassCounts(overlap.trueLabel(t) >>> OBJECT_BITS, 0, 0, 1, 0));
            }
        }
        for (int p = 0; p < overlap.predictedLabels(); p++) {
            boolean counts = 2 * voids[p] <= overlap.predictedPixels(p);
            if (overlap.predictedLabel(p) != 0 && counts && !foundPredicted.contains(p)) {
                add(classes, new ClassCounts(overlap.predictedLabel(p) >>> OBJECT_BITS, 0, 1, 0, 0));
            }
        }
        return new PanopticQuality(List.copyOf(classes.values()));
    }

    private static void add(Map<Long, ClassCounts> classes, ClassCounts counts) {
        classes.merge(counts.label(), counts, ClassCounts::plus);
    }

    private double mean(ToDoubleFunction<ClassCounts> figure) {
        return Scores.mean(classes.stream().mapToDouble(figure));
    }

    private static long sum(List<ClassCounts> all, ToLongFunction<ClassCounts> count) {
        return all.stream().mapToLong(count).sum();
    }

    @Override
    public PanopticQuality plus(Scores other) {
        if (!(other instanceof PanopticQuality that)) {
            throw new IllegalArgumentException("scores of segments and of other kinds cannot be added");
        }
        Map<Long, ClassCounts> sums = new TreeMap<>();
        classes.forEach(counts -> add(sums, counts));
        that.classes.forEach(counts -> add(sums, counts));
        return new PanopticQuality(List.copyOf(sums.values()));
    }

    @Override
    public List<Figure> figures() {
        List<Figure> figures = new ArrayList<>();
        figures.add(Figure.count("classes", classes.size()));
        figures.add(Figure.count("true segments", sum(classes, one -> one.truePositives() + one.falseNegatives())));
        figures.add(
                Figure.count("predicted segments", sum(classes, one -> one.truePositives() + one.falsePositives())));
        figures.add(Figure.count("matches", sum(classes, ClassCounts::truePositives)));
        figures.addAll(averaged());
        return figures;
    }

    /** Means over the classes where they are defined. */
    @Override
    public List<Figure> averaged() {
        return List.of(
                Figure.of("PQ", mean(ClassCounts::pq)),
                Figure.of("SQ", mean(ClassCounts::sq)),
                Figure.of("RQ", mean(ClassCounts::rq)));
    }
}
