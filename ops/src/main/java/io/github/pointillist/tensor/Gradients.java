// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;

/**
 * What the engine notes for the way back, while it is open, in the thread that opened it. Outside of it no thread that
 * computes takes notes.
 *
 * <p>PyTorch has this mode per thread, and on in a new one; DJL switches it off in the thread that loads the library only.
 * So it is set here and nowhere else: off whenever an {@link Arena} is opened, on between {@link #note} and
 * {@link #close}. DJL's own collector allows one in the whole JVM; this one allows one in each thread.
 */
public final class Gradients implements AutoCloseable {
    private static final ThreadLocal<Gradients> NOTING = new ThreadLocal<>();

    private Gradients() {}

    /**
     * Begins to take notes in this thread.
     *
     * @throws IllegalStateException if it does already
     */
    public static Gradients note() {
        if (NOTING.get() != null) {
            throw new IllegalStateException("this thread takes notes for gradients already");
        }
        Gradients gradients = new Gradients();
        NOTING.set(gradients);
        JniUtils.setGradMode(true);
        return gradients;
    }

    /** Makes sure that this thread takes no notes but between {@link #note} and {@link #close}. The engine must run. */
    static void settle() {
        if (NOTING.get() == null) {
            JniUtils.setGradMode(false);
        }
    }

    /** Adds to the gradients of all that {@code loss}, one number, was computed from. */
    public void backward(NDArray loss) {
        try (NDArray one = loss.onesLike()) {
            JniUtils.backward((PtNDArray) loss, (PtNDArray) one, false, false);
        }
    }

    @Override
    public void close() {
        NOTING.remove();
        JniUtils.setGradMode(false);
    }
}
