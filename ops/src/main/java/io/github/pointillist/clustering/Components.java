// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.clustering;

import io.github.pointillist.progress.Progress;
import java.util.Arrays;

/**
 * Splits labels into connected components and merges the small ones.
 *
 * <p>Two pixels are connected if they share a side and a label. A component smaller than the least size joins a neighbouring
 * component: given features, the one of nearest mean features, which keeps to borders in the image best; without, the one with
 * which it shares the longest border, of equally long ones the larger. Of equal ones it joins the one that comes first in raster
 * order. All small components choose at the same time; those that are still too small choose again, so a chain of small ones
 * becomes one component and two large ones are never joined. Pixels labelled -1 stay so and are nobody's neighbours; a small
 * component without neighbours stays.
 *
 * <p>Time is linear in the pixels for each round of choices, and every round at least halves the small components that have
 * neighbours. Memory: 4 bytes a pixel for the result, 1 bit a pixel, 12 bytes a component, and given features 8 bytes a
 * component and feature.
 */
public final class Components {
    private static final int ROWS_BETWEEN_CHECKS = 64;

    private Components() {}

    /**
     * Splits, and merges by the longest border.
     *
     * @param labels left as it is
     * @param minSizePx least number of pixels of a component; 0 or 1 keeps all
     * @param progress asked and told every 64 rows
     * @return components, numbered from 0 in the raster order of their first pixels
     * @throws IllegalArgumentException if {@code minSizePx} is negative
     * @throws java.util.concurrent.CancellationException if cancelled
     */
    public static Labels split(Labels labels, int minSizePx, Progress progress) {
        Planes.require(minSizePx >= 0, "minSizePx", minSizePx, "0 or more");
        return new Split(labels, null, minSizePx, progress).result();
    }

    /**
     * Splits, and merges by the nearest mean features.
     *
     * @param labels left as it is; -1 wherever a feature is not finite
     * @param source features of the same plane
     * @param minSizePx least number of pixels of a component; 0 or 1 keeps all
     * @param progress asked and told every 64 rows
     * @return components, numbered from 0 in the raster order of their first pixels
     * @throws IllegalArgumentException if {@code minSizePx} is negative or the sizes of the planes differ
     * @throws java.util.concurrent.CancellationException if cancelled
     */
    public static Labels split(Labels labels, FeatureSource source, int minSizePx, Progress progress) {
        Planes.require(minSizePx >= 0, "minSizePx", minSizePx, "0 or more");
        if (labels.width() != source.width() || labels.height() != source.height()) {
            throw new IllegalArgumentException("features of " + source.width() + " x " + source.height()
                    + " pixels given for labels of " + labels.width() + " x " + labels.height()
                    + "; allowed: the same size");
        }
        return new Split(labels, source, minSizePx, progress).result();
    }

    /** A quarter of the mean number of pixels of a label, at least 1: what superpixels are cleaned up with. */
    public static int defaultMinSizePx(Labels labels) {
        return Math.max(1, labels.labels().length / (4 * Math.max(1, labels.count())));
    }

    private static final class Split {
        private final int width;
        private final int height;
        private final int[] labels;
        private final FeatureSource source; // null to choose by borders
        private final int minSize;
        private double[] sums; // (components, C): sums of the features
        private final Progress progress;
        private final int[] component; // per pixel; -1 for none
        private int[] parent = new int[1024]; // union-find over provisional components; a root is its own parent
        private int[] size; // per component, right for roots
        private int count;

        Split(Labels labels, FeatureSource source, int minSize, Progress progress) {
            width = labels.width();
            height = labels.height();
            this.labels = labels.labels();
            this.source = source;
            this.minSize = minSize;
            this.progress = progress;
            component = new int[width * height];
        }

        Labels result() {
            scan();
            number();
            if (minSize > 1) {
                if (source != null && needsFeatures()) {
                    sum();
                }
                while (mergeSmall()) {
                    number();
                }
            }
            progress.report(1, 1, "Connected components");
            return new Labels(width, height, component, count);
        }

        private void check(int y, String what) {
            if (y % ROWS_BETWEEN_CHECKS == 0) {
                progress.check();
                progress.report(y, height, what);
            }
        }

