// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.catalog;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.layers.Pyramid;
import io.github.pointillist.models.Architecture;
import io.github.pointillist.models.ImageClassifier;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;
import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.StateDict;
import io.github.pointillist.weights.StrictLoader;
import java.util.List;
import java.util.Map;

/** A model with its weights in memory, and its card. */
public final class LoadedModel implements AutoCloseable {
    /** Parts of a model (parameters, and layers with and without them) for each entry of its file. */
    private static final int PARTS_PER_ENTRY = 8;

    private static final int FREE_PARTS = 256;
    private static final int MOST_ENTRIES = 100_000;

    /** Values of tables that a model makes itself (64 MiB), and for each value in its file. */
    private static final long FREE_VALUES = 1 << 24;

    private static final long TABLE_VALUES = 8;

    private final ModelCard card;
    private final Typed<?> typed;
    private final Layer layer;
    private final Arena arena;
    private final String sha256;
    private final List<String> notes;

    private LoadedModel(ModelCard card, Typed<?> typed, Layer layer, Arena arena, String sha256, List<String> notes) {
        this.card = card;
        this.typed = typed;
        this.layer = layer;
        this.arena = arena;
        this.sha256 = sha256;
        this.notes = List.copyOf(notes);
    }

    /**
     * Builds a model and loads its weights.
     *
     * @param sha256 of the file the weights came from
     * @param notes what was done to read it
     * @throws CheckpointException if a name or shape does not fit; the message lists them all
     */
    static <C extends Record> LoadedModel of(
            Architecture<C> architecture,
            C config,
            StateDict weights,
            ModelCard card,
            String sha256,
            List<String> notes,
            Device device)
            throws CheckpointException {
        Layer layer = fitting(architecture, config, weights);
        Arena arena = Arena.open(device);
        try {
            layer.allocate(arena, DataType.FLOAT32);
            StrictLoader.load(weights, layer, architecture::ignorable);
            return new LoadedModel(card, new Typed<>(architecture, config), layer, arena, sha256, notes);
        } catch (CheckpointException | RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    /**
     * Builds a model, without memory yet, and compares every name and shape: what a file does not fill takes no memory.
     *
     * @throws CheckpointException if a name or shape does not fit; the message lists them all
     */
    static <C extends Record> Layer fitting(Architecture<C> architecture, C config, StateDict weights)
            throws CheckpointException {
        Layer layer = build(architecture, config, weights.size());
        StrictLoader.check(weights, layer, architecture::ignorable);
        double given = 0; // no overflow, whatever the shapes
        double filled = 0;
        for (Map.Entry<String, Parameter> parameter : layer.parameters().entrySet()) {
            double size = values(parameter.getValue().shape());
            if (weights.contains(parameter.getKey())) {
                given += size;
            } else {
                filled += size;
            }
        }
        if (filled > FREE_VALUES + TABLE_VALUES * given) {
            throw new CheckpointException(String.format(
                    "the configuration asks for tables of %.0f values beside the %.0f in the file; allowed are %.0f",
                    filled, given, FREE_VALUES + TABLE_VALUES * given));
        }
        return layer;
    }

    private static double values(Shape shape) {
        double values = 1;
        for (long axis : shape.getShape()) {
            values *= axis < 0 ? Double.POSITIVE_INFINITY : axis;
        }
        return values;
    }

    /**
     * Builds a model, without memory yet, that has about as many parts as a file has entries.
     *
     * @throws CheckpointException if it would have far more, or if the configuration makes no model
     */
    static <C extends Record> Layer build(Architecture<C> architecture, C config, int entries)
            throws CheckpointException {
        try {
            return Layer.bounded(
                    FREE_PARTS + PARTS_PER_ENTRY * Math.min(entries, MOST_ENTRIES), () -> architecture.build(config));
        } catch (RuntimeException e) { // whatever a configuration of a stranger leads to
            throw new CheckpointException(
                    "the configuration does not make a model of the architecture " + architecture.id() + ": "
                            + StrictJson.message(e),
                    e);
        }
    }

    /** A family and one of its configurations. */
    private record Typed<C extends Record>(Architecture<C> architecture, C config) {
        private C withOutputs(int outputs) {
            return architecture.withClasses(config, outputs);
        }

        private Layer build(int outputs) {
            return architecture.build(withOutputs(outputs));
        }
    }

    /** The configuration that the network was built from. */
    public Record config() {
        return typed.config;
    }

    /**
     * The configuration with another number of outputs.
     *
     * @throws IllegalArgumentException if the family has no such thing
     */
    public Record configWith(int outputs) {
        return typed.withOutputs(outputs);
    }

    /** A network like this one but for the number of outputs, without memory yet. */
    public Layer buildWith(int outputs) {
        return typed.build(outputs);
    }

    /** What the weights are and expect. */
    public ModelCard card() {
        return card;
    }

    /** The network. */
    public Layer layer() {
        return layer;
    }

    /** Where it computes. */
    public Device device() {
        return arena.device();
    }

    /** Of the file the weights came from. */
    public String sha256() {
        return sha256;
    }

    /** What was done to read the file, one line each. */
    public List<String> notes() {
        return notes;
    }

    /**
     * The network seen as something it can do.
     *
     * @param what in words, for the message
     * @throws IllegalArgumentException if it cannot
     */
    public <T> T as(Class<T> type, String what) {
        if (type.isInstance(layer)) {
            return type.cast(layer);
        }
        throw new IllegalArgumentException("model " + card.name() + " (" + card.title() + ") " + what);
    }

    /**
     * Runs the whole network for what it records on the way.
     *
     * @param image (B, 3, H, W), normalised
     */
    public void run(NDArray image, Pass pass) {
        if (layer instanceof ImageClassifier classifier
                && classifier.classes() == 0
                && layer instanceof Pyramid pyramid) {
            try (NDList maps = pyramid.features(image, pass)) {
                return;
            }
        }
        layer.apply(image, pass).close();
    }

    @Override
    public void close() {
        arena.close();
    }
}
