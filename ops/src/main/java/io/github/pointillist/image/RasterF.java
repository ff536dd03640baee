// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.image;

/**
 * A picture of floats in the layout of {@link Raster8}, for 16-bit and 32-bit images.
 *
 * @param width pixels in a row, at least 1
 * @param height rows, at least 1
 * @param channels values of a pixel, at least 1
 * @param data values of any range, (height, width, channels), not copied
 */
@SuppressWarnings("ArrayRecordComponent") // a plane of pixels: identity, not value, is what is wanted
public record RasterF(int width, int height, int channels, float[] data) {
    /** Checks that the data fill the picture. */
    public RasterF {
        Raster8.checkSize(width, height, channels, data.length);
    }

    /** A picture of zeros. */
    public static RasterF of(int width, int height, int channels) {
        return new RasterF(width, height, channels, new float[Raster8.size(width, height, channels)]);
    }

    /** The value. */
    public float at(int x, int y, int c) {
        return data[(y * width + x) * channels + c];
    }

    /** This picture if it has {@code count} channels, else a grey picture's channel repeated {@code count} times. */
    public RasterF withChannels(int count) {
        if (count == channels) {
            return this;
        }
        Raster8.checkReplicable(channels, count);
        RasterF out = of(width, height, count);
        for (int i = 0; i < out.data.length; i++) {
            out.data[i] = data[i / count];
        }
        return out;
    }

    /** The part whose upper left pixel is (left, top). */
    public RasterF crop(int left, int top, int cropWidth, int cropHeight) {
        Raster8.checkCrop(width, height, left, top, cropWidth, cropHeight);
        RasterF out = of(cropWidth, cropHeight, channels);
        for (int y = 0; y < cropHeight; y++) {
            int from = ((y + top) * width + left) * channels;
            System.arraycopy(data, from, out.data, y * cropWidth * channels, cropWidth * channels);
        }
        return out;
    }

    /** Rounds to the nearest byte, halves up; values outside 0 to 255 become the nearer bound, NaN becomes 0. */
    public Raster8 toBytes() {
        byte[] bytes = new byte[data.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) Math.max(0, Math.min(255, (int) Math.floor(data[i] + 0.5)));
        }
        return new Raster8(width, height, channels, bytes);
    }
}
