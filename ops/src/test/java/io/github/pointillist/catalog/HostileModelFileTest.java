// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.sun.management.ThreadMXBean;
import io.github.pointillist.models.Architecture;
import io.github.pointillist.models.Architectures;
import io.github.pointillist.models.GroupingModel;
import io.github.pointillist.models.ImageClassifier;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.weights.StateDict;
import io.github.pointillist.weights.TensorEntry;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Changed model.json files: read, or refused in one line, quickly and without much memory. */
class HostileModelFileTest {
    /** More with -Dpointillist.fuzz.cases=100000, from another place with -Dpointillist.fuzz.seed=1. */
    private static final int CASES = Integer.getInteger("pointillist.fuzz.cases", 500);

    private static final long SEED = Long.getLong("pointillist.fuzz.seed", 20250721);
    private static final long MAX_BYTES_PER_CASE = 64L << 20;
    private static final double MAX_SECONDS_PER_CASE = 2;
    private static final List<String> WORDS = List.of(
            "null",
            "true",
            "\"\"",
            "\"7\"",
            "\"\\u001b[31m\\n\"",
            "-1",
            "0",
            "1",
            "2.5",
            "65536",
            "1000000",
            "1000000000",
            "2147483647",
            "2147483648",
            "4294967297",
            "9223372036854775807",
            "1e18",
            "1e400",
            "1e999999999",
            "1e99999999999",
            "NaN",
            "-Infinity",
            "[]",
            "{}",
            "[null]",
            "[1000000, 1, 1, 1]",
            "[" + "1,".repeat(1000) + "1]",
            "[" + "\"x\",".repeat(3000) + "\"x\"]",
            "[".repeat(5000) + "]".repeat(5000),
            "{\"a\":".repeat(5000) + "1" + "}".repeat(5000));

    private static JsonObject bundled(String name) throws IOException {
        return JsonParser.parseString(BundledModels.standard().show(name).toJson())
                .getAsJsonObject();
    }

    /** The bundled models, and one model.json with a configuration of each family. */
    private static List<JsonObject> valid() throws IOException {
        List<JsonObject> all = new ArrayList<>();
        for (String name : BundledModels.standard().names()) {
            all.add(bundled(name));
        }
        for (Architecture<?> architecture : Architectures.ALL) {
            architecture.variants().values().stream().findFirst().ifPresent(config -> {
                JsonObject json = all.get(0).deepCopy();
                json.getAsJsonObject("card").addProperty("architecture", architecture.id());
                json.add("config", ModelFile.toJson(config));
                all.add(json);
            });
        }
        return all;
    }

