// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.ImagePlus;
import ij.gui.ImageRoi;
import ij.process.ColorProcessor;
import ij.process.ImageProcessor;
import io.github.pointillist.image.IntensityRange;
import io.github.pointillist.image.Overlay;
import io.github.pointillist.image.Palettes;
import io.github.pointillist.image.Raster8;
import java.awt.image.BufferedImage;
import java.util.List;

/** Pictures of an image with its clusters drawn over it. */
public final class OverlayPictures {
    /** Pixels of a picture at most: larger planes are shrunk by a whole factor, taking the nearest pixel. */
    static final int MOST_PIXELS = 40_000_000;

    /** Marks overlays as ours, so that the next run replaces them. */
    private static final String NAME = "Cluster Map";

    private static final double FILL = 0.4;

    /** Per cent of the pixels at each end: hot and dead ones, and a whole dead row of a small image. */
    private static final double SATURATED = 0.3;

    private static final int LOOKED_AT = 1 << 22;

    /** Black itself is transparent in ImageJ's overlay. */
    private static final int NEARLY_BLACK = 0x010101;

    /** The colours of channels that have none, in ImageJ's order. */
    private static final int[] CHANNEL_COLOURS = {0xff0000, 0x00ff00, 0x0000ff, 0xffffff, 0x00ffff, 0xff00ff, 0xffff00};

    private OverlayPictures() {}

    /**
     * The clusters of one level, coloured and outlined, over the middle slice and frame. A plane of more than
     * 40 million pixels is shrunk by a whole factor, the nearest pixel taken.
     *
     * @param level index of the level
     */
    public static BufferedImage middle(ImagePlus image, ImagePlus labels, int level) {
        return middle(image, labels, level, FILL);
    }

    /**
     * The same with another share of colour inside the outlines.
     *
     * @param fill 0 for outlines alone, to 1
     */
    public static BufferedImage middle(ImagePlus image, ImagePlus labels, int level, double fill) {
        Planes planes = new Planes(image);
        int slice = (planes.slices() + 1) / 2;
        int frame = (planes.frames() + 1) / 2;
        int factor = factor(planes);
        int width = (planes.width() + factor - 1) / factor;
        int height = (planes.height() + factor - 1) / factor;
        ImageProcessor plane = labels.getStack().getProcessor(labels.getStackIndex(level + 1, slice, frame));
        int[] small = new int[width * height];
        int largest = 0;
        for (int y = 0, i = 0; y < height; y++) {
            for (int x = 0; x < width; x++, i++) {
                small[i] = (int) plane.getf(x * factor, y * factor);
                largest = Math.max(largest, small[i]);
            }
        }
        Raster8 picture = picture(planes, planes.read(slice, frame), factor, width, height);
        Raster8 drawn = Overlay.outlined(picture, small, Palettes.distinct(largest), fill);
        BufferedImage out = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int y = 0, i = 0; y < height; y++) {
            for (int x = 0; x < width; x++, i += 3) {
                out.setRGB(x, y, rgb(drawn.data(), i));
            }
        }
        return out;
    }

    /** By what a picture of a plane is shrunk. */
    static int factor(Planes planes) {
        return (int) Math.ceil(Math.sqrt((double) planes.width() * planes.height() / MOST_PIXELS));
    }

    private static int rgb(byte[] data, int i) {
        return (data[i] & 0xff) << 16 | (data[i + 1] & 0xff) << 8 | data[i + 2] & 0xff;
    }

    /**
     * The plane as a colour picture: RGB as it is, channels stretched between two percentiles and added up. A channel that
     * is flat between them is stretched from its least to its largest value, and one that is flat altogether is black.
     * NaN is black, infinities are the ends; what an inverting lookup table shows inverted is inverted.
     */
    static Raster8 picture(Planes planes, Planes.Plane plane, int factor, int width, int height) {
        byte[] data = new byte[width * height * 3];
        List<ImageProcessor> channels = plane.channels();
        boolean inverted = !planes.rgb() && planes.image().isInvertedLut();
        for (int c = 0; c < channels.size(); c++) {
            ImageProcessor channel = channels.get(c);
            IntensityRange range = planes.rgb() ? IntensityRange.BYTES : range(channel);
            int colour = planes.rgb()
                    ? CHANNEL_COLOURS[c]
                    : channels.size() == 1 ? 0xffffff : CHANNEL_COLOURS[c % CHANNEL_COLOURS.length];
            for (int y = 0, i = 0; y < height; y++) {
                for (int x = 0; x < width; x++, i += 3) {
                    float value = channel.getf(x * factor, y * factor);
                    float grey = range.apply(value);
                    add(data, i, inverted && !Float.isNaN(value) ? 255 - grey : grey, colour);
                }
            }
        }
        return new Raster8(width, height, 3, data);
    }

    private static IntensityRange range(ImageProcessor channel) {
        int n = channel.getPixelCount();
        int stride = (int) Math.max(1, (n + (long) LOOKED_AT - 1) / LOOKED_AT);
        float[] values = new float[(n + stride - 1) / stride];
        for (int i = 0; i < values.length; i++) {
            values[i] = channel.getf(i * stride);
        }
        IntensityRange range = IntensityRange.percentiles(values, SATURATED, 100 - SATURATED);
        return range.low() < range.high() ? range : IntensityRange.percentiles(values, 0, 100);
    }

    private static void add(byte[] data, int i, float grey, int colour) {
        for (int k = 0; k < 3; k++) {
            int share = Math.round(grey * (colour >> 16 - 8 * k & 0xff) / 255);
            data[i + k] = (byte) Math.min(255, (data[i + k] & 0xff) + share);
        }
    }

    /**
     * Draws the outlines of the clusters of the first level into the image's overlay, slice by slice, in place of those
     * of an earlier run. Other things in the overlay stay.
     */
    public static void addTo(ImagePlus image, ImagePlus labels) {
        addTo(image, labels, NAME);
    }

    /** The same in place of those of an earlier run of the same name. */
    static void addTo(ImagePlus image, ImagePlus labels, String name) {
        ij.gui.Overlay overlay = image.getOverlay() == null ? new ij.gui.Overlay() : image.getOverlay();
        overlay.remove(name);
        int[] colours = Palettes.distinct(255);
        int width = labels.getWidth();
        int height = labels.getHeight();
        for (int frame = 1; frame <= labels.getNFrames(); frame++) {
            for (int slice = 1; slice <= labels.getNSlices(); slice++) {
                int[] ids = LabelStack.labels(labels.getStack().getProcessor(labels.getStackIndex(1, slice, frame)));
                ColorProcessor outlines = new ColorProcessor(width, height);
                for (int i = 0; i < ids.length; i++) {
                    if (Overlay.isEdge(ids, i, width)) {
                        outlines.set(i, ids[i] > 0 ? Overlay.lifted(colours[1 + (ids[i] - 1) % 255]) : NEARLY_BLACK);
                    }
                }
                ImageRoi roi = new ImageRoi(0, 0, outlines);
                roi.setZeroTransparent(true);
                roi.setName(name);
                if (labels.getNSlices() * labels.getNFrames() > 1) {
                    if (image.isHyperStack()) {
                        roi.setPosition(0, slice, frame);
                    } else {
                        roi.setPosition(image.getStackIndex(1, slice, frame));
                    }
                }
                overlay.add(roi);
            }
        }
        image.setOverlay(overlay);
    }
}
