// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.parity;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.weights.Npz;
import io.github.pointillist.weights.StateDict;
import io.github.pointillist.weights.TensorEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One golden case: how the reference outputs of an official implementation were made (case.json) and what they are
 * (tensors.npz). Field names as RULE.md beside the cases lists them; where a fact goes by several names, all are read.
 */
public final class GoldenCase {
    static final String FILE = "case.json";
    private static final Pattern IN_CHECKPOINT = Pattern.compile("in checkpoint (\\S+)");
    private static final List<String> ENDINGS = List.of(".pth", ".pth.tar", ".pt", ".pkl", ".safetensors");
    private static final Pattern IMAGE_RULE =
            Pattern.compile("\\s*(?:([0-9.]+)\\s*\\*\\s*)?fill\\.image\\(.*'([^']*)'\\s*\\).*", Pattern.DOTALL);

    /**
     * An input.
     *
     * @param name the name its values come from by the rule; null where they are stored
     */
    public record Input(String key, String name, List<Long> shape, String rule) {}

    /**
     * A reference output.
     *
     * @param shape of the output itself; what is stored may be a part of it
     * @param slice which part is stored, in Python's words such as "[:, ::2]"; null for the first entries of every axis
     * @param maxAbs the greatest magnitude of the whole output
     * @param float32Diff how far the official code in float32 is from float64; 0 where the case does not say
     * @param mismatch the share of decisions that differ between them; 0 where the case does not say
     */
    public record Output(
            String key,
            List<Long> shape,
            String meaning,
            String slice,
            double maxAbs,
            double float32Diff,
            double mismatch) {}

    /** A decision that any rounding may flip: the flat index in an assignment call, and the margin in float64. */
    public record NearTie(int call, long index, double margin) {}

    private final Path dir;
    private final JsonObject json;
    private final StateDict arrays;
    private final Map<String, Input> inputs = new LinkedHashMap<>();
    private final Map<String, Output> outputs = new LinkedHashMap<>();
    private final List<NearTie> nearTies = new ArrayList<>();

    private GoldenCase(Path dir, JsonObject json, StateDict arrays) {
        this.dir = dir;
        this.json = json;
        this.arrays = arrays;
        for (JsonElement element : array(json, "inputs")) {
            JsonObject input = element.getAsJsonObject();
            String key = input.get("key").getAsString();
            inputs.put(key, new Input(key, text(input, "name"), longs(input, "shape"), text(input, "rule")));
        }
        for (JsonElement element : array(json, "outputs")) {
            Output output = output(element.getAsJsonObject());
            outputs.put(output.key, output);
        }
        for (JsonElement element : array(json, "near_ties_below_1e-5")) {
            JsonArray tie = element.getAsJsonArray();
            nearTies.add(new NearTie(
                    tie.get(0).getAsInt(), tie.get(1).getAsLong(), tie.get(2).getAsDouble()));
        }
    }

    /**
     * Reads the case in a folder.
     *
     * @throws IOException if a file is missing or damaged, or a field is not what it should be; the message is one line
     */
    public static GoldenCase read(Path dir) throws IOException {
        try {
            JsonElement root = JsonParser.parseString(Files.readString(dir.resolve(FILE)));
            return new GoldenCase(dir, root.getAsJsonObject(), Npz.read(dir.resolve("tensors.npz")));
        } catch (JsonParseException
                | IllegalStateException
                | UnsupportedOperationException
                | NumberFormatException
                | NullPointerException e) {
            // Gson says in these ways that a field is missing or of another kind.
            throw new IOException(
                    FILE + " is broken: " + String.valueOf(e.getMessage()).replaceAll("\\s+", " "), e);
        }
    }

    private Output output(JsonObject output) {
        String key = output.get("key").getAsString();
        double diff = firstNumber(output, "float32_abs_diff", "float32_max_abs_diff")
                .or(() -> Optional.ofNullable(json.getAsJsonObject("float32_diff_by_output"))
                        .flatMap(byOutput -> firstNumber(byOutput, key)))
                .orElse(0.0);
        double mismatch = firstNumber(output, "float32_mismatch")
                .or(() -> key.contains("edge") ? firstNumber(json, "float32_knn_set_mismatch") : Optional.empty())
                .or(() -> firstNumber(json, "float32_assignment_mismatch"))
                .orElse(0.0);
        double maxAbs = firstNumber(output, "max_abs", "abs_max").orElseGet(() -> maxAbs(arrays.get(key)));
        return new Output(
                key, longs(output, "shape"), text(output, "meaning"), text(output, "stored"), maxAbs, diff, mismatch);
    }

