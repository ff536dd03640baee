// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.commands;

import static org.assertj.core.api.Assertions.assertThat;

import ij.ImagePlus;
import ij.ImageStack;
import ij.gui.OvalRoi;
import ij.gui.PointRoi;
import ij.gui.Roi;
import ij.measure.ResultsTable;
import ij.process.ByteProcessor;
import ij.process.ImageProcessor;
import io.github.pointillist.catalog.ModelStore;
import io.github.pointillist.catalog.ModelStore.ImportOptions;
import io.github.pointillist.plugins.launch.TestImages;
import io.github.pointillist.plugins.launch.TestModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.scijava.Context;
import org.scijava.command.Command;
import org.scijava.command.CommandModule;
import org.scijava.command.CommandService;
import org.scijava.module.ModuleItem;
import org.scijava.widget.Button;

/** The commands that use models, as scripts and other programs run them. */
class ModelCommandsTest {
    private static final Path GOLDEN = Path.of("..", "ops", "src", "test", "resources", "golden");

    @TempDir
    private static Path folder;

    private static Context context;

    @BeforeAll
    static void open() throws IOException {
        context = new Context(
                CommandService.class, org.scijava.app.StatusService.class, org.scijava.task.TaskService.class);
        System.setProperty(ModelStore.PROPERTY, folder.resolve("models").toString());
        install("coc/checkpoint-timm.pth.tar", "coc/checkpoint-timm", "images");
        install("coc/checkpoint-points.pth", "coc/checkpoint-points", "points");
        install("container/checkpoint-deit.pth", "container/checkpoint-deit", "affinities");
        TestModels.installObjects("objects");
    }

    private static void install(String file, String golden, String name) throws IOException {
        String config = GOLDEN.resolve(golden).resolve("case.json").toString();
        ModelStore.standard().install(GOLDEN.resolve(file), name, ImportOptions.variant(config));
    }

    @AfterAll
    static void close() {
        System.clearProperty(ModelStore.PROPERTY);
        context.close();
    }

    @BeforeEach
    void clearResults() {
        ResultsTable.getResultsTable().reset();
    }

    private static ImagePlus ramp() {
        ByteProcessor processor = new ByteProcessor(64, 48);
        for (int i = 0; i < processor.getPixelCount(); i++) {
            processor.set(i, i % 64 * 3 + i / 64);
        }
        return new ImagePlus("ramp.tif", processor);
    }

    private static CommandModule run(Class<? extends Command> command, Map<String, Object> inputs)
            throws ExecutionException, InterruptedException {
        return context.service(CommandService.class).run(command, true, inputs).get();
    }

    private static CommandModule onImage(Class<? extends Command> command, ImagePlus image, Map<String, Object> inputs)
            throws ExecutionException, InterruptedException {
        Map<String, Object> all = new HashMap<>(inputs);
        all.put("input", image);
        return run(command, all);
    }

    @Test
    void classifyFillsTheResultsAndLeavesTheImageAlone() throws ExecutionException, InterruptedException {
        ImagePlus image = ramp();
        byte[] before = ((byte[]) image.getProcessor().getPixels()).clone();
        CommandModule module = onImage(ClassifyCommand.class, image, Map.of("model", "images", "top", 2));
        assertThat(module.getCancelReason()).isNull();
        ResultsTable results = ResultsTable.getResultsTable();
        assertThat(results.size()).isEqualTo(2);
        assertThat(results.getStringValue("Class", 0)).startsWith("class ");
        assertThat(results.getStringValue("Image", 1)).isEqualTo("ramp.tif");
        assertThat(module.getOutput("class_map")).isNull();
        assertThat((byte[]) image.getProcessor().getPixels()).isEqualTo(before);
    }

    @Test
    void windowsGiveAClassMap() throws ExecutionException, InterruptedException {
        CommandModule module = onImage(
                ClassifyCommand.class, ramp(), Map.of("model", "images", "each", "window", "window", 32, "top", 1));
        assertThat(((ImagePlus) module.getOutput("class_map")).getTitle()).isEqualTo("ramp_classmap");
        assertThat(ResultsTable.getResultsTable().size()).isEqualTo(2 * 2);
    }

    @Test
    void regionsOfTheOverlayGoBeforeTheSelection() throws ExecutionException, InterruptedException {
        ImagePlus image = ramp();
        image.setRoi(new Roi(1, 1, 10, 10));
        onImage(ClassifyCommand.class, image, Map.of("model", "images", "each", "roi", "top", 1));
        assertThat(ResultsTable.getResultsTable().size()).isEqualTo(1);
        image.setOverlay(new ij.gui.Overlay(new OvalRoi(5, 5, 20, 20)));
        image.getOverlay().add(new Roi(30, 5, 20, 20));
        onImage(ClassifyCommand.class, image, Map.of("model", "images", "each", "roi", "top", 1));
        assertThat(ResultsTable.getResultsTable().size()).isEqualTo(1 + 2);
    }

