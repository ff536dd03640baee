// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.clustering;

import io.github.pointillist.progress.Progress;
import java.util.Arrays;

/**
 * Context clustering without training, iterated: superpixels.
 *
 * <p>Ma et al., Image as Set of Points, ICLR 2023 (section 3.2), reference implementation ma-xu/Context-Cluster be9a03b:
 * every point goes to the most similar of M evenly placed centres, a centre becomes the aggregate
 * {@code o = (v_c + sum s v) / (1 + sum s)} of its points v with {@code s = sigmoid(beta + alpha * sim)}. There one such
 * round stands in each block of a network; here the rounds follow each other on the given features, the centre of a round
 * being the aggregate of the round before.
 *
 * <p>Legend: N pixels, M centres on a grid of gx x gy, C features. A value is {@code v = f / 10}; a position is
 * {@code compactness * (x, y) / S} with {@code S = sqrt(N / M)}, the side of a grid cell. So with features in the range 0 to
 * 100, as {@link Features} makes them, compactness 1 weighs one cell of distance like 10 feature units, which is what SLIC
 * calls compactness 10 on CIE Lab.
 *
 * <p>Deviations from the network's layer: no learned projections; the candidates of a pixel are the centres of its own cell
 * and those at most {@code reach} cells away (all of them if {@code reach} covers the grid), which makes the work linear in
 * the pixels; position and features are compared by separate terms.
 *
 * <p>The result does not depend on the number of threads. Pixels with a feature that is not finite are labelled -1 and take
 * no part. All methods are safe for use by several threads.
 */
public final class ContextClustering {
    private static final float UNIT = 0.1f;
    /** The constant component joined to the features for the cosine, in values: mid-range. */
    private static final float BIAS = 5f;
    /** Length to which joined vectors are brought for the cosine, so that its distances match the Euclidean ones. */
    private static final float LENGTH = 10f;

    private static final long CACHE_BYTES = 256L << 20;

    private ContextClustering() {}

    /** The similarity between a pixel and a centre. */
    public enum Similarity {
        /** Minus the squared distance of the values, minus the squared distance of the positions. */
        EUCLIDEAN,
        /**
         * The cosine between the feature vectors, each joined with a constant component of mid-range as the bias of a
         * projection would add it (without which one feature has no angle), as
         * {@code 200 * (cosine - 1)}, minus the squared distance of the positions. Tells relative contrast: two dark greys
         * differ as much as two bright ones of the same ratio.
         */
        COSINE
    }

