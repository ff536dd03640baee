// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SimulatedNucleiTest {
    private static final SimulatedNuclei SOURCE = new SimulatedNuclei(128, 32, 1, 99.8, 4);

    @Test
    void anExampleFollowsFromItsIndex() {
        Annotated again = new SimulatedNuclei(128, 32, 1, 99.8, 4).example(9);
        Annotated example = SOURCE.example(9);
        assertThat(example.image().data()).isEqualTo(again.image().data());
        assertThat(example.labels()).isEqualTo(again.labels());
        assertThat(SOURCE.example(10).image().data())
                .isNotEqualTo(example.image().data());
        assertThat(new SimulatedNuclei(128, 32, 1, 99.8, 5).example(9).image().data())
                .isNotEqualTo(example.image().data());
    }

    @Test
    void nucleiComeInTheSizeOfTheNetwork() {
        List<Double> diameters = new ArrayList<>();
        for (int n = 0; n < 24; n++) {
            Annotated example = SOURCE.example(n);
            assertThat(example.width()).isEqualTo(128);
            assertThat(example.image().channels()).isEqualTo(1);
            Map<Integer, Integer> areas = new TreeMap<>();
            for (int i = 0; i < example.labels().length; i++) {
                float value = example.image().data()[i];
                assertThat(value).isBetween(0f, 255f);
                int x = i % 128;
                int y = i / 128;
                if (example.labels()[i] > 0 && x > 0 && y > 0 && x < 127 && y < 127) {
                    areas.merge(example.labels()[i], 1, Integer::sum);
                }
            }
            areas.values().forEach(area -> diameters.add(Math.sqrt(4 * area / Math.PI)));
        }
        diameters.sort(null);
        // the median by area, so that specks and what the border cuts off weigh little
        double area = diameters.stream().mapToDouble(d -> d * d).sum();
        double sum = 0;
        int at = 0;
        while (sum < area / 2) {
            sum += diameters.get(at) * diameters.get(at);
            at++;
        }
        assertThat(diameters.get(at)).isBetween(28.0, 42.0);
    }

    @Test
    void refusesWhatCannotHoldANucleus() {
        assertThatThrownBy(() -> new SimulatedNuclei(16, 32, 1, 99.8, 4))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("allowed are patches of 32 px or more");
    }
}
