// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import java.util.Random;

/** Square fields of noise for tests. */
final class Fields {
    private Fields() {}

    /** Gaussian noise of deviation 1, smoothed by a bell of this width, going on at the other side. */
    static double[] noise(int side, double sigma, long seed) {
        Random random = new Random(seed);
        double[] field = new double[side * side];
        for (int i = 0; i < field.length; i++) {
            field[i] = random.nextGaussian();
        }
        return sigma == 0
                ? field
                : normal(turned(smoothed(turned(smoothed(field, side, sigma), side), side, sigma), side));
    }

    private static double[] smoothed(double[] field, int side, double sigma) {
        int reach = (int) Math.ceil(3 * sigma);
        double[] out = new double[field.length];
        for (int i = 0; i < field.length; i++) {
            for (int k = -reach; k <= reach; k++) {
                out[i] += Math.exp(-k * k / (2 * sigma * sigma))
                        * field[i / side * side + Math.floorMod(i % side + k, side)];
            }
        }
        return out;
    }

    private static double[] turned(double[] field, int side) {
        double[] out = new double[field.length];
        for (int i = 0; i < field.length; i++) {
            out[i % side * side + i / side] = field[i];
        }
        return out;
    }

    private static double[] normal(double[] field) {
        double squares = 0;
        for (double value : field) {
            squares += value * value / field.length;
        }
        for (int i = 0; i < field.length; i++) {
            field[i] /= Math.sqrt(squares);
        }
        return field;
    }

    /** As 8 bits: a mean plus a deviation. */
    static byte[] bytes(double[] field, double mean, double deviation) {
        byte[] bytes = new byte[field.length];
        for (int i = 0; i < field.length; i++) {
            bytes[i] = (byte) Math.max(0, Math.min(255, Math.round(mean + deviation * field[i])));
        }
        return bytes;
    }
}
