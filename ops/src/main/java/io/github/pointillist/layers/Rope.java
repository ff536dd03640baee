// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;

/**
 * Rotary position embedding in two dimensions, as in qhfan/SecViT fddb88b, {@code RoPE}: each pair of adjacent numbers of
 * a query or key is turned by an angle, the pairs of the first half by row number times {@code angle}, those of the
 * second half by column number times {@code angle}.
 *
 * <p>The numbers of a pair are kept half a head apart, by the order of the rows of the projection before, since the
 * engine is slow where neighbours change places; and the tables are made once for a size.
 */
public final class Rope extends Layer {
    private static final double BASE = 10_000;

    private final Parameter angle; // (D / 2)
    private final int headDim;

    /**
     * Declares the buffer {@code angle} (D / 2): 10000^-t for t from 0 to 1 in D / 4 steps, each twice.
     *
     * @param headDim D, a multiple of 4
     */
    public Rope(int headDim) {
        if (headDim < 4 || headDim % 4 != 0) {
            throw new IllegalArgumentException(
                    headDim + " channels in a head; allowed are multiples of 4, two pairs for each direction");
        }
        this.headDim = headDim;
        this.angle = buffer("angle", initial(headDim / 4), headDim / 2);
    }

    /** In float32 as the reference makes them, whatever the type of the model. */
    private static float[] initial(int steps) {
        float[] values = new float[2 * steps];
        float step = steps > 1 ? 1f / (steps - 1) : 0;
        for (int i = 0; i < steps; i++) {
            // From the end nearer by, as the engine's linspace.
            float t = i < steps / 2 || steps == 1 ? step * i : 1 - step * (steps - 1 - i);
            values[2 * i] = 1 / (float) Math.pow(BASE, t);
            values[2 * i + 1] = values[2 * i];
        }
        return values;
    }

    /**
     * The angles by which the pairs are turned.
     *
     * @return radians, row-major (h w, D / 2)
     */
    public double[] angles(int h, int w) {
        return angles(h, w, values());
    }

    private List<Double> values() {
        NDArray array = angle.array();
        if (array.getDataType() == DataType.FLOAT64) {
            return DoubleStream.of(array.toDoubleArray()).boxed().toList();
        }
        float[] floats = array.toFloatArray();
        Double[] values = new Double[floats.length];
        Arrays.setAll(values, i -> (double) floats[i]);
        return List.of(values);
    }

    private double[] angles(int h, int w, List<Double> values) {
        int pairs = headDim / 2;
        double[] angles = new double[h * w * pairs];
        for (int i = 0; i < angles.length; i++) {
            int token = i / pairs;
            int pair = i % pairs;
            // Number 2 pair of D; the first half goes by row. Both numbers of a pair have the same angle.
            boolean byRow = pair < pairs / 2;
            angles[i] = (byRow ? token / w : token % w) * values.get(2 * pair % pairs);
        }
        return angles;
    }

    /**
     * Rows of a projection to queries and keys in the order in which {@link #turn} takes them: in each head first the
     * first numbers of all pairs, then the second ones. Products of queries and keys do not depend on the order.
     *
     * @param rows (2 E D, ...)
     */
    NDArray pairsApart(NDArray rows) {
        Shape shape = rows.getShape();
        return rows.reshape(-1, headDim / 2, 2, shape.size() / shape.get(0))
                .transpose(0, 2, 1, 3)
                .reshape(shape);
    }

    /**
     * Turns queries and keys, and scales the queries.
     *
     * @param qk (B, h, w, 2 E D): queries, then keys of every point, in the order of {@link #pairsApart}
     * @param scale what the queries are multiplied by
     * @return (B, h w, 2, E, D) in the same order
     */
    NDArray turn(NDArray qk, double scale, Pass pass) {
        record Key(int h, int w, double scale, List<Double> angles) {}
        Shape shape = qk.getShape();
        int h = (int) shape.get(1);
        int w = (int) shape.get(2);
        long n = (long) h * w;
        long heads = shape.get(3) / (2 * headDim);
        // The values are part of the key: a table made from other angles would be out of date.
        Key key = new Key(h, w, scale, values());
        NDArray table = constant(key, pass, arena -> table(arena, angles(h, w, key.angles), scale)); // (2, N, 2, 1, D)
        NDList factors = table.split(2, 0); // (1, N, 2, 1, D) each
        NDArray x = qk.reshape(shape.get(0), n, 2, heads, headDim); // (x1, x2) in each head
        NDList halves = x.split(2, 4);
        NDArray swapped = halves.get(1).concat(halves.get(0), 4);
        return x.mul(factors.get(0)).addi(swapped.muli(factors.get(1)));
    }

    /** For each number of a query and a key: the cosine; then the sine, negative for the first number of a pair. */
    private NDArray table(Arena arena, double[] angles, double scale) {
        int pairs = headDim / 2;
        int tokens = angles.length / pairs;
        double[] table = new double[8 * angles.length];
        int sines = table.length / 2;
        for (int token = 0; token < tokens; token++) {
            for (int part = 0; part < 2; part++) {
                double factor = part == 0 ? scale : 1;
                int at = (2 * token + part) * headDim;
                for (int pair = 0; pair < pairs; pair++) {
                    double angle = angles[token * pairs + pair];
                    table[at + pair] = factor * Math.cos(angle);
                    table[at + pairs + pair] = table[at + pair];
                    table[sines + at + pair] = -factor * Math.sin(angle);
                    table[sines + at + pairs + pair] = -table[sines + at + pair];
                }
            }
        }
        return arena.array(table, 2, tokens, 2, 1, headDim);
    }

    /** @throws UnsupportedOperationException always: what is turned has to be said, see {@link #turn} */
    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        throw new UnsupportedOperationException("call turn");
    }
}
