// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.ObjectDecoder.Objects;
import io.github.pointillist.tasks.ObjectDecoder.Options;
import io.github.pointillist.tasks.ObjectDecoder.Pixels;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.Test;

/** On maps that a perfect model would give, and on the faults that real ones have. */
class ObjectDecoderTest {
    private static final double DIAMETER = 32;

    static Options options() {
        return new Options(0.5, 0.3, DIAMETER / TargetMaps.STRIDE, 0, false);
    }

    private static Pixels pixels(int width, int height) {
        return new Pixels(width, height, 1.0 / TargetMaps.STRIDE, 1.0 / TargetMaps.STRIDE, null);
    }

    static Objects decode(float[][] maps, int width, int height, Options options) {
        int columns = (width + TargetMaps.STRIDE - 1) / TargetMaps.STRIDE;
        return ObjectDecoder.decode(TargetMaps.compact(maps, columns), pixels(width, height), options, Progress.NONE);
    }

    private static Objects trip(int[] labels, int width, int height) {
        return decode(TargetMaps.of(labels, width, height, DIAMETER), width, height, options());
    }

    /** How many objects of the truth have one of the result with at least this intersection over union. */
    static int matched(int[] truth, int[] result, double iou) {
        Map<Long, Integer> shared = new HashMap<>();
        Map<Integer, Integer> areaTruth = new HashMap<>();
        Map<Integer, Integer> areaResult = new HashMap<>();
        for (int i = 0; i < truth.length; i++) {
            areaTruth.merge(truth[i], 1, Integer::sum);
            areaResult.merge(result[i], 1, Integer::sum);
            if (truth[i] > 0 && result[i] > 0) {
                shared.merge((long) truth[i] << 32 | result[i], 1, Integer::sum);
            }
        }
        Set<Integer> found = new HashSet<>();
        shared.forEach((pair, n) -> {
            int a = (int) (pair >> 32);
            int b = (int) (long) pair;
            if (n >= iou * (areaTruth.get(a) + areaResult.get(b) - n)) {
                found.add(a);
            }
        });
        return found.size();
    }

    private static int objects(int[] labels) {
        return (int) Arrays.stream(labels).filter(label -> label > 0).distinct().count();
    }