    /**
     * What to do.
     *
     * @param clusters centres asked for, at least 1; the grid has as nearly as many as cells near to squares allow, and at
     *     most one a pixel
     * @param compactness weight of position against features, 0 or more: 0 follows the features alone, 1 is balanced, 10 and
     *     more gives squares
     * @param iterations rounds of assignment and update, at least 1
     * @param similarity how pixels and centres are compared
     * @param alpha factor of the similarity in the sigmoid, more than 0
     * @param beta offset in the sigmoid
     * @param reach how many grid cells away a centre may be from a pixel's cell, at least 1; {@link #ALL} compares every
     *     pixel with every centre
     * @param sigmaPx standard deviation in pixels of the Gaussian that smooths the features first; 0 for none
     */
    public record Config(
            int clusters,
            double compactness,
            int iterations,
            Similarity similarity,
            double alpha,
            double beta,
            int reach,
            double sigmaPx) {
        /** A reach that covers every grid. */
        public static final int ALL = Integer.MAX_VALUE;

        /** Checks the ranges. */
        public Config {
            require(clusters >= 1, "clusters", clusters, "1 or more");
            require(compactness >= 0 && compactness <= 1e6, "compactness", compactness, "0 to 1e6");
            require(iterations >= 1, "iterations", iterations, "1 or more");
            require(similarity != null, "similarity", null, "EUCLIDEAN or COSINE");
            require(alpha > 0 && alpha <= 1e6, "alpha", alpha, "more than 0, up to 1e6");
            require(Math.abs(beta) <= 1e6, "beta", beta, "-1e6 to 1e6");
            require(reach >= 1, "reach", reach, "1 or more");
            require(sigmaPx >= 0 && sigmaPx <= 100, "sigmaPx", sigmaPx, "0 to 100");
        }

        /** The defaults: compactness 1, 10 iterations, Euclidean, alpha 1, beta 0, reach 1, no smoothing. */
        public static Config of(int clusters) {
            return new Config(clusters, 1, 10, Similarity.EUCLIDEAN, 1, 0, 1, 0);
        }

        /** The same with another compactness. */
        public Config withCompactness(double value) {
            return new Config(clusters, value, iterations, similarity, alpha, beta, reach, sigmaPx);
        }

        /** The same with another number of rounds. */
        public Config withIterations(int value) {
            return new Config(clusters, compactness, value, similarity, alpha, beta, reach, sigmaPx);
        }

        /** The same with another similarity. */
        public Config withSimilarity(Similarity value) {
            return new Config(clusters, compactness, iterations, value, alpha, beta, reach, sigmaPx);
        }

        /** The same with another sigmoid. */
        public Config withSigmoid(double newAlpha, double newBeta) {
            return new Config(clusters, compactness, iterations, similarity, newAlpha, newBeta, reach, sigmaPx);
        }

        /** The same with another reach. */
        public Config withReach(int value) {
            return new Config(clusters, compactness, iterations, similarity, alpha, beta, value, sigmaPx);
        }

        /** The same with another smoothing. */
        public Config withSigmaPx(double value) {
            return new Config(clusters, compactness, iterations, similarity, alpha, beta, reach, value);
        }

        private static void require(boolean ok, String name, Object given, String allowed) {
            if (!ok) {
                throw new IllegalArgumentException(name + " given: " + given + "; allowed: " + allowed);
            }
        }
    }

    /**
     * Superpixels and their centres.
     *
     * @param labels the superpixel of every pixel; superpixels are numbered in the raster order of their grid cells, those
     *     that lost all their pixels left out
     * @param channels features of a centre
     * @param features (count, channels): the aggregate o of each superpixel in the units of the features
     * @param x column of each superpixel's centre in pixels, (count)
     * @param y row of each superpixel's centre in pixels, (count)
     */
    @SuppressWarnings("ArrayRecordComponent") // identity, not value, is what is wanted
    public record Result(Labels labels, int channels, float[] features, float[] x, float[] y) {}

    /** {@link #cluster(FeatureSource, Config, int, Progress)} with a thread per processor. */
    public static Result cluster(FeatureSource source, Config config, Progress progress) {
        return cluster(source, config, Bands.availableThreads(), progress);
    }

    /**
     * Clusters the pixels of a plane. Memory: 4 bytes a pixel for the labels, and the features as float while they take at
     * most 256 MB; beyond that the rows are read again in each round.
     *
     * @param source features, 0 to 100 for the documented meaning of compactness
     * @param config what to do
     * @param threads threads to use, at least 1; the result is the same for any number
     * @param progress told after each band of rows, asked before each
     * @return labels and centres
     * @throws IllegalArgumentException if the plane is empty or has more than 2^31 - 1 pixels
     * @throws java.util.concurrent.CancellationException if cancelled
     */
    public static Result cluster(FeatureSource source, Config config, int threads, Progress progress) {
        Planes.check(source);
        FeatureSource features = config.sigmaPx() > 0 ? Features.smooth(source, config.sigmaPx()) : source;
        return new Run(features, config, threads, progress).result();
    }

