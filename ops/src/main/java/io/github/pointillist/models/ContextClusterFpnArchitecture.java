// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import com.google.gson.JsonObject;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.StateDict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Semantic FPN on a Context Cluster backbone, as in ma-xu/Context-Cluster be9a03b, {@code segmentation}. Layout: mmcv's
 * {"meta", "state_dict", "optimizer"} with the parts backbone, neck and decode_head.
 */
public final class ContextClusterFpnArchitecture extends OfficialArchitecture<ContextClusterFpnArchitecture.Config> {
    private static final ContextClusterArchitecture BACKBONE = new ContextClusterArchitecture();
    private static final String PREFIX = "backbone.";
    private static final String NECK = "neck.lateral_convs.0.conv.weight";
    private static final String SEGMENT = "decode_head.conv_seg.weight";
    private static final Map<String, Config> VARIANTS = allVariants();

    /**
     * What makes one variant.
     *
     * @param backbone without a classifier
     * @param head pyramid and head
     */
    public record Config(ContextCluster.Config backbone, SemanticFpn.Config head) {
        /** Checks that both are there, and the backbone is a pyramid. */
        public Config {
            if (backbone == null || head == null || backbone.classes() != 0) {
                throw new IllegalArgumentException("backbone " + backbone + " and head " + head
                        + " given; allowed are a backbone of 0 classes and a head");
            }
        }
    }

    private static Map<String, Config> allVariants() {
        Map<String, Config> all = new LinkedHashMap<>();
        for (String size : List.of("small", "medium")) {
            for (int k : new int[] {2, 5, 7}) {
                all.put(
                        "fpn_coc_" + size + "_" + k + "_ade20k",
                        new Config(
                                ContextClusterArchitecture.VARIANTS.get("context_cluster_" + size + "_feat" + k),
                                SemanticFpn.ADE20K));
            }
        }
        return all;
    }

    /** The family, for {@link Architectures}. */
    public ContextClusterFpnArchitecture() {
        super("coc-semantic-fpn", Config.class, VARIANTS, config -> config.head()
                .classes());
    }

    /** Reads the fields of the backbone, neck_channels, head_channels and num_classes. */
    @Override
    public Config fromJson(JsonObject json) {
        return new Config(
                BACKBONE.fromJson(json).withClasses(0),
                new SemanticFpn.Config(
                        ConfigJson.integer(json, "neck_channels"),
                        ConfigJson.integer(json, "head_channels"),
                        SemanticFpn.ADE20K.dropout(),
                        ConfigJson.integer(json, "num_classes")));
    }

    @Override
    public String task() {
        return "semantic segmentation";
    }

    @Override
    public boolean recognises(StateDict weights) {
        return weights.contains(NECK) && weights.contains(SEGMENT) && BACKBONE.recognises(weights);
    }

    @Override
    public Recognised<Config> recognise(Checkpoint checkpoint, String variant, Config config)
            throws CheckpointException {
        List<String> notes = new ArrayList<>();
        StateDict all = checkpoint.weights();
        StateDict backbone = ContextClusterArchitecture.current(all, notes);
        notes.removeIf(note -> note.startsWith(ContextClusterArchitecture.HEADS_ASIDE));
        StateDict weights = StateDict.of(Stream.concat(
                        backbone.rename(name -> PREFIX + name).entries().stream(),
                        all.filter(name -> !name.startsWith(PREFIX)).entries().stream())
                .toList());
        if (config != null) {
            return new Recognised<>(config, "custom", weights, notes);
        }
        checkVariant(variant);
        SemanticFpn.Config head = new SemanticFpn.Config(
                (int) all.get(NECK).shape().get(0),
                (int) all.get(SEGMENT).shape().get(1),
                SemanticFpn.ADE20K.dropout(),
                (int) all.get(SEGMENT).shape().get(0));
        // mmsegmentation notes the name of its configuration file, which begins as the variant is called.
        String experiment = checkpoint.info().getOrDefault("meta.exp_name", "");
        String name = variant != null
                ? variant
                : VARIANTS.keySet().stream()
                        .filter(experiment::startsWith)
                        .findFirst()
                        .orElseThrow(() -> new CheckpointException("the file is a Semantic FPN on Context Clusters, but"
                                + " does not say with how many centres; name one as the variant: "
                                + String.join(", ", VARIANTS.keySet()) + ", or the path of a JSON configuration"));
        return new Recognised<>(new Config(VARIANTS.get(name).backbone(), head), name, weights, notes);
    }

    @Override
    public Config withClasses(Config config, int classes) {
        return new Config(config.backbone(), config.head().withClasses(classes));
    }

    @Override
    public SemanticFpn build(Config config) {
        return new SemanticFpn(new ContextCluster(config.backbone()), config.head());
    }
}
