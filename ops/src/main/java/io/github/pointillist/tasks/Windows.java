// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

/**
 * The windows in which a model sees a plane at its own scale: an even grid of squares that follows from the card and the
 * size of the plane alone. Windows begin on the cells of the model's output, so that outputs of different windows fall on
 * one common grid of cells. The last windows may go beyond the plane by less than a cell, and the only one of a plane
 * smaller than a window by more.
 *
 * @param windowPx side of a window, a multiple of {@code stridePx}
 * @param stridePx pixels from one output to the next
 * @param overlapPx what neighbours share at least and over how much they fade
 * @param lefts first column of each column of windows
 * @param tops first row of each row of windows
 * @param columns cells in a row
 * @param rows rows of cells
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Windows(int windowPx, int stridePx, int overlapPx, int[] lefts, int[] tops, int columns, int rows) {
    private static final int MOST_CELLS = Integer.MAX_VALUE - 8;

    /**
     * Lays the grid.
     *
     * @param width of the plane at the scale of the model
     * @param height of the plane at the scale of the model
     * @throws IllegalArgumentException if the stride does not divide the window, or there are more than 2^31 cells
     */
    static Windows over(int width, int height, int windowPx, int overlapPx, int stridePx) {
        if (windowPx % stridePx != 0) {
            throw new IllegalArgumentException("the card says windows of " + windowPx
                    + " pixels, but the model gives one output for " + stridePx + "; it must be a multiple of them");
        }
        int columns = cells(width, stridePx);
        int rows = cells(height, stridePx);
        if ((long) columns * rows > MOST_CELLS) {
            throw new IllegalArgumentException("the image is " + width + " x " + height
                    + " pixels at the scale of the model, which is too much; cut it, or choose a smaller scale"
                    + " (a larger object diameter)");
        }
        int shared = Math.min(cells(overlapPx, stridePx) * stridePx, windowPx - stridePx);
        return new Windows(
                windowPx,
                stridePx,
                shared,
                starts(columns, windowPx, shared, stridePx),
                starts(rows, windowPx, shared, stridePx),
                columns,
                rows);
    }

    private static int cells(int px, int stridePx) {
        return (int) (((long) px + stridePx - 1) / stridePx);
    }

    /** Evenly spread, each moved down to a cell. */
    private static int[] starts(int cells, int windowPx, int overlapPx, int stridePx) {
        long side = (long) cells * stridePx;
        if (side <= windowPx) {
            return new int[1];
        }
        int step = windowPx - overlapPx;
        int n = (int) ((side - overlapPx + step - 1) / step);
        int[] starts = new int[n];
        for (int i = 0; i < n; i++) {
            starts[i] = (int) (i * (side - windowPx) / (n - 1) / stridePx) * stridePx;
        }
        return starts;
    }

    /** How many there are. */
    int count() {
        return lefts.length * tops.length;
    }

    /** Cells along a side of a window. */
    int windowCells() {
        return windowPx / stridePx;
    }

    /**
     * How much each cell of a window counts along one axis: half a wave that rises from the border over the overlap, and 1
     * inside. Always above 0.
     */
    float[] weights() {
        int n = windowCells();
        double ramp = Math.max(1.0, (double) overlapPx / stridePx);
        float[] weights = new float[n];
        for (int i = 0; i < n; i++) {
            double inside = Math.min(i, n - 1 - i) + 0.5;
            double sine = Math.sin(Math.PI / 2 * Math.min(1, inside / ramp));
            weights[i] = (float) (sine * sine);
        }
        return weights;
    }
}
