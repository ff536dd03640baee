// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.clustering;

import io.github.pointillist.progress.Progress;
import java.util.Arrays;

/**
 * Semantic equitable clustering: clusters of equal size in one pass.
 *
 * <p>Fan et al., Semantic Equitable Clustering (section 3.2), reference implementation qhfan/SecViT fddb88b: the cosine of every
 * pixel's vector to the mean vector, sorted ascending, split into equal consecutive groups. Here the vector is that of the
 * given features, joined with the position if it has a weight, not centred; equal cosines keep the order of their pixels (the
 * original's sort is not stable); and where N pixels do not divide by k clusters, the first {@code N mod k} groups have one
 * pixel more (the original refuses).
 *
 * <p>Only the group of a pixel matters, not its place in it: the cosines, as sortable integers, are counted by their upper
 * and then their lower bits until the key at every boundary is known exactly, and equal keys are told apart by counting. So no
 * sort, time linear in the pixels, and 4 bytes a pixel besides the features.
 *
 * <p>A zero vector has cosine 0. Pixels with a feature that is not finite are labelled -1 and take no part. One feature
 * without position has no direction: all pixels of one sign are equal and are grouped in raster order. The result does not
 * depend on the number of threads.
 */
public final class EquitableClustering {
    /** The key of pixels that take no part: above that of every cosine. */
    static final int NO_KEY = Integer.MAX_VALUE;

    private static final int BATCH = 4096;

    private EquitableClustering() {}

    /**
     * What to do.
     *
     * @param clusters groups, at least 1; at most as many as pixels take part are made
     * @param positionWeight weight of the position joined to the features: {@code 100 * weight * (x, y) / max(width, height)};
     *     0 leaves the position out
     */
    public record Config(int clusters, double positionWeight) {
        /** Checks the ranges. */
        public Config {
            Planes.require(clusters >= 1, "clusters", clusters, "1 or more");
            Planes.require(positionWeight >= 0 && positionWeight <= 1e6, "positionWeight", positionWeight, "0 to 1e6");
        }

        /** Features without position. */
        public static Config of(int clusters) {
            return new Config(clusters, 0);
        }
    }

    /** {@link #cluster(FeatureSource, Config, int, Progress)} with a thread per processor. */
    public static Labels cluster(FeatureSource source, Config config, Progress progress) {
        return cluster(source, config, Bands.availableThreads(), progress);
    }

    /**
     * Groups the pixels of a plane.
     *
     * @param source features
     * @param config what to do
     * @param threads threads to use, at least 1; the result is the same for any number
     * @param progress told after each band of rows, asked before each
     * @return groups in ascending order of the cosine
     * @throws IllegalArgumentException if the plane is empty or has more than 2^31 - 1 pixels
     * @throws java.util.concurrent.CancellationException if cancelled
     */
    public static Labels cluster(FeatureSource source, Config config, int threads, Progress progress) {
        Planes.check(source);
        int width = source.width();
        int height = source.height();
        Bands.Step step = new Bands.Step(progress, 2L * Bands.of(height).count(), "Equitable clustering");
        int[] keys = keys(source, config, threads, step);
        int count = split(keys, config.clusters(), progress);
        step.finish();
        return new Labels(width, height, keys, count);
    }

    /** The cosines as integers of the same order; {@link #NO_KEY} for pixels that take no part. */
    static int[] keys(FeatureSource source, Config config, int threads, Bands.Step step) {
        Bands bands = Bands.of(source.height());
        int channels = source.channels() + (config.positionWeight() > 0 ? 2 : 0);
        double[][] sums = new double[bands.count()][channels];
        bands.forEach(threads, step, (band, from, to) -> {
            Vectors vectors = new Vectors(source, config);
            for (int y = from; y < to; y++) {
                vectors.read(y);
                for (int x = 0; x < vectors.width; x++) {
                    if (vectors.take(x)) {
                        for (int c = 0; c < channels; c++) {
                            sums[band][c] += vectors.vector[c];
                        }
                    }
                }
            }
        });
        double[] mean = new double[channels]; // its length does not matter
        for (double[] band : sums) {
            for (int c = 0; c < channels; c++) {
                mean[c] += band[c];
            }
        }
        double meanLength = length(mean);
        int[] keys = new int[source.width() * source.height()];
        bands.forEach(threads, step, (band, from, to) -> {
            Vectors vectors = new Vectors(source, config);
            for (int y = from; y < to; y++) {
                vectors.read(y);
                for (int x = 0; x < vectors.width; x++) {
                    int key = NO_KEY;
                    if (vectors.take(x)) {
                        double dot = 0;
                        for (int c = 0; c < channels; c++) {
                            dot += vectors.vector[c] * mean[c];
                        }
                        double lengths = length(vectors.vector) * meanLength;
                        key = key(lengths > 0 ? (float) (dot / lengths) : 0);
                    }
                    keys[y * vectors.width + x] = key;
                }
            }
        });
        return keys;
    }

    private static double length(double[] v) {
        double square = 0;
        for (double component : v) {
            square += component * component;
        }
        return Math.sqrt(square);
    }

    /** An integer of the same order as the cosine, -0 equal to 0. */
    static int key(float cosine) {
        int bits = Float.floatToIntBits(cosine + 0f);
        return bits ^ bits >> 31 & Integer.MAX_VALUE;
    }

