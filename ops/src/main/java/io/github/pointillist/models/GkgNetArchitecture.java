// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import com.google.gson.JsonObject;
import io.github.pointillist.models.GkgNet.Config;
import io.github.pointillist.models.VisionGnnArchitecture.GraphShapes;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.StateDict;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The family "gkgnet". Its files are checkpoints of mmclassification, {@code backbone.*} and {@code head.*}. Blocks,
 * channels, image size and classes are told from the shapes; neighbours and groups are in no file: those of the official
 * variant of these shapes are taken.
 */
final class GkgNetArchitecture extends OfficialArchitecture<Config> {
    private static final String LABELS = "backbone.label_lt.weight";
    private static final int PATCH = 4;

    private static final Map<String, Config> VARIANTS = variantsBySize();

    /** The family; after its table of variants, which it takes. */
    static final Architecture<Config> INSTANCE = new GkgNetArchitecture();

    private GkgNetArchitecture() {
        super("gkgnet", Config.class, VARIANTS, Config::classes);
    }

    /** Both choices at the sizes of the paper, for the classes of COCO (80) and VOC (20). */
    private static Map<String, Config> variantsBySize() {
        Map<String, Config> all = new LinkedHashMap<>();
        for (int side : new int[] {576, 448, 224}) {
            all.put("gkgnet_s_coco_" + side, GkgNet.SMALL.withSidePx(side));
            all.put("gkgnet_t_coco_" + side, GkgNet.TINY.withSidePx(side));
            all.put("gkgnet_s_voc_" + side, GkgNet.SMALL.withSidePx(side).withClasses(20));
            all.put("gkgnet_t_voc_" + side, GkgNet.TINY.withSidePx(side).withClasses(20));
        }
        return Collections.unmodifiableMap(all);
    }

    /**
     * Reads size and n_classes, and either blocks and channels or choice ("t" or "s"); and optionally k (9),
     * k_label_gcn (9), num_group (2), use_multi_group, backbone_multi_group (true; else there is one group),
     * reduce_ratios and softmax (false).
     */
    @Override
    public Config fromJson(JsonObject official) {
        Config base = GkgNet.SMALL;
        boolean listed = official.has("blocks") && official.has("channels");
        if (!listed) {
            String choice = official.has("choice") ? official.get("choice").getAsString() : "none";
            if (!choice.equals("t") && !choice.equals("s")) {
                throw new IllegalArgumentException("the configuration has no blocks and channels, and its choice is "
                        + choice + "; allowed are t and s");
            }
            base = choice.equals("t") ? GkgNet.TINY : GkgNet.SMALL;
        }
        int groups = ConfigJson.integer(official, "num_group", 2);
        return new Config(
                listed ? ConfigJson.integers(official, "blocks", 1) : base.blocks(),
                listed ? ConfigJson.integers(official, "channels", 1) : base.channels(),
                official.has("reduce_ratios") ? ConfigJson.integers(official, "reduce_ratios", 1) : base.reductions(),
                ConfigJson.integer(official, "k", 9),
                ConfigJson.integer(official, "k_label_gcn", 9),
                ConfigJson.flag(official, "backbone_multi_group", true) ? groups : 1,
                ConfigJson.flag(official, "use_multi_group", true) ? groups : 1,
                ConfigJson.integer(official, "size"),
                ConfigJson.integer(official, "n_classes"),
                ConfigJson.flag(official, "softmax", false));
    }

    @Override
    public boolean recognises(StateDict weights) {
        return weights.contains(LABELS)
                && weights.contains("backbone.gcn_label.0.0.fc1.0.weight")
                && weights.contains("head.fc1.weight");
    }

    @Override
    public Recognised<Config> recognise(Checkpoint checkpoint, String variant, Config config)
            throws CheckpointException {
        StateDict weights = checkpoint.weights();
        if (!recognises(weights)) {
            throw new CheckpointException("no GKGNet: " + LABELS + ", gcn_label or head.fc1 is missing; the file has "
                    + weights.names().stream()
                            .limit(5)
                            .map(CheckpointException::quote)
                            .collect(Collectors.joining(", ", "", ", ...")));
        }
        List<String> notes = new ArrayList<>();
        if (weights.names().stream().noneMatch(this::ignorable)) {
            notes.add("the file has no tables of relative positions: those of the constructor are used");
        }
        if (config != null) {
            return new Recognised<>(config, variantOf(config), weights, notes);
        }
        Config found;
        if (variant != null) {
            found = VARIANTS.get(variant);
            if (found == null) {
                throw new CheckpointException(
                        "variant is " + variant + "; allowed are " + String.join(", ", VARIANTS.keySet()));
            }
        } else {
            GraphShapes shapes = GraphShapes.of(weights.under("backbone."));
            found = List.of(GkgNet.SMALL, GkgNet.TINY).stream()
                    .filter(each -> shapes.fits(each.blocks(), each.channels()))
                    .findFirst()
                    .orElseThrow(() -> new CheckpointException("not an official GKGNet: it has " + shapes
                            + ", and the file does not say how many neighbours a point has and in how many groups;"
                            + " give a JSON configuration"));
            notes.add("the file does not say how neighbours are chosen: " + found.neighbours() + " in " + found.groups()
                    + " groups, as in the official variant of these shapes");
        }
        try {
            found = found.withSidePx(PATCH * GraphShapes.axis(weights, "backbone.pos_embed", 2))
                    .withClasses(GraphShapes.axis(weights, LABELS, 0));
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(
                    "the file does not fit " + (variant == null ? "GKGNet" : variant) + ": " + e.getMessage(), e);
        }
        return new Recognised<>(found, variantOf(found), weights, notes);
    }

    private static String variantOf(Config config) {
        return VARIANTS.entrySet().stream()
                .filter(entry -> entry.getValue().equals(config))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse("custom");
    }

    @Override
    public GkgNet build(Config config) {
        return new GkgNet(config);
    }

    /** The tables of relative positions, which the model makes itself. */
    @Override
    public boolean ignorable(String name) {
        return name.endsWith(".relative_pos");
    }
}
