// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import io.github.pointillist.image.Intensities;
import io.github.pointillist.image.RasterF;
import java.util.Arrays;
import java.util.stream.DoubleStream;

/**
 * How clearly objects stand out from the ground around them, so that what a network sees in noise is told from objects.
 *
 * <p>The prominence of an object is the mean inside less the mean of a ring around it, over the geometric mean of both
 * standard deviations. The ring is the ground that is nearer to this object than to others, further than one pixel and not
 * further than {@value #RING} of the diameter (at least {@value #LEAST_RING} pixels). What lies above a level in a Gaussian random
 * field reaches 2 to 4, by the level and whatever the field's correlation length; what a network picks there, without being
 * sure of it, reached 1.1 to 2.9. Bodies that are not hidden in the noise reach more.
 *
 * <p>Prominences are measured on a grid of two pixels of the model, at 16 of them a usual object. Where the model sees the
 * plane enlarged (or as it is), a median of 3 x 3 pixels of the plane takes hot ones out first. Then the values are smoothed by a bell of a
 * sixteenth of the usual diameter, which averages pixel noise and leaves objects.
 *
 * <p>Depends on the plane, the scale and the labels alone.
 */
final class Prominence {
    private static final double PIXELS = 2; // of the model, a pixel of the grid
    private static final double RING = 0.4;
    private static final double LEAST_RING = 3;
    private static final int LEAST_GROUND = 5;
    private static final double ROUNDING = 0.05; // of variances of intensities 0 to 255
    private static final double SMOOTHED = 1.0 / 16;
    private static final double LEAST_SIGMA = 0.3;
    private static final int STRIP = 1024;
    private static final double FEW = 2;
    private static final double CENTRE = 0.55;
    private static final double FEW_CENTRE = 0.1;
    private static final double BOTH = 1.45;
    private static final int SOME = 5;
    private static final double CLEAR = 1.75;
    private static final double FEW_CLEAR = 1.3;
    private static final double CLEAR_CENTRE = 0.52;
    private static final double HIGH = 4.5;
    private static final double HIGH_CENTRE = 0.4;
    private static final double ALONE = 5;
    private static final double ALONE_CENTRE = 0.65;

    /** Tells the object at a place of the grid, 0 for none. */
    interface Labels {
        int at(int x, int y);
    }

    private final Intensities.Scaled grid;
    private final Intensities.Scaled own; // the plane at its own size where it is enlarged, else null
    private final double perColumn;
    private final double perRow;
    private final double sigma; // in pixels of the plane, or of the grid

    /**
     * @param scale at which the model sees the plane
     * @param diameterPx usual diameter of an object in pixels of the model
     */
    Prominence(Intensities plane, double scale, double diameterPx) {
        grid = plane.scaled(scale / PIXELS);
        own = scale < 1 ? null : plane.scaled(1);
        perColumn = (double) plane.width() / grid.width();
        perRow = (double) plane.height() / grid.height();
        sigma = SMOOTHED * diameterPx / (own == null ? PIXELS : scale);
    }

    /** Columns of the grid. */
    int width() {
        return grid.width();
    }

    /** Rows of the grid. */
    int height() {
        return grid.height();
    }

    /** The column of the plane under the middle of a column of the grid, which need not be whole. */
    double planeX(int x) {
        return (x + 0.5) * perColumn;
    }

    /** The row of the plane under the middle of a row of the grid. */
    double planeY(int y) {
        return (y + 0.5) * perRow;
    }

    /**
     * The prominences of objects.
     *
     * @param labels of the whole grid
     * @return by label, NaN for 0 and for objects of which no ground is seen; below 0 for objects darker than their ground
     */
    double[] of(Labels labels, int count) {
        return of(labels, count, 0, 0, width(), height());
    }

    /** The same for a rectangle of the grid, which is all that is looked at. */
    double[] of(Labels labels, int count, int left, int top, int width, int height) {
        if (own == null) {
            return of(labels, count, left, top, width, height, (values, w, h) -> values);
        }
        double[] despiked = of(labels, count, left, top, width, height, Prominence::despiked);
        double[] medians = of(labels, count, left, top, width, height, Prominence::medians);
        for (int label = 1; label <= count; label++) {
            if (Math.abs(medians[label]) < Math.abs(despiked[label])) {
                despiked[label] = medians[label];
            }
        }
        return despiked;
    }

