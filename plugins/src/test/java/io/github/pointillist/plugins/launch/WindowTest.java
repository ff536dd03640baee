// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import static org.assertj.core.api.Assertions.assertThat;

import ij.ImagePlus;
import ij.gui.Roi;
import ij.process.ByteProcessor;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The dialog and the windows of plain ImageJ, on a screen in memory. */
class WindowTest {
    private static final Path PICTURES = Path.of("target", "screenshots");

    @TempDir
    private Path folder;

    @Test
    void theDialogRunsTheCommandAndIsRecorded() throws IOException, InterruptedException {
        List<String> log = onScreen("dialog");
        assertThat(log).contains("dialog: Cluster Map", "windows: 2");
        assertThat(log).anyMatch(line -> line.matches("labels: 120 x 90, 16 bits, visible true, max \\d+, micron"));
        assertThat(recorded(log))
                .containsOnlyOnce("run(\"Cluster Map...\"")
                .contains("method=context clusters=6 compactness=-1.0 iterations=10 similarity=euclidean")
                .contains("connected=automatic min_size=-1 seed=0 model=none")
                .contains("overlay=false table=false")
                .doesNotContain("choose");
        assertThat(PICTURES.resolve("dialog.png")).isNotEmptyFile();
    }

    @Test
    void buttonsListModelsAndLevels() throws IOException, InterruptedException {
        TestModels.use(folder.resolve("models"));
        try {
            TestModels.install(TestModels.IMAGES, "tiny");
        } finally {
            TestModels.forget();
        }
        List<String> log = onScreen("choosers");
        assertThat(log)
                .contains(
                        "levels offered: 14",
                        "levels filtered: 3",
                        "levels: 0.0.1,2.1.1",
                        "method: model",
                        "after cancel: 0.0.1,2.1.1, clusters 7",
                        "channels: 2",
                        "table: tiny");
        assertThat(recorded(log))
                .contains("run(\"Cluster Map...\", \"method=model clusters=0 ")
                .contains("model=tiny variant=automatic levels=0.0.1,2.1.1 point=none")
                .contains("run(\"Models...\", \"action=list name=none file=none variant=automatic\")")
                .doesNotContain("choose");
        assertThat(PICTURES.resolve("levels.png")).isNotEmptyFile();
    }

    @Test
    void outlinesGoToTheRoiManagerWhereAsked() throws IOException, InterruptedException {
        TestModels.use(folder.resolve("models"));
        try {
            TestModels.installObjects("objects");
        } finally {
            TestModels.forget();
        }
        List<String> log = onScreen("segment");
        assertThat(log)
                .contains(
                        "last: Outlines to the ROI Manager",
                        "objects: 12, rows 12, overlay 12, manager 13, last object 12");
        assertThat(recorded(log))
                .contains("run(\"Segment...\", \"model=objects variant=automatic scaling=none object_diameter=0.0")
                .contains("link_slices=false tile=0 device=auto channel=automatic scale_from=image overlay=true"
                        + " table=true roi_manager=true")
                .doesNotContain("choose");
    }

    @Test
    void evaluateTakesTheTruthFromTheOpenImages() throws IOException, InterruptedException {
        List<String> log = onScreen("evaluate");
        assertThat(log).contains("compared: cells.tif with true cells, AP@0.9 1.0");
        assertThat(recorded(log))
                .contains("run(\"Evaluate...\", \"truth=[true cells] mode=instances planes=each ignore=none"
                        + " background=true classes=automatic true_classes=automatic force=false\");");
    }

    @Test
    void theCurveOfATrainingRunGrowsInAWindow() throws IOException, InterruptedException {
        TestModels.use(folder.resolve("models"));
        try {
            TestModels.installSegmenter("tiny");
        } finally {
            TestModels.forget();
        }
        List<String> log = onScreen("train");
        assertThat(log).contains("trained: cells.tif, 2 more", "trained: cells.tif, 0 more");
        assertThat(log).contains("metrics: Validation of live").anyMatch(line -> line.matches("points: \\d, then 10"));
        assertThat(recorded(log))
                .contains(
                        "run(\"Train...\", \"images=active labels=regions validation_images=none validation_labels=none")
                .contains("name=live base=tiny kind=automatic classes=automatic object_diameter=0.0 pixel_size=0.0")
                .contains("steps=40 batch=4 rate=0.0 validation_share=0.2 ignore_unlabelled=false seed=1 device=auto")
                .doesNotContain("choose");
        assertThat(folder.resolve("models/live/model.json")).isNotEmptyFile();
        assertThat(PICTURES.resolve("train.png")).isNotEmptyFile();
    }

