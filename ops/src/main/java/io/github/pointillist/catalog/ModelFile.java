// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.catalog;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.github.pointillist.models.Architecture;
import io.github.pointillist.models.Architectures;
import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.Plain;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The contents of {@code model.json}, which with {@code weights.safetensors} makes a model folder.
 *
 * @param format always {@value #FORMAT}
 * @param version of the format
 * @param card what the weights are and expect
 * @param config the configuration record of the architecture, under the names of its fields
 * @param weights the file beside this one
 * @param origin where the weights came from
 */
public record ModelFile(
        String format, int version, ModelCard card, JsonObject config, WeightsFile weights, Origin origin) {
    /** What {@link #format} says. */
    public static final String FORMAT = "pointillist-model";
    /** The version written. */
    public static final int VERSION = 1;

    static final String NAME = "model.json";
    static final String WEIGHTS = "weights.safetensors";
    private static final int LARGEST_NUMBER = 1 << 16;
    private static final int LARGEST_LIST = 1024;
    static final long LARGEST_BYTES = 1 << 22;

    /**
     * The file of weights.
     *
     * @param file its name
     * @param sha256 of its bytes
     * @param bytes its size
     * @param entries number of arrays
     */
    public record WeightsFile(String file, String sha256, long bytes, int entries) {}

    /**
     * Where the weights came from.
     *
     * @param file name of the file that was imported
     * @param sha256 of that file
     * @param layout what kind of file it was and which part was taken
     * @param alternatives other sets of weights that the file had
     * @param info what else the file said, such as the epoch
     * @param notes what was done to read it
     */
    public record Origin(
            String file,
            String sha256,
            String layout,
            List<String> alternatives,
            Map<String, String> info,
            List<String> notes) {
        /** Copies the collections; what is absent is empty. */
        public Origin {
            file = Plain.line(file);
            sha256 = Plain.line(sha256);
            layout = Plain.line(layout);
            alternatives = plain("alternatives", alternatives);
            notes = plain("notes", notes);
            if (info != null && info.values().stream().anyMatch(Objects::isNull)) {
                throw new IllegalArgumentException("origin.info has a null; allowed is text");
            }
            info = info == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(info));
        }

        private static List<String> plain(String what, List<String> texts) {
            if (texts != null && texts.stream().anyMatch(Objects::isNull)) {
                throw new IllegalArgumentException("origin." + what + " has a null; allowed is text");
            }
            return texts == null ? List.of() : texts.stream().map(Plain::line).toList();
        }
    }

    /**
     * Reads and checks {@code model.json}.
     *
     * @throws IOException if it cannot be read, or is not such a file; the message is one line
     */
    public static ModelFile read(Path folder) throws IOException {
        Path file = folder.resolve(NAME);
        if (!Files.isRegularFile(file)) {
            throw new IOException(folder + " is no model folder: it has no " + NAME);
        }
        if (Files.size(file) > LARGEST_BYTES) {
            throw new IOException(file + " has " + Files.size(file) + " bytes; allowed are " + LARGEST_BYTES);
        }
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes((int) LARGEST_BYTES); // also where it grows meanwhile
        }
        return parse(new String(bytes, StandardCharsets.UTF_8), file.toString());
    }

    /** The same for the text of the file; {@code file} names it in messages. */
    static ModelFile parse(String text, String file) throws IOException {
        try {
            JsonElement json = StrictJson.parse(text);
            if (!(json instanceof JsonObject object)
                    || !object.has("format")
                    || !object.get("format").equals(new JsonPrimitive(FORMAT))) {
                throw new IOException(file + " is not of the format " + FORMAT);
            }
            ModelFile model = StrictJson.as(json, ModelFile.class);
            if (model.version != VERSION) {
                throw new IOException(file + " is of version " + model.version + " of the format; this program reads "
                        + VERSION + ": take a newer one");
            }
            if (model.card == null || model.config == null || model.weights == null || model.weights.sha256 == null) {
                throw new IOException(file + " lacks card, config or weights");
            }
            if (!WEIGHTS.equals(model.weights.file)) {
                throw new IOException(file + " names the weights " + CheckpointException.quote("" + model.weights.file)
                        + "; allowed is " + WEIGHTS);
            }
            config(model.architecture(), model.config); // a bad one is told where models are listed
            return model;
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " is damaged: " + StrictJson.message(e), e);
        }
    }

    /** The text of the file. */
    String toJson() {
        return new GsonBuilder()
                        .setPrettyPrinting()
                        .disableHtmlEscaping()
                        .create()
                        .toJson(this) + "\n";
    }

    /**
     * The family of the model.
     *
     * @throws IllegalArgumentException if it is not known here
     */
    public Architecture<?> architecture() {
        return Architectures.byId(card.architecture());
    }

    /** Turns a configuration into JSON under the names of its fields. */
    static JsonObject toJson(Record config) {
        return new Gson().toJsonTree(config).getAsJsonObject();
    }

    /**
     * Turns JSON under the names of its fields into a configuration.
     *
     * @throws IllegalArgumentException if it is not one
     */
    static <C extends Record> C config(Architecture<C> architecture, JsonObject json) {
        try {
            checkNumbers("", json);
            C config = StrictJson.as(json, architecture.configType());
            architecture.classes(config); // looks inside
            return config;
        } catch (RuntimeException e) { // whatever a configuration of a stranger leads to
            throw new IllegalArgumentException(
                    "the configuration is not one of the architecture " + architecture.id() + ": "
                            + StrictJson.message(e),
                    e);
        }
    }

    /** No configuration needs larger numbers or longer lists; the products of a few of these fit into a long. */
    static void checkNumbers(String name, JsonElement json) {
        if (json instanceof JsonObject object) {
            object.entrySet().forEach(field -> checkNumbers(field.getKey(), field.getValue()));
        } else if (json instanceof JsonArray array) {
            if (array.size() > LARGEST_LIST) {
                throw new IllegalArgumentException(
                        name + " has " + array.size() + " values; allowed are " + LARGEST_LIST);
            }
            array.forEach(value -> checkNumbers(name, value));
        } else if (json instanceof JsonPrimitive value
                && value.isNumber()
                && !(Math.abs(value.getAsDouble()) <= LARGEST_NUMBER)) {
            throw new IllegalArgumentException(name + " is " + value + "; allowed are numbers up to " + LARGEST_NUMBER);
        }
    }
}
