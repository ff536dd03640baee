// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.function.Function;

/** Reads fields of a configuration and says which one is missing or not as it should be. */
final class ConfigJson {
    private ConfigJson() {}

    /** A field that must be there. */
    static JsonElement required(JsonObject json, String key) {
        JsonElement element = json.get(key);
        if (element == null || element.isJsonNull()) {
            throw new IllegalArgumentException("the configuration has no " + key + "; it has " + json.keySet());
        }
        return element;
    }

    /** A whole number that must be there. */
    static int integer(JsonObject json, String key) {
        return read(json, key, "a whole number", JsonElement::getAsInt);
    }

    /** A list of whole numbers that must be there. */
    static List<Integer> integers(JsonObject json, String key) {
        return read(json, key, "a list of whole numbers", element -> element.getAsJsonArray().asList().stream()
                .map(JsonElement::getAsInt)
                .toList());
    }

    /** A whole number, or another where the field is absent or null. */
    static int integer(JsonObject json, String key, int otherwise) {
        return has(json, key) ? integer(json, key) : otherwise;
    }

    /** True or false, or another where the field is absent or null. */
    static boolean flag(JsonObject json, String key, boolean otherwise) {
        return has(json, key) ? read(json, key, "true or false", JsonElement::getAsBoolean) : otherwise;
    }

    /** Text, or another where the field is absent or null. */
    static String text(JsonObject json, String key, String otherwise) {
        return has(json, key) ? read(json, key, "text", JsonElement::getAsString) : otherwise;
    }

    private static boolean has(JsonObject json, String key) {
        return json.has(key) && !json.get(key).isJsonNull();
    }

    private static <T> T read(JsonObject json, String key, String wanted, Function<JsonElement, T> as) {
        JsonElement element = required(json, key);
        try {
            return as.apply(element);
        } catch (IllegalStateException | UnsupportedOperationException | NumberFormatException e) {
            throw new IllegalArgumentException(key + " is " + element + "; it must be " + wanted, e);
        }
    }
}
