// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A part of a model: parameters and children under the names of the official checkpoint, and the arithmetic between
 * them. It owns the scope of its native memory: everything a {@code forward} makes is freed when it returns, but for
 * what it returns. Nobody else opens scopes.
 *
 * <p>Subclasses declare parameters and children in the constructor and do arithmetic only in {@code forward}. The
 * full name of a parameter is the path of child names joined by dots, which is its name in the official state dict.
 */
public abstract class Layer {
    private static final int CONSTANTS = 8;

    /** How many more parts may be declared in this thread; none where nobody counts. */
    private static final ThreadLocal<int[]> PARTS_LEFT = new ThreadLocal<>();

    private final Map<String, Parameter> own = new LinkedHashMap<>();
    private final Map<String, Layer> children = new LinkedHashMap<>();
    private final List<Block> blocks = new ArrayList<>();
    private final Map<Object, NDArray> constants = new LinkedHashMap<>();
    private final Map<Object, Derived> derived = new LinkedHashMap<>();
    private Layer parent;
    private String name = "";
    private Arena arena;
    private DataType floatType = DataType.FLOAT32;

    /**
     * Builds a model that some configuration of a stranger describes, with a bound on its parts, before they take memory.
     *
     * @param parts most parameters and layers, all together
     * @throws IllegalArgumentException if the model has more
     */
    public static <L> L bounded(int parts, Supplier<L> build) {
        int[] before = PARTS_LEFT.get();
        PARTS_LEFT.set(new int[] {parts});
        try {
            return build.get();
        } finally {
            if (before == null) {
                PARTS_LEFT.remove();
            } else {
                PARTS_LEFT.set(before);
            }
        }
    }

    private static void countPart() {
        int[] left = PARTS_LEFT.get();
        if (left != null && --left[0] < 0) {
            throw new IllegalArgumentException(
                    "the configuration describes far more layers than there are weights in the file");
        }
    }

    /** The arithmetic of this layer, in the scope of {@code pass}. */
    protected abstract NDArray forward(NDArray x, Pass pass);

    /** Runs the layer on one array; of all arrays made only the result outlives the call. */
    public final NDArray apply(NDArray x, Pass pass) {
        if (this instanceof Leaf) {
            return forward(x, pass);
        }
        return scoped(new NDList(x), pass, inner -> new NDList(forward(x, inner)))
                .head();
    }

    /** The same for layers with several inputs or outputs. */
    protected final NDList scoped(NDList inputs, Pass pass, Function<Pass, NDList> body) {
        try (NDManager scope = NDManager.subManagerOf(inputs)) {
            scope.tempAttachAll(inputs);
            return scope.ret(body.apply(pass.in(scope)));
        }
    }

    /** Declares a trained parameter. */
    protected final Parameter weight(String name, long... shape) {
        return declare(name, new Parameter(new Shape(shape), true, null));
    }

    /** Declares a buffer of the model's floating-point type. */
    protected final Parameter buffer(String name, long... shape) {
        return declare(name, new Parameter(new Shape(shape), false, null));
    }

    /** Declares a buffer of a type of its own, such as an int64 counter. */
    protected final Parameter buffer(String name, DataType type, long... shape) {
        return declare(name, new Parameter(new Shape(shape), false, type));
    }

    /** Declares a buffer of the model's floating-point type that holds these values, row-major, until it is overwritten. */
    protected final Parameter buffer(String name, float[] values, long... shape) {
        return declare(name, new Parameter(new Shape(shape), values));
    }

    /**
     * Declares a buffer that starts with values of its own, such as a table of positions, and keeps them where a file
     * of weights has none. Tables of one model with equal keys share their memory for as long as they hold the same
     * values.
     *
     * @param key says, with the shape, what the values are
     * @param fill writes the values into zeros of the given shape
     */
    protected final Parameter table(String name, Object key, Consumer<NDArray> fill, long... shape) {
        return declare(name, new Parameter(new Shape(shape), key, fill));
    }

    private Parameter declare(String name, Parameter parameter) {
        countPart();
        if (own.putIfAbsent(name, parameter) != null) {
            throw new IllegalArgumentException("parameter " + name + " is declared twice");
        }
        return parameter;
    }

    /** Declares parameters of this layer or its children that are used as one. */
    protected final Block block(Shape rowShape, Parameter... parts) {
        Block block = new Block(rowShape, List.of(parts));
        blocks.add(block);
        return block;
    }

    /** Declares a child under its official name; the name may hold dots where the official code nests without need. */
    protected final <L extends Layer> L child(String name, L layer) {
        countPart();
        if (children.putIfAbsent(name, layer) != null) {
            throw new IllegalArgumentException("child " + name + " is declared twice");
        }
        Layer base = layer;
        base.parent = this;
        base.name = name;
        return layer;
    }

