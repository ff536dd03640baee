// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.image;

/**
 * Resizes pictures with the arithmetic of the libraries that the reference implementations call, to the last bit for
 * 8-bit pictures: a model sees the pixels that it saw in its authors' hands.
 *
 * <p>Pixel centres lie at half-integers, borders are handled by leaving out (Pillow) or repeating (OpenCV) what lies
 * outside. Deviations: none known for 8 bit. Pictures of floats follow Pillow's mode F (double sums, float between the
 * passes) and OpenCV's 32-bit path, whose last bit depends on the machine it runs on.
 *
 * <p>Stateless; safe for use by several threads.
 */
public final class Resize {
    /** Pillow keeps 8-bit weights with 32 - 8 - 2 fractional bits. */
    private static final int PIL_BITS = 22;

    /** OpenCV keeps 8-bit weights with 11 fractional bits (INTER_RESIZE_COEF_BITS). */
    private static final int CV_ONE = 1 << 11;

    private Resize() {}

    /**
     * Resizes an 8-bit picture.
     *
     * @param width new width in pixels, at least 1
     * @param height new height in pixels, at least 1
     * @return a new picture with the same channels
     */
    public static Raster8 resize(Raster8 picture, int width, int height, Interpolation interpolation) {
        Raster8.size(width, height, picture.channels());
        return switch (interpolation) {
            case PIL_BICUBIC, PIL_BILINEAR -> pil(picture, width, height, interpolation);
            case CV_BILINEAR -> cvBilinear(picture, width, height);
        };
    }

    /**
     * Resizes a picture of floats.
     *
     * @param width new width in pixels, at least 1
     * @param height new height in pixels, at least 1
     * @return a new picture with the same channels
     */
    public static RasterF resize(RasterF picture, int width, int height, Interpolation interpolation) {
        Raster8.size(width, height, picture.channels());
        return switch (interpolation) {
            case PIL_BICUBIC, PIL_BILINEAR -> pil(picture, width, height, interpolation);
            case CV_BILINEAR -> cvBilinear(picture, width, height);
        };
    }

    /**
     * The weights of one axis.
     *
     * @param first the first source index that each output index reads
     * @param count how many it reads
     * @param weights {@code taps} slots for each output index, of which {@code count} are used
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Kernel(int taps, int[] first, int[] count, double[] weights) {
        static Kernel of(int in, int out, Interpolation interpolation) {
            return of(in, out, 0, out, interpolation);
        }

        /** The same for {@code length} output indices beginning with {@code start}. */
        static Kernel of(int in, int out, int start, int length, Interpolation interpolation) {
            double scale = (double) in / out;
            double stretch = Math.max(scale, 1);
            double support = (interpolation == Interpolation.PIL_BICUBIC ? 2 : 1) * stretch;
            int taps = (int) Math.ceil(support) * 2 + 1;
            Kernel kernel =
                    new Kernel(taps, new int[length], new int[length], new double[Math.multiplyExact(taps, length)]);
            double inverse = 1 / stretch;
            for (int i = 0; i < length; i++) {
                double centre = (start + i + 0.5) * scale;
                int first = Math.max((int) (centre - support + 0.5), 0);
                int count = Math.min((int) (centre + support + 0.5), in) - first;
                double sum = 0;
                for (int k = 0; k < count; k++) {
                    double distance = (k + first - centre + 0.5) * inverse;
                    double weight = interpolation == Interpolation.PIL_BICUBIC ? keys(distance) : triangle(distance);
                    kernel.weights[i * taps + k] = weight;
                    sum += weight;
                }
                for (int k = 0; k < count && sum != 0; k++) {
                    kernel.weights[i * taps + k] /= sum;
                }
                kernel.first[i] = first;
                kernel.count[i] = count;
            }
            return kernel;
        }

