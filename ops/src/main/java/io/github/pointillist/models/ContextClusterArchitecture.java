// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import com.google.gson.JsonObject;
import io.github.pointillist.layers.ContextClusterLayer.Denominator;
import io.github.pointillist.models.ContextCluster.Config;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.StateDict;
import io.github.pointillist.weights.TensorEntry;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Context Cluster backbones: which variant a file is, and what its layout needs to be read.
 *
 * <p>Layouts (see ma-xu/Context-Cluster be9a03b and its issues 12, 17, 31): timm classification checkpoints, mmcv
 * segmentation and detection checkpoints (the "backbone." part is taken), and first-release files, whose MLP weights
 * are 1 x 1 convolutions, which hold an extra buffer "fea_pos", and which were trained with the older denominator.
 */
public final class ContextClusterArchitecture extends OfficialArchitecture<Config> {
    private static final String BACKBONE = "backbone.";
    static final String FIRST_RELEASE = "first-release layout: 1 x 1 convolutions read as linear layers, fea_pos"
            + " ignored, sums divided by 1 + the number of points unless a configuration says otherwise";
    private static final String HEADS_ASIDE = "the backbone of a dense-prediction checkpoint";
    private static final String CUSTOM = "custom";
    private static final String STEM = "patch_embed.proj.weight";

    /** The official variants by the name of their function in the reference implementation. */
    public static final Map<String, Config> VARIANTS = allVariants();

    private static Map<String, Config> allVariants() {
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

    /** The family, for {@link Architectures}. */
    public ContextClusterArchitecture() {
        super("coc", Config.class, VARIANTS, Config::classes);
    }

    @Override
    public ContextCluster build(Config config) {
        return new ContextCluster(config);
    }

    @Override
    public boolean recognises(StateDict weights) {
        return (weights.contains(STEM) || weights.contains(BACKBONE + STEM))
                && weights.names().stream().anyMatch(name -> name.endsWith("token_mixer.sim_alpha"));
    }

    @Override
    public Recognised<Config> recognise(Checkpoint checkpoint, String variant, Config config)
            throws CheckpointException {
        List<String> notes = new ArrayList<>();
        StateDict weights = current(checkpoint.weights(), notes);
        if (config != null) {
            return new Recognised<>(config, CUSTOM, weights, notes);
        }
        checkVariant(variant);
        String name =
                variant != null ? variant : recognise(weights, checkpoint.info().get("arch"));
        Config official = VARIANTS.get(name).withClasses(classes(weights));
        if (notes.contains(FIRST_RELEASE)) {
            official = official.withDenominator(Denominator.COUNT);
        }
        return new Recognised<>(official, name, weights, notes);
    }

    /** The backbone under the current names and shapes. */
    static StateDict current(StateDict all, List<String> notes) throws CheckpointException {
        StateDict weights = backbone(all, notes);
        boolean legacy = weights.names().stream().anyMatch(ContextClusterArchitecture::isObsolete)
                || weights.entries().stream().anyMatch(ContextClusterArchitecture::isPointwiseMlp);
        if (!legacy) {
            return weights;
        }
        notes.add(FIRST_RELEASE);
        return weights.filter(name -> !isObsolete(name)).map(ContextClusterArchitecture::modern);
    }

    private static StateDict backbone(StateDict weights, List<String> notes) throws CheckpointException {
        if (weights.contains(STEM)) {
            return weights;
        }
        if (weights.contains(BACKBONE + STEM)) {
            StateDict inner = weights.under(BACKBONE);
            notes.add(HEADS_ASIDE + ": " + (weights.size() - inner.size()) + " entries of its heads left aside");
            return inner;
        }
        throw new CheckpointException(
                "no Context Cluster: there is no " + STEM + ", nor one under " + BACKBONE + "; the file has "
                        + weights.names().stream()
                                .limit(5)
                                .map(CheckpointException::quote)
                                .collect(Collectors.joining(", ", "", ", ...")));
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

    /**
     * Reads a configuration under the names of the reference implementation's constructor: layers, embed_dims,
     * proposals, fold, heads, head_dim, mlp_ratios, and optionally aggregation_denominator ("sim.sum + 1" or "mask.sum
     * + 1"), num_classes, fork_feat and drop_path_rate.
     */
    @Override
    public Config fromJson(JsonObject json) {
        boolean pyramid = ConfigJson.flag(json, "fork_feat", false);
        return new Config(
                ConfigJson.integers(json, "layers"),
                ConfigJson.integers(json, "embed_dims"),
                ConfigJson.integers(json, "proposals"),
                ConfigJson.integers(json, "fold"),
                ConfigJson.integers(json, "heads"),
                ConfigJson.integer(json, "head_dim"),
                ConfigJson.integers(json, "mlp_ratios"),
                denominator(ConfigJson.text(json, "aggregation_denominator", "sim.sum + 1")),
                pyramid ? 0 : ConfigJson.integer(json, "num_classes", 0),
                ConfigJson.decimal(json, "drop_path_rate", 0));
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
}
