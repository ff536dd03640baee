// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import com.google.gson.JsonObject;
import io.github.pointillist.models.ConvNeXt.Config;
import io.github.pointillist.models.ConvNeXt.Padding;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.StateDict;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The files of ConvNeXt: the authors' {@code {model: ...}}, kMaX-DeepLab's pickled {@code {model, __author__,
 * matching_heuristics}} of a backbone, and the "backbone." part of whole models. Shapes say everything but the padding:
 * files of backbones inside kMaX-DeepLab are told by their "backbone." in front.
 */
public final class ConvNeXtArchitecture extends OfficialArchitecture<Config> {
    private static final String BACKBONE = "backbone.";
    private static final String STEM = "downsample_layers.0.0.weight";
    private static final String FIRST = "stages.0.0.dwconv.weight";
    private static final Map<String, Config> VARIANTS = variantsInOrder();

    private static Map<String, Config> variantsInOrder() {
        Map<String, Config> all = new LinkedHashMap<>();
        all.put("convnext_tiny", ConvNeXt.TINY);
        all.put("convnext_small", ConvNeXt.SMALL);
        all.put("convnext_base", ConvNeXt.BASE);
        all.put("convnext_large", ConvNeXt.LARGE);
        all.put("convnext_xlarge", ConvNeXt.XLARGE);
        return Collections.unmodifiableMap(all);
    }

    /** The family, for {@link Architectures}. */
    public ConvNeXtArchitecture() {
        super("convnext", Config.class, VARIANTS, Config::classes);
    }

    /**
     * Reads depths, dims and num_classes; a configuration that names out_features is that of a backbone of
     * kMaX-DeepLab, which pads.
     */
    @Override
    public Config fromJson(JsonObject official) {
        return new Config(
                ConfigJson.integers(official, "depths"),
                ConfigJson.integers(official, "dims"),
                ConfigJson.has(official, "out_features") ? Padding.KMAX : Padding.NONE,
                ConfigJson.integer(official, "num_classes", 0));
    }

    @Override
    public boolean recognises(StateDict weights) {
        return prefix(weights) != null;
    }

    private static String prefix(StateDict weights) {
        for (String prefix : List.of("", BACKBONE)) {
            if (weights.contains(prefix + STEM) && weights.contains(prefix + FIRST)) {
                return prefix;
            }
        }
        return null;
    }

    @Override
    public Recognised<Config> recognise(Checkpoint checkpoint, String variant, Config config)
            throws CheckpointException {
        String prefix = prefix(checkpoint.weights());
        if (prefix == null) {
            throw new CheckpointException("no ConvNeXt: there is no " + STEM + " or no " + FIRST
                    + " in the file, which has "
                    + checkpoint.weights().names().stream()
                            .limit(5)
                            .map(CheckpointException::quote)
                            .toList());
        }
        List<String> notes = new ArrayList<>();
        StateDict weights = checkpoint.weights().under(prefix);
        if (!prefix.isEmpty()) {
            notes.add("the backbone of a larger model: " + (checkpoint.weights().size() - weights.size())
                    + " other entries left aside");
        }
        int classes = classes(weights);
        boolean wantsHead = config == null ? classes > 0 : config.classes() > 0;
        if (!wantsHead && weights.names().stream().anyMatch(ConvNeXtArchitecture::isHead)) {
            weights = weights.filter(name -> !isHead(name));
            notes.add("the classifier is left aside");
        }
        if (config != null) {
            return new Recognised<>(config, variant == null ? "custom" : variant, weights, notes);
        }
        Config found = told(weights, prefix.isEmpty() ? Padding.NONE : Padding.KMAX, classes);
        String name = VARIANTS.entrySet().stream()
                .filter(entry -> entry.getValue()
                        .padded(found.padding())
                        .withClasses(found.classes())
                        .equals(found))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse("custom");
        if (variant != null && !variant.equals(name)) {
            throw new CheckpointException("variant is " + CheckpointException.quote(variant) + ", but the file holds "
                    + (name.equals("custom") ? "a ConvNeXt of " + found.dims() + " channels" : name)
                    + "; allowed are " + String.join(", ", VARIANTS.keySet()));
        }
        return new Recognised<>(found, name, weights, notes);
    }

    /** Number of classes; 0 where the file has no classifier or only a part of it, as backbones saved with a head. */
    private static int classes(StateDict weights) {
        return weights.contains("norm.weight")
                ? weights.find("head.weight")
                        .map(entry -> (int) entry.shape().get(0))
                        .orElse(0)
                : 0;
    }

    private static boolean isHead(String name) {
        return name.startsWith("head.") || name.startsWith("norm.");
    }

    private static Config told(StateDict weights, Padding padding, int classes) throws CheckpointException {
        List<Integer> depths = new ArrayList<>();
        List<Integer> dims = new ArrayList<>();
        for (int i = 0; weights.contains("stages." + i + ".0.dwconv.weight"); i++) {
            String stage = "stages." + i + ".";
            depths.add((int) IntStream.iterate(0, j -> j + 1)
                    .takeWhile(j -> weights.contains(stage + j + ".dwconv.weight"))
                    .count());
            dims.add((int) weights.get(stage + "0.dwconv.weight").shape().get(0));
        }
        try {
            return new Config(depths, dims, padding, classes);
        } catch (IllegalArgumentException e) {
            throw new CheckpointException("the file's shapes make no ConvNeXt: " + e.getMessage(), e);
        }
    }

    @Override
    public Layer build(Config config) {
        return new ConvNeXt(config);
    }
}
