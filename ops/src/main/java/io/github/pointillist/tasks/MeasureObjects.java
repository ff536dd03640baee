// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * Sizes, shapes and intensities of the objects of a label plane, or of the classes of a class map. Pixels are rectangles,
 * all lengths and areas are in the unit of their size, so that shapes are right where pixels are not square.
 *
 * <ul>
 *   <li>Perimeter: Crofton's formula with eight directions (rows, columns, diagonals and knight's moves), each weighted by
 *       its share of all directions. For discs of a radius of 10 pixels and more it is right to 0.2 % on average and to
 *       2.5 % at worst; a large upright square comes out 2 % short. Holes count.
 *   <li>Circularity: 4 pi area / perimeter^2, and 1 where that is above 1, as it is for objects of a few pixels.
 *   <li>Ellipse: the one of the same second moments, where every pixel is a full rectangle (1/12 of its squared side is
 *       added). The angle is that of the long axis, counterclockwise from the x axis as seen on the screen.
 *   <li>Solidity: pixels of the object over pixels whose centres lie in the convex hull of its pixels' centres: exactly 1
 *       for what was convex before it was drawn on pixels.
 * </ul>
 */
public final class MeasureObjects {
    /** The largest label allowed: 2^24, what a float, and so a label image of ImageJ's, holds exactly. */
    public static final int LARGEST_LABEL = 1 << 24;

    private static final double PIXEL_VARIANCE = 1.0 / 12;

    /** Columns and rows from a pixel to the next on a line of each direction; the angles grow. */
    private static final int[][] STEPS = {{1, 0}, {2, 1}, {1, 1}, {1, 2}, {0, 1}, {-1, 2}, {-1, 1}, {-2, 1}};

    /** Columns of background beside a row, so that no step leaves it. */
    private static final int PADDING = 4;

    private MeasureObjects() {}

    /** The values of the channels. */
    @FunctionalInterface
    public interface Intensities {
        /**
         * One value; NaN spoils the mean of its object.
         *
         * @param channel from 0
         * @param index of the pixel, row-major
         */
        double value(int channel, int index);
    }

    /**
     * The sides of a pixel in any unit of length.
     *
     * @param width above 0
     * @param height above 0
     */
    public record PixelSize(double width, double height) {
        /** All in pixels. */
        public static final PixelSize PIXELS = new PixelSize(1, 1);

        /** Checks that both are above 0. */
        public PixelSize {
            if (!(width > 0 && height > 0 && width < Double.POSITIVE_INFINITY && height < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException(
                        "a pixel is " + width + " x " + height + "; both sides must be above 0");
            }
        }
    }

    /**
     * What is measured.
     *
     * @param labels row-major, 0 to {@link #LARGEST_LABEL}
     * @param width pixels in a row
     * @param height rows
     * @param pixel the size of a pixel
     * @param channels number of channels, 0 to measure shapes alone
     * @param values of the channels; not asked where there are none
     */
    @SuppressWarnings("ArrayRecordComponent") // pixels, never compared
    public record Plane(int[] labels, int width, int height, PixelSize pixel, int channels, Intensities values) {
        /** Checks the size. */
        public Plane {
            if (width < 1 || height < 1 || (long) width * height != labels.length) {
                throw new IllegalArgumentException(
                        labels.length + " labels given for " + width + " x " + height + " pixels; give one a pixel");
            }
            if (channels < 0) {
                throw new IllegalArgumentException("channels is " + channels + "; allowed is 0 or more");
            }
        }

        /** Shapes alone, in pixels. */
        public static Plane shapes(int[] labels, int width, int height) {
            return new Plane(labels, width, height, PixelSize.PIXELS, 0, (channel, index) -> Double.NaN);
        }
    }

    /**
     * The values of one channel in an object.
     *
     * @param mean of the pixels
     * @param deviation standard deviation (n - 1), 0 for one pixel
     * @param min least value
     * @param max largest value
     * @param sum of all values: the integrated intensity
     */
    public record Intensity(double mean, double deviation, double min, double max, double sum) {}

