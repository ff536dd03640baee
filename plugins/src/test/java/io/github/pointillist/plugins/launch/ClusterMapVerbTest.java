// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import ij.IJ;
import ij.ImagePlus;
import ij.ImageStack;
import ij.measure.Calibration;
import ij.process.ByteProcessor;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import io.github.pointillist.plugins.results.ClusterMapOptions;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClusterMapVerbTest {
    private static final int WIDTH = 40;
    private static final int HEIGHT = 30;

    @TempDir
    private Path folder;

    private Path out;

    @BeforeEach
    void setUp() {
        out = folder.resolve("results of a run");
    }

    private CommandLineRun map(Object... words) {
        List<Object> all = new ArrayList<>(List.of("cluster-map"));
        all.addAll(Arrays.asList(words));
        all.addAll(List.of("--out", out));
        return CommandLineRun.of(all.toArray());
    }

    private Path write(String name, int bits) {
        return TestImages.save(TestImages.image(name, bits, WIDTH, HEIGHT), folder.resolve(name));
    }

    private ImagePlus labels(String stem) {
        ImagePlus image = IJ.openImage(out.resolve(stem + "_clusters.tif").toString());
        assertThat(image).as(stem).isNotNull();
        return image;
    }

    private JsonObject manifest(String stem) throws IOException {
        return new Gson().fromJson(Files.readString(out.resolve(stem + "_run.json")), JsonObject.class);
    }

    private List<String[]> table(String stem) throws IOException {
        String text = Files.readString(out.resolve(stem + "_table.csv"));
        assertThat(text).endsWith("\r\n");
        return Arrays.stream(text.split("\r\n"))
                .map(line -> line.split(",", -1))
                .toList();
    }

    /** The labels of a plane that occur, 0 included. */
    private static Set<Integer> ids(ImageProcessor plane) {
        Set<Integer> ids = new TreeSet<>();
        for (int i = 0; i < plane.getPixelCount(); i++) {
            float value = plane.getf(i);
            assertThat(value).isEqualTo((int) value);
            ids.add((int) value);
        }
        return ids;
    }

    private List<String> results() throws IOException {
        try (Stream<Path> files = Files.walk(out)) {
            return files.filter(file -> !file.equals(out))
                    .map(file -> out.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 16, 24, 32})
    void mapsEveryPixelType(int bits) throws IOException {
        Path image = write("a.tif", bits);
        CommandLineRun run = map(image, "--clusters", 12);
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(results()).containsExactly("a_clusters.tif", "a_overlay.png", "a_run.json", "a_table.csv");
        ImagePlus labels = labels("a");
        assertThat(labels.getBitDepth()).isEqualTo(16);
        assertThat(ids(labels.getProcessor())).doesNotContain(0).contains(1).hasSizeGreaterThan(1);
        BufferedImage overlay = ImageIO.read(out.resolve("a_overlay.png").toFile());
        assertThat(List.of(overlay.getWidth(), overlay.getHeight())).containsExactly(WIDTH, HEIGHT);
        List<String[]> table = table("a");
        String[] heads = table.get(0);
        assertThat(heads)
                .startsWith("level", "slice", "frame", "cluster", "pixels", "area (pixel^2)", "x (pixel)", "y (pixel)");
        assertThat(heads).hasSize(8 + (bits == 24 ? 3 : 1));
        assertThat(table).hasSize(1 + ids(labels.getProcessor()).size());
        assertThat(table.stream()
                        .skip(1)
                        .mapToLong(row -> Long.parseLong(row[4]))
                        .sum())
                .isEqualTo(WIDTH * HEIGHT);
    }

    @ParameterizedTest
    @CsvSource({"png,8", "png,24", "jpg,8", "jpg,24", "gif,8", "bmp,24", "pgm,8"})
    void readsTheCommonFormats(String format, int bits) {
        CommandLineRun run = map(write("a." + format, bits), "--clusters", 6);
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(labels("a").getWidth()).isEqualTo(WIDTH);
    }

    @ParameterizedTest
    @CsvSource({"context,256,true", "kmeans,8,false", "equitable,8,false"})
    void eachMethodHasItsDefaults(String method, int clusters, boolean connected) throws IOException {
        assertThat(map(write("a.tif", 8), "--method", method).status()).isZero();
        JsonObject settings = manifest("a").getAsJsonObject("settings");
        assertThat(settings.get("method").getAsString()).isEqualTo(method);
        assertThat(settings.get("clusters").getAsInt()).isEqualTo(clusters);
        assertThat(settings.get("connected").getAsBoolean()).isEqualTo(connected);
        assertThat(settings.get("min_size_px").getAsInt()).isEqualTo(ClusterMapOptions.AUTOMATIC);
    }

    @Test
    void keepsCalibrationAndOrderOfHyperstacks() throws IOException {
        TestImages.save(TestImages.hyperstack(WIDTH, HEIGHT), folder.resolve("five.tif"));
        assertThat(map(folder.resolve("five.tif"), "--clusters", 4).err()).isEmpty();
        ImagePlus labels = labels("five");
        assertThat(labels.getDimensions()).containsExactly(WIDTH, HEIGHT, 1, 3, 2);
        Calibration calibration = labels.getCalibration();
        assertThat(calibration.getUnit()).isEqualTo("micron");
        assertThat(calibration.pixelWidth).isEqualTo(0.25);
        assertThat(calibration.pixelHeight).isEqualTo(0.5);
        assertThat(calibration.pixelDepth).isEqualTo(1.5);
        assertThat(calibration.frameInterval).isEqualTo(3);
        List<String[]> table = table("five");
        assertThat(table.get(0)).contains("area (micron^2)", "x (micron)", "y (micron)", "mean c1", "mean c2");
        double area = table.stream()
                .skip(1)
                .mapToDouble(row -> Double.parseDouble(row[5]))
                .sum();
        assertThat(area).isEqualTo(6 * WIDTH * HEIGHT * 0.25 * 0.5);
        assertThat(table.stream().skip(1).map(row -> row[1] + "/" + row[2]).distinct())
                .containsExactly("1/1", "2/1", "3/1", "1/2", "2/2", "3/2");
    }

    @Test
    void tableTellsCentroidAndMean() throws IOException {
        ImagePlus flat = new ImagePlus("flat", new ByteProcessor(10, 6));
        flat.getProcessor().add(7);
        flat.getCalibration().setUnit("um");
        flat.getCalibration().pixelWidth = 2;
        flat.getCalibration().pixelHeight = 2;
        TestImages.save(flat, folder.resolve("flat.tif"));
        assertThat(map(folder.resolve("flat.tif"), "--method", "kmeans", "--clusters", 1)
                        .err())
                .isEmpty();
        List<String[]> table = table("flat");
        String unit = flat.getCalibration().getUnit();
        assertThat(Arrays.copyOfRange(table.get(0), 5, 8))
                .containsExactly("area (" + unit + "^2)", "x (" + unit + ")", "y (" + unit + ")");
        double[] sums = new double[4];
        for (String[] row : table.subList(1, table.size())) {
            double pixels = Double.parseDouble(row[4]);
            assertThat(row[8]).isEqualTo("7");
            sums[0] += pixels;
            sums[1] += Double.parseDouble(row[5]);
            sums[2] += pixels * Double.parseDouble(row[6]);
            sums[3] += pixels * Double.parseDouble(row[7]);
        }
        assertThat(sums).containsExactly(new double[] {60, 240, 60 * 10, 60 * 6}, within(1e-3));
    }

    @Test
    void pixelsWithoutAValueHaveNoCluster() {
        FloatProcessor holes = (FloatProcessor) TestImages.noise(32, WIDTH, HEIGHT, 1);
        holes.setf(3, 4, Float.NaN);
        holes.setf(0, 0, Float.NaN);
        TestImages.save(new ImagePlus("nan", holes), folder.resolve("nan.tif"));
        assertThat(map(folder.resolve("nan.tif"), "--clusters", 5).err()).isEmpty();
        ImageProcessor labels = labels("nan").getProcessor();
        assertThat(labels.getf(3, 4)).isZero();
        assertThat(labels.getf(0, 0)).isZero();
        assertThat(ids(labels)).contains(1);
    }

    @Test
    void mapsOnePixelAndConstantImages() {
        TestImages.save(new ImagePlus("one", new ByteProcessor(1, 1)), folder.resolve("one.tif"));
        TestImages.save(new ImagePlus("flat", new ByteProcessor(20, 20)), folder.resolve("flat.tif"));
        CommandLineRun run = map(folder.resolve("one.tif"), folder.resolve("flat.tif"), "--clusters", 1);
        assertThat(run.err()).isEmpty();
        assertThat(ids(labels("one").getProcessor())).containsExactly(1);
        assertThat(ids(labels("flat").getProcessor())).doesNotContain(0).contains(1);
    }

    @Test
    void palettesAreColours() throws IOException {
        byte[] reds = {0, (byte) 255};
        byte[] others = {(byte) 255, 0};
        BufferedImage indexed = new BufferedImage(
                WIDTH, HEIGHT, BufferedImage.TYPE_BYTE_INDEXED, new IndexColorModel(8, 2, reds, others, others));
        ImageIO.write(indexed, "png", folder.resolve("palette.png").toFile());
        assertThat(map(folder.resolve("palette.png"), "--clusters", 2).err()).isEmpty();
        assertThat(table("palette").get(0)).endsWith("mean red", "mean green", "mean blue");
        assertThat(table("palette").get(1)).endsWith("0", "255", "255");
    }

    @Test
    void saysWhatIsLeftOutOfFilesAndFolders() throws IOException {
        Path images = Files.createDirectory(folder.resolve("mixed"));
        Files.writeString(images.resolve("a.czi"), "ZISRAWFILE");
        BufferedImage clear = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_4BYTE_ABGR);
        ImageIO.write(clear, "png", images.resolve("clear.png").toFile());
        CommandLineRun run = map(images, "--clusters", 1);
        assertThat(run.status()).isZero();
        assertThat(run.err())
                .contains("left out 1 file that only Bio-Formats reads")
                .contains("(a.czi)");
        assertThat(run.out()).contains("clear.png:\n  transparency (alpha) left out");
        assertThat(manifest("clear")
                        .getAsJsonObject("input")
                        .getAsJsonArray("reading")
                        .toString())
                .isEqualTo("[\"transparency (alpha) left out\"]");
    }

    @Test
    void colouredLookupTablesOfTiffsAreGreyValues() throws IOException {
        ImagePlus image = TestImages.image("lut", 8, WIDTH, HEIGHT);
        IJ.setMinAndMax(image, 0, 255);
        image.getProcessor().setLut(ij.process.LUT.createLutFromColor(java.awt.Color.GREEN));
        TestImages.save(image, folder.resolve("lut.tif"));
        assertThat(map(folder.resolve("lut.tif"), "--clusters", 2).err()).isEmpty();
        assertThat(table("lut").get(0)).endsWith("mean c1");
    }

    @Test
    void manifestTellsHowToRepeatTheRun() throws IOException {
        Path image = write("it's a.png", 24);
        assertThat(map(image, "--method", "kmeans", "--clusters", 5, "--seed", 42)
                        .status())
                .isZero();
        JsonObject manifest = manifest("it's a");
        assertThat(manifest.get("command_line").getAsString())
                .startsWith("pointillist cluster-map '")
                .contains("--method kmeans --clusters 5")
                .contains("--seed 42")
                .contains("it'\\''s a.png");
        assertThat(manifest.get("macro").getAsString())
                .startsWith("open(\"")
                .contains("run(\"Cluster Map...\", \"method=kmeans clusters=5 ")
                .contains("seed=42");
        assertThat(manifest.getAsJsonObject("input").get("sha256").getAsString())
                .matches("[0-9a-f]{64}");
        assertThat(manifest.getAsJsonObject("device").get("name").getAsString()).isEqualTo("cpu");
        assertThat(manifest.getAsJsonObject("device").get("why").getAsString()).contains("without the engine");
        assertThat(manifest.get("model").isJsonNull()).isTrue();
        assertThat(manifest.getAsJsonObject("versions").keySet())
                .containsExactly("pointillist", "djl", "pytorch", "imagej", "java", "os");
        assertThat(manifest.getAsJsonObject("versions").get("pointillist").getAsString())
                .matches("\\d+\\..*");
        assertThat(manifest.getAsJsonObject("seconds").keySet()).contains("open", "map", "write");
        assertThat(manifest.getAsJsonArray("outputs")).hasSize(4);
    }

    @Test
    void theCommandLineInTheManifestGivesTheSameLabels() throws IOException {
        Path image = write("a.tif", 16);
        assertThat(map(image, "--clusters", 9, "--compactness", 0.5, "--no-connected")
                        .status())
                .isZero();
        String first = Arrays.toString((short[]) labels("a").getProcessor().getPixels());
        String line = manifest("a").get("command_line").getAsString().replace("'", "");
        assertThat(line).contains("--no-connected").contains("--compactness 0.5");
        List<String> words = new ArrayList<>(List.of("cluster-map", image.toString(), "--out", out.toString()));
        words.addAll(List.of(line.substring(line.indexOf("--method")).split(" ")));
        assertThat(CommandLineRun.of(words.toArray()).status()).isZero();
        assertThat(Arrays.toString((short[]) labels("a").getProcessor().getPixels()))
                .isEqualTo(first);
    }

    @Test
    void namesWhatFailedAndDoesTheRest() throws IOException {
        Path good = write("good.tif", 8);
        Path text = Files.writeString(folder.resolve("text.tif"), "This is not an image.\n");
        Path empty = Files.createFile(folder.resolve("empty.tif"));
        Path readme = Files.writeString(folder.resolve("README.md"), "# Not an image either\n");
        Path png = write("full.png", 24);
        byte[] bytes = Files.readAllBytes(png);
        Path cut = Files.write(folder.resolve("cut.png"), Arrays.copyOf(bytes, bytes.length / 2));
        byte[] tiff = Files.readAllBytes(good);
        Path cutTiff = Files.write(folder.resolve("cut.tif"), Arrays.copyOf(tiff, tiff.length / 2));
        Path directory = Files.createDirectory(folder.resolve("folder.tif"));
        Path missing = folder.resolve("missing.tif");
        List<Path> bad = List.of(directory, text, empty, readme, cut, cutTiff, missing);
        List<Object> words = new ArrayList<>(bad);
        words.add(good);
        words.addAll(List.of("--clusters", 4));
        CommandLineRun run = map(words.toArray());
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.errLines()).hasSize(bad.size()).allMatch(line -> line.startsWith("pointillist: "));
        for (Path file : bad) {
            assertThat(run.errLines())
                    .filteredOn(line -> line.contains(file + ": "))
                    .hasSize(1);
        }
        assertThat(run.err()).contains("no such file").contains("empty").doesNotContain("\tat ");
        assertThat(labels("good").getWidth()).isEqualTo(WIDTH);
        assertThat(results()).allMatch(name -> name.startsWith("good_"));
    }

    @Test
    void foldersGiveImagesAlone() throws IOException {
        Path images = Files.createDirectories(folder.resolve("images/deeper"));
        for (String name :
                List.of("images/a.tif", "images/a-labels.tif", "images/deeper/b.tif", "images/.hidden.tif")) {
            write(name, 8);
        }
        Files.writeString(folder.resolve("images/notes.txt"), "notes");
        Files.createDirectory(folder.resolve("images/x.tif"));
        assertThat(map(images.getParent(), "--clusters", 4).errLines())
                .containsExactly("pointillist: left out 1 by name as label images or pictures of the image beside them:"
                        + " a-labels.tif; to work on such a file, name it on the command line");
        assertThat(results()).filteredOn(name -> name.endsWith(".tif")).containsExactly("a_clusters.tif");
        Path labels = folder.resolve("images/a-labels.tif");
        assertThat(map(images.getParent(), labels, "--clusters", 4, "--recursive")
                        .err())
                .isEmpty();
        assertThat(results()).contains("a-labels_clusters.tif").doesNotContain("b_clusters.tif");
        assertThat(out.resolve("deeper/b_clusters.tif")).exists();
        assertThat(Files.readString(out.resolve("deeper/b_run.json")))
                .contains("--out '" + out.resolve("deeper").toAbsolutePath() + "'");
    }

    @Test
    void resultsOfEarlierRunsInTheFolderAreLeftOut() throws IOException {
        out = Files.createDirectory(folder.resolve("both"));
        write("both/a.tif", 8);
        assertThat(map(out, "--clusters", 4).err()).isEmpty();
        CommandLineRun again = map(out, "--clusters", 4);
        assertThat(again.status()).isZero();
        assertThat(again.err()).contains("left out 2 results");
        assertThat(results()).noneMatch(name -> name.contains("_clusters_") || name.contains("_overlay_"));
    }

    @Test
    void imagesOfOneStemDoNotOverwriteEachOther() throws IOException {
        Files.createDirectory(folder.resolve("other"));
        CommandLineRun run =
                map(write("a.png", 8), write("a.tif", 16), write("other/a.tif", 8), write("b.tif", 8), "--clusters", 4);
        assertThat(run.err()).isEmpty();
        assertThat(results())
                .filteredOn(name -> name.endsWith("_clusters.tif"))
                .containsExactly("a_png_clusters.tif", "a_tif_2_clusters.tif", "a_tif_clusters.tif", "b_clusters.tif");
    }

    @Test
    void aFailureLeavesOlderResultsAsTheyWere() throws IOException {
        Path image = write("a.tif", 8);
        assertThat(map(image, "--clusters", 4).status()).isZero();
        Files.delete(out.resolve("a_table.csv"));
        Files.createDirectory(out.resolve("a_table.csv"));
        byte[] before = Files.readAllBytes(out.resolve("a_clusters.tif"));
        CommandLineRun run = map(image, "--method", "kmeans", "--clusters", 2);
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).contains("a_table.csv");
        assertThat(Files.readAllBytes(out.resolve("a_clusters.tif"))).isEqualTo(before);
        assertThat(results()).containsExactly("a_clusters.tif", "a_overlay.png", "a_run.json", "a_table.csv");
    }

    @Test
    void refusesToOverwriteAnImage() throws IOException {
        out = folder;
        Path image = write("a.tif", 8);
        Path victim = write("a_clusters.tif", 8);
        byte[] before = Files.readAllBytes(victim);
        CommandLineRun run = map(image, victim);
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).contains("would overwrite").contains("a_clusters.tif");
        assertThat(Files.readAllBytes(victim)).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--clusters 0",
                "--clusters many",
                "--compactness -1",
                "--compactness NaN",
                "--iterations 0",
                "--method magic",
                "--method model",
                "--model nowhere.pth",
                "--model nowhere.pth --method kmeans",
                "--similarity far",
                "--features smell",
                "--min-size -2",
                "--min-size 5 --no-connected",
                "--device tpu",
                "--device gpu0",
                "--level 0.0.0",
                "--input-size 224",
                "--method kmeans --iterations 3",
                "--unknown"
            })
    void wrongUsageIsOneLineAndAHint(String words) {
        Path image = write("a.tif", 8);
        List<Object> all = new ArrayList<>(List.of(image));
        all.addAll(List.of(words.split(" ")));
        CommandLineRun run = map(all.toArray());
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.errLines()).hasSize(2);
        assertThat(run.errLines().get(0)).startsWith("pointillist: ").contains(words.split(" ")[0].substring(2, 5));
        assertThat(run.errLines().get(1)).isEqualTo("see: pointillist cluster-map --help");
        assertThat(out).doesNotExist();
    }

    @Test
    void needsImagesAndAFolder() throws IOException {
        Path image = write("a.tif", 8);
        assertThat(CommandLineRun.of("cluster-map", image).err()).contains("--out");
        assertThat(CommandLineRun.of("cluster-map", "--out", out).err()).contains("no image");
        CommandLineRun intoFile = CommandLineRun.of("cluster-map", image, "--out", image);
        assertThat(intoFile.status()).isEqualTo(2);
        assertThat(intoFile.err()).contains("which is a file");
    }

    @Test
    void listsTheOneLevelOfMethodsWithoutAModel() {
        CommandLineRun run = CommandLineRun.of("cluster-map", "--list-levels", "--method", "kmeans");
        assertThat(run.status()).isZero();
        assertThat(run.out()).startsWith("kmeans\t");
    }

    @Test
    void channelsAreFeaturesUnlessOneIsChosenAndARegionBoundsThem() throws IOException {
        Path alone = write("alone.tif", 16);
        ImageProcessor first = TestImages.noise(16, WIDTH, HEIGHT, 5);
        ImageStack stack = new ImageStack(WIDTH, HEIGHT);
        stack.addSlice("noise", first);
        stack.addSlice("signal", IJ.openImage(alone.toString()).getProcessor());
        ImagePlus image = new ImagePlus("two", stack);
        image.setDimensions(2, 1, 1);
        Path two = TestImages.save(image, folder.resolve("two.tif"));
        assertThat(map(alone, "--method", "kmeans").out()).isEmpty();
        CommandLineRun run = map(two, "--method", "kmeans", "--channel", "signal");
        assertThat(run.out()).contains("  channel 2 of 2 (signal) taken, as asked for");
        Object expected = IJ.openImage(out.resolve("alone_clusters.tif").toString())
                .getProcessor()
                .getPixels();
        assertThat(IJ.openImage(out.resolve("two_clusters.tif").toString())
                        .getProcessor()
                        .getPixels())
                .isEqualTo(expected);
        CommandLineRun both = map(two, "--method", "kmeans", "--region", "3,4,20,10");
        assertThat(both.out())
                .contains("2 channels (1 noise, 2 signal) taken together: each is a feature of a pixel")
                .contains("only within the region, 20 x 10 pixels from x 3, y 4");
        String manifest = Files.readString(out.resolve("two_run.json"));
        assertThat(manifest).contains("--region 3,4,20,10", "makeRectangle(3, 4, 20, 10);", "taken together");
        ImageProcessor labels =
                IJ.openImage(out.resolve("two_clusters.tif").toString()).getProcessor();
        for (int i = 0; i < labels.getPixelCount(); i++) {
            int x = i % WIDTH;
            int y = i / WIDTH;
            assertThat(labels.get(i) > 0).isEqualTo(x >= 3 && x < 23 && y >= 4 && y < 14);
        }
    }
}
