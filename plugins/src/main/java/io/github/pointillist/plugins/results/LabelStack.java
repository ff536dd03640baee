// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.CompositeImage;
import ij.ImagePlus;
import ij.ImageStack;
import ij.measure.Calibration;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import ij.process.LUT;
import ij.process.ShortProcessor;
import io.github.pointillist.image.Palettes;
import java.util.List;

/**
 * Label planes that become an ImageJ image: 16-bit, or 32-bit as soon as one label is above 65535. A float is exact up to
 * 2^24; more labels than that are refused. The planes are in ImageJ's order, a channel a level.
 */
final class LabelStack {
    static final int LARGEST_16_BIT = 65535;
    static final int LARGEST_EXACT_FLOAT = 1 << 24;

    private final int width;
    private final int height;
    private final Object[] planes;
    private final String[] names;
    private int filled;
    private int largest;
    private boolean background;

    LabelStack(int width, int height, int planes) {
        this.width = width;
        this.height = height;
        this.planes = new Object[planes];
        this.names = new String[planes];
    }

    /** Appends a plane of labels, row-major, with the largest of them. */
    void add(String name, int[] labels, int count) {
        if (count > LARGEST_EXACT_FLOAT) {
            throw new IllegalArgumentException("the map has " + count + " clusters; an ImageJ image holds at most "
                    + LARGEST_EXACT_FLOAT + " labels exactly; ask for fewer clusters or a larger minimum size");
        }
        largest = Math.max(largest, count);
        for (int i = 0; i < labels.length && !background; i++) {
            background = labels[i] == 0;
        }
        names[filled] = name;
        planes[filled++] = count > LARGEST_16_BIT ? floats(labels) : shorts(labels);
    }

    private static float[] floats(int[] labels) {
        float[] pixels = new float[labels.length];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = labels[i];
        }
        return pixels;
    }

    private static short[] shorts(int[] labels) {
        short[] pixels = new short[labels.length];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (short) labels[i];
        }
        return pixels;
    }

    private static float[] widen(short[] labels) {
        float[] pixels = new float[labels.length];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = labels[i] & 0xffff;
        }
        return pixels;
    }

    /** The labels of an ImageJ plane that {@link #toImage} made. */
    static int[] labels(ImageProcessor plane) {
        int[] labels = new int[plane.getPixelCount()];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = (int) plane.getf(i);
        }
        return labels;
    }

    /** The image, with the calibration of {@code source} but for the meaning of its grey values. */
    ImagePlus toImage(String title, ImagePlus source, List<String> levels) {
        boolean wide = largest > LARGEST_16_BIT;
        LUT lut = lut();
        ImageStack stack = new ImageStack(width, height);
        for (int i = 0; i < planes.length; i++) {
            Object pixels = planes[i];
            planes[i] = null;
            ImageProcessor plane = !wide
                    ? new ShortProcessor(width, height, (short[]) pixels, null)
                    : new FloatProcessor(
                            width, height, pixels instanceof short[] narrow ? widen(narrow) : (float[]) pixels);
            plane.setLut(lut);
            plane.setMinAndMax(0, displayMaximum());
            stack.addSlice(names[i], plane);
        }
        ImagePlus image = new ImagePlus(title, stack);
        Calibration calibration = source.getCalibration().copy();
        calibration.disableDensityCalibration();
        image.setCalibration(calibration);
        image.setDimensions(levels.size(), source.getNSlices(), source.getNFrames());
        if (levels.size() > 1) {
            CompositeImage composite = new CompositeImage(image, CompositeImage.COLOR);
            for (int c = 1; c <= levels.size(); c++) {
                composite.setChannelLut(lut, c);
            }
            composite.setCalibration(calibration);
            image = composite;
        }
        image.setOpenAsHyperStack(image.getStackSize() > 1 && image.getNDimensions() > 3);
        image.setPosition(
                1,
                Math.min(Math.max(source.getZ(), 1), image.getNSlices()),
                Math.min(Math.max(source.getT(), 1), image.getNFrames()));
        return image;
    }

    /** A colour for each label up to 255; beyond that ImageJ spreads its 256 colours over the labels. */
    private int displayMaximum() {
        return Math.max(largest, 255);
    }

    private LUT lut() {
        byte[][] table = Palettes.lookupTable(Palettes.distinct(255));
        if (!background && largest > 255) {
            // Black would be shared by the first labels and look like a hole.
            for (byte[] component : table) {
                component[0] = component[128];
            }
        }
        LUT lut = new LUT(table[0], table[1], table[2]);
        lut.min = 0;
        lut.max = displayMaximum();
        return lut;
    }
}
