// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import io.github.pointillist.image.IntensityRange;
import io.github.pointillist.image.Raster8;
import io.github.pointillist.image.RasterF;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.type.numeric.RealType;
import net.imglib2.type.numeric.integer.UnsignedByteType;

/**
 * A plane as the photograph that a model trained on photographs expects: red, green and blue bytes.
 *
 * <p>Bytes stay as they are. Other types are stretched: in each channel for itself, the percentiles 0.1 and 99.9 over the
 * whole plane become 0 and 255, values between them in proportion and rounded, values outside the nearer end, NaN 0.
 * Nothing ever wraps. One channel is given three times; three are red, green and blue; of any other number the mean of
 * all is given three times.
 *
 * @param picture 3 channels
 * @param notes what was done, one line each
 */
record Photograph(Raster8 picture, List<String> notes) {
    static final double LOW_PERCENT = 0.1;
    static final double HIGH_PERCENT = 99.9;

    private static final int MAX_RANGES = 4;

    /**
     * Makes it.
     *
     * @param image the plane, for its type
     * @param values the plane's values
     */
    static Photograph of(RandomAccessibleInterval<? extends RealType<?>> image, RasterF values) {
        List<String> notes = new ArrayList<>();
        boolean bytes = image.getType() instanceof UnsignedByteType;
        RasterF stretched = values;
        if (bytes) {
            notes.add("bytes taken as they are");
        } else {
            stretched = RasterF.of(values.width(), values.height(), values.channels());
            List<String> ranges = new ArrayList<>();
            for (int c = 0; c < values.channels(); c++) {
                IntensityRange range = range(values, c);
                for (int i = c; i < values.data().length; i += values.channels()) {
                    stretched.data()[i] = range.apply(values.data()[i]);
                }
                if (c < MAX_RANGES) {
                    ranges.add(range.low() + " to " + range.high());
                }
            }
            if (values.channels() > MAX_RANGES) {
                ranges.add("...");
            }
            notes.add(String.format(
                    Locale.ROOT,
                    "intensities from percentile %s to %s of the plane (%s) stretched to 0 to 255",
                    LOW_PERCENT,
                    HIGH_PERCENT,
                    String.join("; ", ranges)));
        }
        Raster8 picture = stretched.toBytes();
        int channels = picture.channels();
        if (channels == 1) {
            notes.add("one channel repeated to red, green and blue");
        } else if (channels == 3) {
            notes.add("three channels taken as red, green and blue");
        } else {
            notes.add("the mean of " + channels + " channels repeated to red, green and blue");
            picture = average(picture);
        }
        return new Photograph(picture.withChannels(3), List.copyOf(notes));
    }

    private static IntensityRange range(RasterF values, int channel) {
        float[] one = new float[values.width() * values.height()];
        for (int i = 0; i < one.length; i++) {
            one[i] = values.data()[i * values.channels() + channel];
        }
        return IntensityRange.percentiles(one, LOW_PERCENT, HIGH_PERCENT);
    }

    private static Raster8 average(Raster8 picture) {
        int channels = picture.channels();
        Raster8 grey = Raster8.of(picture.width(), picture.height(), 1);
        for (int i = 0; i < grey.data().length; i++) {
            int sum = 0;
            for (int c = 0; c < channels; c++) {
                sum += picture.data()[i * channels + c] & 0xFF;
            }
            grey.data()[i] = (byte) ((sum + channels / 2) / channels);
        }
        return grey;
    }

    /** The channels in the order of the model, "RGB" or "BGR". */
    static Raster8 inOrder(Raster8 rgb, String order) {
        if (order.equals("RGB")) {
            return rgb;
        }
        byte[] turned = rgb.data().clone();
        for (int i = 0; i < turned.length; i += 3) {
            byte red = turned[i];
            turned[i] = turned[i + 2];
            turned[i + 2] = red;
        }
        return new Raster8(rgb.width(), rgb.height(), 3, turned);
    }
}
