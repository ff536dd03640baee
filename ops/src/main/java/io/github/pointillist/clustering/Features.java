// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.clustering;

import java.util.Arrays;

/** Features of an image, made row by row from its intensities. All sources made here can be read by several threads. */
public final class Features {
    private static final int MOST_SAMPLES = 1 << 18;
    private static final double LOW = 0.001;
    private static final double HIGH = 0.999;

    private Features() {}

    /**
     * Intensities on a common scale: per channel, the percentiles 0.1 and 99.9 of a regular lattice of at most 2^18 pixels
     * become 0 and 100, divided by the square root of the number of channels, so that a compactness means the same for 8-bit,
     * 16-bit and float images and for any number of channels. Values outside the percentiles go beyond 0 and 100. Where the
     * percentiles are equal, the least and the largest sampled values take their place; where they are equal too, a channel
     * is only shifted.
     *
     * @param image intensities of any range, one or more channels
     * @return as many features as channels
     */
    public static FeatureSource intensities(FeatureSource image) {
        Planes.check(image);
        int channels = image.channels();
        float[] offset = new float[channels];
        double[] factor = new double[channels];
        float[][] samples = samples(image);
        for (int c = 0; c < channels; c++) {
            float[] sorted = samples[c];
            Arrays.sort(sorted);
            if (sorted.length == 0) {
                continue;
            }
            int last = sorted.length - 1;
            double low = sorted[(int) Math.round(LOW * last)];
            double high = sorted[(int) Math.round(HIGH * last)];
            if (low == high) {
                low = sorted[0];
                high = sorted[last];
            }
            offset[c] = (float) low;
            factor[c] = 100 / Math.sqrt(channels) / (high > low ? high - low : 100);
        }
        return new Mapped(image, channels) {
            @Override
            void map(int y, float[] row) {
                int n = width() * channels;
                for (int i = 0, c = 0; i < n; i++, c = c + 1 == channels ? 0 : c + 1) {
                    float usual = (row[i] - offset[c]) * (float) factor[c];
                    // the ends of what floats hold, or next to nothing between them
                    row[i] = Float.isFinite(row[i]) && !Float.isFinite(usual)
                            ? (float) ((row[i] - (double) offset[c]) * factor[c])
                            : usual;
                }
            }
        };
    }

    /** The finite values of a lattice of pixels, (channels, samples). */
    private static float[][] samples(FeatureSource image) {
        int width = image.width();
        int height = image.height();
        int channels = image.channels();
        int stride = KMeansClustering.stride(width, height);
        float[][] samples = new float[channels][MOST_SAMPLES];
        int[] n = new int[channels];
        float[] row = new float[width * channels];
        for (int y = Math.min(stride / 2, height - 1); y < height; y += stride) {
            image.row(y, row);
            for (int x = Math.min(stride / 2, width - 1); x < width; x += stride) {
                for (int c = 0; c < channels; c++) {
                    float f = row[x * channels + c];
                    if (Float.isFinite(f)) {
                        samples[c][n[c]++] = f;
                    }
                }
            }
        }
        for (int c = 0; c < channels; c++) {
            samples[c] = Arrays.copyOf(samples[c], n[c]);
        }
        return samples;
    }

    /**
     * CIE L*a*b* of sRGB under D65, 2 degrees: L 0 to 100, a and b about -110 to 100, accurate to 0.001 for whole numbers.
     *
     * @param rgb red, green and blue, 0 to 255
     * @return L, a and b; reading a row throws {@link IllegalArgumentException} if a value is outside 0 to 255
     * @throws IllegalArgumentException if there are not 3 channels
     */
    public static FeatureSource lab(FeatureSource rgb) {
        Planes.check(rgb);
        if (rgb.channels() != 3) {
            throw new IllegalArgumentException(
                    "an image of " + rgb.channels() + " channels given for RGB; allowed: 3 channels");
        }
        return new Mapped(rgb, 3) {
            @Override
            void map(int y, float[] row) {
                Lab.convert(row, width(), y);
            }
        };
    }

    /**
     * Smooths every feature by a Gaussian, cut at 3 sigma. Pixels outside the image, and pixels with a feature that is not
     * finite, have no weight; the latter become NaN.
     *
     * @param source features
     * @param sigmaPx standard deviation in pixels, more than 0, at most 100
     * @return as many features
     */
    public static FeatureSource smooth(FeatureSource source, double sigmaPx) {
        Planes.check(source);
        return new Smoothed(source, sigmaPx, false);
    }

    /**
     * Colour and a small multi-scale stack of it. Intensity I is the mean of the colour features for images without colour,
     * L for Lab. At the scales sigma = 1, 2 and 4 pixels: I smoothed by sigma; sigma times the square roots of the larger and
     * the smaller eigenvalue of the structure tensor (gradient of the smoothed I, its products smoothed by 2 sigma), which
     * are contrasts in the units of I; and 100 times the coherence
     * {@code (l1 - l2) / (l1 + l2 + 1)}. These 12 are divided by the square root of 12, so that together they weigh as
     * much as the intensity.
     *
     * @param colour features as made by {@link #intensities} or {@link #lab}
     * @param isLab whether the first feature is L
     * @return the colour features, then for each scale: smoothed, larger, smaller, coherence
     */
    public static FeatureSource texture(FeatureSource colour, boolean isLab) {
        Planes.check(colour);
        return new Texture(colour, isLab);
    }

    /**
     * Joins a constant to the features of every pixel, as the bias of a projection does: with it one feature alone has a
     * direction.
     *
     * @param source features
     * @param value the constant
     * @return the features, then the constant
     */
    public static FeatureSource withConstant(FeatureSource source, float value) {
        Planes.check(source);
        int channels = source.channels();
        return new Derived(source, channels + 1) {
            @Override
            public void row(int y, float[] into) {
                source.row(y, into);
                for (int x = width() - 1; x >= 0; x--) {
                    into[x * (channels + 1) + channels] = value;
                    System.arraycopy(into, x * channels, into, x * (channels + 1), channels);
                }
            }
        };
    }

    /** Reads rows of another source and changes them in place. */
    abstract static class Mapped extends Derived {
        Mapped(FeatureSource source, int channels) {
            super(source, channels);
        }

        abstract void map(int y, float[] row);

        @Override
        public void row(int y, float[] into) {
            source.row(y, into);
            map(y, into);
        }
    }
}
