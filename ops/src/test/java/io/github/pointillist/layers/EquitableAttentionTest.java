// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Gradients;
import io.github.pointillist.tensor.Pass;
import io.github.pointillist.tensor.Taps;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class EquitableAttentionTest {
    private static final int B = 2;
    private static final int E = 3;
    private static final int N = 24;
    private static final int D = 4;

    private final Arena arena = Arena.onCpu();

    @AfterEach
    void free() {
        arena.close();
    }

    private EquitableAttention layer(int clusters, DataType type) {
        EquitableAttention layer = new EquitableAttention(clusters);
        layer.allocate(arena, type);
        return layer;
    }

    private static double[] random(long seed, int size) {
        return new Random(seed).doubles(size, -1, 1).toArray();
    }

    private NDArray array(double[] values) {
        return arena.array(values, B, E, N, D);
    }

    /** For each token the tokens of its cluster, as the paper says it. */
    private static int[] clusters(double[] k, int head, int clusters) {
        double[] mean = new double[D];
        for (int t = 0; t < N; t++) {
            for (int d = 0; d < D; d++) {
                mean[d] += k[(head * N + t) * D + d] / N;
            }
        }
        double[] cosine = new double[N];
        for (int t = 0; t < N; t++) {
            double dot = 0;
            double length = 0;
            double meanLength = 0;
            for (int d = 0; d < D; d++) {
                double key = k[(head * N + t) * D + d];
                dot += key * mean[d];
                length += key * key;
                meanLength += mean[d] * mean[d];
            }
            cosine[t] = dot / Math.sqrt(length * meanLength);
        }
        int[] order = IntStream.range(0, N)
                .boxed()
                .sorted(Comparator.comparingDouble(t -> cosine[t]))
                .mapToInt(t -> t)
                .toArray();
        int[] cluster = new int[N];
        for (int rank = 0; rank < N; rank++) {
            cluster[order[rank]] = rank / (N / clusters);
        }
        return cluster;
    }

    private static double[] reference(double[] q, double[] k, double[] v, double scale, int clusters) {
        double[] out = new double[q.length];
        for (int head = 0; head < B * E; head++) {
            int[] cluster = clusters(k, head, clusters);
            for (int t = 0; t < N; t++) {
                double total = 0;
                double[] sum = new double[D];
                for (int u = 0; u < N; u++) {
                    if (cluster[u] != cluster[t]) {
                        continue;
                    }
                    double score = 0;
                    for (int d = 0; d < D; d++) {
                        score += q[(head * N + t) * D + d] * k[(head * N + u) * D + d];
                    }
                    double weight = Math.exp(scale * score);
                    total += weight;
                    for (int d = 0; d < D; d++) {
                        sum[d] += weight * v[(head * N + u) * D + d];
                    }
                }
                for (int d = 0; d < D; d++) {
                    out[(head * N + t) * D + d] = sum[d] / total;
                }
            }
        }
        return out;
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 1, 2, 8, 24})
    void equalsAttentionInsideEachCluster(int clusters) {
        double[] q = random(1, B * E * N * D);
        double[] k = random(2, B * E * N * D);
        double[] v = random(3, B * E * N * D);
        double[] expected = reference(q, k, v, 0.7, Math.max(1, clusters));
        EquitableAttention layer = layer(clusters, DataType.FLOAT64);
        Taps taps = new Taps(arena, name -> true);
        NDArray out = layer.attend(array(q), array(k), array(v), 0.7, Pass.recording(taps));
        assertThat(out.getShape()).isEqualTo(new Shape(B, E, N, D));
        assertThat(out.toDoubleArray()).containsExactly(expected, within(1e-13));
        if (clusters > 1) {
            assertThat(taps.get("cluster").getShape()).isEqualTo(new Shape(B, E, N));
            long[] found = taps.get("cluster").toLongArray();
            for (int head = 0; head < B * E; head++) {
                assertThat(Arrays.copyOfRange(found, head * N, (head + 1) * N))
                        .containsExactly(Arrays.stream(clusters(k, head, clusters))
                                .asLongStream()
                                .toArray());
            }
        } else {
            assertThat(taps.all()).isEmpty();
        }
        NDArray joined =
                array(q).expandDims(0).concat(array(k).expandDims(0), 0).concat(array(v).expandDims(0), 0);
        NDArray joint = layer.apply(joined.transpose(1, 3, 0, 2, 4), Pass.inference());
        assertThat(joint.transpose(0, 2, 1, 3).toDoubleArray())
                .containsExactly(reference(q, k, v, 0.5, Math.max(1, clusters)), within(1e-13));
    }

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"FLOAT32", "FLOAT64"})
    void equalCosinesKeepTheOrderOfTheirTokens(DataType type) {
        double[] k = new double[B * E * N * D];
        for (int i = 0; i < k.length; i++) {
            int token = i / D % N;
            k[i] = i % D == 0 ? 1 : i % D == 1 && token % 4 == 1 ? -1 : 0;
        }
        NDArray keys = array(k).toType(type, false);
        Taps taps = new Taps(arena, name -> true);
        layer(4, type).attend(keys, keys, keys, 1, Pass.recording(taps)).close();
        // One token in four points away; of the others, which are equal, the first come first.
        long[] expected = LongStream.range(0, N)
                .map(t -> t % 4 == 1 ? 0 : (6 + t - (t + 2) / 4) / 6)
                .toArray();
        assertThat(Arrays.copyOf(taps.get("cluster").toLongArray(), N)).containsExactly(expected);
    }

    @Test
    void aZeroKeyHasCosineZero() {
        double[] k = random(2, B * E * N * D);
        for (int t = 0; t < N; t++) {
            for (int d = 0; d < D; d++) {
                k[t * D + d] = t == 5 ? 0 : d == 0 ? (t % 2 == 0 ? 2 : -1) : 0;
            }
        }
        Taps taps = new Taps(arena, name -> true);
        layer(2, DataType.FLOAT64)
                .attend(array(k), array(k), array(k), 1, Pass.recording(taps))
                .close();
        long[] first = Arrays.copyOf(taps.get("cluster").toLongArray(), N);
        // The mean is positive: the odd tokens have cosine -1, but for the zero key, which is still below the even
        // ones.
        for (int t = 0; t < N; t++) {
            assertThat(first[t]).as("token " + t).isEqualTo(t % 2 == 1 ? 0 : 1);
        }
    }

    @Test
    void float32ChoosesTheSameClusters() {
        double[] k = random(2, B * E * N * D);
        NDArray keys = array(k).toType(DataType.FLOAT32, false);
        Taps taps = new Taps(arena, name -> true);
        layer(8, DataType.FLOAT32)
                .attend(keys, keys, keys, 1, Pass.recording(taps))
                .close();
        for (int head = 0; head < B * E; head++) {
            assertThat(Arrays.copyOfRange(taps.get("cluster").toLongArray(), head * N, (head + 1) * N))
                    .containsExactly(
                            Arrays.stream(clusters(k, head, 8)).asLongStream().toArray());
        }
    }

    @Test
    void gradientsEqualCentralDifferences() {
        EquitableAttention layer = layer(4, DataType.FLOAT64);
        double[][] inputs = {
            random(1, B * E * N * D), random(2, B * E * N * D), random(3, B * E * N * D),
        };
        double[] weights = random(4, B * E * N * D);
        NDArray[] arrays = Arrays.stream(inputs).map(this::array).toArray(NDArray[]::new);
        for (NDArray array : arrays) {
            array.setRequiresGradient(true);
        }
        try (Gradients collector = Gradients.note()) {
            collector.backward(layer.attend(arrays[0], arrays[1], arrays[2], 0.7, Pass.inference())
                    .mul(array(weights))
                    .sum());
        }
        double step = 1e-5;
        for (int i = 0; i < 3; i++) {
            double[] gradient = arrays[i].getGradient().toDoubleArray();
            double[] direction = random(5 + i, gradient.length);
            double analytic = IntStream.range(0, gradient.length)
                    .mapToDouble(j -> gradient[j] * direction[j])
                    .sum();
            double[] losses = new double[2];
            for (int side = 0; side < 2; side++) {
                double[][] moved = inputs.clone();
                moved[i] = inputs[i].clone();
                for (int j = 0; j < direction.length; j++) {
                    moved[i][j] += (side == 0 ? step : -step) * direction[j];
                }
                double[] out = reference(moved[0], moved[1], moved[2], 0.7, 4);
                for (int j = 0; j < out.length; j++) {
                    losses[side] += weights[j] * out[j];
                }
            }
            double numeric = (losses[0] - losses[1]) / (2 * step);
            assertThat(Math.abs(numeric - analytic) / Math.abs(analytic)).isLessThan(1e-6);
        }
    }

    @Test
    void refusesTokensThatDoNotDivide() {
        NDArray x = array(random(1, B * E * N * D));
        EquitableAttention layer = layer(5, DataType.FLOAT64);
        assertThatThrownBy(() -> layer.attend(x, x, x, 1, Pass.inference()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("24 tokens given for 5 clusters");
        assertThatThrownBy(() -> new EquitableAttention(0)).hasMessageContaining("0 clusters given");
        assertThatThrownBy(() -> new EquitableAttention(-2)).hasMessageContaining("-2 clusters given");
    }
}
