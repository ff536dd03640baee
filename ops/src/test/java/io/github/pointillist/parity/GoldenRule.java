// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.parity;

import ai.djl.ndarray.types.DataType;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.weights.TensorEntry;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * The rule that makes the weights and inputs of golden cases from a name, a shape and a row-major index, so that only
 * outputs have to be stored. Bit for bit the same as the generator of the reference outputs.
 */
public final class GoldenRule {
    private static final long FNV_OFFSET = 0xCBF29CE484222325L;
    private static final long FNV_PRIME = 0x100000001B3L;
    private static final long STEP = 0x9E3779B97F4A7C15L;

    private GoldenRule() {}

    /** FNV-1a, 64 bits, of the UTF-8 bytes of a name. */
    static long hash(String name) {
        long hash = FNV_OFFSET;
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xFF)) * FNV_PRIME;
        }
        return hash;
    }

    /** {@code n} numbers in [-1, 1), all exact in float32. */
    public static float[] u(String name, int n) {
        long hash = hash(name);
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            // The finaliser of splitmix64.
            long x = hash + (i + 1L) * STEP;
            x = (x ^ x >>> 30) * 0xBF58476D1CE4E5B9L;
            x = (x ^ x >>> 27) * 0x94D049BB133111EBL;
            x ^= x >>> 31;
            values[i] = (float) ((x >>> 40) * 0x1p-23 - 1);
        }
        return values;
    }

    /** An input: the numbers themselves. */
    public static TensorEntry image(String name, long... shape) {
        return TensorEntry.of(name, u(name, count(shape)), shape);
    }

    /** A weight, as its name and its number of axes say; float32, but int64 for "num_batches_tracked". */
    public static TensorEntry tensor(String name, long... shape) {
        int count = count(shape);
        if (name.endsWith("num_batches_tracked")) {
            return TensorEntry.of(name, new long[count], shape);
        }
        double base;
        double factor;
        if (name.endsWith("running_var")) {
            base = 1;
            factor = 0.5;
        } else if (name.endsWith("running_mean")) {
            base = 0;
            factor = 0.1;
        } else if (shape.length >= 2) {
            base = 0;
            factor = Math.sqrt(3.0 / count(Arrays.copyOfRange(shape, 1, shape.length)));
        } else if (shape.length == 1 && name.endsWith("weight")) {
            base = 1;
            factor = 0.1;
        } else if (shape.length == 1 && name.endsWith("bias")) {
            base = 0;
            factor = 0.1;
        } else {
            base = 0.5;
            factor = 0.1;
        }
        float[] values = u(name, count);
        for (int i = 0; i < count; i++) {
            values[i] = (float) (base + factor * values[i]);
        }
        return TensorEntry.of(name, values, shape);
    }

    /** Fills all parameters of an allocated layer; float64 ones with the same values, rounded to float32. */
    public static void fill(Layer layer) {
        fill(layer, name -> false, name -> 1);
    }

    /**
     * Fills the parameters of an allocated layer.
     *
     * @param keep names to leave as they are
     * @param scale a factor on the filled values of a name
     * @throws IllegalArgumentException if the rule has no values for an integer parameter that is not kept
     */
    public static void fill(Layer layer, Predicate<String> keep, ToDoubleFunction<String> scale) {
        layer.parameters().forEach((name, parameter) -> {
            if (keep.test(name)) {
                return;
            }
            DataType type = parameter.array().getDataType();
            if (!type.isFloating() && !name.endsWith("num_batches_tracked")) {
                throw new IllegalArgumentException(
                        "the rule has no values for " + name + " of type " + type + "; build it and name it in keep");
            }
            TensorEntry filled = scaled(tensor(name, parameter.shape().getShape()), scale.applyAsDouble(name));
            parameter.set(filled.data(), filled.dtype());
        });
    }

    /** The values times a factor, rounded to float32. */
    static TensorEntry scaled(TensorEntry entry, double factor) {
        if (factor == 1) {
            return entry;
        }
        float[] values = entry.floats();
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (factor * values[i]);
        }
        return TensorEntry.of(entry.name(), values, entry.shape().getShape());
    }

    private static int count(long... shape) {
        long count = 1;
        for (long length : shape) {
            count = Math.multiplyExact(count, length);
        }
        return Math.toIntExact(count);
    }
}
