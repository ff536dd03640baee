// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;

/**
 * What came of comparing a prediction with the truth: counts, from which every figure is computed. Scores of several
 * planes or images are pooled by adding their counts up.
 */
public sealed interface Scores permits InstanceScores, SemanticScores, PanopticQuality {
    /**
     * A figure.
     *
     * @param name fixed, for tables and scripts
     * @param value NaN where it is not defined
     * @param count whether it is a whole number
     */
    record Figure(String name, double value, boolean count) {
        /** A whole number. */
        public static Figure count(String name, long value) {
            return new Figure(name, value, true);
        }

        /** A share or mean. */
        public static Figure of(String name, double value) {
            return new Figure(name, value, false);
        }
    }

    /**
     * The sum of the counts.
     *
     * @throws IllegalArgumentException if the other scores are of another kind
     */
    Scores plus(Scores other);

    /** The figures that tell most, in a fixed order. */
    List<Figure> figures();

    /** Those of the figures of which a mean over images is usual. */
    List<Figure> averaged();

    /**
     * The mean of each of {@link #averaged} over images, each image with the same weight. Images where a figure is not
     * defined are left out of its mean; it is NaN where none is left.
     *
     * @param images of one kind, at least one
     */
    static List<Figure> means(List<? extends Scores> images) {
        List<Figure> means = new ArrayList<>();
        List<Figure> names = images.get(0).averaged();
        for (int i = 0; i < names.size(); i++) {
            int at = i;
            double mean = mean(images.stream()
                    .mapToDouble(image -> image.averaged().get(at).value()));
            means.add(Figure.of(names.get(i).name(), mean));
        }
        return means;
    }

    /** The sum of all; counts pooled over images. */
    static Scores pooled(List<? extends Scores> all) {
        Scores sum = all.get(0);
        for (Scores next : all.subList(1, all.size())) {
            sum = sum.plus(next);
        }
        return sum;
    }

    /** The mean of those that are defined; NaN where none is. */
    static double mean(DoubleStream figures) {
        return figures.filter(value -> !Double.isNaN(value)).average().orElse(Double.NaN);
    }

    /** A share, or NaN where nothing can be shared. */
    static double share(double part, double whole) {
        return whole == 0 ? Double.NaN : part / whole;
    }
}