    /** Ellipses, the first on top; labels 1 to n, those fully hidden left out. */
    private static int[] ellipses(int width, int height, double[]... each) {
        int[] labels = new int[width * height];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                for (int k = each.length - 1; k >= 0; k--) {
                    double[] e = each[k]; // x, y, radius along, radius across, angle
                    double dx = x + 0.5 - e[0];
                    double dy = y + 0.5 - e[1];
                    double u = (dx * Math.cos(e[4]) + dy * Math.sin(e[4])) / e[2];
                    double v = (dy * Math.cos(e[4]) - dx * Math.sin(e[4])) / e[3];
                    if (u * u + v * v <= 1) {
                        labels[y * width + x] = k + 1;
                    }
                }
            }
        }
        return labels;
    }

    /** Cells that share all their borders. */
    static int[] mosaic(int width, int height, double spacing, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int nx = (int) (width / spacing);
        int ny = (int) (height / spacing);
        double[][] seeds = new double[nx * ny][];
        for (int i = 0; i < seeds.length; i++) {
            seeds[i] = new double[] {
                (i % nx + 0.5 + random.nextDouble(-0.2, 0.2)) * spacing,
                (i / nx + 0.5 + random.nextDouble(-0.2, 0.2)) * spacing
            };
        }
        int[] labels = new int[width * height];
        for (int i = 0; i < labels.length; i++) {
            double least = 0.49 * spacing * 1.3;
            for (int k = 0; k < seeds.length; k++) {
                double distance = Math.hypot(i % width + 0.5 - seeds[k][0], i / width + 0.5 - seeds[k][1]);
                if (distance < least) {
                    least = distance;
                    labels[i] = k + 1;
                }
            }
        }
        return labels;
    }

    private static void assertReturns(int[] truth, int width, int height, double iou) {
        Objects found = trip(truth, width, height);
        assertThat(found.count()).as("objects").isEqualTo(objects(truth));
        assertThat(matched(truth, found.labels(), iou)).as("matched at " + iou).isEqualTo(objects(truth));
    }

    @Test
    void touchingObjectsComeBack() {
        for (long seed = 1; seed <= 3; seed++) {
            assertReturns(mosaic(256, 256, 40, seed), 256, 256, 0.9);
        }
        assertReturns(mosaic(256, 256, 28, 4), 256, 256, 0.8); // cells of 4 pixels hold no more of their borders
        assertReturns(mosaic(203, 150, 64, 4), 203, 150, 0.9);
    }

    @Test
    void elongatedObjectsComeBack() {
        int[] truth = ellipses(
                256,
                200,
                new double[] {60, 50, 50, 12, 0.2},
                new double[] {60, 80, 50, 12, 0.2},
                new double[] {180, 60, 12, 45, 0},
                new double[] {210, 60, 12, 45, 0},
                new double[] {120, 150, 70, 14, -0.5});
        assertReturns(truth, 256, 200, 0.9);
    }

    @Test
    void smallAndLargeObjectsComeBack() {
        double[][] small = new double[30][];
        for (int i = 0; i < small.length; i++) {
            small[i] = new double[] {14.3 + i % 6 * 25.6, 13.1 + i / 6 * 24.7, 8, 7, i};
        }
        assertReturns(ellipses(164, 130, small), 164, 130, 0.85);
        assertReturns(
                ellipses(300, 300, new double[] {90, 100, 80, 70, 0.3}, new double[] {220, 200, 70, 80, 0}),
                300,
                300,
                0.95);
    }

    @Test
    void labelsAreInReadingOrder() {
        int[] labels = trip(mosaic(256, 256, 36, 1), 256, 256).labels();
        int next = 1;
        for (int label : labels) {
            assertThat(label).isLessThanOrEqualTo(next);
            next = label == next ? next + 1 : next;
        }
    }

    /** Noise in every map and missed centres do not lose objects. */
    @Test
    void noiseAndMissedCentresAreBorne() {
        int[] truth = mosaic(320, 320, 40, 5);
        float[][] maps = TargetMaps.of(truth, 320, 320, DIAMETER);
        SplittableRandom random = new SplittableRandom(6);
        for (int i = 0; i < maps[0].length; i++) {
            maps[0][i] = Math.max(0, Math.min(1, maps[0][i] + (float) random.nextDouble(-0.15, 0.15)));
            maps[1][i] = Math.max(0, Math.min(1, maps[1][i] * (float) random.nextDouble(0.7, 1)));
            maps[2][i] += (float) random.nextDouble(-0.15, 0.15);
            maps[3][i] += (float) random.nextDouble(-0.15, 0.15);
            if (i % 80 < 40 && i / 80 < 40) {
                maps[1][i] = 0;
            }
        }
        Objects found = decode(maps, 320, 320, options());
        assertThat(matched(truth, found.labels(), 0.7)).isEqualTo(objects(truth));
        assertThat(found.count()).isEqualTo(objects(truth));
    }

    /** A large object whose centre the model sees twice stays one. */
    @Test
    void spuriousCentresAreMerged() {
        int[] truth = ellipses(200, 200, new double[] {100, 100, 80, 80, 0});
        float[][] maps = TargetMaps.of(truth, 200, 200, DIAMETER);
        for (int i = 0; i < maps[1].length; i++) {
            double dy = i / 50 - 25;
            double one = Math.exp(-(Math.pow(i % 50 - 22, 2) + dy * dy) / 18);
            double other = Math.exp(-(Math.pow(i % 50 - 28, 2) + dy * dy) / 18);
            maps[1][i] = (float) Math.max(one, other);
        }
        Objects found = decode(maps, 200, 200, options());
        assertThat(found.count()).isEqualTo(1);
        assertThat(matched(truth, found.labels(), 0.97)).isEqualTo(1);
    }

    @Test
    void objectsAreWholeAndFilled() {
        int[] truth = ellipses(160, 160, new double[] {80, 80, 50, 50, 0});
        float[][] maps = TargetMaps.of(truth, 160, 160, DIAMETER);
        for (int cell : new int[] {20 * 40 + 15, 20 * 40 + 16, 15 * 40 + 20}) {
            maps[0][cell] = 0; // holes
        }
        maps[0][2 * 40 + 2] = 1; // a speck far away that votes for the object
        maps[2][2 * 40 + 2] = 18 * 4 / (float) DIAMETER;
        maps[3][2 * 40 + 2] = 18 * 4 / (float) DIAMETER;
        Objects found = decode(maps, 160, 160, options());
        assertThat(found.count()).isEqualTo(1);
        assertThat(matched(truth, found.labels(), 0.97)).isEqualTo(1);
        assertThat(found.labels()[10 * 160 + 10]).isZero();
    }

    @Test
    void smallOnesAndThoseAtTheBorderCanBeLeftOut() {
        int[] truth = ellipses(
                160,
                120,
                new double[] {40, 60, 20, 20, 0},
                new double[] {90, 60, 10, 10, 0},
                new double[] {150, 60, 20, 20, 0},
                new double[] {120, 6, 14, 14, 0});
        float[][] maps = TargetMaps.of(truth, 160, 120, DIAMETER);
        assertThat(decode(maps, 160, 120, options()).count()).isEqualTo(4);
        assertThat(decode(maps, 160, 120, new Options(0.5, 0.3, 8, 400, false)).count())
                .isEqualTo(3);
        Objects inside = decode(maps, 160, 120, new Options(0.5, 0.3, 8, 400, true));
        assertThat(inside.count()).isEqualTo(1);
        assertThat(inside.labels()[60 * 160 + 40]).isEqualTo(1);
    }

    @Test
    void pixelsThatAreNoNumbersGetNoLabel() {
        int[] truth = ellipses(120, 120, new double[] {60, 60, 40, 40, 0});
        ObjectMaps maps = TargetMaps.compact(TargetMaps.of(truth, 120, 120, DIAMETER), 30);
        Pixels pixels = new Pixels(120, 120, 0.25, 0.25, (x, y) -> x == 60 || (x > 70 && x < 75 && y > 50 && y < 55));
        int[] labels =
                ObjectDecoder.decode(maps, pixels, options(), Progress.NONE).labels();
        for (int y = 0; y < 120; y++) {
            assertThat(labels[y * 120 + 60]).isZero();
        }
        assertThat(labels[52 * 120 + 72]).isZero();
        assertThat(Arrays.stream(labels).filter(label -> label == 1).count()).isGreaterThan(2000);
    }

    @Test
    void threadsChangeNothing() throws Exception {
        int[] truth = mosaic(320, 320, 30, 7);
        float[][] maps = TargetMaps.of(truth, 320, 320, DIAMETER);
        int[] expected = decode(maps, 320, 320, options()).labels();
        for (int threads : new int[] {1, 2, 5}) {
            ForkJoinPool pool = new ForkJoinPool(threads);
            try {
                assertThat(pool.submit(() -> decode(maps, 320, 320, options()).labels())
                                .get())
                        .isEqualTo(expected);
            } finally {
                pool.shutdown();
            }
        }
    }

    /** At other scales of the image the objects keep their shape. */
    @Test
    void pixelsMayBeFinerAndCoarserThanTheModels() {
        int[] truth = mosaic(256, 256, 48, 8);
        ObjectMaps maps = TargetMaps.compact(TargetMaps.of(truth, 256, 256, DIAMETER), 64);
        int[] half = ObjectDecoder.decode(maps, new Pixels(128, 128, 0.5, 0.5, null), options(), Progress.NONE)
                .labels();
        int[] third = ObjectDecoder.decode(
                        maps, new Pixels(768, 768, 1 / 12.0, 1 / 12.0, null), options(), Progress.NONE)
                .labels();
        int[] halfTruth = new int[128 * 128];
        for (int i = 0; i < halfTruth.length; i++) {
            halfTruth[i] = truth[i / 128 * 2 * 256 + i % 128 * 2];
        }
        int[] thirdTruth = new int[768 * 768];
        for (int i = 0; i < thirdTruth.length; i++) {
            thirdTruth[i] = truth[i / 768 / 3 * 256 + i % 768 / 3];
        }
        assertThat(matched(halfTruth, half, 0.85)).isEqualTo(objects(truth));
        assertThat(matched(thirdTruth, third, 0.9)).isEqualTo(objects(truth));
    }

    @Test
    void nothingAndNoiseAreNoTrouble() {
        ObjectMaps empty = new ObjectMaps(1, 1);
        assertThat(ObjectDecoder.decode(empty, new Pixels(1, 1, 0.25, 0.25, null), options(), Progress.NONE)
                        .count())
                .isZero();
        float[][] full = new float[4][40 * 40];
        Arrays.fill(full[0], 1);
        assertThat(decode(full, 160, 160, options()).count()).isZero(); // nobody votes for anything
        Arrays.fill(full[1], 1);
        assertThat(decode(full, 160, 160, options()).count()).isLessThanOrEqualTo(1);
        SplittableRandom random = new SplittableRandom(9);
        for (float[] map : full) {
            for (int i = 0; i < map.length; i++) {
                map[i] = (float) random.nextDouble();
            }
        }
        Objects noise = decode(full, 160, 160, options());
        assertThat(Arrays.stream(noise.labels()).max().orElse(0)).isEqualTo(noise.count());
        assertConnected(noise, 160, 160);
    }

    private static void assertConnected(Objects objects, int width, int height) {
        int[] copy = objects.labels().clone();
        new LabelRuns(copy, width, height).keepLargest(objects.count());
        assertThat(copy).isEqualTo(objects.labels());
    }

    @Test
    void itCanBeCancelled() {
        int[] truth = mosaic(256, 256, 36, 1);
        float[][] maps = TargetMaps.of(truth, 256, 256, DIAMETER);
        Progress cancelled = new Progress() {
            @Override
            public void report(long done, long total, String what) {}

            @Override
            public boolean cancelled() {
                return true;
            }
        };
        assertThatThrownBy(() ->
                        ObjectDecoder.decode(TargetMaps.compact(maps, 64), pixels(256, 256), options(), cancelled))
                .isInstanceOf(CancellationException.class);
    }
}
