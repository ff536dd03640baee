// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import com.google.gson.stream.MalformedJsonException;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The safetensors format, after its specification: eight bytes with the length of a JSON header, the header (type,
 * shape and place of every tensor, and optional text), then the values without gaps.
 */
public final class SafeTensors {
    private static final int MAX_HEADER = 100_000_000;
    private static final int MAX_AXES = 32;
    private static final Pattern INTEGER = Pattern.compile("-?(?:0|[1-9][0-9]*+)");
    private static final String METADATA = "__metadata__";

    private static final Map<String, DataType> TYPES = Map.ofEntries(
            Map.entry("F64", DataType.FLOAT64),
            Map.entry("F32", DataType.FLOAT32),
            Map.entry("F16", DataType.FLOAT16),
            Map.entry("BF16", DataType.BFLOAT16),
            Map.entry("I64", DataType.INT64),
            Map.entry("I32", DataType.INT32),
            Map.entry("I16", DataType.INT16),
            Map.entry("I8", DataType.INT8),
            Map.entry("U64", DataType.UINT64),
            Map.entry("U32", DataType.UINT32),
            Map.entry("U16", DataType.UINT16),
            Map.entry("U8", DataType.UINT8),
            Map.entry("BOOL", DataType.BOOLEAN));

    private SafeTensors() {}

    /** What a file holds. */
    record Contents(StateDict weights, Map<String, String> metadata) {}

    private record Place(String name, DataType type, long[] shape, long begin, long end) {}

    /** Whether the file starts like one: a header of a length that fits, beginning with a brace. */
    static boolean isOne(Bytes file) throws IOException {
        if (file.size() < Long.BYTES + 2) {
            return false;
        }
        ByteBuffer head = file.read(0, Long.BYTES + 1);
        long length = head.getLong(0);
        return length >= 2 && length <= file.size() - Long.BYTES && head.get(Long.BYTES) == '{';
    }

    /** Reads a file and checks that its tensors fill it exactly. */
    static Contents read(Bytes file) throws IOException {
        long length = file.read(0, Long.BYTES).getLong(0);
        if (length > MAX_HEADER) {
            throw damaged("a header of " + length + " bytes; allowed are " + MAX_HEADER);
        }
        Map<String, String> metadata = new LinkedHashMap<>();
        Map<String, Place> named = new LinkedHashMap<>();
        InputStream header =
                new ByteArrayInputStream(file.read(Long.BYTES, length).array());
        try (JsonReader json = new JsonReader(new InputStreamReader(header, StandardCharsets.UTF_8))) {
            parse(json, named, metadata);
        } catch (MalformedJsonException | EOFException | IllegalStateException | NumberFormatException e) {
            throw new CheckpointException("the safetensors file has a header that is no valid JSON of its kind", e);
        }
        Collection<Place> places = named.values();
        Bytes data = file.slice(Long.BYTES + length, file.size() - Long.BYTES - length);
        check(places, data.size());
        List<TensorEntry> entries = new ArrayList<>();
        for (Place place : places) {
            ByteBuffer values = data.read(place.begin, place.end - place.begin);
            entries.add(new TensorEntry(place.name, place.type, new Shape(place.shape), values));
        }
        return new Contents(StateDict.of(entries), metadata);
    }

    private static void parse(JsonReader json, Map<String, Place> places, Map<String, String> metadata)
            throws IOException {
        boolean described = false;
        json.beginObject();
        while (json.hasNext()) {
            String name = json.nextName();
            if (!name.equals(METADATA)) {
                if (places.put(name, parsePlace(name, json)) != null) {
                    throw damaged("two tensors named " + CheckpointException.quote(name));
                }
                continue;
            }
            if (described) {
                throw damaged("two entries " + METADATA);
            }
            described = true;
            json.beginObject();
            while (json.hasNext()) {
                String key = json.nextName();
                if (metadata.put(key, text(json, METADATA)) != null) {
                    throw damaged("two texts named " + CheckpointException.quote(key) + " in " + METADATA);
                }
            }
            json.endObject();
        }
        json.endObject();
        if (json.peek() != JsonToken.END_DOCUMENT) {
            throw damaged("a header that goes on after its end");
        }
    }

    private static Place parsePlace(String name, JsonReader json) throws IOException {
        DataType type = null;
        long[] shape = null;
        long[] offsets = null;
        json.beginObject();
        while (json.hasNext()) {
            String field = json.nextName();
            boolean twice = false;
            switch (field) {
                case "dtype" -> {
                    twice = type != null;
                    type = type(name, text(json, field));
                }
                case "shape" -> {
                    twice = shape != null;
                    shape = integers(json);
                }
                case "data_offsets" -> {
                    twice = offsets != null;
                    offsets = integers(json);
                }
                default ->
                    throw damaged("tensor " + CheckpointException.quote(name) + " with an unknown field "
                            + CheckpointException.quote(field));
            }
            if (twice) {
                throw damaged("tensor " + CheckpointException.quote(name) + " with two fields " + field);
            }
        }
        json.endObject();
        if (type == null || shape == null || offsets == null || offsets.length != 2) {
            throw damaged("tensor " + CheckpointException.quote(name) + " without type, shape or two offsets");
        }
        return new Place(name, type, shape, offsets[0], offsets[1]);
    }

