// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.PanopticQuality.ClassCounts;
import java.util.List;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.img.array.ArrayImgs;
import net.imglib2.type.numeric.RealType;
import org.junit.jupiter.api.Test;

class PanopticQualityTest {
    private static RandomAccessibleInterval<? extends RealType<?>> segments(int[] classes, int[] objects) {
        return PanopticQuality.segments(
                ArrayImgs.ints(objects, objects.length, 1),
                "objects",
                ArrayImgs.ints(classes, classes.length, 1),
                "classes");
    }

    private static PanopticQuality quality(
            RandomAccessibleInterval<? extends RealType<?>> predicted,
            RandomAccessibleInterval<? extends RealType<?>> truth) {
        LabelOverlap overlap = new LabelOverlap();
        overlap.add(predicted, "prediction", truth, "truth", Progress.NONE);
        return PanopticQuality.of(overlap);
    }

    private static ClassCounts of(PanopticQuality scores, long label) {
        return scores.classes().stream()
                .filter(one -> one.label() == label)
                .findFirst()
                .orElse(new ClassCounts(label, 0, 0, 0, 0));
    }

    @Test
    void equalSegmentsArePerfect() {
        RandomAccessibleInterval<? extends RealType<?>> truth =
                segments(new int[] {1, 1, 2, 2, 2, 2}, new int[] {0, 0, 1, 1, 2, 2});
        PanopticQuality scores = quality(truth, truth);
        assertThat(of(scores, 1).pq()).isEqualTo(1);
        assertThat(of(scores, 2)).isEqualTo(new ClassCounts(2, 2, 0, 0, 2));
        assertThat(of(scores, 3).pq()).isNaN();
        assertThat(scores.averaged()).allMatch(figure -> figure.value() == 1);
    }

    /** By hand: thing 1 of 4 pixels found with 3 of them and one more (3 / 5); thing 2 missed; one thing invented. */
    @Test
    void matchesAreCountedByHand() {
        PanopticQuality scores = quality(
                segments(new int[] {1, 2, 2, 2, 2, 1, 1, 1, 1, 2}, new int[] {0, 5, 5, 5, 5, 0, 0, 0, 0, 9}),
                segments(new int[] {2, 2, 2, 2, 1, 1, 2, 2, 1, 1}, new int[] {1, 1, 1, 1, 0, 0, 2, 2, 0, 0}));
        ClassCounts things = of(scores, 2);
        assertThat(List.of(things.truePositives(), things.falsePositives(), things.falseNegatives()))
                .containsExactly(1L, 1L, 1L);
        assertThat(things.iouSum()).isEqualTo(3 / 5.0, within(1e-12));
        assertThat(things.pq()).isEqualTo(0.6 / 2, within(1e-12));
        assertThat(things.sq()).isEqualTo(0.6, within(1e-12));
        assertThat(things.rq()).isEqualTo(0.5, within(1e-12));
        // stuff: 4 pixels of truth, 5 predicted, 2 shared: 2 / 7
        assertThat(of(scores, 1)).isEqualTo(new ClassCounts(1, 0, 1, 1, 0));
        assertThat(scores.figures().stream().map(Scores.Figure::value).limit(4)).containsExactly(2.0, 3.0, 3.0, 1.0);
        assertThat(scores.averaged().get(0).value()).isEqualTo(0.15, within(1e-12));
    }

    @Test
    void halfIsNotEnough() {
        PanopticQuality scores =
                quality(segments(new int[] {1, 1, 2, 2}, new int[4]), segments(new int[] {1, 1, 1, 2}, new int[4]));
        assertThat(of(scores, 1).truePositives()).isEqualTo(1); // 2 of 3
        assertThat(of(scores, 2)).isEqualTo(new ClassCounts(2, 0, 1, 1, 0)); // 1 of 2
    }

    @Test
    void whatTheTruthLeavesVoidDoesNotCount() {
        PanopticQuality scores = quality(
                segments(new int[] {1, 1, 1, 1, 2, 2}, new int[] {0, 0, 0, 0, 3, 3}),
                segments(new int[] {1, 1, 0, 0, 0, 0}, new int[] {0, 0, 0, 7, 0, 0}));
        assertThat(scores.classes()).containsExactly(new ClassCounts(1, 1, 0, 0, 1));
    }

    @Test
    void anotherClassIsNoMatch() {
        PanopticQuality scores =
                quality(segments(new int[] {2, 2}, new int[2]), segments(new int[] {1, 1}, new int[2]));
        assertThat(scores.classes()).containsExactly(new ClassCounts(1, 0, 0, 1, 0), new ClassCounts(2, 0, 1, 0, 0));
    }

    @Test
    void countsOfImagesAreAddedUp() {
        RandomAccessibleInterval<? extends RealType<?>> one = segments(new int[] {1, 1}, new int[2]);
        RandomAccessibleInterval<? extends RealType<?>> two = segments(new int[] {2, 2}, new int[] {4, 4});
        PanopticQuality sum = quality(one, one).plus(quality(one, two)).plus(quality(two, two));
        assertThat(sum.classes()).containsExactly(new ClassCounts(1, 1, 1, 0, 1), new ClassCounts(2, 1, 0, 1, 1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> sum.plus(new SemanticScores(List.of(), 0, 0)))
                .withMessageContaining("cannot be added");
    }

    @Test
    void whatIsNoLabelIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> segments(new int[3], new int[2]))
                .withMessage("objects has the size 2 x 1, classes 3 x 1; they must be equal");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> segments(new int[] {1, -1}, new int[2]))
                .withMessageContaining("classes holds -1.0 at (1, 0)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PanopticQuality.segment(1 << 21, 0))
                .withMessageContaining("allowed are classes from 0 to 1048576");
    }
}
