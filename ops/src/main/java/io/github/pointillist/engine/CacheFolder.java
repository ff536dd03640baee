// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.engine;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * The folder from which DJL loads native code, and into which it unpacks it. Where the home folder cannot be written DJL takes
 * a folder of a fixed name in the common temporary one and loads what lies there, whoever put it there. So the folder is
 * chosen and checked here before DJL asks: it and all in it belong to this user or to the system's (root), and nobody else
 * may write to it. Systems without such owners and permissions (Windows, where the temporary folder is the user's own) keep
 * DJL's choice.
 */
final class CacheFolder {
    /** The environment variable and system property by which DJL is told of the folder. */
    static final String PROPERTY = "DJL_CACHE_DIR";

    private static final String ENGINES = "ENGINE_CACHE_DIR";
    private static final String NAME = ".djl.ai";
    private static final String JNA_FOLDER = "jna.tmpdir";
    private static final int DEPTH = 4;
    private static final int MOST_FILES = 10_000;
    private static final long ROOT = 0;
    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private final UnaryOperator<String> environment;
    private final Path home;
    private final Path temporary;
    private final Owner self;

    /** Who runs this process. */
    record Owner(long uid, String name) {
        /** By what owns a file that this process makes, or null where that cannot be told. */
        static Owner current(Path... places) {
            for (Path place : places) {
                try {
                    Path probe = Files.createTempFile(place, ".pointillist-", "");
                    try {
                        return of(Files.readAttributes(probe, PosixFileAttributes.class), ownerOf(probe));
                    } finally {
                        Files.delete(probe);
                    }
                } catch (IOException | UnsupportedOperationException | IllegalArgumentException | SecurityException e) {
                    // The next place may be open to us.
                    continue;
                }
            }
            return null;
        }

        private static Owner of(PosixFileAttributes attributes, long uid) {
            return new Owner(uid, attributes.owner().getName());
        }
    }

    CacheFolder(UnaryOperator<String> environment, Path home, Path temporary, Owner self) {
        this.environment = environment;
        this.home = home;
        this.temporary = temporary;
        this.self = self;
    }

    /**
     * Tells DJL of a safe folder, unless the user has named one, which is then checked.
     *
     * @throws UnsafeFolderException with one line, if there is none
     */
    static void choose() {
        Path home;
        Path temporary;
        try {
            home = Path.of(System.getProperty("user.home", "")).toAbsolutePath();
            temporary = Path.of(System.getProperty("java.io.tmpdir", "")).toAbsolutePath();
        } catch (InvalidPathException e) { // "?" is none on Windows
            return;
        }
        if (!isPosix(temporary) && !isPosix(home)) {
            return;
        }
        CacheFolder folder = new CacheFolder(
                name -> {
                    String value = System.getenv(name); // before the property, as DJL does
                    return value == null || value.isEmpty() ? System.getProperty(name) : value;
                },
                home,
                temporary,
                Owner.current(temporary, home));
        Path chosen = folder.checked();
        if (chosen != null) {
            System.setProperty(PROPERTY, chosen.toString());
            if (!chosen.startsWith(home) && System.getProperty(JNA_FOLDER) == null) {
                System.setProperty(JNA_FOLDER, chosen.toString()); // JNA would take a common folder as well
            }
        }
    }

    private static boolean isPosix(Path path) {
        return Files.getFileAttributeView(path, PosixFileAttributeView.class) != null;
    }

    /**
     * Checks the folder that the user names, or chooses one.
     *
     * @return the chosen one; null where the user named it
     */
    Path checked() {
        boolean named = false;
        for (String variable : new String[] {PROPERTY, ENGINES}) {
            String value = environment.apply(variable);
            if (value != null && !value.isEmpty()) {
                check(Path.of(value).toAbsolutePath(), variable);
                named |= variable.equals(PROPERTY);
            }
        }
        if (named) {
            return null;
        }
        Path usual = home.resolve(NAME);
        if (Files.isDirectory(usual) ? Files.isWritable(usual) : Files.isWritable(home)) {
            try {
                if (!Files.exists(usual)) {
                    Files.createDirectory(usual, PRIVATE);
                }
                check(usual, PROPERTY);
                return usual;
            } catch (IOException | UnsupportedOperationException e) {
                return inTemporary();
            }
        }
        return inTemporary();
    }

    private Path inTemporary() {
        try {
            if (self != null) {
                Path own = temporary.resolve("pointillist-" + self.uid);
                try {
                    Files.createDirectory(own, PRIVATE);
                    return own;
                } catch (FileAlreadyExistsException e) {
                    if (isOwn(own)) {
                        return own;
                    }
                }
            }
            // Somebody else has taken the name: one that nobody could guess, for this run only.
            Path fresh = Files.createTempDirectory(temporary, "pointillist-", PRIVATE);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(fresh)));
            return fresh;
        } catch (IOException | UnsupportedOperationException e) {
            throw new UnsafeFolderException(
                    "neither the home folder " + home + " nor the temporary folder " + temporary
                            + " can be written, so there is no place for the native libraries; name a folder of your own in"
                            + " the environment variable " + PROPERTY,
                    e);
        }
    }

    private boolean isOwn(Path folder) {
        try {
            PosixFileAttributes found =
                    Files.readAttributes(folder, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (!found.isDirectory() || ownerOf(folder) != self.uid) {
                return false;
            }
            check(folder, PROPERTY);
            return true;
        } catch (IOException | UnsafeFolderException e) {
            return false;
        }
    }

    /** Refuses a folder from which another user's code might be loaded. One that is not there yet will be ours. */
    private void check(Path folder, String variable) {
        if (!Files.exists(folder)) {
            return;
        }
        try {
            checkOne(folder, folder, variable, false);
            boolean closed = isClosed(folder);
            try (Stream<Path> inside = Files.walk(folder.toRealPath(), DEPTH)) {
                for (Path path : (Iterable<Path>) inside.limit(MOST_FILES)::iterator) {
                    checkOne(path, folder, variable, closed);
                }
            }
        } catch (IOException | java.io.UncheckedIOException e) {
            throw new UnsafeFolderException(
                    "the folder of native libraries " + folder + " cannot be read (" + e.getMessage()
                            + "); name a folder of your own in the environment variable " + variable,
                    e);
        }
    }

    /** @param closed whether others cannot even get there, so that what they may do there does not matter */
    private void checkOne(Path path, Path folder, String variable, boolean closed) throws IOException {
        PosixFileAttributes found;
        long uid;
        try {
            found = Files.readAttributes(path, PosixFileAttributes.class);
            uid = ownerOf(path);
        } catch (UnsupportedOperationException | IllegalArgumentException e) {
            return; // a file system without owners
        }
        String fault = null;
        if (self != null && uid != self.uid && uid != ROOT) {
            fault = "belongs to " + found.owner().getName();
        } else if (!closed && found.permissions().contains(PosixFilePermission.OTHERS_WRITE)) {
            fault = "may be written by everybody";
        } else if (!closed
                && found.permissions().contains(PosixFilePermission.GROUP_WRITE)
                && !found.group().getName().equals(found.owner().getName())) { // but for a group of one's own
            fault = "may be written by the group " + found.group().getName();
        }
        if (fault != null) {
            throw new UnsafeFolderException(
                    "native code is not loaded from the folder " + folder + ", because "
                            + (path.equals(folder) ? "it " : path + " ") + fault
                            + "; close the folder to others (chmod 700), if all in it is yours, or name a folder of your own in the environment"
                            + " variable " + variable,
                    null);
        }
    }

    private static boolean isClosed(Path folder) {
        try {
            Set<PosixFilePermission> open = Files.getPosixFilePermissions(folder);
            return !open.contains(PosixFilePermission.GROUP_EXECUTE)
                    && !open.contains(PosixFilePermission.OTHERS_EXECUTE);
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    private static long ownerOf(Path path) throws IOException {
        return ((Number) Files.getAttribute(path, "unix:uid")).longValue();
    }

    private static void delete(Path folder) {
        try (Stream<Path> inside = Files.walk(folder)) {
            for (Path path : inside.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            System.getLogger(CacheFolder.class.getName()).log(System.Logger.Level.DEBUG, "left behind: " + folder, e);
        }
    }
}