    private double[] of(Labels labels, int count, int left, int top, int width, int height, Cleaning cleaning) {
        double[] areas = new double[count + 1];
        for (int y = top; y < top + height; y++) {
            for (int x = left; x < left + width; x++) {
                areas[labels.at(x, y)]++;
            }
        }
        double[] rings = new double[count + 1];
        double widest = 0;
        for (int label = 1; label <= count; label++) {
            rings[label] = Math.max(LEAST_RING, RING * Math.sqrt(4 / Math.PI * areas[label]));
            widest = Math.max(widest, rings[label]);
        }
        Sums inside = new Sums(count);
        Sums ground = new Sums(count);
        int margin = (int) Math.ceil(widest) + 1;
        for (int from = top; from < top + height; from += STRIP) {
            int to = Math.min(top + height, from + STRIP);
            int first = Math.max(top, from - margin);
            int last = Math.min(top + height, to + margin);
            int[] strip = new int[Math.multiplyExact(width, last - first)];
            for (int y = first, i = 0; y < last; y++) {
                for (int x = left; x < left + width; x++, i++) {
                    strip[i] = labels.at(x, y);
                }
            }
            int[] nearest = nearest(strip, width);
            float[] values = values(cleaning, left, from, width, to - from);
            for (int y = from, i = 0; y < to; y++) {
                for (int x = 0; x < width; x++, i++) {
                    int at = (y - first) * width + x;
                    if (nearest[at] < 0) {
                        continue;
                    }
                    int label = strip[nearest[at]];
                    double distance = Math.hypot(nearest[at] % width - x, (double) (nearest[at] / width) - at / width);
                    if (distance == 0) {
                        inside.add(label, values[i]);
                    } else if (distance > 1 && distance <= rings[label]) {
                        ground.add(label, values[i]);
                    }
                }
            }
        }
        double[] prominences = new double[count + 1];
        Arrays.fill(prominences, Double.NaN);
        for (int label = 1; label <= count; label++) {
            if (inside.n[label] > 0 && ground.n[label] >= LEAST_GROUND) {
                prominences[label] = (inside.mean(label) - ground.mean(label))
                        / Math.pow((inside.variance(label) + ROUNDING) * (ground.variance(label) + ROUNDING), 0.25);
            }
        }
        return prominences;
    }

    /** Sums of intensities by object. */
    private static final class Sums {
        final int[] n;
        final double[] sum;
        final double[] squares;

        Sums(int count) {
            n = new int[count + 1];
            sum = new double[count + 1];
            squares = new double[count + 1];
        }

        void add(int label, double value) {
            n[label]++;
            sum[label] += value;
            squares[label] += value * value;
        }

        double mean(int label) {
            return sum[label] / n[label];
        }

        double variance(int label) {
            return Math.max(0, squares[label] / n[label] - mean(label) * mean(label));
        }
    }

