// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * One entry of a model's state dict: a trained weight or a buffer. It has no memory before {@link Layer#allocate}.
 */
public final class Parameter {
    private final Shape shape;
    private final boolean trainable;
    private final DataType fixedType;
    private final float[] initial;
    private final Object key;
    private final Consumer<NDArray> fill;
    private SharedTable table;
    private NDArray array;
    private final AtomicLong version = new AtomicLong();

    Parameter(Shape shape, boolean trainable, DataType fixedType) {
        this(shape, trainable, fixedType, null, null, null);
    }

    /** A table with values of its own: see {@link Layer#table}. */
    Parameter(Shape shape, Object key, Consumer<NDArray> fill) {
        this(shape, false, null, null, key, fill);
    }

    /** A buffer that starts with these values. */
    Parameter(Shape shape, float[] initial) {
        this(shape, false, null, initial.clone(), null, null);
        if (shape.size() != initial.length) {
            throw new IllegalArgumentException(initial.length + " values given for the shape " + shape);
        }
    }

    private Parameter(
            Shape shape, boolean trainable, DataType fixedType, float[] initial, Object key, Consumer<NDArray> fill) {
        this.shape = shape;
        this.trainable = trainable;
        this.fixedType = fixedType;
        this.initial = initial;
        this.key = key;
        this.fill = fill;
    }

    /** The shape that the official state dict gives. */
    public Shape shape() {
        return shape;
    }

    /** Whether training changes it; false for buffers such as running means. */
    public boolean trainable() {
        return trainable;
    }

    /**
     * The array itself, owned by the model's arena. Never make it the first operand of an operation: the result would
     * be owned by the model. Use {@link Pass#value} for that. Whoever changes its values in place outside of training
     * says so by {@link #changed}.
     *
     * @throws IllegalStateException before {@link Layer#allocate}
     */
    public NDArray array() {
        if (array == null) {
            throw new IllegalStateException("parameter of shape " + shape + " has no memory yet: call allocate first");
        }
        return array;
    }

    /** Makes layers forget what they keep of the values (see {@link Layer#derived}); {@link #set} does so by itself. */
    public void changed() {
        version.incrementAndGet();
    }

    /** Grows with every change of the values. */
    long version() {
        return version.get();
    }

    void allocate(Arena arena, DataType floatType, Map<Object, SharedTable> tables) {
        changed();
        if (fill != null) {
            table = tables.computeIfAbsent(List.of(key, shape), any -> new SharedTable());
            array = table.first(() -> {
                NDArray made = arena.zeros(floatType, shape);
                fill.accept(made);
                return made;
            });
            return;
        }
        array = arena.zeros(fixedType == null ? floatType : fixedType, shape);
        if (initial != null) {
            ByteBuffer bytes =
                    ByteBuffer.allocateDirect(Float.BYTES * initial.length).order(ByteOrder.nativeOrder());
            bytes.asFloatBuffer().put(initial);
            set(bytes, DataType.FLOAT32);
        }
    }

    /**
     * Overwrites the values.
     *
     * @param bytes raw little-endian values of type {@code type}, row-major, of this parameter's shape; converted to
     *     the parameter's own type
     * @param type the type of the values in {@code bytes}
     */
    public void set(ByteBuffer bytes, DataType type) {
        try (Arena arena = Arena.open(array().getDevice());
                NDArray source = arena.lent(bytes, type, shape);
                NDArray cast = source.toType(array.getDataType(), false)) {
            if (table != null) {
                array = table.replace(array, cast);
            } else {
                // In place: the array may share its memory with a block.
                array.set(new NDIndex("..."), cast);
            }
        } finally {
            changed();
        }
    }

    void moveTo(NDArray other) {
        array.close();
        array = other;
    }
}
