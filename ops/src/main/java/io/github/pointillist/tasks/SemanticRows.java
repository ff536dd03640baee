// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import java.util.stream.IntStream;

/**
 * Turns blended class probabilities on a grid of cells into the class of every pixel as the rows come in: interpolates
 * bilinearly between cells and takes the most probable class, of equal ones the smaller. Never holds more than two rows.
 */
final class SemanticRows implements WindowedNetwork.Rows {
    private final int classes;
    private final ObjectDecoder.Pixels pixels;
    private final int rows;
    private final int[] labels;
    private final int[] left;
    private final float[] share;
    private final float[][] before;
    private int next;

    /**
     * @param columns cells in a row
     * @param rows rows of cells
     * @param pixels where the pixels lie; those missing get label 0
     */
    SemanticRows(int classes, int columns, int rows, ObjectDecoder.Pixels pixels) {
        this.classes = classes;
        this.pixels = pixels;
        this.rows = rows;
        this.labels = new int[Math.multiplyExact(pixels.width(), pixels.height())];
        this.left = new int[pixels.width()];
        this.share = new float[pixels.width()];
        this.before = new float[classes][columns];
        for (int x = 0; x < left.length; x++) {
            double u = Math.max(0, Math.min(columns - 1, (x + 0.5) * pixels.cellsX() - 0.5));
            left[x] = (int) u;
            share[x] = (float) (u - left[x]);
        }
    }

    private double position(int y) {
        return Math.max(0, Math.min(rows - 1, (y + 0.5) * pixels.cellsY() - 0.5));
    }

    @Override
    public void accept(int row, float[][] values) {
        int from = next;
        while (next < pixels.height() && (row == rows - 1 || position(next) < row)) {
            next++;
        }
        IntStream.range(from, next).parallel().forEach(y -> {
            double v = position(y);
            boolean last = (int) v == row;
            label(y, last ? values : before, values, (float) (v - (int) v));
        });
        for (int k = 0; k < classes; k++) {
            System.arraycopy(values[k], 0, before[k], 0, before[k].length);
        }
    }

    private void label(int y, float[][] above, float[][] below, float lower) {
        int width = pixels.width();
        int columns = before[0].length;
        for (int x = 0; x < width; x++) {
            int right = Math.min(columns - 1, left[x] + 1);
            float most = Float.NEGATIVE_INFINITY;
            int best = 0;
            for (int k = 0; k < classes; k++) {
                float a = (1 - share[x]) * above[k][left[x]] + share[x] * above[k][right];
                float b = (1 - share[x]) * below[k][left[x]] + share[x] * below[k][right];
                float value = (1 - lower) * a + lower * b;
                if (value > most) {
                    most = value;
                    best = k;
                }
            }
            labels[y * width + x] = pixels.missing() != null && pixels.missing().at(x, y) ? 0 : best;
        }
    }

    /** Row-major, once every row was accepted. */
    int[] labels() {
        return labels;
    }
}
