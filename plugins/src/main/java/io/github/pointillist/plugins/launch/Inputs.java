// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import io.github.pointillist.plugins.files.UnsupportedFileException;
import io.github.pointillist.plugins.results.ClusterMapRun;
import io.github.pointillist.plugins.results.ImageFiles;
import io.github.pointillist.plugins.results.ImageFolder;
import io.github.pointillist.plugins.results.LabelNames;
import io.github.pointillist.plugins.results.RunManifest;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
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
 * The images to work on and the stem of the results of each. The results of images from folders in a folder get the same
 * folders: their stems are paths, with slashes. Images of the same stem get the extension appended ("a_png"). Where several
 * folders are given that hold files of one name, the results of each get a folder of its name.
 *
 * @param stems by image, in the order of the work
 * @param failures one line each: folders without images, or that cannot be read
 * @param skipped results of earlier runs that lay in a folder
 * @param leftOut label images and pictures that lay in a folder beside the image they belong to
 * @param others files in a folder that only Bio-Formats reads, which is not there
 */
record Inputs(Map<Path, String> stems, List<String> failures, int skipped, List<Path> leftOut, List<Path> others) {
    private static final int NAMED = 3;

    /** All of them given one by one. */
    Inputs(Map<Path, String> stems, List<String> failures, int skipped) {
        this(stems, failures, skipped, List.of(), List.of());
    }

    static Inputs of(List<Path> given, Folders folders) throws IOException {
        return of(given, folders.recursive(), folders.pattern());
    }

    static Inputs of(List<Path> given, boolean recursive, String pattern) throws IOException {
        Map<Path, Path> images = new LinkedHashMap<>(); // each with the folder given; null for files
        List<String> failures = new ArrayList<>();
        List<Path> unread = new ArrayList<>();
        Set<Path> leftOut = new LinkedHashSet<>();
        int skipped = 0;
        for (Path path : given) {
            if (!Files.isDirectory(path)) {
                images.putIfAbsent(path, null);
                continue;
            }
            ImageFolder found = ImageFolder.search(path, recursive, pattern);
            failures.addAll(found.failures());
            unread.addAll(ImageFiles.others(path, recursive, pattern));
            Map<Path, List<Path>> byFolder = new LinkedHashMap<>();
            found.images().forEach(file -> byFolder.computeIfAbsent(file.getParent(), any -> new ArrayList<>())
                    .add(file));
            for (Map.Entry<Path, List<Path>> folder : byFolder.entrySet()) {
                Set<String> results = RunManifest.resultsIn(folder.getKey()).keySet();
                List<Path> own = new ArrayList<>(folder.getValue());
                own.removeIf(file -> results.contains(file.getFileName().toString()));
                skipped += folder.getValue().size() - own.size();
                Set<Path> others = LabelNames.besideTheirImages(own);
                leftOut.addAll(others);
                own.stream().filter(file -> !others.contains(file)).forEach(file -> images.putIfAbsent(file, path));
            }
            if (found.images().isEmpty() && found.failures().isEmpty()) {
                failures.add(path + ": the folder holds no image file"
                        + (pattern == null ? "" : " that --pattern '" + pattern + "' fits")
                        + (recursive ? "" : " (--recursive looks into its folders)"));
            }
        }
        leftOut.removeAll(images.keySet()); // named themselves
        return new Inputs(stems(images), failures, skipped, List.copyOf(leftOut), List.copyOf(unread));
    }

    /** What was left out and why, a line each. */
    List<String> remarks() {
        List<String> lines = new ArrayList<>();
        if (skipped > 0) {
            lines.add("left out " + skipped + " results of earlier runs");
        }
        if (!leftOut.isEmpty()) {
            lines.add("left out " + leftOut.size() + " by name as label images or pictures of the image beside them: "
                    + names(leftOut)
                    + "; to work on such a file, name it on the command line");
        }
        if (!others.isEmpty()) {
            lines.add("left out " + others.size() + (others.size() == 1 ? " file" : " files")
                    + " that only Bio-Formats reads, which Fiji has and which is not here (" + names(others) + "); "
                    + UnsupportedFileException.ADVICE);
        }
        return lines;
    }

