// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import io.github.pointillist.image.IntensityRange;
import io.github.pointillist.image.RasterF;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * An annotated image made ready to cut patches from: its range of intensities, halved copies to shrink from without
 * aliasing, and where its classes or objects lie. Outside the image its mirror image goes on. Thread-safe.
 */
final class SourceImage {
    /** Positions remembered of each class. */
    private static final int MOST_ANCHORS = 2048;

    private static final int LARGEST_LABEL = 1 << 24;

    /** Blurs below this are not worth their time: a pixel keeps 98 % of its weight. */
    private static final double LEAST_SIGMA = 0.1;

    final Annotated annotated;
    final double scale;
    final boolean partly; // some pixels are not annotated
    private final IntensityRange[] ranges;
    private final List<RasterF> levels; // each half of the one before
    private final boolean instances;
    private final int largest;
    private final int[] areas; // per object
    private final boolean[] atBorder; // per object
    private final int[][] anchors; // per class, or of objects and of background

    /**
     * Prepares.
     *
     * @param scale model pixels per image pixel
     * @param largestShrink image pixels per patch pixel, at most
     */
    SourceImage(Annotated annotated, double scale, AnnotatedSource.Drawing drawing, double largestShrink) {
        this.annotated = annotated;
        this.scale = scale;
        instances = drawing.instances();
        ranges = ranges(annotated.image(), drawing);
        levels = new ArrayList<>();
        levels.add(annotated.image());
        for (double shrink = largestShrink; shrink >= 2; shrink /= 2) {
            levels.add(halved(levels.get(levels.size() - 1)));
        }
        int most = 0;
        boolean ignored = false;
        for (int label : annotated.labels()) {
            if (label < Annotated.IGNORE || label > LARGEST_LABEL) {
                throw new IllegalArgumentException(annotated.name() + " holds the label " + label
                        + "; allowed are -1 (not annotated) and 0 to " + LARGEST_LABEL);
            }
            most = Math.max(most, label);
            ignored |= label == Annotated.IGNORE;
        }
        partly = ignored;
        largest = most;
        areas = new int[instances ? most + 1 : 0];
        atBorder = new boolean[areas.length];
        anchors = instances ? objectAnchors() : classAnchors();
        if (Arrays.stream(anchors).allMatch(list -> list.length == 0)) {
            throw new IllegalArgumentException(
                    annotated.name() + " has no annotated pixel; draw objects or classes, or leave the image out");
        }
    }

    private static IntensityRange[] ranges(RasterF image, AnnotatedSource.Drawing drawing) {
        int channels = image.channels();
        IntensityRange[] ranges = new IntensityRange[channels];
        for (int c = 0; c < channels; c++) {
            float[] plane = channels == 1 ? image.data() : new float[image.width() * image.height()];
            for (int i = 0; channels > 1 && i < plane.length; i++) {
                plane[i] = image.data()[i * channels + c];
            }
            ranges[c] = IntensityRange.percentiles(plane, drawing.lowPercent(), drawing.highPercent());
        }
        return ranges;
    }

    private static RasterF halved(RasterF image) {
        int channels = image.channels();
        RasterF half = RasterF.of((image.width() + 1) / 2, (image.height() + 1) / 2, channels);
        for (int y = 0, i = 0; y < half.height(); y++) {
            int y1 = Math.min(2 * y + 1, image.height() - 1);
            for (int x = 0; x < half.width(); x++) {
                int x1 = Math.min(2 * x + 1, image.width() - 1);
                for (int c = 0; c < channels; c++, i++) {
                    half.data()[i] = (image.at(2 * x, 2 * y, c)
                                    + image.at(x1, 2 * y, c)
                                    + image.at(2 * x, y1, c)
                                    + image.at(x1, y1, c))
                            / 4;
                }
            }
        }
        return half;
    }

    private int[][] classAnchors() {
        int[] counts = new int[largest + 1];
        for (int label : annotated.labels()) {
            if (label >= 0) {
                counts[label]++;
            }
        }
        int[][] positions = new int[largest + 1][];
        int[] seen = new int[largest + 1];
        for (int label = 0; label <= largest; label++) {
            positions[label] = new int[Math.min(counts[label], MOST_ANCHORS)];
        }
        for (int i = 0; i < annotated.labels().length; i++) {
            int label = annotated.labels()[i];
            if (label >= 0) {
                // of n positions every n / size-th
                int slot = (int) ((long) seen[label] * positions[label].length / counts[label]);
                positions[label][slot] = i;
                seen[label]++;
            }
        }
        return positions;
    }