        private int root(int i) {
            int r = i;
            while (parent[r] != r) {
                parent[r] = parent[parent[r]];
                r = parent[r];
            }
            return r;
        }

        /** Provisional components: a pixel joins its left and upper neighbours of the same label. */
        private void scan() {
            for (int y = 0; y < height; y++) {
                check(y, "Connected components");
                for (int x = 0; x < width; x++) {
                    int i = y * width + x;
                    int label = labels[i];
                    if (label < 0) {
                        component[i] = -1;
                        continue;
                    }
                    boolean left = x > 0 && labels[i - 1] == label;
                    boolean up = y > 0 && labels[i - width] == label;
                    if (left && up) {
                        component[i] = join(component[i - 1], component[i - width]);
                    } else if (left) {
                        component[i] = component[i - 1];
                    } else if (up) {
                        component[i] = component[i - width];
                    } else {
                        if (count == parent.length) {
                            parent = Arrays.copyOf(parent, grown(count));
                        }
                        parent[count] = count;
                        component[i] = count++;
                    }
                }
            }
        }

        private int grown(int n) {
            return (int) Math.min((long) width * height, 2L * n);
        }

        /** Joins two sets; the root is the lower number, which came first in raster order. */
        private int join(int a, int b) {
            if (a == b) {
                return a;
            }
            int ra = root(a);
            int rb = root(b);
            int low = Math.min(ra, rb);
            parent[ra] = low;
            parent[rb] = low;
            return low;
        }

        /** Numbers the roots from 0 in order, which is that of their first pixels, and counts their pixels. */
        private void number() {
            int roots = 0;
            for (int i = 0; i < count; i++) {
                // a parent has a lower number than its child: it already holds its final number
                parent[i] = parent[i] == i ? roots++ : parent[parent[i]];
            }
            if (sums != null) {
                mergeSums(roots);
            }
            size = new int[roots];
            for (int y = 0; y < height; y++) {
                check(y, "Connected components");
                for (int i = y * width; i < (y + 1) * width; i++) {
                    if (component[i] >= 0) {
                        component[i] = parent[component[i]];
                        size[component[i]]++;
                    }
                }
            }
            count = roots;
            parent = Arrays.copyOf(parent, roots);
        }

        /** Lets every small component choose a neighbour; whether one could. */
        private boolean mergeSmall() {
            int[] choice = new int[count]; // the neighbour chosen, -1 if none
            Arrays.fill(choice, -1);
            boolean any = false;
            Borders borders = new Borders();
            long[] seen = new long[(component.length + 63) >> 6];
            int[] stack = new int[64];
            for (int y = 0; y < height; y++) {
                check(y, "Merging small components");
                for (int i = y * width; i < (y + 1) * width; i++) {
                    int c = component[i];
                    if (c < 0 || size[c] >= minSize || (seen[i >> 6] & 1L << i) != 0) {
                        continue;
                    }
                    borders.clear();
                    int depth = 0;
                    stack[depth++] = i;
                    seen[i >> 6] |= 1L << i;
                    while (depth > 0) {
                        int p = stack[--depth];
                        int px = p % width;
                        if (depth + 4 > stack.length) {
                            stack = Arrays.copyOf(stack, 2 * stack.length);
                        }
                        for (int side = 0; side < 4; side++) {
                            boolean inside = side == 0
                                    ? px > 0
                                    : side == 1
                                            ? px < width - 1
                                            : side == 2 ? p >= width : p < component.length - width;
                            if (!inside) {
                                continue;
                            }
                            int q = side == 0 ? p - 1 : side == 1 ? p + 1 : side == 2 ? p - width : p + width;
                            int other = component[q];
                            if (other == c) {
                                if ((seen[q >> 6] & 1L << q) == 0) {
                                    seen[q >> 6] |= 1L << q;
                                    stack[depth++] = q;
                                }
                            } else if (other >= 0) {
                                borders.add(other);
                            }
                        }
                    }
                    choice[c] = source == null ? borders.best(size) : nearest(c, borders);
                    any |= choice[c] >= 0;
                }
            }
            if (!any) {
                return false;
            }
            for (int c = 0; c < count; c++) {
                parent[c] = c;
            }
            for (int c = 0; c < count; c++) {
                if (choice[c] >= 0) {
                    join(c, choice[c]);
                }
            }
            return true;
        }