    @Test
    void wrongInputsCancelWithOneLine() throws ExecutionException, InterruptedException {
        Map<Map<String, Object>, String> wrong = Map.of(
                Map.of(), "model is none; give the name of an installed model",
                Map.of("model", "nothing"), "model is nothing, which is neither installed nor a file",
                Map.of("model", "points"), "gives no classes to images",
                Map.of("model", "images", "labels", "objects"), "labels is 'objects', which is for each=object",
                Map.of("model", "images", "each", "object"), "there is no label image",
                Map.of("model", "images", "each", "roi"), "there is no region of interest",
                Map.of("model", "images", "window", 5), "window or step is 5 and 0",
                Map.of("model", "images", "fit", "tight"), "fit is 'tight'; allowed are card, squash, pad");
        for (Map.Entry<Map<String, Object>, String> one : wrong.entrySet()) {
            CommandModule module = onImage(ClassifyCommand.class, ramp(), one.getKey());
            assertThat(module.getCancelReason()).contains(one.getValue()).doesNotContain("\n");
        }
        assertThat(ResultsTable.getResultsTable().size()).isZero();
    }

    @Test
    void classifiesPoints() throws ExecutionException, InterruptedException, IOException {
        List<String> rows = IntStream.range(0, 200)
                .mapToObj(i -> i * 37 % 101 + "," + i * 53 % 97 + "," + i * 71 % 89)
                .toList();
        Path table = folder.resolve("points.csv");
        Files.writeString(table, "x,y,z\n" + String.join("\n", rows));
        CommandModule module =
                run(ClassifyPointsCommand.class, Map.of("file", table.toString(), "model", "points", "top", 3));
        assertThat(module.getCancelReason()).isNull();
        assertThat(ResultsTable.getResultsTable().size()).isEqualTo(3);
        assertThat(run(ClassifyPointsCommand.class, Map.of("model", "points")).getCancelReason())
                .startsWith("file is none");
        assertThat(run(ClassifyPointsCommand.class, Map.of("file", table.toString(), "model", "images"))
                        .getCancelReason())
                .contains("does not take point sets");
        assertThat(run(
                                ClassifyPointsCommand.class,
                                Map.of("file", table.toString(), "model", "points", "group_by", "cell"))
                        .getCancelReason())
                .contains("points.csv: the table has no column cell");
    }

    @Test
    void thePointIsThatOfTheSelectionOrItsMiddle() throws ExecutionException, InterruptedException {
        for (Roi roi : List.of(new PointRoi(20, 30), new Roi(10, 20, 21, 21))) {
            ImagePlus image = ramp();
            image.setRoi(roi);
            CommandModule module = onImage(
                    MapClustersCommand.class,
                    image,
                    Map.of("method", "model", "model", "affinities", "point", "selection"));
            assertThat(module.getCancelReason()).isNull();
            assertThat(module.getOutput("labels")).isNull();
            ImagePlus affinity = (ImagePlus) module.getOutput("affinity");
            assertThat(affinity.getBitDepth()).isEqualTo(32);
            Roi mark = affinity.getOverlay().get(0);
            assertThat(List.of((int) mark.getXBase(), (int) mark.getYBase())).containsExactly(20, 30);
        }
        CommandModule table = onImage(
                MapClustersCommand.class,
                ramp(),
                Map.of("method", "model", "model", "affinities", "point", "3,4", "table", true));
        assertThat(table.getCancelReason()).contains("allowed is false with a point");
    }

    @Test
    void modelsRefusesWhatIsMissing() throws ExecutionException, InterruptedException {
        Map<Map<String, Object>, String> wrong = Map.of(
                Map.of("action", "paint"), "action is 'paint'; allowed are list, import",
                Map.of("action", "show"), "name is none",
                Map.of("action", "import", "name", "tiny"), "file is none; give a checkpoint file",
                Map.of("action", "export", "name", "images"), "file is none; give the file to write",
                Map.of("action", "remove", "name", "nothing"), "no model is called nothing");
        for (Map.Entry<Map<String, Object>, String> one : wrong.entrySet()) {
            assertThat(run(ModelsCommand.class, one.getKey()).getCancelReason()).contains(one.getValue());
        }
        assertThat(run(ModelsCommand.class, Map.of()).isCanceled()).isFalse();
    }

