// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

/** Planes of light: wide blurs and smooth fields at little cost. */
final class Planes {
    private Planes() {}

    /** Blurs a plane with a Gaussian of any width; wide ones on a shrunk plane. Returns a new plane, or the same at 0. */
    static float[] blur(float[] plane, int width, int height, double sigmaPx) {
        if (sigmaPx <= 0.05) {
            return plane;
        }
        if (sigmaPx < 2.4 || width < 8 || height < 8) {
            return Fields.blur(plane, width, height, sigmaPx);
        }
        int w = (width + 1) / 2;
        int h = (height + 1) / 2;
        float[] half = halve(plane, width, height);
        // halving and enlarging blur by themselves, about 0.5 + 0.33 px of variance
        double sigma = Math.sqrt(sigmaPx * sigmaPx - 0.8) / 2;
        return enlarge(blur(half, w, h, sigma), w, h, 2, width, height);
    }

    /** Means of 2 x 2 pixels; the last row and column stand for themselves. */
    static float[] halve(float[] plane, int width, int height) {
        int w = (width + 1) / 2;
        int h = (height + 1) / 2;
        float[] half = new float[w * h];
        for (int y = 0; y < h; y++) {
            int above = 2 * y * width;
            int below = Math.min(2 * y + 1, height - 1) * width;
            for (int x = 0; x < w; x++) {
                int left = 2 * x;
                int right = Math.min(2 * x + 1, width - 1);
                half[y * w + x] =
                        (plane[above + left] + plane[above + right] + plane[below + left] + plane[below + right]) / 4;
            }
        }
        return half;
    }

    /** Bilinear enlargement: pixel (i, j) covers {@code step} x {@code step} pixels. */
    static float[] enlarge(float[] small, int w, int h, double step, int width, int height) {
        float[] large = new float[width * height];
        int[] left = new int[width];
        int[] right = new int[width];
        float[] share = new float[width];
        for (int x = 0; x < width; x++) {
            double u = (x + 0.5) / step - 0.5;
            int floor = (int) Math.floor(u);
            left[x] = Math.max(0, Math.min(w - 1, floor));
            right[x] = Math.max(0, Math.min(w - 1, floor + 1));
            share[x] = (float) (u - floor);
        }
        float[] row = new float[w];
        for (int y = 0; y < height; y++) {
            double v = (y + 0.5) / step - 0.5;
            int floor = (int) Math.floor(v);
            int above = Math.max(0, Math.min(h - 1, floor)) * w;
            int below = Math.max(0, Math.min(h - 1, floor + 1)) * w;
            float down = (float) (v - floor);
            for (int i = 0; i < w; i++) {
                row[i] = small[above + i] + down * (small[below + i] - small[above + i]);
            }
            int at = y * width;
            for (int x = 0; x < width; x++) {
                large[at + x] = row[left[x]] + share[x] * (row[right[x]] - row[left[x]]);
            }
        }
        return large;
    }

    /** Means over pixels of {@code step} x {@code step}, {@code step} at least 1 and not necessarily whole. */
    static float[] shrink(float[] plane, int width, int height, double step, int w, int h) {
        float[] rows = new float[w * height];
        for (int x = 0; x < w; x++) {
            double from = Math.min(x * step, width - 1.0);
            double to = Math.min((x + 1) * step, width);
            for (int y = 0; y < height; y++) {
                rows[y * w + x] = (float) mean(plane, y * width, 1, from, to);
            }
        }
        float[] out = new float[w * h];
        for (int y = 0; y < h; y++) {
            double from = Math.min(y * step, height - 1.0);
            double to = Math.min((y + 1) * step, height);
            for (int x = 0; x < w; x++) {
                out[y * w + x] = (float) mean(rows, x, w, from, to);
            }
        }
        return out;
    }

    private static double mean(float[] values, int start, int stride, double from, double to) {
        double sum = 0;
        for (int k = (int) from; k < to; k++) {
            sum += values[start + k * stride] * (Math.min(k + 1, to) - Math.max(k, from));
        }
        return sum / (to - from);
    }

    /** A smooth random field, about -1 to 1, of grain {@code grainPx}. */
    static float[] field(int width, int height, double grainPx, long seed) {
        int step = (int) Math.max(2, Math.min(16, grainPx / 6));
        int w = (width + step - 1) / step;
        int h = (height + step - 1) / step;
        float[] small = new float[w * h];
        for (int y = 0; y < h; y++) {
            for (int x = 0; x < w; x++) {
                small[y * w + x] = (float) Fields.fractal(x * step / grainPx, y * step / grainPx, 2, seed);
            }
        }
        return enlarge(small, w, h, step, width, height);
    }
}
