// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.pointillist.image.Images;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InclusionsTest {
    @Test
    void everyThingHasOneClassAndTissueHasNoObject() {
        InclusionSample sample = SimulatedImages.inclusions(300, 260, 7, TissueScene.DEFAULT);
        int[] objects = Images.labels(sample.sample().labels());
        int[] classes = Images.labels(sample.classes());
        Map<Integer, Integer> classOf = new HashMap<>();
        Map<Integer, Integer> pixels = new HashMap<>();
        for (int i = 0; i < objects.length; i++) {
            assertThat(classes[i] >= InclusionSample.FIRST_THING).isEqualTo(objects[i] > 0);
            if (objects[i] > 0) {
                assertThat(classOf.computeIfAbsent(objects[i], key -> 0)).isBetween(0, 7);
                Integer before = classOf.put(objects[i], classes[i]);
                assertThat(before == 0 || before == classes[i]).isTrue();
                pixels.merge(objects[i], 1, Integer::sum);
            }
        }
        assertThat(classOf.values()).contains(4, 5, 6, 7);
        assertThat(pixels.values()).allMatch(n -> n >= 12);
        assertThat(pixels.keySet())
                .hasSize(pixels.keySet().stream()
                        .mapToInt(Integer::intValue)
                        .max()
                        .orElseThrow());
        assertThat(InclusionSample.CLASSES).hasSize(8);
    }

    @Test
    void theSameSeedGivesTheSameImage() {
        TissueScene scene = TissueScene.random(3);
        float[] first = Images.toRaster(
                        SimulatedImages.inclusions(90, 70, 5, scene).sample().image())
                .data();
        assertThat(Images.toRaster(SimulatedImages.inclusions(90, 70, 5, scene)
                                .sample()
                                .image())
                        .data())
                .isEqualTo(first);
        assertThat(Images.toRaster(SimulatedImages.inclusions(90, 70, 6, scene)
                                .sample()
                                .image())
                        .data())
                .isNotEqualTo(first);
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "1, 40", "33, 2"})
    void anySizeIsMade(int width, int height) {
        InclusionSample sample = SimulatedImages.inclusions(width, height, 1, TissueScene.DEFAULT);
        assertThat(sample.sample().labels().dimension(0)).isEqualTo(width);
        assertThat(sample.classes().dimension(1)).isEqualTo(height);
    }
}
