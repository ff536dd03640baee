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
 * <p>Legend: N pixels, M centres on a grid of gx x gy, C features. A value is {@code v = f / 6}; a position is
 * {@code compactness * (x, y) / S} with {@code S = sqrt(N / M)}, the side of a grid cell. So with features in the range 0 to
 * 100, as {@link Features} makes them, compactness 1 weighs one cell of distance like 6 feature units, which is what SLIC
 * calls compactness 6 on CIE Lab.
 *
 * <p>Deviations from the network's layer: no learned projections; the candidates of a pixel are the centres of its own cell
 * and those at most {@code reach} cells away (all of them if {@code reach} covers the grid), which makes the work linear in
 * the pixels; position and features are compared by separate terms.
 *
 * <p>The result does not depend on the number of threads. Pixels with a feature that is not finite are labelled -1 and take
 * no part. All methods are safe for use by several threads.
 */
public final class ContextClustering {
    private static final float UNIT = 1 / 6f;
    /** The constant component joined to the features for the cosine, in values: mid-range. */
    private static final float BIAS = 50 * UNIT;
    /** Length to which joined vectors are brought for the cosine, so that its distances match the Euclidean ones. */
    private static final float LENGTH = 100 * UNIT;

    /** Candidates with reach 1. */
    private static final int SLOTS = 9;
    /** The bits just above those of infinity: a distance that is a number is below. */
    private static final int BEYOND = 0x7F800001;

    private static final long CACHE_BYTES = 256L << 20;

    private ContextClustering() {}

    /** The similarity between a pixel and a centre. */
    public enum Similarity {
        /** Minus the squared distance of the values, minus the squared distance of the positions. */
        EUCLIDEAN,
        /**
         * The cosine between the feature vectors, each joined with a constant 50 as the bias of a projection would add it
         * (without which one feature has no angle), as {@code 2 * (100 / 6)^2 * (cosine - 1)}, minus the squared distance of the
         * positions: minus the squared Euclidean distance of vectors brought to the length 100 / 6. Bright pixels differ less
         * than dark ones of the same difference.
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
            Planes.require(clusters >= 1, "clusters", clusters, "1 or more");
            Planes.require(compactness >= 0 && compactness <= 1e6, "compactness", compactness, "0 to 1e6");
            Planes.require(iterations >= 1, "iterations", iterations, "1 or more");
            Planes.require(similarity != null, "similarity", null, "EUCLIDEAN or COSINE");
            Planes.require(alpha > 0 && alpha <= 1e6, "alpha", alpha, "more than 0, up to 1e6");
            Planes.require(Math.abs(beta) <= 1e6, "beta", beta, "-1e6 to 1e6");
            Planes.require(reach >= 1, "reach", reach, "1 or more");
            Planes.require(sigmaPx >= 0 && sigmaPx <= 100, "sigmaPx", sigmaPx, "0 to 100");
        }

        /**
         * The defaults: compactness 1, 10 iterations, Euclidean, alpha 0.1, beta 2, reach 1, smoothing by 1 pixel. They were
         * chosen for boundary recall and under-segmentation on noisy colour and grey mosaics and on fluorescence nuclei; for
         * structures of one or two pixels, smooth less.
         */
        public static Config of(int clusters) {
            return new Config(clusters, 1, 10, Similarity.EUCLIDEAN, 0.1, 2, 1, 1);
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
        return cluster(source, config, threads, CACHE_BYTES, progress);
    }

    /** The same with another limit of the memory for features. */
    static Result cluster(FeatureSource source, Config config, int threads, long cacheBytes, Progress progress) {
        Planes.check(source);
        FeatureSource features = config.sigmaPx() > 0 ? Features.smooth(source, config.sigmaPx()) : source;
        return new Run(features, config, threads, cacheBytes, progress).result();
    }