    private static String names(List<Path> files) {
        return files.stream()
                        .limit(NAMED)
                        .map(file -> file.getFileName().toString())
                        .collect(Collectors.joining(", "))
                + (files.size() > NAMED ? ", ..." : "");
    }

    /** The folder that the results of a stem go to. */
    static Path folder(Path out, String stem) {
        int slash = stem.lastIndexOf('/');
        return slash < 0 ? out : out.resolve(stem.substring(0, slash));
    }

    /**
     * The first input that a result would overwrite; null if none.
     *
     * @param out folder of the results
     * @param endings what follows the stem in names of results
     * @throws AccessDeniedException if nothing can be written there
     */
    Path overwritten(Path out, List<String> endings) throws IOException {
        Path there = out.toAbsolutePath();
        while (there.getParent() != null && !Files.exists(there)) {
            there = there.getParent();
        }
        if (!Files.isWritable(there)) { // better now than after the first image
            throw new AccessDeniedException(out.toString());
        }
        Map<Path, Path> inputs = new HashMap<>();
        for (Path image : stems.keySet()) {
            if (Files.exists(image)) {
                inputs.put(image.toRealPath(), image);
            }
        }
        Map<Path, Path> folders = new HashMap<>();
        for (String stem : stems.values()) {
            Path folder = folder(out, stem);
            if (!folders.containsKey(folder)) {
                folders.put(folder, Files.exists(folder) ? folder.toRealPath() : null);
            }
            if (folders.get(folder) != null) {
                String name = stem.substring(stem.lastIndexOf('/') + 1);
                for (String ending : endings) {
                    Path victim = inputs.get(folders.get(folder).resolve(name + ending));
                    if (victim != null) {
                        return victim;
                    }
                }
            }
        }
        return null;
    }

    private static Map<Path, String> stems(Map<Path, Path> images) {
        Map<Path, String> places = places(images);
        Map<String, Integer> count = new HashMap<>();
        images.keySet().forEach(image -> count.merge(key(stem(places, image)), 1, Integer::sum));
        Map<Path, String> stems = new LinkedHashMap<>();
        Set<String> taken = new HashSet<>();
        for (Path image : images.keySet()) {
            String name = image.getFileName().toString();
            String stem = stem(places, image);
            if (count.get(key(stem)) > 1) {
                int end = ClusterMapRun.stem(name).length();
                String extension = name.substring(Math.min(name.length(), end + 1));
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

    private static String stem(Map<Path, String> places, Path image) {
        return places.get(image) + ClusterMapRun.stem(image.getFileName().toString());
    }

    /** For each image the folders for its results, each followed by a slash. */
    private static Map<Path, String> places(Map<Path, Path> images) {
        Map<Path, String> places = new HashMap<>();
        Map<String, Path> owners = new HashMap<>();
        boolean clash = false;
        for (Map.Entry<Path, Path> entry : images.entrySet()) {
            Path folder = entry.getValue();
            String place = folder == null ? "" : ImageFolder.between(folder, entry.getKey());
            places.put(entry.getKey(), place);
            if (folder != null) {
                Path owner = owners.putIfAbsent(key(stem(places, entry.getKey())), folder);
                clash |= owner != null && !owner.equals(folder);
            }
        }
        if (clash) {
            Map<Path, String> names = names(images);
            images.forEach((image, folder) -> {
                if (folder != null) {
                    places.put(image, names.get(folder) + "/" + places.get(image));
                }
            });
        }
        return places;
    }

    private static Map<Path, String> names(Map<Path, Path> images) {
        Map<Path, String> names = new HashMap<>();
        Set<String> taken = new HashSet<>();
        for (Path folder : new LinkedHashSet<>(images.values())) {
            if (folder != null) {
                Path name = folder.toAbsolutePath().normalize().getFileName();
                String own = name == null ? "root" : name.toString();
                String free = own;
                for (int n = 2; !taken.add(key(free)); n++) {
                    free = own + "_" + n;
                }
                names.put(folder, free);
            }
        }
        return names;
    }

    /** Some file systems do not tell capitals from small letters. */
    private static String key(String stem) {
        return stem.toLowerCase(Locale.ROOT);
    }
}