        int[] fixedPoint() {
            int[] fixed = new int[weights.length];
            for (int i = 0; i < fixed.length; i++) {
                double scaled = weights[i] * (1 << PIL_BITS);
                fixed[i] = (int) (scaled < 0 ? scaled - 0.5 : scaled + 0.5);
            }
            return fixed;
        }
    }

    private static double triangle(double distance) {
        double x = Math.abs(distance);
        return x < 1 ? 1 - x : 0;
    }

    /** Keys, "Cubic convolution interpolation for digital image processing", 1981, with a = -0.5. */
    private static double keys(double distance) {
        double a = -0.5;
        double x = Math.abs(distance);
        if (x < 1) {
            return ((a + 2) * x - (a + 3)) * x * x + 1;
        }
        return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    }

    private static Raster8 pil(Raster8 picture, int width, int height, Interpolation interpolation) {
        Raster8 result = picture;
        int c = picture.channels();
        if (width != picture.width()) {
            Kernel kernel = Kernel.of(picture.width(), width, interpolation);
            Raster8 out = Raster8.of(width, picture.height(), c);
            int[] weights = kernel.fixedPoint();
            for (int y = 0; y < picture.height(); y++) {
                int row = y * picture.width() * c;
                for (int x = 0; x < width; x++) {
                    for (int k = 0; k < c; k++) {
                        int from = row + kernel.first[x] * c + k;
                        out.data()[(y * width + x) * c + k] =
                                weighted(picture.data(), from, c, weights, x * kernel.taps, kernel.count[x]);
                    }
                }
            }
            result = out;
        }
        if (height != picture.height()) {
            Kernel kernel = Kernel.of(picture.height(), height, interpolation);
            Raster8 out = Raster8.of(width, height, c);
            int[] weights = kernel.fixedPoint();
            int stride = width * c;
            for (int y = 0; y < height; y++) {
                for (int i = 0; i < stride; i++) {
                    int from = kernel.first[y] * stride + i;
                    out.data()[y * stride + i] =
                            weighted(result.data(), from, stride, weights, y * kernel.taps, kernel.count[y]);
                }
            }
            result = out;
        }
        return result == picture ? new Raster8(width, height, c, picture.data().clone()) : result;
    }

    private static byte weighted(byte[] data, int from, int step, int[] weights, int firstWeight, int count) {
        int sum = 1 << (PIL_BITS - 1);
        for (int k = 0, i = from; k < count; k++, i += step) {
            sum += (data[i] & 0xff) * weights[firstWeight + k];
        }
        return (byte) Math.max(0, Math.min(255, sum >> PIL_BITS));
    }

    private static RasterF pil(RasterF picture, int width, int height, Interpolation interpolation) {
        RasterF result = picture;
        int c = picture.channels();
        if (width != picture.width()) {
            Kernel kernel = Kernel.of(picture.width(), width, interpolation);
            RasterF out = RasterF.of(width, picture.height(), c);
            for (int y = 0; y < picture.height(); y++) {
                int row = y * picture.width() * c;
                for (int x = 0; x < width; x++) {
                    for (int k = 0; k < c; k++) {
                        int from = row + kernel.first[x] * c + k;
                        out.data()[(y * width + x) * c + k] =
                                weighted(picture.data(), from, c, kernel.weights, x * kernel.taps, kernel.count[x]);
                    }
                }
            }
            result = out;
        }
        if (height != picture.height()) {
            Kernel kernel = Kernel.of(picture.height(), height, interpolation);
            RasterF out = RasterF.of(width, height, c);
            int stride = width * c;
            for (int y = 0; y < height; y++) {
                for (int i = 0; i < stride; i++) {
                    int from = kernel.first[y] * stride + i;
                    out.data()[y * stride + i] =
                            weighted(result.data(), from, stride, kernel.weights, y * kernel.taps, kernel.count[y]);
                }
            }
            result = out;
        }
        return result == picture ? new RasterF(width, height, c, picture.data().clone()) : result;
    }

    static float weighted(float[] data, int from, int step, double[] weights, int firstWeight, int count) {
        double sum = 0;
        for (int k = 0, i = from; k < count; k++, i += step) {
            sum += data[i] * weights[firstWeight + k];
        }
        return (float) sum;
    }

    /** For each output index the lower source index (may lie outside) and the weight of the upper one, in float. */
    @SuppressWarnings("ArrayRecordComponent")
    private record Pairs(int[] lower, float[] upperWeight) {
        static Pairs of(int in, int out) {
            // OpenCV divides twice; the last bit decides on ties
            double scale = 1 / ((double) out / in);
            Pairs pairs = new Pairs(new int[out], new float[out]);
            for (int i = 0; i < out; i++) {
                float position = (float) ((i + 0.5) * scale - 0.5);
                pairs.lower[i] = (int) Math.floor(position);
                pairs.upperWeight[i] = position - pairs.lower[i];
            }
            return pairs;
        }

        /** Moves pairs at the borders inside, as OpenCV does for columns but not for rows. */
        Pairs clamped(int in) {
            for (int i = 0; i < lower.length; i++) {
                if (lower[i] < 0 || lower[i] >= in - 1) {
                    lower[i] = lower[i] < 0 ? 0 : in - 1;
                    upperWeight[i] = 0;
                }
            }
            return this;
        }

        int fixedUpper(int i) {
            return (int) Math.rint(upperWeight[i] * CV_ONE);
        }

        int fixedLower(int i) {
            return (int) Math.rint((1 - upperWeight[i]) * CV_ONE);
        }
    }

    private static Raster8 cvBilinear(Raster8 picture, int width, int height) {
        int c = picture.channels();
        if (width * 2L == picture.width() && height * 2L == picture.height()) {
            return halved(picture);
        }
        Pairs columns = Pairs.of(picture.width(), width).clamped(picture.width());
        Pairs rows = Pairs.of(picture.height(), height);
        Raster8 out = Raster8.of(width, height, c);
        int[][] lines = {new int[width * c], new int[width * c]};
        int[] held = {-1, -1};
        for (int y = 0; y < height; y++) {
            int upper = clamp(rows.lower[y], picture.height());
            int lower = clamp(rows.lower[y] + 1, picture.height());
            if (held[1] == upper) { // the old lower line is the new upper one
                int[] line = lines[0];
                lines[0] = lines[1];
                lines[1] = line;
                held[1] = held[0];
                held[0] = upper;
            }
            line(picture, upper, columns, lines[0], held, 0);
            line(picture, lower, columns, lines[1], held, 1);
            int b0 = rows.fixedLower(y);
            int b1 = rows.fixedUpper(y);
            int at = y * width * c;
            for (int i = 0; i < width * c; i++) {
                int sum = (b0 * (lines[0][i] >> 4) >> 16) + (b1 * (lines[1][i] >> 4) >> 16);
                out.data()[at + i] = (byte) ((sum + 2) >> 2);
            }
        }
        return out;
    }

    private static void line(Raster8 picture, int row, Pairs columns, int[] into, int[] held, int slot) {
        if (held[slot] == row) {
            return;
        }
        held[slot] = row;
        int c = picture.channels();
        byte[] data = picture.data();
        int start = row * picture.width() * c;
        for (int x = 0; x < columns.lower.length; x++) {
            int a0 = columns.fixedLower(x);
            int a1 = columns.fixedUpper(x);
            int left = start + columns.lower[x] * c;
            int right = columns.upperWeight[x] == 0 ? left : left + c;
            for (int k = 0; k < c; k++) {
                into[x * c + k] = (data[left + k] & 0xff) * a0 + (data[right + k] & 0xff) * a1;
            }
        }
    }

    /** OpenCV turns bilinear shrinking by exactly 2 x 2 into the mean of four. */
    private static Raster8 halved(Raster8 picture) {
        int c = picture.channels();
        Raster8 out = Raster8.of(picture.width() / 2, picture.height() / 2, c);
        boolean halvesUp = c == 1 || c == 3 || c == 4; // its vector path; the others round halves to even
        for (int y = 0; y < out.height(); y++) {
            for (int x = 0; x < out.width(); x++) {
                for (int k = 0; k < c; k++) {
                    int sum = picture.at(2 * x, 2 * y, k)
                            + picture.at(2 * x + 1, 2 * y, k)
                            + picture.at(2 * x, 2 * y + 1, k)
                            + picture.at(2 * x + 1, 2 * y + 1, k);
                    out.data()[(y * out.width() + x) * c + k] =
                            (byte) (halvesUp ? (sum + 2) >> 2 : (int) Math.rint(sum * 0.25));
                }
            }
        }
        return out;
    }

    private static RasterF cvBilinear(RasterF picture, int width, int height) {
        int c = picture.channels();
        Pairs columns = Pairs.of(picture.width(), width).clamped(picture.width());
        Pairs rows = Pairs.of(picture.height(), height);
        RasterF out = RasterF.of(width, height, c);
        float[] data = picture.data();
        for (int y = 0; y < height; y++) {
            int upper = clamp(rows.lower[y], picture.height()) * picture.width();
            int lower = clamp(rows.lower[y] + 1, picture.height()) * picture.width();
            float b1 = rows.upperWeight[y];
            float b0 = 1 - b1;
            for (int x = 0; x < width; x++) {
                float a1 = columns.upperWeight[x];
                float a0 = 1 - a1;
                int left = columns.lower[x];
                int right = a1 == 0 ? left : left + 1;
                for (int k = 0; k < c; k++) {
                    float above = data[(upper + left) * c + k] * a0 + data[(upper + right) * c + k] * a1;
                    float below = data[(lower + left) * c + k] * a0 + data[(lower + right) * c + k] * a1;
                    out.data()[(y * width + x) * c + k] = above * b0 + below * b1;
                }
            }
        }
        return out;
    }

    private static int clamp(int index, int size) {
        return Math.max(0, Math.min(size - 1, index));
    }
}
