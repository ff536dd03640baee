// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ij.ImagePlus;
import ij.process.ByteProcessor;
import ij.process.ImageProcessor;
import ij.process.ShortProcessor;
import io.github.pointillist.plugins.results.EvaluateRun.Check;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.Evaluate.Mode;
import io.github.pointillist.tasks.Evaluate.Planes;
import io.github.pointillist.tasks.Evaluate.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntBinaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Pictures are no labels, and labels are no pictures. */
class LabelCheckTest {
    private static final int SIDE = 96;

    private static ImagePlus image(String name, IntBinaryOperator value) {
        ShortProcessor plane = new ShortProcessor(SIDE, SIDE);
        for (int i = 0; i < plane.getPixelCount(); i++) {
            plane.set(i, value.applyAsInt(i % SIDE, i / SIDE));
        }
        return new ImagePlus(name, plane);
    }

    /** Soft bright spots in rows. */
    private static double spots(int x, int y) {
        double dx = x % 24 - 12;
        double dy = y % 24 - 12;
        return Math.exp(-(dx * dx + dy * dy) / 50);
    }

    private static List<ImagePlus> pictures() {
        Random random = new Random(1);
        ImagePlus photo = image("a noisy photo", (x, y) -> 20 + (int) (150 * spots(x, y) + 6 * random.nextGaussian()));
        ImageProcessor bytes = photo.getProcessor().convertToByte(false);
        return List.of(
                photo,
                new ImagePlus("bytes", bytes),
                new ImagePlus("floats", photo.getProcessor().convertToFloat()),
                image("a smooth photo", (x, y) -> (int) (200 * spots(x, y))),
                image("16 bits", (x, y) -> 3000 + (int) (20000 * spots(x, y) + 500 * random.nextGaussian())),
                image("noise", (x, y) -> random.nextInt(256)));
    }

    private static List<ImagePlus> labels() {
        return List.of(
                image("nothing", (x, y) -> 0),
                image("a mask", (x, y) -> spots(x, y) > 0.5 ? 255 : 0),
                image("discs", (x, y) -> spots(x, y) > 0.5 ? 1 + x / 24 + 4 * (y / 24) : 0),
                image("tiles", (x, y) -> 1 + x / 4 + 24 * (y / 4)),
                image("spots of one pixel", (x, y) -> x % 4 == 0 && y % 4 == 0 ? 1 + x / 4 + 24 * (y / 4) : 0),
                image("objects in two parts", (x, y) -> x % 12 == 6 ? 0 : 1 + x / 24 * 2 + x / 6 % 2 + 100 * (y / 8)),
                image("few classes here and there", (x, y) -> (x * 7 + y * 13) % 5));
    }

    @Test
    void picturesAreRefusedAsTruthAndAsPrediction() {
        ImagePlus labels = labels().get(2);
        for (ImagePlus picture : pictures()) {
            assertThatIllegalArgumentException()
                    .as(picture.getTitle())
                    .isThrownBy(() -> EvaluateRun.compare(labels, picture, Settings.instances(), Progress.NONE))
                    .withMessageStartingWith("truth " + picture.getTitle() + " looks like a picture")
                    .withMessageContaining("--force")
                    .withMessageNotContaining("\n");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> EvaluateRun.compare(picture, labels, Settings.instances(), Progress.NONE))
                    .withMessageStartingWith("prediction " + picture.getTitle() + " looks like a picture");
            assertThat(EvaluateRun.compare(
                                    labels, picture, Settings.instances(), new Check(true, note -> {}), Progress.NONE)
                            .parts())
                    .hasSize(1);
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EvaluateRun.compare(labels, pictures().get(0), Settings.semantic(), Progress.NONE))
                .withMessageContaining("each class has a value of its own");
    }

    @ParameterizedTest
    @EnumSource(
            value = Mode.class,
            names = {"INSTANCES", "SEMANTIC"})
    void labelsAreNotRefused(Mode mode) {
        Settings settings = new Settings(mode, Planes.EACH, List.of(), true);
        for (ImagePlus labels : labels()) {
            assertThat(EvaluateRun.compare(labels, labels, settings, Progress.NONE)
                            .parts())
                    .as(labels.getTitle())
                    .hasSize(1);
        }
    }

    @Test
    void aMaskIsOneObjectAndANoteSaysSo() {
        List<String> notes = new ArrayList<>();
        ImagePlus mask = labels().get(1);
        EvaluateRun.compare(labels().get(2), mask, Settings.instances(), new Check(false, notes::add), Progress.NONE);
        assertThat(notes).hasSize(1);
        assertThat(notes.get(0)).startsWith("truth a mask holds one label alone, 255, in 16 pieces");
        ImagePlus one = image("one", (x, y) -> x < 9 && y < 9 ? 1 : 0);
        EvaluateRun.compare(one, one, Settings.instances(), new Check(false, notes::add), Progress.NONE);
        EvaluateRun.compare(mask, mask, Settings.semantic(), new Check(false, notes::add), Progress.NONE);
        assertThat(notes).hasSize(1);
    }

    @Test
    void valuesThatAreNoLabelsAreNamed() {
        ImagePlus fractions = new ImagePlus("f", new ByteProcessor(4, 4).convertToFloat());
        fractions.getProcessor().setf(2, 1, 0.5f);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EvaluateRun.compare(fractions, fractions, Settings.instances(), Progress.NONE))
                .withMessageContaining("holds 0.5 at (2, 1); labels are whole numbers");
    }
}
