// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import io.github.pointillist.weights.Plain;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Results on their way to a folder. They are written to a hidden folder inside it and moved to their places when all are
 * complete, so that a failure or an interruption leaves what was there before and nothing half written. The hidden
 * folder also goes when the JVM is told to stop.
 */
public final class StagedFiles implements AutoCloseable {
    private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(() -> OPEN.forEach(StagedFiles::delete), "remove staged files"));
    }

    private final Path folder;
    private final Path staging;
    private final List<String> names = new ArrayList<>();

    /** Makes the folder if there is none. */
    public StagedFiles(Path folder) throws IOException {
        this.folder = folder;
        Files.createDirectories(folder);
        staging = Files.createTempDirectory(folder, ".pointillist-");
        OPEN.add(staging);
    }

    /** Where to write the file of that name for now. */
    public Path stage(String name) {
        names.add(name);
        return staging.resolve(name);
    }

    /** The names staged so far. */
    public List<String> names() {
        return List.copyOf(names);
    }

    /**
     * Moves all files to their places, over older ones of the same name.
     *
     * @throws IOException if one was not written, or its place is taken by a folder: then none is moved
     */
    public void commit() throws IOException {
        for (String name : names) {
            if (!Files.isRegularFile(staging.resolve(name))) {
                throw new IOException(name + " was not written");
            }
            if (Files.isDirectory(folder.resolve(name))) {
                throw new IOException(folder.resolve(name) + " is a folder; a result of that name is to be written");
            }
        }
        for (String name : names) {
            Path target = folder.resolve(name);
            try {
                Files.move(staging.resolve(name), target, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(staging.resolve(name), target, StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    @Override
    public void close() {
        delete(staging);
        OPEN.remove(staging);
    }

    private static void delete(Path root) {
        try {
            Files.walkFileTree(root, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path dir, IOException e) throws IOException {
                    Files.deleteIfExists(dir);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            System.err.println(Plain.line("could not remove " + root + ": " + e.getMessage()));
        }
    }
}
