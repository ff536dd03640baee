// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.gui.Roi;
import ij.measure.Calibration;
import io.github.pointillist.catalog.ModelCard.Segmentation.Kind;
import io.github.pointillist.plugins.results.TrainingPairs.Examples;
import io.github.pointillist.training.Annotated;
import io.github.pointillist.training.LabelKinds;
import io.github.pointillist.training.LabelKinds.Guess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Annotation read and brought into the form that training takes: objects 1 to n, or classes 0 to n - 1.
 *
 * @param kind objects or classes
 * @param classNames one a class, none for objects
 * @param classValues the labels the classes had, ascending, none for objects; those of regions are 0, 1, 2, ... from
 *     background on
 * @param training to train on, or to take some of to validate with
 * @param validation given for that purpose; null if none are
 * @param trained as read, for the manifest
 * @param validated as read; null if none are given
 * @param pixelSizeUm of all images, 0 where it is not known or differs
 * @param notes what was found and how it is taken, one line each
 */
record TrainingLabels(
        Kind kind,
        List<String> classNames,
        List<Integer> classValues,
        List<Annotated> training,
        List<Annotated> validation,
        Examples trained,
        Examples validated,
        double pixelSizeUm,
        List<String> notes) {
    private static final double LINE_PX = 3;
    /** More connected regions a value than this, and the values are no objects. */
    private static final double MOST_PARTS = 1.25;

    private static final double SAME_SIZE = 0.01;

    /**
     * Reads.
     *
     * @param data to train on
     * @param validation given to validate with, or null
     * @throws IllegalArgumentException if it is not clear what the annotation means, or it means nothing
     * @throws IOException if a file cannot be read
     */
    static TrainingLabels read(TrainOptions options, TrainingData data, TrainingData validation) throws IOException {
        List<String> notes = new ArrayList<>(List.of("to train on: " + data.found()));
        if (validation != null) {
            notes.add("to validate with: " + validation.found());
        }
        List<Roi> regions = new ArrayList<>(data.regions());
        boolean labelImages = data.hasLabelImages();
        if (validation != null) {
            regions.addAll(validation.regions());
            labelImages |= validation.hasLabelImages();
        }
        RoiLabels.Options drawing = drawing(options, regions, labelImages, notes);
        Examples trained = data.read(options.channel(), drawing);
        Examples validated = validation == null ? null : validation.read(options.channel(), drawing);
        notes.addAll(trained.notes());
        if (validated != null) {
            notes.addAll(validated.notes());
        }
        Meaning meaning = new Meaning(options, trained.images(), validated == null ? null : validated.images(), notes);
        if (!regions.isEmpty() && options.kind() == Kind.SEMANTIC) {
            meaning.named(trained.classes(), validated == null ? null : validated.classes());
        } else if (!regions.isEmpty() && !labelImages) {
            meaning.objectsOfRegions();
        } else {
            meaning.labels(!regions.isEmpty() ? Kind.INSTANCES : options.kind());
        }
        return new TrainingLabels(
                meaning.kind,
                meaning.names,
                meaning.values,
                List.copyOf(meaning.training),
                meaning.validation == null ? null : List.copyOf(meaning.validation),
                trained,
                validated,
                pixelSize(options, trained, validated, notes),
                notes);
    }

    /** How regions are read. */
    private static RoiLabels.Options drawing(
            TrainOptions options, List<Roi> regions, boolean labelImages, List<String> notes) {
        RoiLabels.Meaning meaning = RoiLabels.Meaning.OBJECTS;
        if (!regions.isEmpty() && options.kind() == Kind.SEMANTIC) {
            if (labelImages) {
                throw new IllegalArgumentException(
                        "some images have label images and some regions; for classes give one"
                                + " kind of annotation for all");
            }
            if (!options.classNames().isEmpty()) {
                throw new IllegalArgumentException("class names are " + String.join(", ", options.classNames())
                        + ", but regions name their classes themselves, as gland-1 and gland-2; leave the names out");
            }
            boolean grouped = regions.stream().allMatch(roi -> roi.getGroup() > 0);
            meaning = grouped ? RoiLabels.Meaning.GROUPS : RoiLabels.Meaning.NAMES;
            notes.add(
                    grouped
                            ? "the group of a region is its class"
                            : "the name of a region up to the first dash or digit is its class");
        } else if (!regions.isEmpty() && options.kind() == null) {
            notes.add("every region is an object (for classes give kind semantic)");
        }
        return new RoiLabels.Options(meaning, !options.ignoreUnlabelled(), LINE_PX);
    }

    private static double pixelSize(TrainOptions options, Examples trained, Examples validated, List<String> notes) {
        if (options.pixelSizeUm() > 0) {
            notes.add(PixelSizes.given(options.pixelSizeUm()).note());
            return options.pixelSizeUm();
        }
        List<Calibration> calibrations = new ArrayList<>(trained.calibrations());
        if (validated != null) {
            calibrations.addAll(validated.calibrations());
        }
        double least = Double.POSITIVE_INFINITY;
        double most = 0;
        for (Calibration calibration : calibrations) {
            double um = PixelSizes.of(calibration).um();
            least = Math.min(least, um);
            most = Math.max(most, um);
        }
        if (most - least > SAME_SIZE * most) {
            notes.add(String.format(
                    Locale.ROOT,
                    "pixel sizes differ (%.4g to %.4g um, 0 is unknown): the model's is left unknown, and all images are"
                            + " resized by one factor",
                    least,
                    most));
            return 0;
        }
        notes.add(PixelSizes.of(calibrations.get(0)).note());
        return most;
    }

    /** Finds out what labels mean. */
    private static final class Meaning {
        private final TrainOptions options;
        private final List<String> notes;
        private List<Annotated> training;
        private List<Annotated> validation;
        private Kind kind;
        private List<String> names = List.of();
        private List<Integer> values = List.of();

        Meaning(TrainOptions options, List<Annotated> training, List<Annotated> validation, List<String> notes) {
            this.options = options;
            this.training = training;
            this.validation = validation;
            this.notes = notes;
        }

        private List<Annotated> all() {
            return Stream.concat(training.stream(), validation == null ? Stream.of() : validation.stream())
                    .toList();
        }

        private void change(java.util.function.UnaryOperator<Annotated> how) {
            training = training.stream().map(how).toList();
            validation =
                    validation == null ? null : validation.stream().map(how).toList();
        }

        /** Classes that regions name; those of the images to validate with must be among those trained. */
        void named(List<String> own, List<String> others) {
            kind = Kind.SEMANTIC;
            names = own;
            if (names.size() < 2) {
                throw new IllegalArgumentException("the regions name the class " + String.join("", names)
                        + " alone; name two classes or more (a region background-1 is background), or leave out"
                        + " ignore unlabelled, so that the rest is background");
            }
            if (others != null && !others.equals(own)) {
                List<String> unknown = new ArrayList<>(others);
                unknown.removeAll(own);
                if (!unknown.isEmpty()) {
                    throw new IllegalArgumentException("the images to validate with have the class "
                            + String.join(", ", unknown) + ", those to train on " + String.join(", ", own));
                }
                int[] to = others.stream().mapToInt(own::indexOf).toArray();
                validation = validation.stream()
                        .map(image -> new Annotated(
                                image.image(),
                                Arrays.stream(image.labels())
                                        .map(label -> label < 0 ? label : to[label])
                                        .toArray(),
                                image.name()))
                        .toList();
            }
            int first = names.get(0).equalsIgnoreCase("background") ? 0 : 1;
            values = IntStream.range(0, names.size()).mapToObj(k -> first + k).toList();
            notes.add("classes: " + said());
        }

        void objectsOfRegions() {
            kind = Kind.INSTANCES;
            boolean background = training.stream()
                    .anyMatch(image -> Arrays.stream(image.labels()).anyMatch(label -> label == 0));
            if (options.ignoreUnlabelled() && !background) {
                throw new IllegalArgumentException("unlabelled pixels are ignored and no region is background; draw"
                        + " some where there are no objects and name them background-1, background-2");
            }
            notes.add("objects: " + objects(training) + " to train on");
        }

        void labels(Kind asked) {
            if (options.ignoreUnlabelled()) {
                ignoreZero(asked);
            }
            Guess guess = LabelKinds.guess(all());
            kind = asked != null ? asked : told(guess);
            if (kind == Kind.INSTANCES) {
                objects(guess, asked == null);
            } else {
                classes(guess, asked == null);
            }
        }

        private void ignoreZero(Kind asked) {
            if (asked == Kind.INSTANCES) {
                throw new IllegalArgumentException("unlabelled pixels are ignored and labels are objects, so nothing is"
                        + " background; leave out ignore unlabelled, or give pixels that are not annotated the label"
                        + " -1 in 32-bit label images");
            }
            change(image -> new Annotated(
                    image.image(),
                    Arrays.stream(image.labels())
                            .map(label -> label == 0 ? Annotated.IGNORE : label)
                            .toArray(),
                    image.name()));
        }

        /** What users of ImageJ mean by such labels; where they may mean either, they must say. */
        private Kind told(Guess guess) {
            return switch (guess.kind()) {
                case OBJECTS -> Kind.INSTANCES;
                case MASK -> options.ignoreUnlabelled() ? Kind.SEMANTIC : Kind.INSTANCES;
                case CLASSES -> {
                    if (partsAValue() <= MOST_PARTS && !options.ignoreUnlabelled()) {
                        throw new IllegalArgumentException("labels may be objects or classes (" + guess.why()
                                + "); say which: kind instances or semantic");
                    }
                    yield Kind.SEMANTIC;
                }
            };
        }

        private double partsAValue() {
            long values = 0;
            long parts = 0;
            for (Annotated image : all()) {
                values += values(image);
                parts += values(LabelKinds.objects(image));
            }
            return values == 0 ? 0 : (double) parts / values;
        }

        private static int values(Annotated image) {
            Set<Integer> values = new HashSet<>();
            int last = 0;
            for (int label : image.labels()) {
                if (label > 0 && label != last) {
                    last = label;
                    values.add(label);
                }
            }
            return values.size();
        }

        private static long objects(List<Annotated> images) {
            return images.stream().mapToLong(Meaning::values).sum();
        }

        private void objects(Guess guess, boolean guessed) {
            boolean mask = guess.kind() == LabelKinds.Kind.MASK;
            boolean split = mask || partsAValue() > MOST_PARTS;
            if (split) {
                change(LabelKinds::objects);
            }
            notes.add("objects: " + objects(training) + " to train on; "
                    + (split ? "each connected region" : "each value")
                    + " is one (" + guess.why() + ")"
                    + (guessed ? "; if the labels are classes, give kind semantic" : ""));
        }

        private String said() {
            List<String> said = new ArrayList<>();
            for (int k = 0; k < values.size(); k++) {
                said.add(values.get(k) + " " + names.get(k));
            }
            return String.join(", ", said);
        }

        private void classes(Guess guess, boolean guessed) {
            LabelKinds.Compact compact = LabelKinds.compact(all());
            values = compact.values();
            int count = training.size();
            training = compact.images().subList(0, count);
            validation = validation == null
                    ? null
                    : compact.images().subList(count, compact.images().size());
            names = options.classNames();
            if (names.isEmpty()) {
                boolean mask = values.size() == 2 && values.get(0) == 0;
                names = values.stream()
                        .map(value -> value == 0 ? "background" : mask ? "foreground" : "class " + value)
                        .toList();
            } else if (names.size() != values.size()) {
                throw new IllegalArgumentException(
                        "class names are " + String.join(", ", names) + ", and the labels hold "
                                + values.size() + " values: "
                                + values.stream().map(String::valueOf).collect(Collectors.joining(", "))
                                + "; give one name a value" + (values.get(0) == 0 ? ", background's first" : ""));
            }
            notes.add("classes: " + said()
                    + (guessed ? " (" + guess.why() + "; if each value is an object, give kind instances)" : ""));
        }
    }
}
