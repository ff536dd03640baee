// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Collections;
import java.util.List;

/** Reads the arguments of a reference implementation's constructor from JSON; a wrong one is refused in one line. */
final class OfficialJson {
    private final JsonObject json;

    OfficialJson(JsonObject json) {
        this.json = json;
    }

    boolean has(String key) {
        return json.has(key) && !json.get(key).isJsonNull();
    }

    /** A whole number. */
    int integer(String key) {
        return read(key, JsonElement::getAsInt, "a whole number");
    }

    /** A whole number; {@code otherwise} where there is none. */
    int integer(String key, int otherwise) {
        return has(key) ? integer(key) : otherwise;
    }

    /** A number; {@code otherwise} where there is none. */
    double decimal(String key, double otherwise) {
        return has(key) ? read(key, JsonElement::getAsDouble, "a number") : otherwise;
    }

    /** A word; {@code otherwise} where there is none. */
    String text(String key, String otherwise) {
        return has(key) ? read(key, JsonElement::getAsString, "a word") : otherwise;
    }

    /** Yes or no; {@code otherwise} where there is none. */
    boolean flag(String key, boolean otherwise) {
        return has(key) ? read(key, JsonElement::getAsBoolean, "true or false") : otherwise;
    }

    /** A list of whole numbers. */
    List<Integer> integers(String key) {
        return read(
                key,
                value -> value.getAsJsonArray().asList().stream()
                        .map(JsonElement::getAsInt)
                        .toList(),
                "a list of whole numbers");
    }

    /** A list of whole numbers, or one for all {@code count}. */
    List<Integer> integers(String key, int count) {
        return has(key) && json.get(key).isJsonPrimitive() ? Collections.nCopies(count, integer(key)) : integers(key);
    }

    /** A list of words. */
    List<String> texts(String key) {
        return read(
                key,
                value -> value.getAsJsonArray().asList().stream()
                        .map(JsonElement::getAsString)
                        .toList(),
                "a list of words");
    }

    private interface Reader<T> {
        T read(JsonElement element);
    }

    private <T> T read(String key, Reader<T> reader, String wanted) {
        if (!has(key)) {
            throw new IllegalArgumentException("the configuration has no " + key + "; it has " + json.keySet());
        }
        try {
            return reader.read(json.get(key));
        } catch (IllegalStateException | NumberFormatException | UnsupportedOperationException e) {
            throw new IllegalArgumentException(key + " is " + json.get(key) + "; it must be " + wanted, e);
        }
    }
}