    /** The centroids of the objects; positions in the background where there is no object. */
    private int[][] objectAnchors() {
        int width = annotated.width();
        int height = annotated.height();
        long[] sumX = new long[largest + 1];
        long[] sumY = new long[largest + 1];
        for (int y = 0, i = 0; y < height; y++) {
            for (int x = 0; x < width; x++, i++) {
                int label = annotated.labels()[i];
                if (label >= 0) {
                    areas[label]++;
                    sumX[label] += x;
                    sumY[label] += y;
                    atBorder[label] |= x == 0 || y == 0 || x == width - 1 || y == height - 1;
                }
            }
        }
        List<Integer> centroids = new ArrayList<>();
        for (int label = 1; label <= largest; label++) {
            if (areas[label] > 0) {
                centroids.add((int) (sumY[label] / areas[label]) * width + (int) (sumX[label] / areas[label]));
            }
        }
        int[] objects = centroids.stream().mapToInt(Integer::intValue).toArray();
        int[] background = new int[Math.min(areas[0], MOST_ANCHORS)];
        int seen = 0;
        for (int i = 0; i < annotated.labels().length && background.length > 0; i++) {
            if (annotated.labels()[i] == 0) {
                background[(int) ((long) seen++ * background.length / areas[0])] = i;
            }
        }
        return new int[][] {background, objects};
    }

    /** Classes that the anchors tell apart: those of the labels, or background and objects. */
    int kinds() {
        return anchors.length;
    }

    /** Positions remembered of a class, or of objects (1) and background (0). */
    int anchorCount(int kind) {
        return kind < anchors.length ? anchors[kind].length : 0;
    }

    /** One of them, y * width + x. */
    int anchor(int kind, int index) {
        return anchors[kind][index];
    }

    /** Distinct objects. */
    int objects() {
        return instances ? anchors[1].length : 0;
    }

    /** Whether a look at 144 places of the upright patch finds annotation. */
    boolean annotatedAt(int left, int top, int side) {
        double step = side / scale / 12;
        for (int j = 0; j < 12; j++) {
            int y = mirrored((int) (top + (j + 0.5) * step), annotated.height());
            for (int i = 0; i < 12; i++) {
                int x = mirrored((int) (left + (i + 0.5) * step), annotated.width());
                if (annotated.labels()[y * annotated.width() + x] != Annotated.IGNORE) {
                    return true;
                }
            }
        }
        return false;
    }

    /**
     * The pixels of a patch: bilinear, from a copy shrunk by half as often as fits and blurred for the rest.
     *
     * @param move how far black and white move, as shares of the range
     * @return (c) planes of (side, side), 0 to 255
     */
    float[][] pixels(Placement place, double[] move) {
        int level = 0;
        double shrink = place.shrink();
        while (shrink >= 2 && level < levels.size() - 1) {
            shrink /= 2;
            level++;
        }
        RasterF image = levels.get(level);
        int n = place.x().length;
        float[] x = place.x();
        float[] y = place.y();
        double originX = place.originX();
        double originY = place.originY();
        if (level > 0) {
            float unit = 1f / (1 << level);
            double shiftX = (originX + 0.5) * unit - 0.5;
            double shiftY = (originY + 0.5) * unit - 0.5;
            originX = Math.floor(shiftX);
            originY = Math.floor(shiftY);
            x = new float[n];
            y = new float[n];
            for (int i = 0; i < n; i++) {
                x[i] = place.x()[i] * unit + (float) (shiftX - originX);
                y[i] = place.y()[i] * unit + (float) (shiftY - originY);
            }
        }
        // A triangle of half width r, as antialiased bilinear resizing uses, has variance r^2 / 6; bilinear
        // interpolation is one of half width 1.
        double sigma = Math.sqrt(Math.max(0, shrink * shrink - 1) / 6);
        float[] kernel = sigma < LEAST_SIGMA ? null : Smoothing.kernel(sigma);
        int margin = kernel == null ? 0 : kernel.length;
        int minX = (int) Math.floor(least(x)) - margin;
        int minY = (int) Math.floor(least(y)) - margin;
        int width = (int) Math.floor(most(x)) + 2 + margin - minX;
        int height = (int) Math.floor(most(y)) + 2 + margin - minY;
        float[][] planes = new float[image.channels()][n];
        for (int c = 0; c < planes.length; c++) {
            float[] window =
                    window(image, c, (int) originX + minX, (int) originY + minY, width, height, moved(ranges[c], move));
            if (kernel != null) {
                window = Smoothing.blur(window, width, height, kernel);
            }
            interpolate(window, width, x, y, minX, minY, planes[c]);
        }
        return planes;
    }

