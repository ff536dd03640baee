// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.github.pointillist.tensor.Arena;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Every loss against its formula written out for single values. */
class LossesTest {
    private static final float[] LOGITS = {-3, 0.5f, 2, 80, -80, 1};
    private static final float[] TRUTH = {0, 1, 0.25f, 1, 0, 0};
    private static final float[] WEIGHTS = {1, 2, 0.5f, 1, 1, 0};

    private Arena arena;

    @BeforeEach
    void open() {
        arena = Arena.onCpu();
    }

    @AfterEach
    void close() {
        arena.close();
    }

    private NDArray row(float... values) {
        return arena.array(values, 1, 2, 3);
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    private static double binary(int i) {
        double x = LOGITS[i];
        return Math.max(x, 0) - x * TRUTH[i] + Math.log1p(Math.exp(-Math.abs(x)));
    }

    private interface Term {
        double at(int i);
    }

    private static double weighted(Term term) {
        double sum = 0;
        for (int i = 0; i < LOGITS.length; i++) {
            sum += WEIGHTS[i] * term.at(i);
        }
        return sum;
    }

    private static double total() {
        return weighted(i -> 1);
    }

    @Test
    void binaryCrossEntropyIsTheWeightedMean() {
        double loss =
                Losses.binaryCrossEntropy(row(LOGITS), row(TRUTH), row(WEIGHTS)).getFloat();
        assertThat(loss).isCloseTo(weighted(LossesTest::binary) / total(), within(1e-6));
    }

    @Test
    void binaryFocalWeighsWhatIsMissed() {
        double loss = Losses.binaryFocal(row(LOGITS), row(TRUTH), row(WEIGHTS), 0.25, 2)
                .getFloat();
        double expected = weighted(i -> {
            double p = sigmoid(LOGITS[i]);
            double missed = p + TRUTH[i] - 2 * p * TRUTH[i];
            return binary(i) * missed * missed * (TRUTH[i] * 0.25 + (1 - TRUTH[i]) * 0.75);
        });
        assertThat(loss).isCloseTo(expected / total(), within(1e-6));
    }

    @Test
    void qualityFocalComparesWithAProbability() {
        double loss =
                Losses.qualityFocal(row(LOGITS), row(TRUTH), row(WEIGHTS), 3).getFloat();
        double expected = weighted(i -> binary(i) * Math.pow(TRUTH[i] - sigmoid(LOGITS[i]), 2));
        assertThat(loss).isCloseTo(expected / 3, within(1e-6));
    }

    @Test
    void diceIsThatOfSums() {
        double loss = Losses.binaryDice(row(LOGITS), row(TRUTH), row(WEIGHTS)).getFloat();
        double common = weighted(i -> sigmoid(LOGITS[i]) * TRUTH[i]);
        double both = weighted(i -> sigmoid(LOGITS[i]) + TRUTH[i]);
        assertThat(loss).isCloseTo(1 - (2 * common + 1) / (both + 1), within(1e-6));
    }

    @Test
    void smoothL1IsQuadraticNearZero() {
        NDArray values = arena.array(new float[] {0.01f, -0.5f, 3}, 3);
        NDArray truth = arena.array(new float[] {0, 0, 1}, 3);
        NDArray weights = arena.array(new float[] {1, 2, 1}, 3);
        double loss = Losses.smoothL1(values, truth, weights, 4, 0.1).getFloat();
        double expected = 0.01 * 0.01 / 0.2 + 2 * (0.5 - 0.05) + (2 - 0.05);
        assertThat(loss).isCloseTo(expected / 4, within(1e-6));
    }

    @Test
    void classLossesFollowTheSoftmax() {
        // two classes, one row of three pixels, the last not annotated
        NDArray logits = arena.array(new float[] {1, -2, 5, 0, 3, 5}, 1, 2, 1, 3);
        NDArray truth = arena.array(new float[] {1, 0, 0, 0, 1, 0}, 1, 2, 1, 3);
        NDArray weights = arena.array(new float[] {1, 3, 0}, 1, 1, 3);
        double first = sigmoid(1);
        double second = sigmoid(5);
        assertThat((double) Losses.crossEntropy(logits, truth, weights).getFloat())
                .isCloseTo((-Math.log(first) - 3 * Math.log(second)) / 4, within(1e-6));
        assertThat((double) Losses.focal(logits, truth, weights, 2).getFloat())
                .isCloseTo(
                        (-Math.log(first) * Math.pow(1 - first, 2) - 3 * Math.log(second) * Math.pow(1 - second, 2))
                                / 4,
                        within(1e-6));
        double diceA = (2 * first + 1) / (first + 3 * (1 - second) + 1 + 1);
        double diceB = (2 * 3 * second + 1) / (1 - first + 3 * second + 3 + 1);
        assertThat((double) Losses.dicePerClass(logits, truth, weights).getFloat())
                .isCloseTo(1 - (diceA + diceB) / 2, within(1e-6));
    }

    @Test
    void nothingAnnotatedIsNoLoss() {
        NDArray none = row(0, 0, 0, 0, 0, 0);
        assertThat(Losses.binaryCrossEntropy(row(LOGITS), row(TRUTH), none).getFloat())
                .isZero();
        assertThat(Losses.binaryDice(row(LOGITS), row(TRUTH), none).getFloat()).isZero();
    }
}
