// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import io.github.pointillist.plugins.results.ClusterMapRun;
import io.github.pointillist.plugins.results.ImageFolder;
import io.github.pointillist.plugins.results.LabelNames;
import io.github.pointillist.plugins.results.RunManifest;
import io.github.pointillist.tasks.Evaluate.Mode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Predicted label images and the true ones they are compared with. Files of two folders belong together when their names
 * are the same without extension and without an ending such as "_labels" ({@link LabelNames}). Where a folder holds an image beside its
 * labels ("a.tif" and "a_labels.tif"), the labels are meant; of objects and classes ("a_objects.tif" and
 * "a_classmap.tif") those that are compared.
 *
 * @param truths by prediction, in the order of the work
 * @param failures one line each: files without a partner, or with several
 */
record LabelPairs(Map<Path, Path> truths, List<String> failures) {
    /**
     * Pairs two files, or those of two folders.
     *
     * @param mode where a folder holds objects and classes of one image, says which of them are meant
     * @param folders whether the folders in folders are searched too, which are to have the same names; and which
     *     predictions are compared
     * @throws IllegalArgumentException if one is a folder and the other is not, or a folder holds no image
     */
    static LabelPairs of(Path predictions, Path truths, Mode mode, Folders folders) throws IOException {
        if (Files.isDirectory(predictions) != Files.isDirectory(truths)) {
            Path folder = Files.isDirectory(predictions) ? predictions : truths;
            Path other = folder == predictions ? truths : predictions;
            throw new IllegalArgumentException(
                    folder + " is a folder and " + other + " is not; give two label images or two folders of them");
        }
        if (!Files.isDirectory(predictions)) {
            return new LabelPairs(Map.of(predictions, truths), List.of());
        }
        List<String> failures = new ArrayList<>();
        Map<String, List<Path>> predicted = byStem(predictions, mode, folders.recursive(), folders.pattern(), failures);
        Map<String, List<Path>> trueOnes = byStem(truths, mode, folders.recursive(), null, failures);
        if (folders.pattern() != null) {
            trueOnes.keySet().retainAll(predicted.keySet()); // of the truths those that were asked for
        }
        Map<Path, Path> pairs = new LinkedHashMap<>();
        Set<String> stems = new TreeSet<>(predicted.keySet());
        stems.addAll(trueOnes.keySet());
        for (String stem : stems) {
            List<Path> left = predicted.getOrDefault(stem, List.of());
            List<Path> right = trueOnes.getOrDefault(stem, List.of());
            if (left.size() == 1 && right.size() == 1) {
                pairs.put(left.get(0), right.get(0));
            } else if (left.isEmpty() || right.isEmpty()) {
                failures.add(names(left.isEmpty() ? right : left) + ": "
                        + (left.isEmpty() ? "no prediction in " + predictions : "no truth in " + truths)
                        + " is called " + stem + " or " + stem + "_labels or the like");
            } else {
                failures.add(stem + ": it is not clear which of " + names(left) + " belongs to which of " + names(right)
                        + "; keep one of each, or compare them one by one");
            }
        }
        return new LabelPairs(pairs, failures);
    }

    /**
     * The file beside one of labels that holds the class of each pixel.
     *
     * @throws IOException if there is none
     */
    static Path classesOf(Path labels) throws IOException {
        String name = labels.getFileName().toString();
        String stem = or(LabelNames.ofObjects(ClusterMapRun.stem(name)), ClusterMapRun.stem(name));
        // segments have classes, simulated objects a class map: in one folder lie those of prediction and truth
        boolean objects = ClusterMapRun.stem(name).endsWith("_objects");
        for (String ending : objects ? List.of("_classmap", "_classes") : List.of("_classes", "_classmap")) {
            Path file = labels.resolveSibling(stem + ending + ".tif");
            if (Files.isRegularFile(file) && !file.equals(labels)) {
                return file;
            }
        }
        throw new IOException(labels + ": the class of each pixel is not beside it; for --mode panoptic there must be "
                + stem + "_classes.tif or " + stem + "_classmap.tif");
    }

    private static String names(List<Path> files) {
        return files.stream().map(Path::toString).collect(Collectors.joining(", "));
    }

    private static Map<String, List<Path>> byStem(
            Path folder, Mode mode, boolean recursive, String pattern, List<String> failures) throws IOException {
        ImageFolder found = ImageFolder.search(folder, recursive, pattern);
        failures.addAll(found.failures());
        List<Path> files = found.images();
        if (files.isEmpty() && found.failures().isEmpty()) {
            throw new IllegalArgumentException(folder + ": the folder holds no image file"
                    + (pattern == null ? "" : " that --pattern '" + pattern + "' fits"));
        }
        Map<Path, Set<String>> results = new HashMap<>();
        Map<String, List<Path>> objects = new TreeMap<>();
        Map<String, List<Path>> classes = new TreeMap<>();
        Map<String, List<Path>> plain = new TreeMap<>();
        Map<String, List<Path>> pictures = new TreeMap<>();
        for (Path file : files) {
            String name = ClusterMapRun.stem(file.getFileName().toString());
            String place = ImageFolder.between(folder, file);
            if (!results.containsKey(file.getParent())) {
                results.put(
                        file.getParent(),
                        RunManifest.resultsIn(file.getParent()).keySet());
            }
            if (LabelNames.ofPicture(name) != null) {
                add(pictures, place + LabelNames.ofPicture(name), file);
            } else if (LabelNames.ofObjects(name) != null) {
                add(objects, place + LabelNames.ofObjects(name), file);
            } else if (LabelNames.ofClasses(name) != null) {
                add(classes, place + LabelNames.ofClasses(name), file);
            } else if (!results.get(file.getParent())
                    .contains(file.getFileName().toString())) {
                add(plain, place + name, file);
            }
        }
        Map<String, List<Path>> meant = mode == Mode.SEMANTIC ? classes : objects;
        (mode == Mode.SEMANTIC ? objects : classes).forEach(meant::putIfAbsent);
        plain.forEach(meant::putIfAbsent);
        // what is named as a picture of an image is its labels only where there is nothing else
        pictures.keySet().removeAll(meant.keySet());
        pictures.values().removeIf(own -> own.stream().anyMatch(file -> results.get(file.getParent())
                .contains(file.getFileName().toString())));
        pictures.forEach((stem, own) -> own.forEach(file -> meant.putIfAbsent(
                ImageFolder.between(folder, file)
                        + ClusterMapRun.stem(file.getFileName().toString()),
                List.of(file))));
        return meant;
    }

    private static void add(Map<String, List<Path>> files, String stem, Path file) {
        files.computeIfAbsent(stem, any -> new ArrayList<>()).add(file);
    }

    private static String or(String first, String otherwise) {
        return first == null ? otherwise : first;
    }
}
