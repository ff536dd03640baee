// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import com.google.gson.JsonObject;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.StateDict;
import java.util.List;
import java.util.Map;

/**
 * A family of models: what it is called, which variants are official, how a file of its weights is told and read.
 *
 * @param <C> the configuration record, which Gson can write and read
 */
public interface Architecture<C extends Record> {
    /**
     * What a file turned out to hold.
     *
     * @param config what to build
     * @param variant the official name of the variant, or "custom"
     * @param weights the state dict under the names of the model
     * @param notes what was done to read the file, one line each; empty where names and shapes were current
     */
    record Recognised<C>(C config, String variant, StateDict weights, List<String> notes) {
        /** Copies the notes. */
        public Recognised {
            notes = List.copyOf(notes);
        }
    }

    /** The short name in model folders and on the command line: lower case, "sec-swin". */
    String id();

    /** The class of the configuration. */
    Class<C> configType();

    /** The official variants by their names in the reference implementation, in its order. */
    Map<String, C> variants();

    /**
     * A configuration under the names of the reference implementation's constructor.
     *
     * @throws IllegalArgumentException if a field is missing or not allowed
     */
    C fromJson(JsonObject official);

    /** What its models are for, in the words of the cards. */
    default String task() {
        return "classification";
    }

    /** Whether the names in a state dict are those of this family, under the prefixes its official files use. */
    boolean recognises(StateDict weights);

    /**
     * Reads a file of this family.
     *
     * @param variant an official name, or null to tell it from the file
     * @param config the configuration where the user gives one, which then is taken; else null
     * @throws CheckpointException if the file does not fit, or if it does not say what the variant is
     */
    Recognised<C> recognise(Checkpoint checkpoint, String variant, C config) throws CheckpointException;

    /** Number of classes of a configuration, 0 for a backbone. */
    int classes(C config);

    /**
     * A configuration with another number of classes, for training on other labels.
     *
     * @throws IllegalArgumentException if the family is not trained here
     */
    default C withClasses(C config, int classes) {
        throw new IllegalArgumentException("models of the family " + id()
                + " cannot be trained here; choose a model for" + " segmentation, such as nuclei");
    }

    /** The model, without memory yet: see {@link Layer#allocate}. */
    Layer build(C config);

    /** Entries of the state dict that may be absent or are left aside, such as index buffers that depend on the size. */
    default boolean ignorable(String name) {
        return false;
    }
}