    /**
     * The grid of centres: as nearly {@code clusters} cells as possible, the cells near to squares.
     *
     * @return columns and rows, {@code {gx, gy}}
     */
    static int[] grid(int width, int height, int clusters) {
        double ideal = Math.sqrt((double) clusters * height / width);
        int low = (int) Math.max(1, Math.min(height, Math.floor(ideal / 1.3)));
        int high = (int) Math.max(1, Math.min(height, Math.ceil(ideal * 1.3)));
        int[] best = {1, 1};
        double bestCost = Double.POSITIVE_INFINITY;
        for (int gy = low; gy <= high; gy++) {
            int gx = (int) Math.max(1, Math.min(width, Math.round((double) clusters / gy)));
            double miss = Math.abs((double) gx * gy - clusters) / clusters;
            double stretch = Math.abs(Math.log((double) width / gx * gy / height));
            double cost = miss + 0.1 * stretch;
            if (cost < bestCost) {
                bestCost = cost;
                best = new int[] {gx, gy};
            }
        }
        return best;
    }

    /** The state of one clustering. */
    private static final class Run {
        private final FeatureSource source;
        private final Config config;
        private final int threads;
        private final int width;
        private final int height;
        private final int channels;
        private final int gx;
        private final int gy;
        private final int reachX;
        private final int reachY;
        private final Bands bands;
        private final float positionScale;
        private final int[] columnStart; // (gx + 1): first pixel column of each grid column
        private final int[] rowStart; // (gy + 1)
        private final float[] centreValues; // (M, C)
        private final float[] centreX; // (M), pixels
        private final float[] centreY; // (M), pixels
        private final long[] members; // (M), of the last round
        private final float[][] cache; // a band each: (row, C, x); null if rows are read each time
        private final int[] labels;
        private final Bands.Step step;

        Run(FeatureSource source, Config config, int threads, Progress progress) {
            this.source = source;
            this.config = config;
            this.threads = threads;
            width = source.width();
            height = source.height();
            channels = source.channels();
            int[] grid = grid(width, height, config.clusters());
            gx = grid[0];
            gy = grid[1];
            reachX = Math.min(config.reach(), gx);
            reachY = Math.min(config.reach(), gy);
            bands = Bands.of(height);
            double side = Math.sqrt((double) width * height / ((double) gx * gy));
            positionScale = (float) (config.compactness() / side);
            columnStart = starts(width, gx);
            rowStart = starts(height, gy);
            int centres = Math.multiplyExact(gx, gy);
            centreValues = new float[Math.multiplyExact(centres, channels)];
            centreX = new float[centres];
            centreY = new float[centres];
            members = new long[centres];
            boolean fits = 4L * width * height * channels <= CACHE_BYTES;
            cache = fits ? new float[bands.count()][] : null;
            labels = new int[width * height];
            step = new Bands.Step(progress, (config.iterations() + 2L) * bands.count(), "Context clustering");
        }

        Result result() {
            pool();
            for (int t = 0; t < config.iterations(); t++) {
                round();
            }
            return renumbered();
        }

        /** Cell j of n over {@code size} pixels starts at the first pixel whose {@code x * n / size} rounds down to j. */
        private static int[] starts(int size, int n) {
            int[] starts = new int[n + 1];
            for (int j = 0; j <= n; j++) {
                starts[j] = (int) (((long) j * size + n - 1) / n);
            }
            return starts;
        }

        /** The values of a row, channel after channel, NaN in every channel of a pixel that takes no part. */
        private void read(int band, int y, float[] interleaved, float[] values) {
            if (cache != null && cache[band] != null) {
                System.arraycopy(cache[band], (y - bands.from(band)) * channels * width, values, 0, channels * width);
                return;
            }
            source.row(y, interleaved);
            for (int x = 0; x < width; x++) {
                float sum = 0;
                for (int c = 0; c < channels; c++) {
                    float f = interleaved[x * channels + c];
                    sum += f * 0; // NaN for NaN and for the infinities, else 0
                    values[c * width + x] = f * UNIT;
                }
                if (sum != 0) { // NaN is
                    for (int c = 0; c < channels; c++) {
                        values[c * width + x] = Float.NaN;
                    }
                }
            }
        }

        private int gridRow(int y) {
            return (int) ((long) y * gy / height);
        }

        /** Sums for the centres that a band can touch: per centre C values, x, y, weight, members. */
        private final class Sums {
            final int firstRow;
            final double[] sums;

