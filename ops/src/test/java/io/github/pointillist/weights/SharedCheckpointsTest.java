// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Reads every checkpoint of the reference folder, where that is present. */
class SharedCheckpointsTest {
    private static final Path GOLDEN = Path.of("..", "..", "shared", "golden");

    @Test
    void everyReferenceCheckpointReads() throws IOException {
        for (Path file : files()) {
            Checkpoint checkpoint = Checkpoint.read(file);
            assertThat(checkpoint.weights().size()).as(file.toString()).isPositive();
            System.out.println(
                    GOLDEN.relativize(file) + ": " + checkpoint.weights().size() + " entries, " + checkpoint.layout()
                            + ", also " + checkpoint.alternatives() + ", " + checkpoint.info());
        }
    }

    private static List<Path> files() throws IOException {
        if (!Files.isDirectory(GOLDEN)) {
            System.out.println("skipped: no reference folder at " + GOLDEN);
        }
        assumeTrue(Files.isDirectory(GOLDEN), "no reference folder");
        try (Stream<Path> walk = Files.walk(GOLDEN)) {
            return walk.filter(path -> path.toString().matches(".*\\.(pth|pth\\.tar|pt|pkl)"))
                    .sorted()
                    .toList();
        }
    }
}
