// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import io.github.pointillist.weights.Plain;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Results on their way to a folder. They are written to a hidden folder inside it and moved to their places when all are
 * complete, so that a failure or an interruption leaves what was there before and nothing half written. When the JVM is told
 * to stop, moves that have begun are finished and the rest goes. Where it is killed, the next run on the same folder finishes
 * moves that had begun, and removes what was not complete.
 */
public final class StagedFiles implements AutoCloseable {
    private static final String PREFIX = ".pointillist-";
    /** Locked as long as its run lives. */
    private static final String IN_USE = "in-use";
    /** Says that all files are complete and being moved. */
    private static final String COMPLETE = "complete";

    private static final String MANIFEST = "_run.json";
    private static final int MOST_TRIES = 20;
    /** Without a lock (made by an earlier version, or on a disk that has none) a folder counts as left behind after this. */
    private static final Duration SURELY_LEFT = Duration.ofDays(2);

    private static final Map<Path, StagedFiles> OPEN = new ConcurrentHashMap<>();
    /** Held while files are moved, and by the end of the JVM. */
    private static final Object MOVING = new Object();

    private static volatile boolean ending;

    static {
        try {
            Runtime.getRuntime().addShutdownHook(new Thread(StagedFiles::end, "remove staged files"));
        } catch (IllegalStateException e) {
            ending = true; // the JVM is ending already
        }
    }

    private final Path folder;
    private final Path staging;
    private FileChannel lock;
    private final List<String> names = new ArrayList<>();

    /**
     * Makes the folder if there is none, and clears away what killed runs have left in it.
     *
     * @throws AccessDeniedException if nothing can be written to the folder
     */
    public StagedFiles(Path folder) throws IOException {
        this.folder = folder;
        if (ending) {
            throw new CancellationException("stopped");
        }
        make(folder);
        recover(folder);
        synchronized (MOVING) { // the end of the JVM removes what it knows of
            if (ending) {
                throw new CancellationException("stopped");
            }
            try {
                staging = Files.createTempDirectory(folder, PREFIX);
            } catch (AccessDeniedException e) {
                throw (AccessDeniedException) new AccessDeniedException(folder.toString()).initCause(e);
            }
            OPEN.put(staging.toAbsolutePath(), this);
            lock();
        }
    }

    /** Java 17 takes a link to a folder for none. */
    private static void make(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder);
        }
    }

    private void lock() throws IOException {
        Path file = staging.resolve(IN_USE);
        try {
            lock = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            lock.lock();
        } catch (IOException e) { // a disk without locks
            release();
            Files.deleteIfExists(file);
        }
    }

    /**
     * Where to write the file of that name for now.
     *
     * @param name with slashes for a file in a folder of the folder
     * @throws CancellationException if the JVM is ending
     */
    public Path stage(String name) {
        names.add(name);
        Path file = staging.resolve(name);
        try {
            synchronized (MOVING) {
                if (ending) {
                    throw new CancellationException("stopped");
                }
                Files.createDirectories(file.getParent());
            }
        } catch (IOException e) {
            return file; // writing it will say so
        }
        return file;
    }

    /** The names staged so far, without folders. */
    public List<String> names() {
        return names.stream()
                .map(name -> name.substring(name.lastIndexOf('/') + 1))
                .toList();
    }

    /**
     * Moves all files to their places, over older ones of the same name; the manifest, which says what belongs together,
     * first.
     *
     * @throws IOException if one was not written, or its place is taken by a folder: then none is moved
     * @throws CancellationException if the JVM is ending: then none is moved
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
            make(folder.resolve(name).getParent());
        }
        synchronized (MOVING) {
            if (ending) {
                throw new CancellationException("stopped");
            }
            Files.createFile(staging.resolve(COMPLETE));
            move(staging, folder, names);
        }
    }

    private static void move(Path from, Path to, List<String> names) throws IOException {
        List<String> ordered = new ArrayList<>(names);
        ordered.sort(Comparator.comparing(name -> !name.endsWith(MANIFEST)));
        for (String name : ordered) {
            Path target = to.resolve(name);
            try {
                Files.move(from.resolve(name), target, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(from.resolve(name), target, StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    @Override
    public void close() {
        release();
        delete(staging);
        OPEN.remove(staging.toAbsolutePath());
    }

    private void release() {
        if (lock != null) {
            try {
                lock.close();
            } catch (IOException e) {
                System.err.println("could not unlock " + staging + ": " + e.getMessage());
            }
        }
    }

    /** Waits for moves that have begun, lets none begin any more, and removes what is staged: the JVM is ending. */
    public static void end() {
        synchronized (MOVING) {
            ending = true;
            OPEN.values().forEach(StagedFiles::close);
        }
    }

    /** Whether {@link #end} was called. */
    public static boolean ending() {
        return ending;
    }

    /**
     * Finishes or clears away what killed runs have left in a folder; what may be of a living one stays. Never fails: what
     * cannot be cleared stays too.
     */
    private static void recover(Path folder) {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(folder, PREFIX + "*")) {
            all.forEach(found::add);
        } catch (IOException | java.nio.file.DirectoryIteratorException e) {
            return;
        }
        for (Path left : found) {
            if (Files.isDirectory(left, LinkOption.NOFOLLOW_LINKS) && !OPEN.containsKey(left.toAbsolutePath())) {
                try {
                    recover(left, folder);
                } catch (IOException e) {
                    continue; // another run clears it, or it is another user's
                }
            }
        }
    }

    private static void recover(Path left, Path folder) throws IOException {
        Path inUse = left.resolve(IN_USE);
        if (!Files.exists(inUse)) {
            Instant before = Instant.now().minus(SURELY_LEFT);
            if (Files.getLastModifiedTime(left).toInstant().isBefore(before)) {
                delete(left);
            }
            return;
        }
        try (FileChannel channel = FileChannel.open(inUse, StandardOpenOption.WRITE);
                FileLock free = channel.tryLock()) {
            // a run locks its file a moment after making it
            Instant before = Instant.now().minusSeconds(2);
            if (free == null || Files.getLastModifiedTime(inUse).toInstant().isAfter(before)) {
                return;
            }
            if (Files.exists(left.resolve(COMPLETE))) {
                synchronized (MOVING) {
                    move(left, folder, remaining(left));
                }
            }
        } catch (OverlappingFileLockException e) {
            return; // this JVM's own
        }
        delete(left);
    }

    private static List<String> remaining(Path left) throws IOException {
        List<String> names = new ArrayList<>();
        Files.walkFileTree(left, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                String name = left.relativize(file).toString().replace('\\', '/');
                if (attributes.isRegularFile() && !name.equals(IN_USE) && !name.equals(COMPLETE)) {
                    names.add(name);
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return names;
    }

    private static void delete(Path root) {
        IOException why = null;
        for (int tries = 0; tries < MOST_TRIES; tries++) {
            try {
                deleteOnce(root);
                return;
            } catch (DirectoryNotEmptyException e) { // what the JVM's end has interrupted wrote one more file
                why = e;
            } catch (IOException e) {
                why = e;
                break;
            }
        }
        System.err.println(Plain.line("could not remove " + root + ": " + why.getMessage()));
    }

    private static void deleteOnce(Path root) throws IOException {
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                    throw e;
                }
                return FileVisitResult.CONTINUE; // gone already
            }

            @Override
            public FileVisitResult postVisitDirectory(Path dir, IOException e) throws IOException {
                Files.deleteIfExists(dir);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