            Sums(int from, int to) {
                firstRow = Math.max(0, gridRow(from) - reachY);
                int lastRow = Math.min(gy - 1, gridRow(to - 1) + reachY);
                sums = new double[Math.multiplyExact((lastRow - firstRow + 1) * gx, channels + 4)];
            }

            int at(int centre) {
                return (centre - firstRow * gx) * (channels + 4);
            }
        }

        /** Centres start as the means over the windows of an adaptive average pool. */
        private void pool() {
            Sums[] partial = new Sums[bands.count()];
            bands.forEach(threads, step, (band, from, to) -> {
                Sums sums = new Sums(from, to);
                float[] interleaved = new float[width * channels];
                float[] values = new float[width * channels];
                float[] kept = cache == null ? null : new float[(to - from) * width * channels];
                for (int y = from; y < to; y++) {
                    read(band, y, interleaved, values);
                    if (kept != null) {
                        System.arraycopy(values, 0, kept, (y - from) * width * channels, width * channels);
                    }
                    int row = gridRow(y);
                    for (int r = Math.max(0, row - 1); r <= Math.min(gy - 1, row + 1); r++) {
                        int top = (int) ((long) r * height / gy);
                        int bottom = (int) (((r + 1L) * height + gy - 1) / gy);
                        if (y >= top && y < bottom) {
                            poolRow(y, r, values, sums);
                        }
                    }
                }
                if (kept != null) {
                    cache[band] = kept;
                }
                partial[band] = sums;
            });
            Arrays.fill(centreValues, Float.NaN);
            update(partial, false);
        }

        private void poolRow(int y, int r, float[] values, Sums into) {
            for (int j = 0; j < gx; j++) {
                int left = (int) ((long) j * width / gx);
                int right = (int) (((j + 1L) * width + gx - 1) / gx);
                int at = into.at(r * gx + j);
                for (int x = left; x < right; x++) {
                    if (!Float.isNaN(values[x])) {
                        add(into.sums, at, values, x, y, 1);
                    }
                }
            }
        }

        private void add(double[] sums, int at, float[] values, int x, int y, double weight) {
            for (int c = 0; c < channels; c++) {
                sums[at + c] += weight * values[c * width + x];
            }
            sums[at + channels] += weight * x;
            sums[at + channels + 1] += weight * y;
            sums[at + channels + 2] += weight;
            sums[at + channels + 3]++;
        }

        /** Adds the bands in order and moves the centres; with {@code own}, the centre itself counts with weight 1. */
        private void update(Sums[] partial, boolean own) {
            int centres = gx * gy;
            int stride = channels + 4;
            double[] all = new double[centres * stride];
            for (Sums band : partial) {
                int offset = band.firstRow * gx * stride;
                for (int i = 0; i < band.sums.length; i++) {
                    all[offset + i] += band.sums[i];
                }
            }
            for (int m = 0; m < centres; m++) {
                int at = m * stride;
                members[m] = (long) all[at + channels + 3];
                if (members[m] == 0) {
                    continue;
                }
                double weight = all[at + channels + 2] + (own ? 1 : 0);
                for (int c = 0; c < channels; c++) {
                    double centre = own ? centreValues[m * channels + c] : 0;
                    centreValues[m * channels + c] = (float) ((centre + all[at + c]) / weight);
                }
                centreX[m] = (float) (((own ? centreX[m] : 0) + all[at + channels]) / weight);
                centreY[m] = (float) (((own ? centreY[m] : 0) + all[at + channels + 1]) / weight);
            }
        }

        private void round() {
            Sums[] partial = new Sums[bands.count()];
            bands.forEach(threads, step, (band, from, to) -> {
                Sums sums = new Sums(from, to);
                float[] interleaved = new float[width * channels];
                float[] values = new float[width * channels];
                float[] keys = config.similarity() == Similarity.COSINE ? new float[width * (channels + 1)] : values;
                float[] distance = new float[width];
                for (int y = from; y < to; y++) {
                    read(band, y, interleaved, values);
                    if (keys != values) {
                        cosineKeys(values, keys);
                    }
                    assign(y, keys, distance);
                    aggregate(y, values, distance, sums);
                }
                partial[band] = sums;
            });
            update(partial, true);
        }

