// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** What the verbs that take folders of images ask of them. */
final class Folders {
    @Option(
            names = "--recursive",
            description = "Search the folders in folders too; results of images get the same folders in --out.")
    private boolean recursive;

    @Option(
            names = "--pattern",
            paramLabel = "GLOB",
            description =
                    "Of folders take the files whose names match, as in '*_dapi.tif'; with a slash, whose paths from"
                            + " the folder on match, as in '*/d?/*.tif'. Default: all images.")
    private String pattern;

    boolean recursive() {
        return recursive;
    }

    /** Null for all. */
    String pattern() {
        return pattern;
    }

    /** These options as words of a command line. */
    List<String> arguments() {
        List<String> words = new ArrayList<>(recursive ? List.of("--recursive") : List.of());
        words.addAll(pattern == null ? List.of() : List.of("--pattern", pattern));
        return words;
    }
}
