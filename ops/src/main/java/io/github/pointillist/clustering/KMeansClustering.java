// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.clustering;

import io.github.pointillist.progress.Progress;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * k-means as the cross-attention of a k-means mask transformer sees it.
 *
 * <p>Yu et al., k-means Mask Transformer, ECCV 2022 (equations 5 to 7), reference implementation bytedance/kmax-deeplab
 * f8e1d04: instead of a softmax over the pixels, every pixel takes the cluster of largest affinity (argmax over the clusters),
 * and the clusters are updated from their pixels. With the affinity {@code c.f - |c|^2 / 2} and the mean as the update, as
 * here, this is Lloyd's k-means. (The network sums instead of averaging and learns the affinity.)
 *
 * <p>Starts from k-means++ with the given seed and runs until no assignment changes or the most iterations. A cluster that
 * loses all its points is put on the point farthest from its own centre. With fewer distinct points than clusters, there are
 * as many clusters as distinct points.
 *
 * <p>The fit uses all pixels up to 2^18; beyond that the pixels of a regular lattice, offset by half its stride, of the
 * smallest stride that leaves at most 2^18. Then every pixel is assigned. Pixels with a feature that is not finite are
 * labelled -1 and take no part. The result does not depend on the number of threads.
 */
public final class KMeansClustering {
    /** Most pixels that a fit uses. */
    static final int MOST_POINTS = 1 << 18;

    private static final int TILE = 1024;

    private KMeansClustering() {}

    /**
     * What to do.
     *
     * @param clusters clusters asked for, at least 1
     * @param positionWeight weight of the position joined to the features: {@code 100 * weight * (x, y) / max(width, height)};
     *     0 leaves the position out
     * @param seed for the start; the same seed gives the same result
     * @param maxIterations most rounds, at least 1
     */
    public record Config(int clusters, double positionWeight, long seed, int maxIterations) {
        /** Checks the ranges. */
        public Config {
            Planes.require(clusters >= 1, "clusters", clusters, "1 or more");
            Planes.require(positionWeight >= 0 && positionWeight <= 1e6, "positionWeight", positionWeight, "0 to 1e6");
            Planes.require(maxIterations >= 1, "maxIterations", maxIterations, "1 or more");
        }

        /** The defaults: no position, seed 0, at most 300 rounds. */
        public static Config of(int clusters) {
            return new Config(clusters, 0, 0, 300);
        }
    }

    /**
     * Clusters and their centres.
     *
     * @param labels the cluster of every pixel
     * @param channels values of a centre: the features and, if the weight of the position is not 0, x and y weighted
     * @param centres (count, channels)
     * @param iterations rounds that were run
     * @param converged whether the last round changed no assignment
     */
    @SuppressWarnings("ArrayRecordComponent") // identity, not value, is what is wanted
    public record Result(Labels labels, int channels, float[] centres, int iterations, boolean converged) {}

    /** {@link #cluster(FeatureSource, Config, int, Progress)} with a thread per processor. */
    public static Result cluster(FeatureSource source, Config config, Progress progress) {
        return cluster(source, config, Bands.availableThreads(), progress);
    }

    /**
     * Clusters the pixels of a plane.
     *
     * @param source features
     * @param config what to do
     * @param threads threads to use, at least 1; the result is the same for any number
     * @param progress told after each band of rows or points, asked before each
     * @return labels, centres and whether it converged
     * @throws IllegalArgumentException if the plane is empty or has more than 2^31 - 1 pixels
     * @throws java.util.concurrent.CancellationException if cancelled
     */
    public static Result cluster(FeatureSource source, Config config, int threads, Progress progress) {
        Planes.check(source);
        return new Run(source, config, threads, progress).result(null);
    }

    /** The same from given centres, (clusters, channels with the position), instead of k-means++. */
    static Result cluster(FeatureSource source, Config config, int threads, float[] start, Progress progress) {
        Planes.check(source);
        return new Run(source, config, threads, progress).result(start);
    }