    /** For each pixel the index of the nearest that is in an object, -1 where there is none; by two passes. */
    private static int[] nearest(int[] labels, int width) {
        int height = labels.length / width;
        int[] nearest = new int[labels.length];
        for (int i = 0; i < labels.length; i++) {
            nearest[i] = labels[i] > 0 ? i : -1;
        }
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                take(nearest, width, x, y, x - 1, y);
                take(nearest, width, x, y, x - 1, y - 1);
                take(nearest, width, x, y, x, y - 1);
                take(nearest, width, x, y, x + 1, y - 1);
            }
            for (int x = width - 2; x >= 0; x--) {
                take(nearest, width, x, y, x + 1, y);
            }
        }
        for (int y = height - 1; y >= 0; y--) {
            for (int x = width - 1; x >= 0; x--) {
                take(nearest, width, x, y, x + 1, y);
                take(nearest, width, x, y, x + 1, y + 1);
                take(nearest, width, x, y, x, y + 1);
                take(nearest, width, x, y, x - 1, y + 1);
            }
            for (int x = 1; x < width; x++) {
                take(nearest, width, x, y, x - 1, y);
            }
        }
        return nearest;
    }

    private static void take(int[] nearest, int width, int x, int y, int fromX, int fromY) {
        int height = nearest.length / width;
        if (fromX < 0 || fromX >= width || fromY < 0 || fromY >= height) {
            return;
        }
        int offered = nearest[fromY * width + fromX];
        int held = nearest[y * width + x];
        if (offered >= 0 && (held < 0 || squared(offered, width, x, y) < squared(held, width, x, y))) {
            nearest[y * width + x] = offered;
        }
    }

    private static long squared(int index, int width, int x, int y) {
        long dx = index % width - x;
        long dy = index / width - y;
        return dx * dx + dy * dy;
    }

    // ---- intensities

    /** Part of the grid, smoothed. */
    private float[] values(Cleaning cleaning, int left, int top, int width, int height) {
        if (own == null) {
            return smoothed(grid, cleaning, left, top, width, height);
        }
        int x0 = (int) Math.floor(planeX(left) - 0.5);
        int y0 = (int) Math.floor(planeY(top) - 0.5);
        int w = (int) Math.floor(planeX(left + width - 1) - 0.5) + 2 - x0;
        int h = (int) Math.floor(planeY(top + height - 1) - 0.5) + 2 - y0;
        float[] plane = smoothed(own, cleaning, x0, y0, w, h);
        float[] values = new float[width * height];
        for (int y = 0, i = 0; y < height; y++) {
            double v = planeY(top + y) - 0.5 - y0;
            int upper = (int) v * w;
            double below = v - (int) v;
            for (int x = 0; x < width; x++, i++) {
                double u = planeX(left + x) - 0.5 - x0;
                int at = upper + (int) u;
                double right = u - (int) u;
                values[i] = (float) ((1 - below) * ((1 - right) * plane[at] + right * plane[at + 1])
                        + below * ((1 - right) * plane[at + w] + right * plane[at + w + 1]));
            }
        }
        return values;
    }

    /** Part of the plane at some scale, hot pixels taken out where it is its own, smoothed. */
    private float[] smoothed(Intensities.Scaled from, Cleaning cleaning, int left, int top, int width, int height) {
        int reach = sigma < LEAST_SIGMA ? 0 : (int) Math.ceil(3 * sigma);
        int margin = reach + 1;
        int w = width + 2 * margin;
        int h = height + 2 * margin;
        RasterF part = from.part(left - margin, top - margin, w, h);
        float[] values = new float[w * h];
        for (int i = 0; i < values.length; i++) {
            for (int c = 0; c < part.channels(); c++) {
                values[i] += part.data()[i * part.channels() + c] / part.channels();
            }
        }
        values = cleaning.of(values, w, h);
        if (reach > 0) {
            float[] bell = bell(sigma, reach);
            values = turned(blurred(turned(blurred(values, w, bell), w, h), h, bell), h, w);
        }
        float[] inner = new float[width * height];
        for (int y = 0; y < height; y++) {
            System.arraycopy(values, (y + margin) * w + margin, inner, y * width, width);
        }
        return inner;
    }

    /** Takes hot pixels out. */
    private interface Cleaning {
        float[] of(float[] values, int width, int height);
    }

    /** Medians of 3 x 3; the border as it is. They know no lone photons, but make plateaus of smooth noise. */
    private static float[] medians(float[] values, int width, int height) {
        return each(values, width, height, (middle, nine) -> nine[4]);
    }

    /** Each value between the second least and the second largest of the eight around it; smooth noise stays as it is. */
    private static float[] despiked(float[] values, int width, int height) {
        // Of the sorted nine the middle one is left out: where it is among the least two, the neighbours begin behind
        // it.
        return each(values, width, height, (middle, nine) -> {
            float low = middle <= nine[1] ? nine[2] : nine[1];
            float high = middle >= nine[7] ? nine[6] : nine[7];
            return Math.max(low, Math.min(high, middle));
        });
    }

    private interface OfNine {
        float of(float middle, float[] sorted);
    }

    private static float[] each(float[] values, int width, int height, OfNine rule) {
        float[] out = values.clone();
        float[] nine = new float[9];
        for (int y = 1; y < height - 1; y++) {
            for (int x = 1; x < width - 1; x++) {
                for (int k = 0; k < 9; k++) {
                    nine[k] = values[(y + k / 3 - 1) * width + x + k % 3 - 1];
                }
                Arrays.sort(nine);
                out[y * width + x] = rule.of(values[y * width + x], nine);
            }
        }
        return out;
    }

    private static float[] bell(double sigma, int reach) {
        double[] bell = new double[2 * reach + 1];
        for (int i = -reach; i <= reach; i++) {
            bell[reach + i] = Math.exp(-i * i / (2 * sigma * sigma));
        }
        double sum = DoubleStream.of(bell).sum();
        float[] weights = new float[bell.length];
        for (int i = 0; i < bell.length; i++) {
            weights[i] = (float) (bell[i] / sum);
        }
        return weights;
    }

    /** Along rows; what lies within the reach of an end stays as it is. */
    private static float[] blurred(float[] values, int width, float[] bell) {
        int reach = bell.length / 2;
        float[] out = values.clone();
        for (int row = 0; row < values.length; row += width) {
            for (int x = reach; x < width - reach; x++) {
                float sum = 0;
                for (int k = 0; k < bell.length; k++) {
                    sum += bell[k] * values[row + x + k - reach];
                }
                out[row + x] = sum;
            }
        }
        return out;
    }

    private static float[] turned(float[] values, int width, int height) {
        float[] out = new float[values.length];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                out[x * height + y] = values[y * width + x];
            }
        }
        return out;
    }

    // ---- judgement

    /**
     * Whether objects as a whole are ones, and no noise: their median prominence reaches what the card says, and of n objects
     * {@value #FEW} over the root of n more; the median probability of their centres {@value #CENTRE}, and
     * {@value #FEW_CENTRE} over the root of n more; and their product {@value #BOTH}. Or, of at least {@value #SOME} objects, the
     * product reaches {@value #CLEAR} and {@value #FEW_CLEAR} over the root of n more, and the centres {@value #CLEAR_CENTRE}; or
     * the prominence {@value #HIGH}, which parts of noise above a level do not reach, and the centres {@value #HIGH_CENTRE}: bodies
     * of stained tissue are prominent, though the network is less sure of their centres.
     *
     * <p>Measured at the scale that suits: noise of 30 kinds has prominences of 1.1 to 2.9 and centres of 0.25 to 0.51, nuclei of simulated
     * and of real images prominences of 2.7 (tissue) to 8 and centres of 0.6 to 0.9. At any of the scales tried, with at least five
     * objects, noise has prominences of at most 3.4, and products of both of at most 1.68.
     *
     * @param prominences by label, as {@link #of} gives them
     * @param centres probability of the centre by label
     * @param least as the card says; 0 takes everything
     */
    static boolean convincing(double[] prominences, double[] centres, double least) {
        if (least == 0) {
            return true;
        }
        double[] known = DoubleStream.of(prominences)
                .filter(value -> !Double.isNaN(value))
                .toArray();
        if (known.length == 0) {
            return false;
        }
        double typical = Math.abs(median(known));
        double[] sure = new double[known.length];
        for (int label = 1, i = 0; label < prominences.length; label++) {
            if (!Double.isNaN(prominences[label])) {
                sure[i++] = centres[label];
            }
        }
        double centre = median(sure);
        double few = 1 / Math.sqrt(known.length);
        boolean usual = typical >= least + FEW * few && centre >= CENTRE + FEW_CENTRE * few && typical * centre >= BOTH;
        boolean clear = centre >= CLEAR_CENTRE && typical * centre >= CLEAR + FEW_CLEAR * few;
        boolean high = centre >= HIGH_CENTRE && typical >= HIGH;
        return usual || (known.length >= SOME && (clear || high));
    }

    /** Whether a single object is one for itself, whatever the others are. */
    static boolean convincing(double prominence, double centre) {
        return Math.abs(prominence) >= ALONE && centre >= ALONE_CENTRE;
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int n = sorted.length;
        return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
    }
}
