// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.github.pointillist.tasks.PanopticScores.Segments;
import org.junit.jupiter.api.Test;

class PanopticScoresTest {
    private static Segments segments(int[] classes, int[] objects) {
        return Segments.of(classes, objects);
    }

    @Test
    void equalSegmentsArePerfect() {
        Segments truth = segments(new int[] {0, 0, 1, 1, 1, 1}, new int[] {0, 0, 1, 1, 2, 2});
        PanopticScores scores = new PanopticScores(3);
        scores.add(truth, truth);
        assertThat(scores.quality(0)).isEqualTo(1);
        assertThat(scores.quality(1)).isEqualTo(1);
        assertThat(scores.truePositives(1)).isEqualTo(2);
        assertThat(scores.quality(2)).isNaN();
    }

    /** By hand: thing 1 of 4 pixels found with 3 of them and one more (3 / 5); thing 2 missed; one thing invented. */
    @Test
    void matchesAreCountedByHand() {
        Segments truth = segments(new int[] {1, 1, 1, 1, 0, 0, 1, 1, 0, 0}, new int[] {1, 1, 1, 1, 0, 0, 2, 2, 0, 0});
        Segments predicted =
                segments(new int[] {0, 1, 1, 1, 1, 0, 0, 0, 0, 1}, new int[] {0, 5, 5, 5, 5, 0, 0, 0, 0, 9});
        PanopticScores scores = new PanopticScores(2);
        scores.add(predicted, truth);
        assertThat(scores.truePositives(1)).isEqualTo(1);
        assertThat(scores.falseNegatives(1)).isEqualTo(1);
        assertThat(scores.falsePositives(1)).isEqualTo(1);
        assertThat(scores.iouSum(1)).isEqualTo(3 / 5.0, within(1e-12));
        assertThat(scores.quality(1)).isEqualTo(0.6 / 2, within(1e-12));
        // stuff: 4 pixels of truth, 5 predicted, 2 shared: 2 / 7
        assertThat(scores.truePositives(0)).isZero();
        assertThat(scores.quality(0)).isZero();
    }

    @Test
    void halfIsNotEnough() {
        Segments truth = segments(new int[] {0, 0, 0, 1}, new int[4]);
        Segments predicted = segments(new int[] {0, 0, 1, 1}, new int[4]);
        PanopticScores scores = new PanopticScores(2);
        scores.add(predicted, truth);
        assertThat(scores.truePositives(0)).isEqualTo(1); // 2 of 3
        assertThat(scores.truePositives(1)).isZero(); // 1 of 2
        assertThat(scores.falsePositives(1)).isEqualTo(1);
    }

    @Test
    void whatTheTruthLeavesVoidDoesNotCount() {
        Segments truth = segments(new int[] {0, 0, -1, -1, -1, -1}, new int[6]);
        Segments predicted = segments(new int[] {0, 0, 0, 0, 1, 1}, new int[] {0, 0, 0, 0, 3, 3});
        PanopticScores scores = new PanopticScores(2);
        scores.add(predicted, truth);
        assertThat(scores.quality(0)).isEqualTo(1);
        assertThat(scores.falsePositives(1)).isZero();
        assertThat(scores.quality(1)).isNaN();
    }

    @Test
    void anotherClassIsNoMatch() {
        PanopticScores scores = new PanopticScores(2);
        scores.add(segments(new int[] {1, 1}, new int[2]), segments(new int[] {0, 0}, new int[2]));
        assertThat(scores.falseNegatives(0)).isEqualTo(1);
        assertThat(scores.falsePositives(1)).isEqualTo(1);
    }

    @Test
    void otherSizesAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        new PanopticScores(1).add(segments(new int[1], new int[1]), segments(new int[2], new int[2])))
                .withMessage("the prediction has 1 pixels and the truth 2; both must show the same image");
    }
}
