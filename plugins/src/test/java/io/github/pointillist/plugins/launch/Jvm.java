// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** JVMs of their own, with the class path of the tests. */
final class Jvm {
    private Jvm() {}

    /** The class path of the tests; surefire may hide it in a jar and says so. */
    static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    /** The java program that runs the tests. */
    static Path java() {
        return Path.of(System.getProperty("java.home"), "bin", "java");
    }

    /** Starts a main class in the folder of the file to which both its outputs go. */
    static Process start(List<String> options, Class<?> main, List<String> arguments, Path log) throws IOException {
        return start(options, main, arguments, log, classPath());
    }

    /** The same with another class path. */
    static Process start(List<String> options, Class<?> main, List<String> arguments, Path log, String classPath)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(java().toString(), "-Xmx1g"));
        command.addAll(options);
        command.addAll(List.of("-cp", classPath, main.getName()));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command);
        // not in this module's folder: ImageJ would take it, named "plugins", for its own
        builder.directory(log.toAbsolutePath().getParent().toFile());
        return builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
    }
}
