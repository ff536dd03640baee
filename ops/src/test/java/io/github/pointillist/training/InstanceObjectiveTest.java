// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.github.pointillist.image.RasterF;
import io.github.pointillist.tensor.Arena;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InstanceObjectiveTest {
    private static final int SIDE = 64;
    private static final InstanceObjective OBJECTIVE = InstanceObjective.usual(32);

    /** Two discs that touch, one apart. */
    private static Annotated discs() {
        int[] labels = new int[SIDE * SIDE];
        double[][] discs = {{18, 20, 9}, {37, 20, 9}, {40, 48, 11}};
        for (int i = 0; i < labels.length; i++) {
            for (int k = 0; k < discs.length; k++) {
                double dx = i % SIDE - discs[k][0];
                double dy = i / SIDE - discs[k][1];
                labels[i] = dx * dx + dy * dy <= discs[k][2] * discs[k][2] ? k + 1 : labels[i];
            }
        }
        return new Annotated(RasterF.of(SIDE, SIDE, 1), labels, "discs");
    }

    /** What a network would say that knows the targets: (1, 4, h, w). */
    private static float[] perfect(Annotated example) {
        ObjectTargets targets = ObjectTargets.of(example.labels(), SIDE, SIDE, 4, 32, 0);
        int cells = SIDE * SIDE / 16;
        float[] logits = new float[4 * cells];
        for (int i = 0; i < cells; i++) {
            double inside = targets.offsetWeight()[i] > 0 ? 0.98 : 0.02;
            double centre = Math.max(1e-3, Math.min(1 - 1e-3, targets.centre()[i]));
            logits[i] = (float) Math.log(inside / (1 - inside));
            logits[cells + i] = (float) Math.log(centre / (1 - centre));
            logits[2 * cells + i] = targets.offsetRow()[i];
            logits[3 * cells + i] = targets.offsetColumn()[i];
        }
        return logits;
    }

    private static double total(Map<String, NDArray> parts) {
        return parts.values().stream().mapToDouble(NDArray::getFloat).sum();
    }

    @Test
    void whatTheTargetsSayIsDecodedToTheObjects() {
        try (Arena arena = Arena.onCpu()) {
            Objective.Counts counts = OBJECTIVE.counts();
            NDArray logits = arena.array(perfect(discs()), 1, 4, SIDE / 4, SIDE / 4);
            OBJECTIVE.count(logits, List.of(discs()), counts);
            List<Double> values = OBJECTIVE.measure(counts);
            assertThat(values.get(OBJECTIVE.metrics().indexOf("AP@0.5"))).isEqualTo(1);
            assertThat(values.get(OBJECTIVE.metrics().indexOf("AP@0.75"))).isEqualTo(1);
            assertThat(values.get(OBJECTIVE.metrics().indexOf("foreground IoU")))
                    .as("discs of 20 pixels made of cells of 4")
                    .isGreaterThan(0.8);
            assertThat(values.get(OBJECTIVE.metrics().indexOf("offset error px")))
                    .isCloseTo(0, within(1e-4));
        }
    }

    @Test
    void whatTheTargetsSayCostsLessThanAnythingElse() {
        try (Arena arena = Arena.onCpu()) {
            NDList targets = OBJECTIVE.targets(List.of(discs()), 4, arena);
            float[] logits = perfect(discs());
            double least = total(OBJECTIVE.loss(arena.array(logits, 1, 4, SIDE / 4, SIDE / 4), targets));
            for (int output = 0; output < 4; output++) {
                float[] other = logits.clone();
                int cells = SIDE * SIDE / 16;
                for (int i = 0; i < cells; i++) {
                    other[output * cells + i] =
                            output < 2 ? -other[output * cells + i] : other[output * cells + i] + 0.2f;
                }
                assertThat(total(OBJECTIVE.loss(arena.array(other, 1, 4, SIDE / 4, SIDE / 4), targets)))
                        .as("output " + output)
                        .isGreaterThan(1.5 * least);
            }
        }
    }

    @Test
    void nothingThatIsNotAnnotatedCounts() {
        Annotated example = discs();
        for (int i = 0; i < example.labels().length; i++) {
            if (i % SIDE >= 28) { // the second and third disc
                example.labels()[i] = Annotated.IGNORE;
            }
        }
        try (Arena arena = Arena.onCpu()) {
            Objective.Counts counts = OBJECTIVE.counts();
            NDArray logits = arena.array(perfect(discs()), 1, 4, SIDE / 4, SIDE / 4);
            OBJECTIVE.count(logits, List.of(example), counts);
            assertThat(OBJECTIVE.measure(counts).get(0)).isEqualTo(1);
        }
    }
}
