// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.Classify.Classified;
import io.github.pointillist.tasks.Classify.Fit;
import io.github.pointillist.tasks.Classify.Region;
import io.github.pointillist.tasks.Classify.Result;
import io.github.pointillist.tasks.Classify.Score;
import io.github.pointillist.tasks.Classify.Scores;
import io.github.pointillist.tasks.Classify.Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.img.array.ArrayImgs;
import net.imglib2.type.numeric.RealType;
import org.junit.jupiter.api.Test;

/** On a very small Context Cluster whose weights are in the golden cases. */
class ClassifyTest {
    private static final Path COC = Path.of("src", "test", "resources", "golden", "coc");
    private static final String MODEL = COC.resolve("checkpoint-timm.pth.tar").toString();
    private static final String CONFIG =
            COC.resolve("checkpoint-timm/case.json").toString();

    private static Settings settings(Fit fit, Scores scores, int top, double threshold, boolean blank) {
        return new Settings(MODEL, CONFIG, fit, 64, scores, top, threshold, blank, "cpu");
    }

    private static Settings usual() {
        return settings(Fit.CARD, Scores.AUTOMATIC, Settings.AUTOMATIC, Settings.AUTOMATIC, false);
    }

    private static Result classify(
            Settings settings, RandomAccessibleInterval<? extends RealType<?>> image, Region... regions)
            throws IOException {
        try (Classify task = Classify.open(settings)) {
            return task.classify(image, List.of(regions), Progress.NONE);
        }
    }