    /**
     * One object.
     *
     * @param label above 0
     * @param pixels number of pixels
     * @param area in the squared unit of the pixel size
     * @param xPx centroid in pixels from the left border; the centre of the first pixel is at 0.5
     * @param yPx centroid in pixels from the top border
     * @param leftPx first column
     * @param topPx first row
     * @param widthPx columns
     * @param heightPx rows
     * @param perimeter in the unit of the pixel size
     * @param circularity above 0 to 1
     * @param diameter of the disc of the same area
     * @param major long axis of the ellipse
     * @param minor short axis of the ellipse
     * @param angle of the long axis in degrees, 0 or more, below 180
     * @param aspectRatio long over short axis, 1 or more
     * @param solidity above 0 to 1
     * @param touchesBorder whether a pixel lies in the first or last row or column
     * @param neighbours number of other objects with a pixel next to one of this, corners included
     * @param channels one a channel
     */
    public record Measured(
            int label,
            int pixels,
            double area,
            double xPx,
            double yPx,
            int leftPx,
            int topPx,
            int widthPx,
            int heightPx,
            double perimeter,
            double circularity,
            double diameter,
            double major,
            double minor,
            double angle,
            double aspectRatio,
            double solidity,
            boolean touchesBorder,
            int neighbours,
            List<Intensity> channels) {}

    /**
     * One class of a class map.
     *
     * @param label of the class
     * @param pixels number of pixels, 0 where the class does not occur
     * @param area in the squared unit of the pixel size
     * @param share of all pixels, 0 to 1
     * @param channels one a channel; NaN where the class does not occur
     */
    public record ClassShare(int label, int pixels, double area, double share, List<Intensity> channels) {}

    /**
     * Measures every label above 0, in ascending order. Pixels of one label belong together whether they touch or not.
     *
     * @throws IllegalArgumentException if a label is negative or above {@link #LARGEST_LABEL}
     */
    public static List<Measured> objects(Plane plane) {
        return new Objects(plane).measure();
    }

    /**
     * Measures every class. Pixels of label 0 where 0 is no class belong to none.
     *
     * @param values the labels of the classes, at least one, 0 or more, ascending
     * @return one a class, in this order
     * @throws IllegalArgumentException if a pixel holds a label that is neither 0 nor of a class
     */
    public static List<ClassShare> classes(Plane plane, List<Integer> values) {
        int classes = values.size();
        int[] pixels = new int[classes + 1]; // the last one for pixels of no class
        int[] ids = new int[plane.labels.length];
        for (int i = 0; i < ids.length; i++) {
            int label = plane.labels[i];
            boolean again = i > 0 && label == plane.labels[i - 1];
            int index = again ? ids[i - 1] : Collections.binarySearch(values, label);
            if (index < 0 && label != 0) {
                throw new IllegalArgumentException("a pixel holds class " + label + "; allowed are " + values);
            }
            ids[i] = index < 0 ? classes : index;
            pixels[ids[i]]++;
        }
        List<List<Intensity>> intensities = intensities(plane, ids, pixels);
        double pixelArea = plane.pixel.width * plane.pixel.height;
        List<ClassShare> rows = new ArrayList<>();
        for (int i = 0; i < classes; i++) {
            double share = (double) pixels[i] / plane.labels.length;
            rows.add(new ClassShare(values.get(i), pixels[i], pixels[i] * pixelArea, share, intensities.get(i)));
        }
        return rows;
    }

    /** Values by object and channel; in two passes, since the sum of squares loses digits. */
    private static List<List<Intensity>> intensities(Plane plane, int[] ids, int[] pixels) {
        List<List<Intensity>> all = new ArrayList<>();
        for (int i = 0; i < pixels.length; i++) {
            all.add(new ArrayList<>(plane.channels));
        }
        for (int c = 0; c < plane.channels; c++) {
            double[] sum = new double[pixels.length];
            double[] min = new double[pixels.length];
            double[] max = new double[pixels.length];
            Arrays.fill(min, Double.POSITIVE_INFINITY);
            Arrays.fill(max, Double.NEGATIVE_INFINITY);
            for (int i = 0; i < ids.length; i++) {
                double value = plane.values.value(c, i);
                int id = ids[i];
                sum[id] += value;
                min[id] = Math.min(min[id], value);
                max[id] = Math.max(max[id], value);
            }
            double[] squares = new double[pixels.length];
            for (int i = 0; i < ids.length; i++) {
                double away = plane.values.value(c, i) - sum[ids[i]] / pixels[ids[i]];
                squares[ids[i]] += away * away;
            }
            for (int id = 0; id < pixels.length; id++) {
                int n = pixels[id];
                double deviation = n == 1 ? 0 : Math.sqrt(squares[id] / (n - 1));
                all.get(id)
                        .add(
                                n == 0
                                        ? new Intensity(Double.NaN, Double.NaN, Double.NaN, Double.NaN, 0)
                                        : new Intensity(sum[id] / n, deviation, min[id], max[id], sum[id]));
            }
        }
        return all;
    }

