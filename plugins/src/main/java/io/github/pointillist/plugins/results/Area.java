// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.gui.ImageRoi;
import ij.gui.Roi;
import ij.gui.TextRoi;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import java.awt.Rectangle;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * An area of an image: the rectangle around it is what a task sees, and what lies outside of it gets no label.
 *
 * @param bounds in pixels of the image, inside it
 * @param mask as large as {@code bounds}: 0 outside the area; null where all of it belongs to it
 */
record Area(Rectangle bounds, ImageProcessor mask) {
    /**
     * Labels at their places in the whole image.
     *
     * @param labels row-major, of the whole image; 0 outside the area
     * @param names by the label before: the label now, 0 where nothing is left
     * @param count number of labels left
     */
    @SuppressWarnings("ArrayRecordComponent") // pixels, never compared
    record Placed(int[] labels, int[] names, int count) {}

    /** Whether a selection is an area, and no picture or text that only lies there. */
    static boolean is(Roi roi) {
        return roi.isArea() && !(roi instanceof TextRoi) && !(roi instanceof ImageRoi);
    }

    /** A selection as a person knows it. */
    static String words(Roi roi) {
        Rectangle box = roi.getBounds();
        boolean rectangle = roi.getType() == Roi.RECTANGLE && roi.getCornerDiameter() == 0;
        return (rectangle ? "" : "the " + roi.getTypeAsString().toLowerCase(Locale.ROOT) + " in ") + box.width + " x "
                + box.height + " pixels from x " + box.x + ", y " + box.y;
    }

    /**
     * The area of a selection, which is not changed.
     *
     * @param what it is called in errors
     * @throws IllegalArgumentException if it is no area, reaches beyond the image or holds no pixel
     */
    static Area of(Roi roi, int width, int height, String what) {
        if (!is(roi)) {
            throw new IllegalArgumentException(what + " is a "
                    + roi.getTypeAsString().toLowerCase(Locale.ROOT)
                    + " without area; allowed are rectangles, ovals, polygons and the like");
        }
        Roi own = (Roi) roi.clone(); // which keeps its mask to itself
        Rectangle bounds = own.getBounds();
        if (!new Rectangle(width, height).contains(bounds) || bounds.isEmpty()) {
            throw new IllegalArgumentException(what + " is " + words(own)
                    + (bounds.isEmpty() ? " and holds no pixel" : " and reaches beyond the image of ")
                    + (bounds.isEmpty() ? "" : width + " x " + height + " pixels")
                    + "; allowed is an area inside the image");
        }
        ImageProcessor mask = own.getMask();
        int inside = 0;
        for (int i = 0; mask != null && i < mask.getPixelCount(); i++) {
            inside += mask.get(i) != 0 ? 1 : 0;
        }
        if (mask != null && inside == 0) {
            throw new IllegalArgumentException(
                    what + " is " + words(own) + " and holds no pixel; allowed is an area inside the image");
        }
        return new Area(bounds, mask == null || inside == mask.getPixelCount() ? null : mask);
    }

    /** Pixels in a row of the rectangle. */
    int width() {
        return bounds.width;
    }

    /** Rows of the rectangle. */
    int height() {
        return bounds.height;
    }

    /** The rectangle cut out of a plane of the image. */
    ImageProcessor crop(ImageProcessor plane) {
        plane.setRoi(bounds);
        ImageProcessor cropped = plane.crop();
        plane.resetRoi();
        return cropped;
    }

    /** A cropped plane as one in which what lies outside is no number. */
    ImageProcessor blank(ImageProcessor cropped) {
        float[] values = new float[cropped.getPixelCount()];
        for (int i = 0; i < values.length; i++) {
            values[i] = inside(i) ? cropped.getf(i) : Float.NaN;
        }
        return new FloatProcessor(cropped.getWidth(), cropped.getHeight(), values);
    }

    private boolean inside(int index) {
        return mask == null || mask.get(index) != 0;
    }

    /** Sets what lies outside to 0. */
    void clear(int[] seen) {
        for (int i = 0; i < seen.length; i++) {
            seen[i] = inside(i) ? seen[i] : 0;
        }
    }

