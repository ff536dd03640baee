// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.clustering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.pointillist.clustering.ContextClustering.Config;
import io.github.pointillist.clustering.ContextClustering.Result;
import io.github.pointillist.clustering.ContextClustering.Similarity;
import io.github.pointillist.progress.Progress;
import java.util.Arrays;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContextClusteringTest {
    private static final Config PLAIN = Config.of(9).withSigmaPx(0);

    /** Every pixel against every centre in reach, in double, as the class comment says it. */
    private static double[][] naive(FeatureSource source, Config config, int[] labels) {
        int w = source.width();
        int h = source.height();
        int c = source.channels();
        int[] grid = ContextClustering.grid(w, h, config.clusters());
        int gx = grid[0];
        int gy = grid[1];
        double scale = config.compactness() / Math.sqrt((double) w * h / (gx * gy));
        float[] f = Sources.all(source);
        double[][] centres = new double[gx * gy][c + 2];
        for (int m = 0; m < gx * gy; m++) {
            int left = m % gx * w / gx;
            int right = (int) Math.ceil((m % gx + 1.0) * w / gx);
            int top = m / gx * h / gy;
            int bottom = (int) Math.ceil((m / gx + 1.0) * h / gy);
            for (int y = top; y < bottom; y++) {
                for (int x = left; x < right; x++) {
                    for (int k = 0; k < c + 2; k++) {
                        double v = k < c ? f[(y * w + x) * c + k] / 6 : k == c ? x : y;
                        centres[m][k] += v / ((right - left) * (bottom - top));
                    }
                }
            }
        }
        for (int t = 0; t < config.iterations(); t++) {
            double[][] sums = new double[gx * gy][c + 3];
            for (int i = 0; i < w * h; i++) {
                int x = i % w;
                int y = i / w;
                double best = Double.POSITIVE_INFINITY;
                for (int m = 0; m < gx * gy; m++) {
                    if (Math.abs(m % gx - x * gx / w) > config.reach()
                            || Math.abs(m / gx - y * gy / h) > config.reach()) {
                        continue;
                    }
                    double d = Math.pow((x - centres[m][c]) * scale, 2) + Math.pow((y - centres[m][c + 1]) * scale, 2);
                    d += valueDistance(f, i, c, centres[m], config.similarity());
                    if (d < best) {
                        best = d;
                        labels[i] = m;
                    }
                }
                double s = 1 / (1 + Math.exp(config.alpha() * best - config.beta()));
                double[] sum = sums[labels[i]];
                for (int k = 0; k < c + 2; k++) {
                    sum[k] += s * (k < c ? f[i * c + k] / 6 : k == c ? x : y);
                }
                sum[c + 2] += s;
            }
            for (int m = 0; m < gx * gy; m++) {
                for (int k = 0; k < c + 2; k++) {
                    centres[m][k] = (centres[m][k] + sums[m][k]) / (1 + sums[m][c + 2]);
                }
            }
        }
        return centres;
    }

    private static double valueDistance(float[] f, int i, int c, double[] centre, Similarity similarity) {
        double square = 0;
        double dot = 2500 / 36.0;
        double pixel = dot;
        double middle = dot;
        for (int k = 0; k < c; k++) {
            double v = f[i * c + k] / 6;
            square += (v - centre[k]) * (v - centre[k]);
            dot += v * centre[k];
            pixel += v * v;
            middle += centre[k] * centre[k];
        }
        return similarity == Similarity.EUCLIDEAN ? square : 2 * 10000 / 36.0 * (1 - dot / Math.sqrt(pixel * middle));
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1, EUCLIDEAN", "3, 1, EUCLIDEAN", "2, 1, EUCLIDEAN", "4, 2, EUCLIDEAN", "1, 100, EUCLIDEAN",
        "3, 2147483647, EUCLIDEAN", "5, 2147483647, EUCLIDEAN", "1, 1, COSINE", "3, 1, COSINE", "2, 2147483647, COSINE"
    })
    void equalsTheNaiveDefinition(int channels, int reach, Similarity similarity) {
        FeatureSource source = Sources.of(37, 29, channels, Sources.waves(37, 29, channels, 7));
        Config config = PLAIN.withReach(reach)
                .withSimilarity(similarity)
                .withIterations(4)
                .withSigmoid(0.3, 0.5);
        int[] expected = new int[37 * 29];
        double[][] centres = naive(source, config, expected);

        Result result = ContextClustering.cluster(source, config, 2, Progress.NONE);

        int[] grid = ContextClustering.grid(37, 29, 9);
        assertThat(grid[0] * grid[1]).isEqualTo(9);
        assertThat(result.labels().count()).as("no centre lost its pixels").isEqualTo(9);
        assertThat(result.labels().labels()).isEqualTo(expected);
        for (int m = 0; m < 9; m++) {
            assertThat((double) result.x()[m]).isCloseTo(centres[m][channels], within(1e-3));
            assertThat((double) result.y()[m]).isCloseTo(centres[m][channels + 1], within(1e-3));
            for (int c = 0; c < channels; c++) {
                assertThat((double) result.features()[m * channels + c]).isCloseTo(6 * centres[m][c], within(2e-3));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1, EUCLIDEAN, 1", "3, EUCLIDEAN, 1", "3, COSINE, 1", "2, EUCLIDEAN, 3"})
    void isTheSameForAnyThreadsAndWithoutCache(int channels, Similarity similarity, int reach) {
        float[] values = Sources.waves(90, 150, channels, 3);
        values[1000] = Float.NaN;
        FeatureSource source = Sources.of(90, 150, channels, values);
        Config config = Config.of(60).withSimilarity(similarity).withReach(reach);
        Result one = ContextClustering.cluster(source, config, 1, Progress.NONE);

        for (int threads : new int[] {2, 5}) {
            assertSame(ContextClustering.cluster(source, config, threads, Progress.NONE), one);
        }
        assertSame(ContextClustering.cluster(source, config, 2, 0, Progress.NONE), one);
    }

    private static void assertSame(Result actual, Result expected) {
        assertThat(actual.labels().labels()).isEqualTo(expected.labels().labels());
        assertThat(actual.features()).isEqualTo(expected.features());
        assertThat(actual.x()).isEqualTo(expected.x());
        assertThat(actual.y()).isEqualTo(expected.y());
    }

    @Test
    void pixelsThatAreNotFiniteTakeNoPart() {
        float[] values = Sources.waves(40, 40, 2, 5);
        float[] bad = values.clone();
        bad[2 * (3 * 40 + 4)] = Float.NaN;
        bad[2 * (20 * 40 + 30) + 1] = Float.POSITIVE_INFINITY;
        bad[2 * (21 * 40 + 30)] = Float.NEGATIVE_INFINITY;
        for (double sigma : new double[] {0, 1}) {
            Config config = Config.of(16).withSigmaPx(sigma);
            Result result = ContextClustering.cluster(Sources.of(40, 40, 2, bad), config, Progress.NONE);
            int[] labels = result.labels().labels();
            for (int i = 0; i < labels.length; i++) {
                boolean isBad = i == 3 * 40 + 4 || i == 20 * 40 + 30 || i == 21 * 40 + 30;
                assertThat(labels[i] == -1).isEqualTo(isBad);
            }
            for (float f : result.features()) {
                assertThat(f).isBetween(0f, 110f);
            }
        }
    }

    @Test
    void cellsWithoutFinitePixelsHaveNoCentre() {
        float[] values = new float[40 * 40];
        Arrays.fill(values, 0, 800, Float.NaN);
        Result result = ContextClustering.cluster(Sources.of(40, 40, 1, values), Config.of(16), Progress.NONE);
        assertThat(result.labels().count()).isEqualTo(8);
        assertThat(Arrays.stream(result.labels().labels()).limit(800)).containsOnly(-1);
        assertThat(Arrays.stream(result.labels().labels()).skip(800)).doesNotContain(-1);

        Result none = ContextClustering.cluster(Sources.constant(9, 9, 1, Float.NaN), Config.of(4), Progress.NONE);
        assertThat(none.labels().count()).isZero();
        assertThat(none.labels().labels()).containsOnly(-1);
    }

    @Test
    void hugeValuesThatOverflowAreStillAssigned() {
        float[] values = new float[20 * 20];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 3 == 0 ? 3e38f : -3e38f;
        }
        Config config = Config.of(4).withSigmaPx(0);
        for (int reach : new int[] {1, 5}) {
            Result result =
                    ContextClustering.cluster(Sources.of(20, 20, 1, values), config.withReach(reach), Progress.NONE);
            assertThat(result.labels().labels()).doesNotContain(-1);
        }
    }

    @ParameterizedTest
    @CsvSource({"64, 48, 12", "30, 30, 9", "128, 16, 8"})
    void aConstantImageGivesThePlainGrid(int width, int height, int clusters) {
        Result result =
                ContextClustering.cluster(Sources.constant(width, height, 3, 42), Config.of(clusters), Progress.NONE);
        int[] grid = ContextClustering.grid(width, height, clusters);
        int[] expected = new int[width * height];
        for (int i = 0; i < expected.length; i++) {
            expected[i] = i / width * grid[1] / height * grid[0] + i % width * grid[0] / width;
        }
        assertThat(grid[0] * grid[1]).isEqualTo(clusters);
        assertThat(result.labels().labels()).isEqualTo(expected);
        for (float f : result.features()) {
            assertThat(f).isCloseTo(42, within(1e-3f));
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "1, 1, 5", "1, 17, 4", "17, 1, 4", "1, 7, 100", "7, 1, 100", "3, 3, 100", "2, 5, 11"})
    void smallPlanesHaveAtMostOneClusterAPixel(int width, int height, int clusters) {
        Labels labels = ContextClustering.cluster(
                        Sources.constant(width, height, 1, 5), Config.of(clusters), Progress.NONE)
                .labels();
        assertThat(labels.count()).isBetween(1, Math.min(clusters, width * height));
        assertThat(Arrays.stream(labels.labels()).distinct().count()).isEqualTo(labels.count());
        assertThat(Arrays.stream(labels.labels()).max()).hasValue(labels.count() - 1);
        if (clusters >= 2 * width * height) {
            assertThat(labels.count()).isEqualTo(width * height);
        }
    }

    @Property(tries = 200)
    void gridsAreNearWhatIsAskedFor(
            @ForAll @IntRange(min = 20, max = 3000) int width,
            @ForAll @IntRange(min = 20, max = 3000) int height,
            @ForAll @IntRange(min = 30, max = 400) int clusters) {
        int[] grid = ContextClustering.grid(width, height, clusters);
        assertThat(grid[0]).isBetween(1, width);
        assertThat(grid[1]).isBetween(1, height);
        if (Math.max(width, height) < 4 * Math.min(width, height)) {
            assertThat((double) grid[0] * grid[1] / clusters).isBetween(0.9, 1.1);
            double aspect = (double) width / grid[0] * grid[1] / height;
            assertThat(aspect).as("no cell twice as long as wide").isBetween(0.5, 2.0);
        }
    }

    @Test
    void followsAnEdgeThatTheGridDoesNot() {
        float[] values = new float[60 * 60];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 60 < 26 ? 20 : 80;
        }
        Result result = ContextClustering.cluster(
                Sources.of(60, 60, 1, values), Config.of(9).withSigmaPx(0), Progress.NONE);
        int[] labels = result.labels().labels();
        for (int y = 0; y < 60; y++) {
            for (int left = 0; left < 26; left++) {
                for (int right = 26; right < 60; right++) {
                    assertThat(labels[y * 60 + left]).isNotEqualTo(labels[y * 60 + right]);
                }
            }
        }
        for (float f : result.features()) {
            assertThat(Math.min(Math.abs(f - 20), Math.abs(f - 80))).isLessThan(1);
        }
    }

    @Test
    void theSigmoidTableIsAccurate() {
        for (double[] setting : new double[][] {{0.1, 2}, {1, 0}, {5, -3}, {0.01, 8}, {2, 20}, {1, -30}}) {
            ContextClustering.Sigmoid sigmoid = new ContextClustering.Sigmoid(setting[0], setting[1]);
            for (double d = 0; d < 60 / setting[0]; d += 0.0173 / setting[0]) {
                double exact = 1 / (1 + Math.exp(setting[0] * d - setting[1]));
                assertThat((double) sigmoid.of((float) d)).isCloseTo(exact, within(1e-6));
            }
        }
        assertThat(new ContextClustering.Sigmoid(0.1, 2).of(Float.POSITIVE_INFINITY))
                .isZero();
    }

    @Test
    void refusesWhatIsOutOfRange() {
        assertThatThrownBy(() -> Config.of(0)).hasMessage("clusters given: 0; allowed: 1 or more");
        assertThatThrownBy(() -> PLAIN.withCompactness(-1)).hasMessageContaining("compactness given: -1.0; allowed: 0");
        assertThatThrownBy(() -> PLAIN.withCompactness(Double.NaN)).hasMessageContaining("compactness given: NaN");
        assertThatThrownBy(() -> PLAIN.withIterations(0)).hasMessageContaining("iterations given: 0");
        assertThatThrownBy(() -> PLAIN.withReach(0)).hasMessageContaining("reach given: 0");
        assertThatThrownBy(() -> PLAIN.withSigmaPx(-1)).hasMessageContaining("sigmaPx given: -1.0");
        assertThatThrownBy(() -> PLAIN.withSimilarity(null)).hasMessageContaining("similarity given: null");
        assertThatThrownBy(() -> PLAIN.withSigmoid(0, 0)).hasMessageContaining("alpha given: 0.0");
        assertThatThrownBy(() -> PLAIN.withSigmoid(1, Double.NaN)).hasMessageContaining("beta given: NaN");
        assertThatThrownBy(() -> ContextClustering.cluster(Sources.constant(2, 2, 1, 0), PLAIN, 0, Progress.NONE))
                .hasMessage("threads given: 0; allowed: 1 or more");
        assertThatThrownBy(() -> ContextClustering.cluster(Sources.of(0, 5, 1), PLAIN, Progress.NONE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0 x 5 pixels");
    }

    @Test
    void stopsWhenCancelledAndReportsToTheEnd() {
        FeatureSource source = Sources.of(90, 150, 1, Sources.waves(90, 150, 1, 3));
        AtomicInteger asked = new AtomicInteger();
        Progress cancels = new Progress() {
            @Override
            public void report(long done, long total, String what) {}

            @Override
            public boolean cancelled() {
                return asked.incrementAndGet() > 30;
            }
        };
        for (int threads : new int[] {1, 3}) {
            asked.set(0);
            assertThatThrownBy(() -> ContextClustering.cluster(source, PLAIN, threads, cancels))
                    .isInstanceOf(CancellationException.class);
        }
        long[] last = new long[2];
        Progress listens = new Progress() {
            @Override
            public void report(long done, long total, String what) {
                assertThat(done).isBetween(last[0], total);
                last[0] = done;
                last[1] = total;
            }

            @Override
            public boolean cancelled() {
                return false;
            }
        };
        ContextClustering.cluster(source, PLAIN, 2, listens);
        assertThat(last[0]).isPositive().isEqualTo(last[1]);
    }

    @Test
    void failuresOfASourceReachTheCaller() {
        FeatureSource broken = new Features.Mapped(Sources.constant(20, 40, 1, 0), 1) {
            @Override
            void map(int y, float[] row) {
                if (y == 30) {
                    throw new IllegalStateException("row 30 is lost");
                }
            }
        };
        for (int threads : new int[] {1, 4}) {
            assertThatThrownBy(() -> ContextClustering.cluster(broken, PLAIN, threads, Progress.NONE))
                    .hasMessage("row 30 is lost");
        }
    }
}