    /** All parameters and buffers by full official name, in the order of the official state dict. */
    public final Map<String, Parameter> parameters() {
        Map<String, Parameter> all = new LinkedHashMap<>();
        collect("", all);
        return all;
    }

    private void collect(String prefix, Map<String, Parameter> into) {
        own.forEach((key, value) -> into.put(prefix + key, value));
        children.forEach((key, child) -> child.collect(prefix + key + ".", into));
    }

    /** The full name of something inside this layer. */
    final String qualify(String local) {
        String path = local;
        for (Layer layer = this; layer.parent != null; layer = layer.parent) {
            path = layer.name + "." + path;
        }
        return path;
    }

    /**
     * Gives every parameter its memory, filled with zeros, in the given arena.
     *
     * @param type the floating-point type of parameters and inputs: FLOAT32 or FLOAT64
     */
    public final void allocate(Arena arena, DataType type) {
        if (type != DataType.FLOAT32 && type != DataType.FLOAT64) {
            throw new IllegalArgumentException("type is " + type + "; allowed are FLOAT32 and FLOAT64");
        }
        allocate(arena, type, new HashMap<>());
    }

    private void allocate(Arena arena, DataType type, Map<Object, SharedTable> tables) {
        this.arena = arena;
        this.floatType = type;
        own.values().forEach(parameter -> parameter.allocate(arena, type, tables));
        children.values().forEach(child -> child.allocate(arena, type, tables));
        blocks.forEach(block -> block.allocate(arena));
        constants.clear();
        derived.clear();
    }

    /** The floating-point type given to {@link #allocate}. */
    public final DataType floatType() {
        return floatType;
    }

    /** The arena given to {@link #allocate}. */
    public final Arena arena() {
        return arena;
    }

    /**
     * A constant array that depends on {@code key} only (a pooling matrix of a size, say): made once, kept for the
     * latest few keys in the model's arena, handed out as a view in the scope.
     *
     * @param make makes the array in the given arena
     */
    protected final NDArray constant(Object key, Pass pass, Function<Arena, NDArray> make) {
        return pass.view(operand(key, make));
    }

    /**
     * The same without the view, at no cost: for use as any operand of an operation but the first, whose owner owns
     * the result.
     */
    protected final NDArray operand(Object key, Function<Arena, NDArray> make) {
        return kept(key, arena -> {
            NDArray made = make.apply(arena);
            NDArray array = made.toType(floatType, false);
            if (array != made) {
                made.close();
            }
            return array;
        });
    }

    /** Like {@link #constant}, for integers, which keep their type: indices of rows, say. */
    protected final NDArray indices(Object key, Pass pass, Function<Arena, NDArray> make) {
        return pass.view(kept(key, make));
    }

    private NDArray kept(Object key, Function<Arena, NDArray> make) {
        synchronized (constants) {
            NDArray array = constants.get(key);
            if (array == null) {
                if (constants.size() == CONSTANTS) {
                    Object oldest = constants.keySet().iterator().next();
                    constants.remove(oldest).close();
                }
                array = make.apply(arena);
                constants.put(key, array);
            }
            return array;
        }
    }

    /**
     * An array that depends on the parameters of one layer only, not on the input. In inference it is made once and kept
     * in the model's arena until one of these parameters changes; while training, or while one of them takes gradients, it
     * is made anew in every pass and what was kept is forgotten.
     *
     * @param from this layer or one inside it: all that the array depends on besides constants
     * @param make makes the array in the pass it is given
     * @return for use as any operand of an operation but the first, whose owner owns the result
     */
    protected final NDArray derived(Object key, Layer from, Pass pass, Function<Pass, NDArray> make) {
        if (pass.isTraining() || from.takesGradients()) {
            synchronized (derived) {
                forget(key);
            }
            return make.apply(pass);
        }
        synchronized (derived) {
            long version = from.version();
            Derived kept = derived.get(key);
            if (kept == null || kept.version != version) {
                forget(key);
                try (NDManager scope = arena.manager().newSubManager()) {
                    NDArray made = make.apply(pass.in(scope));
                    made.attach(arena.manager());
                    kept = new Derived(made, version);
                }
                derived.put(key, kept);
            }
            return kept.array;
        }
    }

    private void forget(Object key) {
        Derived old = derived.remove(key);
        if (old != null) {
            old.array.close();
        }
    }

    private boolean takesGradients() {
        return own.values().stream().anyMatch(parameter -> parameter.array().hasGradient())
                || children.values().stream().anyMatch(Layer::takesGradients);
    }

    private long version() {
        return own.values().stream().mapToLong(Parameter::version).sum()
                + children.values().stream().mapToLong(Layer::version).sum();
    }

    /** An array made of parameters as they were. */
    private record Derived(NDArray array, long version) {}
}
