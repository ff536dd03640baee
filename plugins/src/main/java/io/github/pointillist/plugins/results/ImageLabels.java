// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.ImagePlus;
import ij.process.ImageProcessor;
import io.github.pointillist.tasks.LabelPlanes;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.img.array.ArrayImgs;
import net.imglib2.type.numeric.RealType;

/**
 * The labels of an ImageJ image, one plane in memory at a time. Labels are the values in the file: a lookup table or a
 * calibration of grey values changes how they are shown, not what they are.
 */
final class ImageLabels implements LabelPlanes {
    private static final int SIGN = 0x8000;

    private final ImagePlus image;
    private final String name;
    private final boolean signed;

    /**
     * Checks what kind of image it is.
     *
     * @param role what it is for, for errors
     * @throws IllegalArgumentException if it is in colour or has several channels
     */
    ImageLabels(ImagePlus image, String role) {
        this.image = image;
        name = role + " " + image.getTitle();
        if (image.getType() == ImagePlus.COLOR_RGB) {
            throw new IllegalArgumentException(name + " is in colour; allowed are labels of 8, 16 or 32 bits");
        }
        if (image.getNChannels() > 1) {
            throw new IllegalArgumentException(name + " has " + image.getNChannels()
                    + " channels; allowed is one (Image > Color > Split Channels takes them apart)");
        }
        signed = image.getBitDepth() == 16 && image.getCalibration().isSigned16Bit();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int slices() {
        return image.getNSlices();
    }

    @Override
    public int frames() {
        return image.getNFrames();
    }

    @Override
    public RandomAccessibleInterval<? extends RealType<?>> read(int slice, int frame) {
        ImageProcessor plane = image.getStack().getProcessor(image.getStackIndex(1, slice, frame));
        if (plane == null || plane.getPixels() == null) {
            throw new IllegalStateException(name + ": slice " + slice + ", frame " + frame + " is gone");
        }
        int width = plane.getWidth();
        int height = plane.getHeight();
        Object pixels = plane.getPixels();
        if (pixels instanceof byte[] bytes) {
            return ArrayImgs.unsignedBytes(bytes, width, height);
        }
        if (pixels instanceof short[] shorts) {
            return signed
                    ? ArrayImgs.shorts(signed(shorts), width, height)
                    : ArrayImgs.unsignedShorts(shorts, width, height);
        }
        if (pixels instanceof float[] floats) {
            return ArrayImgs.floats(floats, width, height);
        }
        throw new IllegalArgumentException(
                name + " has " + plane.getBitDepth() + " bits a pixel; allowed are labels of 8, 16 or 32 bits");
    }

    /** ImageJ holds signed numbers with 32768 added. */
    private static short[] signed(short[] stored) {
        short[] values = new short[stored.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (short) (stored[i] ^ SIGN);
        }
        return values;
    }
}