    @Test
    void changedFilesAreReadOrRefusedInOneLine() throws IOException {
        List<JsonObject> valid = valid();
        for (JsonObject json : valid) {
            assertThat(ModelFile.parse(json.toString(), "model.json").toJson()).isNotEmpty();
        }
        // About as many entries as a small file has; none fits, which is for the loader to say.
        StateDict weights = StateDict.of(TensorEntry.of("a.weight", new float[4], 4));
        Random random = new Random(SEED);
        int read = 0;
        int built = 0;
        double slowest = 0;
        long largest = 0;
        for (int i = 0; i < CASES; i++) {
            String text = mutated(valid.get(random.nextInt(valid.size())), random);
            long before = allocated();
            long start = System.nanoTime();
            try {
                ModelFile model = ModelFile.parse(text, "model.json");
                read++;
                built += use(model.architecture(), model.config(), weights) ? 1 : 0;
                assertThat(model.card().title()).doesNotContain("\u001b").doesNotContain("\n");
            } catch (IOException e) {
                assertThat(e.getMessage()).isNotBlank().hasSizeLessThan(12_000);
                assertThat(e.getMessage().lines()).hasSize(1);
            } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
                throw new AssertionError("case " + i + ": " + text.substring(0, Math.min(5000, text.length())), e);
            }
            slowest = Math.max(slowest, (System.nanoTime() - start) / 1e9);
            largest = Math.max(largest, allocated() - before);
            assertThat(slowest).as("seconds of " + text).isLessThan(MAX_SECONDS_PER_CASE);
            assertThat(largest).as("bytes of " + text).isLessThan(MAX_BYTES_PER_CASE);
        }
        System.out.printf(
                "%d changed model.json: %d still read, %d of them build; at most %.1f MiB and %.0f ms a file%n",
                CASES, read, built, largest / 1048576.0, slowest * 1e3);
        assertThat(read).isBetween(CASES / 100, CASES - 1);
    }

    /** What is done with a configuration before there are weights that fit it. */
    private static <C extends Record> boolean use(Architecture<C> architecture, JsonObject json, StateDict weights) {
        C config = ModelFile.config(architecture, json);
        try {
            Layer layer = LoadedModel.build(architecture, config, 500);
            if (layer instanceof ImageClassifier classifier) {
                assertThat(classifier.inputSizes()).isNotNull();
            } else if (layer instanceof GroupingModel grouping) {
                assertThat(grouping.inputSizes()).isNotNull();
            }
            assertThatThrownBy(() -> LoadedModel.fitting(architecture, config, weights))
                    .isInstanceOf(IOException.class);
            return true;
        } catch (IOException | IllegalArgumentException e) {
            assertThat(e.getMessage()).isNotBlank();
            return false;
        }
    }

    @Test
    void tablesBesideTheWeightsAreBounded() throws IOException {
        // Tables of positions may be absent from the file: at 2048 pixels they would take many gigabytes.
        Architecture<?> vig = Architectures.byId("pyramid-vig");
        JsonObject config = ModelFile.toJson(vig.variants().values().iterator().next());
        config.addProperty("sidePx", 2048);
        assertThatThrownBy(() -> fit(vig, config))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("tables of");
    }

    private static <C extends Record> void fit(Architecture<C> architecture, JsonObject json) throws IOException {
        C config = ModelFile.config(architecture, json);
        List<TensorEntry> all = new ArrayList<>();
        LoadedModel.build(architecture, config, 10_000).parameters().forEach((name, parameter) -> {
            Shape shape = parameter.shape();
            if (!architecture.ignorable(name)) {
                all.add(TensorEntry.of(name, new float[(int) shape.size()], shape.getShape()));
            }
        });
        LoadedModel.fitting(architecture, config, StateDict.of(all));
    }

    @Test
    void aMillionLayersAreRefusedBeforeTheyAreBuilt() {
        Architecture<?> coc = Architectures.byId("coc");
        JsonObject config = ModelFile.toJson(coc.variants().get("coc_tiny"));
        for (String layers : List.of("[60000, 60000, 60000, 60000]", "[1000000, 1, 1, 1]")) {
            config.add("layers", JsonParser.parseString(layers));
            long before = allocated();
            assertThatThrownBy(() -> build(coc, config))
                    .isInstanceOfAny(IOException.class, IllegalArgumentException.class);
            assertThat(allocated() - before).isLessThan(16L << 20);
        }
    }

    private static <C extends Record> void build(Architecture<C> architecture, JsonObject json) throws IOException {
        LoadedModel.build(architecture, ModelFile.config(architecture, json), 100);
    }

    @Test
    void everyOfficialVariantIsWithinTheBounds() throws IOException {
        for (Architecture<?> architecture : Architectures.ALL) {
            for (Map.Entry<String, ?> variant : architecture.variants().entrySet()) {
                JsonObject json = ModelFile.toJson((Record) variant.getValue());
                assertThat(ModelFile.config(architecture, json)).isEqualTo(variant.getValue());
                int entries = entries(architecture, json);
                assertThat(parts(architecture, json, entries))
                        .as(variant.getKey())
                        .isNotNull();
            }
        }
    }

    private static <C extends Record> int entries(Architecture<C> architecture, JsonObject json) {
        return (int) architecture.build(ModelFile.config(architecture, json)).parameters().keySet().stream()
                .filter(name -> !architecture.ignorable(name))
                .count();
    }

    private static <C extends Record> Layer parts(Architecture<C> architecture, JsonObject json, int entries)
            throws IOException {
        return LoadedModel.build(architecture, ModelFile.config(architecture, json), entries / 2);
    }

    @Test
    void nothingIsChangedInSilence() throws IOException {
        for (String[] change : new String[][] {
            {"\"classes\": 4", "\"classes\": 4.5"},
            {"\"classes\": 4", "\"classes\": 4294967300"},
            {"\"classes\": 4", "\"classes\": \"4\""},
            {"\"classes\": 4", "\"classes\": 4, \"classes\": 4"},
            {"\"grey\": true", "\"grey\": \"true\""},
            {"\"lowPercent\": ", "\"lowPercent\": 1e400, \"x\": "},
            {"\"windowPx\": ", "\"windowPx\": 30000, \"x\": "},
            {"\"title\": ", "\"title\": 3, \"x\": "},
        }) {
            String text = BundledModels.standard().show("nuclei").toJson();
            assertThat(text).contains(change[0]);
            String other = text.replace(change[0], change[1]);
            assertThatThrownBy(() -> ModelFile.parse(other, "model.json"))
                    .as(change[1])
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("model.json is damaged: ");
        }
    }

    // ---- changes

    private static String mutated(JsonObject valid, Random random) {
        JsonObject json = valid.deepCopy();
        List<String> raw = new ArrayList<>();
        for (int n = 1 + random.nextInt(2); n > 0; n--) {
            JsonElement place = place(json, random);
            String word = WORDS.get(random.nextInt(WORDS.size()));
            JsonElement value = new JsonPrimitive("@" + raw.size() + "@");
            int how = random.nextInt(8);
            if (place instanceof JsonObject object && !object.keySet().isEmpty()) {
                String key = new ArrayList<>(object.keySet()).get(random.nextInt(object.size()));
                JsonElement old = object.get(key);
                if (how == 0) {
                    object.remove(key);
                } else if (how == 1) {
                    object.add(key + "x", object.remove(key));
                } else if (how == 2 && old instanceof JsonPrimitive p && p.isNumber()) {
                    object.addProperty(key, nearby(p.getAsBigDecimal(), random));
                } else if (how == 3) {
                    object.add(key, place(json, random).deepCopy());
                } else {
                    raw.add(word);
                    object.add(key, value);
                }
            } else if (place instanceof JsonArray array && !array.isEmpty()) {
                int at = random.nextInt(array.size());
                if (how == 0) {
                    array.remove(at);
                } else if (how == 1) {
                    array.add(array.get(at).deepCopy());
                } else if (how == 2 && array.get(at) instanceof JsonPrimitive p && p.isNumber()) {
                    array.set(at, new JsonPrimitive(nearby(p.getAsBigDecimal(), random)));
                } else if (how == 3) {
                    array.set(at, JsonNull.INSTANCE);
                } else {
                    raw.add(word);
                    array.set(at, value);
                }
            }
        }
        StringBuilder text = new StringBuilder(json.toString());
        for (int i = 0; i < raw.size(); i++) {
            String mark = "\"@" + i + "@\"";
            int at = text.indexOf(mark);
            if (at >= 0) {
                text.replace(at, at + mark.length(), raw.get(i));
            }
        }
        if (random.nextInt(10) == 0) { // as text
            int at = random.nextInt(text.length());
            switch (random.nextInt(4)) {
                case 0 -> text.setLength(at);
                case 1 -> text.deleteCharAt(at);
                case 2 -> text.setCharAt(at, (char) random.nextInt(256));
                default -> text.insert(at, text.substring(at, Math.min(text.length(), at + random.nextInt(100))));
            }
        }
        return text.toString();
    }

    private static BigDecimal nearby(BigDecimal value, Random random) {
        return switch (random.nextInt(5)) {
            case 0 -> value.add(BigDecimal.ONE);
            case 1 -> value.subtract(BigDecimal.ONE);
            case 2 -> value.negate();
            case 3 -> value.multiply(BigDecimal.valueOf(1L << random.nextInt(20)));
            default -> value.multiply(new BigDecimal("0.5"));
        };
    }

    private static JsonElement place(JsonElement root, Random random) {
        JsonElement at = root;
        while (true) {
            List<JsonElement> inside = at instanceof JsonObject object
                    ? object.entrySet().stream().map(Map.Entry::getValue).toList()
                    : at instanceof JsonArray array ? array.asList() : List.of();
            List<JsonElement> deeper = inside.stream()
                    .filter(e -> !e.isJsonPrimitive() && !e.isJsonNull())
                    .toList();
            if (deeper.isEmpty() || random.nextInt(4) == 0) {
                return at;
            }
            at = deeper.get(random.nextInt(deeper.size()));
        }
    }

    private static long allocated() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        return threads.getThreadAllocatedBytes(Thread.currentThread().getId());
    }
}
