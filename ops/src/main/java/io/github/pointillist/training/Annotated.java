// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import io.github.pointillist.image.RasterF;

/**
 * One picture with its truth.
 *
 * @param image (x, y, c) with 1 or 3 channels. Raw intensities of any range where a user's image is meant; what an
 *     {@link ExampleSource} gives is on the scale of the networks, 0 to 255
 * @param labels one a pixel, row-major: 0 for background and 1 and up for objects, or the index of the pixel's class, or
 *     {@link #IGNORE}; not copied
 * @param name what it is called in messages: a file name or title
 */
@SuppressWarnings("ArrayRecordComponent") // a plane of pixels: identity, not value, is what is wanted
public record Annotated(RasterF image, int[] labels, String name) {
    /** The label of pixels that nobody has annotated: they neither count as background nor as an object. */
    public static final int IGNORE = -1;

    /** Checks the sizes; the labels are checked where they come in, by {@link AnnotatedImages}. */
    public Annotated {
        if (image.channels() != 1 && image.channels() != 3) {
            throw new IllegalArgumentException(name + " has " + image.channels()
                    + " channels; allowed are 1 (grey) and 3 (RGB); choose a channel or turn it into RGB");
        }
        if (labels.length != image.width() * image.height()) {
            throw new IllegalArgumentException(name + ": " + labels.length + " labels given for an image of "
                    + image.width() + " x " + image.height() + " pixels; give one label a pixel");
        }
    }

    /** Pixels in a row. */
    public int width() {
        return image.width();
    }

    /** Rows. */
    public int height() {
        return image.height();
    }

    /** The part whose upper left pixel is (left, top), under another name. */
    Annotated crop(int left, int top, int width, int height, String newName) {
        RasterF part = image.crop(left, top, width, height);
        int[] partLabels = new int[width * height];
        for (int y = 0; y < height; y++) {
            System.arraycopy(labels, (y + top) * width() + left, partLabels, y * width, width);
        }
        return new Annotated(part, partLabels, newName);
    }
}