    /**
     * The grid of centres: as nearly {@code clusters} cells as possible, the cells near to squares.
     *
     * @return columns and rows, {@code {gx, gy}}
     */
    static int[] grid(int width, int height, int clusters) {
        double square = Math.sqrt((double) clusters * height / width);
        double ideal =
                Math.min(clusters, Math.max((double) clusters / width, square)); // at least 1 column, at most width
        int low = (int) Math.max(1, Math.min(height, Math.floor(ideal / 1.3)));
        int high = (int) Math.max(1, Math.min(height, Math.ceil(ideal * 1.3)));
        int[] best = {1, 1};
        double bestCost = Double.POSITIVE_INFINITY;
        for (int gy = low; gy <= high; gy++) {
            int gx = (int) Math.max(1, Math.min(width, Math.round((double) clusters / gy)));
            double miss = Math.abs((double) gx * gy - clusters) / clusters;
            double stretch = Math.abs(Math.log((double) width / gx * gy / height));
            double cost = miss + 0.2 * stretch * stretch;
            if (cost < bestCost) {
                bestCost = cost;
                best = new int[] {gx, gy};
            }
        }
        return best;
    }

    /** {@code s = sigmoid(beta - alpha * d)}, from a table where that is accurate to 1e-6. */
    static final class Sigmoid {
        private static final int STEPS = 8192;
        private static final double LAST = 18;
        private final double alpha;
        private final double beta;
        private final float scale; // table steps per distance
        private final float[] table;

        Sigmoid(double alpha, double beta) {
            this.alpha = alpha;
            this.beta = beta;
            double range = (LAST + beta) / alpha; // beyond, s is below 2e-8
            boolean worthwhile = beta > -LAST / 2 && beta < LAST / 2;
            scale = worthwhile ? (float) (STEPS / range) : 0;
            table = new float[worthwhile ? STEPS + 2 : 0];
            for (int i = 0; i < table.length; i++) {
                table[i] = exact(i / (double) scale);
            }
        }

        private float exact(double d) {
            return (float) (1 / (1 + Math.exp(alpha * d - beta)));
        }

        float of(float d) {
            float at = d * scale;
            if (scale == 0 || !(at < STEPS)) {
                return exact(d);
            }
            int i = (int) at;
            return table[i] + (at - i) * (table[i + 1] - table[i]);
        }
    }

    private static void measure1(
            float[] columns,
            float centreX,
            float scale,
            float dy2,
            float[] keys,
            int at,
            float key,
            int left,
            int right,
            float[] into,
            int intoAt) {
        for (int x = left; x < right; x++) {
            float dx = (columns[x] - centreX) * scale;
            float dv = keys[at + x] - key;
            into[intoAt + x] = dx * dx + dy2 + dv * dv;
        }
    }

    private static void measure3(
            float[] columns,
            float centreX,
            float scale,
            float dy2,
            float[] keys,
            int at,
            float[] key,
            int left,
            int right,
            float[] into,
            int intoAt) {
        int second = at + columns.length;
        int third = second + columns.length;
        float key0 = key[0];
        float key1 = key[1];
        float key2 = key[2];
        for (int x = left; x < right; x++) {
            float dx = (columns[x] - centreX) * scale;
            float d0 = keys[at + x] - key0;
            float d1 = keys[second + x] - key1;
            float d2 = keys[third + x] - key2;
            into[intoAt + x] = dx * dx + dy2 + d0 * d0 + d1 * d1 + d2 * d2;
        }
    }

    private static void measure0(
            float[] columns, float centreX, float scale, float dy2, int left, int right, float[] into, int intoAt) {
        for (int x = left; x < right; x++) {
            float dx = (columns[x] - centreX) * scale;
            into[intoAt + x] = dx * dx + dy2;
        }
    }

    private static void addSquares(float[] keys, int at, float key, int left, int right, float[] into, int intoAt) {
        for (int x = left; x < right; x++) {
            float dv = keys[at + x] - key;
            into[intoAt + x] += dv * dv;
        }
    }

    /**
     * The least of nine distances, the first of equal ones. Floats from 0 up have the order of their bits, NaN above
     * infinity: with the candidate's number below the bits, the least long says both, without a branch.
     */
    private static void least9(
            float[] distances,
            int[] offsets,
            int[] centres,
            int left,
            int right,
            int[] labels,
            int base,
            float[] nearest) {
        int o0 = offsets[0];
        int o1 = offsets[1];
        int o2 = offsets[2];
        int o3 = offsets[3];
        int o4 = offsets[4];
        int o5 = offsets[5];
        int o6 = offsets[6];
        int o7 = offsets[7];
        int o8 = offsets[8];
        for (int x = left; x < right; x++) {
            long best = Math.min(coded(distances[o0 + x], 0), coded(distances[o1 + x], 1));
            long other = Math.min(coded(distances[o2 + x], 2), coded(distances[o3 + x], 3));
            best = Math.min(best, coded(distances[o4 + x], 4));
            other = Math.min(other, coded(distances[o5 + x], 5));
            best = Math.min(best, coded(distances[o6 + x], 6));
            other = Math.min(other, coded(distances[o7 + x], 7));
            best = Math.min(Math.min(best, other), coded(distances[o8 + x], 8));
            int bits = (int) (best >> 4);
            nearest[x] = Float.intBitsToFloat(bits);
            labels[base + x] = bits < BEYOND ? centres[(int) best & 15] : -1;
        }
    }

