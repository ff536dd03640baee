// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.EnumSet;
import java.util.Set;

/**
 * One named array outside native memory.
 *
 * @param name the full name in the state dict
 * @param dtype a floating-point type (16, 32 or 64 bits, or bfloat16), an integer type or BOOLEAN
 * @param shape the length of every axis; no axes for a scalar
 * @param data the values, little-endian, row-major, without gaps; read-only, and every call of the accessor gives a
 *     view with a position of its own
 */
public record TensorEntry(String name, DataType dtype, Shape shape, ByteBuffer data) {
    static final Set<DataType> TYPES = EnumSet.of(
            DataType.FLOAT64,
            DataType.FLOAT32,
            DataType.FLOAT16,
            DataType.BFLOAT16,
            DataType.INT64,
            DataType.INT32,
            DataType.INT16,
            DataType.INT8,
            DataType.UINT64,
            DataType.UINT32,
            DataType.UINT16,
            DataType.UINT8,
            DataType.BOOLEAN);

    /** Checks that the data fill the shape exactly. */
    public TensorEntry {
        if (!TYPES.contains(dtype)) {
            throw new IllegalArgumentException("type of " + name + " is " + dtype + "; allowed are " + TYPES);
        }
        long bytes = Strided.byteCount(shape.getShape(), dtype.getNumOfBytes());
        if (bytes != data.remaining()) {
            throw new IllegalArgumentException(name + " of type " + dtype + " and shape " + shape + " takes " + bytes
                    + " bytes; " + data.remaining() + " given");
        }
        data = data.slice().asReadOnlyBuffer();
    }

    /** A float32 entry. */
    public static TensorEntry of(String name, float[] values, long... shape) {
        ByteBuffer bytes = littleEndian(Math.multiplyExact(values.length, Float.BYTES));
        bytes.asFloatBuffer().put(values);
        return new TensorEntry(name, DataType.FLOAT32, new Shape(shape), bytes);
    }

    /** A float64 entry. */
    public static TensorEntry of(String name, double[] values, long... shape) {
        ByteBuffer bytes = littleEndian(Math.multiplyExact(values.length, Double.BYTES));
        bytes.asDoubleBuffer().put(values);
        return new TensorEntry(name, DataType.FLOAT64, new Shape(shape), bytes);
    }

    /** An int64 entry. */
    public static TensorEntry of(String name, long[] values, long... shape) {
        ByteBuffer bytes = littleEndian(Math.multiplyExact(values.length, Long.BYTES));
        bytes.asLongBuffer().put(values);
        return new TensorEntry(name, DataType.INT64, new Shape(shape), bytes);
    }

    private static ByteBuffer littleEndian(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public ByteBuffer data() {
        return data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The number of values. */
    public int size() {
        return data.remaining() / dtype.getNumOfBytes();
    }

    /** The same array under another name. */
    public TensorEntry withName(String newName) {
        return new TensorEntry(newName, dtype, shape, data());
    }

    /**
     * The same values with other axes.
     *
     * @throws IllegalArgumentException if {@code newShape} does not hold as many values
     */
    public TensorEntry withShape(long... newShape) {
        return new TensorEntry(name, dtype, new Shape(newShape), data());
    }

    /** The same array as float32, rounded where it holds more digits. */
    public TensorEntry toFloat32() {
        if (dtype != DataType.BFLOAT16) {
            return dtype == DataType.FLOAT32 ? this : of(name, floats(), shape.getShape());
        }
        ByteBuffer narrow = data();
        ByteBuffer wide = littleEndian(Math.multiplyExact(size(), Float.BYTES));
        while (narrow.hasRemaining()) {
            wide.putInt(narrow.getShort() << 16); // the upper half of a float32
        }
        return new TensorEntry(name, DataType.FLOAT32, shape, wide.flip());
    }

    /** The values as float32, row-major; integers and float64 are rounded, booleans are 0 and 1. */
    public float[] floats() {
        float[] values = new float[size()];
        ByteBuffer bytes = data();
        switch (dtype) {
            case FLOAT32 -> bytes.asFloatBuffer().get(values);
            case FLOAT16 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = fromHalf(bytes.getShort(2 * i));
                }
            }
            case BFLOAT16 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = Float.intBitsToFloat(bytes.getShort(2 * i) << 16);
                }
            }
            case FLOAT64 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) bytes.getDouble(8 * i);
                }
            }
            case UINT64 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) unsigned(bytes.getLong(8 * i));
                }
            }
            default -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = integer(bytes, i);
                }
            }
        }
        return values;
    }

    /** The values as float64, row-major; booleans are 0 and 1. */
    public double[] doubles() {
        double[] values = new double[size()];
        ByteBuffer bytes = data();
        switch (dtype) {
            case FLOAT64 -> bytes.asDoubleBuffer().get(values);
            case FLOAT32, FLOAT16, BFLOAT16 -> {
                float[] narrow = floats();
                for (int i = 0; i < values.length; i++) {
                    values[i] = narrow[i];
                }
            }
            case UINT64 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = unsigned(bytes.getLong(8 * i));
                }
            }
            default -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = integer(bytes, i);
                }
            }
        }
        return values;
    }

    /**
     * The values of an integer or boolean array, row-major. Values of UINT64 above the range of a long come out
     * negative.
     *
     * @throws IllegalStateException for floating-point arrays
     */
    public long[] longs() {
        if (dtype.isFloating()) {
            throw new IllegalStateException(name + " is of type " + dtype + "; integers were asked for");
        }
        long[] values = new long[size()];
        ByteBuffer bytes = data();
        for (int i = 0; i < values.length; i++) {
            values[i] = integer(bytes, i);
        }
        return values;
    }

    private long integer(ByteBuffer bytes, int i) {
        return switch (dtype) {
            case INT64, UINT64 -> bytes.getLong(8 * i);
            case INT32 -> bytes.getInt(4 * i);
            case UINT32 -> Integer.toUnsignedLong(bytes.getInt(4 * i));
            case INT16 -> bytes.getShort(2 * i);
            case UINT16 -> Short.toUnsignedLong(bytes.getShort(2 * i));
            case INT8 -> bytes.get(i);
            case UINT8 -> Byte.toUnsignedLong(bytes.get(i));
            case BOOLEAN -> bytes.get(i) == 0 ? 0 : 1;
            default -> throw new IllegalStateException(name + " is of type " + dtype);
        };
    }

    private static double unsigned(long bits) {
        // Halved with the lost bit kept, so that the rounding of the doubled value is right.
        return bits >= 0 ? bits : 2.0 * ((bits >>> 1) | (bits & 1));
    }

    private static float fromHalf(short half) {
        int sign = (half & 0x8000) << 16;
        int exponent = (half >>> 10) & 0x1F;
        int fraction = half & 0x3FF;
        if (exponent == 0) {
            float small = fraction * 0x1p-24f;
            return sign == 0 ? small : -small;
        }
        int wide = exponent == 0x1F ? 0xFF : exponent + 112;
        return Float.intBitsToFloat(sign | wide << 23 | fraction << 13);
    }
}
