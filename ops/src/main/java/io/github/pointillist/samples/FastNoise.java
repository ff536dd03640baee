// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

/** Camera noise from tables: some ten times as fast as {@link SampleRandom} draws it, and as reproducible. */
final class FastNoise {
    private static final int POOL = 1 << 14;
    private static final double[] NORMAL = new double[POOL];

    /** Means up to this one are drawn from tables. */
    private static final double SMALL_MEAN = 12;

    private static final int STEPS_PER_PHOTON = 64;

    /** For each tabulated mean the probabilities of at most 0, 1, 2, ... photons. */
    private static final float[][] POISSON = new float[(int) SMALL_MEAN * STEPS_PER_PHOTON + 2][];

    static {
        SampleRandom random = new SampleRandom(20_180_416);
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < POOL; i++) {
            NORMAL[i] = random.gaussian();
            sum += NORMAL[i];
            squares += NORMAL[i] * NORMAL[i];
        }
        double mean = sum / POOL;
        // the sum of two has variance 1
        double scale = Math.sqrt(0.5 / (squares / POOL - mean * mean));
        for (int i = 0; i < POOL; i++) {
            NORMAL[i] = (NORMAL[i] - mean) * scale;
        }
        for (int k = 0; k < POISSON.length; k++) {
            double expected = k / (double) STEPS_PER_PHOTON;
            float[] table = new float[48];
            double term = StrictMath.exp(-expected);
            double total = 0;
            for (int n = 0; n < table.length; n++) {
                total += term;
                table[n] = (float) total;
                term *= expected / (n + 1);
            }
            table[table.length - 1] = 2;
            POISSON[k] = table;
        }
    }

    private FastNoise() {}

    /** Mean 0, variance 1: the sum of two from a pool. */
    static double gaussian(SampleRandom random) {
        long bits = random.nextLong();
        return NORMAL[(int) (bits & POOL - 1)] + NORMAL[(int) (bits >>> 32 & POOL - 1)];
    }

    /**
     * Photons that arrive when {@code mean} are expected. Small means fall between two tabulated ones by chance, so that
     * the mean is exact; for larger ones a normal deviate with the right skewness is rounded (Cornish and Fisher 1938).
     */
    static double poisson(double mean, SampleRandom random) {
        if (mean >= SMALL_MEAN) {
            double z = gaussian(random);
            return Math.max(0, Math.floor(mean + Math.sqrt(mean) * z + (z * z - 1) / 6 + 0.5));
        }
        long bits = random.nextLong();
        double position = Math.max(0, mean) * STEPS_PER_PHOTON;
        int row = (int) position;
        if ((bits >>> 40) * 0x1p-24 < position - row) {
            row++;
        }
        float[] table = POISSON[row];
        float level = (bits & 0xffffff) * 0x1p-24f;
        int n = 0;
        while (level >= table[n]) {
            n++;
        }
        return n;
    }
}