    /** The sums over one plane, by the rank of a label among those that occur; rank 0 is the background. */
    private static final class Objects {
        private final Plane plane;
        private final int width;
        private final int height;
        private final int[] ids;
        private final int[] labels; // of each rank
        private final int[] pixels;
        private final int[] left;
        private final int[] right;
        private final int[] top;
        private final int[] bottom;

        Objects(Plane plane) {
            this.plane = plane;
            width = plane.width;
            height = plane.height;
            int[] rank = ranks(plane.labels);
            int count = rank[0];
            rank[0] = 0;
            labels = new int[count + 1];
            for (int label = 1; label < rank.length; label++) {
                labels[rank[label]] = rank[label] > 0 ? label : 0;
            }
            ids = count + 1 == rank.length ? plane.labels : ranked(plane.labels, rank);
            pixels = new int[count + 1];
            left = new int[count + 1];
            right = new int[count + 1];
            top = new int[count + 1];
            bottom = new int[count + 1];
            Arrays.fill(left, width);
            Arrays.fill(top, height);
            box();
        }

        /** From 1 in the order of the labels, 0 for labels that do not occur; entry 0 holds their number. */
        private static int[] ranks(int[] labels) {
            int largest = 0;
            for (int label : labels) {
                if (label < 0 || label > LARGEST_LABEL) {
                    throw new IllegalArgumentException("a label is " + label + "; allowed are 0 to " + LARGEST_LABEL);
                }
                largest = Math.max(largest, label);
            }
            int[] rank = new int[largest + 1];
            for (int label : labels) {
                rank[label] = 1;
            }
            int count = 0;
            for (int label = 1; label <= largest; label++) {
                rank[label] = rank[label] == 0 ? 0 : ++count;
            }
            rank[0] = count;
            return rank;
        }

        private static int[] ranked(int[] labels, int[] rank) {
            int[] ids = new int[labels.length];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = rank[labels[i]];
            }
            return ids;
        }

        private void box() {
            for (int y = 0, i = 0; y < height; y++) {
                for (int x = 0; x < width; x++, i++) {
                    int id = ids[i];
                    pixels[id]++;
                    left[id] = Math.min(left[id], x);
                    right[id] = Math.max(right[id], x);
                    top[id] = Math.min(top[id], y);
                    bottom[id] = y;
                }
            }
        }

        List<Measured> measure() {
            double[] perimeters = perimeters();
            int[] neighbours = neighbours();
            double[] solidities = solidities();
            double[][] moments = moments();
            List<List<Intensity>> intensities = intensities(plane, ids, pixels);
            double pixelWidth = plane.pixel.width;
            double pixelHeight = plane.pixel.height;
            List<Measured> rows = new ArrayList<>();
            for (int id = 1; id < pixels.length; id++) {
                int n = pixels[id];
                double area = n * pixelWidth * pixelHeight;
                double x = moments[0][id] / n; // from the box, so that it does not matter where the object lies
                double y = moments[1][id] / n;
                double xx = (moments[2][id] / n - x * x + PIXEL_VARIANCE) * pixelWidth * pixelWidth;
                double yy = (moments[3][id] / n - y * y + PIXEL_VARIANCE) * pixelHeight * pixelHeight;
                double xy = (moments[4][id] / n - x * y) * pixelWidth * pixelHeight;
                double apart = Math.hypot(xx - yy, 2 * xy);
                double major = 4 * Math.sqrt((xx + yy + apart) / 2);
                double minor = 4 * Math.sqrt(Math.max(0, xx + yy - apart) / 2);
                boolean touches = left[id] == 0 || top[id] == 0 || right[id] == width - 1 || bottom[id] == height - 1;
                rows.add(new Measured(
                        labels[id],
                        n,
                        area,
                        left[id] + x + 0.5,
                        top[id] + y + 0.5,
                        left[id],
                        top[id],
                        right[id] - left[id] + 1,
                        bottom[id] - top[id] + 1,
                        perimeters[id],
                        Math.min(1, 4 * Math.PI * area / (perimeters[id] * perimeters[id])),
                        2 * Math.sqrt(area / Math.PI),
                        major,
                        minor,
                        angle(xx - yy, 2 * xy),
                        major / minor,
                        solidities[id],
                        touches,
                        neighbours[id],
                        intensities.get(id)));
            }
            return rows;
        }

