// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDList;
import io.github.pointillist.image.RasterF;
import io.github.pointillist.tensor.Arena;
import java.util.List;
import org.junit.jupiter.api.Test;

class SemanticObjectiveTest {
    private static final int I = Annotated.IGNORE;

    /** 4 x 4 pixels. */
    private static Annotated labelled(int... labels) {
        return new Annotated(RasterF.of(4, 4, 1), labels, "labelled");
    }

    private static final Annotated EXAMPLE = labelled(0, 0, 1, 1, 0, 0, 1, 1, 2, 2, I, I, 2, 2, I, I);

    @Test
    void targetsAreOneAPixelAndWeighBorders() {
        SemanticObjective objective = new SemanticObjective(3, List.of(1.0, 2.0, 4.0), 1, 0, 0, 2, 0.5, 1);
        try (Arena arena = Arena.onCpu()) {
            NDList targets = objective.targets(List.of(EXAMPLE), 4, arena);
            float[] truth = targets.get(0).toFloatArray();
            float[] weights = targets.get(1).toFloatArray();
            for (int i = 0; i < 16; i++) {
                int label = EXAMPLE.labels()[i];
                for (int k = 0; k < 3; k++) {
                    assertThat(truth[16 * k + i]).isEqualTo(k == label ? 1 : 0);
                }
            }
            // class weights; what has another class beside it counts half as much again; what is unknown is no border
            assertThat(weights).containsExactly(1, 1.5f, 3, 2, 1.5f, 1.5f, 3, 2, 6, 6, 0, 0, 4, 4, 0, 0);
        }
    }

    @Test
    void measuresWhatAConfusionMatrixSays() {
        SemanticObjective objective = SemanticObjective.usual(3);
        // logits of one cell a pixel: class 0 everywhere but class 1 in the two right columns
        float[] logits = new float[3 * 16];
        for (int i = 0; i < 16; i++) {
            logits[i % 4 < 2 ? i : 16 + i] = 5;
        }
        try (Arena arena = Arena.onCpu()) {
            Objective.Counts counts = objective.counts();
            objective.count(arena.array(logits, 1, 3, 4, 4), List.of(EXAMPLE), counts);
            List<Double> values = objective.measure(counts);
            // class 0: 4 right of 8 said; class 1: 4 right of 4; class 2: never said
            assertThat(values.get(2)).isCloseTo(0.5, within(1e-12));
            assertThat(values.get(3)).isEqualTo(1);
            assertThat(values.get(4)).isZero();
            assertThat(values.get(0)).isCloseTo(0.5, within(1e-12));
            assertThat(values.get(1)).isCloseTo(8.0 / 12, within(1e-12));
        }
        assertThat(objective.metrics()).startsWith("mIoU", "pixel accuracy").hasSize(5);
    }

    @Test
    void aClassThatIsNowhereIsLeftOut() {
        SemanticObjective objective = SemanticObjective.usual(3);
        Objective.Counts counts = objective.counts();
        counts.add(0, 5); // class 0, said to be 0
        counts.add(1, 5); // class 0, said to be 1
        List<Double> values = objective.measure(counts);
        assertThat(values.get(4)).isNaN();
        assertThat(values.get(0)).isCloseTo(0.25, within(1e-12));
    }

    @Test
    void refusesUnknownClassesAndUselessSettings() {
        try (Arena arena = Arena.onCpu()) {
            assertThatThrownBy(() -> SemanticObjective.usual(2).targets(List.of(EXAMPLE), 4, arena))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("labelled has a pixel of class 2; allowed are 0 to 1");
        }
        assertThatThrownBy(() -> new SemanticObjective(2, List.of(), 0, 0, 0, 2, 0, 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new SemanticObjective(2, List.of(1.0), 1, 0, 0, 2, 0, 1))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
