// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import static org.assertj.core.api.Assertions.assertThat;

import ij.IJ;
import ij.ImagePlus;
import ij.ImageStack;
import ij.process.ByteProcessor;
import ij.process.ImageProcessor;
import ij.process.ShortProcessor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the macros that we ship, and some that are wrong, in headless ImageJ. */
class MacrosTest {
    private static final Path MACROS = Path.of("..", "macros");

    @TempDir
    private Path folder;

    @BeforeEach
    void installPlugin() throws IOException {
        installInto(folder);
    }

    /** Puts a jar with our menu entries where ImageJ looks for it; the classes are on the class path. */
    static void installInto(Path imagej) throws IOException {
        Path plugins = Files.createDirectories(imagej.resolve("plugins"));
        try (var jar = new JarOutputStream(Files.newOutputStream(plugins.resolve("Pointillist_.jar")));
                var config = MacrosTest.class.getResourceAsStream("/plugins.config")) {
            jar.putNextEntry(new JarEntry("plugins.config"));
            config.transferTo(jar);
            jar.closeEntry();
        }
    }

    private List<String> run(Path macro, String argument) throws IOException, InterruptedException {
        return run(List.of(macro.toAbsolutePath().toString(), argument));
    }

    private List<String> run(List<String> macros) throws IOException, InterruptedException {
        Path log = folder.resolve("log");
        Process process = Jvm.start(
                List.of(
                        "--add-opens=java.base/java.lang=ALL-UNNAMED",
                        "-Djava.awt.headless=true",
                        "-Dai.djl.offline=true",
                        "-Dij1.plugin.dirs=" + folder,
                        "-Dpointillist.models=" + folder.resolve("models"),
                        "-Djava.util.prefs.userRoot=" + Files.createDirectories(folder.resolve("prefs"))),
                HeadlessMacro.class,
                macros,
                log);
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).as("macro ends").isTrue();
        return Files.readAllLines(log);
    }

    private List<String> runText(String text) throws IOException, InterruptedException {
        return run(Files.writeString(folder.resolve("test.ijm"), text), "");
    }

    private Path sample() {
        ImagePlus image = TestImages.image("cells", 16, 60, 40);
        image.getCalibration().setUnit("micron");
        image.getCalibration().pixelWidth = 0.5;
        return TestImages.save(image, folder.resolve("cells.tif"));
    }

    @Test
    void clusterMapOpensMapsAndSaves() throws IOException, InterruptedException {
        Path out = folder.resolve("out");
        List<String> log = run(MACROS.resolve("Cluster_Map.ijm"), sample() + "|" + out);
        assertThat(log).anyMatch(line -> line.matches("cells_clusters: \\d+ clusters"));
        ImagePlus labels = IJ.openImage(out.resolve("cells_clusters.tif").toString());
        assertThat(labels.getBitDepth()).isEqualTo(16);
        assertThat(labels.getCalibration().getUnit()).isEqualTo("micron");
        assertThat(labels.getCalibration().pixelWidth).isEqualTo(0.5);
        assertThat(labels.getStatistics().max).isGreaterThan(1);
        List<String> table = Files.readAllLines(out.resolve("cells_clusters.csv"));
        assertThat(table.get(0)).contains("cluster", "pixels", "area (micron*pixel)".substring(0, 6), "mean c1");
        assertThat(table).hasSizeGreaterThan(2);
    }

    @Test
    void batchMapsAFolder() throws IOException, InterruptedException {
        Path in = Files.createDirectory(folder.resolve("in"));
        Path out = folder.resolve("out");
        TestImages.save(TestImages.image("a", 8, 50, 40), in.resolve("a.tif"));
        TestImages.save(TestImages.image("b", 24, 30, 30), in.resolve("b.png"));
        Files.writeString(in.resolve("notes.txt"), "no image");
        List<String> log = run(MACROS.resolve("Cluster_Map_Batch.ijm"), in + "|" + out);
        assertThat(log).contains("2 images mapped");
        for (String name : List.of("a_clusters.tif", "a_clusters.csv", "b_clusters.tif", "b_clusters.csv")) {
            assertThat(out.resolve(name)).isNotEmptyFile();
        }
        assertThat(IJ.openImage(out.resolve("b_clusters.tif").toString()).getWidth())
                .isEqualTo(30);
    }

    @Test
    void engineReportIsInTheLog() throws IOException, InterruptedException {
        List<String> log = run(MACROS.resolve("Engine_Report.ijm"), "cpu");
        assertThat(log).anyMatch(line -> line.matches("engine\\s+PyTorch 2\\..*"));
        assertThat(log).anyMatch(line -> line.matches("device\\s+cpu \\(asked for\\)"));
        assertThat(log).anyMatch(line -> line.matches("telemetry\\s+off"));
    }

    @Test
    void openSampleOpensImageAndObjects() throws IOException, InterruptedException {
        String macro = MACROS.resolve("Open_Sample.ijm").toAbsolutePath().toString();
        List<String> log = run(List.of(macro, "", macro, "tissue"));
        for (String kind : List.of("nuclei", "tissue")) {
            assertThat(log).contains(kind + ": 256 x 256");
            assertThat(log).anyMatch(line -> line.startsWith("open image: " + kind + "_objects 16-bit max "));
        }
    }

    @Test
    void randomNucleiOpensImageAndLabels() throws IOException, InterruptedException {
        List<String> log = run(MACROS.resolve("Random_Nuclei.ijm"), "3");
        assertThat(log).contains("nuclei: 256 x 256");
        assertThat(log).anyMatch(line -> line.matches("open image: nuclei_objects 16-bit max [1-9].*"));
    }

    @Test
    void aMacroSeesItsImagesOverlayAndMissingKeysAsDefaults() throws IOException, InterruptedException {
        List<String> log = runText("open('" + sample() + "'); first = getTitle();\n"
                + "run('Cluster Map...', 'clusters=9 overlay=true input=[' + first + ']');\n"
                + "print('active ' + getTitle() + ', results ' + nResults);\n"
                + "selectImage(first); print('overlay ' + Overlay.size);\n"
                + "run('Cluster Map...', 'clusters=9 overlay=true table=true');\n"
                + "print('images ' + nImages + ', table ' + (nResults > 1));\n"
                + "selectImage(first); print('overlay ' + Overlay.size);\n");
        assertThat(log)
                .contains("active cells_clusters, results 0", "overlay 1", "images 3, table 1")
                .filteredOn(line -> line.equals("overlay 1"))
                .hasSize(2);
    }

    @Test
    void aMacroWorksOnTheImageThatItSelectedEveryTime() throws IOException, InterruptedException {
        for (String batch : List.of("", "setBatchMode(true);\n")) {
            List<String> log = runText(batch + "ids = newArray(3);\n"
                    + "for (i = 0; i < 3; i++) { newImage('w' + i, '8-bit ramp', 40 + i, 30, 1); ids[i] = getImageID(); }\n"
                    + "for (r = 0; r < 2; r++) for (i = 2; i >= 0; i--) {\n"
                    + "  selectImage(ids[i]); run('Cluster Map...'); print(getTitle() + ' ' + getWidth());\n"
                    + "  selectImage(ids[i]); run('Cluster Map...', 'table=' + true); print(getTitle() + ' ' + getWidth());\n"
                    + "  close(); print('left ' + nImages + ', rows ' + (nResults > 0));\n"
                    + "}\n");
            assertThat(log)
                    .filteredOn(line -> line.matches("w\\d_clusters.*"))
                    .containsExactly(
                            "w2_clusters 42",
                            "w2_clusters-1 42",
                            "w1_clusters 41",
                            "w1_clusters-1 41",
                            "w0_clusters 40",
                            "w0_clusters-1 40",
                            "w2_clusters-1 42",
                            "w2_clusters-2 42",
                            "w1_clusters-1 41",
                            "w1_clusters-2 41",
                            "w0_clusters-1 40",
                            "w0_clusters-2 40");
            assertThat(log).contains("left 4, rows 1", "left 9, rows 1");
        }
    }

    /** From a script: with a hidden image, and as Process > Batch > Macro does. */
    @Test
    void aHiddenImageIsTheInputAndABatchSavesTheLabels() throws IOException, InterruptedException {
        Path log = folder.resolve("calls");
        Process process = Jvm.start(
                List.of(
                        "--add-opens=java.base/java.lang=ALL-UNNAMED",
                        "-Djava.awt.headless=true",
                        "-Dij1.plugin.dirs=" + folder),
                HeadlessCalls.class,
                List.of(),
                log);
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).as("session ends").isTrue();
        assertThat(Files.readAllLines(log))
                .contains(
                        "hidden: hidden_clusters 30",
                        "again: hidden_clusters-1 30",
                        "current: shown",
                        "batch 1: one_clusters 21",
                        "batch 2: two_clusters 22",
                        "wrong: Cluster Map: clusters is 'nine'; allowed is a whole number",
                        "stopped: Macro canceled");
    }

    private void install(Path checkpoint, String name) {
        TestModels.use(folder.resolve("models"));
        try {
            TestModels.install(checkpoint, name);
        } finally {
            TestModels.forget();
        }
    }

    @Test
    void classifyListsTheClassesOfAnImage() throws IOException, InterruptedException {
        install(TestModels.IMAGES, "tiny");
        Path table = folder.resolve("classes.csv");
        List<String> log = run(MACROS.resolve("Classify.ijm"), "tiny|" + sample() + "|" + table);
        assertThat(log).anyMatch(line -> line.matches("cells.tif: class \\d 0\\.\\d{4}"));
        assertThat(log).anyMatch(line -> line.startsWith("Classify: intensities from percentile 0.1 to 99.9"));
        List<String> lines = Files.readAllLines(table);
        assertThat(lines.get(0)).contains("Image", "Region", "Rank", "Class", "Score");
        assertThat(lines).hasSize(6);
    }

    @Test
    void classifyAFolder() throws IOException, InterruptedException {
        install(TestModels.IMAGES, "tiny");
        Path in = Files.createDirectory(folder.resolve("in"));
        Path table = folder.resolve("classes.csv");
        TestImages.save(TestImages.image("a", 8, 50, 40), in.resolve("a.tif"));
        TestImages.save(TestImages.image("b", 24, 30, 30), in.resolve("b.png"));
        Files.writeString(in.resolve("notes.txt"), "no image");
        List<String> log = run(MACROS.resolve("Classify_Folder.ijm"), in + "|" + table + "|tiny");
        assertThat(log).contains("2 images classified");
        assertThat(Files.readAllLines(table))
                .hasSize(1 + 2 * 3)
                .anyMatch(line -> line.contains("a.tif"))
                .anyMatch(line -> line.contains("b.png"));
    }

    @Test
    void classifyPointsOfATable() throws IOException, InterruptedException {
        install(TestModels.POINTS, "points");
        List<String> rows = new ArrayList<>(List.of("\"x [nm]\",\"y [nm]\",\"z [nm]\",cell"));
        for (int i = 0; i < 300; i++) {
            rows.add(i * 37 % 101 + "," + i * 53 % 97 + "," + i * 71 % 89 + "," + (i % 2 == 0 ? "left" : "right"));
        }
        Path points = Files.write(folder.resolve("points.csv"), rows);
        String macro = MACROS.resolve("Classify_Points.ijm").toAbsolutePath().toString();
        Path table = folder.resolve("classes.csv");
        List<String> log = run(List.of(macro, points + "|points", macro, points + "|points|cell|" + table));
        assertThat(log)
                .anyMatch(line -> line.matches("all: \\w+ .*0\\.\\d{4}|all: \\w+ 0\\.\\d{4}"))
                .anyMatch(line -> line.startsWith("left: "))
                .anyMatch(line -> line.startsWith("right: "))
                .anyMatch(line -> line.contains("128 of 150 points drawn with seed 0"));
        assertThat(Files.readAllLines(table)).hasSize(3);
    }

    @Test
    void evaluateComparesTwoFiles() throws IOException, InterruptedException {
        ByteProcessor labels = new ByteProcessor(6, 1, new byte[] {1, 1, 1, 0, 2, 2});
        Path truth = TestImages.save(new ImagePlus("truth", labels), folder.resolve("my truth.tif"));
        labels.set(4, 0);
        labels.set(5, 0);
        Path prediction = TestImages.save(new ImagePlus("labels", labels), folder.resolve("labels.tif"));
        Path table = folder.resolve("scores.csv");
        String macro = MACROS.resolve("Evaluate.ijm").toAbsolutePath().toString();
        String wrong = "open('" + prediction + "'); run('Evaluate...', 'truth=[gone.tif]'); print('went on');";
        List<String> log = run(List.of(
                macro,
                prediction + "|" + truth + "|" + table,
                Files.writeString(folder.resolve("wrong.ijm"), wrong).toString(),
                ""));
        assertThat(log)
                .contains("labels.tif: 1 objects, 2 true ones", "AP@0.5 0.5000, PQ 0.6667")
                .anyMatch(line -> line.startsWith("Macro Error: ")
                        && line.contains("truth is 'gone.tif'; no open image has this title"))
                .doesNotContain("went on");
        List<String> lines = Files.readAllLines(table);
        assertThat(lines).hasSize(2);
        assertThat(lines.get(0)).contains("Prediction", "true objects", "AP@0.5:0.95", "AJI+");
        assertThat(lines.get(1)).contains("my truth.tif", "0.6667");
    }

    @Test
    void modelsFromImportToRemoval() throws IOException, InterruptedException {
        String macro = MACROS.resolve("Models.ijm").toAbsolutePath().toString();
        Path exported = folder.resolve("my weights.safetensors");
        String from = TestModels.IMAGES.toAbsolutePath().normalize() + "|" + TestModels.config(TestModels.IMAGES);
        List<String> macros = new ArrayList<>();
        for (String argument : List.of(
                "",
                "import|tiny|" + from,
                "list",
                "show|tiny",
                "verify",
                "export|tiny|" + exported,
                "import|again|" + exported,
                "remove|tiny",
                "verify|tiny")) {
            macros.addAll(List.of(macro, argument));
        }
        List<String> log = run(macros);
        assertThat(log)
                .anyMatch(line -> line.startsWith("nuclei\t") && line.endsWith("\tbundled"))
                .anyMatch(line -> line.startsWith("installed tiny: "))
                .anyMatch(line -> line.startsWith("tiny\t"))
                .anyMatch(line -> line.startsWith("architecture: coc"))
                .contains("tiny\tok", "wrote " + exported, "removed tiny")
                .anyMatch(line -> line.startsWith("installed again: "))
                .anyMatch(line -> line.contains("no model is called tiny; installed are again"));
        assertThat(exported).isNotEmptyFile();
        assertThat(folder.resolve("models/tiny")).doesNotExist();
        assertThat(folder.resolve("models/again/model.json")).isNotEmptyFile();
    }

    @Test
    void classifyRegionsObjectsAndWindowsInAMacro() throws IOException, InterruptedException {
        install(TestModels.IMAGES, "tiny");
        List<String> log = runText("open('" + sample() + "'); makeRectangle(5, 5, 20, 20);\n"
                + "run('Classify...', 'model=tiny each=roi top=1 margin=2 blank_outside=true');\n"
                + "print('regions ' + nResults);\n"
                + "run('Select None'); run('Clear Results');\n"
                + "run('Cluster Map...', 'clusters=4'); labels = getTitle(); n = 0; getStatistics(a, b, c, max);\n"
                + "selectImage('cells.tif'); run('Classify...', 'model=tiny each=object top=1 labels=[' + labels + ']');\n"
                + "print('objects ' + (nResults == max));\n"
                + "selectImage('cells.tif'); run('Classify...', 'model=tiny each=window window=20 top=1');\n"
                + "print('active ' + getTitle() + ' ' + getWidth());\n");
        assertThat(log).contains("regions 1", "objects 1", "active cells_classmap 60");
    }

    private Path dots(Path file) {
        return TestImages.save(new ImagePlus("dots", TestImages.dots(16, 96, 72)), file);
    }

    private void installObjects(String name) {
        TestModels.use(folder.resolve("models"));
        try {
            TestModels.installObjects(name);
        } finally {
            TestModels.forget();
        }
    }

    @Test
    void segmentFindsMeasuresAndSaves() throws IOException, InterruptedException {
        installObjects("objects");
        Path out = folder.resolve("out");
        List<String> log =
                run(MACROS.resolve("Segment.ijm"), "objects|" + dots(folder.resolve("dots.tif")) + "|" + out);
        assertThat(log).anyMatch(line -> line.matches("Segment: dots.tif: \\d+ objects, .*"));
        assertThat(log).anyMatch(line -> line.matches("dots_labels: \\d+ rows"));
        ImagePlus labels = IJ.openImage(out.resolve("dots_labels.tif").toString());
        List<String> table = Files.readAllLines(out.resolve("dots_labels.csv"));
        assertThat(table.get(0)).contains("Image", "label", "area", "circularity", "mean_c1", "unit");
        assertThat(table).hasSize(1 + (int) labels.getStatistics().max).hasSizeGreaterThan(2);
    }

    @Test
    void segmentAFolder() throws IOException, InterruptedException {
        installObjects("objects");
        Path in = Files.createDirectory(folder.resolve("in"));
        dots(in.resolve("a.tif"));
        dots(in.resolve("b.tif"));
        Files.writeString(in.resolve("notes.txt"), "no image");
        String macro = MACROS.resolve("Segment_Folder.ijm").toAbsolutePath().toString();
        List<String> log = run(List.of(macro, in + "|" + in + "|objects", macro, in + "|" + in + "|objects"));
        assertThat(log).filteredOn("2 images segmented"::equals).hasSize(2);
        for (String name : List.of("a_labels.tif", "a_labels.csv", "b_labels.tif", "b_labels.csv")) {
            assertThat(in.resolve(name)).isNotEmptyFile();
        }
    }

    @Test
    void segmentInAMacro() throws IOException, InterruptedException {
        installObjects("nuclei");
        List<String> log = runText("open('" + dots(folder.resolve("dots.tif")) + "');\n"
                + "run('Segment...', 'scaling=none');\n"
                + "print('active ' + getTitle() + ' ' + bitDepth() + ', rows ' + nResults);\n"
                + "print('label ' + getResult('label', 11) + ', in ' + Table.getString('Image', 11));\n"
                + "selectImage('dots.tif'); print('overlay ' + Overlay.size);\n"
                + "run('Segment...', 'scaling=none overlay=false table=false min_area=5000');\n"
                + "getStatistics(area, mean, min, max); print('left ' + max + ', rows ' + nResults);\n"
                + "selectImage('dots.tif'); print('overlay ' + Overlay.size);\n"
                + "run('Segment...', 'roi_manager=true'); print('went on');");
        assertThat(log)
                .contains("active dots_labels 16, rows 12", "label 12, in dots.tif", "left 0, rows 12")
                .filteredOn("overlay 12"::equals)
                .hasSize(2);
        assertThat(log).anyMatch(line -> line.startsWith("Macro Error: ") && line.contains("roi_manager is true"));
        assertThat(log).doesNotContain("went on");
    }

    /** What the macro line says of channel and selection the command line says by options. */
    @Test
    void channelsAndSelectionsInAMacro() throws IOException, InterruptedException {
        installObjects("objects");
        ImageProcessor dots = TestImages.dots(16, 96, 72);
        ImageProcessor other = dots.duplicate();
        other.flipHorizontal();
        ImageStack stack = new ImageStack(96, 72);
        stack.addSlice("c:1/2 - GFP", other);
        stack.addSlice("c:2/2 - DAPI", dots);
        ImagePlus two = new ImagePlus("two", stack);
        two.setDimensions(2, 1, 1);
        Path file = TestImages.save(two, folder.resolve("two.tif"));
        Path saved = folder.resolve("macro.tif");
        List<String> log = runText("open('" + file + "'); makeRectangle(10, 5, 60, 50);\n"
                + "run('Segment...', 'model=objects scaling=none channel=dapi overlay=false');\n"
                + "saveAs('Tiff', '" + saved + "'); labels = getImageID(); rows = nResults;\n"
                + "selectImage('two.tif'); getSelectionBounds(x, y, w, h); print('selected ' + x + ',' + y + ',' + w + ',' + h);\n"
                + "run('Clear Results'); selectImage(labels);\n"
                + "run('Evaluate...', 'truth=' + labels); print('true ' + getResult('true objects', 0) + ' of ' + rows);\n"
                + "selectImage('two.tif'); run('Evaluate...', 'truth=' + labels); print('went on');");
        assertThat(log)
                .contains("selected 10,5,60,50", "Segment: channel 2 of 2 (DAPI) taken, as asked for")
                .anyMatch(line -> line.matches("true (\\d+) of \\1"))
                .anyMatch(line -> line.startsWith("Macro Error: ") && line.contains("two.tif has 2 channels"))
                .doesNotContain("went on");
        TestModels.use(folder.resolve("models"));
        try {
            CommandLineRun run = CommandLineRun.of(
                    "segment",
                    file,
                    "--model",
                    "objects",
                    "--scaling",
                    "none",
                    "--channel",
                    "2",
                    "--region",
                    "10,5,60,50",
                    "--out",
                    folder);
            assertThat(run.err()).isEmpty();
        } finally {
            TestModels.forget();
        }
        assertThat(IJ.openImage(saved.toString()).getProcessor().getPixels())
                .isEqualTo(IJ.openImage(folder.resolve("two_labels.tif").toString())
                        .getProcessor()
                        .getPixels());
    }

    @Test
    void aModelsGroupsInAMacro() throws IOException, InterruptedException {
        install(TestModels.IMAGES, "tiny");
        List<String> log = runText("open('" + sample() + "');\n"
                + "run('Cluster Map...', 'method=model model=tiny levels=0.0.0,1.0.1 overlay=true table=true');\n"
                + "Stack.getDimensions(w, h, c, z, t); print('channels ' + c + ', table ' + (nResults > 1));\n");
        assertThat(log).contains("channels 2, table 1");
    }

    @Test
    void aPointsAffinitiesInAMacro() throws IOException, InterruptedException {
        install(TestModels.AFFINITIES, "affinities");
        List<String> log = runText("open('" + sample() + "'); makePoint(30, 20);\n"
                + "run('Cluster Map...', 'method=model model=affinities point=selection');\n"
                + "print('active ' + getTitle() + ' ' + bitDepth() + ', marked ' + Overlay.size);\n"
                + "getStatistics(a, mean, least, most); selectImage('cells.tif');\n"
                + "run('Cluster Map...', 'method=model model=affinities point=30,20');\n"
                + "getStatistics(a, mean2, least2, most2); print('same ' + (mean == mean2 && most == most2));\n");
        assertThat(log).contains("active cells_affinity 32, marked 1", "same 1");
    }

    private void installSegmenter() {
        TestModels.use(folder.resolve("models"));
        try {
            TestModels.installSegmenter("tiny");
        } finally {
            TestModels.forget();
        }
    }

    @Test
    void trainsOnFoldersAndOnOpenImages() throws IOException, InterruptedException {
        installSegmenter();
        Path in = Files.createDirectory(folder.resolve("in put"));
        for (int n = 1; n <= 2; n++) {
            ImageProcessor truth = new ShortProcessor(TrainVerbTest.SIDE, TrainVerbTest.SIDE);
            TestImages.save(TrainVerbTest.discs(n, truth), in.resolve("d" + n + ".tif"));
            TestImages.save(new ImagePlus("labels", truth), in.resolve("d" + n + "_labels.tif"));
        }
        Path out = folder.resolve("out");
        String macro = MACROS.resolve("Train.ijm").toAbsolutePath().toString();
        String text = "open('" + in.resolve("d1.tif") + "');\n"
                + "makeOval(7, 7, 14, 14); Overlay.addSelection; makeOval(33, 5, 14, 14); Overlay.addSelection;\n"
                + "makeOval(51, 53, 14, 14); Overlay.addSelection; run('Select None');\n"
                + "run('Train...', 'name=regions base=tiny steps=2 batch=1');\n"
                + "open('" + in.resolve("d1_labels.tif") + "'); selectImage('d1.tif');\n"
                + "run('Train...', 'labels=d1_labels.tif name=opened base=tiny steps=2 batch=1 out=[" + out + "]');\n"
                + "run('Segment...', 'model=opened table=false'); print('segmented ' + getTitle());\n";
        Path open = Files.writeString(folder.resolve("open.ijm"), text);
        List<String> log = run(List.of(
                macro,
                "folders|" + in + "|" + in + "|base=tiny steps=3 batch=1 out=[" + out + "]",
                open.toString(),
                ""));
        assertThat(log)
                .contains("Train: to train on: 2 images with labels in " + in)
                .anyMatch(line -> line.startsWith("Train: step 3 of 3: loss "))
                .anyMatch(line -> line.startsWith("Train: installed folders in "))
                .contains("Train: to train on: d1.tif with 3 regions")
                .contains("Train: every region is an object (for classes give kind semantic)")
                .anyMatch(line -> line.startsWith("Train: one image given: validated on its "))
                .contains("Train: use it: run(\"Segment...\", \"model=regions\");")
                .contains("Train: to train on: d1.tif with the labels d1_labels.tif", "segmented d1_labels");
        for (String name : List.of("folders", "regions", "opened")) {
            assertThat(folder.resolve("models").resolve(name).resolve("weights.safetensors"))
                    .isNotEmptyFile();
        }
        assertThat(out.resolve("opened_curve.png")).isNotEmptyFile();
        assertThat(Files.readString(out.resolve("folders_run.json")))
                .contains("\"command_line\": \"pointillist train --images '" + in + "' --labels '" + in + "'");
        assertThat(Files.readString(out.resolve("opened_run.json")))
                .contains("\"command_line\": null")
                .contains(
                        "images=d1.tif labels=d1_labels.tif validation_images=none validation_labels=none name=opened");
        try (var left = Files.list(folder.resolve("models").resolve(".training"))) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void wrongWaysToTrainAreToldInOneLine() throws IOException, InterruptedException {
        installSegmenter();
        String open = "open('" + sample() + "'); ";
        List<List<String>> cases = List.of(
                List.of("", "name=a", "images is 'active'; there is no active image"),
                List.of(open, "name=a base=tiny", "cells.tif has no region of interest; outline some objects"),
                List.of(open, "name=tiny base=tiny", "a model called tiny is there already"),
                List.of(
                        open,
                        "images=nothing",
                        "images is 'nothing'; neither an open image nor a folder is called that"),
                List.of(open, "labels=nothing", "labels is 'nothing'; no open image has this title"),
                List.of(open, "kind=everything", "kind is 'everything'; allowed are"),
                List.of(open, "images=none", "no annotated images are given"),
                List.of(open, "images=none labels=cells.tif", "labels is 'cells.tif' and images is none; give both"));
        List<String> macros = new ArrayList<>();
        for (int i = 0; i < cases.size(); i++) {
            String text =
                    cases.get(i).get(0) + "run('Train...', '" + cases.get(i).get(1) + " steps=1');";
            macros.addAll(List.of(
                    Files.writeString(folder.resolve("wrong" + i + ".ijm"), text)
                            .toString(),
                    ""));
        }
        List<String> log = run(macros);
        for (List<String> each : cases) {
            assertThat(log).as(each.get(1)).anyMatch(line -> line.contains(each.get(2)));
        }
    }

    @Test
    void wrongOptionsStopTheMacroWithOneLine() throws IOException, InterruptedException {
        List<List<String>> cases = List.of(
                List.of("cluster=9", "macro option 'cluster' is not known"),
                List.of("overlay", "macro option 'overlay' has no value"),
                List.of("clusters=nine", "clusters is 'nine'; allowed is a whole number"),
                List.of("overlay=yes", "overlay is 'yes'; allowed is true or false"),
                List.of("method=magic", "method is 'magic'; allowed are context, kmeans, equitable, model"),
                List.of("method=model", "model is none; allowed is an installed model"),
                List.of("method=model model=tiny levels=9.9.9", "level is 9.9.9; the model offers 0.0.0"),
                List.of("method=model model=tiny point=3,4", "it holds groups of points: leave the point out"),
                List.of("method=model model=tiny point=selection", "point is selection, and the image has none"),
                List.of("method=model model=tiny point=3", "point is '3'; allowed is x,y in pixels"),
                List.of("point=3,4", "point is 3,4; allowed is none, with method context"),
                List.of("choose_levels=true", "macro option 'choose_levels' is not known"),
                List.of("input=nothing", "no open image has this title or id"));
        install(TestModels.IMAGES, "tiny");
        List<String> macros = new ArrayList<>();
        String text = "run('Cluster Map...', 'clusters=9'); print('went on');";
        macros.addAll(
                List.of(Files.writeString(folder.resolve("none.ijm"), text).toString(), ""));
        for (int i = 0; i < cases.size(); i++) {
            text = "open('" + sample() + "'); run('Cluster Map...', '"
                    + cases.get(i).get(0) + "'); print('went on');";
            macros.addAll(
                    List.of(Files.writeString(folder.resolve(i + ".ijm"), text).toString(), ""));
        }
        List<String> log = run(macros);
        for (List<String> wrong : cases) {
            assertThat(log).anyMatch(line -> line.startsWith("Macro Error: ") && line.contains(wrong.get(1)));
        }
        assertThat(log).anyMatch(line -> line.contains("there is no image"));
        assertThat(log).noneMatch(line -> line.equals("went on") || line.contains("\tat "));
    }
}
