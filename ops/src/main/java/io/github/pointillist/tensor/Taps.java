// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tensor;

import ai.djl.ndarray.NDArray;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Named intermediate arrays recorded during a forward pass. The recorded arrays live in the arena given here, in the
 * order in which the model made them.
 */
public final class Taps {
    private final Arena arena;
    private final Predicate<String> wanted;
    private final Map<String, NDArray> recorded = new LinkedHashMap<>();

    /**
     * @param arena where the recorded arrays live; close it to free them
     * @param wanted which full names ("network.2.3.token_mixer.assignment") to record
     */
    public Taps(Arena arena, Predicate<String> wanted) {
        this.arena = arena;
        this.wanted = wanted;
    }

    boolean wants(String name) {
        return wanted.test(name);
    }

    void record(String name, NDArray value) {
        NDArray copy = value.duplicate();
        copy.attach(arena.manager());
        recorded.put(name, copy);
    }

    /** The recorded array of that name. */
    public NDArray get(String name) {
        NDArray array = recorded.get(name);
        if (array == null) {
            throw new IllegalArgumentException("no tap named " + name + "; recorded: " + recorded.keySet());
        }
        return array;
    }

    /** All recorded arrays by full name, in the order of the forward pass. */
    public Map<String, NDArray> all() {
        return Collections.unmodifiableMap(recorded);
    }
}
