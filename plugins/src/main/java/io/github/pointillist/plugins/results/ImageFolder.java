// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.PatternSyntaxException;

/**
 * The image files of a folder, and of the folders in it if asked for. Links to folders are followed, but for those to a folder
 * around it; each folder is searched once, whatever the links. A folder that cannot be read does not stop the search.
 *
 * @param images in the order of their names
 * @param failures one line each: folders that cannot be read
 */
public record ImageFolder(List<Path> images, List<String> failures) {
    /**
     * Searches.
     *
     * @param recursive whether folders in the folder are searched too; hidden ones never are
     * @param pattern a glob that names must match, or, if it has a slash, paths from the folder on; null for all
     * @throws IllegalArgumentException if the pattern is none
     */
    public static ImageFolder search(Path folder, boolean recursive, String pattern) throws IOException {
        return search(folder, recursive, pattern, ImageFiles::looksLikeImage);
    }

    /** The same for other files than images. */
    static ImageFolder search(Path folder, boolean recursive, String pattern, Predicate<Path> wanted)
            throws IOException {
        Search search = new Search(folder, recursive, pattern == null ? null : matcher(pattern), pattern, wanted);
        search.read(folder);
        while (!search.links.isEmpty()) { // after all else, so that files are named without links where they can be
            search.read(search.links.remove(0));
        }
        search.images.sort(null);
        return new ImageFolder(List.copyOf(search.images), List.copyOf(search.failures));
    }

    /**
     * The images.
     *
     * @throws IOException if a folder could not be read
     */
    public List<Path> all() throws IOException {
        if (!failures.isEmpty()) {
            throw new IOException(failures.get(0));
        }
        return images;
    }

    /** The folders between a folder and a file below it, each followed by a slash. */
    public static String between(Path folder, Path file) {
        StringBuilder text = new StringBuilder();
        Path parent = folder.relativize(file).getParent();
        if (parent != null) {
            parent.forEach(part -> text.append(part).append('/'));
        }
        return text.toString();
    }

    private static PathMatcher matcher(String pattern) {
        try {
            if (!pattern.isEmpty()) {
                return FileSystems.getDefault().getPathMatcher("glob:" + pattern);
            }
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException(
                    "pattern is '" + pattern + "': " + e.getDescription()
                            + "; allowed is a name with * and ?, as in '*_dapi.tif'",
                    e);
        }
        throw new IllegalArgumentException("pattern is empty; allowed is a name with * and ?, as in '*_dapi.tif'");
    }

    private static final class Search {
        private final Path top;
        private final boolean recursive;
        private final PathMatcher matcher;
        private final boolean wholePath;
        private final Predicate<Path> wanted;
        private final List<Path> images = new ArrayList<>();
        private final List<String> failures = new ArrayList<>();
        private final List<Path> links = new ArrayList<>();
        private final Set<Path> searched = new HashSet<>();

        Search(Path top, boolean recursive, PathMatcher matcher, String pattern, Predicate<Path> wanted) {
            this.top = top;
            this.recursive = recursive;
            this.matcher = matcher;
            this.wanted = wanted;
            wholePath = pattern != null && pattern.contains("/");
        }

        void read(Path folder) throws IOException {
            List<Path> entries = new ArrayList<>();
            try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
                if (!searched.add(folder.toRealPath())) {
                    return;
                }
                stream.forEach(entries::add);
            } catch (AccessDeniedException e) {
                failures.add(folder + ": no permission");
                return;
            } catch (DirectoryIteratorException e) {
                failures.add(folder + ": cannot be read (" + e.getCause().getMessage() + ")");
                return;
            } catch (IOException e) {
                if (folder.equals(top)) {
                    throw e;
                }
                failures.add(folder + ": cannot be read (" + e.getMessage() + ")");
                return;
            }
            entries.sort(null);
            for (Path entry : entries) {
                if (entry.getFileName().toString().startsWith(".")) {
                    continue;
                }
                if (Files.isDirectory(entry)) {
                    if (recursive && Files.isSymbolicLink(entry)) {
                        if (!top.toRealPath().startsWith(entry.toRealPath())) {
                            links.add(entry);
                        }
                    } else if (recursive) {
                        read(entry);
                    }
                } else if (Files.isRegularFile(entry) && matches(entry) && wanted.test(entry)) {
                    images.add(entry);
                }
            }
        }

        private boolean matches(Path file) {
            return matcher == null || matcher.matches(wholePath ? top.relativize(file) : file.getFileName());
        }
    }
}
