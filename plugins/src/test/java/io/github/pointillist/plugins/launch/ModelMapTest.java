// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import ij.IJ;
import ij.ImagePlus;
import ij.gui.PointRoi;
import ij.process.ImageProcessor;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The verb cluster-map with models: their groups, and what one point takes from the others. */
class ModelMapTest {
    private static final int WIDTH = 96;
    private static final int HEIGHT = 64;

    @TempDir
    private Path folder;

    private Path out;

    @BeforeEach
    void setUp() {
        out = folder.resolve("out");
        TestModels.use(folder.resolve("models"));
        TestModels.install(TestModels.IMAGES, "groups");
        TestModels.install(TestModels.AFFINITIES, "affinities");
    }

    @AfterEach
    void tearDown() {
        TestModels.forget();
    }

    private CommandLineRun map(Object... words) {
        List<Object> all = new ArrayList<>(List.of("cluster-map"));
        all.addAll(Arrays.asList(words));
        all.addAll(List.of("--out", out));
        return CommandLineRun.of(all.toArray());
    }

    private Path image(String name, int bits) {
        return TestImages.save(TestImages.image(name, bits, WIDTH, HEIGHT), folder.resolve(name));
    }

    private List<String> results() throws IOException {
        try (Stream<Path> files = Files.list(out)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private ImagePlus open(String name) {
        ImagePlus image = IJ.openImage(out.resolve(name).toString());
        assertThat(image).as(name).isNotNull();
        return image;
    }

    private JsonObject manifest(String stem) throws IOException {
        return new Gson().fromJson(Files.readString(out.resolve(stem + "_run.json")), JsonObject.class);
    }

    @Test
    void levelsOfGroupsBecomeChannels() throws IOException {
        CommandLineRun run = map(image("a.tif", 24), "--model", "groups", "--level", "0.0.0,2.1.1");
        assertThat(run.err()).isEmpty();
        assertThat(results())
                .containsExactly("a_clusters.tif", "a_overlay.png", "a_overlay_2.1.1.png", "a_run.json", "a_table.csv");
        assertThat(open("a_clusters.tif").getNChannels()).isEqualTo(2);
        assertThat(manifest("a").getAsJsonObject("model").get("name").getAsString())
                .isEqualTo("groups");
        assertThat(map(image("b.tif", 8), "--model", "groups").err()).isEmpty();
        assertThat(open("b_clusters.tif").getNChannels()).isEqualTo(4);
    }

    @Test
    void listsTheLevelsOfAModel() {
        CommandLineRun groups = CommandLineRun.of("cluster-map", "--list-levels", "--model", "groups");
        assertThat(groups.out()).startsWith("0.0.0\tstage 0, block 0, head 0").doesNotContain("--point");
        CommandLineRun affinities = CommandLineRun.of("cluster-map", "--list-levels", "--model", "affinities");
        assertThat(affinities.out())
                .startsWith("3.0.0\t")
                .contains("3.0.3.static\t")
                .contains("(with --point)");
    }

    @Test
    void aPointsAffinitiesBecomeAnImageAndAPicture() throws IOException {
        ImagePlus image = TestImages.image("a", 16, WIDTH, HEIGHT);
        image.getCalibration().setUnit("micron");
        image.getCalibration().pixelWidth = 0.25;
        Path file = TestImages.save(image, folder.resolve("a.tif"));
        CommandLineRun run = map(file, "--model", "affinities", "--point", "70,20");
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(results()).containsExactly("a_affinity.png", "a_affinity.tif", "a_run.json");
        ImagePlus weights = open("a_affinity.tif");
        assertThat(weights.getBitDepth()).isEqualTo(32);
        assertThat(List.of(weights.getWidth(), weights.getHeight())).containsExactly(WIDTH, HEIGHT);
        assertThat(weights.getCalibration().getUnit()).isEqualTo("micron");
        assertThat(weights.getCalibration().pixelWidth).isEqualTo(0.25);
        assertThat(weights.getDisplayRangeMin()).isEqualTo(weights.getStatistics().min, within(1e-6));
        assertThat(weights.getDisplayRangeMax()).isEqualTo(weights.getStatistics().max, within(1e-6));
        assertThat(weights.getStatistics().max).isGreaterThan(weights.getStatistics().min);
        assertThat(weights.getOverlay().get(0)).isInstanceOf(PointRoi.class);
        BufferedImage picture = ImageIO.read(out.resolve("a_affinity.png").toFile());
        assertThat(List.of(picture.getWidth(), picture.getHeight())).containsExactly(WIDTH, HEIGHT);
        JsonObject manifest = manifest("a");
        assertThat(manifest.getAsJsonObject("settings").get("point").getAsString())
                .isEqualTo("70,20");
        assertThat(manifest.getAsJsonObject("settings").getAsJsonArray("levels"))
                .hasSize(1);
        assertThat(manifest.get("command_line").getAsString()).contains("--level last --point 70,20");
        assertThat(manifest.get("macro").getAsString()).contains("levels=last point=70,20");
    }

    @Test
    void theManifestsLineGivesTheSameWeights() throws IOException {
        Path file = image("a.tif", 24);
        assertThat(map(file, "--model", "affinities", "--point", "5,60", "--level", "3.0.2.dynamic")
                        .err())
                .isEmpty();
        float[] first = (float[]) open("a_affinity.tif").getProcessor().getPixels();
        String line = manifest("a").get("command_line").getAsString();
        Files.delete(out.resolve("a_affinity.tif"));
        Object[] words = line.substring("pointillist ".length()).split(" ");
        assertThat(CommandLineRun.of(words).err()).isEmpty();
        assertThat((float[]) open("a_affinity.tif").getProcessor().getPixels()).isEqualTo(first);
    }

    @Test
    void levelsAreChannelsAndPlanesAreMappedOneByOne() throws IOException {
        TestImages.save(TestImages.hyperstack(WIDTH, HEIGHT), folder.resolve("five.tif"));
        CommandLineRun run = map(
                folder.resolve("five.tif"),
                "--model",
                "affinities",
                "--point",
                "0,0",
                "--level",
                "3.0.0.dynamic",
                "--level",
                "3.0.1.static");
        assertThat(run.err()).isEmpty();
        assertThat(results())
                .containsExactly(
                        "five_affinity.png", "five_affinity.tif", "five_affinity_3.0.1.static.png", "five_run.json");
        ImagePlus weights = open("five_affinity.tif");
        assertThat(weights.getDimensions()).containsExactly(WIDTH, HEIGHT, 2, 3, 2);
        ImageProcessor one = weights.getStack().getProcessor(weights.getStackIndex(1, 1, 1));
        ImageProcessor other = weights.getStack().getProcessor(weights.getStackIndex(1, 3, 2));
        assertThat((float[]) one.getPixels()).isNotEqualTo(other.getPixels());
        // what is learnt for all images does not depend on the plane
        ImageProcessor learnt = weights.getStack().getProcessor(weights.getStackIndex(2, 1, 1));
        assertThat((float[]) learnt.getPixels())
                .isEqualTo(weights.getStack()
                        .getProcessor(weights.getStackIndex(2, 3, 2))
                        .getPixels());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "level is last;--model affinities",
                "give the point;--model affinities --level 3.0.0",
                "leave the point out;--model groups --point 3,4",
                "leave the point out;--model groups --point 3,4 --level 0.0.0",
                "level is 9.9.9; the model offers 3.0.0;--model affinities --point 3,4 --level 9.9.9",
                "point is '3';--model affinities --point 3",
                "point is '-1,2';--model affinities --point -1,2",
                "point is 3,4; allowed is none where labels;--model affinities --point 3,4 --connected",
                "--point is given, but method kmeans;--method kmeans --point 3,4"
            })
    void wrongPointsAreOneLineAndAHint(String words) {
        String expected = words.substring(0, words.lastIndexOf(';'));
        List<Object> all = new ArrayList<>(List.of(image("a.tif", 8)));
        all.addAll(List.of(words.substring(words.lastIndexOf(';') + 1).split(" ")));
        CommandLineRun run = map(all.toArray());
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.errLines()).hasSize(2);
        assertThat(run.err()).contains(expected);
        assertThat(out).doesNotExist();
    }

    @Test
    void aPointOutsideOneImageFailsThatImage() throws IOException {
        Path small = TestImages.save(TestImages.image("s", 8, 20, 20), folder.resolve("small.tif"));
        CommandLineRun run = map(small, image("a.tif", 8), "--model", "affinities", "--point", "70,20");
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.errLines()).singleElement().asString().contains("small.tif: point is 70,20; allowed are 0,0 to");
        assertThat(results()).contains("a_affinity.tif").doesNotContain("small_affinity.tif");
    }
}
