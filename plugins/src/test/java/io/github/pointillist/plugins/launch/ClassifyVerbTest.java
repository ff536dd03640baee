// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import ij.IJ;
import ij.ImagePlus;
import ij.ImageStack;
import ij.gui.OvalRoi;
import ij.gui.Roi;
import ij.io.RoiEncoder;
import ij.process.ByteProcessor;
import ij.process.ImageProcessor;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClassifyVerbTest {
    private static final String HEADER = "Region,X,Y,Width,Height,Slice,Frame,Rank,Index,Class,Score,Logit";
    private static final int CLASSES = 10;

    @TempDir
    private Path folder;

    private Path out;

    @BeforeEach
    void setUp() {
        out = folder.resolve("results of a run");
        TestModels.use(folder.resolve("models"));
        TestModels.install(TestModels.IMAGES, "tiny");
    }

    @AfterEach
    void tearDown() {
        TestModels.forget();
    }

    private CommandLineRun classify(Object... words) {
        List<Object> all = new ArrayList<>(List.of("classify"));
        all.addAll(Arrays.asList(words));
        if (!all.contains("--model")) {
            all.addAll(List.of("--model", "tiny"));
        }
        return CommandLineRun.of(all.toArray());
    }

    private CommandLineRun write(Object... words) {
        List<Object> all = new ArrayList<>(Arrays.asList(words));
        all.addAll(List.of("--out", out));
        return classify(all.toArray());
    }

    private Path image(String name, int bits, int width, int height) {
        return TestImages.save(TestImages.image(name, bits, width, height), folder.resolve(name));
    }

    private List<String[]> rows(String stem) throws IOException {
        List<String> lines = Files.readAllLines(out.resolve(stem + "_classes.csv"));
        assertThat(lines.get(0)).isEqualTo(HEADER);
        return lines.stream().skip(1).map(line -> line.split(",", -1)).toList();
    }

    private JsonObject manifest(String stem) throws IOException {
        return new Gson().fromJson(Files.readString(out.resolve(stem + "_run.json")), JsonObject.class);
    }

    private List<String> results() throws IOException {
        try (Stream<Path> files = Files.list(out)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @ParameterizedTest
    @CsvSource({"8,96,64", "16,50,120", "24,64,64", "32,33,70", "8,1,1"})
    void listsTheBestClassesOfImagesOfEveryKind(int bits, int width, int height) throws IOException {
        CommandLineRun run = write(image("a.tif", bits, width, height));
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(results()).containsExactly("a_classes.csv", "a_run.json");
        List<String[]> rows = rows("a");
        assertThat(rows).hasSize(5);
        for (int i = 0; i < rows.size(); i++) {
            String[] row = rows.get(i);
            assertThat(Arrays.copyOf(row, 8))
                    .containsExactly("image", "0", "0", "" + width, "" + height, "1", "1", "" + (i + 1));
            assertThat(row[9]).isEqualTo("class " + row[8]);
            assertThat(Double.parseDouble(row[10])).isBetween(0.0, 1.0);
        }
        assertThat(rows).isSortedAccordingTo((a, b) -> Double.compare(score(b), score(a)));
        assertThat(run.out()).contains("a.tif: 1 region", "image: class ", "input: ");
        assertThat(run.out()).contains(bits == 8 || bits == 24 ? "bytes taken as they are" : "stretched to 0 to 255");
    }

    private static double score(String[] row) {
        return Double.parseDouble(row[10]);
    }

    @Test
    void scoresOfAllClassesAddUpOrAreIndependent() throws IOException {
        Path image = image("a.tif", 24, 64, 64);
        assertThat(write(image, "--top", 0).status()).isZero();
        List<String[]> softmax = rows("a");
        assertThat(softmax).hasSize(CLASSES);
        assertThat(softmax.stream().mapToDouble(ClassifyVerbTest::score).sum()).isEqualTo(1, within(1e-4));
        assertThat(write(image, "--scores", "sigmoid", "--threshold", 0).status())
                .isZero();
        for (String[] row : rows("a")) {
            double logit = Double.parseDouble(row[11]);
            assertThat(score(row)).isEqualTo(1 / (1 + Math.exp(-logit)), within(1e-4));
        }
        assertThat(rows("a")).hasSize(CLASSES);
    }

    @Test
    void topAndThresholdShortenTheList() throws IOException {
        Path image = image("a.tif", 8, 64, 64);
        assertThat(write(image, "--top", 2).status()).isZero();
        assertThat(rows("a")).hasSize(2);
        assertThat(write(image, "--threshold", 1).status()).isZero();
        assertThat(rows("a")).hasSize(1);
        assertThat(rows("a").get(0)).endsWith("0", "", "none", "", "");
        assertThat(classify(image, "--threshold", 1).out()).contains("no class above the threshold");
    }

    @Test
    void stacksAreClassifiedPlaneByPlane() throws IOException {
        TestImages.save(TestImages.hyperstack(40, 30), folder.resolve("five.tif"));
        CommandLineRun run = write(folder.resolve("five.tif"), "--top", 1);
        assertThat(run.err()).isEmpty();
        assertThat(rows("five").stream().map(row -> row[5] + "/" + row[6]))
                .containsExactly("1/1", "2/1", "3/1", "1/2", "2/2", "3/2");
        assertThat(run.out())
                .contains("five.tif: 6 regions", "slice 3, frame 2, image: class")
                .contains("channel 1 of 2 taken, which is displayed")
                .doesNotContain("the mean of");
    }

    @Test
    void withoutAFolderResultsArePrintedAlone() throws IOException {
        CommandLineRun run = classify(image("a.tif", 8, 64, 200), "--window", 16, "--step", 8);
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("window 0,0: class").contains("more, all of them in the table");
        assertThat(out).doesNotExist();
    }

    @Test
    void fitsDiffer() throws IOException {
        Path image = image("a.tif", 24, 300, 64);
        List<String> logits = new ArrayList<>();
        for (String fit : List.of("card", "squash", "pad")) {
            assertThat(write(image, "--fit", fit, "--top", 0).status()).isZero();
            logits.add(rows("a").get(0)[11]);
            assertThat(manifest("a").getAsJsonObject("settings").get("fit").getAsString())
                    .isEqualTo(fit);
        }
        assertThat(logits).doesNotHaveDuplicates();
    }

    private Path rois(Roi... rois) throws IOException {
        Path zip = folder.resolve("rois.zip");
        try (OutputStream file = Files.newOutputStream(zip);
                ZipOutputStream entries = new ZipOutputStream(file)) {
            for (Roi roi : rois) {
                entries.putNextEntry(new ZipEntry(roi.getName() + ".roi"));
                entries.write(RoiEncoder.saveAsByteArray(roi));
                entries.closeEntry();
            }
        }
        return zip;
    }

    private static Roi named(Roi roi, String name) {
        roi.setName(name);
        return roi;
    }

    @Test
    void classifiesRegions() throws IOException {
        Path image = image("a.tif", 24, 90, 80);
        Path rois = rois(named(new Roi(10, 20, 30, 40), "box"), named(new OvalRoi(-5, 50, 40, 60), "oval, cut"));
        CommandLineRun run = write(image, "--rois", rois, "--top", 1);
        assertThat(run.err()).isEmpty();
        assertThat(Files.readAllLines(out.resolve("a_classes.csv")))
                .anyMatch(line -> line.startsWith("box,10,20,30,40,1,1,1,"))
                .anyMatch(line -> line.startsWith("\"oval, cut\",-5,50,40,60,1,1,1,"));
        // a box without an outline of its own is the picture of just these pixels
        ImagePlus whole = IJ.openImage(image.toString());
        whole.setRoi(10, 20, 30, 40);
        TestImages.save(whole.crop(), folder.resolve("crop.tif"));
        assertThat(write(folder.resolve("crop.tif"), "--top", 1).status()).isZero();
        assertThat(rows("crop").get(0)[11]).isEqualTo(rows("a").get(0)[11]);
        // what lies outside an oval matters unless it is blanked
        String before = Files.readAllLines(out.resolve("a_classes.csv")).get(2);
        assertThat(write(image, "--rois", rois, "--top", 1, "--blank-outside").status())
                .isZero();
        assertThat(Files.readAllLines(out.resolve("a_classes.csv")).get(2)).isNotEqualTo(before);
    }

    @Test
    void regionsInTheImagesFileAreTaken() throws IOException {
        ImagePlus image = TestImages.image("a", 8, 60, 60);
        image.setOverlay(new ij.gui.Overlay(named(new Roi(3, 4, 20, 10), "inside")));
        Path file = TestImages.save(image, folder.resolve("a.tif"));
        assertThat(write(file, "--each", "roi", "--top", 1).err()).isEmpty();
        assertThat(rows("a").get(0)).startsWith("inside", "3", "4", "20", "10");
    }

    @Test
    void classifiesObjectsOfALabelImage() throws IOException {
        Path image = image("a.tif", 16, 50, 40);
        ByteProcessor labels = new ByteProcessor(50, 40);
        labels.setValue(7);
        labels.setRoi(5, 6, 10, 8);
        labels.fill();
        labels.setValue(2);
        labels.setRoi(30, 20, 12, 15);
        labels.fill();
        Path labelFile = TestImages.save(new ImagePlus("l", labels), folder.resolve("labels.tif"));
        CommandLineRun run = write(image, "--labels", labelFile, "--top", 1, "--margin", 2);
        assertThat(run.err()).isEmpty();
        assertThat(rows("a").get(0)).startsWith("object 2", "28", "18", "16", "19");
        assertThat(rows("a").get(1)).startsWith("object 7", "3", "4", "14", "12");
        // a folder with a label image of the same name for each image
        Path many = Files.createDirectory(folder.resolve("many"));
        Files.copy(labelFile, many.resolve("a.tif"));
        byte[] first = Files.readAllBytes(out.resolve("a_classes.csv"));
        assertThat(write(image, "--labels", many, "--top", 1, "--margin", 2).err())
                .isEmpty();
        assertThat(Files.readAllBytes(out.resolve("a_classes.csv"))).isEqualTo(first);
        Files.createDirectories(many.resolve("sub"));
        Files.copy(labelFile, many.resolve("sub/d_cp_masks.tif"));
        Files.createDirectories(folder.resolve("in/sub"));
        image("in/sub/d.tif", 8, 50, 40);
        assertThat(write(folder.resolve("in"), "--recursive", "--labels", many).err())
                .isEmpty();
        CommandLineRun other = write(image("b.tif", 8, 50, 40), "--labels", many);
        assertThat(other.status()).isEqualTo(1);
        assertThat(other.err()).contains("b.tif: there is no label image");
        assertThat(write(image("c.tif", 8, 20, 20), "--labels", labelFile).err())
                .contains("the label image is 50 x 40 pixels, the image 20 x 20");
    }

    @Test
    void windowsGiveAClassMap() throws IOException {
        ImageStack planes = new ImageStack(70, 50);
        planes.addSlice(TestImages.noise(8, 70, 50, 1));
        planes.addSlice(TestImages.noise(8, 70, 50, 2));
        ImagePlus stack = new ImagePlus("s", planes);
        stack.getCalibration().setUnit("micron");
        stack.getCalibration().pixelWidth = 0.5;
        Path file = TestImages.save(stack, folder.resolve("s.tif"));
        assertThat(write(file, "--window", 32, "--step", 16, "--top", 1).err()).isEmpty();
        assertThat(results()).containsExactly("s_classes.csv", "s_classmap.tif", "s_run.json");
        // columns 0, 16, 32 and 38 (the border); rows 0, 16 and 18; two slices
        assertThat(rows("s")).hasSize(4 * 3 * 2);
        ImagePlus map = IJ.openImage(out.resolve("s_classmap.tif").toString());
        assertThat(map.getStackSize()).isEqualTo(2);
        assertThat(map.getCalibration().pixelWidth).isEqualTo(0.5);
        ImageProcessor first = map.getStack().getProcessor(1);
        String corner = rows("s").get(0)[9]; // the name "window 0,0" is quoted
        assertThat(first.getf(0, 0)).isEqualTo(Integer.parseInt(corner) + 1);
        assertThat(IntStream.range(0, first.getPixelCount()).mapToObj(first::getf))
                .allMatch(label -> label >= 1 && label <= CLASSES);
    }

    @Test
    void aRegionIsWhatIsClassified() throws IOException {
        Path whole = image("whole.tif", 16, 70, 50);
        ImagePlus cut = IJ.openImage(whole.toString());
        cut.setRoi(20, 10, 40, 32);
        TestImages.save(cut.crop(), folder.resolve("cut.tif"));
        assertThat(write(folder.resolve("cut.tif"), "--window", 32, "--step", 8, "--top", 1)
                        .err())
                .isEmpty();
        CommandLineRun run = write(whole, "--window", 32, "--step", 8, "--top", 1, "--region", "20,10,40,32");
        assertThat(run.out()).contains("input: only within the region, 40 x 32 pixels from x 20, y 10");
        List<String[]> alone = rows("cut");
        List<String[]> inside = rows("whole");
        assertThat(inside).hasSameSizeAs(alone);
        for (int i = 0; i < alone.size(); i++) {
            // the name holds a comma: left and top are the third and fourth cell
            assertThat(Integer.parseInt(inside.get(i)[2])).isEqualTo(Integer.parseInt(alone.get(i)[2]) + 20);
            assertThat(Integer.parseInt(inside.get(i)[3])).isEqualTo(Integer.parseInt(alone.get(i)[3]) + 10);
            assertThat(inside.get(i)[11]).isEqualTo(alone.get(i)[11]);
        }
        ImageProcessor map =
                IJ.openImage(out.resolve("whole_classmap.tif").toString()).getProcessor();
        ImageProcessor small =
                IJ.openImage(out.resolve("cut_classmap.tif").toString()).getProcessor();
        assertThat(List.of(map.getWidth(), map.getHeight())).containsExactly(70, 50);
        for (int y = 0; y < 50; y++) {
            for (int x = 0; x < 70; x++) {
                boolean in = x >= 20 && x < 60 && y >= 10 && y < 42;
                assertThat(map.getf(x, y)).isEqualTo(in ? small.getf(x - 20, y - 10) : 0);
            }
        }
        assertThat(manifest("whole").get("macro").getAsString()).contains("makeRectangle(20, 10, 40, 32);");
        assertThat(classify(whole, "--each", "roi", "--region", "1,1,5,5").err())
                .contains("--region is given, which is for --each image, object and window");
    }

    @Test
    void aChannelOfSeveralIsTakenAndNotTheirMean() throws IOException {
        Path alone = image("alone.tif", 16, 40, 40);
        ImageStack stack = new ImageStack(40, 40);
        stack.addSlice("a", TestImages.noise(16, 40, 40, 3));
        stack.addSlice("b", IJ.openImage(alone.toString()).getProcessor());
        ImagePlus two = new ImagePlus("two", stack);
        two.setDimensions(2, 1, 1);
        Path file = TestImages.save(two, folder.resolve("two.tif"));
        write(alone);
        CommandLineRun run = write(file, "--channel", "b");
        assertThat(run.out()).contains("input: channel 2 of 2 (b) taken, as asked for");
        assertThat(rows("two").stream().map(Arrays::toString))
                .containsExactlyElementsOf(
                        rows("alone").stream().map(Arrays::toString).toList());
        assertThat(write(file).out()).contains("channel 1 of 2 (a) taken, which is displayed");
        assertThat(Arrays.toString(rows("two").get(0)))
                .isNotEqualTo(Arrays.toString(rows("alone").get(0)));
    }

    @Test
    void aBadImageIsNamedAndTheOthersAreDone() throws IOException {
        Path good = image("good.tif", 8, 40, 40);
        Path bad = Files.writeString(folder.resolve("bad.tif"), "no image");
        Path missing = folder.resolve("missing.png");
        CommandLineRun run = write(bad, missing, good);
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.errLines()).hasSize(2);
        assertThat(run.err()).contains(bad + ": ").contains(missing + ": no such file");
        assertThat(results()).containsExactly("good_classes.csv", "good_run.json");
    }

    @Test
    void foldersGiveImagesAndResultsAreNotImages() throws IOException {
        Path images = Files.createDirectories(folder.resolve("images/deeper")).getParent();
        image("images/a.png", 24, 30, 40);
        image("images/deeper/b.tif", 8, 40, 30);
        out = images;
        assertThat(write(images, "--window", 16).err()).isEmpty();
        assertThat(results()).contains("a_classmap.tif").doesNotContain("b_classes.csv");
        CommandLineRun again = write(images, "--window", 16, "--recursive");
        assertThat(again.status()).isZero();
        assertThat(images.resolve("deeper/b_classes.csv")).exists();
        assertThat(results()).doesNotContain("b_classes.csv", "a_classmap_classes.csv");
    }

    @Test
    void refusesToOverwriteAnInput() throws IOException {
        out = folder;
        Path victim = image("a_classmap.tif", 8, 40, 40);
        CommandLineRun run = write(image("a.tif", 8, 40, 40), victim, "--window", 16);
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).contains("would overwrite the input").contains("a_classmap.tif");
    }

    @Test
    void theManifestRepeatsTheRun() throws IOException {
        Path image = image("it's a.png", 24, 70, 50);
        Path rois = rois(named(new OvalRoi(5, 5, 40, 30), "one"));
        assertThat(write(image, "--rois", rois, "--margin", 3, "--blank-outside", "--fit", "pad", "--top", 3)
                        .err())
                .isEmpty();
        byte[] first = Files.readAllBytes(out.resolve("it's a_classes.csv"));
        JsonObject manifest = manifest("it's a");
        assertThat(manifest.getAsJsonObject("model").get("name").getAsString()).isEqualTo("tiny");
        assertThat(manifest.getAsJsonObject("model").get("sha256").getAsString())
                .matches("[0-9a-f]{64}");
        assertThat(manifest.getAsJsonArray("preparation")).isNotEmpty();
        assertThat(manifest.get("macro").getAsString()).contains("run(\"Classify...\", \"model=tiny");
        Files.delete(out.resolve("it's a_classes.csv"));
        assertThat(CommandLineRun.of(words(manifest)).status()).isZero();
        assertThat(Files.readAllBytes(out.resolve("it's a_classes.csv"))).isEqualTo(first);
    }

    /** The words of the command line after the program's name, as a POSIX shell takes them. */
    private static Object[] words(JsonObject manifest) {
        return words(manifest, "classify");
    }

    static Object[] words(JsonObject manifest, String verb) {
        String line = manifest.get("command_line").getAsString();
        assertThat(line).startsWith("pointillist " + verb + " ");
        List<Object> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i <= line.length(); i++) {
            char c = i == line.length() ? ' ' : line.charAt(i);
            if (c == '\'') {
                quoted = !quoted;
            } else if (c == '\\' && !quoted) {
                word.append(line.charAt(++i));
            } else if (c == ' ' && !quoted) {
                words.add(word.toString());
                word.setLength(0);
            } else {
                word.append(c);
            }
        }
        return words.subList(1, words.size()).toArray();
    }

    @Test
    void aCheckpointFileNeedsNoInstalling() throws IOException {
        Path image = image("a.tif", 24, 64, 64);
        assertThat(write(image).status()).isZero();
        byte[] first = Files.readAllBytes(out.resolve("a_classes.csv"));
        assertThat(write(image, "--model", TestModels.IMAGES, "--variant", TestModels.config(TestModels.IMAGES))
                        .err())
                .isEmpty();
        assertThat(Files.readAllBytes(out.resolve("a_classes.csv"))).isEqualTo(first);
        JsonObject manifest = manifest("a");
        assertThat(Path.of(manifest.getAsJsonObject("model").get("path").getAsString()))
                .isAbsolute();
        assertThat(CommandLineRun.of(words(manifest)).status()).isZero();
        assertThat(Files.readAllBytes(out.resolve("a_classes.csv"))).isEqualTo(first);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--top -2",
                "--top few",
                "--threshold 2",
                "--threshold NaN",
                "--fit loose",
                "--scores best",
                "--each thing",
                "--each object",
                "--each image --window 32",
                "--margin 3",
                "--margin -1 --each roi",
                "--blank-outside",
                "--window -4",
                "--window 8 --step 9",
                "--step -1",
                "--input-size -1",
                "--input-size 33",
                "--device tpu",
                "--device gpu99",
                "--model nowhere",
                "--model tiny --variant coc_tiny",
                "--rois nowhere.zip",
                "--labels nowhere.tif",
                "--group-by cell",
                "--seed 3",
                "--unknown"
            })
    void wrongUsageIsOneLineAndAHint(String words) {
        List<Object> all = new ArrayList<>(List.of(image("a.tif", 8, 40, 40)));
        all.addAll(List.of(words.split(" ")));
        CommandLineRun run = write(all.toArray());
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.errLines()).hasSize(2);
        assertThat(run.errLines().get(0)).startsWith("pointillist: ").contains(words.split(" ")[0].substring(2, 5));
        assertThat(run.errLines().get(1)).isEqualTo("see: pointillist classify --help");
        assertThat(out).doesNotExist();
    }

    @Test
    void needsAnImageAModelAndAClassifier() throws IOException {
        Path image = image("a.tif", 8, 40, 40);
        assertThat(CommandLineRun.of("classify", image).err()).contains("--model");
        assertThat(classify().err()).contains("no image given");
        assertThat(classify(image, "--out", image).err()).contains("which is a file");
        TestModels.install(TestModels.POINTS, "points");
        TestModels.install(TestModels.SEGMENTATION, "segmentation");
        for (String other : List.of("points", "segmentation")) {
            CommandLineRun run = classify(image, "--model", other);
            assertThat(run.status()).isEqualTo(2);
            assertThat(run.err()).contains("gives no classes to images");
        }
    }

    private static List<String> cloud(int points, long seed, double size) {
        SplittableRandom random = new SplittableRandom(seed);
        return IntStream.range(0, points)
                .mapToObj(i -> random.nextDouble(size) + "," + random.nextDouble(size) + "," + random.nextDouble(size))
                .toList();
    }

    private Path table(String name, String header, List<String> rows) throws IOException {
        List<String> lines = new ArrayList<>(List.of(header));
        lines.addAll(rows);
        return Files.write(folder.resolve(name), lines);
    }

    private CommandLineRun classifyPoints(Object... words) throws IOException {
        if (!Files.exists(folder.resolve("models/points"))) {
            TestModels.install(TestModels.POINTS, "points");
        }
        List<Object> all = new ArrayList<>(Arrays.asList(words));
        all.addAll(List.of("--model", "points"));
        return write(all.toArray());
    }

    private List<String> clouds(String stem) throws IOException {
        return Files.readAllLines(out.resolve(stem + "_classes.csv"));
    }

    @Test
    void classifiesClouds() throws IOException {
        Path table = table("p.csv", "x,y,z", cloud(300, 1, 5));
        CommandLineRun run = classifyPoints(table);
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("p.csv: 1 cloud", "all: ", "128 of 300 points drawn with seed 0");
        assertThat(clouds("p").get(0)).isEqualTo("Cloud,Points,Rank,Index,Class,Score,Logit");
        assertThat(clouds("p")).hasSize(1 + 5);
        assertThat(clouds("p").get(1)).startsWith("all,300,1,");
        assertThat(manifest("p").getAsJsonObject("input").get("rows").getAsInt())
                .isEqualTo(300);
        List<String> first = clouds("p");
        assertThat(CommandLineRun.of(words(manifest("p"))).status()).isZero();
        assertThat(clouds("p")).isEqualTo(first);
        assertThat(classifyPoints(table, "--seed", 1, "--top", 0).err()).isEmpty();
        assertThat(clouds("p")).hasSize(1 + 15);
        assertThat(clouds("p").subList(0, 6)).isNotEqualTo(first);
    }

    @Test
    void readsTheTablesOfThunderStorm() throws IOException {
        List<String> points = cloud(130, 3, 1000);
        Path plain = table("plain.csv", "x,y,z", points);
        List<String> rows = IntStream.range(0, points.size())
                .mapToObj(i -> (i + 1) + ".0," + "1.0," + points.get(i) + ",120.5")
                .toList();
        Path storm =
                table("storm.csv", "\"id\",\"frame\",\"x [nm]\",\"y [nm]\",\"z [nm]\",\"uncertainty_xy [nm]\"", rows);
        Path tabs = table(
                "tabs.txt",
                "\ufeffZ\tY (um)\tPosition X",
                points.stream()
                        .map(point -> point.split(","))
                        .map(v -> v[2] + "\t" + v[1] + "\t" + v[0])
                        .toList());
        assertThat(classifyPoints(plain, storm, tabs).err()).isEmpty();
        assertThat(clouds("storm")).isEqualTo(clouds("plain"));
        assertThat(clouds("tabs")).isEqualTo(clouds("plain"));
    }

    @Test
    void groupsAreCloudsOfTheirOwn() throws IOException {
        List<String> a = cloud(140, 1, 2);
        List<String> b = cloud(150, 2, 9);
        List<String> both = new ArrayList<>();
        for (int i = 0; i < 150; i++) {
            both.add(b.get(i) + ",\"cell \"\"b\"\", left\"");
            if (i < a.size()) {
                both.add(a.get(i) + ",Label");
            }
        }
        CommandLineRun run = classifyPoints(table("both.csv", "x,y,z,Label", both), "--group-by", "Label", "--top", 1);
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("both.csv: 2 clouds");
        assertThat(classifyPoints(table("a.csv", "x,y,z", a), table("b.csv", "x,y,z", b), "--top", 1)
                        .err())
                .isEmpty();
        assertThat(clouds("both").get(1)).isEqualTo(clouds("b").get(1).replaceFirst("all", "\"cell \"\"b\"\", left\""));
        assertThat(clouds("both").get(2)).isEqualTo(clouds("a").get(1).replaceFirst("all", "Label"));
    }

    @Test
    void whatIsWrongWithATableIsSaidInOneLine() throws IOException {
        List<String> points = cloud(130, 1, 1);
        List<String> holes = new ArrayList<>(points);
        holes.set(4, "1,NaN,2");
        List<String> words = new ArrayList<>(points);
        words.set(4, "1,two,3");
        List<String> cut = new ArrayList<>(points);
        cut.set(9, "1,2");
        Path good = table("good.csv", "x,y,z", points);
        CommandLineRun run = classifyPoints(
                table("few.csv", "x,y,z", points.subList(0, 3)),
                table("flat.csv", "x,y", List.of("1,2")),
                table("holes.csv", "x,y,z", holes),
                table("words.csv", "x,y,z", words),
                table("cut.csv", "x,y,z", cut),
                table("header.csv", "x,y,z", List.of()),
                table("same.csv", "x,y,z", points.stream().map(p -> "1,1,1").toList()),
                Files.createFile(folder.resolve("empty.csv")),
                folder.resolve("missing.csv"),
                good);
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.errLines()).hasSize(9);
        assertThat(run.err())
                .contains("few.csv: the cloud has 3 points")
                .contains("flat.csv: the table has no column z; it has x, y")
                .contains("holes.csv: a point is 1.0, NaN, 2.0")
                .contains("words.csv: line 6: y is 'two'; allowed is a number")
                .contains("cut.csv: line 11 has 2 values, the header 3 names")
                .contains("header.csv: the table has a header and no points")
                .contains("points are at one place")
                .contains("empty.csv: the table is empty")
                .contains("missing.csv: there is no such file");
        assertThat(results()).containsExactly("good_classes.csv", "good_run.json");
        CommandLineRun column = classifyPoints(good, "--group-by", "cell");
        assertThat(column.status()).isEqualTo(1);
        assertThat(column.err()).contains("the table has no column cell; it has x, y, z");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--top -2", "--window 3", "--threshold 0.5", "--fit pad", "--labels a.tif", "--device tpu"})
    void optionsThatAreNotForTablesAreRefused(String words) throws IOException {
        List<Object> all = new ArrayList<>(List.of(table("p.csv", "x,y,z", cloud(130, 1, 1))));
        all.addAll(List.of(words.split(" ")));
        CommandLineRun run = classifyPoints(all.toArray());
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.errLines()).hasSize(2);
        assertThat(run.err()).contains(words.substring(2, 5));
        assertThat(out).doesNotExist();
    }

    @Test
    void tablesAndImagesAreNotMixed() throws IOException {
        Path table = table("p.csv", "x,y,z", cloud(130, 1, 1));
        assertThat(write(table, image("a.tif", 8, 30, 30)).err()).contains("given together");
        assertThat(write(table).err()).contains("does not take point sets");
    }
}