    private static byte[] bytes(int n, long seed) {
        byte[] values = new byte[n];
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < n; i++) {
            values[i] = (byte) (random.nextInt(120) + (i % 97));
        }
        return values;
    }

    @Test
    void scoresAreTheSoftmaxOfAllClasses() throws IOException {
        Settings all = settings(Fit.CARD, Scores.AUTOMATIC, 0, 0, false);
        Classified one = classify(all, ArrayImgs.unsignedBytes(bytes(80 * 60, 1), 80, 60), Region.whole(80, 60))
                .regions()
                .get(0);
        assertThat(Arrays.stream(one.all()).sum()).isCloseTo(1, within(1e-12));
        assertThat(one.scores()).hasSize(one.all().length);
        assertThat(one.scores()).isSortedAccordingTo((a, b) -> Double.compare(b.score(), a.score()));
        assertThat(one.scores()).allSatisfy(score -> {
            assertThat(score.score()).isEqualTo(one.all()[score.index()]);
            assertThat(score.name()).isEqualTo("class " + score.index());
        });
    }

    @Test
    void topAndThresholdCut() throws IOException {
        RandomAccessibleInterval<? extends RealType<?>> image = ArrayImgs.unsignedBytes(bytes(64 * 64, 2), 64, 64);
        assertThat(classify(usual(), image, Region.whole(64, 64))
                        .regions()
                        .get(0)
                        .scores())
                .hasSize(5);
        Settings two = settings(Fit.CARD, Scores.SOFTMAX, 2, 0, false);
        List<Score> best =
                classify(two, image, Region.whole(64, 64)).regions().get(0).scores();
        assertThat(best).hasSize(2);
        Settings high = settings(Fit.CARD, Scores.SOFTMAX, 0, best.get(0).score(), false);
        assertThat(classify(high, image, Region.whole(64, 64)).regions().get(0).scores())
                .containsExactly(best.get(0));
        Settings labels = settings(Fit.CARD, Scores.SIGMOID, Settings.AUTOMATIC, Settings.AUTOMATIC, false);
        assertThat(classify(labels, image, Region.whole(64, 64))
                        .regions()
                        .get(0)
                        .scores())
                .allSatisfy(score -> {
                    assertThat(score.score()).isGreaterThanOrEqualTo(0.5);
                    assertThat(score.score()).isCloseTo(1 / (1 + Math.exp(-score.logit())), within(1e-12));
                })
                .isNotEmpty();
    }

    /** 16 bits are stretched, never wrapped: brightness and contrast do not matter, and grey is repeated. */
    @Test
    void sixteenBitsAreStretched() throws IOException {
        byte[] picture = bytes(100 * 70, 3);
        short[] dim = new short[picture.length];
        short[] bright = new short[picture.length];
        byte[] three = new byte[3 * picture.length];
        for (int i = 0; i < picture.length; i++) {
            int value = picture[i] & 0xFF;
            dim[i] = (short) (3 * value + 100);
            bright[i] = (short) (250 * value + 500);
            for (int c = 0; c < 3; c++) {
                three[c * picture.length + i] = picture[i];
            }
        }
        Result a = classify(usual(), ArrayImgs.unsignedShorts(dim, 100, 70), Region.whole(100, 70));
        Result b = classify(usual(), ArrayImgs.unsignedShorts(bright, 100, 70), Region.whole(100, 70));
        assertThat(b.regions().get(0).all()).containsExactly(a.regions().get(0).all());
        assertThat(a.notes().get(0)).contains("percentile").contains("stretched");
        Result grey = classify(usual(), ArrayImgs.unsignedBytes(picture, 100, 70), Region.whole(100, 70));
        Result rgb = classify(usual(), ArrayImgs.unsignedBytes(three, 100, 70, 3), Region.whole(100, 70));
        assertThat(rgb.regions().get(0).all())
                .containsExactly(grey.regions().get(0).all());
        assertThat(String.join("\n", grey.notes()))
                .contains("repeated")
                .contains("64 x 64")
                .contains("mean");
        assertThat(String.join("\n", rgb.notes())).contains("red, green and blue");
    }

    @Test
    void aRegionIsWhatItsCropIs() throws IOException {
        byte[] picture = bytes(90 * 80, 4);
        byte[] crop = new byte[40 * 30];
        for (int y = 0; y < 30; y++) {
            System.arraycopy(picture, (y + 20) * 90 + 10, crop, y * 40, 40);
        }
        Region part = new Region("part", 10, 20, 40, 30, null);
        Result together = classify(usual(), ArrayImgs.unsignedBytes(picture, 90, 80), Region.whole(90, 80), part);
        Result alone = classify(usual(), ArrayImgs.unsignedBytes(crop, 40, 30), Region.whole(40, 30));
        assertThat(together.regions().get(1).all())
                .containsExactly(alone.regions().get(0).all());
        assertThat(together.regions().get(0).all())
                .isNotEqualTo(together.regions().get(1).all());
    }

    @Test
    void whatLiesOutsideAnObjectCanBeBlanked() throws IOException {
        int[] labels = new int[60 * 50];
        for (int y = 5; y < 25; y++) {
            for (int x = 8; x < 30 - y / 2; x++) {
                labels[y * 60 + x] = 7;
            }
        }
        List<Region> objects = Region.objects(labels, 60, 50, 2);
        assertThat(objects).hasSize(1);
        Region object = objects.get(0);
        assertThat(List.of(object.left(), object.top(), object.width(), object.height()))
                .containsExactly(6, 3, 24, 24);
        assertThat(object.name()).isEqualTo("object 7");
        byte[] first = bytes(60 * 50, 5);
        byte[] second = first.clone();
        for (int i = 0; i < labels.length; i++) {
            second[i] = labels[i] == 0 ? (byte) (255 - second[i]) : second[i];
        }
        Settings blank = settings(Fit.PAD, Scores.SOFTMAX, 0, 0, true);
        double[] a = classify(blank, ArrayImgs.unsignedBytes(first, 60, 50), object)
                .regions()
                .get(0)
                .all();
        double[] b = classify(blank, ArrayImgs.unsignedBytes(second, 60, 50), object)
                .regions()
                .get(0)
                .all();
        assertThat(b).containsExactly(a);
        Settings whole = settings(Fit.PAD, Scores.SOFTMAX, 0, 0, false);
        assertThat(classify(whole, ArrayImgs.unsignedBytes(second, 60, 50), object)
                        .regions()
                        .get(0)
                        .all())
                .isNotEqualTo(a);
    }

    @Test
    void windowsCoverEveryPixel() {
        for (int[] side : new int[][] {{100, 40, 40}, {100, 40, 30}, {41, 40, 7}, {30, 40, 40}, {1, 1, 1}}) {
            boolean[] seen = new boolean[side[0]];
            for (Region window : Region.windows(side[0], 1, side[1], side[2])) {
                assertThat(window.left() + window.width()).isLessThanOrEqualTo(side[0]);
                Arrays.fill(seen, window.left(), window.left() + window.width(), true);
            }
            assertThat(seen).doesNotContain(false);
        }
        assertThat(Region.windows(100, 50, 40, 40)).hasSize(6);
        assertThatIllegalArgumentException().isThrownBy(() -> Region.windows(100, 50, 40, 41));
    }

    @Test
    void theClassMapAveragesWhereWindowsOverlap() throws IOException {
        try (Classify task = Classify.open(usual())) {
            RandomAccessibleInterval<? extends RealType<?>> image = ArrayImgs.unsignedBytes(bytes(70 * 40, 6), 70, 40);
            List<Region> windows = Region.windows(70, 40, 40, 20);
            Result result = task.classify(image, windows, Progress.NONE);
            int[] map = task.classMap(result, 70, 40);
            for (int x = 0; x < 70; x++) {
                double[] mean = null;
                for (Classified one : result.regions()) {
                    Region r = one.region();
                    if (x >= r.left() && x < r.left() + r.width()) {
                        mean = mean == null ? new double[one.all().length] : mean;
                        for (int c = 0; c < mean.length; c++) {
                            mean[c] += one.all()[c];
                        }
                    }
                }
                int best = 0;
                for (int c = 1; c < mean.length; c++) {
                    best = mean[c] > mean[best] ? c : best;
                }
                assertThat(map[13 * 70 + x]).isEqualTo(best + 1);
            }
        }
    }

    @Test
    void onePixelIsAnImage() throws IOException {
        for (RandomAccessibleInterval<? extends RealType<?>> image :
                List.<RandomAccessibleInterval<? extends RealType<?>>>of(
                        ArrayImgs.unsignedBytes(1, 1),
                        ArrayImgs.floats(new float[] {Float.NaN}, 1, 1),
                        ArrayImgs.unsignedShorts(1, 1, 5))) {
            assertThat(classify(usual(), image, Region.whole(1, 1))
                            .regions()
                            .get(0)
                            .scores())
                    .hasSize(5);
        }
    }

    @Test
    void wrongInputsAreSaid() {
        RandomAccessibleInterval<? extends RealType<?>> image = ArrayImgs.unsignedBytes(20, 20);
        assertThatThrownBy(() -> classify(usual(), image, new Region("far", 30, 0, 5, 5, null)))
                .hasMessageContaining("region far lies outside the image of 20 x 20");
        assertThatThrownBy(() ->
                        Classify.open(new Settings(MODEL, CONFIG, Fit.CARD, 50, Scores.AUTOMATIC, 5, 0, false, "cpu")))
                .hasMessageContaining("input size is 50 x 50")
                .hasMessageContaining("multiples of 32");
        assertThatThrownBy(() ->
                        Classify.open(new Settings(MODEL, CONFIG, Fit.CARD, 0, Scores.AUTOMATIC, 5, 1.5, false, "cpu")))
                .hasMessageContaining("threshold is 1.5");
        String pyramid = COC.resolve("checkpoint-points.pth").toString();
        String points = COC.resolve("checkpoint-points/case.json").toString();
        assertThatThrownBy(() ->
                        Classify.open(new Settings(pyramid, points, Fit.CARD, 0, Scores.AUTOMATIC, 5, 0, false, "cpu")))
                .hasMessageContaining("gives no classes to images")
                .hasMessageContaining("point classification");
    }

    @Test
    void pointsAreClassifiedWhereverTheyLie() throws IOException {
        String model = COC.resolve("checkpoint-points.pth").toString();
        String config = COC.resolve("checkpoint-points/case.json").toString();
        SplittableRandom random = new SplittableRandom(8);
        double[][] cloud = new double[500][3];
        double[][] moved = new double[500][3];
        for (int i = 0; i < cloud.length; i++) {
            for (int axis = 0; axis < 3; axis++) {
                cloud[i][axis] = random.nextInt(4096) / 16.0;
                moved[i][axis] = cloud[i][axis] * 1024 + 4096 * (axis + 1);
            }
        }
        try (ClassifyPoints task = ClassifyPoints.open(model, config, 0, 3, "cpu")) {
            ClassifyPoints.Result result = task.classify(cloud);
            assertThat(result.scores()).hasSize(15);
            assertThat(result.scores().stream().mapToDouble(Score::score).sum()).isCloseTo(1, within(1e-9));
            assertThat(result.notes().get(0)).isEqualTo("128 of 500 points drawn with seed 3");
            List<Score> again = task.classify(moved).scores();
            for (int i = 0; i < 15; i++) {
                assertThat(again.get(i).logit())
                        .isCloseTo(result.scores().get(i).logit(), within(1e-3));
            }
            assertThatThrownBy(() -> task.classify(Arrays.copyOf(cloud, 5)))
                    .hasMessageContaining("the cloud has 5 points");
            assertThatThrownBy(() -> task.classify(new double[200][3])).hasMessageContaining("at one place");
            cloud[499][1] = Double.NaN;
            try (ClassifyPoints all = ClassifyPoints.open(model, config, 0, 3, "cpu")) {
                assertThatThrownBy(() -> all.classify(Arrays.copyOfRange(cloud, 400, 500)))
                        .isInstanceOf(IllegalArgumentException.class);
            }
        }
    }
}
