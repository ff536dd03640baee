// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

/** Smooth random fields and blurring. */
final class Fields {
    private static final double DIAGONAL = Math.sqrt(0.5);
    private static final double[][] GRADIENTS = {
        {1, 0},
        {DIAGONAL, DIAGONAL},
        {0, 1},
        {-DIAGONAL, DIAGONAL},
        {-1, 0},
        {-DIAGONAL, -DIAGONAL},
        {0, -1},
        {DIAGONAL, -DIAGONAL}
    };

    private Fields() {}

    static long hash(long x, long y, long seed) {
        return SampleRandom.mix(SampleRandom.mix(seed ^ x * 0x9E3779B97F4A7C15L) + y * 0xC2B2AE3D27D4EB4FL);
    }

    /** Perlin's gradient noise (2002): smooth, 0 on average, about -1 to 1, of grain 1. */
    static double noise(double x, double y, long seed) {
        double floorX = Math.floor(x);
        double floorY = Math.floor(y);
        double u = x - floorX;
        double v = y - floorY;
        long i = (long) floorX;
        long j = (long) floorY;
        double top = mix(corner(i, j, u, v, seed), corner(i + 1, j, u - 1, v, seed), fade(u));
        double bottom = mix(corner(i, j + 1, u, v - 1, seed), corner(i + 1, j + 1, u - 1, v - 1, seed), fade(u));
        return mix(top, bottom, fade(v)) * 1.4;
    }

    private static double corner(long i, long j, double u, double v, long seed) {
        double[] gradient = GRADIENTS[(int) (hash(i, j, seed) >>> 61)];
        return gradient[0] * u + gradient[1] * v;
    }

    private static double fade(double t) {
        return t * t * t * (t * (t * 6 - 15) + 10);
    }

    private static double mix(double a, double b, double t) {
        return a + (b - a) * t;
    }

    /** Sum of {@code octaves} noises, each of half the grain and half the strength; about -1 to 1. */
    static double fractal(double x, double y, int octaves, long seed) {
        double sum = 0;
        double weight = 1;
        double total = 0;
        double scale = 1;
        for (int k = 0; k < octaves; k++) {
            sum += weight * noise(x * scale + 17.3 * k, y * scale - 9.1 * k, seed + k);
            total += weight;
            weight /= 2;
            scale *= 2;
        }
        return sum / total * 1.3;
    }

    /** 0 up to {@code from}, 1 from {@code to} on, smooth between. */
    static double step(double from, double to, double value) {
        double t = Math.max(0, Math.min(1, (value - from) / (to - from)));
        return t * t * (3 - 2 * t);
    }

    /** Blurs a plane with a Gaussian, mirrored at the border. Returns a new plane. */
    static float[] blur(float[] plane, int width, int height, double sigmaPx) {
        int radius = (int) Math.ceil(3.5 * sigmaPx);
        float[] kernel = new float[radius + 1];
        double sum = 0;
        for (int k = 0; k <= radius; k++) {
            double weight = StrictMath.exp(-k * (double) k / (2 * sigmaPx * sigmaPx));
            kernel[k] = (float) weight;
            sum += k == 0 ? weight : 2 * weight;
        }
        for (int k = 0; k <= radius; k++) {
            kernel[k] /= (float) sum;
        }
        float[] rows = new float[plane.length];
        float[] line = new float[width + 2 * radius];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < line.length; x++) {
                line[x] = plane[y * width + mirrored(x - radius, width)];
            }
            for (int x = 0; x < width; x++) {
                float value = kernel[0] * line[x + radius];
                for (int k = 1; k <= radius; k++) {
                    value += kernel[k] * (line[x + radius - k] + line[x + radius + k]);
                }
                rows[y * width + x] = value;
            }
        }
        float[] out = new float[plane.length];
        for (int y = 0; y < height; y++) {
            int at = y * width;
            for (int x = 0; x < width; x++) {
                out[at + x] = kernel[0] * rows[at + x];
            }
            for (int k = 1; k <= radius; k++) {
                int above = mirrored(y - k, height) * width;
                int below = mirrored(y + k, height) * width;
                for (int x = 0; x < width; x++) {
                    out[at + x] += kernel[k] * (rows[above + x] + rows[below + x]);
                }
            }
        }
        return out;
    }

    private static int mirrored(int index, int size) {
        int period = 2 * size;
        int i = Math.floorMod(index, period);
        return i < size ? i : period - 1 - i;
    }
}
