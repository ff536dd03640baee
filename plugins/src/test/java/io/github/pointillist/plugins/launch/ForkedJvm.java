// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** {@link Jvm} for tests of other packages. */
public final class ForkedJvm {
    private ForkedJvm() {}

    /** Starts a main class in the folder of the file to which both its outputs go. */
    public static Process start(Class<?> main, List<String> arguments, Path log) throws IOException {
        return Jvm.start(List.of(), main, arguments, log);
    }
}
