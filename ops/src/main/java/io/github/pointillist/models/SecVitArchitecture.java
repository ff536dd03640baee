// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import com.google.gson.JsonObject;
import io.github.pointillist.models.SecVit.Config;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.StateDict;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The files of SecViT: what its training saves, {@code {model, optimizer, ..., model_ema, args, max_accuracy}}, of which
 * {@code model} is read unless another is asked for. Everything is told from the shapes but the clusters, which are known
 * for the published architectures only.
 */
public final class SecVitArchitecture extends OfficialArchitecture<Config> {
    private static final String STEM = "patch_embed.proj.9.weight";
    private static final String ANGLE = "RoPE.angle";
    /** By the names of the training's argument "model"; the class of SecViT_B is KClusterFormerSimpleNew_M. */
    private static final Map<String, Config> VARIANTS = variantsInOrder();

    private static Map<String, Config> variantsInOrder() {
        Map<String, Config> all = new LinkedHashMap<>();
        all.put("SecViT_T", SecVit.T);
        all.put("SecViT_S", SecVit.S);
        all.put("SecViT_B", SecVit.B);
        all.put("SecViT_L", SecVit.L);
        return Collections.unmodifiableMap(all);
    }

    /** The family, for {@link Architectures}. */
    public SecVitArchitecture() {
        super("secvit", Config.class, VARIANTS, Config::classes);
    }

    /**
     * Reads embed_dims, depths, num_heads, num_clusters, mlp_ratios, and optionally layerscales, projection, num_classes
     * and drop_path_rate.
     *
     * @throws IllegalArgumentException if one is missing or not allowed
     */
    @Override
    public Config fromJson(JsonObject official) {
        List<Integer> dims = ConfigJson.integers(official, "embed_dims");
        return new Config(
                dims,
                ConfigJson.integers(official, "depths"),
                ConfigJson.integers(official, "num_heads"),
                ConfigJson.integers(official, "num_clusters"),
                ConfigJson.integers(official, "mlp_ratios"),
                layerScales(official, dims.size()),
                ConfigJson.integer(official, "projection", 1024),
                ConfigJson.integer(official, "num_classes", 0),
                ConfigJson.decimal(official, "drop_path_rate", 0));
    }

    private static List<Boolean> layerScales(JsonObject official, int stages) {
        return ConfigJson.has(official, "layerscales")
                ? ConfigJson.flags(official, "layerscales")
                : Collections.nCopies(stages, false);
    }

    @Override
    public boolean recognises(StateDict weights) {
        return weights.contains(STEM) && weights.contains("layers.0." + ANGLE);
    }

    @Override
    public Recognised<Config> recognise(Checkpoint checkpoint, String variant, Config config)
            throws CheckpointException {
        StateDict weights = checkpoint.weights();
        if (!recognises(weights)) {
            throw new CheckpointException("no SecViT: there is no " + STEM + " or no layers.0." + ANGLE
                    + " in the file, which has "
                    + weights.names().stream()
                            .limit(5)
                            .map(CheckpointException::quote)
                            .toList());
        }
        if (config != null) {
            return new Recognised<>(config, "custom", weights, List.of());
        }
        checkVariant(variant);
        int classes = StateShapes.rows(weights, "head.weight");
        if (variant != null) {
            return new Recognised<>(VARIANTS.get(variant).withClasses(classes), variant, weights, List.of());
        }
        Map.Entry<String, Config> official = published(weights);
        return new Recognised<>(official.getValue().withClasses(classes), official.getKey(), weights, List.of());
    }

    /**
     * The published variant with the blocks and channels of a state dict.
     *
     * @throws CheckpointException if there is none
     */
    static Map.Entry<String, Config> published(StateDict weights) throws CheckpointException {
        List<Integer> dims = new ArrayList<>();
        List<Integer> depths = new ArrayList<>();
        for (int i = 0; weights.contains("layers." + i + "." + ANGLE); i++) {
            dims.add(StateShapes.rows(weights, "layers." + i + ".blocks.0.norm1.norm.weight"));
            depths.add(StateShapes.count(weights, "layers." + i + ".blocks.%d.norm1.norm.weight"));
        }
        for (Map.Entry<String, Config> entry : VARIANTS.entrySet()) {
            Config official = entry.getValue();
            if (official.dims().equals(dims) && official.depths().equals(depths)) {
                return entry;
            }
        }
        throw new CheckpointException("the file holds a SecViT of " + depths + " blocks of " + dims
                + " channels, which is not a published one, and does not say its numbers of clusters; give a JSON"
                + " configuration");
    }

    @Override
    public SecVit build(Config config) {
        return new SecVit(config);
    }

    /** The angles are constants: a file without them is complete. */
    @Override
    public boolean ignorable(String name) {
        return name.endsWith(ANGLE);
    }
}
