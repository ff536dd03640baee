// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

/**
 * A smooth random field over a patch: normal control points on a square lattice of random phase, joined by uniform cubic
 * B-splines. Mean 0; the standard deviation asked for holds over all positions.
 */
final class SmoothField {
    /** Integral over a lattice cell of the sum of the four squared weights: what a spline leaves of the variance. */
    private static final double KEPT = 151.0 / 315;

    private SmoothField() {}

    /**
     * Draws one.
     *
     * @param deviation standard deviation
     * @param grainPx distance of the control points, above 0
     * @return (height, width)
     */
    static float[] draw(int width, int height, double deviation, double grainPx, Draws draws) {
        Axis across = new Axis(width, grainPx, draws.uniform());
        Axis down = new Axis(height, grainPx, draws.uniform());
        float[] control = GaussianNoise.fill(across.knots * down.knots, draws);
        float strength = (float) (deviation / KEPT);
        float[] line = new float[across.knots];
        float[] field = new float[width * height];
        for (int y = 0, i = 0; y < height; y++) {
            int row = down.first[y] * across.knots;
            for (int k = 0; k < across.knots; k++) {
                float sum = 0;
                for (int j = 0; j < 4; j++) {
                    sum += down.weights[4 * y + j] * control[row + j * across.knots + k];
                }
                line[k] = sum * strength;
            }
            for (int x = 0; x < width; x++, i++) {
                int k = across.first[x];
                int w = 4 * x;
                field[i] = across.weights[w] * line[k]
                        + across.weights[w + 1] * line[k + 1]
                        + across.weights[w + 2] * line[k + 2]
                        + across.weights[w + 3] * line[k + 3];
            }
        }
        return field;
    }

    /** Which four control points each position reads, and how much of each. */
    private static final class Axis {
        final int[] first;
        final float[] weights;
        final int knots;

        Axis(int size, double grainPx, double phase) {
            first = new int[size];
            weights = new float[4 * size];
            for (int i = 0; i < size; i++) {
                double at = i / grainPx + phase;
                first[i] = (int) at;
                double t = at - first[i];
                double s = 1 - t;
                weights[4 * i] = (float) (s * s * s / 6);
                weights[4 * i + 1] = (float) ((3 * t * t * t - 6 * t * t + 4) / 6);
                weights[4 * i + 2] = (float) ((3 * s * s * s - 6 * s * s + 4) / 6);
                weights[4 * i + 3] = (float) (t * t * t / 6);
            }
            knots = first[size - 1] + 4;
        }
    }
}
