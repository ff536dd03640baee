// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import static org.assertj.core.api.Assertions.assertThat;

import ij.IJ;
import ij.ImagePlus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MainTest {
    @TempDir
    private Path folder;

    @Test
    void helpAndVersionGoToTheOutput() {
        assertThat(CommandLineRun.of("--version").out()).matches("pointillist \\d+\\.\\S+\\R");
        assertThat(CommandLineRun.of("--help").out())
                .contains("cluster-map", "engine", "evaluate", "samples", "Exit status");
        assertThat(CommandLineRun.of("cluster-map", "--help").out()).contains("--[no-]connected", "--list-levels");
    }

    @Test
    void unknownOrMissingVerbsAreWrongUsage() {
        for (CommandLineRun run : List.of(CommandLineRun.of("paint"), CommandLineRun.of())) {
            assertThat(run.status()).isEqualTo(2);
            assertThat(run.errLines()).hasSize(2);
            assertThat(run.err()).contains("see: pointillist --help");
        }
    }

    @Test
    void engineReportsAndRefusesOtherDevices() {
        CommandLineRun run = CommandLineRun.of("engine", "--device", "cpu");
        assertThat(run.status()).isZero();
        assertThat(run.out()).contains("PyTorch 2.").contains("telemetry").contains("cpu (asked for)");
        assertThat(CommandLineRun.of("engine", "--device", "gpu99").status()).isEqualTo(1);
        assertThat(CommandLineRun.of("engine", "--device", "tpu").status()).isEqualTo(2);
    }

    @Test
    void writesSamples() {
        CommandLineRun run = CommandLineRun.of("samples", "--out", folder, "--width", 96, "--height", 64);
        assertThat(run.err()).isEmpty();
        for (String kind : List.of("nuclei", "tissue", "spots")) {
            ImagePlus image = IJ.openImage(folder.resolve(kind + ".tif").toString());
            assertThat(List.of(image.getWidth(), image.getHeight())).containsExactly(96, 64);
            assertThat(image.getCalibration().getUnit()).isIn("µm", "um", "micron");
            assertThat(image.getBitDepth()).isEqualTo(kind.equals("tissue") ? 24 : 16);
            ImagePlus objects =
                    IJ.openImage(folder.resolve(kind + "_objects.tif").toString());
            assertThat(objects.getStatistics().max).isGreaterThanOrEqualTo(1);
        }
        assertThat(CommandLineRun.of("samples", "--out", folder, "--kind", "cats")
                        .status())
                .isEqualTo(2);
        assertThat(CommandLineRun.of("samples", "--out", folder, "--width", 0).status())
                .isEqualTo(2);
    }

    /** Methods without a model must not pay for the engine: no class of DJL is loaded. */
    @Test
    void doesNotTouchTheEngineWithoutNeed() throws IOException, InterruptedException {
        Path image = TestImages.save(TestImages.image("a", 8, 40, 30), folder.resolve("a.tif"));
        Process process = Jvm.start(
                List.of("-verbose:class"),
                Main.class,
                List.of(
                        "cluster-map",
                        image.toString(),
                        "--out",
                        folder.resolve("out").toString()),
                folder.resolve("log"));
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        List<String> log = Files.readAllLines(folder.resolve("log"));
        assertThat(process.exitValue()).isZero();
        assertThat(log).anyMatch(line -> line.contains("io.github.pointillist.plugins.launch.Main"));
        assertThat(log).noneMatch(line -> line.contains("ai.djl.") || line.contains("org.scijava."));
    }

    @Test
    void interruptionLeavesNoPartialResults() throws IOException, InterruptedException {
        Path images = Files.createDirectory(folder.resolve("images"));
        for (int i = 0; i < 60; i++) {
            TestImages.save(TestImages.image("a", 8, 400, 300), images.resolve("a" + i + ".tif"));
        }
        Path out = folder.resolve("out");
        Process process = Jvm.start(
                List.of(),
                Main.class,
                List.of("cluster-map", images.toString(), "--out", out.toString(), "--clusters", "16"),
                folder.resolve("log"));
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!Files.exists(out.resolve("a0_run.json")) && System.nanoTime() < end) {
            Thread.sleep(5);
        }
        process.destroy();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isNotZero();
        try (var files = Files.list(out)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .isNotEmpty()
                    .allMatch(name -> name.startsWith("a"));
        }
    }
}
