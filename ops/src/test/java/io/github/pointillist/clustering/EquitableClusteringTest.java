// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.clustering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.pointillist.clustering.EquitableClustering.Config;
import io.github.pointillist.progress.Progress;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EquitableClusteringTest {
    private static final Bands.Step QUIET = new Bands.Step(Progress.NONE, 1, "");

    /** A stable sort, cut into groups. */
    private static int[] naive(int[] keys, int clusters) {
        Integer[] order = IntStream.range(0, keys.length)
                .filter(i -> keys[i] != EquitableClustering.NO_KEY)
                .boxed()
                .toArray(Integer[]::new);
        Arrays.sort(order, Comparator.comparingInt(i -> keys[i])); // stable
        int n = order.length;
        int k = Math.min(clusters, n);
        int[] labels = new int[keys.length];
        Arrays.fill(labels, -1);
        int at = 0;
        for (int g = 0; g < k; g++) {
            int size = n / k + (g < n % k ? 1 : 0);
            for (int i = 0; i < size; i++) {
                labels[order[at++]] = g;
            }
        }
        return labels;
    }

    @Property(tries = 500)
    void groupsAsAStableSortDoes(
            @ForAll @IntRange(min = 1, max = 3000) int n,
            @ForAll @IntRange(min = 1, max = 400) int clusters,
            @ForAll @IntRange(min = 0, max = 3) int kind,
            @ForAll long seed) {
        Random random = new Random(seed);
        int[] keys = new int[n];
        for (int i = 0; i < n; i++) {
            float cosine =
                    switch (kind) {
                        case 0 -> random.nextFloat() * 2 - 1;
                        case 1 -> random.nextInt(5) / 2f - 1; // many ties
                        case 2 -> 1 - random.nextInt(20) * 0x1p-24f; // last bits differ
                        default -> random.nextInt(3) == 0 ? random.nextFloat() : 0.5f;
                    };
            keys[i] =
                    random.nextInt(10) == 0 && kind != 0 ? EquitableClustering.NO_KEY : EquitableClustering.key(cosine);
        }
        int[] expected = naive(keys, clusters);

        int count = EquitableClustering.split(keys, clusters, Progress.NONE);

        assertThat(keys).isEqualTo(expected);
        assertThat(count).isEqualTo(Arrays.stream(expected).max().orElse(-1) + 1);
    }

    @Test
    void manyBoundariesNeedSeveralBatches() {
        int n = 20_000;
        Random random = new Random(3);
        int[] keys = new int[n];
        for (int i = 0; i < n; i++) {
            keys[i] = EquitableClustering.key(random.nextFloat() * 2 - 1);
        }
        int[] expected = naive(keys, 15_000);
        EquitableClustering.split(keys, 15_000, Progress.NONE);
        assertThat(keys).isEqualTo(expected);
    }

    @Test
    void keysHaveTheOrderOfCosines() {
        float[] ascending = {-1, -0.5f, -1e-30f, 0, 1e-30f, 0.5f, 1};
        for (int i = 1; i < ascending.length; i++) {
            assertThat(EquitableClustering.key(ascending[i])).isGreaterThan(EquitableClustering.key(ascending[i - 1]));
        }
        assertThat(EquitableClustering.key(-0f)).isEqualTo(EquitableClustering.key(0f));
        assertThat(EquitableClustering.key(1)).isLessThan(EquitableClustering.NO_KEY);
    }

    @ParameterizedTest
    @CsvSource({"3, 0", "1, 1", "2, 0.5"})
    void keysAreTheCosinesToTheMean(int channels, double weight) {
        int w = 33;
        int h = 21;
        float[] values = Sources.waves(w, h, channels, 8);
        int[] keys = EquitableClustering.keys(Sources.of(w, h, channels, values), new Config(5, weight), 2, QUIET);
        int length = channels + (weight > 0 ? 2 : 0);
        double[][] vectors = new double[w * h][length];
        double[] mean = new double[length];
        for (int i = 0; i < w * h; i++) {
            for (int c = 0; c < length; c++) {
                double position = (c == channels ? i % w : i / w) * 100 * weight / w;
                vectors[i][c] = c < channels ? values[i * channels + c] : position;
                mean[c] += vectors[i][c] / (w * h);
            }
        }
        for (int i = 0; i < w * h; i++) {
            double dot = 0;
            double a = 0;
            double b = 0;
            for (int c = 0; c < length; c++) {
                dot += vectors[i][c] * mean[c];
                a += vectors[i][c] * vectors[i][c];
                b += mean[c] * mean[c];
            }
            int bits = keys[i] < 0 ? keys[i] ^ Integer.MAX_VALUE : keys[i];
            assertThat((double) Float.intBitsToFloat(bits)).isCloseTo(dot / Math.sqrt(a * b), within(1e-6));
        }
    }

    @ParameterizedTest
    @CsvSource({"40, 31, 7", "64, 64, 32", "1, 1, 1", "1, 1, 9", "1, 13, 5", "13, 1, 13", "3, 3, 100"})
    void sizesDifferByAtMostOne(int width, int height, int clusters) {
        FeatureSource source = Sources.of(width, height, 3, Sources.waves(width, height, 3, 2));
        Labels labels = EquitableClustering.cluster(source, new Config(clusters, 0.2), Progress.NONE);
        int n = width * height;
        int k = Math.min(clusters, n);
        assertThat(labels.count()).isEqualTo(k);
        int[] sizes = new int[k];
        for (int label : labels.labels()) {
            sizes[label]++;
        }
        for (int g = 0; g < k; g++) {
            assertThat(sizes[g]).isEqualTo(n / k + (g < n % k ? 1 : 0));
        }
    }

    @Test
    void constantImagesAreGroupedInRasterOrder() {
        Labels labels = EquitableClustering.cluster(Sources.constant(4, 3, 2, 5), Config.of(3), Progress.NONE);
        assertThat(labels.labels()).containsExactly(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2);
    }

    @Test
    void zeroVectorsHaveCosineZero() {
        // mean (2, 1): cosines of (8, 0), (0, 0), (0, 4), (0, 0) are 0.89, 0, 0.45, 0
        FeatureSource source = Sources.of(4, 1, 2, 8, 0, 0, 0, 0, 4, 0, 0);
        assertThat(EquitableClustering.cluster(source, Config.of(2), Progress.NONE)
                        .labels())
                .containsExactly(1, 0, 1, 0);
        Labels zeros = EquitableClustering.cluster(Sources.constant(4, 1, 2, 0), Config.of(2), Progress.NONE);
        assertThat(zeros.labels()).containsExactly(0, 0, 1, 1);
    }

    @Test
    void pixelsThatAreNotFiniteTakeNoPart() {
        FeatureSource source = Sources.of(5, 1, 2, 8, 1, Float.NaN, 1, 1, 4, 2, 2, 1, Float.NEGATIVE_INFINITY);
        assertThat(EquitableClustering.cluster(source, Config.of(3), Progress.NONE)
                        .labels())
                .containsExactly(1, -1, 0, 2, -1);
        Labels none = EquitableClustering.cluster(Sources.constant(2, 2, 1, Float.NaN), Config.of(3), Progress.NONE);
        assertThat(none.count()).isZero();
        assertThat(none.labels()).containsOnly(-1);
    }

    @Test
    void isTheSameForAnyThreads() {
        FeatureSource source = Sources.of(80, 100, 3, Sources.waves(80, 100, 3, 4));
        int[] one = EquitableClustering.cluster(source, new Config(17, 0.1), 1, Progress.NONE)
                .labels();
        for (int threads : new int[] {2, 5}) {
            assertThat(EquitableClustering.cluster(source, new Config(17, 0.1), threads, Progress.NONE)
                            .labels())
                    .isEqualTo(one);
        }
    }

    @Test
    void refusesBadInputAndStopsWhenCancelled() {
        assertThatThrownBy(() -> Config.of(0)).hasMessage("clusters given: 0; allowed: 1 or more");
        assertThatThrownBy(() -> new Config(1, Double.NaN)).hasMessageContaining("positionWeight given: NaN");
        Progress cancels = new Progress() {
            @Override
            public void report(long done, long total, String what) {}

            @Override
            public boolean cancelled() {
                return true;
            }
        };
        assertThatThrownBy(() -> EquitableClustering.cluster(Sources.constant(2, 2, 1, 0), Config.of(2), 1, cancels))
                .isInstanceOf(CancellationException.class);
    }
}
