// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.image;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import net.imglib2.RandomAccess;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.type.numeric.IntegerType;
import net.imglib2.type.numeric.RealType;

/**
 * A plane as a model trained on microscopy sees it: intensities stretched between two percentiles of the plane, at any
 * scale, read part by part, so that neither the stretched nor the resampled plane is ever held as a whole. What training
 * and segmentation share.
 *
 * <p>Intensities: one channel, or with {@code grey} the mean of all (of three: 0.299 red + 0.587 green + 0.114 blue), is
 * one channel; three are red, green and blue, each stretched for itself; the mean of any other number is one. The low
 * percentile becomes 0, the high one 255, values between them in proportion, without rounding; values outside the nearer
 * end. A constant channel becomes 0. Inverted values are 255 minus that. Pixels that are NaN in a channel are
 * {@link #missing} and become 0, inverted or not.
 *
 * <p>Scales: Pillow's BILINEAR (a triangle, widened when shrinking), so that every pixel is what {@link Resize} makes of the
 * whole stretched plane, to the last bit, whichever part is asked for.
 *
 * <p>Immutable; safe for use by several threads if the plane is.
 */
public final class Intensities {
    private static final float[] LUMA = {0.299f, 0.587f, 0.114f};

    private final RandomAccessibleInterval<? extends RealType<?>> plane;
    private final int width;
    private final int height;
    private final int own;
    private final float[] mix;
    private final IntensityRange[] ranges;
    private final boolean invert;
    private final BitSet missing = new BitSet();
    private final List<String> notes = new ArrayList<>();

    private Intensities(
            RandomAccessibleInterval<? extends RealType<?>> plane,
            double lowPercent,
            double highPercent,
            boolean grey,
            boolean invert) {
        this.plane = plane;
        this.own = Images.channels(plane);
        this.width = (int) plane.dimension(0);
        this.height = (int) plane.dimension(1);
        Raster8.size(width, height, 1);
        this.invert = invert;
        this.mix = mix(own, grey);
        this.ranges = new IntensityRange[mix == null ? own : 1];
        if (!(plane.getType() instanceof IntegerType)) {
            findMissing();
        }
        float[][] looked = looked();
        List<String> texts = new ArrayList<>();
        for (int c = 0; c < ranges.length; c++) {
            ranges[c] = IntensityRange.percentiles(looked[c], lowPercent, highPercent);
            texts.add(ranges[c].low() + " to " + ranges[c].high());
        }
        if (mix != null && own > 1) {
            notes.add(
                    own == 3
                            ? "colour turned into grey: 0.299 red + 0.587 green + 0.114 blue"
                            : "the mean of " + own + " channels taken");
        } else if (own == 3) {
            notes.add("three channels taken as red, green and blue");
        }
        notes.add(String.format(
                Locale.ROOT,
                "intensities from percentile %s to %s of the plane (%s) stretched to 0 to 255%s",
                lowPercent,
                highPercent,
                String.join("; ", texts),
                invert ? " and inverted" : ""));
        if (!missing.isEmpty()) {
            notes.add(
                    missing.cardinality() + " pixels are no numbers: taken as the lowest intensity and never labelled");
        }
    }

    /**
     * Looks at a plane: finds its percentiles (of more than 2^22 pixels at every n-th, as {@link IntensityRange} does) and
     * the pixels that are no numbers.
     *
     * @param plane (x, y) or (x, y, c), at least one pixel
     * @param lowPercent 0 to 100
     * @param highPercent {@code lowPercent} to 100
     * @param grey whether colour is turned into grey
     * @param invert whether dark becomes bright
     * @throws IllegalArgumentException if the plane has other axes, or more than 2^31 pixels
     */
    public static Intensities of(
            RandomAccessibleInterval<? extends RealType<?>> plane,
            double lowPercent,
            double highPercent,
            boolean grey,
            boolean invert) {
        return new Intensities(plane, lowPercent, highPercent, grey, invert);
    }

    /** The weights that make one channel of several; null where three stay as they are, or one is one already. */
    private static float[] mix(int own, boolean grey) {
        if (own == 1 || (own == 3 && !grey)) {
            return null;
        }
        if (own == 3) {
            return LUMA;
        }
        float[] mean = new float[own];
        Arrays.fill(mean, 1f / own);
        return mean;
    }

