// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

import java.nio.ByteBuffer;

/** Index arithmetic of arrays in memory. Overflow is an ArithmeticException, never a wrong answer. */
final class Strided {
    private Strided() {}

    /** The number of bytes of a gapless array. */
    static long byteCount(long[] shape, int itemBytes) {
        return Math.multiplyExact(count(shape), itemBytes);
    }

    /** The number of values of an array. */
    static long count(long[] shape) {
        long count = 1;
        boolean empty = false;
        for (long length : shape) {
            if (length < 0) {
                throw new ArithmeticException("an axis of length " + length);
            }
            if (length == 0) {
                empty = true;
            } else {
                count = Math.multiplyExact(count, length);
            }
        }
        return empty ? 0 : count;
    }

    /** The steps, in values, of a gapless array whose first axis varies slowest. */
    static long[] rowMajor(long[] shape) {
        long[] strides = new long[shape.length];
        long step = 1;
        for (int i = shape.length - 1; i >= 0; i--) {
            strides[i] = step;
            step = Math.multiplyExact(step, Math.max(1, shape[i]));
        }
        return strides;
    }

    /** The steps, in values, of a gapless array whose first axis varies fastest. */
    static long[] columnMajor(long[] shape) {
        long[] strides = new long[shape.length];
        long step = 1;
        for (int i = 0; i < shape.length; i++) {
            strides[i] = step;
            step = Math.multiplyExact(step, Math.max(1, shape[i]));
        }
        return strides;
    }

    /** Whether the steps are those of a gapless row-major array; the step of an axis of length 1 does not matter. */
    static boolean isRowMajor(long[] shape, long[] strides) {
        long[] expected = rowMajor(shape);
        for (int i = 0; i < shape.length; i++) {
            if (shape[i] > 1 && strides[i] != expected[i]) {
                return false;
            }
        }
        return true;
    }

    /** One past the highest index, in values, that an array with values touches. */
    static long end(long offset, long[] shape, long[] strides) {
        long last = offset;
        for (int i = 0; i < shape.length; i++) {
            last = Math.addExact(last, Math.multiplyExact(shape[i] - 1, strides[i]));
        }
        return Math.addExact(last, 1);
    }

    /** Copies an array with any steps into a gapless row-major one. The caller has checked that it fits. */
    static ByteBuffer gather(ByteBuffer source, int itemBytes, long offset, long[] shape, long[] strides) {
        int count = Math.toIntExact(count(shape));
        byte[] target = new byte[Math.multiplyExact(count, itemBytes)];
        long[] index = new long[shape.length];
        long at = offset;
        for (int i = 0; i < count; i++) {
            source.get(Math.toIntExact(at * itemBytes), target, i * itemBytes, itemBytes);
            for (int axis = shape.length - 1; axis >= 0; axis--) {
                at += strides[axis];
                if (++index[axis] < shape[axis]) {
                    break;
                }
                at -= strides[axis] * shape[axis];
                index[axis] = 0;
            }
        }
        return ByteBuffer.wrap(target);
    }
}