    /** The stride of the lattice of pixels for a fit. */
    static int stride(int width, int height) {
        int stride = (int) Math.max(1, Math.floor(Math.sqrt((double) width * height / MOST_POINTS)));
        while (latticeSize(width, stride) * latticeSize(height, stride) > MOST_POINTS) {
            stride++;
        }
        return stride;
    }

    private static long latticeSize(int size, int stride) {
        int first = Math.min(stride / 2, size - 1);
        return (size - first + stride - 1L) / stride;
    }

    private static final class Run {
        private final FeatureSource source;
        private final Config config;
        private final int threads;
        private final int width;
        private final int height;
        private final int features;
        private final int channels; // with the position
        private final Bands.Step step;
        private final float positionScale;
        private float[][] points; // (channels, points), the mean taken off
        private int n;
        private float[] mean; // (channels): affinities keep their digits near 0
        private float[] centres; // (k, channels), the mean taken off
        private int k;
        private int[] assigned;
        private int iterations;
        private boolean converged;

        Run(FeatureSource source, Config config, int threads, Progress progress) {
            this.source = source;
            this.config = config;
            this.threads = threads;
            width = source.width();
            height = source.height();
            features = source.channels();
            channels = features + (config.positionWeight() > 0 ? 2 : 0);
            positionScale = (float) (100 * config.positionWeight() / Math.max(width, height));
            long passes = config.clusters() + config.maxIterations() + 1L;
            step = new Bands.Step(progress, passes * 64, "k-means");
        }

        Result result(float[] given) {
            gather();
            if (given == null) {
                start();
            } else {
                k = given.length / channels;
                centres = new float[given.length];
                for (int i = 0; i < given.length; i++) {
                    centres[i] = given[i] - mean[i % channels];
                }
            }
            lloyd();
            return assignAll();
        }

        private void gather() {
            int stride = stride(width, height);
            gather(stride);
            if (n == 0 && stride > 1) {
                gather(1); // the lattice met no finite pixel: take the first finite ones
            }
            mean = new float[channels];
            for (int c = 0; c < channels; c++) {
                double sum = 0;
                for (int i = 0; i < n; i++) {
                    sum += points[c][i];
                }
                mean[c] = n == 0 ? 0 : (float) (sum / n);
                for (int i = 0; i < n; i++) {
                    points[c][i] -= mean[c];
                }
            }
        }

        private void gather(int stride) {
            int most = (int) Math.min(MOST_POINTS, latticeSize(width, stride) * latticeSize(height, stride));
            points = new float[channels][most];
            n = 0;
            float[] row = new float[width * features];
            for (int y = Math.min(stride / 2, height - 1); y < height && n < most; y += stride) {
                step.check();
                source.row(y, row);
                for (int x = Math.min(stride / 2, width - 1); x < width && n < most; x += stride) {
                    if (put(row, x, y, points, n)) {
                        n++;
                    }
                }
            }
        }

        /** Puts a pixel in place {@code at}; whether it is finite. */
        private boolean put(float[] row, int x, int y, float[][] into, int at) {
            boolean finite = true;
            for (int c = 0; c < features; c++) {
                float f = row[x * features + c];
                finite &= Float.isFinite(f);
                into[c][at] = f;
            }
            if (channels > features) {
                into[features][at] = x * positionScale;
                into[features + 1][at] = y * positionScale;
            }
            return finite;
        }

