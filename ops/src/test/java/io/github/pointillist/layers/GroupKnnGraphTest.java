// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.layers.GroupKnnGraph.Neighbours;
import io.github.pointillist.parity.GoldenRule;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Pass;
import io.github.pointillist.tensor.Taps;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GroupKnnGraphTest {
    private final Arena arena = Arena.onCpu();

    @AfterEach
    void free() {
        arena.close();
    }

    private GroupKnnGraph layer(int channels, Neighbours neighbours) {
        GroupKnnGraph layer = new GroupKnnGraph(channels, neighbours);
        layer.allocate(arena, DataType.FLOAT64);
        GoldenRule.fill(layer);
        return layer;
    }

    private static double[] random(long seed, int size) {
        return new Random(seed).doubles(size, -1, 1).toArray();
    }

    /** Against loops over all pairs, with several chunks of queries and two samples. */
    @Test
    void findsTheNearestInEveryGroup() {
        int b = 2;
        int n = 700;
        int m = 900; // more than one chunk of queries
        int c = 8;
        int g = 2;
        int k = 3;
        int d = 2;
        double[] x = random(1, b * n * c);
        double[] y = random(2, b * m * c);
        GroupKnnGraph layer = layer(c, new Neighbours(k, d, g));
        Taps taps = new Taps(arena, "edges"::equals);
        NDArray out = layer.apply(arena.array(x, b, n, c), arena.array(y, b, m, c), null, Pass.recording(taps));
        assertThat(out.getShape()).isEqualTo(new Shape(b, n, 2 * c));
        NDArray edges = taps.get("edges");
        assertThat(edges.getShape()).isEqualTo(new Shape(b * g, n, k));
        long[] found = edges.toLongArray();
        for (int sample = 0; sample < b; sample++) {
            for (int group = 0; group < g; group++) {
                for (int i = 0; i < n; i += 37) {
                    int query = ((sample * n) + i) * c + group * c / g;
                    int from = sample * m * c + group * c / g;
                    int[] nearest = IntStream.range(0, m)
                            .boxed()
                            .sorted((p, q) -> Double.compare(
                                    distance(x, query, y, from + p * c, c / g),
                                    distance(x, query, y, from + q * c, c / g)))
                            .mapToInt(Integer::intValue)
                            .limit(k * d)
                            .toArray();
                    int row = ((sample * g + group) * n + i) * k;
                    assertThat(new long[] {found[row], found[row + 1], found[row + 2]})
                            .containsExactly(nearest[0], nearest[2], nearest[4]);
                }
            }
        }
    }

    private static double distance(double[] x, int i, double[] y, int j, int length) {
        double product = 0;
        double xx = 0;
        double yy = 0;
        for (int c = 0; c < length; c++) {
            product += x[i + c] * y[j + c];
            xx += x[i + c] * x[i + c];
            yy += y[j + c] * y[j + c];
        }
        return 2 - 2 * product / Math.sqrt(xx * yy);
    }

    /** All keys are alike. */
    @Test
    void equallyNearKeysComeByTheirNumber() {
        GroupKnnGraph layer = layer(4, new Neighbours(5, 1, 1));
        Taps taps = new Taps(arena, "edges"::equals);
        NDArray same = arena.array(new double[4 * 6], 1, 6, 4).add(1);
        layer.apply(same, same, null, Pass.recording(taps));
        long[] edges = taps.get("edges").toLongArray();
        for (int i = 0; i < edges.length; i++) {
            assertThat(edges[i]).isEqualTo(i % 5);
        }
    }

    /** A vector of length 0 stays one, at distance 1 from all others: nearer than any that points away. */
    @Test
    void zerosAreNearerThanOpposites() {
        GroupKnnGraph layer = layer(4, new Neighbours(2, 1, 1));
        Taps taps = new Taps(arena, "edges"::equals);
        NDArray query = arena.array(new double[] {1, 0, 0, 0}, 1, 1, 4);
        NDArray keys = arena.array(new double[] {-1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0}, 1, 3, 4);
        layer.apply(query, keys, null, Pass.recording(taps));
        assertThat(taps.get("edges").toLongArray()).containsExactly(2, 1);
    }

    @Test
    void refusesTooFewPoints() {
        GroupKnnGraph layer = layer(4, new Neighbours(3, 3, 1));
        NDArray x = arena.array(random(1, 8 * 4), 1, 8, 4);
        assertThatThrownBy(() -> layer.apply(x, x, null, Pass.inference()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("need 9 points")
                .hasMessageContaining("there are 8");
        assertThatThrownBy(() -> new GroupKnnGraph(12, new Neighbours(3, 1, 5)))
                .hasMessageContaining("12 channels given for 5 groups");
    }
}
