// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

/**
 * Random numbers for one example: splitmix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014)
 * with our own arithmetic, so that they are the same on every machine and every version of Java. Not thread-safe.
 */
final class Draws {
    private static final long GAMMA = 0x9E3779B97F4A7C15L;

    private final long key;
    private long state;

    private Draws(long key) {
        this.key = key;
        state = key;
    }

    /** Those of one example of a source. */
    static Draws of(long seed, long index) {
        return new Draws(mix(mix(seed + GAMMA) + index * GAMMA));
    }

    /** Independent ones, the same whatever has been drawn from these. */
    Draws split(int tag) {
        return new Draws(mix(key ^ mix((tag + 1) * 0xD1B54A32D192ED03L)));
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

    /** In [-bound, bound). */
    double around(double bound) {
        return bound * (2 * uniform() - 1);
    }

    /** 0 to {@code bound - 1}. */
    int below(int bound) {
        return (int) (uniform() * bound);
    }

    boolean chance(double probability) {
        return uniform() < probability;
    }

    /** From 1 / {@code factor} to {@code factor}, as often above 1 as below. */
    double factor(double factor) {
        return factor == 1 ? 1 : StrictMath.exp(around(StrictMath.log(factor)));
    }

    /** Mean 0, variance 1. */
    double gaussian() {
        return GaussianNoise.deviate(nextLong());
    }

    /** The index that {@code weights} choose; their sum must be above 0. */
    int choose(double[] weights) {
        double sum = 0;
        for (double weight : weights) {
            sum += weight;
        }
        double at = uniform() * sum;
        int last = 0;
        for (int i = 0; i < weights.length; i++) {
            if (weights[i] > 0) {
                last = i;
                at -= weights[i];
                if (at < 0) {
                    return i;
                }
            }
        }
        return last;
    }
}