    private static double maxAbs(TensorEntry stored) {
        double max = 0;
        for (double value : stored.doubles()) {
            max = Double.isFinite(value) ? Math.max(max, Math.abs(value)) : max;
        }
        return max;
    }

    /** The folder. */
    public Path dir() {
        return dir;
    }

    /** The folder and the one above it, "coc/tiny-224". */
    public String name() {
        Path full = dir.toAbsolutePath().normalize();
        int names = full.getNameCount();
        return names < 2 ? full.toString() : full.subpath(names - 2, names).toString();
    }

    /** The paper's system, such as "coc". */
    public String system() {
        return json.get("system").getAsString();
    }

    /** The model variant, or the part of the system that the case is about. */
    public String variant() {
        return json.get("variant").getAsString();
    }

    /** Everything needed to build the thing. */
    public JsonObject config() {
        return json.getAsJsonObject("config");
    }

    /** The whole of case.json, for fields that only one system has. */
    public JsonObject json() {
        return json;
    }

    /** What the authors of the case say about it; may be empty. */
    public String notes() {
        return Optional.ofNullable(text(json, "notes")).orElse("");
    }

    /** The inputs by key, in order. */
    public Map<String, Input> inputs() {
        return inputs;
    }

    /** The outputs by key, in order. */
    public Map<String, Output> outputs() {
        return outputs;
    }

    /**
     * The output of this key.
     *
     * @throws IllegalArgumentException if the case has none
     */
    public Output output(String key) {
        Output output = outputs.get(key);
        if (output == null) {
            throw new IllegalArgumentException(name() + " has no output " + key + "; it has " + outputs.keySet());
        }
        return output;
    }

    /** The decisions that any rounding may flip. */
    public List<NearTie> nearTies() {
        return nearTies;
    }

    /** How many decisions the assignment calls make together, where the case says so. */
    public Optional<Long> decisions() {
        return firstNumber(json, "assignment_decisions").map(Double::longValue);
    }

    /** The share of assignments that differ between the official code in float32 and in float64. */
    public double assignmentMismatch() {
        return firstNumber(json, "float32_assignment_mismatch").orElse(0.0);
    }

    /** All stored arrays: reference outputs and stored inputs. */
    public StateDict arrays() {
        return arrays;
    }

    /** The stored values of an output. */
    public TensorEntry golden(String key) {
        return arrays.get(output(key).key);
    }

    /**
     * An input, stored or made by the rule.
     *
     * @throws IllegalArgumentException if the case has no such input, or its rule is not known
     */
    public TensorEntry input(String key) {
        Input input = inputs.get(key);
        if (input == null) {
            throw new IllegalArgumentException(name() + " has no input " + key + "; it has " + inputs.keySet());
        }
        Optional<TensorEntry> stored = arrays.find(key);
        if (stored.isPresent()) {
            return stored.get();
        }
        // The name in the rule is the one that counts: some cases add a prefix to it there.
        Matcher rule = IMAGE_RULE.matcher(input.rule == null ? "" : input.rule);
        String name = rule.matches() ? rule.group(2) : input.name;
        if (name == null) {
            throw new IllegalArgumentException(
                    name() + ": input " + key + " is not stored and has no rule that is known: " + input.rule);
        }
        double factor = rule.matches() && rule.group(1) != null ? Double.parseDouble(rule.group(1)) : 1;
        long[] shape = input.shape.stream().mapToLong(Long::longValue).toArray();
        return GoldenRule.scaled(GoldenRule.image(name, shape), factor);
    }

    /**
     * An input in native memory: floating-point ones in the type to compute in, others as they are.
     *
     * @throws IllegalArgumentException as {@link #input(String)}
     */
    public NDArray input(String key, Arena arena, DataType type) {
        TensorEntry entry = input(key);
        if (!entry.dtype().isFloating()) {
            return arena.array(entry.data(), entry.dtype(), entry.shape());
        }
        long[] shape = entry.shape().getShape();
        return type == DataType.FLOAT64 ? arena.array(entry.doubles(), shape) : arena.array(entry.floats(), shape);
    }

