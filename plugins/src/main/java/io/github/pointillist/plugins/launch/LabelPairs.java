// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import io.github.pointillist.plugins.results.ClusterMapRun;
import io.github.pointillist.plugins.results.ImageFiles;
import io.github.pointillist.plugins.results.RunManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Predicted label images and the true ones they are compared with. Files of two folders belong together when their names
 * are the same without extension and without an ending such as "_labels". Where a folder holds an image beside its
 * labels ("a.tif" and "a_labels.tif"), the labels are meant.
 *
 * @param truths by prediction, in the order of the work
 * @param failures one line each: files without a partner, or with several
 */
record LabelPairs(Map<Path, Path> truths, List<String> failures) {
    /** The first that fits is taken off. */
    private static final List<String> ENDINGS = List.of(
            "_labels",
            "-labels",
            "_label",
            "-label",
            "_masks",
            "-masks",
            "_mask",
            "-mask",
            "_objects",
            "_clusters",
            "_classmap",
            "_classes",
            "_truth",
            "-truth",
            "_gt");

    /**
     * Pairs two files, or those of two folders.
     *
     * @throws IllegalArgumentException if one is a folder and the other is not, or a folder holds no image
     */
    static LabelPairs of(Path predictions, Path truths) throws IOException {
        if (Files.isDirectory(predictions) != Files.isDirectory(truths)) {
            Path folder = Files.isDirectory(predictions) ? predictions : truths;
            Path other = folder == predictions ? truths : predictions;
            throw new IllegalArgumentException(
                    folder + " is a folder and " + other + " is not; give two label images or two folders of them");
        }
        if (!Files.isDirectory(predictions)) {
            return new LabelPairs(Map.of(predictions, truths), List.of());
        }
        Map<String, List<Path>> predicted = byStem(predictions);
        Map<String, List<Path>> trueOnes = byStem(truths);
        Map<Path, Path> pairs = new LinkedHashMap<>();
        List<String> failures = new ArrayList<>();
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

    private static String names(List<Path> files) {
        return files.stream().map(Path::toString).collect(Collectors.joining(", "));
    }

    private static Map<String, List<Path>> byStem(Path folder) throws IOException {
        List<Path> files = ImageFiles.list(folder, false);
        if (files.isEmpty()) {
            throw new IllegalArgumentException(folder + ": the folder holds no image file");
        }
        Set<String> results = RunManifest.resultsIn(folder).keySet();
        Map<String, List<Path>> plain = new TreeMap<>();
        Map<String, List<Path>> marked = new TreeMap<>();
        for (Path file : files) {
            String name = ClusterMapRun.stem(file.getFileName().toString());
            String stem = name;
            for (String ending : ENDINGS) {
                if (stem.equals(name) && name.endsWith(ending) && name.length() > ending.length()) {
                    stem = name.substring(0, name.length() - ending.length());
                }
            }
            if (!stem.equals(name)) {
                marked.computeIfAbsent(stem, any -> new ArrayList<>()).add(file);
            } else if (!results.contains(file.getFileName().toString())) { // pictures of overlays are no labels
                plain.computeIfAbsent(stem, any -> new ArrayList<>()).add(file);
            }
        }
        plain.forEach(marked::putIfAbsent);
        return marked;
    }
}
