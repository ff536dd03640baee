// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

/** Random numbers that are the same on every machine: splitmix64 (Steele, Lea, Flood 2014) and StrictMath. */
final class SampleRandom {
    private static final long GAMMA = 0x9E3779B97F4A7C15L;

    /** From this mean on a rounded normal deviate stands for a Poisson one; the skewness is then below 0.13. */
    private static final double LARGE_MEAN = 60;

    private long state;
    private double spare = Double.NaN;

    SampleRandom(long seed) {
        state = mix(seed + GAMMA);
    }

    static long mix(long bits) {
        long x = bits;
        x = (x ^ x >>> 30) * 0xBF58476D1CE4E5B9L;
        x = (x ^ x >>> 27) * 0x94D049BB133111EBL;
        return x ^ x >>> 31;
    }

    long nextLong() {
        state += GAMMA;
        return mix(state);
    }

    /** In [0, 1). */
    double uniform() {
        return (nextLong() >>> 11) * 0x1p-53;
    }

    double between(double low, double high) {
        return low + (high - low) * uniform();
    }

    /** 0 to {@code bound - 1}. */
    int below(int bound) {
        return (int) (uniform() * bound);
    }

    boolean chance(double probability) {
        return uniform() < probability;
    }

    /** Mean 0, variance 1: Marsaglia's polar method. */
    double gaussian() {
        if (!Double.isNaN(spare)) {
            double value = spare;
            spare = Double.NaN;
            return value;
        }
        double u = between(-1, 1);
        double v = between(-1, 1);
        double s = u * u + v * v;
        while (s >= 1 || s == 0) {
            u = between(-1, 1);
            v = between(-1, 1);
            s = u * u + v * v;
        }
        double factor = Math.sqrt(-2 * StrictMath.log(s) / s);
        spare = v * factor;
        return u * factor;
    }

    /** The number of photons that arrive when {@code mean} are expected, at least 0. */
    long poisson(double mean) {
        if (mean >= LARGE_MEAN) {
            return (long) Math.floor(mean + Math.sqrt(mean) * gaussian() + 0.5);
        }
        double limit = StrictMath.exp(-mean);
        double product = uniform();
        long count = 0;
        while (product > limit) {
            product *= uniform();
            count++;
        }
        return count;
    }
}
