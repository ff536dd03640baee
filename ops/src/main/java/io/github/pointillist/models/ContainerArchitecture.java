// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonObject;
import io.github.pointillist.models.Container.Config;
import io.github.pointillist.models.Container.Context;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.StateDict;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The files of CONTAINER: what DeiT's training code saves, {@code {model, optimizer, ..., model_ema, args}}, of which
 * the official evaluation reads {@code model}. Everything is told from the shapes but the number of heads, which is
 * known for the two published architectures only.
 */
public final class ContainerArchitecture extends OfficialArchitecture<Config> {
    private static final String STEM = "patch_embed1.proj.weight";
    private static final String MIX = ".sa_weight";
    private static final String CONV_BLOCK = "CBlock";
    private static final String MIX_BLOCK = "MixBlock";
    /** The official "container_v1_light", and "container_v1", composed from the paper. */
    private static final Map<String, Config> VARIANTS = variantsInOrder();

    private static Map<String, Config> variantsInOrder() {
        Map<String, Config> all = new LinkedHashMap<>();
        all.put("container_v1_light", Container.LIGHT);
        all.put("container_v1", Container.FULL);
        return Collections.unmodifiableMap(all);
    }

    /** The family, for {@link Architectures}. */
    public ContainerArchitecture() {
        super("container", Config.class, VARIANTS, Config::classes);
    }

    /**
     * Reads patch_size, embed_dim, depth, num_heads (one number or one per stage), mlp_ratio and num_classes. The kind
     * of blocks, which the reference fixes, may be given per stage as blocks: "CBlock" or "MixBlock"; without it the
     * last stage has MixBlocks.
     */
    @Override
    public Config fromJson(JsonObject official) {
        List<Integer> dims = ConfigJson.integers(official, "embed_dim");
        List<Context> contexts = new ArrayList<>(Collections.nCopies(dims.size(), Context.STATIC));
        if (ConfigJson.has(official, "blocks")) {
            contexts = ConfigJson.texts(official, "blocks").stream()
                    .map(ContainerArchitecture::context)
                    .toList();
        } else if (!contexts.isEmpty()) {
            contexts.set(contexts.size() - 1, Context.MIXED);
        }
        return new Config(
                ConfigJson.integers(official, "patch_size"),
                dims,
                ConfigJson.integers(official, "depth"),
                ConfigJson.integers(official, "num_heads", dims.size()),
                ConfigJson.integers(official, "mlp_ratio", dims.size()),
                contexts,
                ConfigJson.integer(official, "num_classes", 0));
    }

    private static Context context(String name) {
        if (name.equals(CONV_BLOCK)) {
            return Context.STATIC;
        }
        if (name.equals(MIX_BLOCK)) {
            return Context.MIXED;
        }
        throw new IllegalArgumentException(
                "a stage has blocks " + name + "; allowed are " + CONV_BLOCK + " and " + MIX_BLOCK);
    }

    @Override
    public boolean recognises(StateDict weights) {
        return weights.contains(STEM) && weights.names().stream().anyMatch(name -> name.endsWith(MIX));
    }

    @Override
    public Recognised<Config> recognise(Checkpoint checkpoint, String variant, Config config)
            throws CheckpointException {
        StateDict weights = checkpoint.weights();
        if (!recognises(weights)) {
            throw new CheckpointException("no CONTAINER: there is no " + STEM + " or no block with " + MIX
                    + " in the file, which has "
                    + weights.names().stream()
                            .limit(5)
                            .map(CheckpointException::quote)
                            .toList());
        }
        if (config != null) {
            return new Recognised<>(config, variant == null ? "custom" : variant, weights, List.of());
        }
        int classes = weights.find("head.weight")
                .map(entry -> (int) entry.shape().get(0))
                .orElse(0);
        if (variant != null) {
            checkVariant(variant);
            return new Recognised<>(VARIANTS.get(variant).withClasses(classes), variant, weights, List.of());
        }
        Config found = told(weights, classes);
        for (Map.Entry<String, Config> entry : VARIANTS.entrySet()) {
            Config official = entry.getValue().withClasses(classes);
            if (withHeads(found, official.heads()).equals(official)) {
                return new Recognised<>(official, entry.getKey(), weights, List.of());
            }
        }
        throw new CheckpointException("the file holds a CONTAINER of " + found.depths() + " blocks of " + found.dims()
                + " channels, which is not a published one, and does not say its number of heads; give a JSON"
                + " configuration");
    }

    /** What the shapes say; one head everywhere. */
    private static Config told(StateDict weights, int classes) throws CheckpointException {
        List<Integer> patches = new ArrayList<>();
        List<Integer> dims = new ArrayList<>();
        List<Integer> depths = new ArrayList<>();
        List<Integer> ratios = new ArrayList<>();
        List<Context> contexts = new ArrayList<>();
        for (int i = 1; weights.contains("patch_embed" + i + ".proj.weight"); i++) {
            Shape patch = weights.get("patch_embed" + i + ".proj.weight").shape(); // (C, in, k, k)
            String first = "blocks" + i + ".0";
            if (patch.dimension() != 4 || !weights.contains(first + ".mlp.fc1.weight")) {
                throw new CheckpointException(
                        "the file's stage " + i + " has no " + first + ".mlp.fc1.weight or no patches of 4 axes");
            }
            int depth = 0;
            while (weights.contains("blocks" + i + "." + depth + ".mlp.fc1.weight")) {
                depth++;
            }
            long hidden = weights.get(first + ".mlp.fc1.weight").shape().get(0);
            patches.add((int) patch.get(2));
            dims.add((int) patch.get(0));
            depths.add(depth);
            ratios.add((int) (hidden / patch.get(0)));
            contexts.add(weights.contains(first + MIX) ? Context.MIXED : Context.STATIC);
        }
        try {
            return new Config(patches, dims, depths, Collections.nCopies(dims.size(), 1), ratios, contexts, classes);
        } catch (IllegalArgumentException e) {
            throw new CheckpointException("the file's shapes make no CONTAINER: " + e.getMessage(), e);
        }
    }

    private static Config withHeads(Config config, List<Integer> heads) {
        if (heads.size() != config.stages()) {
            return config;
        }
        boolean divides = true;
        for (int i = 0; i < heads.size(); i++) {
            divides &= config.dims().get(i) % heads.get(i) == 0;
        }
        return divides
                ? new Config(
                        config.patches(),
                        config.dims(),
                        config.depths(),
                        heads,
                        config.mlpRatios(),
                        config.contexts(),
                        config.classes())
                : config;
    }

    @Override
    public Layer build(Config config) {
        return new Container(config);
    }
}