    /** Replaces the keys by groups; returns how many there are. */
    static int split(int[] keys, int clusters, Progress progress) {
        int n = 0;
        for (int key : keys) {
            n += key == NO_KEY ? 0 : 1;
        }
        if (n == 0) {
            Arrays.fill(keys, -1);
            return 0;
        }
        int k = Math.min(clusters, n);
        progress.check();
        Boundaries boundaries = Boundaries.of(keys, n, k, progress);
        progress.check();
        boundaries.label(keys);
        return k;
    }

    /** Reads the vectors of a row one by one. */
    private static final class Vectors {
        final int width;
        final double[] vector;
        private final FeatureSource source;
        private final float[] row;
        private final double scale;
        private int y;

        Vectors(FeatureSource source, Config config) {
            this.source = source;
            width = source.width();
            row = new float[width * source.channels()];
            scale = 100 * config.positionWeight() / Math.max(width, source.height());
            vector = new double[source.channels() + (scale > 0 ? 2 : 0)];
        }

        void read(int newY) {
            y = newY;
            source.row(y, row);
        }

        /** Fills {@link #vector}; whether it is finite. */
        boolean take(int x) {
            int channels = source.channels();
            boolean finite = true;
            for (int c = 0; c < channels; c++) {
                float f = row[x * channels + c];
                finite &= Float.isFinite(f);
                vector[c] = f;
            }
            if (vector.length > channels) {
                vector[channels] = x * scale;
                vector[channels + 1] = y * scale;
            }
            return finite;
        }
    }

    /** The keys at which groups begin. */
    private static final class Boundaries {
        private final int n;
        private final int k;
        private final int[] keys; // distinct, ascending
        private final int[] less; // (keys): how many pixels have a smaller key

        private Boundaries(int n, int k, int[] keys, int[] less) {
            this.n = n;
            this.k = k;
            this.keys = keys;
            this.less = less;
        }

        static Boundaries of(int[] pixelKeys, int n, int k, Progress progress) {
            // Radix selection, most significant bits first: the prefixes that hold a boundary are refined.
            int[] prefixes = {0};
            int[] before = {0}; // pixels below the prefix
            int bits = 0;
            int[] ranks = new int[Math.max(0, k - 1)];
            for (int j = 1; j < k; j++) {
                ranks[j - 1] = first(n, k, j);
            }
            if (ranks.length == 0) {
                return new Boundaries(n, k, new int[0], new int[0]);
            }
            for (int more : new int[] {12, 10, 10}) {
                int[] newPrefixes = new int[ranks.length];
                int[] newBefore = new int[ranks.length];
                int found = 0;
                int rank = 0;
                for (int start = 0; start < prefixes.length; start += BATCH) {
                    progress.check();
                    int end = Math.min(prefixes.length, start + BATCH);
                    int[] histogram = histogram(pixelKeys, prefixes, start, end, bits, more);
                    for (int p = start; p < end; p++) {
                        int below = before[p];
                        for (int b = 0; b < 1 << more && rank < ranks.length; b++) {
                            int here = histogram[(p - start << more) + b];
                            if (ranks[rank] < below + here) {
                                newPrefixes[found] = prefixes[p] << more | b;
                                newBefore[found++] = below;
                                while (rank < ranks.length && ranks[rank] < below + here) {
                                    rank++;
                                }
                            }
                            below += here;
                        }
                    }
                }
                prefixes = Arrays.copyOf(newPrefixes, found);
                before = Arrays.copyOf(newBefore, found);
                bits += more;
            }
            for (int i = 0; i < prefixes.length; i++) {
                prefixes[i] ^= Integer.MIN_VALUE;
            }
            return new Boundaries(n, k, prefixes, before);
        }

        /** Counts of the next bits under each prefix; the sign bit is flipped so that the order is unsigned. */
        private static int[] histogram(int[] pixelKeys, int[] prefixes, int start, int end, int bits, int more) {
            int[] slot = new int[1 << bits]; // of a prefix, plus one
            for (int p = start; p < end; p++) {
                slot[prefixes[p]] = p - start + 1;
            }
            int[] histogram = new int[end - start << more];
            int mask = (1 << more) - 1;
            int shift = 32 - bits - more;
            for (int key : pixelKeys) {
                if (key != NO_KEY) {
                    int unsigned = key ^ Integer.MIN_VALUE;
                    int s = bits == 0 ? 1 : slot[unsigned >>> 32 - bits];
                    if (s != 0) {
                        histogram[(s - 1 << more) + (unsigned >>> shift & mask)]++;
                    }
                }
            }
            return histogram;
        }

        /** The rank at which group j begins. */
        private static int first(int n, int k, int j) {
            return (int) ((long) j * (n / k) + Math.min(j, n % k));
        }

        private int group(int rank) {
            int size = n / k;
            int larger = n % k;
            int ofLarger = larger * (size + 1);
            return rank < ofLarger ? rank / (size + 1) : larger + (rank - ofLarger) / size;
        }

        void label(int[] pixelKeys) {
            // A key between two boundary keys lies in the group of the last pixel of the lower one's ties.
            int[] above = new int[keys.length + 1]; // group of the keys just below boundary key i
            for (int i = 0; i < keys.length; i++) {
                above[i] = less[i] == 0 ? 0 : group(less[i] - 1);
            }
            above[keys.length] = k - 1;
            int[] ties = less.clone(); // rank of the next pixel of each boundary key
            for (int i = 0; i < pixelKeys.length; i++) {
                int key = pixelKeys[i];
                if (key == NO_KEY) {
                    pixelKeys[i] = -1;
                    continue;
                }
                int at = Arrays.binarySearch(keys, key);
                pixelKeys[i] = at >= 0 ? group(ties[at]++) : above[-at - 1];
            }
        }
    }
}
