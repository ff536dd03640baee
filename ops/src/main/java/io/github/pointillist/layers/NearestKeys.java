// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.stream.IntStream;

/**
 * Picks the least entries of rows of distances. The engine's own selection copies every row as pairs of value and
 * number before it starts, and leaves the order of equal values open; this one reads the engine's memory in place, keeps
 * a short sorted list, and of equal values takes the one that comes first.
 *
 * @param count how many of the least entries are looked at
 * @param step of these, every so-manieth is taken
 */
record NearestKeys(int count, int step) {
    /** Rows done in one go by one thread. */
    private static final int ROWS = 64;

    /** Entries taken from a row. */
    int taken() {
        return (count + step - 1) / step;
    }

    /**
     * Writes the columns of the least entries of every row, least first.
     *
     * @param distances (rows, columns), dense, float32 or float64, in main memory, with {@code count} columns or more
     * @param into row i is written from {@code at + i * stride}
     */
    void pick(NDArray distances, long[] into, int at, int stride) {
        int rows = (int) distances.getShape().get(0);
        int columns = (int) distances.getShape().get(1);
        ByteBuffer bytes = distances.toByteBuffer(true);
        FloatBuffer floats = distances.getDataType() == DataType.FLOAT32 ? bytes.asFloatBuffer() : null;
        DoubleBuffer doubles = floats == null ? bytes.asDoubleBuffer() : null;
        int blocks = (rows + ROWS - 1) / ROWS;
        IntStream range = IntStream.range(0, blocks);
        (blocks > 1 ? range.parallel() : range).forEach(block -> {
            float[] narrow = new float[floats == null ? 0 : columns];
            double[] row = new double[columns];
            double[] least = new double[count];
            int[] where = new int[count];
            for (int i = block * ROWS; i < Math.min(rows, (block + 1) * ROWS); i++) {
                if (floats == null) {
                    doubles.get(i * columns, row);
                } else {
                    floats.get(i * columns, narrow);
                    for (int j = 0; j < columns; j++) {
                        row[j] = narrow[j];
                    }
                }
                least(row, least, where);
                for (int k = 0; k < taken(); k++) {
                    into[at + i * stride + k] = where[k * step];
                }
            }
        });
    }

    private void least(double[] row, double[] least, int[] where) {
        for (int j = 0; j < count; j++) {
            insert(row[j], j, j, least, where);
        }
        double worst = least[count - 1];
        for (int j = count; j < row.length; j++) {
            if (row[j] < worst) {
                insert(row[j], j, count - 1, least, where);
                worst = least[count - 1];
            }
        }
    }

    /** Puts a value in its place among the sorted ones before {@code end}, over the one at {@code end}. */
    private static void insert(double value, int number, int end, double[] least, int[] where) {
        int place = end;
        for (; place > 0 && value < least[place - 1]; place--) {
            least[place] = least[place - 1];
            where[place] = where[place - 1];
        }
        least[place] = value;
        where[place] = number;
    }
}