    /** Pixels in a row of the plane. */
    public int width() {
        return width;
    }

    /** Rows of the plane. */
    public int height() {
        return height;
    }

    /** Channels of what comes out: 1 or 3. */
    public int channels() {
        return ranges.length;
    }

    /** What was done, one line each. */
    public List<String> notes() {
        return List.copyOf(notes);
    }

    /** Whether a pixel of the plane is NaN in a channel. */
    public boolean missing(int x, int y) {
        return missing.get(y * width + x);
    }

    /** Whether any pixel is {@link #missing(int, int)}. */
    public boolean anyMissing() {
        return !missing.isEmpty();
    }

    private void findMissing() {
        float[] row = new float[width * channels()];
        for (int y = 0; y < height; y++) {
            read(0, y, width, row);
            for (int i = 0; i < row.length; i++) {
                if (Float.isNaN(row[i])) {
                    missing.set(y * width + i / channels());
                }
            }
        }
    }

    /** The values that the percentiles are taken of, channel by channel. */
    private float[][] looked() {
        int pixels = width * height;
        int stride = (int) Math.max(1, ((long) pixels + IntensityRange.LOOKED_AT - 1) / IntensityRange.LOOKED_AT);
        int n = (int) (((long) pixels + stride - 1) / stride);
        float[][] looked = new float[channels()][n];
        float[] row = new float[width * channels()];
        int held = -1;
        for (int i = 0; i < n; i++) {
            int at = i * stride;
            if (at / width != held) {
                held = at / width;
                read(0, held, width, row);
            }
            for (int c = 0; c < looked.length; c++) {
                looked[c][i] = row[at % width * looked.length + c];
            }
        }
        return looked;
    }

    /** Reads part of a row, mixed but not stretched: {@code count} pixels of {@link #channels()} values. */
    private void read(int x, int y, int count, float[] into) {
        RandomAccess<? extends RealType<?>> access = plane.randomAccess(plane);
        int step = channels();
        for (int c = 0; c < own; c++) {
            access.setPosition(plane.min(0) + x, 0);
            access.setPosition(plane.min(1) + y, 1);
            if (plane.numDimensions() == 3) {
                access.setPosition(plane.min(2) + c, 2);
            }
            for (int i = 0; i < count; i++) {
                float value = access.get().getRealFloat();
                if (mix == null) {
                    into[i * step + c] = value;
                } else {
                    into[i] = (c == 0 ? 0 : into[i]) + mix[c] * value;
                }
                access.fwd(0);
            }
        }
    }

    /** Part of the plane, stretched, at its own scale. */
    private RasterF original(int left, int top, int partWidth, int partHeight) {
        int channels = channels();
        RasterF part = RasterF.of(partWidth, partHeight, channels);
        float[] row = new float[partWidth * channels];
        for (int y = 0; y < partHeight; y++) {
            read(left, top + y, partWidth, row);
            for (int i = 0; i < row.length; i++) {
                float value = row[i];
                float stretched = ranges[i % channels].apply(value);
                part.data()[y * row.length + i] = Float.isNaN(value) ? 0 : invert ? 255 - stretched : stretched;
            }
        }
        return part;
    }

    /**
     * The plane at another scale.
     *
     * @param scale new pixels for one of the plane, above 0
     */
    public Scaled scaled(double scale) {
        if (!(scale > 0) || Double.isInfinite(scale)) {
            throw new IllegalArgumentException("scale is " + scale + "; it must be above 0");
        }
        return new Scaled(side(width, scale), side(height, scale));
    }

    private static int side(int px, double scale) {
        double side = Math.max(1, Math.rint(px * scale));
        if (side > Integer.MAX_VALUE / 2) {
            throw new IllegalArgumentException(
                    "a side of " + px + " pixels enlarged " + scale + " times is too long; give a smaller scale");
        }
        return (int) side;
    }

    /** The plane at one scale. */
    public final class Scaled {
        private final int scaledWidth;
        private final int scaledHeight;

        private Scaled(int scaledWidth, int scaledHeight) {
            this.scaledWidth = scaledWidth;
            this.scaledHeight = scaledHeight;
        }

        /** Pixels in a row: width times scale, rounded, at least 1. */
        public int width() {
            return scaledWidth;
        }