    private static long coded(float distance, int candidate) {
        return (long) (Float.floatToRawIntBits(distance) & Integer.MAX_VALUE) << 4 | candidate;
    }

    private static void least(
            float[] distances,
            int[] offsets,
            int[] centres,
            int n,
            int left,
            int right,
            int[] labels,
            int base,
            float[] nearest) {
        for (int x = left; x < right; x++) {
            long best = Long.MAX_VALUE;
            for (int i = 0; i < n; i++) {
                best = Math.min(best, coded(distances[offsets[i] + x], i));
            }
            int bits = (int) (best >> 4);
            nearest[x] = Float.intBitsToFloat(bits);
            labels[base + x] = bits < BEYOND ? centres[(int) best & 15] : -1;
        }
    }

    /** The state of one clustering. */
    private static final class Run {
        private final FeatureSource source;
        private final Config config;
        private final int threads;
        private final int width;
        private final int height;
        private final int channels;
        private final int keyLength; // K: what is compared of a pixel without its position
        private final int gx;
        private final int gy;
        private final int reachX;
        private final int reachY;
        private final Bands bands;
        private final float positionScale;
        private final Sigmoid sigmoid;
        private final float[] columns; // (W): 0, 1, 2 ...
        private final int[] columnStart; // (gx + 1): first pixel column of each grid column
        private final float[] centreValues; // (M, C)
        private final float[] centreX; // (M), pixels
        private final float[] centreY; // (M), pixels
        private final long[] members; // (M), of the last round
        private final float[][] cache; // a band each: (row, C, x); null if rows are read each time
        private final int[] labels;
        private final Bands.Step step;

