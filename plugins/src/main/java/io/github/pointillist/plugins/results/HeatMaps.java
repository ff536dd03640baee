// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.CompositeImage;
import ij.ImagePlus;
import ij.ImageStack;
import ij.gui.PointRoi;
import ij.measure.Calibration;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import ij.process.LUT;
import io.github.pointillist.image.Raster8;
import io.github.pointillist.plugins.results.ClusterMapOptions.Point;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.List;

/** Planes of weights as images and as pictures, from black over red and yellow to white. */
public final class HeatMaps {
    /** Share of the heat in a picture; the rest is the image in grey. */
    private static final double FILL = 0.6;

    private HeatMaps() {}

    /** Black, dark red, orange, yellow, white: brightness grows evenly. */
    static LUT lut() {
        byte[] red = new byte[256];
        byte[] green = new byte[256];
        byte[] blue = new byte[256];
        for (int i = 0; i < 256; i++) {
            int colour = colour(i / 255.0);
            red[i] = (byte) (colour >> 16);
            green[i] = (byte) (colour >> 8);
            blue[i] = (byte) colour;
        }
        return new LUT(red, green, blue);
    }

    /** The colour of a value from 0 to 1, as 0xRRGGBB. */
    static int colour(double value) {
        int red = ramp(value, 0, 0.45);
        int green = ramp(value, 0.3, 0.85);
        int blue = ramp(value, 0.75, 1);
        return red << 16 | green << 8 | blue;
    }

    private static int ramp(double value, double from, double to) {
        return (int) Math.round(255 * Math.max(0, Math.min(1, (value - from) / (to - from))));
    }

    /**
     * Planes as an image with the calibration of {@code source} but for the meaning of its grey values. Each channel is
     * shown from its least to its largest value.
     *
     * @param planes row-major, in ImageJ's order: a channel a level, then slices, then frames
     */
    static ImagePlus toImage(String title, ImagePlus source, List<String> levels, List<float[]> planes, Point point) {
        int channels = levels.size();
        float[] least = new float[channels];
        float[] largest = new float[channels];
        ImageStack stack = new ImageStack(source.getWidth(), source.getHeight());
        LUT lut = lut();
        for (int i = 0; i < planes.size(); i++) {
            int c = i % channels;
            FloatProcessor plane = new FloatProcessor(source.getWidth(), source.getHeight(), planes.get(i));
            float min = (float) plane.getMin();
            float max = (float) plane.getMax();
            least[c] = i < channels ? min : Math.min(least[c], min);
            largest[c] = i < channels ? max : Math.max(largest[c], max);
            plane.setLut(lut);
            stack.addSlice(levels.get(c), plane);
        }
        ImagePlus image = new ImagePlus(title, stack);
        Calibration calibration = source.getCalibration().copy();
        calibration.disableDensityCalibration();
        image.setCalibration(calibration);
        image.setDimensions(channels, source.getNSlices(), source.getNFrames());
        if (channels > 1) {
            CompositeImage composite = new CompositeImage(image, CompositeImage.COLOR);
            for (int c = 0; c < channels; c++) {
                LUT own = lut();
                own.min = least[c];
                own.max = largest[c];
                composite.setChannelLut(own, c + 1);
            }
            composite.setCalibration(calibration);
            image = composite;
        } else {
            image.setDisplayRange(least[0], largest[0]);
        }
        image.setOpenAsHyperStack(image.getStackSize() > 1 && image.getNDimensions() > 3);
        image.setPosition(
                1,
                Math.min(Math.max(source.getZ(), 1), image.getNSlices()),
                Math.min(Math.max(source.getT(), 1), image.getNFrames()));
        PointRoi mark = new PointRoi(point.x(), point.y());
        mark.setName("point");
        mark.setStrokeColor(Color.CYAN);
        image.setOverlay(new ij.gui.Overlay(mark));
        return image;
    }

    /**
     * One level over the image in grey, of the middle slice and frame, from the least to the largest value of that
     * plane, with the point in a ring. Large planes are shrunk as {@link OverlayPictures#middle} does.
     *
     * @param level index of the level
     */
    public static BufferedImage middle(ImagePlus image, ImagePlus affinity, int level, Point point) {
        Planes planes = new Planes(image);
        int slice = (planes.slices() + 1) / 2;
        int frame = (planes.frames() + 1) / 2;
        int factor = OverlayPictures.factor(planes);
        int width = (planes.width() + factor - 1) / factor;
        int height = (planes.height() + factor - 1) / factor;
        ImageProcessor plane = affinity.getStack().getProcessor(affinity.getStackIndex(level + 1, slice, frame));
        plane.resetMinAndMax();
        double min = plane.getMin();
        double range = plane.getMax() - min;
        Raster8 picture = OverlayPictures.picture(planes, planes.read(slice, frame), factor, width, height);
        BufferedImage out = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int i = (y * width + x) * 3;
                byte[] data = picture.data();
                double grey = ((data[i] & 0xff) + (data[i + 1] & 0xff) + (data[i + 2] & 0xff)) / 3.0;
                double value = range > 0 ? (plane.getf(x * factor, y * factor) - min) / range : 0;
                int heat = colour(value);
                int mixed = 0;
                for (int shift = 16; shift >= 0; shift -= 8) {
                    mixed |= (int) Math.round((1 - FILL) * grey + FILL * (heat >> shift & 0xff)) << shift;
                }
                out.setRGB(x, y, mixed);
            }
        }
        ring(out, point.x() / factor, point.y() / factor);
        return out;
    }

    private static void ring(BufferedImage picture, int x, int y) {
        int radius = Math.max(3, Math.min(picture.getWidth(), picture.getHeight()) / 50);
        Graphics2D graphics = picture.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        for (int i = 0; i < 2; i++) {
            graphics.setColor(i == 0 ? Color.BLACK : Color.CYAN);
            graphics.setStroke(new BasicStroke(Math.max(1, radius / (i == 0 ? 2f : 4f))));
            graphics.drawOval(x - radius, y - radius, 2 * radius, 2 * radius);
        }
        graphics.dispose();
    }
}