        /** k-means++: every further centre is a point drawn with a chance that grows with its squared distance. */
        private void start() {
            centres = new float[Math.multiplyExact(Math.min(config.clusters(), Math.max(1, n)), channels)];
            if (n == 0) {
                return;
            }
            SplittableRandom random = new SplittableRandom(config.seed());
            double[] distance = new double[n];
            Arrays.fill(distance, Double.POSITIVE_INFINITY);
            Bands bands = Bands.of(n);
            double[] sums = new double[bands.count()];
            int most = centres.length / channels;
            int chosen = random.nextInt(n);
            while (true) {
                for (int c = 0; c < channels; c++) {
                    centres[k * channels + c] = points[c][chosen];
                }
                k++;
                if (k == most) {
                    return;
                }
                int newest = k - 1;
                bands.forEach(threads, step, (band, from, to) -> {
                    double sum = 0;
                    for (int i = from; i < to; i++) {
                        distance[i] = Math.min(distance[i], squaredDistance(i, newest));
                        sum += distance[i];
                    }
                    sums[band] = sum;
                });
                chosen = draw(random, bands, sums, distance);
                if (chosen < 0) {
                    return;
                }
            }
        }

        private static int draw(SplittableRandom random, Bands bands, double[] sums, double[] distance) {
            double total = 0;
            for (double sum : sums) {
                total += sum;
            }
            if (!(total > 0)) {
                return -1; // every point is a centre
            }
            double left = random.nextDouble() * total;
            int last = -1;
            for (int b = 0; b < sums.length; b++) {
                if (sums[b] == 0) {
                    continue;
                }
                boolean here = left < sums[b];
                for (int i = bands.from(b); i < bands.to(b); i++) {
                    if (distance[i] > 0) {
                        last = i;
                        if (here) {
                            left -= distance[i];
                            if (left < 0) {
                                return i;
                            }
                        }
                    }
                }
                left = Math.max(0, left - (here ? 0 : sums[b]));
            }
            return last; // rounding used up the sum
        }

        private double squaredDistance(int i, int m) {
            double d = 0;
            for (int c = 0; c < channels; c++) {
                double difference = (double) points[c][i] - centres[m * channels + c];
                d += difference * difference;
            }
            return d;
        }

        private void lloyd() {
            assigned = new int[n];
            Arrays.fill(assigned, -1);
            Bands bands = Bands.of(Math.max(1, n));
            while (n > 0 && !converged && iterations < config.maxIterations()) {
                iterations++;
                float[] halves = halves();
                AtomicLong changes = new AtomicLong();
                double[][] sums = new double[bands.count()][];
                bands.forEach(threads, step, (band, from, to) -> {
                    Tile tile = new Tile();
                    double[] sum = new double[k * (channels + 1)];
                    long changed = 0;
                    for (int start = from; start < to; start += TILE) {
                        int size = Math.min(TILE, to - start);
                        tile.assign(points, start, size, halves);
                        for (int i = 0; i < size; i++) {
                            int m = tile.label[i];
                            if (assigned[start + i] != m) {
                                assigned[start + i] = m;
                                changed++;
                            }
                            int at = m * (channels + 1);
                            for (int c = 0; c < channels; c++) {
                                sum[at + c] += points[c][start + i];
                            }
                            sum[at + channels]++;
                        }
                    }
                    sums[band] = sum;
                    changes.addAndGet(changed);
                });
                converged = changes.get() == 0;
                if (!converged) {
                    update(sums);
                }
            }
        }

        private float[] halves() {
            float[] halves = new float[k];
            for (int m = 0; m < k; m++) {
                double square = 0;
                for (int c = 0; c < channels; c++) {
                    square += (double) centres[m * channels + c] * centres[m * channels + c];
                }
                halves[m] = (float) (square / 2);
            }
            return halves;
        }

        private void update(double[][] sums) {
            double[] all = new double[k * (channels + 1)];
            for (double[] band : sums) {
                for (int i = 0; i < all.length; i++) {
                    all[i] += band[i];
                }
            }
            boolean empty = false;
            for (int m = 0; m < k; m++) {
                int at = m * (channels + 1);
                double size = all[at + channels];
                empty |= size == 0;
                for (int c = 0; c < channels && size > 0; c++) {
                    centres[m * channels + c] = (float) (all[at + c] / size);
                }
            }
            if (empty) {
                reseed(all);
            }
        }

