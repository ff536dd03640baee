// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import com.google.gson.JsonObject;
import io.github.pointillist.models.PointContextCluster.Config;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.StateDict;
import java.util.List;
import java.util.Map;

/**
 * Context Clusters on point sets. Layout: {"net", "epoch", "acc", ...} with the prefix "module." of data-parallel
 * training, as ma-xu/Context-Cluster be9a03b, {@code pointcloud/main.py}, saves it.
 */
public final class PointContextClusterArchitecture extends OfficialArchitecture<Config> {
    private static final String OFFICIAL = "pointMLP_CoC";
    private static final Map<String, Config> VARIANTS = Map.of(OFFICIAL, PointContextCluster.POINT_MLP_COC);
    private static final String STEM = "embedding.net.0.weight";
    private static final String MARK = "pre_blocks_list.0.transfer.net.0.weight";
    private static final String LAST = "classifier.8.weight";

    /** The family, for {@link Architectures}. */
    public PointContextClusterArchitecture() {
        super("coc-points", Config.class, VARIANTS, Config::classes);
    }

    @Override
    public Config fromJson(JsonObject json) {
        return new Config(
                ConfigJson.integer(json, "points"),
                ConfigJson.integer(json, json.has("classes") ? "classes" : "class_num"),
                ConfigJson.integer(json, "embed_dim"),
                ConfigJson.integers(json, "dim_expansion"),
                ConfigJson.integers(json, "pre_blocks"),
                ConfigJson.integers(json, "pos_blocks"),
                ConfigJson.integers(json, "k_neighbors"),
                ConfigJson.integers(json, "reducers"));
    }

    @Override
    public String task() {
        return "point classification";
    }

    @Override
    public boolean recognises(StateDict weights) {
        return weights.contains(STEM) && weights.contains(MARK);
    }

    @Override
    public Recognised<Config> recognise(Checkpoint checkpoint, String variant, Config config)
            throws CheckpointException {
        StateDict weights = checkpoint.weights();
        if (config != null) {
            return new Recognised<>(config, "custom", weights, List.of());
        }
        checkVariant(variant);
        long embedded = weights.find(STEM).map(entry -> entry.shape().get(0)).orElse(0L);
        long classes = weights.find(LAST).map(entry -> entry.shape().get(0)).orElse(0L);
        if (variant == null && embedded != PointContextCluster.POINT_MLP_COC.embedDim()) {
            throw new CheckpointException("not the official network on point sets: it embeds points in " + embedded
                    + " channels, not " + PointContextCluster.POINT_MLP_COC.embedDim()
                    + "; name a JSON configuration as the variant");
        }
        return new Recognised<>(
                PointContextCluster.POINT_MLP_COC.withClasses((int) classes), OFFICIAL, weights, List.of());
    }

    @Override
    public PointContextCluster build(Config config) {
        return new PointContextCluster(config);
    }
}
