// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

/** What lossy compression leaves of an image: blocks of 8 x 8 pixels whose cosine coefficients are rounded. */
final class BlockRounding {
    private static final int N = 8;

    /** Orthonormal cosines: [frequency * 8 + place]. */
    private static final float[] COSINES = new float[N * N];

    static {
        for (int k = 0; k < N; k++) {
            for (int x = 0; x < N; x++) {
                COSINES[k * N + x] =
                        (float) (Math.sqrt((k == 0 ? 1 : 2) / 8.0) * StrictMath.cos(Math.PI * (2 * x + 1) * k / 16));
            }
        }
    }

    private BlockRounding() {}

    /** Rounds in place, to {@code step} at the lowest and five times that at the highest frequencies. */
    static void round(float[] values, int width, int height, double step) {
        float[] block = new float[N * N];
        float[] other = new float[N * N];
        for (int top = 0; top < height; top += N) {
            for (int left = 0; left < width; left += N) {
                for (int k = 0; k < block.length; k++) {
                    int x = Math.min(left + k % N, width - 1);
                    int y = Math.min(top + k / N, height - 1);
                    block[k] = values[y * width + x];
                }
                transform(block, other, true);
                transform(other, block, true);
                for (int k = 0; k < block.length; k++) {
                    double size = step * (0.5 + 0.3 * (k % N + k / N));
                    block[k] = (float) (Math.floor(block[k] / size + 0.5) * size);
                }
                transform(block, other, false);
                transform(other, block, false);
                for (int y = top; y < Math.min(top + N, height); y++) {
                    for (int x = left; x < Math.min(left + N, width); x++) {
                        values[y * width + x] = block[(y - top) * N + x - left];
                    }
                }
            }
        }
    }

    /** One direction, and transposes. */
    private static void transform(float[] from, float[] to, boolean forward) {
        for (int row = 0; row < N; row++) {
            for (int k = 0; k < N; k++) {
                float sum = 0;
                for (int x = 0; x < N; x++) {
                    sum += from[row * N + x] * COSINES[forward ? k * N + x : x * N + k];
                }
                to[k * N + row] = sum;
            }
        }
    }
}
