// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.pointillist.training.TrainSegmenter.Outcome;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TrainOutcomeTest {
    private static boolean baseWasBetter(Map<String, Double> before, Map<String, Double> after) {
        return new Outcome(null, List.of(), 1, 1, before, after, null, List.of()).baseWasBetter();
    }

    private static Map<String, Double> metrics(double ap, double loss) {
        Map<String, Double> metrics = new LinkedHashMap<>();
        metrics.put("AP@0.5", ap);
        metrics.put("foreground IoU", 0.5);
        metrics.put("validation loss", loss);
        return metrics;
    }

    @Test
    void tellsWhetherTheBaseWasBetter() {
        assertThat(baseWasBetter(metrics(0.5, 2), metrics(0.4, 1))).isTrue();
        assertThat(baseWasBetter(metrics(0.5, 1), metrics(0.5, 2))).isTrue();
        assertThat(baseWasBetter(metrics(0.5, 1), metrics(0.5, 1))).isFalse();
        assertThat(baseWasBetter(metrics(0.5, 1), metrics(0.6, 2))).isFalse();
        assertThat(baseWasBetter(Map.of(), metrics(0.6, 2))).isFalse();
        assertThat(baseWasBetter(metrics(0.6, 2), Map.of())).isFalse();
    }
}