    /** Values of the rectangle in an image that is 0 elsewhere. */
    int[] place(int[] seen, int imageWidth, int imageHeight) {
        int[] whole = new int[imageWidth * imageHeight];
        for (int y = 0, i = 0; y < bounds.height; y++) {
            int at = (bounds.y + y) * imageWidth + bounds.x;
            for (int x = 0; x < bounds.width; x++, i++) {
                whole[at + x] = inside(i) ? seen[i] : 0;
            }
        }
        return whole;
    }

    /** Values of the rectangle in an image that is 0 elsewhere. */
    float[] place(float[] seen, int imageWidth, int imageHeight) {
        float[] whole = new float[imageWidth * imageHeight];
        for (int y = 0; y < bounds.height; y++) {
            System.arraycopy(seen, y * bounds.width, whole, (bounds.y + y) * imageWidth + bounds.x, bounds.width);
        }
        return whole;
    }

    /** Indices of the image's pixels that belong to the area, in the order of reading. */
    int[] pixels(int imageWidth) {
        int[] indices = new int[bounds.width * bounds.height];
        int n = 0;
        for (int i = 0; i < indices.length; i++) {
            if (inside(i)) {
                indices[n++] = (bounds.y + i / bounds.width) * imageWidth + bounds.x + i % bounds.width;
            }
        }
        return java.util.Arrays.copyOf(indices, n);
    }

    /**
     * Objects, or other things with labels of their own, at their places. Of those that the outline cuts what lies
     * outside is lost; labels count anew from 1 in their old order.
     *
     * @param seen labels of the rectangle, 0 to {@code count}
     * @param leastPixels of what the outline cuts, smaller rests go
     * @param whole whether what touches the outline goes too
     */
    Placed objects(int[] seen, int count, int imageWidth, int imageHeight, double leastPixels, boolean whole) {
        int[] before = new int[count + 1];
        int[] after = new int[count + 1];
        boolean[] touches = new boolean[count + 1];
        for (int i = 0; i < seen.length; i++) {
            before[seen[i]]++;
            if (inside(i)) {
                after[seen[i]]++;
            }
        }
        if (whole) {
            touching(seen).forEach(label -> touches[label] = true);
        }
        int[] names = new int[count + 1];
        int kept = 0;
        for (int label = 1; label <= count; label++) {
            boolean cut = after[label] < before[label];
            if (after[label] > 0 && !(cut && after[label] < leastPixels) && !touches[label]) {
                names[label] = ++kept;
            }
        }
        int[] renamed = new int[seen.length];
        for (int i = 0; i < seen.length; i++) {
            renamed[i] = names[seen[i]];
        }
        return new Placed(place(renamed, imageWidth, imageHeight), names, kept);
    }

    /** Labels above 0 with a pixel of the area next to one outside of it, the rectangle's own sides included. */
    private Set<Integer> touching(int[] seen) {
        Set<Integer> labels = new HashSet<>();
        for (int y = 0, i = 0; y < bounds.height; y++) {
            for (int x = 0; x < bounds.width; x++, i++) {
                if (seen[i] > 0 && inside(i) && atEdge(x, y)) {
                    labels.add(seen[i]);
                }
            }
        }
        return labels;
    }

    private boolean atEdge(int x, int y) {
        int i = y * bounds.width + x;
        return x == 0
                || y == 0
                || x == bounds.width - 1
                || y == bounds.height - 1
                || !inside(i - 1)
                || !inside(i + 1)
                || !inside(i - bounds.width)
                || !inside(i + bounds.width);
    }

    /** The labels of a plane of the image that touch the edge of the area. */
    Set<Integer> touching(int[] labels, int imageWidth) {
        int[] seen = new int[bounds.width * bounds.height];
        for (int y = 0; y < bounds.height; y++) {
            System.arraycopy(labels, (bounds.y + y) * imageWidth + bounds.x, seen, y * bounds.width, bounds.width);
        }
        return touching(seen);
    }
}
