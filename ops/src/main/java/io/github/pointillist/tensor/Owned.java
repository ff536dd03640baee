// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.function.BinaryOperator;

/**
 * Numbers of Java as arrays whose memory belongs to the engine, and arithmetic with such numbers.
 *
 * <p>The arrays of {@link NDManager#create} lie in Java's memory, which is given back once they are closed and the
 * garbage collector runs, whatever the engine still has of them: a view, or an operand that the backward pass needs. In
 * {@code x.mul(2f)} the 2 is such an array and closed at once. So layers and losses make arrays, multiply, divide, take
 * powers and compare with numbers by these methods alone. Additions and subtractions need no operand later.
 */
public final class Owned {
    private Owned() {}

    /** A float32 array, row-major, in the scope of {@code manager}. */
    public static NDArray array(NDManager manager, float[] values, long... shape) {
        return kept(manager.create(FloatBuffer.wrap(values), new Shape(shape), DataType.FLOAT32));
    }

    /** A float64 array, row-major, in the scope of {@code manager}. */
    public static NDArray array(NDManager manager, double[] values, long... shape) {
        return kept(manager.create(DoubleBuffer.wrap(values), new Shape(shape), DataType.FLOAT64));
    }

    /** An array of a floating-point type, row-major, in the scope of {@code manager}. */
    public static NDArray array(NDManager manager, double[] values, DataType type, long... shape) {
        NDArray wide = array(manager, values, shape);
        NDArray array = wide.toType(type, false);
        if (array != wide) {
            wide.close();
        }
        return array;
    }

    /** An int64 array, row-major, in the scope of {@code manager}. */
    public static NDArray array(NDManager manager, long[] values, long... shape) {
        return kept(manager.create(LongBuffer.wrap(values), new Shape(shape), DataType.INT64));
    }

    /** An int32 array, row-major, in the scope of {@code manager}. */
    public static NDArray array(NDManager manager, int[] values, long... shape) {
        return kept(manager.create(IntBuffer.wrap(values), new Shape(shape), DataType.INT32));
    }

    /** The same values in memory of the engine; {@code lent} is closed. */
    static NDArray kept(NDArray lent) {
        if (lent.getDevice().isGpu()) {
            return lent; // was copied there
        }
        try (lent) {
            return lent.duplicate();
        }
    }

    /** The product of each element and {@code factor}, which is rounded to the type of {@code x}. */
    public static NDArray mul(NDArray x, double factor) {
        return with(x, factor, NDArray::mul);
    }

    /** Each element divided by {@code divisor}, which is rounded to the type of {@code x}. */
    public static NDArray div(NDArray x, double divisor) {
        return with(x, divisor, NDArray::div);
    }

    /** Each element to the power of {@code exponent}, which is rounded to the type of {@code x}. */
    public static NDArray pow(NDArray x, double exponent) {
        return with(x, exponent, NDArray::pow);
    }

    /** The greater of each element and {@code least}, which is rounded to the type of {@code x}. */
    public static NDArray maximum(NDArray x, double least) {
        return with(x, least, NDArray::maximum);
    }

    /** The smaller of each element and {@code most}, which is rounded to the type of {@code x}. */
    public static NDArray minimum(NDArray x, double most) {
        return with(x, most, NDArray::minimum);
    }

    private static NDArray with(NDArray x, double value, BinaryOperator<NDArray> operation) {
        try (NDArray number = number(x, value)) {
            return operation.apply(x, number);
        }
    }

    /** Without axes, in the scope of {@code x}. */
    private static NDArray number(NDArray x, double value) {
        NDManager manager = x.getManager();
        return switch (x.getDataType()) {
            case FLOAT64 -> array(manager, new double[] {value});
            case INT64 -> array(manager, new long[] {(long) value});
            case INT32 -> array(manager, new int[] {(int) value});
            default -> array(manager, new float[] {(float) value});
        };
    }
}
