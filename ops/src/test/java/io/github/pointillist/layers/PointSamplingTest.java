// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PointSamplingTest {
    // Points on a line at 0, 1, 2, 3 and 4.
    private static final double[] LINE = {0, 0, 0, 1, 0, 0, 2, 0, 0, 3, 0, 0, 4, 0, 0};

    @Test
    void farthestStartsAtTheFirstPointAndTakesTheFirstOnTies() {
        // 4 is farthest from 0, then 2 in the middle; 1 and 3 are tied.
        assertThat(PointSampling.farthest(LINE, 5)).containsExactly(0, 4, 2, 1, 3);
    }

    @Test
    void farthestRepeatsThePointZeroWhenAllPointsAreTaken() {
        assertThat(PointSampling.farthest(new double[9], 3)).containsExactly(0, 0, 0);
    }

    @Test
    void nearestGivesTheSmallerIndexFirstOnTies() {
        double[] anchors = {2, 0, 0, 4, 0, 0};
        assertThat(PointSampling.nearest(LINE, anchors, 4)).isDeepEqualTo(new int[][] {{2, 1, 3, 0}, {4, 3, 2, 1}});
    }

    @Test
    void nearestEqualsASort() {
        Random random = new Random(3);
        for (int n : new int[] {1, 2, 7, 50}) {
            // Whole numbers from 0 to 3, so that many distances are tied.
            double[] xyz = random.ints(3L * n, 0, 4).asDoubleStream().toArray();
            for (int count = 1; count <= n; count++) {
                int[][] neighbours = PointSampling.nearest(xyz, xyz, count);
                for (int s = 0; s < n; s++) {
                    int anchor = s;
                    int[] sorted = IntStream.range(0, n)
                            .boxed()
                            .sorted(Comparator.comparingDouble(i -> distance(xyz, i, anchor)))
                            .limit(count)
                            .mapToInt(i -> i)
                            .toArray();
                    assertThat(neighbours[s]).isEqualTo(sorted);
                }
            }
        }
    }

    private static double distance(double[] xyz, int i, int j) {
        double sum = 0;
        for (int d = 0; d < 3; d++) {
            sum += Math.pow(xyz[3 * i + d] - xyz[3 * j + d], 2);
        }
        return sum;
    }

    @Test
    void picksCoordinates() {
        assertThat(PointSampling.pick(LINE, new int[] {3, 0})).containsExactly(3, 0, 0, 0, 0, 0);
    }

    @Test
    void refusesMoreThanThereIs() {
        assertThatThrownBy(() -> PointSampling.farthest(LINE, 6))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("6 points asked for of a cloud of 5");
        assertThatThrownBy(() -> PointSampling.nearest(LINE, LINE, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0 neighbours asked for in a cloud of 5");
    }
}
