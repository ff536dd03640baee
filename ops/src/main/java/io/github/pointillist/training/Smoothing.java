// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

/** Gaussian blur of one plane; the border pixel is repeated outside. Single-threaded, order of the sums fixed. */
final class Smoothing {
    private static final double NARROW = 0.7;

    private Smoothing() {}

    /**
     * The centre and one side of a kernel of sum 1. A narrow Gaussian sampled at whole pixels would be narrower than it
     * should be; three weights of the right variance take its place.
     */
    static float[] kernel(double sigmaPx) {
        if (sigmaPx < NARROW) {
            double variance = sigmaPx * sigmaPx;
            return new float[] {(float) (1 - variance), (float) (variance / 2)};
        }
        int radius = (int) Math.ceil(3 * sigmaPx);
        double[] weights = new double[radius + 1];
        double sum = 0;
        for (int k = 0; k <= radius; k++) {
            weights[k] = StrictMath.exp(-k * (double) k / (2 * sigmaPx * sigmaPx));
            sum += k == 0 ? weights[k] : 2 * weights[k];
        }
        float[] kernel = new float[radius + 1];
        for (int k = 0; k <= radius; k++) {
            kernel[k] = (float) (weights[k] / sum);
        }
        return kernel;
    }

    /** What the kernel, used along rows and columns, leaves of the standard deviation of white noise. */
    static double left(float[] kernel) {
        double squares = kernel[0] * (double) kernel[0];
        for (int k = 1; k < kernel.length; k++) {
            squares += 2.0 * kernel[k] * kernel[k];
        }
        return squares;
    }

    /** Blurs rows and columns. Returns a new plane. */
    static float[] blur(float[] plane, int width, int height, float[] kernel) {
        int radius = kernel.length - 1;
        float[] rows = new float[plane.length];
        float[] line = new float[width + 2 * radius];
        float[] sum = new float[width];
        for (int y = 0; y < height; y++) {
            int at = y * width;
            System.arraycopy(plane, at, line, radius, width);
            for (int k = 0; k < radius; k++) {
                line[k] = plane[at];
                line[radius + width + k] = plane[at + width - 1];
            }
            for (int x = 0; x < width; x++) {
                sum[x] = kernel[0] * line[x + radius];
            }
            for (int k = 1; k <= radius; k++) {
                float weight = kernel[k];
                int left = radius - k;
                int right = radius + k;
                for (int x = 0; x < width; x++) {
                    sum[x] += weight * (line[x + left] + line[x + right]);
                }
            }
            System.arraycopy(sum, 0, rows, at, width);
        }
        float[] out = new float[plane.length];
        for (int y = 0; y < height; y++) {
            int at = y * width;
            for (int x = 0; x < width; x++) {
                sum[x] = kernel[0] * rows[at + x];
            }
            for (int k = 1; k <= radius; k++) {
                float weight = kernel[k];
                int above = Math.max(0, y - k) * width;
                int below = Math.min(height - 1, y + k) * width;
                for (int x = 0; x < width; x++) {
                    sum[x] += weight * (rows[above + x] + rows[below + x]);
                }
            }
            System.arraycopy(sum, 0, out, at, width);
        }
        return out;
    }
}
