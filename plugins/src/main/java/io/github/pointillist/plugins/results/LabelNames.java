// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How files that belong to an image are called: as the image, followed by an ending. The one list of these endings, for what
 * goes together in training and comparing and for what is no image to work on. Beside those of this program it has those of
 * Cellpose ("_cp_masks"), StarDist (".stardist"), ilastik ("_Object Identities"), QuPath ("-labels", "-labelled"), Labkit and
 * others ("_seg", "_instance"). Capitals do not matter.
 */
public final class LabelNames {
    private static final List<String> OBJECTS = longestFirst(
            both("label", "labels", "labelled", "labeled", "label_image", "mask", "masks", "cp_masks", "objects"),
            both("seg", "segmentation", "instance", "instances", "instance_mask", "instance_masks", "instance_labels"),
            both("rois", "clusters", "truth", "ground_truth", "groundtruth", "gt", "annotation", "annotations"),
            both("object identities", "object_identities", "object-identities", "stardist"),
            Stream.of(".stardist", ".label", ".labels", ".mask", ".masks"));
    private static final List<String> CLASSES = longestFirst(
            both("classmap", "classes", "simple segmentation", "simple_segmentation", "object predictions"),
            both("object_predictions", "class_labels", "semantic"));
    /** No labels, but pictures and maps that a program makes of an image. */
    private static final List<String> PICTURES = longestFirst(
            both("overlay", "outlines", "outlines_cp_masks", "cp_outlines", "cp_output", "flows", "flows_cp_masks"),
            both("affinity", "probabilities", "uncertainty", "cellprob"));

    private LabelNames() {}

    private static Stream<String> both(String... words) {
        return Stream.of(words).flatMap(word -> Stream.of("_" + word, "-" + word));
    }

    @SafeVarargs
    private static List<String> longestFirst(Stream<String>... endings) {
        return Stream.of(endings)
                .flatMap(some -> some)
                .sorted(Comparator.comparingInt(String::length).reversed())
                .toList();
    }

    /**
     * What the image of a label image of objects is called.
     *
     * @param stem name without extension
     * @return the stem without the longest of the endings; null if it has none
     */
    public static String ofObjects(String stem) {
        return without(OBJECTS, stem).findFirst().orElse(null);
    }

    /** The same of a label image of classes. */
    public static String ofClasses(String stem) {
        return without(CLASSES, stem).findFirst().orElse(null);
    }

    /**
     * The same of a picture or map that is no label image.
     *
     * @return null also where a longer ending says that it is a label image
     */
    public static String ofPicture(String stem) {
        String image = without(PICTURES, stem).findFirst().orElse(null);
        String longer = ofObjects(stem) == null ? ofClasses(stem) : ofObjects(stem);
        return image != null && (longer == null || image.length() < longer.length()) ? image : null;
    }

    /** All that the image of a label image of objects or classes may be called: likeliest first; empty without an ending. */
    static List<String> images(String stem) {
        return Stream.concat(without(OBJECTS, stem), without(CLASSES, stem)).toList();
    }

    /** The stem without each of the endings that it has, longest ending first. */
    private static Stream<String> without(List<String> endings, String stem) {
        String small = stem.toLowerCase(Locale.ROOT);
        return endings.stream()
                .filter(ending -> stem.length() > ending.length() && small.endsWith(ending))
                .map(ending -> stem.substring(0, stem.length() - ending.length()));
    }

    /**
     * Those of the images of one folder that some program made of another one of them. A name alone does not tell:
     * "face_mask.jpg" without a "face" beside it is an image.
     */
    public static Set<Path> besideTheirImages(Collection<Path> images) {
        Set<String> stems = new HashSet<>();
        images.forEach(image -> stems.add(stem(image).toLowerCase(Locale.ROOT)));
        return images.stream()
                .filter(image -> Stream.of(OBJECTS, CLASSES, PICTURES)
                        .flatMap(endings -> without(endings, stem(image)))
                        .anyMatch(of -> stems.contains(of.toLowerCase(Locale.ROOT))))
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private static String stem(Path file) {
        return ClusterMapRun.stem(file.getFileName().toString());
    }

    /**
     * The label image of objects of an image: called as it, or as it with an ending.
     *
     * @throws IOException if there is none, or several
     */
    public static Path find(Path folder, Path image) throws IOException {
        Path same = folder.resolve(image.getFileName().toString());
        if (Files.isRegularFile(same)) {
            return same;
        }
        if (!Files.isDirectory(folder)) {
            throw new IOException("there is no folder " + folder + " with its label image");
        }
        String stem = stem(image);
        List<Path> fitting = new ArrayList<>();
        for (Path file : ImageFiles.list(folder, false)) {
            String own = stem(file);
            if (own.equals(stem) || without(OBJECTS, own).anyMatch(stem::equals)) {
                fitting.add(file);
            }
        }
        if (fitting.isEmpty()) {
            throw new IOException("there is no label image " + same + ", nor " + stem + "_labels.tif or the like");
        }
        if (fitting.size() > 1) {
            throw new IOException("it is not clear which is its label image: " + fitting + "; leave one of them");
        }
        return fitting.get(0);
    }
}