    @Test
    void aMacroIsNeverAskedAndSeesTheImageThatItSelected() throws IOException, InterruptedException {
        List<String> log = onScreen("macros");
        String wanted = "macro: w2_clusters 42, 42; w1_clusters 41, 41; w0_clusters 40, 40; "
                + "w2_clusters-1 42, 42; w1_clusters-1 41, 41; w0_clusters-1 40, 40; ";
        assertThat(log).noneMatch(line -> line.startsWith("asked"));
        assertThat(log).filteredOn(wanted::equals).hasSize(2);
        assertThat(log).contains("hidden: 33, visible true");
    }

    @Test
    void dialogsFitASmallScreenAndShowDecimals() throws IOException, InterruptedException {
        List<String> log = onScreen("dialogs");
        for (String name :
                List.of("Segment", "Train", "Cluster Map", "Classify", "Classify Points", "Evaluate", "Models")) {
            assertThat(log).contains("dialog: " + name + ", fits, help");
        }
        assertThat(log).contains("validated: 0.2", "rate: 0.0015", "rare: fits");
    }

    @Test
    void afterAnErrorTheDialogComesAgainAsItWas() throws IOException, InterruptedException {
        List<String> log = onScreen("mistake");
        assertThat(log).contains("error: Cluster Map", "entered: 5 0.325", "kept: five", "again: cells_clusters-1");
        assertThat(recorded(log))
                .containsOnlyOnce("run(\"Cluster Map...\", \"method=context clusters=5 compactness=0.325 ");
    }

    @Test
    void escapeStopsACommandAndAMacro() throws IOException, InterruptedException {
        List<String> log = onScreen("escape");
        assertThat(log).contains("stopped: menu", "stopped: macro", "images: 2, asks false, log empty");
        assertThat(recorded(log)).doesNotContain("Cluster Map");
    }

    private static String recorded(List<String> log) {
        return log.stream()
                .filter(line -> line.startsWith("recorded: "))
                .findFirst()
                .orElse("");
    }

    private List<String> onScreen(String scenario) throws IOException, InterruptedException {
        Process screen = startScreen();
        if (screen == null) {
            String why = "SKIPPED WindowTest: no Xvfb on this machine";
            System.out.println(why);
            Assumptions.abort(why);
        }
        try (BufferedReader reader = screen.inputReader(StandardCharsets.UTF_8)) {
            return session(":" + reader.readLine().strip(), scenario);
        } finally {
            screen.destroy();
        }
    }

    /** Labels of 3 x 2 squares. */
    private static ByteProcessor squares() {
        ByteProcessor labels = new ByteProcessor(120, 90);
        for (int i = 0; i < 6; i++) {
            labels.setValue(i + 1);
            labels.fill(new Roi(10 + i % 3 * 35, 10 + i / 3 * 40, 25, 25));
        }
        return labels;
    }

    private static Process startScreen() {
        try {
            return new ProcessBuilder("Xvfb", "-displayfd", "1", "-screen", "0", "1280x1024x24")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            return null; // not installed
        }
    }

    private List<String> session(String display, String scenario) throws IOException, InterruptedException {
        MacrosTest.installInto(folder);
        Files.createDirectories(PICTURES);
        ImagePlus image =
                switch (scenario) {
                    case "segment" -> new ImagePlus("cells", TestImages.dots(8, 96, 72));
                    case "evaluate" -> new ImagePlus("cells", squares());
                    default -> TestImages.image("cells", 8, 120, 90);
                };
        image.getCalibration().setUnit("micron");
        TestImages.save(image, folder.resolve("cells.tif"));
        List<String> command = new ArrayList<>(List.of(
                Jvm.java().toString(),
                "-Xmx1g",
                "-Dplugins.dir=" + folder,
                "-Duser.home=" + folder,
                "-Dpointillist.models=" + folder.resolve("models"),
                "-Dai.djl.offline=true",
                "-DDJL_CACHE_DIR=" + Path.of(System.getProperty("user.home"), ".djl.ai"),
                "-cp",
                Jvm.classPath(),
                WindowSession.class.getName(),
                folder.resolve("cells.tif").toString(),
                PICTURES.toAbsolutePath().toString(),
                scenario));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("DISPLAY", display);
        // in a folder named "plugins", as this module's is, ImageJ would take it for its own
        builder.directory(folder.toFile());
        Path log = folder.resolve("log");
        Process process = builder.redirectOutput(log.toFile()).start();
        boolean ended = process.waitFor(120, TimeUnit.SECONDS);
        process.destroyForcibly();
        List<String> lines = Files.readAllLines(log);
        assertThat(ended).as("session ends: " + lines).isTrue();
        return lines;
    }
}
