// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tensor;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.engine.Engines;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Function;

/**
 * A piece of native memory with an owner: every array made in it is freed when it is closed. A model's parameters live
 * in one arena, the inputs and outputs of a call in another. A thread opens one before it computes: this also sees to its
 * {@link Gradients}.
 *
 * <p>Not safe for use by several threads at once, except for reading arrays.
 */
public final class Arena implements AutoCloseable {
    private final NDManager manager;

    private Arena(NDManager manager) {
        this.manager = manager;
        Gradients.settle(); // whichever thread this is: who computes opens an arena first
    }

    /**
     * Opens an arena on a device. Loads the engine's native library at the first call.
     *
     * @throws io.github.pointillist.engine.EngineUnavailableException if it cannot be loaded
     */
    public static Arena open(Device device) {
        return new Arena(Engines.start().newBaseManager(device));
    }

    /** Opens an arena on the CPU. */
    public static Arena onCpu() {
        return open(Device.cpu());
    }

    /** Opens an arena inside this one, closed with it at the latest. */
    public Arena child() {
        return new Arena(manager.newSubManager());
    }

    /** The device on which arrays of this arena live. */
    public Device device() {
        return manager.getDevice();
    }

    /** A float32 array with the given values, row-major. */
    public NDArray array(float[] values, long... shape) {
        return Owned.array(manager, values, shape);
    }

    /** A float64 array with the given values, row-major. */
    public NDArray array(double[] values, long... shape) {
        return Owned.array(manager, values, shape);
    }

    /** An int64 array with the given values, row-major. */
    public NDArray array(long[] values, long... shape) {
        return Owned.array(manager, values, shape);
    }

    /** An int32 array with the given values, row-major. */
    public NDArray array(int[] values, long... shape) {
        return Owned.array(manager, values, shape);
    }

    /** An array of the given type and shape from raw little-endian bytes, row-major. */
    public NDArray array(ByteBuffer bytes, DataType type, Shape shape) {
        return Owned.kept(lent(bytes, type, shape));
    }

    /** The same in the memory of {@code bytes}: valid until it is closed, and not to be given to a layer. */
    NDArray lent(ByteBuffer bytes, DataType type, Shape shape) {
        if (type == DataType.BFLOAT16) {
            // Where the engine is asked for such an array, it ends the process.
            throw new IllegalArgumentException("type is BFLOAT16; convert the values to FLOAT32 first");
        }
        return manager.create(bytes.duplicate().order(ByteOrder.nativeOrder()), shape, type);
    }

    /** An array of zeros. */
    public NDArray zeros(DataType type, Shape shape) {
        return manager.zeros(shape, type);
    }

    /** Runs {@code body} in a scope of its own: of all arrays it makes only the returned ones outlive the call. */
    public NDList scoped(Function<Arena, NDList> body) {
        try (NDManager scope = manager.newSubManager()) {
            return scope.ret(body.apply(new Arena(scope)));
        }
    }

    /** The number of arrays alive in this arena, not counting those of its children. */
    public int arrays() {
        return manager.getManagedArrays().size();
    }

    NDManager manager() {
        return manager;
    }

    @Override
    public void close() {
        manager.close();
    }
}
