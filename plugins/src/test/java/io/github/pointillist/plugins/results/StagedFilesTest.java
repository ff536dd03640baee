// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import io.github.pointillist.plugins.launch.ForkedJvm;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class StagedFilesTest {
    private static final int MANY = 800;

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

    @Test
    void makesTheFoldersOfItsFiles() throws IOException {
        try (StagedFiles staged = new StagedFiles(folder)) {
            Files.writeString(staged.stage("p/q/x_labels.tif"), "labels");
            Files.writeString(staged.stage("p/q/x_run.json"), "{}");
            assertThat(staged.names()).containsExactly("x_labels.tif", "x_run.json");
            staged.commit();
        }
        assertThat(folder.resolve("p/q/x_labels.tif")).hasContent("labels");
        assertThat(folder).isDirectoryNotContaining("glob:**/.*");
    }

    @Test
    void theFolderMayBeALink() throws IOException {
        Path real = Files.createDirectories(folder.resolve("real/sub")).getParent();
        Path link = Files.createSymbolicLink(folder.resolve("link"), real);
        Files.createSymbolicLink(real.resolve("linked"), Path.of("sub"));
        try (StagedFiles staged = new StagedFiles(link)) {
            Files.writeString(staged.stage("linked/a"), "a");
            staged.commit();
        }
        assertThat(real.resolve("sub/a")).exists();
    }

    /** As a run leaves it that is killed. */
    private Path left(String name, boolean complete) throws IOException {
        Path left = Files.createDirectories(folder.resolve(name));
        Files.writeString(left.resolve("x_table.csv"), "new");
        Path lock = Files.createFile(left.resolve("in-use"));
        Files.setLastModifiedTime(lock, FileTime.from(Instant.now().minusSeconds(60)));
        if (complete) {
            Files.createFile(left.resolve("complete"));
        }
        return left;
    }

    @Test
    void theNextRunFinishesOrClearsWhatAKilledOneLeft() throws IOException {
        Files.writeString(folder.resolve("x_table.csv"), "old");
        left(".pointillist-1", false);
        new StagedFiles(folder).close();
        assertThat(folder.resolve("x_table.csv")).hasContent("old");
        assertThat(folder).isDirectoryNotContaining("glob:**/.*");
        left(".pointillist-2", true);
        new StagedFiles(folder).close();
        assertThat(folder.resolve("x_table.csv")).hasContent("new");
        assertThat(folder).isDirectoryNotContaining("glob:**/.*");
    }

    @Test
    void whatMayBeOfALivingRunStays() throws IOException {
        Path young = Files.createDirectories(folder.resolve(".pointillist-young"));
        Path old = Files.createDirectories(folder.resolve(".pointillist-old"));
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofDays(3))));
        Path others = Files.createDirectories(folder.resolve("others"));
        Path link = Files.createSymbolicLink(folder.resolve(".pointillist-link"), others);
        Path living = left(".pointillist-living", true);
        try (FileChannel channel = FileChannel.open(living.resolve("in-use"), StandardOpenOption.WRITE);
                FileLock lock = channel.lock();
                StagedFiles other = new StagedFiles(folder)) {
            assertThat(lock.isValid()).isTrue();
            Files.writeString(other.stage("y"), "y");
            new StagedFiles(folder).close();
            other.commit();
        }
        assertThat(young).exists();
        assertThat(living.resolve("x_table.csv")).exists();
        assertThat(link).exists();
        assertThat(old).doesNotExist();
        assertThat(folder.resolve("y")).exists();
    }

    /** Moves many files; a program of its own. */
    static final class Mover {
        public static void main(String[] args) throws IOException {
            try (StagedFiles staged = new StagedFiles(Path.of(args[0]))) {
                for (int n = 0; n < MANY; n++) {
                    Files.createFile(staged.stage(n + "_labels.tif"));
                }
                Files.createFile(staged.stage("x_run.json"));
                staged.commit();
            }
        }
    }

    private Process startMoving(Path out) throws IOException, InterruptedException {
        Process process = ForkedJvm.start(Mover.class, List.of(out.toString()), folder.resolve("log"));
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!Files.exists(out.resolve("x_run.json")) && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(out.resolve("x_run.json")).as("the manifest comes first").exists();
        return process;
    }

    private static long moved(Path out) throws IOException {
        try (Stream<Path> files = Files.list(out)) {
            return files.filter(file -> file.toString().endsWith("_labels.tif")).count();
        }
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aSignalWaitsForTheMovesAndAKillIsMadeGoodByTheNextRun() throws IOException, InterruptedException {
        Path told = folder.resolve("told");
        Process process = startMoving(told);
        process.destroy();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(moved(told)).isEqualTo(MANY);
        assertThat(told).isDirectoryNotContaining("glob:**/.*");

        Path killed = folder.resolve("killed");
        process = startMoving(killed);
        process.destroyForcibly();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        try (Stream<Path> all = Files.find(killed, 2, (file, any) -> file.endsWith("in-use"))) {
            for (Path lock : all.toList()) {
                Files.setLastModifiedTime(lock, FileTime.from(Instant.now().minusSeconds(60)));
            }
        }
        new StagedFiles(killed).close();
        assertThat(moved(killed)).isEqualTo(MANY);
        assertThat(killed).isDirectoryNotContaining("glob:**/.*");
    }
}
