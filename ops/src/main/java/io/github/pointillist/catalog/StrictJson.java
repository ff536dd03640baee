// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.catalog;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.gson.TypeAdapter;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringReader;
import java.math.BigDecimal;
import java.util.function.Function;

/**
 * JSON of strangers: bounded in depth and size, without names that come twice, and turned into records without a silent
 * change (2.7 and 4294967297 are no int, "5" is no number, NaN and 1e999 are none at all).
 */
final class StrictJson {
    private static final int MAX_DEPTH = 32;
    private static final int MAX_ELEMENTS = 500_000;
    private static final int MAX_NUMBER_CHARS = 64;

    private static final Gson GSON = gson();

    private final JsonReader reader;
    private int elements;

    private StrictJson(String text) {
        this.reader = new JsonReader(new StringReader(text));
    }

    /**
     * Reads one document.
     *
     * @throws IllegalArgumentException if it is none, or too deep or too large
     */
    static JsonElement parse(String text) {
        StrictJson json = new StrictJson(text);
        try {
            JsonElement element = json.element(0);
            if (json.reader.peek() != JsonToken.END_DOCUMENT) {
                throw new IllegalArgumentException("something comes after its end");
            }
            return element;
        } catch (IOException | IllegalStateException e) {
            throw new IllegalArgumentException("it is no valid JSON: " + message(e)); // not as the cause: see message
        }
    }

    /**
     * Turns JSON into a record whose constructor checks it.
     *
     * @throws IllegalArgumentException if it is none
     */
    static <T> T as(JsonElement json, Class<T> type) {
        try {
            return GSON.fromJson(json, type);
        } catch (RuntimeException e) { // Gson wraps what the record's constructor throws
            throw new IllegalArgumentException(message(e), e);
        }
    }

    /** One line that says what is wrong: that of the deepest cause. */
    static String message(Throwable thrown) {
        Throwable deepest = thrown;
        while (deepest.getCause() != null && deepest.getCause() != deepest) {
            deepest = deepest.getCause();
        }
        String message = deepest.getMessage();
        if (message == null || deepest instanceof NullPointerException) {
            return deepest instanceof NullPointerException
                    ? "a value is missing or null"
                    : "it leads to " + deepest.getClass().getSimpleName();
        }
        String line = message.replaceAll("\\s+", " ");
        return line.length() > 1000 ? line.substring(0, 1000) + "..." : line;
    }

    private JsonElement element(int depth) throws IOException {
        if (depth > MAX_DEPTH) {
            throw new IllegalArgumentException("it is nested more than " + MAX_DEPTH + " deep");
        }
        if (++elements > MAX_ELEMENTS) {
            throw new IllegalArgumentException("it has more than " + MAX_ELEMENTS + " values");
        }
        return switch (reader.peek()) {
            case BEGIN_OBJECT -> object(depth);
            case BEGIN_ARRAY -> {
                JsonArray array = new JsonArray();
                reader.beginArray();
                while (reader.hasNext()) {
                    array.add(element(depth + 1));
                }
                reader.endArray();
                yield array;
            }
            case STRING -> new JsonPrimitive(reader.nextString());
            case NUMBER -> new JsonPrimitive(number(reader.nextString()));
            case BOOLEAN -> new JsonPrimitive(reader.nextBoolean());
            case NULL -> {
                reader.nextNull();
                yield JsonNull.INSTANCE;
            }
            default -> throw new IllegalArgumentException("it has something else in place of a value");
        };
    }

    private JsonObject object(int depth) throws IOException {
        JsonObject object = new JsonObject();
        reader.beginObject();
        while (reader.hasNext()) {
            String name = reader.nextName();
            if (object.has(name)) {
                throw new IllegalArgumentException("it has " + name + " twice");
            }
            object.add(name, element(depth + 1));
        }
        reader.endObject();
        return object;
    }

    private static BigDecimal number(String digits) {
        try {
            if (digits.length() <= MAX_NUMBER_CHARS) {
                return new BigDecimal(digits);
            }
        } catch (NumberFormatException e) { // an exponent of more than 32 bits
            throw new IllegalArgumentException("it has the number " + digits); // likewise
        }
        throw new IllegalArgumentException("it has a number of " + digits.length() + " characters");
    }

    // ---- values without a silent change

    private static Gson gson() {
        return new GsonBuilder()
                .disableHtmlEscaping()
                .registerTypeAdapter(int.class, numbers("a whole number below 2^31", Integer::valueOf))
                .registerTypeAdapter(Integer.class, numbers("a whole number below 2^31", Integer::valueOf))
                .registerTypeAdapter(long.class, numbers("a whole number", Long::valueOf))
                .registerTypeAdapter(double.class, numbers("a finite number", StrictJson::finite))
                .registerTypeAdapter(Double.class, numbers("a finite number", StrictJson::finite))
                .registerTypeAdapter(float.class, numbers("a finite number", StrictJson::finiteFloat))
                .registerTypeAdapter(Float.class, numbers("a finite number", StrictJson::finiteFloat))
                .registerTypeAdapter(boolean.class, new Values<>(JsonToken.BOOLEAN, "true or false", Boolean::valueOf))
                .registerTypeAdapter(Boolean.class, new Values<>(JsonToken.BOOLEAN, "true or false", Boolean::valueOf))
                .registerTypeAdapter(String.class, new Values<>(JsonToken.STRING, "text", text -> text))
                .create();
    }

    private static <T> Values<T> numbers(String wanted, Function<String, T> read) {
        return new Values<>(JsonToken.NUMBER, wanted, read);
    }

    private static Double finite(String text) {
        double value = Double.parseDouble(text);
        if (!Double.isFinite(value)) {
            throw new NumberFormatException();
        }
        return value;
    }

    private static Float finiteFloat(String text) {
        float value = Float.parseFloat(text);
        if (!Float.isFinite(value)) {
            throw new NumberFormatException();
        }
        return value;
    }

    /** Reads tokens of one kind. */
    private static final class Values<T> extends TypeAdapter<T> {
        private final JsonToken kind;
        private final String wanted;
        private final Function<String, T> read;

        private Values(JsonToken kind, String wanted, Function<String, T> read) {
            this.kind = kind;
            this.wanted = wanted;
            this.read = read;
        }

        @Override
        public T read(JsonReader in) throws IOException {
            JsonToken token = in.peek();
            if (token == JsonToken.NULL) {
                in.nextNull();
                return null;
            }
            String where = in.getPath();
            if (token != kind) {
                throw new IllegalArgumentException(where + " must be " + wanted);
            }
            String text = kind == JsonToken.BOOLEAN ? String.valueOf(in.nextBoolean()) : in.nextString();
            try {
                return read.apply(text);
            } catch (NumberFormatException e) {
                // Not as the cause: its own message says less.
                throw new IllegalArgumentException(where + " is " + text + "; it must be " + wanted);
            }
        }

        @Override
        public void write(JsonWriter out, T value) {
            throw new UnsupportedOperationException("for reading only");
        }
    }
}
