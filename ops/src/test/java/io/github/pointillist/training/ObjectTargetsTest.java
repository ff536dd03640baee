// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ObjectTargetsTest {
    private static int[] disc(int side, double cx, double cy, double radius, int label, int[] labels) {
        for (int i = 0; i < labels.length; i++) {
            double dx = i % side - cx;
            double dy = i / side - cy;
            if (dx * dx + dy * dy <= radius * radius) {
                labels[i] = label;
            }
        }
        return labels;
    }

    @Test
    void everyCellOfADiscPointsToItsCentre() {
        int[] labels = disc(64, 30.5, 25.5, 12, 7, new int[64 * 64]);
        ObjectTargets targets = ObjectTargets.of(labels, 64, 64, 4, 32, 0);
        assertThat(targets.objects()).isEqualTo(1);
        int cells = 0;
        double weight = 0;
        for (int i = 0; i < 16; i++) {
            for (int j = 0; j < 16; j++) {
                int at = i * 16 + j;
                if (targets.offsetWeight()[at] > 0) {
                    assertThat(4 * j + 1.5 + 32 * targets.offsetColumn()[at]).isCloseTo(30.5, within(1e-4));
                    assertThat(4 * i + 1.5 + 32 * targets.offsetRow()[at]).isCloseTo(25.5, within(1e-4));
                    cells++;
                    weight += targets.offsetWeight()[at];
                }
            }
        }
        assertThat(cells).isBetween(24, 32); // pi 12^2 / 16 = 28
        assertThat(weight).isCloseTo(Math.sqrt(cells), within(1e-4));
        // the centre falls off as a Gaussian of 0.12 diameters: cell (6, 7) lies 1 pixel right and 0 below
        double sigma = 0.12 * 24;
        assertThat((double) targets.centre()[6 * 16 + 7]).isCloseTo(Math.exp(-1 / (2 * sigma * sigma)), within(0.02));
        assertThat(targets.centre()[0]).isZero();
    }

    @Test
    void aBentObjectIsCentredOnItself() {
        // a ring around an empty centre: its centroid is no pixel of it
        int[] labels = disc(64, 32, 32, 20, 1, new int[64 * 64]);
        disc(64, 32, 32, 14, 0, labels);
        ObjectTargets targets = ObjectTargets.of(labels, 64, 64, 4, 32, 0);
        for (int at = 0; at < 256; at++) {
            if (targets.offsetWeight()[at] > 0) {
                int x = (int) Math.round(4 * (at % 16) + 1.5 + 32 * targets.offsetColumn()[at]);
                int y = (int) Math.round(4 * (at / 16) + 1.5 + 32 * targets.offsetRow()[at]);
                assertThat(labels[y * 64 + x]).isEqualTo(1);
            }
        }
    }

    @Test
    void gapsBetweenObjectsCountMore() {
        int[] labels = new int[32 * 32];
        for (int y = 8; y < 24; y++) {
            for (int x = 4; x < 28; x++) {
                labels[y * 32 + x] = x < 15 ? 1 : x > 17 ? 2 : 0;
            }
        }
        ObjectTargets targets = ObjectTargets.of(labels, 32, 32, 4, 32, 4);
        assertThat(targets.pixelWeight()[16 * 32 + 16]).isEqualTo(5);
        assertThat(targets.pixelWeight()[16 * 32 + 2]).isEqualTo(1);
        // an object of 11 x 16 pixels is smaller than the usual disc of 32
        assertThat((double) targets.pixelWeight()[16 * 32 + 8])
                .isCloseTo(Math.PI / 4 * 32 * 32 / (11 * 16), within(1e-5));
        labels[30 * 32 + 30] = 3;
        targets = ObjectTargets.of(labels, 32, 32, 4, 32, 4);
        assertThat(targets.pixelWeight()[30 * 32 + 30]).isEqualTo(8);
    }

    @Test
    void whatIsNotAnnotatedDoesNotCount() {
        int[] labels = new int[16 * 16];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = i % 16 < 8 ? Annotated.IGNORE : 0;
        }
        ObjectTargets targets = ObjectTargets.of(labels, 16, 16, 4, 32, 4);
        for (int i = 0; i < labels.length; i++) {
            assertThat(targets.pixelWeight()[i]).isEqualTo(i % 16 < 8 ? 0 : 1);
        }
        for (int i = 0; i < 16; i++) {
            assertThat(targets.cellWeight()[i]).isEqualTo(i % 4 < 2 ? 0 : 1);
        }
        assertThat(targets.objects()).isZero();
    }

    @Test
    void sidesMustFit() {
        assertThatThrownBy(() -> ObjectTargets.of(new int[30 * 32], 30, 32, 4, 32, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("multiples of 4");
    }
}