        /** Puts each empty cluster on the point farthest from its own centre, the first of equally far ones. */
        private void reseed(double[] all) {
            double[] distance = new double[n];
            for (int i = 0; i < n; i++) {
                distance[i] = squaredDistance(i, assigned[i]);
            }
            for (int m = 0; m < k; m++) {
                if (all[m * (channels + 1) + channels] > 0) {
                    continue;
                }
                int farthest = 0;
                for (int i = 1; i < n; i++) {
                    if (distance[i] > distance[farthest]) {
                        farthest = i;
                    }
                }
                if (distance[farthest] == 0) {
                    return;
                }
                for (int c = 0; c < channels; c++) {
                    centres[m * channels + c] = points[c][farthest];
                }
                for (int i = 0; i < n; i++) {
                    distance[i] = Math.min(distance[i], squaredDistance(i, m));
                }
            }
        }

        /** Affinities of a run of points to all centres, and the largest of each: argmax, the first of equal ones. */
        private final class Tile {
            final float[] affinity = new float[TILE];
            final float[] best = new float[TILE];
            final int[] label = new int[TILE];

            void assign(float[][] values, int from, int size, float[] halves) {
                Arrays.fill(best, Float.NEGATIVE_INFINITY);
                Arrays.fill(label, 0);
                for (int m = 0; m < k; m++) {
                    Arrays.fill(affinity, 0, size, -halves[m]);
                    for (int c = 0; c < channels; c++) {
                        multiplyAdd(values[c], from, centres[m * channels + c], affinity, size);
                    }
                    for (int i = 0; i < size; i++) {
                        if (affinity[i] > best[i]) {
                            best[i] = affinity[i];
                            label[i] = m;
                        }
                    }
                }
            }
        }

        private static void multiplyAdd(float[] values, int from, float factor, float[] into, int size) {
            for (int i = 0; i < size; i++) {
                into[i] += factor * values[from + i];
            }
        }

        private Result assignAll() {
            int[] labels = new int[width * height];
            float[] halves = halves();
            Bands bands = Bands.of(height);
            boolean[][] usedInBand = new boolean[bands.count()][k];
            bands.forEach(threads, step, (band, from, to) -> {
                Tile tile = new Tile();
                float[] row = new float[width * features];
                float[][] values = new float[channels][TILE];
                boolean[] finite = new boolean[TILE];
                for (int y = from; y < to; y++) {
                    source.row(y, row);
                    for (int start = 0; start < width; start += TILE) {
                        int size = Math.min(TILE, width - start);
                        for (int i = 0; i < size; i++) {
                            finite[i] = put(row, start + i, y, values, i);
                        }
                        for (int c = 0; c < channels; c++) {
                            for (int i = 0; i < size; i++) {
                                values[c][i] -= mean[c];
                            }
                        }
                        tile.assign(values, 0, size, halves);
                        for (int i = 0; i < size; i++) {
                            boolean takesPart = finite[i] && k > 0;
                            labels[y * width + start + i] = takesPart ? tile.label[i] : -1;
                            if (takesPart) {
                                usedInBand[band][tile.label[i]] = true;
                            }
                        }
                    }
                }
            });
            int[] number = new int[k];
            int count = 0;
            for (int m = 0; m < k; m++) {
                boolean used = false;
                for (boolean[] band : usedInBand) {
                    used |= band[m];
                }
                number[m] = used ? count++ : -1;
            }
            float[] kept = new float[count * channels];
            for (int m = 0; m < k; m++) {
                for (int c = 0; c < channels && number[m] >= 0; c++) {
                    kept[number[m] * channels + c] = centres[m * channels + c] + mean[c];
                }
            }
            if (count < k) {
                for (int i = 0; i < labels.length; i++) {
                    labels[i] = labels[i] < 0 ? -1 : number[labels[i]];
                }
            }
            step.finish();
            return new Result(new Labels(width, height, labels, count), channels, kept, iterations, converged);
        }
    }
}
