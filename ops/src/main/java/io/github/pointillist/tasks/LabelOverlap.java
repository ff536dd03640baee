// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import io.github.pointillist.progress.Progress;
import java.util.Arrays;
import net.imglib2.Cursor;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.type.numeric.RealType;
import net.imglib2.type.numeric.real.FloatType;
import net.imglib2.view.Views;

/**
 * How many pixels each label of a prediction shares with each label of the truth. Only pairs that occur are held, so that
 * memory grows with the number of labels and not with that of pixels; pixels are seen once, plane by plane, and counted
 * in 64 bits.
 *
 * <p>Labels get an index, from 0, in the order in which they are met: what is computed from the table does not depend on
 * the values of the labels. Background (0) is a label like any other here. Not thread-safe.
 */
public final class LabelOverlap {
    private static final long LARGEST_IN_FLOAT = 1L << 24;
    private static final long LARGEST = (1L << 53) - 1;
    private static final int REPORT_PIXELS = 1 << 22;

    private final Tally truth = new Tally();
    private final Tally predicted = new Tally();
    private final Tally pairs = new Tally();
    private long pixels;

    /**
     * Counts the pixels of two label images.
     *
     * @param prediction any dimensions; whole values from 0 up to 2^53 - 1, of floats up to 2^24, beyond which they are no
     *     longer exact
     * @param predictionName for errors
     * @param truth of the same size; their origins need not agree
     * @param truthName for errors
     * @param progress asked now and then whether to stop
     * @throws IllegalArgumentException if the sizes differ or a value is no label
     */
    public void add(
            RandomAccessibleInterval<? extends RealType<?>> prediction,
            String predictionName,
            RandomAccessibleInterval<? extends RealType<?>> truth,
            String truthName,
            Progress progress) {
        long[] size = prediction.dimensionsAsLongArray();
        if (!Arrays.equals(size, truth.dimensionsAsLongArray())) {
            throw new IllegalArgumentException(predictionName + " has the size " + Arrays.toString(size) + ", "
                    + truthName + " " + Arrays.toString(truth.dimensionsAsLongArray()) + "; they must be equal");
        }
        Labels of = new Labels(prediction, predictionName);
        Labels in = new Labels(truth, truthName);
        long previousPredicted = -1;
        long previousTrue = -1;
        long run = 0;
        long done = 0;
        while (of.cursor.hasNext()) {
            long p = of.next();
            long t = in.next();
            if (p == previousPredicted && t == previousTrue) {
                run++;
            } else {
                count(previousTrue, previousPredicted, run);
                previousPredicted = p;
                previousTrue = t;
                run = 1;
            }
            if (++done % REPORT_PIXELS == 0) {
                progress.check();
            }
        }
        count(previousTrue, previousPredicted, run);
    }

    private void count(long trueLabel, long predictedLabel, long run) {
        if (run > 0) {
            int t = truth.add(trueLabel, run);
            int p = predicted.add(predictedLabel, run);
            pairs.add((long) t << Integer.SIZE | p, run);
            pixels += run;
        }
    }

    /** Pixels counted. */
    public long pixels() {
        return pixels;
    }

    /** Number of different labels of the truth, background included where there is any. */
    public int trueLabels() {
        return truth.size;
    }

    /** Number of different labels of the prediction, background included where there is any. */
    public int predictedLabels() {
        return predicted.size;
    }

    /** The label of an index of the truth. */
    public long trueLabel(int index) {
        return truth.keys[index];
    }

    /** The label of an index of the prediction. */
    public long predictedLabel(int index) {
        return predicted.keys[index];
    }

    /** Pixels of a label of the truth by its index. */
    public long truePixels(int index) {
        return truth.counts[index];
    }

    /** Pixels of a label of the prediction by its index. */
    public long predictedPixels(int index) {
        return predicted.counts[index];
    }

    /** Number of pairs of labels that share pixels, background included. */
    public int pairs() {
        return pairs.size;
    }

    /** The index of the true label of a pair. */
    public int pairTrue(int pair) {
        return (int) (pairs.keys[pair] >>> Integer.SIZE);
    }

    /** The index of the predicted label of a pair. */
    public int pairPredicted(int pair) {
        return (int) pairs.keys[pair];
    }

    /** Pixels that the labels of a pair share, at least 1. */
    public long sharedPixels(int pair) {
        return pairs.counts[pair];
    }

    /** Reads labels in raster order and refuses what is none. */
    private static final class Labels {
        private final RandomAccessibleInterval<? extends RealType<?>> image;
        private final Cursor<? extends RealType<?>> cursor;
        private final String name;
        private final long largest;

        Labels(RandomAccessibleInterval<? extends RealType<?>> image, String name) {
            this.image = image;
            this.name = name;
            cursor = Views.flatIterable(image).cursor();
            largest = image.getType() instanceof FloatType ? LARGEST_IN_FLOAT : LARGEST;
        }

        long next() {
            double value = cursor.next().getRealDouble();
            long label = (long) value;
            if (label != value || label < 0 || label > largest) {
                throw new IllegalArgumentException(name + " holds " + value + " at " + where()
                        + "; labels are whole numbers from 0 to " + largest);
            }
            return label;
        }

        private String where() {
            StringBuilder at = new StringBuilder("(");
            for (int d = 0; d < image.numDimensions(); d++) {
                at.append(d == 0 ? "" : ", ").append(cursor.getLongPosition(d) - image.min(d));
            }
            return at.append(')').toString();
        }
    }

    /** Counts by key, numbered in the order in which keys are met: an open hash table over two arrays. */
    private static final class Tally {
        private static final int MOST_KEYS = 1 << 28;

        private long[] keys = new long[16];
        private long[] counts = new long[16];
        private int[] table = new int[64];
        private int size;

        /** Adds to the count of a key, at least 0; returns its number. */
        int add(long key, long count) {
            int slot = slot(key);
            int number = table[slot] - 1;
            if (number < 0) {
                number = insert(key, slot);
            }
            counts[number] += count;
            return number;
        }

        private int slot(long key) {
            int mask = table.length - 1;
            // Fibonacci hashing: neighbouring labels spread over the table
            int slot = (int) (key * 0x9E3779B97F4A7C15L >>> 32) & mask;
            while (table[slot] != 0 && keys[table[slot] - 1] != key) {
                slot = (slot + 1) & mask;
            }
            return slot;
        }

        private int insert(long key, int slot) {
            if (size == keys.length) {
                if (size == MOST_KEYS) {
                    throw new IllegalArgumentException(
                            "there are more than " + MOST_KEYS + " labels or pairs of them; cut the images into parts");
                }
                keys = Arrays.copyOf(keys, 2 * size);
                counts = Arrays.copyOf(counts, 2 * size);
                table = new int[4 * keys.length];
                for (int i = 0; i < size; i++) {
                    table[slot(keys[i])] = i + 1;
                }
                keys[size] = key;
                table[slot(key)] = size + 1;
            } else {
                keys[size] = key;
                table[slot] = size + 1;
            }
            return size++;
        }
    }
}
