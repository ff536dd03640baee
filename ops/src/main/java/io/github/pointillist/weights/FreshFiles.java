// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;

/**
 * Files and folders of new names, to be moved to their own when they are complete. Unlike Java's temporary files, which are
 * closed to all but their owner and stay so when they are moved, these are open to whom the system's settings (the umask)
 * say: a folder may be shared.
 */
public final class FreshFiles {
    private static final SecureRandom RANDOM = new SecureRandom();

    private FreshFiles() {}

    /** Makes an empty file whose name begins and ends so. */
    public static Path file(Path folder, String prefix, String suffix) throws IOException {
        return fresh(folder, prefix, suffix, Files::createFile);
    }

    /** Makes an empty folder whose name begins so. */
    public static Path folder(Path parent, String prefix) throws IOException {
        return fresh(parent, prefix, "", Files::createDirectory);
    }

    private interface Make {
        Path at(Path path) throws IOException;
    }

    private static Path fresh(Path folder, String prefix, String suffix, Make make) throws IOException {
        while (true) {
            try {
                return make.at(folder.resolve(prefix + Long.toUnsignedString(RANDOM.nextLong(), 36) + suffix));
            } catch (FileAlreadyExistsException e) {
                // Once in 2^64 times: try the next.
            }
        }
    }
}