    /**
     * The file the weights come from, for cases whose weights are not filled: the one that the case names, in a field or
     * in its variant ("... in checkpoint FILE", in the folder or beside it), or one beside the folder with the folder's
     * name and an ending.
     */
    public Optional<Path> checkpoint() {
        String named = text(json, "checkpoint");
        if (named != null) {
            return Optional.of(dir.resolve(named).normalize());
        }
        Path full = dir.toAbsolutePath().normalize();
        Matcher variant = IN_CHECKPOINT.matcher(variant());
        Stream<Path> candidates = variant.find()
                ? Stream.of(full.resolve(variant.group(1)), full.resolveSibling(variant.group(1)))
                : ENDINGS.stream().map(ending -> full.resolveSibling(full.getFileName() + ending));
        return candidates.filter(Files::isRegularFile).findFirst();
    }

    /** The state-dict entries that are not filled but left as the constructor makes them. */
    public Predicate<String> keep() {
        Predicate<String> keep = name -> false;
        for (JsonElement part : array(json, "kept_as_built")) {
            String text = part.getAsString();
            keep = keep.or(name -> name.contains(text));
        }
        for (JsonObject weights : weights()) {
            for (JsonElement part : array(weights, "keep")) {
                keep = keep.or(matching(part.getAsJsonObject()));
            }
        }
        return keep;
    }

    /** The factor on the filled values of an entry; where several apply, their product. */
    public ToDoubleFunction<String> scale() {
        record Rule(Predicate<String> matches, double factor) {}
        List<Rule> rules = new ArrayList<>();
        for (JsonObject weights : weights()) {
            for (JsonElement part : array(weights, "scale")) {
                JsonObject rule = part.getAsJsonObject();
                rules.add(new Rule(matching(rule), rule.get("factor").getAsDouble()));
            }
        }
        return name -> {
            double factor = 1;
            for (Rule rule : rules) {
                factor *= rule.matches.test(name) ? rule.factor : 1;
            }
            return factor;
        };
    }

    private List<JsonObject> weights() {
        List<JsonObject> found = new ArrayList<>();
        for (JsonObject holder : new JsonObject[] {json, config()}) {
            if (holder != null && holder.get("weights") instanceof JsonObject) {
                found.add(holder.getAsJsonObject("weights"));
            }
        }
        return found;
    }

    private static Predicate<String> matching(JsonObject rule) {
        for (String field : rule.keySet()) {
            JsonElement value = rule.get(field);
            String text = value.getAsString();
            switch (field) {
                case "contains" -> {
                    return name -> name.contains(text);
                }
                case "endsWith", "ends_with" -> {
                    return name -> name.endsWith(text);
                }
                case "startsWith", "starts_with" -> {
                    return name -> name.startsWith(text);
                }
                case "equals", "name" -> {
                    return name -> name.equals(text);
                }
                default -> {
                    // Not the part that says which names are meant.
                }
            }
        }
        throw new IllegalStateException("a rule without contains, endsWith, startsWith or equals: " + rule);
    }

    // ---- JSON

    private static JsonArray array(JsonObject object, String field) {
        return object.get(field) instanceof JsonArray ? object.getAsJsonArray(field) : new JsonArray();
    }

    private static String text(JsonObject object, String field) {
        JsonElement element = object.get(field);
        return element == null
                        || !element.isJsonPrimitive()
                        || !element.getAsJsonPrimitive().isString()
                ? null
                : element.getAsString();
    }

    private static Optional<Double> firstNumber(JsonObject object, String... fields) {
        for (String field : fields) {
            JsonElement element = object.get(field);
            if (element != null
                    && element.isJsonPrimitive()
                    && element.getAsJsonPrimitive().isNumber()) {
                return Optional.of(element.getAsDouble());
            }
        }
        return Optional.empty();
    }

    private static List<Long> longs(JsonObject object, String field) {
        List<Long> values = new ArrayList<>();
        for (JsonElement element : object.getAsJsonArray(field)) {
            values.add(element.getAsLong());
        }
        return List.copyOf(values);
    }

    /** Whether an output holds decisions (integers, booleans) rather than numbers that carry rounding errors. */
    public boolean isDecision(String key) {
        DataType type = golden(key).dtype();
        return !type.isFloating();
    }
}