        /** Rows: height times scale, rounded, at least 1. */
        public int height() {
            return scaledHeight;
        }

        /**
         * A rectangle of it. Outside the plane it goes on mirrored, the border pixel repeated, as often as needed.
         *
         * @param left first column, may lie outside
         * @param top first row, may lie outside
         * @param partWidth columns, at least 1
         * @param partHeight rows, at least 1
         * @return values 0 to 255, 1 or 3 channels
         */
        public RasterF part(int left, int top, int partWidth, int partHeight) {
            int[] columns = mirrored(left, partWidth, scaledWidth);
            int[] rows = mirrored(top, partHeight, scaledHeight);
            int x0 = min(columns);
            int y0 = min(rows);
            RasterF inside = inside(x0, y0, max(columns) - x0 + 1, max(rows) - y0 + 1);
            if (inside.width() == partWidth && inside.height() == partHeight && columns[0] == x0 && rows[0] == y0) {
                return inside;
            }
            int c = inside.channels();
            RasterF part = RasterF.of(partWidth, partHeight, c);
            for (int y = 0, at = 0; y < partHeight; y++) {
                for (int x = 0; x < partWidth; x++) {
                    for (int k = 0; k < c; k++) {
                        part.data()[at++] = inside.at(columns[x] - x0, rows[y] - y0, k);
                    }
                }
            }
            return part;
        }

        private RasterF inside(int left, int top, int w, int h) {
            Axis columns = Axis.of(width, scaledWidth, left, w);
            Axis rows = Axis.of(height, scaledHeight, top, h);
            RasterF from = original(columns.first, rows.first, columns.length, rows.length);
            int c = from.channels();
            if (columns.kernel != null) {
                RasterF out = RasterF.of(w, from.height(), c);
                for (int y = 0; y < from.height(); y++) {
                    int row = y * from.width() * c;
                    for (int x = 0; x < w; x++) {
                        for (int k = 0; k < c; k++) {
                            int at = row + (columns.kernel.first()[x] - columns.first) * c + k;
                            out.data()[(y * w + x) * c + k] = columns.weighted(from.data(), at, c, x);
                        }
                    }
                }
                from = out;
            }
            if (rows.kernel != null) {
                RasterF out = RasterF.of(w, h, c);
                int stride = w * c;
                for (int y = 0; y < h; y++) {
                    int at = (rows.kernel.first()[y] - rows.first) * stride;
                    for (int i = 0; i < stride; i++) {
                        out.data()[y * stride + i] = rows.weighted(from.data(), at + i, stride, y);
                    }
                }
                from = out;
            }
            return from;
        }
    }

    /**
     * What part of an axis of the plane makes a part of the scaled one.
     *
     * @param first first pixel of the plane that is read
     * @param length pixels that are read
     * @param kernel their weights; null where the scale is 1
     */
    private record Axis(int first, int length, Resize.Kernel kernel) {
        static Axis of(int in, int out, int start, int count) {
            if (in == out) {
                return new Axis(start, count, null);
            }
            Resize.Kernel kernel = Resize.Kernel.of(in, out, start, count, Interpolation.PIL_BILINEAR);
            int first = Integer.MAX_VALUE;
            int end = 0;
            for (int i = 0; i < count; i++) {
                first = Math.min(first, kernel.first()[i]);
                end = Math.max(end, kernel.first()[i] + kernel.count()[i]);
            }
            return new Axis(first, end - first, kernel);
        }

        float weighted(float[] data, int from, int step, int index) {
            return Resize.weighted(data, from, step, kernel.weights(), index * kernel.taps(), kernel.count()[index]);
        }
    }

    private static int[] mirrored(int start, int count, int size) {
        int[] indices = new int[count];
        for (int i = 0; i < count; i++) {
            int at = (int) Math.floorMod((long) start + i, 2L * size);
            indices[i] = at < size ? at : 2 * size - 1 - at;
        }
        return indices;
    }

    private static int min(int[] values) {
        int min = values[0];
        for (int value : values) {
            min = Math.min(min, value);
        }
        return min;
    }

    private static int max(int[] values) {
        int max = values[0];
        for (int value : values) {
            max = Math.max(max, value);
        }
        return max;
    }
}
