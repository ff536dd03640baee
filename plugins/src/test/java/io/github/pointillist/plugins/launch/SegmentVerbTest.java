// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import ij.IJ;
import ij.ImagePlus;
import ij.ImageStack;
import ij.gui.Roi;
import ij.process.ImageProcessor;
import io.github.pointillist.plugins.results.Regions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SegmentVerbTest {
    private static final String[] FILES = {"_labels.tif", "_overlay.png", "_rois.zip", "_run.json", "_table.csv"};

    @TempDir
    private Path folder;

    private Path out;

    @BeforeEach
    void setUp() {
        out = folder.resolve("results of a run");
        TestModels.use(folder.resolve("models"));
        TestModels.installObjects("objects");
    }

    @AfterEach
    void tearDown() {
        TestModels.forget();
    }

    private CommandLineRun segment(Object... words) {
        List<Object> all = new ArrayList<>(List.of("segment"));
        all.addAll(Arrays.asList(words));
        if (!all.contains("--model")) {
            all.addAll(List.of("--model", "objects"));
        }
        all.addAll(List.of("--out", out));
        return CommandLineRun.of(all.toArray());
    }

    /** 4 x 3 discs. */
    private Path dots(String name, int bits) {
        return TestImages.save(new ImagePlus(name, TestImages.dots(bits, 96, 72)), folder.resolve(name));
    }

    private Path dots(String name, double pixelSize, String unit) {
        ImagePlus image = new ImagePlus(name, TestImages.dots(16, 96, 72));
        image.getCalibration().setUnit(unit);
        image.getCalibration().pixelWidth = pixelSize;
        image.getCalibration().pixelHeight = pixelSize;
        return TestImages.save(image, folder.resolve(name));
    }

    private ImageProcessor labels(String stem) {
        return IJ.openImage(out.resolve(stem + "_labels.tif").toString()).getProcessor();
    }

    private List<String[]> rows(String stem) throws IOException {
        return Files.readAllLines(out.resolve(stem + "_table.csv")).stream()
                .skip(1)
                .map(line -> line.split(",", -1))
                .toList();
    }

    private JsonObject manifest(String stem) throws IOException {
        return new Gson().fromJson(Files.readString(out.resolve(stem + "_run.json")), JsonObject.class);
    }

    private JsonObject found(String stem) throws IOException {
        return manifest(stem).getAsJsonObject("found");
    }

    private List<String> results() throws IOException {
        try (Stream<Path> files = Files.list(out)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 16, 24, 32})
    void findsTheObjectsOfImagesOfEveryKind(int bits) throws IOException {
        CommandLineRun run = segment(dots("a.tif", bits), "--scaling", "none");
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(run.out()).contains("a.tif: 12 objects, at its own size, ").contains("  pixel size unknown");
        assertThat(results())
                .containsExactly(Arrays.stream(FILES).map(f -> "a" + f).toArray(String[]::new));
        ImagePlus labels = IJ.openImage(out.resolve("a_labels.tif").toString());
        assertThat(labels.getBitDepth()).isEqualTo(16);
        assertThat(labels.getStatistics().max).isEqualTo(12);
        List<String[]> rows = rows("a");
        assertThat(rows).hasSize(12);
        for (int i = 0; i < 12; i++) {
            assertThat(rows.get(i)[2]).isEqualTo("" + (i + 1));
            assertThat(Double.parseDouble(rows.get(i)[5])).isEqualTo(i % 4 * 24 + 12, within(2.0));
            assertThat(Double.parseDouble(rows.get(i)[6])).isEqualTo(i / 4 * 24 + 12, within(2.0));
            assertThat(labels.getProcessor().get(i % 4 * 24 + 12, i / 4 * 24 + 12))
                    .isEqualTo(i + 1);
        }
        List<Roi> rois = Regions.read(out.resolve("a_rois.zip"));
        assertThat(rois).hasSize(12);
        assertThat(rois.get(11).getName()).isEqualTo("object 12");
        assertThat(rois.get(11).contains(3 * 24 + 12, 2 * 24 + 12)).isTrue();
        ImagePlus overlay = IJ.openImage(out.resolve("a_overlay.png").toString());
        assertThat(overlay.getWidth() + " x " + overlay.getHeight()).isEqualTo("96 x 72");
        assertThat(found("a").get("objects").getAsInt()).isEqualTo(12);
        assertThat(found("a").get("kind").getAsString()).isEqualTo("instances");
    }

    @Test
    void aDiameterImpliesItsScale() throws IOException {
        assertThat(segment(dots("a.tif", 16), "--object-diameter", 10).err()).isEmpty();
        assertThat(found("a").get("scale").getAsDouble()).isEqualTo(1.2, within(1e-9));
        assertThat(manifest("a").getAsJsonObject("settings").get("scaling").getAsString())
                .isEqualTo("diameter");
        assertThat(segment(dots("a.tif", 16), "--object-diameter", 10, "--scaling", "none")
                        .err())
                .contains("object diameter is 10.0; allowed is");
    }

    @Test
    void pixelSizesGiveTheScale() throws IOException {
        assertThat(segment(dots("a.tif", 250, "nm")).out()).contains("a.tif: ", "resized by 0.500 for the model");
        assertThat(found("a").get("scale").getAsDouble()).isEqualTo(0.5, within(1e-9));
        assertThat(found("a").get("pixel_size_um").getAsDouble()).isEqualTo(0.25, within(1e-9));
        ImagePlus labels = IJ.openImage(out.resolve("a_labels.tif").toString());
        assertThat(labels.getCalibration().getUnit()).isEqualTo("nm");
        assertThat(labels.getCalibration().pixelWidth).isEqualTo(250);
        assertThat(segment(dots("a.tif", 250, "nm"), "--pixel-size", 0.5).err()).isEmpty();
        assertThat(found("a").get("scale").getAsDouble()).isEqualTo(1);
        assertThat(rows("a")).hasSize(12).allMatch(row -> row[row.length - 1].equals("\u00b5m"));
        CommandLineRun unknown = segment(dots("inch.tif", 0.01, "inch"), "--scaling", "calibration");
        assertThat(unknown.status()).isEqualTo(1);
        assertThat(unknown.err()).contains("inch.tif: ").contains("pixel size");
    }

    @Test
    void smallObjectsAndThoseAtTheBorderAreLeftOut() throws IOException {
        ImageProcessor cut = TestImages.dots(16, 120, 96).duplicate();
        cut.setRoi(12, 0, 100, 84); // through the middle of the first column of discs
        Path image = TestImages.save(new ImagePlus("a", cut.crop()), folder.resolve("a.tif"));
        assertThat(segment(image, "--scaling", "none").err()).isEmpty();
        assertThat(rows("a")).hasSizeGreaterThan(16);
        long touching = rows("a").stream().filter(row -> row[19].equals("1")).count();
        long all = rows("a").size();
        assertThat(touching).isPositive();
        assertThat(segment(image, "--scaling", "none", "--exclude-border").err())
                .isEmpty();
        assertThat(rows("a")).hasSize((int) (all - touching)).allMatch(row -> row[19].equals("0"));
        assertThat(segment(image, "--scaling", "none", "--min-area", 90).err()).isEmpty();
        assertThat(rows("a")).hasSizeLessThan((int) all).allMatch(row -> Integer.parseInt(row[3]) >= 90);
    }

    @Test
    void darkObjectsAreFoundInverted() throws IOException {
        assertThat(segment(dots("a.tif", 8), "--scaling", "none").err()).isEmpty();
        ImageProcessor dark = TestImages.dots(8, 96, 72);
        dark.invert();
        Path image = TestImages.save(new ImagePlus("dark", dark), folder.resolve("dark.tif"));
        assertThat(segment(image, "--scaling", "none", "--invert").err()).isEmpty();
        assertThat(rows("dark")).hasSize(12);
        assertThat(segment(image, "--scaling", "none").err()).isEmpty();
        assertThat(rows("dark").size()).isNotEqualTo(12);
    }

    @Test
    void tilesChangeNothing() throws IOException {
        Path image = TestImages.save(new ImagePlus("a", TestImages.dots(16, 300, 260)), folder.resolve("a.tif"));
        assertThat(segment(image, "--scaling", "none").err()).isEmpty();
        byte[] labels = Files.readAllBytes(out.resolve("a_labels.tif"));
        byte[] rois = Files.readAllBytes(out.resolve("a_rois.zip"));
        assertThat(rows("a")).hasSize(12 * 10);
        assertThat(segment(image, "--scaling", "none", "--tile", 100).err()).isEmpty();
        assertThat(Files.readAllBytes(out.resolve("a_labels.tif"))).isEqualTo(labels);
        assertThat(Files.readAllBytes(out.resolve("a_rois.zip"))).isEqualTo(rois);
    }

    @Test
    void stacksAreSegmentedPlaneByPlaneAndLinked() throws IOException {
        ImageStack stack = new ImageStack(96, 72);
        ImageProcessor shifted = TestImages.dots(16, 96, 72);
        shifted.translate(2, 1);
        stack.addSlice(TestImages.dots(16, 96, 72));
        stack.addSlice(shifted);
        ImagePlus image = new ImagePlus("z", stack);
        image.getCalibration().pixelDepth = 3;
        Path file = TestImages.save(image, folder.resolve("z.tif"));
        CommandLineRun apart = segment(file, "--scaling", "none");
        assertThat(apart.err()).isEmpty();
        assertThat(apart.out()).contains("z.tif: 24 objects");
        CommandLineRun linked = segment(file, "--scaling", "none", "--link-slices");
        assertThat(linked.out()).contains("z.tif: 12 objects");
        assertThat(rows("z")).hasSize(24);
        ImagePlus labels = IJ.openImage(out.resolve("z_labels.tif").toString());
        assertThat(labels.getNSlices()).isEqualTo(2);
        assertThat(labels.getCalibration().pixelDepth).isEqualTo(3);
        for (int i = 0; i < 12; i++) {
            assertThat(labels.getStack().getProcessor(2).get(i % 4 * 24 + 13, i / 4 * 24 + 13))
                    .isEqualTo(i + 1);
        }
        assertThat(Regions.read(out.resolve("z_rois.zip")).get(23).getName()).isEqualTo("slice 2 object 12");
    }

    @Test
    void outlinesCanBeLeftOut() throws IOException {
        assertThat(segment(dots("a.tif", 8), "--scaling", "none", "--no-rois").err())
                .isEmpty();
        assertThat(results()).contains("a_labels.tif").doesNotContain("a_rois.zip");
        assertThat(manifest("a").get("command_line").getAsString()).contains("--no-rois");
    }

    @Test
    void classesAreMappedToo() throws IOException {
        TestModels.install(TestModels.SEGMENTATION, "classes");
        CommandLineRun run = segment(dots("a.tif", 24), "--model", "classes");
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).containsPattern("a.tif: \\d class(es)? of 6, ");
        assertThat(rows("a")).hasSize(6);
        assertThat(rows("a").stream().mapToInt(row -> Integer.parseInt(row[4])).sum())
                .isEqualTo(96 * 72);
        ImageProcessor labels = labels("a");
        for (String[] row : rows("a")) {
            int pixels = 0;
            for (int i = 0; i < labels.getPixelCount(); i++) {
                pixels += labels.get(i) == Integer.parseInt(row[2]) ? 1 : 0;
            }
            assertThat(pixels).isEqualTo(Integer.parseInt(row[4]));
        }
        assertThat(segment(dots("a.tif", 24), "--model", "classes", "--min-area", 5)
                        .err())
                .contains("gives classes, not objects");
        assertThat(segment(dots("a.tif", 24), "--model", "classes", "--link-slices")
                        .err())
                .contains("link slices is true, but model classes tells classes");
    }

    @Test
    void theUsualModelNeedNotBeNamed() throws IOException {
        TestModels.installObjects("nuclei");
        assertThat(CommandLineRun.of("segment", dots("a.tif", 16), "--out", out).err())
                .isEmpty();
        assertThat(manifest("a").getAsJsonObject("model").get("name").getAsString())
                .isEqualTo("nuclei");
    }

    @Test
    void aBadImageIsNamedAndTheOthersAreDone() throws IOException {
        Path bad = Files.writeString(folder.resolve("bad.tif"), "no image");
        Path missing = folder.resolve("missing.png");
        CommandLineRun run = segment(bad, missing, dots("good.tif", 8), "--scaling", "none");
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.errLines()).hasSize(2);
        assertThat(run.err()).contains(bad + ": ").contains(missing + ": no such file");
        assertThat(results())
                .containsExactly(Arrays.stream(FILES).map(f -> "good" + f).toArray(String[]::new));
    }

    @Test
    void foldersGiveImagesAndResultsAreNotImages() throws IOException {
        Path images = Files.createDirectories(folder.resolve("images/deeper")).getParent();
        dots("images/a.png", 8);
        dots("images/deeper/b.tif", 8);
        out = images;
        assertThat(segment(images, "--scaling", "none").err()).isEmpty();
        assertThat(results()).contains("a_labels.tif").doesNotContain("b_labels.tif");
        CommandLineRun again = segment(images, "--scaling", "none", "--recursive");
        assertThat(again.status()).isZero();
        assertThat(again.err()).contains("left out 2 results of earlier runs");
        assertThat(images.resolve("deeper/b_labels.tif")).exists();
        assertThat(results()).doesNotContain("b_labels.tif", "a_labels_labels.tif", "a_overlay_labels.tif");
        assertThat(segment(images, "--scaling", "none", "--recursive").err()).contains("left out 4 results");
    }

    @Test
    void refusesToOverwriteAnInput() {
        out = folder;
        CommandLineRun run = segment(dots("a.tif", 8), dots("a_labels.tif", 8));
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).contains("would overwrite the input").contains("a_labels.tif");
    }

    @Test
    void theManifestRepeatsTheRun() throws IOException {
        Path image = dots("it's a.tif", 0.4, "um");
        assertThat(segment(image, "--min-area", 9, "--foreground-threshold", 0.4, "--exclude-border", "--tile", 640)
                        .err())
                .isEmpty();
        byte[] labels = Files.readAllBytes(out.resolve("it's a_labels.tif"));
        byte[] table = Files.readAllBytes(out.resolve("it's a_table.csv"));
        JsonObject manifest = manifest("it's a");
        assertThat(manifest.getAsJsonObject("model").get("sha256").getAsString())
                .matches("[0-9a-f]{64}");
        assertThat(manifest.getAsJsonArray("preparation")).hasSizeGreaterThan(2);
        assertThat(manifest.getAsJsonArray("outputs")).hasSize(5);
        assertThat(manifest.get("macro").getAsString())
                .contains("run(\"Segment...\", \"model=objects variant=automatic scaling=automatic")
                .contains("min_area=9.0 foreground_threshold=0.4 centre_threshold=-1.0 pixel_threshold=-1.0"
                        + " thing_threshold=-1.0 stuff_threshold=-1.0 overlap_threshold=-1.0 exclude_border=true");
        Files.delete(out.resolve("it's a_labels.tif"));
        assertThat(CommandLineRun.of(ClassifyVerbTest.words(manifest, "segment"))
                        .status())
                .isZero();
        assertThat(Files.readAllBytes(out.resolve("it's a_labels.tif"))).isEqualTo(labels);
        assertThat(Files.readAllBytes(out.resolve("it's a_table.csv"))).isEqualTo(table);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--scaling best",
                "--scaling diameter",
                "--object-diameter 0",
                "--object-diameter -4",
                "--object-diameter NaN",
                "--pixel-size 0",
                "--pixel-size Infinity",
                "--min-area -1",
                "--foreground-threshold 0",
                "--foreground-threshold 1",
                "--centre-threshold -1",
                "--centre-threshold 2",
                "--tile 0",
                "--tile big",
                "--device tpu",
                "--device gpu99",
                "--model nowhere",
                "--variant coc_tiny",
                "--unknown"
            })
    void wrongUsageIsOneLineAndAHint(String words) {
        List<Object> all = new ArrayList<>(List.of(dots("a.tif", 8)));
        all.addAll(List.of(words.split(" ")));
        CommandLineRun run = segment(all.toArray());
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.errLines()).hasSize(2);
        String option = words.equals("--scaling diameter") ? "object diameter" : words.substring(2, 5);
        assertThat(run.errLines().get(0)).startsWith("pointillist: ").contains(option);
        assertThat(run.errLines().get(1)).isEqualTo("see: pointillist segment --help");
        assertThat(out).doesNotExist();
    }

    @Test
    void needsAnImageAFolderAndAModelThatSegments() throws IOException {
        assertThat(segment().err()).contains("no image given");
        assertThat(CommandLineRun.of("segment", dots("a.tif", 8)).err()).contains("--out");
        TestModels.install(TestModels.IMAGES, "classifier");
        CommandLineRun run = segment(dots("a.tif", 8), "--model", "classifier");
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).contains("segments nothing");
        out = dots("b.tif", 8);
        assertThat(segment(dots("a.tif", 8)).err()).contains("which is a file");
    }

    @Test
    void panopticModelsGiveSegmentsOfThingsAndStuff() throws IOException {
        TestModels.installPanoptic("segments");
        CommandLineRun run = segment(dots("a.tif", 24), "--model", "segments");
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out()).containsPattern("a.tif: \\d+ segments?, \\d+ things?, resized by ");
        assertThat(results())
                .containsExactly(
                        "a_classes.tif", "a_labels.tif", "a_overlay.png", "a_rois.zip", "a_run.json", "a_table.csv");
        List<String> lines = Files.readAllLines(out.resolve("a_table.csv"));
        assertThat(lines.get(0)).startsWith("slice,frame,label,class,name,kind,score,mask_score,pixels,area,");
        ImageProcessor labels = labels("a");
        ImageProcessor classes =
                IJ.openImage(out.resolve("a_classes.tif").toString()).getProcessor();
        int[] classOf = new int[lines.size()];
        for (String[] row : rows("a")) {
            classOf[Integer.parseInt(row[2])] = Integer.parseInt(row[3]);
            assertThat(row[5]).isEqualTo(Integer.parseInt(row[3]) > 2 ? "thing" : "stuff");
        }
        for (int i = 0; i < labels.getPixelCount(); i++) {
            assertThat(classes.get(i)).isEqualTo(classOf[labels.get(i)]);
        }
        assertThat(found("a").get("kind").getAsString()).isEqualTo("panoptic");
        assertThat(found("a").get("segments").getAsInt()).isEqualTo(lines.size() - 1);
        assertThat(manifest("a").get("macro").getAsString()).contains("thing_threshold=-1.0");
    }

    @Test
    void whatIsForOtherModelsIsRefused() {
        TestModels.installPanoptic("segments");
        CommandLineRun run = segment(dots("a.tif", 8), "--model", "segments", "--min-area", 5);
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).contains("model segments is panoptic").contains("leave them out");
        assertThat(segment(dots("a.tif", 8), "--thing-threshold", 0.5).err())
                .contains("are for panoptic models, and objects is none");
        assertThat(segment(dots("a.tif", 8), "--model", "segments", "--pixel-threshold", 0.2)
                        .err())
                .contains("pixel threshold is 0.2; allowed is above 1/3 and below 1");
    }

    // ---- channels and regions

    /** An unrelated bright pattern first, discs in the second channel. */
    private Path twoChannels() {
        ImageProcessor stripes = TestImages.dots(16, 96, 72).duplicate();
        for (int i = 0; i < stripes.getPixelCount(); i++) {
            stripes.set(i, i / 96 % 12 < 4 ? 60_000 : 100);
        }
        ImageStack stack = new ImageStack(96, 72);
        stack.addSlice("c:1/2 - GFP", stripes);
        stack.addSlice("c:2/2 - DAPI", TestImages.dots(16, 96, 72));
        ImagePlus image = new ImagePlus("two", stack);
        image.setDimensions(2, 1, 1);
        image.setOpenAsHyperStack(true);
        return TestImages.save(image, folder.resolve("two.tif"));
    }

    private int[] labelsOf(String stem) {
        ImageProcessor plane = labels(stem);
        int[] labels = new int[plane.getPixelCount()];
        Arrays.setAll(labels, plane::get);
        return labels;
    }

    @Test
    void aChannelAmongSeveralGivesWhatItGivesAlone() throws IOException {
        assertThat(segment(dots("alone.tif", 16), "--scaling", "none").err()).isEmpty();
        for (String channel : List.of("2", "dapi")) {
            CommandLineRun run = segment(twoChannels(), "--scaling", "none", "--channel", channel);
            assertThat(run.err()).isEmpty();
            assertThat(run.out()).contains("  channel 2 of 2 (DAPI) taken, as asked for");
            assertThat(labelsOf("two")).isEqualTo(labelsOf("alone"));
        }
        String line = manifest("two").get("command_line").getAsString();
        assertThat(line).contains("--channel dapi");
        assertThat(manifest("two").get("macro").getAsString()).contains("channel=dapi");
        assertThat(rows("two").get(0)).hasSize(rows("alone").get(0).length + 5);
    }

    @Test
    void whichChannelWasTakenIsSaidAndNothingIsAveragedUnasked() throws IOException {
        CommandLineRun run = segment(twoChannels(), "--scaling", "none");
        assertThat(run.out())
                .contains("channel 1 of 2 (GFP) taken, which is displayed")
                .doesNotContain("mean of");
        assertThat(manifest("two").get("preparation").toString()).contains("channel 1 of 2 (GFP) taken");
        assertThat(segment(twoChannels(), "--scaling", "none", "--channel", "all")
                        .out())
                .contains("all of 2 channels (1 GFP, 2 DAPI) taken, as asked for")
                .contains("the mean of 2 channels taken");
        assertThat(segment(twoChannels(), "--scaling", "none", "--channel", "7").err())
                .contains("channel is '7'; two.tif has 2 channels (1 GFP, 2 DAPI); allowed are")
                .hasLineCount(1);
    }

    @Test
    void aRegionIsAllThatIsSeen() throws IOException {
        Path whole = dots("whole.tif", 16);
        ImagePlus cut = IJ.openImage(whole.toString());
        cut.setRoi(10, 5, 60, 50);
        TestImages.save(cut.crop(), folder.resolve("cut.tif"));
        assertThat(segment(folder.resolve("cut.tif"), "--scaling", "none").err())
                .isEmpty();
        CommandLineRun run = segment(whole, "--scaling", "none", "--region", "10,5,60,50");
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("  only within the region, 60 x 50 pixels from x 10, y 5");
        ImageProcessor found = labels("whole");
        ImageProcessor alone = labels("cut");
        for (int y = 0; y < 72; y++) {
            for (int x = 0; x < 96; x++) {
                boolean inside = x >= 10 && x < 70 && y >= 5 && y < 55;
                assertThat(found.get(x, y)).isEqualTo(inside ? alone.get(x - 10, y - 5) : 0);
            }
        }
        JsonObject manifest = manifest("whole");
        assertThat(manifest.get("command_line").getAsString()).endsWith("--region 10,5,60,50");
        assertThat(manifest.get("macro").getAsString()).contains("; makeRectangle(10, 5, 60, 50); run(\"Segment...\"");
        assertThat(segment(whole, "--region", "50,5,60,50").err())
                .contains("reaches beyond the image of 96 x 72 pixels")
                .hasLineCount(1);
        assertThat(segment(whole, "--region", "1,2,3").err())
                .contains("region is '1,2,3'; allowed are x,y,width,height");
    }

    @Test
    void theSelectionOfAFileIsUsedWhereItIsAskedFor() throws IOException {
        ImagePlus image = new ImagePlus("selected", TestImages.dots(16, 96, 72));
        image.setRoi(new Roi(10, 5, 60, 50));
        Path file = TestImages.save(image, folder.resolve("selected.tif"));
        CommandLineRun run = segment(file, "--scaling", "none");
        assertThat(run.out()).contains("the file holds a selection, 60 x 50 pixels from x 10, y 5, which is not used");
        int all = found("selected").get("objects").getAsInt();
        assertThat(manifest("selected").get("macro").getAsString())
                .contains("run(\"Select None\"); run(\"Segment...\"");
        assertThat(segment(file, "--scaling", "none", "--region", "selection").err())
                .isEmpty();
        assertThat(found("selected").get("objects").getAsInt()).isLessThan(all).isPositive();
        assertThat(manifest("selected").get("command_line").getAsString()).endsWith("--region selection");
        assertThat(segment(dots("plain.tif", 16), "--region", "selection").err())
                .contains("there is no selection");
    }
}
