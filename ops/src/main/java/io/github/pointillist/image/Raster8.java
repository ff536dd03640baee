// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.image;

/**
 * An 8-bit picture in the layout of photographs: rows from top to bottom, the channels of a pixel together.
 *
 * @param width pixels in a row, at least 1
 * @param height rows, at least 1
 * @param channels values of a pixel, at least 1; 3 are red, green, blue
 * @param data unsigned bytes, (height, width, channels), not copied
 */
@SuppressWarnings("ArrayRecordComponent") // a plane of pixels: identity, not value, is what is wanted
public record Raster8(int width, int height, int channels, byte[] data) {
    /** Checks that the data fill the picture. */
    public Raster8 {
        checkSize(width, height, channels, data.length);
    }

    /** A black picture. */
    public static Raster8 of(int width, int height, int channels) {
        return new Raster8(width, height, channels, new byte[size(width, height, channels)]);
    }

    /** The value, 0 to 255. */
    public int at(int x, int y, int c) {
        return data[(y * width + x) * channels + c] & 0xff;
    }

    /** This picture if it has {@code count} channels, else a grey picture's channel repeated {@code count} times. */
    public Raster8 withChannels(int count) {
        if (count == channels) {
            return this;
        }
        checkReplicable(channels, count);
        Raster8 out = of(width, height, count);
        for (int i = 0; i < out.data.length; i++) {
            out.data[i] = data[i / count];
        }
        return out;
    }

    /** The part whose upper left pixel is (left, top). */
    public Raster8 crop(int left, int top, int cropWidth, int cropHeight) {
        checkCrop(width, height, left, top, cropWidth, cropHeight);
        Raster8 out = of(cropWidth, cropHeight, channels);
        for (int y = 0; y < cropHeight; y++) {
            int from = ((y + top) * width + left) * channels;
            System.arraycopy(data, from, out.data, y * cropWidth * channels, cropWidth * channels);
        }
        return out;
    }

    /** The same values as floats, 0 to 255. */
    public RasterF toFloat() {
        float[] values = new float[data.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = data[i] & 0xff;
        }
        return new RasterF(width, height, channels, values);
    }

    static int size(int width, int height, int channels) {
        if (width < 1 || height < 1 || channels < 1) {
            throw new IllegalArgumentException("picture of " + width + " x " + height + " pixels, " + channels
                    + " channels; each must be at least 1");
        }
        long size = (long) width * height * channels;
        if ((long) width * height > Integer.MAX_VALUE || size > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("picture of " + width + " x " + height + " pixels, " + channels
                    + " channels holds more than 2^31 values; process it in tiles");
        }
        return (int) size;
    }

    static void checkSize(int width, int height, int channels, int length) {
        if (length != size(width, height, channels)) {
            throw new IllegalArgumentException(length + " values given for a picture of " + width + " x " + height
                    + " pixels, " + channels + " channels");
        }
    }

    static void checkReplicable(int channels, int count) {
        if (channels != 1) {
            throw new IllegalArgumentException("picture has " + channels + " channels, " + count
                    + " are wanted; choose the channels to use or give a picture with one channel, which is repeated");
        }
        if (count < 1) {
            throw new IllegalArgumentException(count + " channels wanted; at least 1 is needed");
        }
    }

    static void checkCrop(int width, int height, int left, int top, int cropWidth, int cropHeight) {
        if (left < 0
                || top < 0
                || cropWidth < 1
                || cropHeight < 1
                || cropWidth > width - left
                || cropHeight > height - top) {
            throw new IllegalArgumentException("crop of " + cropWidth + " x " + cropHeight + " pixels at (" + left
                    + ", " + top + ") does not lie inside a picture of " + width + " x " + height + " pixels");
        }
    }
}
