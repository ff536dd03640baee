// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.image;

/** Draws label planes over pictures. Labels are row-major, one per pixel of the picture. */
public final class Overlay {
    private static final int LEAST_LUMA = 120;
    private static final double SHADE = 0.75;

    private Overlay() {}

    /**
     * Enlarges or shrinks a plane of ids by taking the nearest: source index floor(i * in / out), computed in float32
     * as PyTorch's {@code interpolate(mode="nearest")} does.
     *
     * @param ids row-major, {@code width * height}
     * @return row-major, {@code newWidth * newHeight}
     */
    public static int[] nearest(int[] ids, int width, int height, int newWidth, int newHeight) {
        Raster8.checkSize(width, height, 1, ids.length);
        int[] out = new int[Raster8.size(newWidth, newHeight, 1)];
        int[] columns = sources(width, newWidth);
        int[] rows = sources(height, newHeight);
        for (int y = 0, i = 0; y < newHeight; y++) {
            for (int x = 0; x < newWidth; x++, i++) {
                out[i] = ids[rows[y] * width + columns[x]];
            }
        }
        return out;
    }

    private static int[] sources(int in, int out) {
        int[] sources = new int[out];
        float scale = (float) in / out;
        for (int i = 0; i < out; i++) {
            sources[i] = Math.min((int) (i * scale), in - 1);
        }
        return sources;
    }

    /**
     * Mixes every pixel with the colour of its id, as the official cluster visualisation does with a weight of one half:
     * trunc((1 - weight) photo + weight colour).
     *
     * <p>Reference: ma-xu/Context-Cluster at be9a03b, cluster_visualize.py, which saves red and blue swapped; not here.
     *
     * @param photo RGB or grey
     * @param ids one per pixel, 0 to {@code colours.length - 1}
     * @param colours 0xRRGGBB of each id
     * @param weight of the colours, 0 to 1
     * @return RGB
     */
    public static Raster8 blend(Raster8 photo, int[] ids, int[] colours, double weight) {
        Raster8 out = copy(photo);
        check(photo, ids, colours, weight);
        for (int i = 0; i < ids.length; i++) {
            mix(out.data(), i, colours[ids[i]], weight);
        }
        return out;
    }

    /**
     * Draws labels over a picture: objects filled with a mixture of picture and colour, their outlines with the colour
     * itself. An outline consists of the object's own pixels that touch another label by an edge; the border of the
     * picture draws none. Label 0 is background and shows the picture.
     *
     * @param picture RGB or grey
     * @param labels one per pixel, 0 to {@code colours.length - 1}
     * @param colours 0xRRGGBB of each label
     * @param fill weight of the colour inside, 0 (outlines alone) to 1
     * @param outlines whether outlines are drawn
     * @return RGB
     */
    public static Raster8 draw(Raster8 picture, int[] labels, int[] colours, double fill, boolean outlines) {
        Raster8 out = copy(picture);
        check(picture, labels, colours, fill);
        int width = picture.width();
        int height = picture.height();
        for (int y = 0, i = 0; y < height; y++) {
            for (int x = 0; x < width; x++, i++) {
                int label = labels[i];
                if (label == 0) {
                    continue;
                }
                boolean edge = outlines && isEdge(labels, i, width);
                mix(out.data(), i, colours[label], edge ? 1 : fill);
            }
        }
        return out;
    }

    /**
     * Draws labels so that their outlines show on any ground: the object's own pixels at its edge in its colour, lifted
     * to a brightness of {@value #LEAST_LUMA} where it is darker, and the background pixels beside them darkened by
     * {@value #SHADE}. On dark ground the bright line shows, on bright ground the dark one beside it, which two objects
     * that touch do not have between them.
     *
     * @param picture RGB or grey
     * @param labels one per pixel, 0 to {@code colours.length - 1}
     * @param colours 0xRRGGBB of each label
     * @param fill weight of the colour inside, 0 (outlines alone) to 1
     * @return RGB
     */
    public static Raster8 outlined(Raster8 picture, int[] labels, int[] colours, double fill) {
        Raster8 out = draw(picture, labels, colours, fill, false);
        int width = picture.width();
        for (int i = 0; i < labels.length; i++) {
            if (isEdge(labels, i, width)) {
                mix(out.data(), i, labels[i] == 0 ? 0 : lifted(colours[labels[i]]), labels[i] == 0 ? SHADE : 1);
            }
        }
        return out;
    }

    /** Whether a pixel touches another label by an edge. */
    public static boolean isEdge(int[] labels, int pixel, int width) {
        int label = labels[pixel];
        int x = pixel % width;
        return (x > 0 && labels[pixel - 1] != label)
                || (x < width - 1 && labels[pixel + 1] != label)
                || (pixel >= width && labels[pixel - width] != label)
                || (pixel + width < labels.length && labels[pixel + width] != label);
    }

    /** A colour mixed with as much white as makes it show on black. */
    public static int lifted(int colour) {
        int red = colour >> 16 & 0xff;
        int green = colour >> 8 & 0xff;
        int blue = colour & 0xff;
        double luma = 0.299 * red + 0.587 * green + 0.114 * blue;
        double white = Math.max(0, (LEAST_LUMA - luma) / (255 - luma));
        return lifted(red, white) << 16 | lifted(green, white) << 8 | lifted(blue, white);
    }

    private static int lifted(int value, double white) {
        return (int) Math.round(value + white * (255 - value));
    }

    private static Raster8 copy(Raster8 picture) {
        if (picture.channels() != 1 && picture.channels() != 3) {
            throw new IllegalArgumentException("picture to draw on has " + picture.channels()
                    + " channels; allowed are 1 (grey) and 3 (RGB); choose the channels to show");
        }
        Raster8 rgb = picture.withChannels(3);
        return new Raster8(rgb.width(), rgb.height(), 3, rgb.data().clone());
    }

    private static void check(Raster8 picture, int[] labels, int[] colours, double weight) {
        Raster8.checkSize(picture.width(), picture.height(), 1, labels.length);
        if (!(weight >= 0 && weight <= 1)) {
            throw new IllegalArgumentException("weight of the colours is " + weight + "; allowed is 0 to 1");
        }
        for (int label : labels) {
            if (label < 0 || label >= colours.length) {
                throw new IllegalArgumentException("label " + label + " has no colour; there are " + colours.length
                        + " colours, for labels 0 to " + (colours.length - 1));
            }
        }
    }

    private static void mix(byte[] data, int pixel, int colour, double weight) {
        for (int c = 0; c < 3; c++) {
            int i = pixel * 3 + c;
            data[i] = (byte) (int) ((1 - weight) * (data[i] & 0xff) + weight * (colour >> 16 - 8 * c & 0xff));
        }
    }
}
