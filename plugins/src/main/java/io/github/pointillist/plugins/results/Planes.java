// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.ImagePlus;
import ij.io.FileInfo;
import ij.process.ByteProcessor;
import ij.process.ColorProcessor;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.img.array.ArrayImgs;
import net.imglib2.type.numeric.RealType;
import net.imglib2.view.Views;

/**
 * An ImageJ image as planes of features: the channels of a pixel are its features, and every slice and frame is a plane
 * of its own. RGB images and images with a palette (GIF, PNG, BMP) have three features, or one if the palette is grey. An 8-bit image of another format
 * may have a coloured lookup table: it is the display of grey values, which are kept. One plane at a time is read.
 *
 * <p>A plane has all of its values, for what is measured, and what a task sees of it by a {@link Choice}: some channels,
 * within an area. What the task finds goes back to its place in the image by {@link #area}.
 */
public final class Planes {
    /** What a task makes of several channels. */
    public enum Use {
        /** One number a pixel: the channel displayed unless another is chosen; of {@link Choice#ALL} the mean. */
        GREY,
        /** Red, green and blue: three channels are these; of any other number the channel displayed. */
        COLOUR,
        /** As many numbers as channels: all of them. */
        FEATURES
    }

    private final ImagePlus image;
    private final boolean rgb;
    private final Area area;
    private final List<String> notes = new ArrayList<>();
    /** The grey value of every index of a palette; null where pixels are values. */
    private final byte[] greys;

    /** What is seen, from 0; null for all of them. */
    private final List<Integer> chosen;

    private final boolean mean;

    /** Reads from an image and changes nothing about it; all of it is seen. */
    public Planes(ImagePlus image) {
        this(image, new Choice(Choice.ALL, Choice.Within.IMAGE), Use.FEATURES);
        notes.clear();
    }

    /**
     * Reads from an image and changes nothing about it.
     *
     * @throws IllegalArgumentException if there is no such channel, or the area does not lie in the image
     */
    public Planes(ImagePlus image, Choice choice, Use use) {
        this.image = image;
        boolean palette = hasPalette(image);
        rgb = image.getType() == ImagePlus.COLOR_RGB
                || (palette && image.getProcessor().isColorLut());
        greys = palette && !rgb ? greys(image) : null;
        if (rgb && image.getNChannels() > 1) {
            throw new IllegalArgumentException(image.getTitle() + " has " + image.getNChannels()
                    + " channels that are each in colour; allowed are colour images of one channel, or grey channels");
        }
        ChannelNames names = rgb ? ChannelNames.ofColour() : ChannelNames.of(image);
        boolean colour = names.colour();
        boolean several = names.names().size() > 1;
        mean = use == Use.GREY && choice.channel().equals(Choice.ALL) && several && !colour;
        chosen = chosen(choice, use, names, colour);
        area = choice.area(image, notes);
    }

    /** The channels seen, null for all; says so where there is something to choose. */
    private List<Integer> chosen(Choice choice, Use use, ChannelNames names, boolean colour) {
        int n = names.names().size();
        String another = "; channel (--channel) chooses by number or name";
        switch (choice.channel()) {
            case Choice.ALL:
                if (n > 1 && !colour) {
                    notes.add((mean ? "the mean of " : "all of ") + names.all() + " taken, as asked for");
                }
                return null;
            case Choice.AUTOMATIC:
                if (n == 1 || colour) {
                    return null;
                }
                if (use == Use.FEATURES || (use == Use.COLOUR && n == 3)) {
                    notes.add(names.all()
                            + (use == Use.FEATURES
                                    ? " taken together: each is a feature of a pixel"
                                    : " taken as red, green and blue, which the model knows")
                            + another);
                    return null;
                }
                int displayed = Math.max(1, Math.min(n, image.getC())) - 1;
                notes.add(names.one(displayed) + " taken, which is displayed" + another + ", or all");
                return List.of(displayed);
            default:
                int wanted = names.find(choice.channel(), image.getTitle());
                if (n > 1) {
                    notes.add(names.one(wanted) + " taken, as asked for");
                }
                return n == 1 ? null : List.of(wanted);
        }
    }

    private static boolean hasPalette(ImagePlus image) {
        // ImageJ gives images of its own readers the type COLOR_256 only sometimes
        if (image.getBitDepth() != 8) {
            return false;
        }
        FileInfo file = image.getOriginalFileInfo();
        boolean jpeg = file != null
                && file.fileName != null
                && file.fileName.toLowerCase(Locale.ROOT).matches(".*\\.jpe?g");
        return file != null
                && !jpeg
                && (file.fileFormat == FileInfo.GIF_OR_JPG
                        || file.fileFormat == FileInfo.IMAGEIO
                        || file.fileFormat == FileInfo.BMP);
    }

    /** The values of a grey palette; null if each index is its own value. */
    private static byte[] greys(ImagePlus image) {
        byte[] table = new byte[256];
        image.getProcessor().getLut().getReds(table);
        for (int i = 0; i < table.length; i++) {
            if ((table[i] & 0xff) != i) {
                return table;
            }
        }
        return null;
    }

    /** The image. */
    public ImagePlus image() {
        return image;
    }

    /** Whether the features are 8-bit sRGB. */
    public boolean rgb() {
        return rgb;
    }

    /** Which channels are seen, and where, one line each; none where there is nothing to choose. */
    public List<String> notes() {
        return List.copyOf(notes);
    }