        /** Rows go down in images, angles up on the screen. */
        private static double angle(double cosine, double sine) {
            double degrees = Math.toDegrees(-0.5 * Math.atan2(sine, cosine));
            double turned = degrees < 0 ? degrees + 180 : degrees;
            return turned >= 180 || turned == 0 ? 0 : turned; // neither -0 nor what rounding makes 180
        }

        /** Sums of x, y, x^2, y^2 and x y, from the corner of the box. */
        private double[][] moments() {
            double[][] sums = new double[5][pixels.length];
            for (int y = 0, i = 0; y < height; y++) {
                for (int x = 0; x < width; x++, i++) {
                    int id = ids[i];
                    double dx = x - left[id];
                    double dy = y - top[id];
                    sums[0][id] += dx;
                    sums[1][id] += dy;
                    sums[2][id] += dx * dx;
                    sums[3][id] += dy * dy;
                    sums[4][id] += dx * dy;
                }
            }
            return sums;
        }

        /**
         * Crofton: the perimeter is half the integral over all directions of the number of borders that lines of this
         * direction cross, times the distance of the lines.
         */
        private double[] perimeters() {
            int[][] crossed = new int[STEPS.length][pixels.length];
            int[][] rows = new int[3][width + 2 * PADDING]; // two rows above and this one, in background
            for (int y = 0; y < height + 2; y++) {
                int[] oldest = rows[0];
                rows[0] = rows[1];
                rows[1] = rows[2];
                rows[2] = oldest;
                if (y < height) {
                    System.arraycopy(ids, y * width, oldest, PADDING, width);
                } else {
                    Arrays.fill(oldest, 0);
                }
                for (int k = 0; k < STEPS.length; k++) {
                    int[] before = rows[2 - STEPS[k][1]];
                    int step = STEPS[k][0];
                    int[] counts = crossed[k];
                    for (int x = 2; x < oldest.length - 2; x++) {
                        int from = before[x - step];
                        int to = oldest[x];
                        if (from != to) {
                            counts[from]++;
                            counts[to]++;
                        }
                    }
                }
            }
            double[] weights = weights(plane.pixel);
            double[] perimeters = new double[pixels.length];
            for (int id = 1; id < perimeters.length; id++) {
                for (int k = 0; k < weights.length; k++) {
                    perimeters[id] += weights[k] * crossed[k][id] / 2;
                }
            }
            return perimeters;
        }

        /** Of each direction: the angle up to halfway to the next directions, times the distance of its lines. */
        private static double[] weights(PixelSize pixel) {
            double[] angles = new double[STEPS.length];
            for (int k = 0; k < angles.length; k++) {
                angles[k] = Math.atan2(STEPS[k][1] * pixel.height, STEPS[k][0] * pixel.width);
            }
            double[] weights = new double[angles.length];
            for (int k = 0; k < angles.length; k++) {
                double before = k == 0 ? angles[angles.length - 1] - Math.PI : angles[k - 1];
                double after = k == angles.length - 1 ? angles[0] + Math.PI : angles[k + 1];
                double length = Math.hypot(STEPS[k][0] * pixel.width, STEPS[k][1] * pixel.height);
                weights[k] = (after - before) / 2 * pixel.width * pixel.height / length;
            }
            return weights;
        }

        private int[] neighbours() {
            long[] pairs = new long[64];
            int count = 0;
            for (int y = 0, i = 0; y < height; y++) {
                for (int x = 0; x < width; x++, i++) {
                    int id = ids[i];
                    if (id == 0) {
                        continue;
                    }
                    for (int k = 0; k < 4; k++) {
                        int dx = k == 0 ? 1 : k - 2; // right, and the three below
                        int dy = k == 0 ? 0 : 1;
                        if (x + dx < 0 || x + dx >= width || y + dy >= height) {
                            continue;
                        }
                        int other = ids[i + dy * width + dx];
                        if (other == 0 || other == id) {
                            continue;
                        }
                        long pair = (long) Math.min(id, other) << 32 | Math.max(id, other);
                        if (count > 0 && pairs[count - 1] == pair) {
                            continue;
                        }
                        if (count == pairs.length) {
                            count = distinct(pairs, count); // a long border gives the same pair again and again
                            pairs = count > pairs.length / 2 ? Arrays.copyOf(pairs, 2 * pairs.length) : pairs;
                        }
                        pairs[count++] = pair;
                    }
                }
            }
            count = distinct(pairs, count);
            int[] neighbours = new int[pixels.length];
            for (int i = 0; i < count; i++) {
                neighbours[(int) (pairs[i] >>> 32)]++;
                neighbours[(int) pairs[i]]++;
            }
            return neighbours;
        }