        Run(FeatureSource source, Config config, int threads, long cacheBytes, Progress progress) {
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
            keyLength = channels + (config.similarity() == Similarity.COSINE ? 1 : 0);
            sigmoid = new Sigmoid(config.alpha(), config.beta());
            columns = new float[width];
            for (int x = 0; x < width; x++) {
                columns[x] = x;
            }
            columnStart = starts(width, gx);
            int centres = Math.multiplyExact(gx, gy);
            centreValues = new float[Math.multiplyExact(centres, channels)];
            centreX = new float[centres];
            centreY = new float[centres];
            members = new long[centres];
            boolean fits = 4L * width * height * channels <= cacheBytes;
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

        /** A row that is not cached: channel after channel, NaN in every channel of a pixel that takes no part. */
        private void read(int y, float[] interleaved, float[] values, int at) {
            source.row(y, interleaved);
            for (int x = 0; x < width; x++) {
                float sum = 0;
                for (int c = 0; c < channels; c++) {
                    float f = interleaved[x * channels + c];
                    sum += f * 0; // NaN for NaN and for the infinities, else 0
                    values[at + c * width + x] = f * UNIT;
                }
                if (sum != 0) { // NaN is
                    for (int c = 0; c < channels; c++) {
                        values[at + c * width + x] = Float.NaN;
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
                int size = width * channels;
                float[] interleaved = new float[size];
                float[] values = new float[cache == null ? size : Math.multiplyExact(to - from, size)];
                for (int y = from; y < to; y++) {
                    int at = cache == null ? 0 : (y - from) * size;
                    read(y, interleaved, values, at);
                    int row = gridRow(y);
                    for (int r = Math.max(0, row - 1); r <= Math.min(gy - 1, row + 1); r++) {
                        int top = (int) ((long) r * height / gy);
                        int bottom = (int) (((r + 1L) * height + gy - 1) / gy);
                        if (y >= top && y < bottom) {
                            poolRow(y, r, values, at, sums);
                        }
                    }
                }
                if (cache != null) {
                    cache[band] = values;
                }
                partial[band] = sums;
            });
            Arrays.fill(centreValues, Float.NaN);
            update(partial, false);
        }

        private void poolRow(int y, int r, float[] values, int row, Sums into) {
            for (int j = 0; j < gx; j++) {
                int left = (int) ((long) j * width / gx);
                int right = (int) (((j + 1L) * width + gx - 1) / gx);
                int at = into.at(r * gx + j);
                for (int x = left; x < right; x++) {
                    if (!Float.isNaN(values[row + x])) {
                        for (int c = 0; c < channels; c++) {
                            into.sums[at + c] += values[row + c * width + x];
                        }
                        into.sums[at + channels] += x;
                        into.sums[at + channels + 1] += y;
                        into.sums[at + channels + 2]++;
                        into.sums[at + channels + 3]++;
                    }
                }
            }
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
            float[] centreKeys = centreKeys();
            Sums[] partial = new Sums[bands.count()];
            bands.forEach(threads, step, (band, from, to) -> {
                int size = width * channels;
                boolean cosine = config.similarity() == Similarity.COSINE;
                boolean near = config.reach() == 1;
                Sums sums = new Sums(from, to);
                float[] interleaved = new float[size];
                float[] values = cache == null ? new float[size] : cache[band];
                float[] keys = cosine ? new float[width * keyLength] : values;
                float[] distances = new float[near ? SLOTS * width : 0];
                float[] nearest = new float[width];
                for (int y = from; y < to; y++) {
                    int at = cache == null ? 0 : (y - from) * size;
                    if (cache == null) {
                        read(y, interleaved, values, 0);
                    }
                    if (cosine) {
                        cosineKeys(values, at, keys);
                    }
                    int keysAt = cosine ? 0 : at;
                    if (near) {
                        assignNear(y, keys, keysAt, centreKeys, distances, nearest);
                    } else {
                        assign(y, keys, keysAt, centreKeys, nearest);
                    }
                    aggregate(y, values, at, nearest, sums);
                }
                partial[band] = sums;
            });
            update(partial, true);
        }

        private void cosineKeys(float[] values, int at, float[] keys) {
            for (int x = 0; x < width; x++) {
                float square = BIAS * BIAS;
                for (int c = 0; c < channels; c++) {
                    float v = values[at + c * width + x];
                    square += v * v;
                }
                float factor = LENGTH / (float) Math.sqrt(square);
                for (int c = 0; c < channels; c++) {
                    keys[c * width + x] = values[at + c * width + x] * factor;
                }
                keys[channels * width + x] = BIAS * factor;
            }
        }

        /** What is compared of the centres, (M, keyLength). */
        private float[] centreKeys() {
            if (config.similarity() == Similarity.EUCLIDEAN) {
                return centreValues.clone();
            }
            int centres = gx * gy;
            float[] keys = new float[Math.multiplyExact(centres, keyLength)];
            for (int m = 0; m < centres; m++) {
                float square = BIAS * BIAS;
                for (int c = 0; c < channels; c++) {
                    float v = centreValues[m * channels + c];
                    square += v * v;
                }
                float factor = LENGTH / (float) Math.sqrt(square);
                for (int c = 0; c < channels; c++) {
                    keys[m * keyLength + c] = centreValues[m * channels + c] * factor;
                }
                keys[m * keyLength + channels] = BIAS * factor;
            }
            return keys;
        }

        /** Squared distances of the pixels left to right - 1 of a row to a centre. */
        private void measure(
                int y, int m, float[] keys, int at, float[] centreKeys, int left, int right, float[] into, int intoAt) {
            float dy = (y - centreY[m]) * positionScale;
            int k = m * keyLength;
            switch (keyLength) {
                case 1 ->
                    measure1(
                            columns,
                            centreX[m],
                            positionScale,
                            dy * dy,
                            keys,
                            at,
                            centreKeys[k],
                            left,
                            right,
                            into,
                            intoAt);
                case 3 -> {
                    float[] key = {centreKeys[k], centreKeys[k + 1], centreKeys[k + 2]};
                    measure3(columns, centreX[m], positionScale, dy * dy, keys, at, key, left, right, into, intoAt);
                }
                default -> {
                    measure0(columns, centreX[m], positionScale, dy * dy, left, right, into, intoAt);
                    for (int c = 0; c < keyLength; c++) {
                        addSquares(keys, at + c * width, centreKeys[k + c], left, right, into, intoAt);
                    }
                }
            }
        }

        /** The centres at most one cell away: all distances of a row in long runs, then the least of nine. */
        private void assignNear(int y, float[] keys, int at, float[] centreKeys, float[] distances, float[] nearest) {
            int row = gridRow(y);
            int top = Math.max(0, row - 1);
            int bottom = Math.min(gy - 1, row + 1);
            for (int r = top; r <= bottom; r++) {
                for (int j = 0; j < gx; j++) {
                    int left = columnStart[Math.max(0, j - 1)];
                    int right = columnStart[Math.min(gx, j + 2)];
                    // centres whose runs overlap are less than 3 columns apart: 3 buffers a grid row hold them all
                    int slot = 3 * (r - top) + j % 3;
                    measure(y, r * gx + j, keys, at, centreKeys, left, right, distances, slot * width);
                }
            }
            int[] offsets = new int[SLOTS];
            int[] centres = new int[SLOTS];
            for (int i = 0; i < gx; i++) {
                int n = 0;
                for (int r = top; r <= bottom; r++) {
                    for (int j = Math.max(0, i - 1); j <= Math.min(gx - 1, i + 1); j++) {
                        offsets[n] = (3 * (r - top) + j % 3) * width;
                        centres[n++] = r * gx + j;
                    }
                }
                if (n == SLOTS) {
                    least9(distances, offsets, centres, columnStart[i], columnStart[i + 1], labels, y * width, nearest);
                } else {
                    least(
                            distances,
                            offsets,
                            centres,
                            n,
                            columnStart[i],
                            columnStart[i + 1],
                            labels,
                            y * width,
                            nearest);
                }
            }
        }

        /** Any reach. */
        private void assign(int y, float[] keys, int at, float[] centreKeys, float[] nearest) {
            float[] distance = new float[width];
            int[] bits = new int[width];
            Arrays.fill(bits, BEYOND);
            int base = y * width;
            Arrays.fill(labels, base, base + width, -1);
            int row = gridRow(y);
            for (int r = Math.max(0, row - reachY); r <= Math.min(gy - 1, row + reachY); r++) {
                for (int j = 0; j < gx; j++) {
                    int left = columnStart[Math.max(0, j - reachX)];
                    int right = columnStart[(int) Math.min(gx, j + reachX + 1L)];
                    measure(y, r * gx + j, keys, at, centreKeys, left, right, distance, 0);
                    for (int x = left; x < right; x++) {
                        int d = Float.floatToRawIntBits(distance[x]) & Integer.MAX_VALUE;
                        if (d < bits[x]) {
                            bits[x] = d;
                            labels[base + x] = r * gx + j;
                        }
                    }
                }
            }
            for (int x = 0; x < width; x++) {
                nearest[x] = Float.intBitsToFloat(bits[x]);
            }
        }

        /** Adds each pixel, weighted, to its centre; runs of one label are added up first. */
        private void aggregate(int y, float[] values, int at, float[] nearest, Sums into) {
            int base = y * width;
            int end;
            for (int x = 0; x < width; x = end) {
                int m = labels[base + x];
                end = x + 1;
                while (end < width && labels[base + end] == m) {
                    end++;
                }
                if (m < 0) {
                    continue;
                }
                for (int i = x; i < end; i++) {
                    nearest[i] = sigmoid.of(nearest[i]);
                }
                int to = into.at(m);
                double weight = 0;
                double weightX = 0;
                for (int i = x; i < end; i++) {
                    weight += nearest[i];
                    weightX += nearest[i] * i;
                }
                for (int c = 0; c < channels; c++) {
                    double sum = 0;
                    int channel = at + c * width;
                    for (int i = x; i < end; i++) {
                        sum += nearest[i] * values[channel + i];
                    }
                    into.sums[to + c] += sum;
                }
                into.sums[to + channels] += weightX;
                into.sums[to + channels + 1] += weight * y;
                into.sums[to + channels + 2] += weight;
                into.sums[to + channels + 3] += end - x;
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