        private boolean needsFeatures() {
            for (int s : size) {
                if (s < minSize) {
                    return true;
                }
            }
            return false;
        }

        /** Adds up the features of every component. */
        private void sum() {
            int channels = source.channels();
            sums = new double[Math.multiplyExact(count, channels)];
            float[] row = new float[width * channels];
            for (int y = 0; y < height; y++) {
                check(y, "Merging small components");
                source.row(y, row);
                for (int x = 0; x < width; x++) {
                    int m = component[y * width + x];
                    for (int c = 0; m >= 0 && c < channels; c++) {
                        sums[m * channels + c] += row[x * channels + c];
                    }
                }
            }
        }

        /** The sums of merged components, by their new numbers. */
        private void mergeSums(int roots) {
            int channels = source.channels();
            double[] merged = new double[roots * channels];
            for (int m = 0; m < count; m++) {
                for (int c = 0; c < channels; c++) {
                    merged[parent[m] * channels + c] += sums[m * channels + c];
                }
            }
            sums = merged;
        }

        /** The neighbour of nearest mean features, the first of equally near ones; -1 if there is none. */
        private int nearest(int m, Borders borders) {
            int channels = source.channels();
            int best = -1;
            double least = Double.POSITIVE_INFINITY;
            for (int i = 0; i < borders.n; i++) {
                int other = borders.keys[borders.used[i]];
                double d = 0;
                for (int c = 0; c < channels; c++) {
                    double difference = sums[m * channels + c] / size[m] - sums[other * channels + c] / size[other];
                    d += difference * difference;
                }
                if (best < 0 || d < least || d == least && other < best) {
                    best = other;
                    least = d;
                }
            }
            return best;
        }
    }

    /** Border lengths of one component with its neighbours: few, so a small open hash. */
    private static final class Borders {
        private int[] keys = new int[16];
        private int[] lengths = new int[16];
        private int[] used = new int[16];
        private int n;

        Borders() {
            Arrays.fill(keys, -1);
        }

        void clear() {
            for (int i = 0; i < n; i++) {
                keys[used[i]] = -1;
            }
            n = 0;
        }

        void add(int key) {
            int slot = find(key);
            if (keys[slot] == key) {
                lengths[slot]++;
                return;
            }
            if (2 * (n + 1) > keys.length) {
                grow();
                slot = find(key);
            }
            keys[slot] = key;
            lengths[slot] = 1;
            used[n++] = slot;
        }

        private int find(int key) {
            int slot = (key * 0x9E3779B9) >>> 16 & keys.length - 1;
            while (keys[slot] != -1 && keys[slot] != key) {
                slot = slot + 1 & keys.length - 1;
            }
            return slot;
        }

        private void grow() {
            int[] oldKeys = keys;
            int[] oldLengths = lengths;
            int[] oldUsed = used;
            keys = new int[2 * oldKeys.length];
            lengths = new int[keys.length];
            used = new int[keys.length];
            Arrays.fill(keys, -1);
            for (int i = 0; i < n; i++) {
                int slot = find(oldKeys[oldUsed[i]]);
                keys[slot] = oldKeys[oldUsed[i]];
                lengths[slot] = oldLengths[oldUsed[i]];
                used[i] = slot;
            }
        }

        /** The neighbour with the longest border, then the largest, then the first; -1 if there is none. */
        int best(int[] sizes) {
            int best = -1;
            int bestLength = 0;
            for (int i = 0; i < n; i++) {
                int key = keys[used[i]];
                int length = lengths[used[i]];
                boolean better = best < 0
                        || length > bestLength
                        || length == bestLength
                                && (sizes[key] > sizes[best] || sizes[key] == sizes[best] && key < best);
                if (better) {
                    best = key;
                    bestLength = length;
                }
            }
            return best;
        }
    }
}