    /** Where in the image is seen; null for all of it. */
    Area area() {
        return area;
    }

    /** Whether what is seen is 8-bit sRGB. */
    public boolean seesRgb() {
        return rgb && chosen == null;
    }

    private List<ImageProcessor> seen(List<ImageProcessor> all) {
        List<ImageProcessor> channels =
                chosen == null ? all : chosen.stream().map(all::get).toList();
        if (mean) {
            channels = List.of(mean(channels));
        }
        return area == null ? channels : channels.stream().map(area::crop).toList();
    }

    /** What is seen of a plane, where what lies inside the rectangle and outside the area is no number. */
    RandomAccessibleInterval<? extends RealType<?>> within(Plane plane) {
        return area == null || area.mask() == null
                ? plane.pixels()
                : pixels(plane.seen.stream().map(area::blank).toList());
    }

    private static ImageProcessor mean(List<ImageProcessor> channels) {
        ImageProcessor first = channels.get(0);
        float[] values = new float[first.getPixelCount()];
        for (int i = 0; i < values.length; i++) {
            double sum = 0;
            for (ImageProcessor channel : channels) {
                sum += channel.getf(i);
            }
            values[i] = (float) (sum / channels.size());
        }
        return new FloatProcessor(first.getWidth(), first.getHeight(), values);
    }

    /** Pixels in a row. */
    public int width() {
        return image.getWidth();
    }

    /** Rows. */
    public int height() {
        return image.getHeight();
    }

    /** Slices. */
    public int slices() {
        return image.getNSlices();
    }

    /** Frames. */
    public int frames() {
        return image.getNFrames();
    }

    /** Names of the features, for the heads of columns. */
    public List<String> channelNames() {
        if (rgb) {
            return List.of("red", "green", "blue");
        }
        List<String> names = new ArrayList<>();
        for (int c = 1; c <= image.getNChannels(); c++) {
            names.add("c" + c);
        }
        return names;
    }

    /**
     * One plane.
     *
     * @param slice from 1
     * @param frame from 1
     */
    public Plane read(int slice, int frame) {
        List<ImageProcessor> channels = new ArrayList<>();
        if (rgb) {
            ImageProcessor processor = processor(1, slice, frame);
            ColorProcessor colour =
                    processor instanceof ColorProcessor already ? already : (ColorProcessor) processor.convertToRGB();
            for (int c = 1; c <= 3; c++) {
                channels.add(new ByteProcessor(width(), height(), colour.getChannel(c)));
            }
            return new Plane(channels, seen(channels), null);
        }
        for (int c = 1; c <= image.getNChannels(); c++) {
            channels.add(processor(c, slice, frame));
        }
        boolean calibrated = image.getBitDepth() != 32 && image.getCalibration().calibrated();
        return new Plane(
                channels, seen(channels), calibrated ? image.getCalibration().getCTable() : null);
    }

    private ImageProcessor processor(int channel, int slice, int frame) {
        ImageProcessor processor = image.getStack().getProcessor(image.getStackIndex(channel, slice, frame));
        if (processor == null || processor.getPixels() == null) {
            throw new IllegalStateException(
                    image.getTitle() + ": channel " + channel + ", slice " + slice + ", frame " + frame + " is gone");
        }
        if (greys != null) {
            byte[] indices = (byte[]) processor.getPixels();
            byte[] values = new byte[indices.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = greys[indices[i] & 0xff];
            }
            return new ByteProcessor(processor.getWidth(), processor.getHeight(), values);
        }
        return processor;
    }

    private static RandomAccessibleInterval<? extends RealType<?>> pixels(List<ImageProcessor> channels) {
        return switch (channels.get(0).getBitDepth()) {
            case 8 ->
                Views.stack(channels.stream()
                        .map(c -> ArrayImgs.unsignedBytes((byte[]) c.getPixels(), c.getWidth(), c.getHeight()))
                        .toList());
            case 16 ->
                Views.stack(channels.stream()
                        .map(c -> ArrayImgs.unsignedShorts((short[]) c.getPixels(), c.getWidth(), c.getHeight()))
                        .toList());
            case 32 ->
                Views.stack(channels.stream()
                        .map(c -> ArrayImgs.floats((float[]) c.getPixels(), c.getWidth(), c.getHeight()))
                        .toList());
            default ->
                throw new IllegalArgumentException(
                        "image has " + channels.get(0).getBitDepth() + " bits a pixel; allowed are 8, 16, 32 and RGB");
        };
    }

    /**
     * One plane of features.
     *
     * @param channels all of the whole plane, 8, 16 or 32-bit
     * @param seen what a task sees: some of them, or their mean, within an area
     * @param calibrated the value of every grey level, or null where levels are values
     */
    @SuppressWarnings("ArrayRecordComponent") // a lookup table that belongs to ImageJ
    public record Plane(List<ImageProcessor> channels, List<ImageProcessor> seen, float[] calibrated) {
        /** What a task sees of it as (x, y, c), sharing its pixels where it is all. */
        public RandomAccessibleInterval<? extends RealType<?>> pixels() {
            return Planes.pixels(seen);
        }

        /** The calibrated value of a pixel. */
        public double value(int channel, int index) {
            float raw = channels.get(channel).getf(index);
            return calibrated == null ? raw : calibrated[(int) raw];
        }
    }
}
