// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StagedFilesTest {
    @TempDir
    private Path folder;

    @Test
    void movesAllOrNothing() throws IOException {
        Files.writeString(folder.resolve("a"), "old");
        try (StagedFiles staged = new StagedFiles(folder)) {
            Files.writeString(staged.stage("a"), "new");
            staged.stage("b");
            assertThatIOException().isThrownBy(staged::commit).withMessageContaining("b was not written");
        }
        assertThat(folder.resolve("a")).hasContent("old");
        assertThat(folder).isDirectoryNotContaining("glob:**/.*");
        try (StagedFiles staged = new StagedFiles(folder)) {
            Files.writeString(staged.stage("a"), "new");
            assertThat(folder.resolve("a")).hasContent("old");
            staged.commit();
        }
        assertThat(folder.resolve("a")).hasContent("new");
        assertThat(folder).isDirectoryNotContaining("glob:**/.*");
    }
}
