// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import ai.djl.ndarray.types.DataType;
import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import io.github.pointillist.layers.ContextClusterLayer.Denominator;
import io.github.pointillist.models.ContextCluster.Config;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.StateDict;
import io.github.pointillist.weights.StrictLoader;
import io.github.pointillist.weights.TensorEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * From a file of weights to a Context Cluster model: which variant it is, and what its layout needs to be read.
 *
 * <p>Layouts (see ma-xu/Context-Cluster be9a03b and its issues 12, 17, 31): timm classification checkpoints, mmcv
 * segmentation and detection checkpoints (the "backbone." part is taken), and first-release files, whose MLP weights
 * are 1 x 1 convolutions, which hold an extra buffer "fea_pos", and which were trained with the older denominator.
 *
 * @param config the variant
 * @param weights the backbone's state dict under the current official names
 * @param variant the official name or the configuration file's name
 * @param notes what was done to read the file, one line each; empty for the current layout
 */
public record ContextClusterCheckpoint(Config config, StateDict weights, String variant, List<String> notes) {
    private static final String BACKBONE = "backbone.";
    private static final String FIRST_RELEASE =
            "first-release layout: 1 x 1 convolutions read as linear layers, fea_pos"
                    + " ignored, sums divided by 1 + the number of points unless a configuration says otherwise";
    private static final String STEM = "patch_embed.proj.weight";

    /** The official variants by the name of their function in the reference implementation. */
    public static final Map<String, Config> VARIANTS = variants();

    /** Copies the notes. */
    public ContextClusterCheckpoint {
        notes = List.copyOf(notes);
    }

    private static Map<String, Config> variants() {
        Map<String, Config> all = new LinkedHashMap<>();
        all.put("coc_tiny", ContextCluster.TINY);
        all.put("coc_tiny2", ContextCluster.TINY2);
        all.put("coc_tiny_plain", ContextCluster.TINY_PLAIN);
        all.put("coc_small", ContextCluster.SMALL);
        all.put("coc_medium", ContextCluster.MEDIUM);
        all.put("coc_base_dim64", ContextCluster.BASE_DIM64);
        all.put("coc_base_dim96", ContextCluster.BASE_DIM96);
        for (int k : new int[] {2, 5, 7}) {
            all.put(
                    "context_cluster_small_feat" + k,
                    ContextCluster.SMALL.withCentres(k).withClasses(0));
            all.put(
                    "context_cluster_medium_feat" + k,
                    ContextCluster.MEDIUM.withCentres(k).withClasses(0));
        }
        return Collections.unmodifiableMap(all);
    }

    /**
     * Recognises a file.
     *
     * @param variant an official name, the path of a JSON configuration, or null to tell it from the file
     * @throws CheckpointException if the file holds no Context Cluster, or if several variants fit and none is named
     */
    public static ContextClusterCheckpoint of(Checkpoint checkpoint, String variant) throws IOException {
        List<String> notes = new ArrayList<>();
        StateDict weights = current(checkpoint.weights(), notes);
        Config config;
        String name;
        if (variant != null && !VARIANTS.containsKey(variant)) {
            name = variant;
            config = fromFile(variant);
        } else {
            name = variant != null
                    ? variant
                    : recognise(weights, checkpoint.info().get("arch"));
            config = VARIANTS.get(name).withClasses(classes(weights));
            if (notes.contains(FIRST_RELEASE)) {
                config = config.withDenominator(Denominator.COUNT);
            }
        }
        return new ContextClusterCheckpoint(config, weights, name, notes);
    }

    /** The same for a known configuration. */
    public static ContextClusterCheckpoint of(Checkpoint checkpoint, Config config) throws CheckpointException {
        List<String> notes = new ArrayList<>();
        return new ContextClusterCheckpoint(config, current(checkpoint.weights(), notes), "as configured", notes);
    }

    /** The backbone under the current names and shapes. */
    private static StateDict current(StateDict all, List<String> notes) throws CheckpointException {
        StateDict weights = backbone(all, notes);
        boolean legacy = weights.names().stream().anyMatch(ContextClusterCheckpoint::isObsolete)
                || weights.entries().stream().anyMatch(ContextClusterCheckpoint::isPointwiseMlp);
        if (!legacy) {
            return weights;
        }
        notes.add(FIRST_RELEASE);
        return weights.filter(name -> !isObsolete(name)).map(ContextClusterCheckpoint::modern);
    }

    /**
     * Builds the model in an arena and loads the weights.
     *
     * @throws CheckpointException if a name or shape does not fit; the message lists them all
     */
    public ContextCluster load(Arena arena, DataType type) throws IOException {
        ContextCluster model = new ContextCluster(config);
        model.allocate(arena, type);
        StrictLoader.load(weights, model);
        return model;
    }

    private static StateDict backbone(StateDict weights, List<String> notes) throws CheckpointException {
        if (weights.contains(STEM)) {
            return weights;
        }
        if (weights.contains(BACKBONE + STEM)) {
            StateDict inner = weights.under(BACKBONE);
            notes.add("the backbone of a dense-prediction checkpoint: " + (weights.size() - inner.size())
                    + " entries of its heads left aside");
            return inner;
        }
        throw new CheckpointException("no Context Cluster: there is no " + STEM + ", nor one under " + BACKBONE
                + "; the file has " + weights.names().stream().limit(5).collect(Collectors.joining(", ", "", ", ...")));
    }