    private static IntensityRange moved(IntensityRange range, double[] move) {
        if (move[0] == 0 && move[1] == 0) {
            return range;
        }
        float span = range.high() - range.low();
        return new IntensityRange((float) (range.low() + move[0] * span), (float) (range.high() + move[1] * span));
    }

    private static float[] window(
            RasterF image, int channel, int left, int top, int width, int height, IntensityRange range) {
        int channels = image.channels();
        int[] columns = new int[width];
        for (int x = 0; x < width; x++) {
            columns[x] = mirrored(left + x, image.width()) * channels + channel;
        }
        float[] window = new float[width * height];
        for (int y = 0, i = 0; y < height; y++) {
            int row = mirrored(top + y, image.height()) * image.width() * channels;
            for (int x = 0; x < width; x++, i++) {
                window[i] = range.apply(image.data()[row + columns[x]]);
            }
        }
        return window;
    }

    private static void interpolate(float[] window, int width, float[] x, float[] y, int minX, int minY, float[] out) {
        for (int i = 0; i < out.length; i++) {
            float wx = x[i] - minX;
            float wy = y[i] - minY;
            int left = (int) wx; // positions in the window are not negative
            int top = (int) wy;
            float u = wx - left;
            float v = wy - top;
            int at = top * width + left;
            float above = window[at] * (1 - u) + window[at + 1] * u;
            float below = window[at + width] * (1 - u) + window[at + width + 1] * u;
            out[i] = above * (1 - v) + below * v;
        }
    }

    private static float least(float[] values) {
        float least = values[0];
        for (float value : values) {
            least = Math.min(least, value);
        }
        return least;
    }

    private static float most(float[] values) {
        float most = values[0];
        for (float value : values) {
            most = Math.max(most, value);
        }
        return most;
    }

    /** The index of the mirror image, of which the border pixel is the first. */
    static int mirrored(int index, int size) {
        if (index >= 0 && index < size) {
            return index;
        }
        int i = Math.floorMod(index, 2 * size);
        return i < size ? i : 2 * size - 1 - i;
    }

    /** Nearest labels, as they are in the image. Returns (side, side). */
    int[] classes(Placement place) {
        int width = annotated.width();
        int height = annotated.height();
        int[] labels = new int[place.x().length];
        for (int i = 0; i < labels.length; i++) {
            int x = mirrored(place.originX() + nearest(place.x()[i]), width);
            int y = mirrored(place.originY() + nearest(place.y()[i]), height);
            labels[i] = annotated.labels()[y * width + x];
        }
        return labels;
    }

    private static int nearest(float position) {
        return (int) Math.floor(position + 0.5f);
    }

    /**
     * Nearest objects. A mirror image of an object has a label of its own; of one that touches the image's border,
     * where nobody can tell whether it and its mirror image look like one object or two, it is not annotated.
     *
     * @return (side, side) and the area of each label in pixels of the image
     */
    Objects objects(Placement place) {
        int width = annotated.width();
        int height = annotated.height();
        int[] labels = new int[place.x().length];
        Map<Long, Integer> mirrors = new HashMap<>();
        List<Integer> mirrorAreas = new ArrayList<>();
        for (int i = 0; i < labels.length; i++) {
            int x = place.originX() + nearest(place.x()[i]);
            int y = place.originY() + nearest(place.y()[i]);
            int tileX = Math.floorDiv(x, width);
            int tileY = Math.floorDiv(y, height);
            int label = annotated.labels()[mirrored(y, height) * width + mirrored(x, width)];
            if (label > 0 && (tileX != 0 || tileY != 0)) {
                if (atBorder[label]) {
                    label = Annotated.IGNORE;
                } else {
                    int area = areas[label];
                    long key = ((long) label << 32) | ((tileX & 0xffffL) << 16) | (tileY & 0xffffL);
                    label = mirrors.computeIfAbsent(key, unused -> {
                        mirrorAreas.add(area);
                        return largest + mirrorAreas.size();
                    });
                }
            }
            labels[i] = label;
        }
        int[] all = Arrays.copyOf(areas, largest + 1 + mirrorAreas.size());
        for (int k = 0; k < mirrorAreas.size(); k++) {
            all[largest + 1 + k] = mirrorAreas.get(k);
        }
        return new Objects(labels, all);
    }

    /** Labels of a patch, and the area of each label in the image. */
    @SuppressWarnings("ArrayRecordComponent")
    record Objects(int[] labels, int[] areas) {}
}
