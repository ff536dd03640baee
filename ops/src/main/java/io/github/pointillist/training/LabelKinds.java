// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import io.github.pointillist.clustering.Labels;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What the numbers in label images mean, and turning one meaning into another. Nothing given is changed. */
public final class LabelKinds {
    /** The largest number of classes. */
    public static final int MOST_CLASSES = 256;

    private static final int FEWEST_OBJECTS = 5;
    private static final double MOST_PARTS_AN_OBJECT = 1.25;
    private static final double LARGEST_WEIGHT = 10;

    private LabelKinds() {}

    /** What labels can mean. */
    public enum Kind {
        /** One value besides 0: foreground. */
        MASK,
        /** A value an object. */
        OBJECTS,
        /** A value a class. */
        CLASSES
    }

    /**
     * What labels seem to mean.
     *
     * @param why in a few words, for the user to agree or not
     */
    public record Guess(Kind kind, String why) {}

    /**
     * Guesses: one value besides 0 is a mask; values that mostly make one connected region each, five or more of them in
     * some image and a background, are objects; all else is classes.
     */
    public static Guess guess(List<Annotated> images) {
        Set<Integer> values = new HashSet<>();
        int most = 0;
        long pairs = 0;
        long parts = 0;
        for (Annotated image : images) {
            Set<Integer> own = new HashSet<>();
            for (int label : image.labels()) {
                if (label >= 0) {
                    own.add(label);
                }
            }
            values.addAll(own);
            own.remove(0);
            most = Math.max(most, own.size());
            pairs += own.size();
            parts += ObjectParts.connected(image.labels(), image.width(), image.height())
                    .count();
        }
        boolean background = values.remove(0);
        if (values.size() <= 1) {
            return new Guess(Kind.MASK, background ? "one value besides 0" : "one value");
        }
        String regions = String.format(Locale.ROOT, "%.1f regions a value", (double) parts / pairs);
        boolean objects = background && most >= FEWEST_OBJECTS && parts <= MOST_PARTS_AN_OBJECT * pairs;
        return objects
                ? new Guess(Kind.OBJECTS, "up to " + most + " values an image, " + regions)
                : new Guess(Kind.CLASSES, values.size() + " values besides 0, " + regions);
    }

    /**
     * Objects 1 to n from a mask, or from labels of which one value may stand for several objects: every connected part of
     * one value (pixels that share a side) is an object. Values of -1 and 0 stay.
     */
    public static Annotated objects(Annotated image) {
        Labels parts = ObjectParts.connected(image.labels(), image.width(), image.height());
        int[] labels = image.labels().clone();
        for (int i = 0; i < labels.length; i++) {
            labels[i] = parts.labels()[i] >= 0 ? parts.labels()[i] + 1 : labels[i];
        }
        return new Annotated(image.image(), labels, image.name());
    }

    /** The same objects under the numbers 1 to n, in raster order of their first pixels; -1 and 0 stay. */
    public static Annotated renumbered(Annotated image) {
        Map<Integer, Integer> names = new HashMap<>();
        int[] labels = image.labels().clone();
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] > 0) {
                labels[i] = names.computeIfAbsent(labels[i], unused -> names.size() + 1);
            }
        }
        return new Annotated(image.image(), labels, image.name());
    }

    /**
     * Images whose classes have the numbers 0 to n - 1.
     *
     * @param values what the classes were called before, in order
     */
    public record Compact(List<Annotated> images, List<Integer> values) {}

    /**
     * Gives the values that occur in any of the images the class numbers 0 to n - 1 in ascending order; -1 stays.
     *
     * @throws IllegalArgumentException if there are more than {@link #MOST_CLASSES} values or fewer than 2
     */
    public static Compact compact(List<Annotated> images) {
        Set<Integer> values = new TreeSet<>();
        for (Annotated image : images) {
            int last = Annotated.IGNORE;
            for (int label : image.labels()) {
                if (label >= 0 && label != last) {
                    last = label;
                    values.add(label);
                    if (values.size() > MOST_CLASSES) {
                        throw new IllegalArgumentException(image.name() + " and the images before it hold more than "
                                + MOST_CLASSES + " label values, too many to be classes; are they objects?");
                    }
                }
            }
        }
        if (values.size() < 2) {
            throw new IllegalArgumentException("the labels hold " + (values.isEmpty() ? "no value" : "only the value ")
                    + (values.isEmpty() ? "" : values.iterator().next())
                    + "; there must be 2 classes or more, background may be one");
        }
        Map<Integer, Integer> classes = new HashMap<>();
        values.forEach(value -> classes.put(value, classes.size()));
        List<Annotated> compact = new ArrayList<>();
        for (Annotated image : images) {
            int[] labels = image.labels().clone();
            for (int i = 0; i < labels.length; i++) {
                labels[i] = labels[i] < 0 ? Annotated.IGNORE : classes.get(labels[i]);
            }
            compact.add(new Annotated(image.image(), labels, image.name()));
        }
        return new Compact(compact, List.copyOf(values));
    }

    /**
     * Pixels of each class.
     *
     * @param classes labels are below this
     */
    public static long[] count(List<Annotated> images, int classes) {
        long[] counts = new long[classes];
        for (Annotated image : images) {
            for (int label : image.labels()) {
                if (label >= classes) {
                    throw new IllegalArgumentException(
                            image.name() + " holds the class " + label + "; there are " + classes + ", from 0");
                }
                if (label >= 0) {
                    counts[label]++;
                }
            }
        }
        return counts;
    }

    /**
     * Weights of classes in a loss: the inverse of the square root of their share, at most 10 times that of the most
     * frequent class, so that rare classes are not lost and not all there is; scaled so that the mean weight of a pixel is 1.
     *
     * @param counts pixels of each class; of those without a pixel the weight is 1
     * @return one weight a class
     */
    public static float[] weights(long[] counts) {
        long most = 0;
        double total = 0;
        for (long count : counts) {
            most = Math.max(most, count);
            total += count;
        }
        if (total == 0) {
            throw new IllegalArgumentException("no class has a pixel; annotate at least one");
        }
        double[] raw = new double[counts.length];
        double mean = 0;
        for (int i = 0; i < raw.length; i++) {
            raw[i] = counts[i] == 0 ? 0 : Math.min(LARGEST_WEIGHT, Math.sqrt((double) most / counts[i]));
            mean += raw[i] * counts[i] / total;
        }
        float[] weights = new float[raw.length];
        for (int i = 0; i < raw.length; i++) {
            weights[i] = counts[i] == 0 ? 1 : (float) (raw[i] / mean);
        }
        return weights;
    }
}