    private static boolean isObsolete(String name) {
        return name.equals("fea_pos");
    }

    private static boolean isPointwiseMlp(TensorEntry entry) {
        return entry.name().contains(".mlp.fc") && entry.shape().dimension() == 4;
    }

    private static TensorEntry modern(TensorEntry entry) {
        return isPointwiseMlp(entry)
                ? new TensorEntry(entry.name(), entry.dtype(), entry.shape().slice(0, 2), entry.data())
                : entry;
    }

    private static int classes(StateDict weights) {
        return weights.find("head.weight")
                .map(entry -> (int) entry.shape().get(0))
                .orElse(0);
    }

    private static String recognise(StateDict weights, String arch) throws CheckpointException {
        List<Integer> layers = new ArrayList<>();
        List<Integer> dims = new ArrayList<>();
        List<Integer> inner = new ArrayList<>();
        for (int i = 0; weights.contains(block(i, 0) + "norm1.weight"); i++) {
            int stage = i;
            layers.add((int) IntStream.iterate(0, j -> j + 1)
                    .takeWhile(j -> weights.contains(block(stage, j) + "norm1.weight"))
                    .count());
            dims.add((int) weights.get(block(i, 0) + "norm1.weight").shape().get(0));
            inner.add((int) weights.find(block(i, 0) + "token_mixer.f.weight")
                    .map(entry -> entry.shape().get(0))
                    .orElse(0L)
                    .longValue());
        }
        boolean pyramid = classes(weights) == 0;
        List<String> fitting = VARIANTS.entrySet().stream()
                .filter(entry -> fits(entry.getValue(), layers, dims, inner, pyramid))
                .map(Map.Entry::getKey)
                .toList();
        String described = layers + " blocks of " + dims + " channels, " + inner + " in the clusters";
        if (fitting.isEmpty()) {
            throw new CheckpointException("not an official Context Cluster: it has " + described
                    + "; name a JSON configuration as the variant");
        }
        if (arch != null && fitting.contains(arch)) {
            return arch;
        }
        if (fitting.size() == 1) {
            return fitting.get(0);
        }
        throw new CheckpointException("several variants have " + described
                + " and the file does not say which it is; name one as the variant: " + String.join(", ", fitting));
    }

    private static boolean fits(
            Config config, List<Integer> layers, List<Integer> dims, List<Integer> inner, boolean pyramid) {
        List<Integer> own =
                config.heads().stream().map(heads -> heads * config.headDim()).toList();
        return config.layers().equals(layers)
                && config.dims().equals(dims)
                && own.equals(inner)
                && (config.classes() == 0) == pyramid;
    }

    private static String block(int stage, int block) {
        return "network." + 2 * stage + "." + block + ".";
    }

    private static Config fromFile(String variant) throws IOException {
        Path file = Path.of(variant);
        if (!Files.isRegularFile(file)) {
            throw new CheckpointException("variant is " + variant + "; allowed are "
                    + String.join(", ", VARIANTS.keySet()) + ", or the path of a JSON configuration");
        }
        try {
            return fromJson(new Gson().fromJson(Files.readString(file), JsonObject.class));
        } catch (JsonParseException | IllegalStateException | NumberFormatException | NullPointerException e) {
            throw new CheckpointException("configuration " + file + " cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Reads a configuration under the names of the reference implementation's constructor: layers, embed_dims,
     * proposals, fold, heads, head_dim, mlp_ratios, and optionally aggregation_denominator ("sim.sum + 1" or "mask.sum
     * + 1"), num_classes and fork_feat.
     *
     * @throws IllegalArgumentException if one is missing or not allowed
     */
    public static Config fromJson(JsonObject json) {
        String denominator = text(json, "aggregation_denominator", "sim.sum + 1");
        boolean pyramid = json.has("fork_feat") && json.get("fork_feat").getAsBoolean();
        JsonElement classes = json.get("num_classes");
        return new Config(
                numbers(json, "layers"),
                numbers(json, "embed_dims"),
                numbers(json, "proposals"),
                numbers(json, "fold"),
                numbers(json, "heads"),
                required(json, "head_dim").getAsInt(),
                numbers(json, "mlp_ratios"),
                denominator(denominator),
                pyramid || classes == null || classes.isJsonNull() ? 0 : classes.getAsInt());
    }

    private static Denominator denominator(String text) {
        if (text.startsWith("sim.sum")) {
            return Denominator.SIMILARITY;
        }
        if (text.startsWith("mask.sum")) {
            return Denominator.COUNT;
        }
        throw new IllegalArgumentException(
                "aggregation_denominator is " + text + "; allowed are sim.sum + 1 and mask.sum + 1");
    }

    private static String text(JsonObject json, String key, String otherwise) {
        return json.has(key) ? json.get(key).getAsString() : otherwise;
    }

    private static JsonElement required(JsonObject json, String key) {
        if (!json.has(key)) {
            throw new IllegalArgumentException("the configuration has no " + key + "; it has " + json.keySet());
        }
        return json.get(key);
    }

    private static List<Integer> numbers(JsonObject json, String key) {
        JsonArray array = required(json, key).getAsJsonArray();
        return array.asList().stream().map(JsonElement::getAsInt).toList();
    }
}