        /** Sorts the first values and keeps one of each; returns how many are left. */
        private static int distinct(long[] values, int count) {
            Arrays.sort(values, 0, count);
            int kept = 0;
            for (int i = 0; i < count; i++) {
                if (i == 0 || values[i] != values[i - 1]) {
                    values[kept++] = values[i];
                }
            }
            return kept;
        }

        /** The hull needs the first and last pixel of each row of an object alone. */
        private double[] solidities() {
            int[] start = new int[pixels.length + 1]; // where the rows of an object begin
            int[] seen = new int[pixels.length];
            Arrays.fill(seen, -1);
            for (int y = 0, i = 0; y < height; y++) {
                for (int x = 0; x < width; x++, i++) {
                    int id = ids[i];
                    if (id > 0 && seen[id] != y) {
                        seen[id] = y;
                        start[id + 1]++;
                    }
                }
            }
            for (int id = 1; id < start.length; id++) {
                start[id] += start[id - 1];
            }
            int[] first = new int[start[pixels.length]];
            int[] last = new int[first.length];
            int[] rows = new int[first.length];
            int[] filled = new int[pixels.length];
            Arrays.fill(seen, -1);
            for (int y = 0, i = 0; y < height; y++) {
                for (int x = 0; x < width; x++, i++) {
                    int id = ids[i];
                    if (id == 0) {
                        continue;
                    }
                    if (seen[id] != y) {
                        seen[id] = y;
                        rows[start[id] + filled[id]] = y;
                        first[start[id] + filled[id]++] = x;
                    }
                    last[start[id] + filled[id] - 1] = x;
                }
            }
            double[] solidities = new double[pixels.length];
            for (int id = 1; id < pixels.length; id++) {
                int n = start[id + 1] - start[id];
                long[] points = new long[2 * n];
                for (int i = 0; i < n; i++) {
                    points[2 * i] = (long) rows[start[id] + i] << 32 | first[start[id] + i];
                    points[2 * i + 1] = (long) rows[start[id] + i] << 32 | last[start[id] + i];
                }
                solidities[id] = (double) pixels[id] / pointsInHull(points);
            }
            return solidities;
        }

        /**
         * Number of grid points in the convex hull of grid points, by Pick's theorem: area + half the points on the border
         * + 1. The points are in the order of their rows, then columns ({@code row << 32 | column}), which is that of Andrew's
         * monotone chain.
         */
        private static long pointsInHull(long[] points) {
            long[] hull = new long[2 * points.length + 1];
            int size = 0;
            for (int round = 0; round < 2; round++) {
                int least = size + (round == 0 ? 2 : 1);
                for (int i = 0; i < points.length; i++) {
                    long point = points[round == 0 ? i : points.length - 1 - i];
                    while (size >= least && turn(hull[size - 2], hull[size - 1], point) <= 0) {
                        size--;
                    }
                    hull[size++] = point;
                }
            }
            long twiceArea = 0;
            long border = 0;
            for (int i = 1; i < size; i++) {
                long x0 = column(hull[i - 1]);
                long y0 = row(hull[i - 1]);
                long x1 = column(hull[i]);
                long y1 = row(hull[i]);
                twiceArea += x0 * y1 - x1 * y0;
                border += gcd(Math.abs(x1 - x0), Math.abs(y1 - y0));
            }
            return (Math.abs(twiceArea) + border) / 2 + 1;
        }

        private static long turn(long a, long b, long c) {
            return (column(b) - column(a)) * (row(c) - row(a)) - (row(b) - row(a)) * (column(c) - column(a));
        }

        private static long column(long point) {
            return (int) point;
        }

        private static long row(long point) {
            return point >> 32;
        }

        private static long gcd(long a, long b) {
            return b == 0 ? a : gcd(b, a % b);
        }
    }
}