    @Test
    void segmentGivesLabelsOutlinesAndMeasurements() throws ExecutionException, InterruptedException {
        ByteProcessor discs = new ByteProcessor(96, 72);
        for (int i = 0; i < discs.getPixelCount(); i++) {
            double dx = i % 96 % 24 - 11.5;
            double dy = i / 96 % 24 - 11.5;
            discs.set(i, dx * dx + dy * dy < 36 ? 200 : 20);
        }
        byte[] before = ((byte[]) discs.getPixels()).clone();
        ImagePlus image = new ImagePlus("discs.tif", discs);
        Map<String, Object> inputs = Map.of("model", "objects", "scaling", "none");
        CommandModule module = onImage(SegmentCommand.class, image, inputs);
        assertThat(module.getCancelReason()).isNull();
        ImagePlus labels = (ImagePlus) module.getOutput("labels");
        assertThat(labels.getTitle()).isEqualTo("discs_labels");
        assertThat(labels.getStatistics().max).isEqualTo(12);
        assertThat(ResultsTable.getResultsTable().size()).isEqualTo(12);
        assertThat(image.getOverlay().size()).isEqualTo(12);
        assertThat(image.getOverlay().get(11).getName()).isEqualTo("object 12");
        assertThat((byte[]) discs.getPixels()).isEqualTo(before);
        onImage(SegmentCommand.class, image, inputs);
        assertThat(image.getOverlay().size()).as("replaced").isEqualTo(12);
        Map<Map<String, Object>, String> wrong = Map.of(
                Map.of("model", "nothing"), "model is nothing, which is neither installed nor a file",
                Map.of("model", "images"), "segments nothing",
                Map.of("model", "objects", "scaling", "some"), "scaling is 'some'; allowed are automatic, calibration",
                Map.of("model", "objects", "scaling", "diameter"), "object diameter is 0.0",
                Map.of("model", "objects", "scaling", "calibration"), "pixel size of the image is not known",
                Map.of("model", "objects", "tile", -1), "tile is -1");
        for (Map.Entry<Map<String, Object>, String> one : wrong.entrySet()) {
            assertThat(onImage(SegmentCommand.class, image, one.getKey()).getCancelReason())
                    .contains(one.getValue());
        }
    }

    /** In a macro a button that counts as missing would bring the dialog up. */
    @Test
    void buttonsAreSettledWithoutADialog() throws ExecutionException, InterruptedException {
        for (Class<? extends Command> command : List.of(
                MapClustersCommand.class,
                ClassifyCommand.class,
                SegmentCommand.class,
                ClassifyPointsCommand.class,
                ModelsCommand.class)) {
            boolean needsImage = command != ClassifyPointsCommand.class && command != ModelsCommand.class;
            CommandModule module = needsImage ? onImage(command, ramp(), Map.of()) : run(command, Map.of());
            int buttons = 0;
            for (ModuleItem<?> item : module.getInfo().inputs()) {
                if (item.getType() == Button.class) {
                    buttons++;
                    assertThat(module.isInputResolved(item.getName())).isTrue();
                    assertThat(module.getInput(item.getName())).isNull();
                }
            }
            assertThat(buttons).as(command.getSimpleName()).isPositive();
        }
    }

    @Test
    void namesComeFromFiles() {
        assertThat(ModelsCommand.nameOf(Path.of("a", "CoC Tiny (best).pth.tar")))
                .isEqualTo("coc-tiny-best");
        assertThat(ModelsCommand.nameOf(Path.of("__model.safetensors"))).isEqualTo("model");
        assertThat(ModelsCommand.nameOf(Path.of("folder"))).isEqualTo("folder");
        assertThat(ModelsCommand.nameOf(Path.of("!!"))).isEqualTo("none");
    }

    /** Discs in the second channel, and a bright frame that is none of them in the first. */
    private static ImagePlus twoChannels() {
        ImageProcessor discs = TestImages.dots(16, 96, 72);
        ImageProcessor other = discs.createProcessor(96, 72);
        other.setValue(900);
        other.fill(new Roi(0, 0, 96, 10));
        ImageStack stack = new ImageStack(96, 72);
        stack.addSlice("frame", other);
        stack.addSlice("discs", discs);
        ImagePlus image = new ImagePlus("two.tif", stack);
        image.setDimensions(2, 1, 1);
        image.setOpenAsHyperStack(true);
        return image;
    }

