// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import io.github.pointillist.plugins.files.UnsupportedFileException;
import io.github.pointillist.plugins.results.ClusterMapRun;
import io.github.pointillist.plugins.results.ImageFiles;
import io.github.pointillist.plugins.results.RunManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The images to work on and the stem of the results of each. Images of the same stem get the extension appended
 * ("a_png"), and a number where that is not enough, so that no two write the same files.
 *
 * @param stems by image, in the order of the work
 * @param failures one line each: folders without images
 * @param skipped results of earlier runs that lay in a folder
 * @param others files in a folder that only Bio-Formats reads, which is not there
 */
record Inputs(Map<Path, String> stems, List<String> failures, int skipped, List<Path> others) {
    private static final int LISTED = 5;

    /** All of them given one by one. */
    Inputs(Map<Path, String> stems, List<String> failures, int skipped) {
        this(stems, failures, skipped, List.of());
    }

    /** One line about files that only Bio-Formats reads; empty without such. */
    String othersLine() {
        if (others.isEmpty()) {
            return "";
        }
        String names = others.stream()
                .limit(LISTED)
                .map(file -> file.getFileName().toString())
                .collect(Collectors.joining(", "));
        return "left out " + others.size() + (others.size() == 1 ? " file" : " files")
                + " that only Bio-Formats reads, which Fiji has and which is not here (" + names
                + (others.size() > LISTED ? ", ..." : "") + "); " + UnsupportedFileException.ADVICE;
    }

    static Inputs of(List<Path> given, boolean recursive) throws IOException {
        Set<Path> images = new LinkedHashSet<>();
        List<String> failures = new ArrayList<>();
        List<Path> others = new ArrayList<>();
        int skipped = 0;
        for (Path path : given) {
            if (!Files.isDirectory(path)) {
                images.add(path);
                continue;
            }
            List<Path> found = ImageFiles.list(path, recursive);
            others.addAll(ImageFiles.others(path, recursive));
            Map<Path, Set<String>> results = new HashMap<>();
            int before = images.size();
            for (Path file : found) {
                Set<String> known = results.get(file.getParent());
                if (known == null) {
                    known = RunManifest.resultsIn(file.getParent()).keySet();
                    results.put(file.getParent(), known);
                }
                if (known.contains(file.getFileName().toString())) {
                    skipped++;
                } else {
                    images.add(file);
                }
            }
            if (images.size() == before && found.isEmpty()) {
                failures.add(path + ": the folder holds no image file"
                        + (recursive ? "" : " (--recursive looks into its folders)"));
            }
        }
        return new Inputs(stems(images), failures, skipped, List.copyOf(others));
    }

    /**
     * The first input that a result would overwrite; null if none.
     *
     * @param out folder of the results
     * @param endings what follows the stem in names of results
     */
    Path overwritten(Path out, List<String> endings) throws IOException {
        if (!Files.exists(out)) {
            return null;
        }
        Path folder = out.toRealPath();
        Set<String> results = new HashSet<>();
        stems.values().forEach(stem -> endings.forEach(ending -> results.add(stem + ending)));
        for (Path image : stems.keySet()) {
            if (Files.exists(image)
                    && results.contains(image.getFileName().toString())
                    && folder.equals(image.toRealPath().getParent())) {
                return image;
            }
        }
        return null;
    }

    private static Map<Path, String> stems(Set<Path> images) {
        Map<String, Integer> count = new HashMap<>();
        for (Path image : images) {
            count.merge(key(ClusterMapRun.stem(image.getFileName().toString())), 1, Integer::sum);
        }
        Map<Path, String> stems = new LinkedHashMap<>();
        Set<String> taken = new HashSet<>();
        for (Path image : images) {
            String name = image.getFileName().toString();
            String stem = ClusterMapRun.stem(name);
            if (count.get(key(stem)) > 1) {
                String extension = name.substring(Math.min(name.length(), stem.length() + 1));
                stem = extension.isEmpty() ? stem : stem + "_" + extension;
            }
            String free = stem;
            for (int n = 2; !taken.add(key(free)); n++) {
                free = stem + "_" + n;
            }
            stems.put(image, free);
        }
        return stems;
    }

    /** Some file systems do not tell capitals from small letters. */
    private static String key(String stem) {
        return stem.toLowerCase(Locale.ROOT);
    }
}
