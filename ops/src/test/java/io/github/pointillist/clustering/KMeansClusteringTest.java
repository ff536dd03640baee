// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.clustering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.pointillist.clustering.KMeansClustering.Config;
import io.github.pointillist.clustering.KMeansClustering.Result;
import io.github.pointillist.progress.Progress;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KMeansClusteringTest {
    private static final FeatureSource WAVES = Sources.of(70, 50, 2, Sources.waves(70, 50, 2, 11));

    @ParameterizedTest
    @CsvSource({"1, 0", "2, 0", "7, 0", "7, 0.5", "40, 0"})
    void convergesToAFixedPointOfLloyd(int clusters, double weight) {
        Result result = KMeansClustering.cluster(WAVES, new Config(clusters, weight, 3, 300), Progress.NONE);

        int c = result.channels();
        assertThat(c).isEqualTo(weight > 0 ? 4 : 2);
        assertThat(result.converged()).isTrue();
        assertThat(result.labels().count()).isEqualTo(clusters);
        float[] f = Sources.all(WAVES);
        double[][] sums = new double[clusters][c + 1];
        for (int i = 0; i < 70 * 50; i++) {
            double[] point = point(f, i, weight);
            int label = result.labels().labels()[i];
            double own = distance(point, result.centres(), label, c);
            for (int m = 0; m < clusters; m++) {
                assertThat(own).isLessThanOrEqualTo(distance(point, result.centres(), m, c) + 1e-2);
            }
            for (int k = 0; k < c; k++) {
                sums[label][k] += point[k];
            }
            sums[label][c]++;
        }
        for (int m = 0; m < clusters; m++) {
            for (int k = 0; k < c; k++) {
                assertThat((double) result.centres()[m * c + k])
                        .as("mean of the members")
                        .isCloseTo(sums[m][k] / sums[m][c], within(1e-3));
            }
        }
    }

    private static double[] point(float[] f, int i, double weight) {
        double scale = 100 * weight / 70;
        return weight > 0
                ? new double[] {f[2 * i], f[2 * i + 1], i % 70 * scale, i / 70 * scale}
                : new double[] {f[2 * i], f[2 * i + 1]};
    }

    private static double distance(double[] point, float[] centres, int m, int c) {
        double d = 0;
        for (int k = 0; k < c; k++) {
            d += Math.pow(point[k] - centres[m * c + k], 2);
        }
        return d;
    }

    @Test
    void equalsNaiveLloydFromTheSameStart() {
        float[] start = {10, 10, 50, 50, 80, 20, 20, 80};
        int rounds = 6;
        float[] f = Sources.all(WAVES);
        double[] centres = {10, 10, 50, 50, 80, 20, 20, 80};
        int[] expected = new int[70 * 50];
        for (int t = 0; t <= rounds; t++) {
            double[] sums = new double[12];
            for (int i = 0; i < expected.length; i++) {
                double best = Double.POSITIVE_INFINITY;
                for (int m = 0; m < 4; m++) {
                    double d = Math.pow(f[2 * i] - centres[2 * m], 2) + Math.pow(f[2 * i + 1] - centres[2 * m + 1], 2);
                    if (d < best) {
                        best = d;
                        expected[i] = m;
                    }
                }
                sums[3 * expected[i]] += f[2 * i];
                sums[3 * expected[i] + 1] += f[2 * i + 1];
                sums[3 * expected[i] + 2]++;
            }
            for (int m = 0; m < 4 && t < rounds; m++) {
                centres[2 * m] = sums[3 * m] / sums[3 * m + 2];
                centres[2 * m + 1] = sums[3 * m + 1] / sums[3 * m + 2];
            }
        }
        Result result = KMeansClustering.cluster(WAVES, new Config(4, 0, 0, rounds), 2, start, Progress.NONE);
        assertThat(result.iterations()).isEqualTo(rounds);
        assertThat(result.converged()).isFalse();
        assertThat(result.labels().labels()).isEqualTo(expected);
        for (int i = 0; i < 8; i++) {
            assertThat((double) result.centres()[i]).isCloseTo(centres[i], within(1e-3));
        }
    }

    @Test
    void findsSeparateGroups() {
        Random random = new Random(5);
        float[] values = new float[64 * 64];
        int[] truth = new int[values.length];
        for (int i = 0; i < values.length; i++) {
            truth[i] = random.nextInt(4);
            values[i] = 1000 + 100 * truth[i] + random.nextFloat();
        }
        int[] labels = KMeansClustering.cluster(Sources.of(64, 64, 1, values), Config.of(4), Progress.NONE)
                .labels()
                .labels();
        int[] number = {-1, -1, -1, -1};
        for (int i = 0; i < labels.length; i++) {
            number[truth[i]] = number[truth[i]] < 0 ? labels[i] : number[truth[i]];
            assertThat(labels[i]).isEqualTo(number[truth[i]]);
        }
        assertThat(Arrays.stream(number).distinct().count()).isEqualTo(4);
    }

    @Test
    void emptyClustersGoToTheFarthestPoint() {
        float[] values = {0, 0, 1, 0, 0, 1, 100, 0, 0, 51};
        // the second and third centre are nearest to no point
        Result result = KMeansClustering.cluster(
                Sources.of(10, 1, 1, values),
                new Config(3, 0, 0, 300),
                1,
                new float[] {10, 5000, -5000},
                Progress.NONE);
        assertThat(result.converged()).isTrue();
        assertThat(result.labels().labels()).containsExactly(0, 0, 0, 0, 0, 0, 1, 0, 0, 2);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 8})
    void fewerDistinctPointsGiveFewerClusters(int distinct) {
        float[] values = new float[30 * 30];
        for (int i = 0; i < values.length; i++) {
            values[i] = 7 * (i % distinct);
        }
        Result result = KMeansClustering.cluster(Sources.of(30, 30, 1, values), Config.of(12), Progress.NONE);
        assertThat(result.labels().count()).isEqualTo(distinct);
        assertThat(result.converged()).isTrue();
        for (int i = 0; i < values.length; i++) {
            assertThat(result.centres()[result.labels().labels()[i]]).isCloseTo(values[i], within(1e-4f));
        }
    }

    @Test
    void isTheSameForTheSameSeedAndAnyThreads() {
        Config config = new Config(12, 0.3, 42, 300);
        Result one = KMeansClustering.cluster(WAVES, config, 1, Progress.NONE);
        for (int threads : new int[] {1, 2, 5}) {
            Result again = KMeansClustering.cluster(WAVES, config, threads, Progress.NONE);
            assertThat(again.labels().labels()).isEqualTo(one.labels().labels());
            assertThat(again.centres()).isEqualTo(one.centres());
            assertThat(again.iterations()).isEqualTo(one.iterations());
        }
        Result other = KMeansClustering.cluster(WAVES, new Config(12, 0.3, 43, 300), 1, Progress.NONE);
        assertThat(other.centres()).isNotEqualTo(one.centres());
    }

    @Test
    void largePlanesAreFittedOnALatticeAndAssignedEverywhere() {
        assertThat(KMeansClustering.stride(512, 512)).isEqualTo(1);
        assertThat(KMeansClustering.stride(513, 512)).isEqualTo(2);
        assertThat(KMeansClustering.stride(8192, 8192)).isEqualTo(16);
        int n = 700;
        float[] values = new float[n * n];
        for (int i = 0; i < values.length; i++) {
            values[i] = 40 * (i / n * 3 / n) + i % 2;
        }
        values[0] = Float.NaN;
        Result result = KMeansClustering.cluster(Sources.of(n, n, 1, values), Config.of(3), 2, Progress.NONE);
        int[] labels = result.labels().labels();
        assertThat(labels[0]).isEqualTo(-1);
        for (int i = 1; i < labels.length; i++) {
            assertThat(result.centres()[labels[i]]).isCloseTo(values[i], within(1f));
        }
    }

    @Test
    void aLatticeThatMeetsNoFinitePixelIsReplaced() {
        int n = 600; // stride 2 from 1: even columns are not met
        float[] values = new float[n * n];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % n % 2 == 1 ? Float.NaN : i % n < 300 ? 0 : 10;
        }
        Result result = KMeansClustering.cluster(Sources.of(n, n, 1, values), Config.of(2), Progress.NONE);
        assertThat(result.labels().count()).isEqualTo(2);
        assertThat(result.labels().labels()[0])
                .isNotEqualTo(result.labels().labels()[598])
                .isNotEqualTo(-1);
    }

    @Test
    void pixelsThatAreNotFiniteTakeNoPart() {
        float[] values = {1, Float.NaN, 1, 9, Float.POSITIVE_INFINITY, 9};
        Result result = KMeansClustering.cluster(Sources.of(6, 1, 1, values), Config.of(2), Progress.NONE);
        int[] labels = result.labels().labels();
        assertThat(labels[1]).isEqualTo(-1);
        assertThat(labels[4]).isEqualTo(-1);
        assertThat(labels[0]).isEqualTo(labels[2]).isNotEqualTo(labels[3]);
        Result none = KMeansClustering.cluster(Sources.constant(3, 3, 1, Float.NaN), Config.of(2), Progress.NONE);
        assertThat(none.labels().count()).isZero();
        assertThat(none.labels().labels()).containsOnly(-1);
        assertThat(none.centres()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 4", "1, 9, 3", "9, 1, 20"})
    void smallPlanes(int width, int height, int clusters) {
        float[] values = new float[width * height];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        Labels labels = KMeansClustering.cluster(
                        Sources.of(width, height, 1, values), Config.of(clusters), Progress.NONE)
                .labels();
        assertThat(labels.count()).isEqualTo(Math.min(clusters, width * height));
        assertThat(Arrays.stream(labels.labels()).distinct().count()).isEqualTo(labels.count());
    }

    @Test
    void refusesBadInputAndStopsWhenCancelled() {
        assertThatThrownBy(() -> Config.of(0)).hasMessage("clusters given: 0; allowed: 1 or more");
        assertThatThrownBy(() -> new Config(1, -1, 0, 1)).hasMessageContaining("positionWeight given: -1.0");
        assertThatThrownBy(() -> new Config(1, 0, 0, 0)).hasMessageContaining("maxIterations given: 0");
        Progress cancels = new Progress() {
            @Override
            public void report(long done, long total, String what) {}

            @Override
            public boolean cancelled() {
                return true;
            }
        };
        assertThatThrownBy(() -> KMeansClustering.cluster(WAVES, Config.of(2), 1, cancels))
                .isInstanceOf(CancellationException.class);
    }
}
