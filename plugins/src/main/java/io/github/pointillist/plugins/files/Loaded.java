// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import ij.CompositeImage;
import ij.ImagePlus;
import ij.ImageStack;
import ij.io.FileInfo;
import ij.process.ByteProcessor;
import ij.process.ColorProcessor;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import ij.process.ShortProcessor;
import java.awt.image.IndexColorModel;
import java.util.ArrayList;
import java.util.List;

/** An image that was read, and what a user must know of the reading. */
public final class Loaded {
    private final ImagePlus image;
    /** What ImageJ calls the channels of a picture whose colours have more than eight bits. */
    static final List<String> COLOURS = List.of("Red", "Green", "Blue");

    private final List<String> notes = new ArrayList<>();

    Loaded(ImagePlus image) {
        this.image = image;
    }

    /** The image. */
    public ImagePlus image() {
        return image;
    }

    /** What was left out, rounded or turned into something else, one line each. */
    public List<String> notes() {
        return notes;
    }

    Loaded note(String line) {
        if (!notes.contains(line)) {
            notes.add(line);
        }
        return this;
    }

    static ImageProcessor processor(int width, int height, Object pixels) {
        if (pixels instanceof byte[] bytes) {
            return new ByteProcessor(width, height, bytes, null);
        }
        if (pixels instanceof short[] shorts) {
            return new ShortProcessor(width, height, shorts, null);
        }
        return pixels instanceof int[] colours
                ? new ColorProcessor(width, height, colours)
                : new FloatProcessor(width, height, (float[]) pixels, null);
    }

    static Loaded grey(int width, int height, Object pixels) {
        return new Loaded(new ImagePlus("", processor(width, height, pixels)));
    }

    static Loaded colour(int width, int height, int[] rgb) {
        return new Loaded(new ImagePlus("", new ColorProcessor(width, height, rgb)));
    }

    /** Red, green and blue of more than eight bits: a channel each, labelled as ImageJ labels them. */
    static Loaded colours(int width, int height, List<Object> planes) {
        ImageStack stack = new ImageStack(width, height);
        for (int c = 0; c < planes.size(); c++) {
            stack.addSlice(COLOURS.get(c), planes.get(c));
        }
        ImagePlus image = new ImagePlus("", stack);
        image.setDimensions(planes.size(), 1, 1);
        return new Loaded(composite(image));
    }

    /** Channels to be shown each in its own colour. */
    static ImagePlus composite(ImagePlus image) {
        if (image.getNChannels() < 2 || image.getNChannels() > 7 || image.getType() == ImagePlus.COLOR_RGB) {
            image.setOpenAsHyperStack(image.getNDimensions() > 3);
            return image;
        }
        CompositeImage composite = new CompositeImage(image, CompositeImage.COMPOSITE);
        composite.setFileInfo(image.getOriginalFileInfo());
        composite.setOpenAsHyperStack(image.getNDimensions() > 3);
        return composite;
    }

    /**
     * Indices into a palette: grey values if all colours in use are grey, else indices with the palette as their lookup table.
     *
     * @param palette 0xRRGGBB
     * @throws DamagedException if an index has no colour
     */
    static Loaded indexed(int width, int height, byte[] indices, int[] palette) throws DamagedException {
        byte[] values = greys(indices, palette);
        if (values != null) {
            return grey(width, height, values);
        }
        byte[][] table = new byte[3][256];
        for (int i = 0; i < Math.min(256, palette.length); i++) {
            table[0][i] = (byte) (palette[i] >> 16);
            table[1][i] = (byte) (palette[i] >> 8);
            table[2][i] = (byte) palette[i];
        }
        ByteProcessor processor =
                new ByteProcessor(width, height, indices, new IndexColorModel(8, 256, table[0], table[1], table[2]));
        ImagePlus image = new ImagePlus("", processor);
        FileInfo info = new FileInfo();
        info.fileFormat = FileInfo.IMAGEIO; // which says that the lookup table is the file's
        image.setFileInfo(info);
        return new Loaded(image);
    }

    /** The grey values of indices; null if a colour in use is not grey. */
    static byte[] greys(byte[] indices, int[] palette) throws DamagedException {
        boolean[] used = new boolean[256];
        for (byte index : indices) {
            used[index & 0xff] = true;
        }
        for (int i = 0; i < 256; i++) {
            if (used[i] && i >= palette.length) {
                throw new DamagedException("the colour " + i + " is used, and the palette has " + palette.length);
            }
            if (used[i]
                    && ((palette[i] >> 16 & 0xff) != (palette[i] & 0xff)
                            || (palette[i] >> 8 & 0xff) != (palette[i] & 0xff))) {
                return null;
            }
        }
        byte[] values = new byte[indices.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (byte) palette[indices[i] & 0xff];
        }
        return values;
    }

    static int rgb(int red, int green, int blue) {
        return 0xff000000 | (red & 0xff) << 16 | (green & 0xff) << 8 | (blue & 0xff);
    }

    /** The colour that inks leave of white light; 255 is no ink. */
    static int fromInks(int cyan, int magenta, int yellow, int black) {
        int light = black & 0xff;
        return rgb(
                Math.round((cyan & 0xff) * light / 255f),
                Math.round((magenta & 0xff) * light / 255f),
                Math.round((yellow & 0xff) * light / 255f));
    }
}
