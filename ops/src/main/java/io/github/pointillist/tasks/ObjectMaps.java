// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

/**
 * What a model says about objects, on a grid of cells, in 8 bytes a cell: probabilities in steps of 1/65535, offsets in
 * steps of 1/2048 of the model's object diameter, up to 16 of them.
 */
final class ObjectMaps {
    private static final int PROBABILITY = 65535;
    private static final int OFFSET = 2048;

    private final int columns;
    private final int rows;
    private final short[] foreground;
    private final short[] centre;
    private final short[] down;
    private final short[] right;

    /** Empty ones: no foreground, no centres. */
    ObjectMaps(int columns, int rows) {
        this.columns = columns;
        this.rows = rows;
        int cells = Math.multiplyExact(columns, rows);
        foreground = new short[cells];
        centre = new short[cells];
        down = new short[cells];
        right = new short[cells];
    }

    int columns() {
        return columns;
    }

    int rows() {
        return rows;
    }

    /** Sets one cell; probabilities 0 to 1, offsets in object diameters. */
    void set(int cell, float foregroundValue, float centreValue, float downValue, float rightValue) {
        foreground[cell] = (short) Math.round(foregroundValue * PROBABILITY);
        centre[cell] = (short) Math.round(centreValue * PROBABILITY);
        down[cell] = offset(downValue);
        right[cell] = offset(rightValue);
    }

    private static short offset(float value) {
        return (short) Math.max(Short.MIN_VALUE, Math.min(Short.MAX_VALUE, Math.round(value * OFFSET)));
    }

    /** Sets a row from values as {@link WindowedNetwork.Rows} gives them. */
    void setRow(int row, float[][] values) {
        for (int x = 0, cell = row * columns; x < columns; x++, cell++) {
            set(cell, values[0][x], values[1][x], values[2][x], values[3][x]);
        }
    }

    /** Probability of the foreground. */
    float foreground(int cell) {
        return (foreground[cell] & 0xFFFF) / (float) PROBABILITY;
    }

    /** Probability of a centre. */
    float centre(int cell) {
        return (centre[cell] & 0xFFFF) / (float) PROBABILITY;
    }

    /** The same as a whole number, to compare. */
    int centreSteps(int cell) {
        return centre[cell] & 0xFFFF;
    }

    /** Rows to the centre of the cell's object, in object diameters. */
    float down(int cell) {
        return down[cell] / (float) OFFSET;
    }

    /** Columns to the centre of the cell's object, in object diameters. */
    float right(int cell) {
        return right[cell] / (float) OFFSET;
    }
}
