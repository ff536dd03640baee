// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import static org.assertj.core.api.Assertions.assertThat;

import ij.IJ;
import ij.ImagePlus;
import io.github.pointillist.image.Images;
import io.github.pointillist.samples.InclusionSample;
import io.github.pointillist.samples.SimulatedImages;
import io.github.pointillist.samples.TissueScene;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
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

    /** Killed with a signal while it simulates more images than it can. */
    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aSignalIsAnsweredInOneLineAndLeavesNothing() throws IOException, InterruptedException {
        Path out = folder.resolve("made");
        Path log = folder.resolve("log");
        Process process = Jvm.start(
                List.of(),
                Main.class,
                List.of("samples", "--kind", "spots", "--width", "64", "--count", "9999", "--out", out.toString()),
                log);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!Files.isDirectory(out) && process.isAlive() && System.nanoTime() < end) {
            Thread.sleep(5);
        }
        process.destroy();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(143);
        assertThat(Files.readAllLines(log))
                .containsExactly("pointillist: stopped by a signal; nothing is half written");
        assertThat(out).isEmptyDirectory();
    }

    @Test
    void aFullDiskIsNamedAndStopsABatch() {
        IOException full = new IOException("could not write", new IOException("No space left on device"));
        assertThat(Main.reason(full))
                .startsWith("No space left on device: no room for the results; nothing half written is kept");
        assertThat(Main.isDiskFull(new IOException("damaged"))).isFalse();
        Map<Path, String> stems = new LinkedHashMap<>();
        for (String name : List.of("a", "b", "c", "d")) {
            stems.put(Path.of(name), name);
        }
        StringWriter err = new StringWriter();
        List<String> tried = new ArrayList<>();
        int status = Batch.run(new Inputs(stems, List.of(), 0), new PrintWriter(err, true), (file, stem, bar) -> {
            tried.add(stem);
            throw stem.equals("b") ? full : new IOException("damaged");
        });
        assertThat(status).isEqualTo(1);
        assertThat(tried).containsExactly("a", "b");
        assertThat(err.toString().lines())
                .hasSize(3)
                .contains("pointillist: a: damaged")
                .contains("pointillist: stopped before image 3 of 4; make room and give the same command again");
    }

    @Test
    void writesSamples() {
        CommandLineRun run = CommandLineRun.of("samples", "--out", folder, "--width", 96, "--height", 64);
        assertThat(run.err()).isEmpty();
        for (String kind : List.of("nuclei", "tissue", "spots", "inclusions")) {
            ImagePlus image = IJ.openImage(folder.resolve(kind + ".tif").toString());
            assertThat(List.of(image.getWidth(), image.getHeight())).containsExactly(96, 64);
            assertThat(image.getCalibration().getUnit()).isIn("µm", "um", "micron");
            assertThat(image.getBitDepth())
                    .isEqualTo(List.of("tissue", "inclusions").contains(kind) ? 24 : 16);
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

    @Test
    void writesManySamplesOfRandomScenes() throws IOException {
        Path out = folder.resolve("many");
        CommandLineRun run = CommandLineRun.of(
                "samples",
                "--out",
                out,
                "--kind",
                "nuclei",
                "--preset",
                "random",
                "--count",
                3,
                "--seed",
                5,
                "--diameter",
                12,
                "--coverage",
                0.3,
                "--photons",
                500,
                "--width",
                90,
                "--height",
                60);
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        try (var files = Files.list(out)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder(
                            "nuclei-0001.tif",
                            "nuclei-0002.tif",
                            "nuclei-0003.tif",
                            "nuclei-0001_objects.tif",
                            "nuclei-0002_objects.tif",
                            "nuclei-0003_objects.tif",
                            "nuclei_run.json");
        }
        assertThat(Inputs.of(List.of(out), false, null).stems().keySet())
                .containsExactly(
                        out.resolve("nuclei-0001.tif"), out.resolve("nuclei-0002.tif"), out.resolve("nuclei-0003.tif"));
        // the third of them is that of seed 7 alone
        Path alone = folder.resolve("alone");
        CommandLineRun.of(
                "samples",
                "--out",
                alone,
                "--kind",
                "nuclei",
                "--preset",
                "random",
                "--seed",
                7,
                "--diameter",
                12,
                "--coverage",
                0.3,
                "--photons",
                500,
                "--width",
                90,
                "--height",
                60);
        for (String ending : List.of(".tif", "_objects.tif")) {
            assertThat(pixels(alone.resolve("nuclei" + ending)))
                    .isEqualTo(pixels(out.resolve("nuclei-0003" + ending)))
                    .isNotEqualTo(pixels(out.resolve("nuclei-0002" + ending)));
        }
    }

    private static short[] pixels(Path file) {
        return (short[]) IJ.openImage(file.toString()).getProcessor().getPixels();
    }

    @Test
    void samplesOfTissueHaveClasses() {
        CommandLineRun run = CommandLineRun.of("samples", "--out", folder, "--kind", "tissue", "--preset", "random");
        assertThat(run.status()).isZero();
        int[] classes = Images.labels(
                SimulatedImages.tissue(512, 512, 1, TissueScene.random(1)).classes());
        short[] written = pixels(folder.resolve("tissue_classmap.tif"));
        assertThat(written).hasSameSizeAs(classes);
        for (int i = 0; i < classes.length; i++) {
            assertThat(written[i] - 1).isEqualTo(classes[i]);
        }
        assertThat(Arrays.stream(classes).distinct().count()).isGreaterThan(1);
    }

    @Test
    void samplesOfInclusionsHaveClassesOfTissueAndThings() {
        CommandLineRun run =
                CommandLineRun.of("samples", "--out", folder, "--kind", "inclusions", "--width", 300, "--height", 200);
        assertThat(run.status()).isZero();
        int[] classes = Images.labels(
                SimulatedImages.inclusions(300, 200, 1, TissueScene.DEFAULT).classes());
        short[] written = pixels(folder.resolve("inclusions_classmap.tif"));
        short[] objects = pixels(folder.resolve("inclusions_objects.tif"));
        for (int i = 0; i < classes.length; i++) {
            assertThat(written[i] - 1).isEqualTo(classes[i]);
            assertThat(objects[i] > 0).isEqualTo(classes[i] >= InclusionSample.FIRST_THING);
        }
    }

    @Test
    void samplesRefuseWhatTheyCannotDo() {
        for (Object[] wrong : new Object[][] {
            {"--kind", "nuclei", "--preset", "foggy"},
            {"--kind", "nuclei", "--diameter", 2},
            {"--kind", "nuclei", "--diameter", 0},
            {"--kind", "nuclei", "--coverage", -1},
            {"--kind", "nuclei", "--scene-seed", 4},
            {"--kind", "spots", "--preset", "random"},
            {"--kind", "tissue", "--preset", "dense"},
            {"--kind", "tissue", "--inverted"},
            {"--kind", "inclusions", "--preset", "dim"},
            {"--kind", "nuclei", "--count", 0}
        }) {
            List<Object> words = new ArrayList<>(List.of("samples", "--out", folder.resolve("none")));
            words.addAll(List.of(wrong));
            CommandLineRun run = CommandLineRun.of(words.toArray());
            assertThat(run.status()).as(words.toString()).isEqualTo(2);
            assertThat(run.errLines()).hasSize(2);
        }
        assertThat(folder.resolve("none").resolve("nuclei.tif")).doesNotExist();
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
