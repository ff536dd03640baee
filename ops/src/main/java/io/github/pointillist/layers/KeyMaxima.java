// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.layers.GroupKnnGraph.Neighbours;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * What queries receive from their neighbours, m = (maximum of key) - query, laid beside the queries, in one pass over
 * the engine's memory.
 *
 * @param n queries of a sample
 * @param m keys of a sample
 * @param parts query and maximum alternate this many times
 */
record KeyMaxima(long n, long m, Neighbours neighbours, int parts) {
    /** Rows done in one go by one thread. */
    private static final int ROWS = 64;

    /**
     * @param x queries (B N, C), float32
     * @param table keys (B M G, C / G), float32
     * @param near the numbers of the related keys in their sample, (B N, G, K)
     * @return (B N, 2 C): the first C / parts channels of x, as many of m, the next of x, ...
     */
    NDArray joined(NDArray x, NDArray table, long[] near) {
        int rows = (int) x.getShape().get(0);
        int channels = (int) x.getShape().get(1);
        NDArray out = x.getManager().create(new Shape(rows, 2L * channels), x.getDataType());
        FloatBuffer queries = x.toByteBuffer(true).asFloatBuffer();
        FloatBuffer into = out.toByteBuffer(true).asFloatBuffer();
        float[] keys = table.toFloatArray();
        int blocks = (rows + ROWS - 1) / ROWS;
        IntStream range = IntStream.range(0, blocks);
        (blocks > 1 ? range.parallel() : range).forEach(block -> {
            float[] query = new float[channels];
            float[] greatest = new float[channels];
            float[] both = new float[2 * channels];
            for (int i = block * ROWS; i < Math.min(rows, (block + 1) * ROWS); i++) {
                queries.get(i * channels, query);
                maxima(keys, near, i, greatest);
                alternate(query, greatest, both);
                into.put(i * 2 * channels, both);
            }
        });
        return out;
    }

    private void maxima(float[] keys, long[] near, int row, float[] greatest) {
        int channels = greatest.length;
        int groups = neighbours.groups();
        int count = neighbours.count();
        int width = channels / groups;
        int sample = (int) (row / n * m) * channels;
        Arrays.fill(greatest, Float.NEGATIVE_INFINITY);
        for (int g = 0; g < groups; g++) {
            int at = (row * groups + g) * count;
            for (int k = 0; k < count; k++) {
                int key = sample + (int) near[at + k] * channels + g * width;
                for (int c = 0; c < width; c++) {
                    greatest[g * width + c] = Math.max(greatest[g * width + c], keys[key + c]);
                }
            }
        }
    }

    private void alternate(float[] query, float[] greatest, float[] both) {
        int width = query.length / parts;
        for (int part = 0; part < parts; part++) {
            int from = part * width;
            for (int c = 0; c < width; c++) {
                both[2 * from + c] = query[from + c];
                both[2 * from + width + c] = greatest[from + c] - query[from + c];
            }
        }
    }
}
