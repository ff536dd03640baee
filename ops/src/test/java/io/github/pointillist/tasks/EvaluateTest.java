// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.pointillist.progress.Progress;
import io.github.pointillist.samples.SimulatedImages;
import io.github.pointillist.tasks.Evaluate.Mode;
import io.github.pointillist.tasks.Evaluate.Planes;
import io.github.pointillist.tasks.Evaluate.Result;
import io.github.pointillist.tasks.Evaluate.Settings;
import io.github.pointillist.tasks.InstanceScores.Matches;
import io.github.pointillist.tasks.Scores.Figure;
import io.github.pointillist.tasks.SemanticScores.ClassCounts;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.img.Img;
import net.imglib2.img.array.ArrayImgs;
import net.imglib2.type.numeric.RealType;
import net.imglib2.type.numeric.integer.IntType;
import net.imglib2.view.Views;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class EvaluateTest {
    private static final double EXACT = 1e-12;

    /** Rows of letters: '.' is background, 'a' is 1, and so on. */
    private static int[] labels(String... rows) {
        String all = String.join("", rows);
        return all.chars().map(c -> c == '.' ? 0 : c - 'a' + 1).toArray();
    }

    private static Img<IntType> image(int[] labels) {
        return ArrayImgs.ints(labels, labels.length, 1);
    }

    private static Result compare(
            RandomAccessibleInterval<? extends RealType<?>> prediction,
            RandomAccessibleInterval<? extends RealType<?>> truth,
            Settings settings) {
        return Evaluate.compare(
                LabelPlanes.of("prediction", prediction), LabelPlanes.of("truth", truth), settings, Progress.NONE);
    }

    private static InstanceScores instances(int[] prediction, int[] truth) {
        return (InstanceScores)
                compare(image(prediction), image(truth), Settings.instances()).total();
    }

    private static InstanceScores instances(String prediction, String truth) {
        return instances(labels(prediction), labels(truth));
    }

    private static SemanticScores semantic(String prediction, String truth, List<Long> ignored, boolean background) {
        Settings settings = new Settings(Mode.SEMANTIC, Planes.EACH, ignored, background);
        return (SemanticScores) compare(image(labels(prediction)), image(labels(truth)), settings)
                .total();
    }

    private static double figure(Scores scores, String name) {
        return scores.figures().stream()
                .filter(figure -> figure.name().equals(name))
                .findFirst()
                .orElseThrow()
                .value();
    }

    @Test
    void threeObjectsByHand() {
        // a: 4 of 5 pixels found (IoU 4/5), b: 3 shared of 5 in either (3/5), c: missed; one object too many
        InstanceScores scores = instances("aaaa...bbbb....dd", "aaaaa.bbbb.cccc..");
        assertThat(scores.trueObjects()).isEqualTo(3);
        assertThat(scores.predictedObjects()).isEqualTo(3);
        Matches half = scores.at(0.5);
        assertThat(List.of(half.truePositives(), half.falsePositives(), half.falseNegatives()))
                .containsExactly(2L, 1L, 1L);
        assertThat(half.ap()).isEqualTo(2 / 4.0);
        assertThat(half.precision()).isEqualTo(2 / 3.0);
        assertThat(half.recall()).isEqualTo(2 / 3.0);
        assertThat(half.f1()).isEqualTo(2 / 3.0);
        assertThat(half.meanIou()).isEqualTo((4 / 5.0 + 3 / 5.0) / 2, within(EXACT));
        // 3/5 is a match up to 0.6, 4/5 up to 0.8: AP 2/4 at 3 thresholds, 1/5 at 4, 0 at 3
        assertThat(scores.thresholds().stream().map(Matches::truePositives))
                .containsExactly(2L, 2L, 2L, 1L, 1L, 1L, 1L, 0L, 0L, 0L);
        assertThat(scores.at(0.8).ap()).isEqualTo(1 / 5.0);
        assertThat(scores.at(0.85).ap()).isZero();
        assertThat(scores.meanAp()).isEqualTo((3 * 0.5 + 4 * 0.2) / 10, within(EXACT));
        assertThat(scores.panoptic().meanIou()).isEqualTo(0.7, within(EXACT));
        assertThat(scores.panoptic().f1()).isEqualTo(2 / 3.0);
        assertThat(scores.panoptic().quality()).isEqualTo(0.7 * 2 / 3, within(EXACT));
        // shared 4 + 3; covered 5 + 5, c: 4, d: 2
        assertThat(scores.aji().iou()).isEqualTo(7 / 16.0);
        assertThat(scores.ajiPlus().iou()).isEqualTo(7 / 16.0);
        assertThat(scores.foreground().dice()).isEqualTo(2 * 7 / (13.0 + 10));
        assertThat(scores.foreground().iou()).isEqualTo(7 / 16.0);
    }

    @Test
    void figuresHaveFixedNames() {
        assertThat(instances("aa", "aa").figures())
                .extracting(Figure::name)
                .containsExactly(
                        "true objects",
                        "predicted objects",
                        "difference",
                        "AP@0.5",
                        "AP@0.6",
                        "AP@0.7",
                        "AP@0.8",
                        "AP@0.9",
                        "AP@0.5:0.95",
                        "TP@0.5",
                        "FP@0.5",
                        "FN@0.5",
                        "precision@0.5",
                        "recall@0.5",
                        "F1@0.5",
                        "matched IoU@0.5",
                        "PQ",
                        "SQ",
                        "RQ",
                        "AJI",
                        "AJI+",
                        "Dice",
                        "IoU");
        assertThat(semantic("ab", "ab", List.of(), true).figures())
                .extracting(Figure::name)
                .containsExactly("classes", "pixels", "mIoU", "mDice", "pixel accuracy", "class accuracy", "fwIoU");
    }

    @Test
    void theSameImageIsPerfect() {
        InstanceScores scores = instances("aab.c", "xxy.z");
        for (Figure figure : scores.figures()) {
            double expected =
                    switch (figure.name()) {
                        case "true objects", "predicted objects", "TP@0.5" -> 3;
                        case "difference", "FP@0.5", "FN@0.5" -> 0;
                        default -> 1;
                    };
            assertThat(figure.value()).as(figure.name()).isEqualTo(expected);
        }
    }

    @Test
    void anIouOfExactlyAHalfIsAMatchForApAndNoneForPq() {
        InstanceScores halves = instances("ab", "aa");
        assertThat(halves.at(0.5).truePositives()).isEqualTo(1);
        assertThat(halves.at(0.5).falsePositives()).isEqualTo(1);
        assertThat(halves.at(0.5).ap()).isEqualTo(0.5);
        assertThat(halves.at(0.55).truePositives()).isZero();
        assertThat(halves.panoptic().truePositives()).isZero();
        assertThat(halves.panoptic().quality()).isZero();
        // the other way round
        InstanceScores merged = instances("aaaa", "aabb");
        assertThat(merged.at(0.5).truePositives()).isEqualTo(1);
        assertThat(merged.at(0.5).falseNegatives()).isEqualTo(1);
    }

    /** 7 / 10 in floating point is below 0.7 when computed as 1 - 0.3; counts in whole numbers do not care. */
    @Test
    void thresholdsAreMetExactly() {
        for (int percent = 50; percent <= 95; percent += 5) {
            int[] truth = new int[200];
            int[] prediction = new int[200];
            for (int i = 0; i < 100; i++) {
                truth[i] = 1;
                prediction[i] = i < percent ? 9 : 0;
            }
            InstanceScores scores = instances(prediction, truth);
            assertThat(scores.at(percent / 100.0).truePositives()).isEqualTo(1);
            prediction[0] = 0;
            assertThat(instances(prediction, truth).at(percent / 100.0).truePositives())
                    .isZero();
        }
        assertThatThrownBy(() -> instances("a", "a").at(0.51)).hasMessageContaining("threshold is 0.51; allowed are");
    }

    @Test
    void ajiTakesAnObjectSeveralTimesAndAjiPlusOnce() {
        // one predicted object of 7 pixels over two true ones of 4 and 3: both take it, or one is left alone
        InstanceScores scores = instances("ccccccc", "aaaabbb");
        assertThat(List.of(scores.aji().shared(), scores.aji().covered())).containsExactly(7L, 14L);
        assertThat(List.of(scores.ajiPlus().shared(), scores.ajiPlus().covered()))
                .containsExactly(4L, 10L);
    }

    @Test
    void ajiPlusPairsForTheLargestSumNotGreedily() {
        String truth = "aaaaaaabbb....";
        String prediction = "yyyxxxxxxx....";
        InstanceScores scores = instances(prediction, truth);
        // a-x is the best pair alone (4 of 10); a-y and b-x (3 of 7 each) have the larger sum
        assertThat(List.of(scores.ajiPlus().shared(), scores.ajiPlus().covered()))
                .containsExactly(6L, 14L);
    }

    @Test
    void withoutObjectsNothingIsDefined() {
        InstanceScores none = instances("...", "...");
        for (String name : List.of("true objects", "predicted objects", "difference", "TP@0.5", "FP@0.5", "FN@0.5")) {
            assertThat(figure(none, name)).as(name).isZero();
        }
        for (String name :
                List.of("AP@0.5", "AP@0.5:0.95", "precision@0.5", "recall@0.5", "F1@0.5", "PQ", "SQ", "RQ")) {
            assertThat(figure(none, name)).as(name).isNaN();
        }
        for (String name : List.of("matched IoU@0.5", "AJI", "AJI+", "Dice", "IoU")) {
            assertThat(figure(none, name)).as(name).isNaN();
        }
    }

    @Test
    void withoutAMatchAllIsZero() {
        for (InstanceScores scores :
                List.of(instances("...", "aab"), instances("aab", "..."), instances("a..", "..b"))) {
            for (Figure figure : scores.figures()) {
                if (!figure.count()) {
                    assertThat(figure.value()).as(figure.name()).isZero();
                }
            }
        }
        assertThat(figure(instances("...", "aab"), "difference")).isEqualTo(-2);
        assertThat(figure(instances("...", "aab"), "FN@0.5")).isEqualTo(2);
        assertThat(figure(instances("aab", "..."), "FP@0.5")).isEqualTo(2);
    }

    @Test
    void pooledCountsAreAddedAndMeansAreOverImages() {
        InstanceScores good = instances("abcd", "abcd");
        InstanceScores bad = instances("a.", ".b");
        InstanceScores empty = instances("....", "....");
        List<InstanceScores> images = List.of(good, bad, empty);
        Scores pooled = Scores.pooled(images);
        assertThat(figure(pooled, "AP@0.5")).isEqualTo(4 / 6.0);
        assertThat(figure(pooled, "true objects")).isEqualTo(5);
        assertThat(Scores.means(images))
                .extracting(Figure::name)
                .containsExactly("AP@0.5", "AP@0.6", "AP@0.7", "AP@0.8", "AP@0.9", "AP@0.5:0.95", "PQ");
        assertThat(Scores.means(images)).extracting(Figure::value).containsOnly(0.5);
        assertThat(Scores.means(List.of(empty)).get(0).value()).isNaN();
        assertThatThrownBy(() -> good.plus(semantic("a", "a", List.of(), true)))
                .hasMessageContaining("scores of objects and of classes");
        assertThatThrownBy(() -> semantic("a", "a", List.of(), true).plus(good))
                .hasMessageContaining("scores of objects and of classes");
    }

    @Test
    void aStackIsItsPlanesOrAVolume() {
        // one object through both planes, predicted as two: of 2 pixels in the first, of 4 in the second
        int[] truth = {1, 1, 0, 0, 1, 1, 1, 1};
        int[] prediction = {5, 5, 0, 0, 6, 6, 6, 6};
        Img<IntType> t = ArrayImgs.ints(truth, 4, 1, 2);
        Img<IntType> p = ArrayImgs.ints(prediction, 4, 1, 2);
        Result each = compare(p, t, Settings.instances());
        assertThat(each.parts()).extracting(Evaluate.Part::slice).containsExactly(1, 2);
        assertThat(figure(each.parts().get(0).scores(), "TP@0.5")).isEqualTo(1);
        assertThat(figure(each.total(), "true objects")).isEqualTo(2);
        assertThat(figure(each.total(), "AP@0.9")).isEqualTo(1);

        Settings asVolume = new Settings(Mode.INSTANCES, Planes.VOLUME, List.of(), true);
        Result volume = compare(p, t, asVolume);
        assertThat(volume.parts()).extracting(Evaluate.Part::slice).containsExactly(0);
        assertThat(figure(volume.total(), "true objects")).isEqualTo(1);
        assertThat(figure(volume.total(), "predicted objects")).isEqualTo(2);
        assertThat(figure(volume.total(), "SQ")).isEqualTo(4 / 6.0);
        assertThat(figure(volume.total(), "AP@0.6")).isEqualTo(0.5);

        // frames are never one object
        Result frames = compare(ArrayImgs.ints(prediction, 4, 1, 1, 2), ArrayImgs.ints(truth, 4, 1, 1, 2), asVolume);
        assertThat(frames.parts()).extracting(Evaluate.Part::frame).containsExactly(1, 2);
        assertThat(figure(frames.total(), "true objects")).isEqualTo(2);
    }

    @Test
    void classesByHand() {
        //                                     truth:  4 of background, 4 of a, 2 of b
        SemanticScores scores = semantic("..a.aaabcb", "....aaaabb", List.of(), true);
        // background: 3 both, 4 true, 3 said; a: 3, 4, 4; b: 1, 2, 2; c: 0, 0, 1
        assertThat(scores.classes())
                .containsExactly(
                        new ClassCounts(0, 4, 3, 3),
                        new ClassCounts(1, 4, 4, 3),
                        new ClassCounts(2, 2, 2, 1),
                        new ClassCounts(3, 0, 1, 0));
        double[] iou = {3 / 4.0, 3 / 5.0, 1 / 3.0, 0};
        double[] dice = {6 / 7.0, 6 / 8.0, 2 / 4.0, 0};
        for (int c = 0; c < 4; c++) {
            assertThat(scores.classes().get(c).iou()).isEqualTo(iou[c], within(EXACT));
            assertThat(scores.classes().get(c).dice()).isEqualTo(dice[c], within(EXACT));
        }
        assertThat(scores.meanIou()).isEqualTo((iou[0] + iou[1] + iou[2]) / 4, within(EXACT));
        assertThat(scores.meanDice()).isEqualTo((dice[0] + dice[1] + dice[2]) / 4, within(EXACT));
        assertThat(scores.pixelAccuracy()).isEqualTo(0.7);
        assertThat(scores.meanAccuracy()).isEqualTo((3 / 4.0 + 3 / 4.0 + 1 / 2.0) / 3, within(EXACT));
        assertThat(scores.weightedIou()).isEqualTo((4 * iou[0] + 4 * iou[1] + 2 * iou[2]) / 10, within(EXACT));
        assertThat(scores.classes().get(3).accuracy()).isNaN();
    }

    @Test
    void ignoredPixelsAreLeftOut() {
        // the last two are not counted; 'd' said where the truth is a is wrong, but no class
        SemanticScores scores = semantic("aadbba", "aaabdd", List.of(4L), true);
        assertThat(scores.classes()).containsExactly(new ClassCounts(1, 3, 2, 2), new ClassCounts(2, 1, 1, 1));
        assertThat(scores.pixels()).isEqualTo(4);
        assertThat(scores.pixelAccuracy()).isEqualTo(0.75);
        assertThat(scores.weightedIou()).isEqualTo((3 * 2 / 3.0 + 1) / 4, within(EXACT));
        SemanticScores nothing = semantic("ab", "dd", List.of(4L, 7L), true);
        assertThat(nothing.pixels()).isZero();
        assertThat(nothing.meanIou()).isNaN();
        assertThat(nothing.pixelAccuracy()).isNaN();
        assertThat(nothing.weightedIou()).isNaN();
    }

    @Test
    void backgroundNeedNotBeAClass() {
        SemanticScores scores = semantic("a.aab.", "..aaa.", List.of(), false);
        // a: 2 both, 3 true, 3 said (one on background); b: one said
        assertThat(scores.classes()).containsExactly(new ClassCounts(1, 3, 3, 2), new ClassCounts(2, 0, 1, 0));
        assertThat(scores.meanIou()).isEqualTo(2 / 4.0 / 2);
        assertThat(scores.pixels()).isEqualTo(3);
        assertThat(scores.pixelAccuracy()).isEqualTo(2 / 3.0);
        assertThat(scores.weightedIou()).isEqualTo(0.5);
    }

    @Test
    void classesOfSeveralImagesArePooled() {
        SemanticScores sum = semantic("aab", "abb", List.of(), true).plus(semantic("c.", "cc", List.of(), true));
        assertThat(sum.classes())
                .containsExactly(
                        new ClassCounts(0, 0, 1, 0),
                        new ClassCounts(1, 1, 2, 1),
                        new ClassCounts(2, 2, 1, 1),
                        new ClassCounts(3, 2, 1, 1));
        assertThat(sum.pixels()).isEqualTo(5);
        assertThat(sum.pixelAccuracy()).isEqualTo(3 / 5.0);
    }

    @Property(tries = 400)
    void agreesWithTheDefinitions(
            @ForAll long seed, @ForAll @IntRange(min = 1, max = 24) int pixels, @ForAll @IntRange(max = 6) int most) {
        Random random = new Random(seed);
        int[] truth = runs(random, pixels, most);
        int[] prediction = random.nextInt(3) == 0 ? runs(random, pixels, most) : disturbed(random, truth, most);
        InstanceScores scores = instances(prediction, truth);
        NaiveScores naive = new NaiveScores(prediction, truth);
        assertThat(scores.trueObjects()).isEqualTo(naive.trueObjects());
        assertThat(scores.predictedObjects()).isEqualTo(naive.predictedObjects());
        for (int percent = 50; percent <= 95; percent += 5) {
            assertThat(scores.at(percent / 100.0).truePositives()).isEqualTo(naive.matches(percent, false));
        }
        assertThat(scores.panoptic().truePositives()).isEqualTo(naive.matches(50, true));
        assertThat(scores.panoptic().iouSum()).isEqualTo(naive.sumAboveHalf(), within(EXACT));
        assertThat(List.of(scores.aji().shared(), scores.aji().covered())).isEqualTo(naive.aji());
        assertThat(naive.ajiPlus())
                .contains(List.of(scores.ajiPlus().shared(), scores.ajiPlus().covered()));
    }

    /** Runs of random lengths and labels, so that many pairs overlap by the same share. */
    private static int[] runs(Random random, int pixels, int most) {
        int[] labels = new int[pixels];
        for (int i = 0; i < pixels; ) {
            int label = random.nextInt(most + 1);
            for (int n = 1 + random.nextInt(5); n > 0 && i < pixels; n--) {
                labels[i++] = label;
            }
        }
        return labels;
    }

    private static int[] disturbed(Random random, int[] labels, int most) {
        int[] changed = labels.clone();
        for (int i = 0; i < changed.length; i++) {
            if (random.nextInt(4) == 0) {
                changed[i] = random.nextInt(most + 1);
            }
        }
        return changed;
    }

    @Property(tries = 50)
    void labelsMayHaveAnyValues(@ForAll long seed) {
        Random random = new Random(seed);
        int[] truth = runs(random, 300, 40);
        int[] prediction = disturbed(random, truth, 40);
        List<Integer> names = new ArrayList<>();
        for (int i = 1; i <= 40; i++) {
            names.add(i * 50_000_001);
        }
        Collections.shuffle(names, random);
        int[] renamed = prediction.clone();
        for (int i = 0; i < renamed.length; i++) {
            renamed[i] = renamed[i] == 0 ? 0 : names.get(renamed[i] - 1);
        }
        assertThat(instances(renamed, truth)).isEqualTo(instances(prediction, truth));
    }

    @Property(tries = 50)
    void predictionAndTruthMayChangePlaces(@ForAll long seed) {
        Random random = new Random(seed);
        int[] truth = runs(random, 300, 40);
        int[] prediction = disturbed(random, truth, 40);
        InstanceScores one = instances(prediction, truth);
        InstanceScores other = instances(truth, prediction);
        for (int i = 0; i < one.thresholds().size(); i++) {
            Matches a = one.thresholds().get(i);
            Matches b = other.thresholds().get(i);
            assertThat(a.falsePositives()).isEqualTo(b.falseNegatives());
            assertThat(a.precision()).isEqualTo(b.recall());
            assertThat(a.ap()).isEqualTo(b.ap());
        }
        assertThat(one.panoptic().quality()).isEqualTo(other.panoptic().quality(), within(EXACT));
        assertThat(one.foreground()).isEqualTo(other.foreground());
    }

    @Test
    void countsThousandsOfTouchingObjects() {
        int side = 1200;
        int cell = 8;
        int[] truth = new int[side * side];
        int[] prediction = new int[side * side];
        for (int i = 0; i < truth.length; i++) {
            int x = i % side;
            int y = i / side;
            truth[i] = 1 + x / cell + y / cell * (side / cell);
            prediction[i] = 1 + (x + 1) / cell + (y + 1) / cell * (side / cell + 1);
        }
        InstanceScores scores = (InstanceScores)
                compare(ArrayImgs.ints(prediction, side, side), ArrayImgs.ints(truth, side, side), Settings.instances())
                        .total();
        assertThat(scores.trueObjects()).isEqualTo(150 * 150);
        assertThat(scores.predictedObjects()).isEqualTo(151 * 151);
        // cells inside share 49 of 64 + 64 - 49 = 79 pixels, 0.62; in the first row or column 49 of 71, in the corner
        // 49 of 64
        assertThat(scores.at(0.6).truePositives()).isEqualTo(150 * 150);
        assertThat(scores.at(0.65).truePositives()).isEqualTo(2 * 149 + 1);
        assertThat(scores.at(0.7).truePositives()).isEqualTo(1);
        assertThat(scores.ajiPlus().shared()).isEqualTo(49L * 150 * 150);
    }

    @Test
    void theOriginAndTheTypeDoNotMatter() {
        var sample = SimulatedImages.nuclei(200, 150, 3).labels();
        Img<IntType> same = ArrayImgs.ints(200, 150);
        var in = sample.cursor();
        var out = same.randomAccess();
        while (in.hasNext()) {
            in.fwd();
            out.setPositionAndGet(in).set(in.get().get());
        }
        InstanceScores scores = (InstanceScores) compare(Views.translate(same, -70, 9), sample, Settings.instances())
                .total();
        assertThat(scores.trueObjects()).isGreaterThan(3);
        assertThat(scores.meanAp()).isEqualTo(1);
        assertThat(scores.aji().iou()).isEqualTo(1);
    }

    @Test
    void refusesWhatIsNoLabelImage() {
        Img<IntType> fine = image(labels("aab"));
        record Wrong(RandomAccessibleInterval<? extends RealType<?>> image, String why) {}
        for (Wrong wrong : List.of(
                new Wrong(ArrayImgs.floats(new float[] {1, 2.5f, 0}, 3, 1), "holds 2.5 at (1, 0); labels are whole"),
                new Wrong(ArrayImgs.floats(new float[] {1, 2, Float.NaN}, 3, 1), "holds NaN at (2, 0)"),
                new Wrong(ArrayImgs.floats(new float[] {Float.POSITIVE_INFINITY, 2, 0}, 3, 1), "holds Infinity at"),
                new Wrong(ArrayImgs.floats(new float[] {1, 1 << 25, 0}, 3, 1), "from 0 to 16777216"),
                new Wrong(ArrayImgs.ints(new int[] {0, -1, 0}, 3, 1), "holds -1.0 at (1, 0)"),
                new Wrong(ArrayImgs.longs(new long[] {0, 1L << 60, 0}, 3, 1), "labels are whole numbers from 0 to"),
                new Wrong(ArrayImgs.ints(4, 1), "has the size [4, 1]"),
                new Wrong(ArrayImgs.ints(3, 1, 2), "2 slices and 1 frames"),
                new Wrong(ArrayImgs.ints(3, 1, 1, 2), "1 slices and 2 frames"),
                new Wrong(ArrayImgs.ints(3), "has 1 dimensions; allowed are (x, y)"))) {
            assertThatThrownBy(() -> compare(wrong.image, fine, Settings.instances()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("prediction ")
                    .hasMessageContaining(wrong.why);
            assertThatThrownBy(() -> compare(fine, wrong.image, Settings.semantic()))
                    .hasMessageContaining("truth ");
        }
    }

    @Test
    void refusesSettingsThatChangeNothing() {
        assertThatThrownBy(() -> new Settings(Mode.SEMANTIC, Planes.VOLUME, List.of(), true))
                .hasMessageContaining("planes is volume with mode semantic");
        assertThatThrownBy(() -> new Settings(Mode.INSTANCES, Planes.EACH, List.of(3L), true))
                .hasMessageContaining("ignore is [3] with mode instances");
        assertThatThrownBy(() -> new Settings(Mode.INSTANCES, Planes.EACH, List.of(), false))
                .hasMessageContaining("background is false with mode instances");
        assertThatThrownBy(() -> new Settings(Mode.SEMANTIC, Planes.EACH, List.of(-1L), true))
                .hasMessageContaining("ignore is -1; allowed are labels");
    }

    @Test
    void canBeStopped() {
        Progress stop = new Progress() {
            @Override
            public void report(long done, long total, String what) {}

            @Override
            public boolean cancelled() {
                return true;
            }
        };
        LabelPlanes planes = LabelPlanes.of("a", image(labels("aab")));
        assertThatThrownBy(() -> Evaluate.compare(planes, planes, Settings.instances(), stop))
                .isInstanceOf(CancellationException.class);
    }
}