    private static DataType type(String name, String given) throws CheckpointException {
        DataType type = TYPES.get(given);
        if (type == null) {
            throw damaged("tensor " + CheckpointException.quote(name) + " of type " + CheckpointException.quote(given)
                    + "; allowed are " + TYPES.keySet().stream().sorted().toList()
                    + (given.startsWith("F8") || given.startsWith("F4") || given.startsWith("F6")
                            ? ": save it in BF16, F16 or F32"
                            : ""));
        }
        return type;
    }

    private static String text(JsonReader json, String where) throws IOException {
        if (json.peek() != JsonToken.STRING) {
            throw damaged("something else than text in " + where);
        }
        return json.nextString();
    }

    private static long[] integers(JsonReader json) throws IOException {
        List<Long> values = new ArrayList<>();
        json.beginArray();
        while (json.hasNext()) {
            if (json.peek() != JsonToken.NUMBER || values.size() == MAX_AXES) {
                throw damaged("a shape or place that is no list of at most " + MAX_AXES + " integers");
            }
            String digits = json.nextString(); // as it stands: nextLong would take 1.0 and 4e0
            if (!INTEGER.matcher(digits).matches()) {
                throw damaged("the number " + CheckpointException.quote(digits) + " in a shape or place; allowed are"
                        + " integers");
            }
            values.add(Long.parseLong(digits));
        }
        json.endArray();
        return values.stream().mapToLong(Long::longValue).toArray();
    }

    private static void check(Collection<Place> places, long bytes) throws CheckpointException {
        List<Place> inOrder = new ArrayList<>(places);
        inOrder.sort(Comparator.comparingLong(Place::begin).thenComparingLong(Place::end));
        long at = 0;
        for (Place place : inOrder) {
            String name = CheckpointException.quote(place.name);
            if (place.begin != at || place.end < place.begin || place.end > bytes) {
                throw damaged("tensor " + name + " at bytes " + place.begin + " to " + place.end + " where " + at
                        + " comes next and " + bytes + " is the end; allowed are no gaps and no overlaps");
            }
            try {
                if (Strided.byteCount(place.shape, place.type.getNumOfBytes()) != place.end - place.begin) {
                    throw damaged("tensor " + name + " whose shape does not fill its bytes");
                }
            } catch (ArithmeticException e) {
                throw new CheckpointException("the safetensors file has tensor " + name + " of an impossible shape", e);
            }
            at = place.end;
        }
        if (at != bytes) {
            throw damaged(bytes - at + " bytes after the last tensor");
        }
    }

    private static CheckpointException damaged(String what) {
        return new CheckpointException("the safetensors file has " + what);
    }

    /**
     * Writes a state dict. The bytes depend on the arguments only. The file appears under its name when it is
     * complete; a file of that name is replaced.
     *
     * @param metadata text for the header, such as the epoch
     * @throws IllegalArgumentException if an entry is named as the header's own text is
     */
    public static void write(StateDict weights, Map<String, String> metadata, Path file) throws IOException {
        if (weights.contains(METADATA)) {
            throw new IllegalArgumentException("an entry is named " + METADATA + ", which the format keeps for itself");
        }
        // Wide types first, as the official writer does, so that every tensor is aligned.
        List<TensorEntry> inFile = new ArrayList<>(weights.entries());
        inFile.sort(Comparator.comparingInt(entry -> -entry.dtype().getNumOfBytes()));
        byte[] header = header(weights, new TreeMap<>(metadata), inFile);
        Path target = file.toAbsolutePath();
        Path part = FreshFiles.file(target.getParent(), target.getFileName() + ".", ".part");
        try {
            try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
                ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                writeAll(channel, length.putLong(0, header.length));
                writeAll(channel, ByteBuffer.wrap(header));
                for (TensorEntry entry : inFile) {
                    writeAll(channel, entry.data());
                }
                channel.force(true);
            }
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private static byte[] header(StateDict weights, Map<String, String> metadata, List<TensorEntry> inFile)
            throws IOException {
        Map<String, Long> begins = new HashMap<>();
        long at = 0;
        for (TensorEntry entry : inFile) {
            begins.put(entry.name(), at);
            at += entry.data().remaining();
        }
        StringWriter text = new StringWriter();
        try (JsonWriter json = new JsonWriter(text)) {
            json.beginObject();
            if (!metadata.isEmpty()) {
                json.name(METADATA).beginObject();
                for (Map.Entry<String, String> item : metadata.entrySet()) {
                    json.name(item.getKey()).value(item.getValue());
                }
                json.endObject();
            }
            for (TensorEntry entry : weights.entries()) {
                long begin = begins.get(entry.name());
                json.name(entry.name()).beginObject();
                json.name("dtype").value(typeName(entry.dtype()));
                json.name("shape").beginArray();
                for (long axis : entry.shape().getShape()) {
                    json.value(axis);
                }
                json.endArray();
                json.name("data_offsets").beginArray();
                json.value(begin).value(begin + entry.data().remaining());
                json.endArray().endObject();
            }
            json.endObject();
        }
        // Spaces up to a multiple of eight bytes, so that the values are aligned.
        byte[] header = text.toString().getBytes(StandardCharsets.UTF_8);
        int padding = Math.floorMod(-header.length, Long.BYTES);
        return (text + " ".repeat(padding)).getBytes(StandardCharsets.UTF_8);
    }

    private static String typeName(DataType type) {
        return TYPES.entrySet().stream()
                .filter(item -> item.getValue() == type)
                .findFirst()
                .orElseThrow()
                .getKey();
    }

    private static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