    private static int[] found(CommandModule module) {
        assertThat(module.getCancelReason()).isNull();
        ImageProcessor plane = ((ImagePlus) module.getOutput("labels")).getProcessor();
        return IntStream.range(0, plane.getPixelCount()).map(plane::get).toArray();
    }

    @Test
    void segmentTakesTheChannelThatIsDisplayedOrTheOneChosen() throws ExecutionException, InterruptedException {
        Map<String, Object> plain = Map.of("model", "objects", "scaling", "none");
        ImagePlus discs = new ImagePlus("discs.tif", TestImages.dots(16, 96, 72));
        int[] expected = found(onImage(SegmentCommand.class, discs, plain));
        ImagePlus image = twoChannels();
        assertThat(found(onImage(SegmentCommand.class, image, plain))).isNotEqualTo(expected);
        image.setPosition(2, 1, 1);
        assertThat(found(onImage(SegmentCommand.class, image, plain))).isEqualTo(expected);
        image.setPosition(1, 1, 1);
        Map<String, Object> chosen = new HashMap<>(plain);
        chosen.put("channel", "discs");
        assertThat(found(onImage(SegmentCommand.class, image, chosen))).isEqualTo(expected);
        assertThat(image.getC()).isEqualTo(1);
        chosen.put("channel", "3");
        assertThat(onImage(SegmentCommand.class, image, chosen).getCancelReason())
                .isEqualTo(
                        "channel is '3'; two.tif has 2 channels (1 frame, 2 discs); allowed are a number from 1 to 2,"
                                + " a name, all or automatic");
    }

    @Test
    void segmentLooksWithinTheSelection() throws ExecutionException, InterruptedException {
        Map<String, Object> plain = Map.of("model", "objects", "scaling", "none");
        ImagePlus image = new ImagePlus("discs.tif", TestImages.dots(16, 96, 72));
        image.setRoi(new OvalRoi(10, 5, 60, 50));
        int[] labels = found(onImage(SegmentCommand.class, image, plain));
        assertThat(IntStream.of(labels).max().orElse(0)).isPositive();
        for (int i = 0; i < labels.length; i++) {
            assertThat(labels[i] > 0 && !image.getRoi().contains(i % 96, i / 96))
                    .isFalse();
        }
        for (Roi roi : image.getOverlay().toArray()) {
            assertThat(new java.awt.Rectangle(10, 5, 60, 50).contains(roi.getBounds()))
                    .isTrue();
        }
        assertThat(image.getRoi()).isInstanceOf(OvalRoi.class);
        image.setRoi(new Roi(80, 60, 30, 30));
        assertThat(onImage(SegmentCommand.class, image, plain).getCancelReason())
                .isEqualTo(
                        "the selection is 30 x 30 pixels from x 80, y 60 and reaches beyond the image of 96 x 72 pixels;"
                                + " allowed is an area inside the image");
    }

    @Test
    void classifyLooksWithinTheSelectionAndRegionsStayRegions() throws ExecutionException, InterruptedException {
        ImagePlus image = ramp();
        image.setRoi(new Roi(8, 4, 32, 24));
        onImage(ClassifyCommand.class, image, Map.of("model", "images", "top", 1));
        onImage(ClassifyCommand.class, image, Map.of("model", "images", "top", 1, "each", "roi"));
        ResultsTable results = ResultsTable.getResultsTable();
        for (int row = 0; row < 2; row++) {
            assertThat(results.getValue("X", row)).isEqualTo(8);
            assertThat(results.getValue("Y", row)).isEqualTo(4);
            assertThat(results.getValue("Width", row)).isEqualTo(32);
        }
        assertThat(results.getValue("Score", 0)).isEqualTo(results.getValue("Score", 1));
    }

    @Test
    void theTitleOfTheImageHasOneColumnInEveryTable() throws ExecutionException, InterruptedException {
        ResultsTable results = ResultsTable.getResultsTable();
        onImage(ClassifyCommand.class, ramp(), Map.of("model", "images", "top", 1));
        onImage(
                SegmentCommand.class,
                new ImagePlus("discs.tif", TestImages.dots(16, 96, 72)),
                Map.of("model", "objects", "scaling", "none"));
        int rows = results.size();
        onImage(MapClustersCommand.class, ramp(), Map.of("clusters", 4, "table", true));
        assertThat(results.getStringValue("Image", 0)).isEqualTo("ramp.tif");
        assertThat(results.getStringValue("Image", 1)).isEqualTo("discs.tif");
        assertThat(results.getStringValue("Image", rows)).isEqualTo("ramp.tif");
        assertThat(results.columnExists("image")).isFalse();
    }
}
