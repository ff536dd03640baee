// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.clustering;

import java.util.Arrays;

/**
 * A separable Gaussian over rows. Each thread keeps the last horizontally smoothed rows in a ring, so rows read in order cost
 * one horizontal pass each; a row has the same value in whatever order rows are read.
 */
final class Smoothed extends Derived {
    private final boolean fills;
    private final float[] kernel; // (2 * radius + 1), sum 1
    private final int radius;
    private final ThreadLocal<Ring> rings = ThreadLocal.withInitial(Ring::new);

    /**
     * Smooths by a Gaussian cut at 3 sigma.
     *
     * @param fills whether pixels without a value get that of their neighbours; else they stay NaN
     */
    Smoothed(FeatureSource source, double sigmaPx, boolean fills) {
        super(source, source.channels());
        Planes.require(sigmaPx > 0 && sigmaPx <= 100, "sigmaPx", sigmaPx, "more than 0, up to 100");
        this.fills = fills;
        radius = (int) Math.ceil(3 * sigmaPx);
        double[] weights = new double[2 * radius + 1];
        double sum = 0;
        for (int i = -radius; i <= radius; i++) {
            weights[i + radius] = Math.exp(-0.5 * i * i / (sigmaPx * sigmaPx));
            sum += weights[i + radius];
        }
        kernel = new float[weights.length];
        for (int i = 0; i < kernel.length; i++) {
            kernel[i] = (float) (weights[i] / sum);
        }
    }

    @Override
    public void row(int y, float[] into) {
        rings.get().smooth(y, into);
    }

    /** The rows around the one read last, smoothed along x and not yet normalised. */
    private final class Ring {
        private final int width = source.width();
        private final int channels = source.channels();
        private final int slots = 2 * radius + 1;
        private final int[] held = new int[slots]; // the row in each slot, -1 for none
        private final float[][] sums = new float[slots][];
        private final float[][] weights = new float[slots][];
        private final boolean[][] takesPart = new boolean[slots][];
        private final float[] raw = new float[width * channels];
        private final float[] rawWeight = new float[width];
        private final float[] sum = new float[width * channels];
        private final float[] weight = new float[width];

        Ring() {
            Arrays.fill(held, -1);
        }

        void smooth(int y, float[] into) {
            Arrays.fill(sum, 0);
            Arrays.fill(weight, 0);
            for (int i = -radius; i <= radius; i++) {
                if (y + i >= 0 && y + i < height()) {
                    int slot = slot(y + i);
                    addScaled(kernel[i + radius], sums[slot], 0, sum, 0, sum.length);
                    addScaled(kernel[i + radius], weights[slot], 0, weight, 0, weight.length);
                }
            }
            boolean[] present = takesPart[slot(y)];
            for (int x = 0, i = 0; x < width; x++) {
                float w = fills || present[x] ? weight[x] : 0;
                for (int c = 0; c < channels; c++, i++) {
                    into[i] = w > 0 ? sum[i] / w : Float.NaN;
                }
            }
        }

        private int slot(int y) {
            int slot = y % slots;
            if (held[slot] != y) {
                fill(y, slot);
                held[slot] = y;
            }
            return slot;
        }

        private void fill(int y, int slot) {
            if (sums[slot] == null) {
                sums[slot] = new float[width * channels];
                weights[slot] = new float[width];
                takesPart[slot] = new boolean[width];
            }
            held[slot] = -1;
            source.row(y, raw);
            for (int x = 0; x < width; x++) {
                boolean finite = true;
                for (int c = 0; c < channels; c++) {
                    finite &= Float.isFinite(raw[x * channels + c]);
                }
                rawWeight[x] = finite ? 1 : 0;
                takesPart[slot][x] = finite;
                if (!finite) {
                    Arrays.fill(raw, x * channels, (x + 1) * channels, 0);
                }
            }
            convolve(raw, channels, sums[slot]);
            convolve(rawWeight, 1, weights[slot]);
        }

        private void convolve(float[] from, int step, float[] into) {
            Arrays.fill(into, 0);
            for (int i = -radius; i <= radius; i++) {
                int first = Math.max(0, -i); // the pixels x with x + i inside the row
                int last = Math.min(width, width - i);
                if (last > first) {
                    addScaled(kernel[i + radius], from, (first + i) * step, into, first * step, (last - first) * step);
                }
            }
        }
    }

    private static void addScaled(float factor, float[] from, int fromAt, float[] into, int intoAt, int n) {
        for (int i = 0; i < n; i++) {
            into[intoAt + i] += factor * from[fromAt + i];
        }
    }
}
