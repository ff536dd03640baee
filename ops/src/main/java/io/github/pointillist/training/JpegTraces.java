// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

/**
 * The loss of JPEG compression without the files: cosine transform of blocks of 8 x 8 pixels, rounded to multiples of the steps
 * of ITU-T T.81 (annex K) at a quality as the Independent JPEG Group's library scales them. Colours are transformed
 * to luminance and chrominance, which is not subsampled. The grid of blocks begins anywhere.
 */
final class JpegTraces {
    private static final int N = 8;
    private static final int[] LUMINANCE = {
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29,
        51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121,
        120, 101, 72, 92, 95, 98, 112, 100, 103, 99
    };
    private static final int[] CHROMINANCE = {
        17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99,
        99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
        99, 99, 99, 99, 99, 99, 99, 99
    };
    private static final float[] BASIS = basis(); // (frequency, position)

    private JpegTraces() {}

    private static float[] basis() {
        float[] basis = new float[N * N];
        for (int f = 0; f < N; f++) {
            for (int x = 0; x < N; x++) {
                double norm = f == 0 ? Math.sqrt(1.0 / N) : Math.sqrt(2.0 / N);
                basis[f * N + x] = (float) (norm * StrictMath.cos((2 * x + 1) * f * Math.PI / (2 * N)));
            }
        }
        return basis;
    }

    /**
     * Adds the traces.
     *
     * @param planes one grey or three of red, green and blue, 0 to 255, changed in place
     * @param quality 1 to 100
     */
    static void add(float[][] planes, int width, int height, double quality, Draws draws) {
        int left = -draws.below(N);
        int top = -draws.below(N);
        if (planes.length == 1) {
            compress(planes[0], width, height, left, top, steps(LUMINANCE, quality));
            return;
        }
        toLuminance(planes);
        compress(planes[0], width, height, left, top, steps(LUMINANCE, quality));
        float[] chroma = steps(CHROMINANCE, quality);
        compress(planes[1], width, height, left, top, chroma);
        compress(planes[2], width, height, left, top, chroma);
        toColour(planes);
    }

    private static float[] steps(int[] table, double quality) {
        double percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
        float[] steps = new float[N * N];
        for (int i = 0; i < steps.length; i++) {
            steps[i] = (float) Math.max(1, Math.min(255, Math.floor((table[i] * percent + 50) / 100)));
        }
        return steps;
    }

    private static void toLuminance(float[][] planes) {
        for (int i = 0; i < planes[0].length; i++) {
            float r = planes[0][i];
            float g = planes[1][i];
            float b = planes[2][i];
            float y = 0.299f * r + 0.587f * g + 0.114f * b;
            planes[0][i] = y;
            planes[1][i] = 0.564f * (b - y) + 128;
            planes[2][i] = 0.713f * (r - y) + 128;
        }
    }

    private static void toColour(float[][] planes) {
        for (int i = 0; i < planes[0].length; i++) {
            float y = planes[0][i];
            float b = y + (planes[1][i] - 128) / 0.564f;
            float r = y + (planes[2][i] - 128) / 0.713f;
            planes[0][i] = r;
            planes[1][i] = (y - 0.299f * r - 0.114f * b) / 0.587f;
            planes[2][i] = b;
        }
    }

    private static void compress(float[] plane, int width, int height, int left, int top, float[] steps) {
        float[] block = new float[N * N];
        float[] half = new float[N * N];
        for (int y = top; y < height; y += N) {
            for (int x = left; x < width; x += N) {
                for (int j = 0; j < N; j++) {
                    int row = Math.max(0, Math.min(height - 1, y + j)) * width;
                    for (int i = 0; i < N; i++) {
                        float value = plane[row + Math.max(0, Math.min(width - 1, x + i))];
                        block[j * N + i] = Math.max(0, Math.min(255, value)) - 128;
                    }
                }
                rowsForward(block, half);
                rowsForward(half, block);
                for (int k = 0; k < N * N; k++) {
                    // the two passes have transposed the block twice
                    block[k] = (float) Math.rint(block[k] / steps[k]) * steps[k];
                }
                rowsBackward(block, half);
                rowsBackward(half, block);
                for (int j = Math.max(0, -y); j < Math.min(N, height - y); j++) {
                    for (int i = Math.max(0, -x); i < Math.min(N, width - x); i++) {
                        plane[(y + j) * width + x + i] = block[j * N + i] + 128;
                    }
                }
            }
        }
    }

    /** Transforms each row into a column of {@code to}. Even frequencies see sums, odd ones differences. */
    private static void rowsForward(float[] from, float[] to) {
        for (int j = 0; j < N; j++) {
            int at = j * N;
            float s0 = from[at] + from[at + 7];
            float s1 = from[at + 1] + from[at + 6];
            float s2 = from[at + 2] + from[at + 5];
            float s3 = from[at + 3] + from[at + 4];
            float d0 = from[at] - from[at + 7];
            float d1 = from[at + 1] - from[at + 6];
            float d2 = from[at + 2] - from[at + 5];
            float d3 = from[at + 3] - from[at + 4];
            for (int f = 0; f < N; f += 2) {
                int even = f * N;
                int odd = even + N;
                to[f * N + j] = BASIS[even] * s0 + BASIS[even + 1] * s1 + BASIS[even + 2] * s2 + BASIS[even + 3] * s3;
                to[(f + 1) * N + j] = BASIS[odd] * d0 + BASIS[odd + 1] * d1 + BASIS[odd + 2] * d2 + BASIS[odd + 3] * d3;
            }
        }
    }

    /** The inverse of {@link #rowsForward}, from rows of frequencies to columns of pixels. */
    private static void rowsBackward(float[] from, float[] to) {
        for (int j = 0; j < N; j++) {
            int at = j * N;
            for (int x = 0; x < N / 2; x++) {
                float even = BASIS[x] * from[at]
                        + BASIS[2 * N + x] * from[at + 2]
                        + BASIS[4 * N + x] * from[at + 4]
                        + BASIS[6 * N + x] * from[at + 6];
                float odd = BASIS[N + x] * from[at + 1]
                        + BASIS[3 * N + x] * from[at + 3]
                        + BASIS[5 * N + x] * from[at + 5]
                        + BASIS[7 * N + x] * from[at + 7];
                to[x * N + j] = even + odd;
                to[(N - 1 - x) * N + j] = even - odd;
            }
        }
    }
}
