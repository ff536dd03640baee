// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Collections;
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
        return read(json, key, "a whole number", ConfigJson::exact);
    }

    /** A list of whole numbers that must be there. */
    static List<Integer> integers(JsonObject json, String key) {
        return read(json, key, "a list of whole numbers", element -> element.getAsJsonArray().asList().stream()
                .map(ConfigJson::exact)
                .toList());
    }

    /** A whole number, or another where the field is absent or null. */
    static int integer(JsonObject json, String key, int otherwise) {
        return has(json, key) ? integer(json, key) : otherwise;
    }

    /** True or false, or another where the field is absent or null. */
    static boolean flag(JsonObject json, String key, boolean otherwise) {
        return has(json, key) ? read(json, key, "true or false", ConfigJson::strict) : otherwise;
    }

    /** Text, or another where the field is absent or null. */
    static String text(JsonObject json, String key, String otherwise) {
        return has(json, key) ? read(json, key, "text", JsonElement::getAsString) : otherwise;
    }

    /** A list of whole numbers, or one for all {@code count}. */
    static List<Integer> integers(JsonObject json, String key, int count) {
        return has(json, key) && json.get(key).isJsonPrimitive()
                ? Collections.nCopies(count, integer(json, key))
                : integers(json, key);
    }

    /** A height and a width; one number is both. */
    static List<Integer> sides(JsonObject json, String key) {
        List<Integer> sides = integers(json, key, 2);
        if (sides.size() != 2) {
            throw new IllegalArgumentException(key + " is " + sides + "; it must be one number, or height and width");
        }
        return sides;
    }

    /** A number, or another where the field is absent or null. */
    static double decimal(JsonObject json, String key, double otherwise) {
        return has(json, key) ? read(json, key, "a number", JsonElement::getAsDouble) : otherwise;
    }

    /** A list of words that must be there. */
    static List<String> texts(JsonObject json, String key) {
        return read(json, key, "a list of words", element -> element.getAsJsonArray().asList().stream()
                .map(JsonElement::getAsString)
                .toList());
    }

    /** A list of true and false that must be there. */
    static List<Boolean> flags(JsonObject json, String key) {
        return read(json, key, "a list of true and false", element -> element.getAsJsonArray().asList().stream()
                .map(ConfigJson::strict)
                .toList());
    }

    /** Gson cuts off what is behind the point, and what 32 bits do not hold. */
    private static int exact(JsonElement element) {
        return element.getAsBigDecimal().intValueExact();
    }

    /** Gson takes any word for false. */
    private static boolean strict(JsonElement element) {
        if (!element.getAsJsonPrimitive().isBoolean()) {
            throw new IllegalStateException("neither true nor false");
        }
        return element.getAsBoolean();
    }

    /** Whether a field is there and not null. */
    static boolean has(JsonObject json, String key) {
        return json.has(key) && !json.get(key).isJsonNull();
    }

    private static <T> T read(JsonObject json, String key, String wanted, Function<JsonElement, T> as) {
        JsonElement element = required(json, key);
        try {
            return as.apply(element);
        } catch (IllegalStateException
                | UnsupportedOperationException
                | NumberFormatException
                | ArithmeticException e) {
            throw new IllegalArgumentException(key + " is " + element + "; it must be " + wanted, e);
        }
    }
}