        private void cosineKeys(float[] values, float[] keys) {
            for (int x = 0; x < width; x++) {
                float square = BIAS * BIAS;
                for (int c = 0; c < channels; c++) {
                    square += values[c * width + x] * values[c * width + x];
                }
                float factor = LENGTH / (float) Math.sqrt(square);
                for (int c = 0; c < channels; c++) {
                    keys[c * width + x] = values[c * width + x] * factor;
                }
                keys[channels * width + x] = BIAS * factor;
            }
        }

        private float[] centreKey(int m) {
            if (config.similarity() == Similarity.EUCLIDEAN) {
                return Arrays.copyOfRange(centreValues, m * channels, (m + 1) * channels);
            }
            float[] key = new float[channels + 1];
            float square = BIAS * BIAS;
            for (int c = 0; c < channels; c++) {
                float v = centreValues[m * channels + c];
                key[c] = v;
                square += v * v;
            }
            float factor = LENGTH / (float) Math.sqrt(square);
            for (int c = 0; c < channels; c++) {
                key[c] *= factor;
            }
            key[channels] = BIAS * factor;
            return key;
        }

        private void assign(int y, float[] keys, float[] distance) {
            Arrays.fill(distance, Float.POSITIVE_INFINITY);
            int base = y * width;
            Arrays.fill(labels, base, base + width, -1);
            int row = gridRow(y);
            for (int r = Math.max(0, row - reachY); r <= Math.min(gy - 1, row + reachY); r++) {
                for (int j = 0; j < gx; j++) {
                    int m = r * gx + j;
                    float[] key = centreKey(m);
                    float dy = (y - centreY[m]) * positionScale;
                    float dy2 = dy * dy;
                    int left = columnStart[Math.max(0, j - reachX)];
                    int right = columnStart[(int) Math.min(gx, j + reachX + 1L)];
                    for (int x = left; x < right; x++) {
                        float dx = (x - centreX[m]) * positionScale;
                        float d = dx * dx + dy2;
                        for (int c = 0; c < key.length; c++) {
                            float dv = keys[c * width + x] - key[c];
                            d += dv * dv;
                        }
                        if (d < distance[x]) {
                            distance[x] = d;
                            labels[base + x] = m;
                        }
                    }
                }
            }
        }

        private void aggregate(int y, float[] values, float[] distance, Sums into) {
            int base = y * width;
            for (int x = 0; x < width; x++) {
                int m = labels[base + x];
                if (m >= 0) {
                    double s = 1 / (1 + Math.exp(config.alpha() * distance[x] - config.beta()));
                    add(into.sums, into.at(m), values, x, y, s);
                }
            }
        }

        /** Leaves out the centres without pixels. */
        private Result renumbered() {
            int centres = gx * gy;
            int[] number = new int[centres];
            int count = 0;
            for (int m = 0; m < centres; m++) {
                number[m] = members[m] > 0 ? count++ : -1;
            }
            float[] features = new float[count * channels];
            float[] xs = new float[count];
            float[] ys = new float[count];
            for (int m = 0; m < centres; m++) {
                int n = number[m];
                if (n >= 0) {
                    for (int c = 0; c < channels; c++) {
                        features[n * channels + c] = centreValues[m * channels + c] / UNIT;
                    }
                    xs[n] = centreX[m];
                    ys[n] = centreY[m];
                }
            }
            bands.forEach(threads, step, (band, from, to) -> {
                for (int i = from * width; i < to * width; i++) {
                    if (labels[i] >= 0) {
                        labels[i] = number[labels[i]];
                    }
                }
            });
            step.finish();
            return new Result(new Labels(width, height, labels, count), channels, features, xs, ys);
        }
    }
}
