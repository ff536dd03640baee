// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.image;

import java.util.Arrays;

/**
 * The intensities of one channel that become black and white. It takes 16-bit, 32-bit and grey images to the 0 to 255
 * that models trained on photographs expect, and to the screen.
 *
 * @param low intensity that becomes 0, finite
 * @param high intensity that becomes 255, finite, at least {@code low}; where equal, everything becomes 0
 */
public record IntensityRange(float low, float high) {
    /** What 8-bit pictures hold already. */
    public static final IntensityRange BYTES = new IntensityRange(0, 255);

    /** Above this many values every n-th one is looked at, so that a gigapixel channel takes no minutes. */
    static final int LOOKED_AT = 1 << 22;

    /** Checks the order. */
    public IntensityRange {
        if (!(Float.isFinite(low) && Float.isFinite(high) && low <= high)) {
            throw new IllegalArgumentException("range of intensities is " + low + " to " + high
                    + "; both ends must be finite, the first at most the second");
        }
    }

    /**
     * The range between two percentiles, interpolated linearly between the sorted values. NaN and infinite values are
     * left out; where nothing is left the range is 0 to 0. Of more than 2^22 values every n-th is looked at, with the
     * smallest n that comes below. The result depends on the values alone.
     *
     * @param values one channel
     * @param lowPercent 0 to 100
     * @param highPercent {@code lowPercent} to 100
     */
    public static IntensityRange percentiles(float[] values, double lowPercent, double highPercent) {
        return percentiles(values, 0, 1, lowPercent, highPercent);
    }

    private static IntensityRange percentiles(
            float[] values, int first, int step, double lowPercent, double highPercent) {
        if (!(lowPercent >= 0 && lowPercent <= highPercent && highPercent <= 100)) {
            throw new IllegalArgumentException("percentiles are " + lowPercent + " and " + highPercent
                    + "; allowed are 0 to 100, the first at most the second");
        }
        int count = values.length / step;
        int stride = (int) Math.max(1, ((long) count + LOOKED_AT - 1) / LOOKED_AT);
        float[] sorted = new float[(int) (((long) count + stride - 1) / stride)];
        int n = 0;
        for (int i = 0; i < sorted.length; i++) {
            float value = values[first + i * stride * step];
            if (Float.isFinite(value)) {
                sorted[n++] = value;
            }
        }
        if (n == 0) {
            return new IntensityRange(0, 0);
        }
        Arrays.sort(sorted, 0, n);
        return new IntensityRange(quantile(sorted, n, lowPercent / 100), quantile(sorted, n, highPercent / 100));
    }

    private static float quantile(float[] sorted, int n, double q) {
        double position = q * (n - 1);
        int lower = (int) position;
        int upper = Math.min(lower + 1, n - 1);
        double fraction = position - lower;
        return (float) (sorted[lower] * (1 - fraction) + sorted[upper] * fraction);
    }

    /** Takes {@code low} to 0 and {@code high} to 255; values outside become 0 or 255, NaN becomes 0. */
    public float apply(float value) {
        if (!(value > low)) {
            return 0;
        }
        return value >= high ? 255 : (float) ((value - (double) low) / ((double) high - low) * 255);
    }

    /**
     * Stretches every channel on its own between its percentiles.
     *
     * @param picture values of any range
     * @param lowPercent 0 to 100; 1 is usual
     * @param highPercent {@code lowPercent} to 100; 99.8 is usual for fluorescence
     * @return a new picture with values from 0 to 255, not rounded
     */
    public static RasterF stretch(RasterF picture, double lowPercent, double highPercent) {
        int channels = picture.channels();
        RasterF out = RasterF.of(picture.width(), picture.height(), channels);
        for (int c = 0; c < channels; c++) {
            IntensityRange range = percentiles(picture.data(), c, channels, lowPercent, highPercent);
            for (int i = c; i < out.data().length; i += channels) {
                out.data()[i] = range.apply(picture.data()[i]);
            }
        }
        return out;
    }

    /** Applies this range to every channel. */
    public RasterF stretch(RasterF picture) {
        RasterF out = RasterF.of(picture.width(), picture.height(), picture.channels());
        for (int i = 0; i < out.data().length; i++) {
            out.data()[i] = apply(picture.data()[i]);
        }
        return out;
    }
}
