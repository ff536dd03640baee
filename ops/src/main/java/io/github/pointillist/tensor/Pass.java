// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.function.Supplier;

/** One forward pass through a layer: the scope of its arrays, whether it trains, and what it records. */
public final class Pass {
    private final NDManager scope;
    private final boolean training;
    private final Taps taps;

    private Pass(NDManager scope, boolean training, Taps taps) {
        this.scope = scope;
        this.training = training;
        this.taps = taps;
    }

    /** A pass that only computes the output. */
    public static Pass inference() {
        return new Pass(null, false, null);
    }

    /** A pass that also records intermediate arrays. */
    public static Pass recording(Taps taps) {
        return new Pass(null, false, taps);
    }

    /** A pass in training mode: batch statistics, dropout, stochastic depth. */
    public static Pass training() {
        return new Pass(null, true, null);
    }

    /** The same, which also records intermediate arrays. */
    public static Pass training(Taps taps) {
        return new Pass(null, true, taps);
    }

    Pass in(NDManager inner) {
        return new Pass(inner, training, taps);
    }

    /** Whether this pass trains. */
    public boolean isTraining() {
        return training;
    }

    /** A view of a parameter that lives in the current scope, so that results of operations on it do too. */
    public NDArray value(Parameter parameter) {
        return view(parameter.array());
    }

    /** The same, seen in another shape with the same number of values. */
    public NDArray value(Parameter parameter, long... shape) {
        return view(parameter.array(), new Shape(shape));
    }

    NDArray view(NDArray owned) {
        return view(owned, owned.getShape());
    }

    private NDArray view(NDArray owned, Shape shape) {
        NDArray view = owned.reshape(shape);
        if (scope != null) {
            view.attach(scope);
        }
        return view;
    }

    /** Whether this pass records {@code name} of {@code layer}: for taps that need work before they can be made. */
    public boolean records(Layer layer, String name) {
        return taps != null && taps.wants(layer.qualify(name));
    }

    /**
     * Records an intermediate array under {@code layer}'s official name, if this pass wants it.
     *
     * @param value made only when wanted
     */
    public void tap(Layer layer, String name, Supplier<NDArray> value) {
        if (taps == null) {
            return;
        }
        String full = layer.qualify(name);
        if (taps.wants(full)) {
            taps.record(full, value.get());
        }
    }
}
