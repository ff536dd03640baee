// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import org.apache.commons.math3.distribution.NormalDistribution;

/**
 * Normal deviates by table: 8192 quantiles of equal probability, which reach to 3.8 standard deviations. One pass over a
 * patch then costs a hash for every four pixels.
 */
final class GaussianNoise {
    private static final int BITS = 13;
    private static final int SIZE = 1 << BITS;
    private static final float[] QUANTILES = quantiles();

    private GaussianNoise() {}

    private static float[] quantiles() {
        NormalDistribution normal = new NormalDistribution(null, 0, 1);
        double[] values = new double[SIZE];
        double squares = 0;
        for (int i = 0; i < SIZE / 2; i++) {
            values[i] = normal.inverseCumulativeProbability((i + 0.5) / SIZE);
            values[SIZE - 1 - i] = -values[i];
            squares += 2 * values[i] * values[i];
        }
        float[] table = new float[SIZE];
        double unit = Math.sqrt(SIZE / squares); // the tails that the table lacks
        for (int i = 0; i < SIZE; i++) {
            table[i] = (float) (values[i] * unit);
        }
        return table;
    }

    /** One deviate from random bits. */
    static float deviate(long bits) {
        return QUANTILES[(int) (bits >>> 64 - BITS)];
    }

    /** Independent deviates of mean 0 and variance 1. */
    static float[] fill(int count, Draws draws) {
        float[] noise = new float[count];
        for (int i = 0; i < count; i += 4) {
            long bits = draws.nextLong();
            for (int k = i; k < Math.min(i + 4, count); k++) {
                noise[k] = deviate(bits);
                bits <<= 16;
            }
        }
        return noise;
    }
}
