// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

import net.imglib2.RandomAccessibleInterval;
import net.imglib2.img.Img;
import net.imglib2.type.numeric.RealType;
import net.imglib2.type.numeric.integer.UnsignedShortType;

/**
 * An image and what is in it.
 *
 * @param name what it shows, in a word, for titles and file names
 * @param image 16-bit (x, y), or 8-bit (x, y, c) with red, green, blue where {@code rgb}
 * @param labels (x, y): 1 to n for the n objects, each on at least one pixel; 0 where there is none
 * @param rgb whether the channels are colours
 * @param pixelSizeUm side of a pixel in {@code unit}
 * @param unit of the pixel size, "µm"
 */
public record Sample(
        String name,
        RandomAccessibleInterval<? extends RealType<?>> image,
        Img<UnsignedShortType> labels,
        boolean rgb,
        double pixelSizeUm,
        String unit) {
    static final String MICROMETRE = "µm";
    static final int MOST_LABELS = 65535;

    static int pixels(int width, int height) {
        if (width < 1 || height < 1 || (long) width * height > Integer.MAX_VALUE / 4) {
            throw new IllegalArgumentException("simulated image of " + width + " x " + height
                    + " pixels asked for; allowed are at least 1 x 1 and at most 2^29 pixels in all");
        }
        return width * height;
    }

    static void checkLabels(long count) {
        if (count > MOST_LABELS) {
            throw new IllegalArgumentException("the simulated image would hold " + count
                    + " objects; 16-bit labels go up to " + MOST_LABELS + "; make the image smaller");
        }
    }
}
