// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import com.google.gson.JsonObject;
import io.github.pointillist.models.VisionGnn.Config;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.StateDict;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The families "vig" (one stage) and "pyramid-vig". Their files are plain state dicts; with or without the tables of
 * relative positions, which the model makes itself. Blocks, channels, image size and classes are told from the shapes;
 * neighbours and groups are in no file: those of the official variant of these shapes are taken.
 */
final class VisionGnnArchitecture extends OfficialArchitecture<Config> {
    static final Architecture<Config> ISOTROPIC = new VisionGnnArchitecture(false);
    static final Architecture<Config> PYRAMID = new VisionGnnArchitecture(true);

    /** GKGNet's graph convolution in the official variants, as its paper does without publishing the code. */
    private static final String GROUPED = "_group2";

    private final boolean pyramid;

    private VisionGnnArchitecture(boolean pyramid) {
        super(pyramid ? "pyramid-vig" : "vig", Config.class, allVariants(pyramid), Config::classes);
        this.pyramid = pyramid;
    }

    /** Those of the reference, then the same with two groups. */
    private static Map<String, Config> allVariants(boolean pyramid) {
        Map<String, Config> official = new LinkedHashMap<>();
        if (pyramid) {
            official.put("pvig_ti_224_gelu", VisionGnn.PYRAMID_TI);
            official.put("pvig_s_224_gelu", VisionGnn.PYRAMID_S);
            official.put("pvig_m_224_gelu", VisionGnn.PYRAMID_M);
            official.put("pvig_b_224_gelu", VisionGnn.PYRAMID_B);
        } else {
            official.put("vig_ti_224_gelu", VisionGnn.TI);
            official.put("vig_s_224_gelu", VisionGnn.S);
            official.put("vig_b_224_gelu", VisionGnn.B);
        }
        Map<String, Config> all = new LinkedHashMap<>(official);
        official.forEach((name, config) -> all.put(name + GROUPED, config.withGroups(2)));
        return Collections.unmodifiableMap(all);
    }

    /**
     * Reads blocks, channels, n_classes and k, and optionally dilation, reduce_ratios, num_group and size (224). k and
     * dilation are one number or one for each block.
     */
    @Override
    public Config fromJson(JsonObject official) {
        List<Integer> blocks = ConfigJson.integers(official, "blocks", 1);
        int total = blocks.stream().mapToInt(Integer::intValue).sum();
        List<Integer> neighbours = perBlock(ConfigJson.integers(official, "k", 1), total);
        int most = neighbours.stream().mapToInt(Integer::intValue).max().orElse(1);
        int limit = (pyramid ? 49 : 196) / Math.max(1, most);
        return new Config(
                pyramid,
                blocks,
                ConfigJson.integers(official, "channels", 1),
                official.has("reduce_ratios")
                        ? ConfigJson.integers(official, "reduce_ratios", 1)
                        : pyramid ? VisionGnn.REDUCTIONS : List.of(1),
                neighbours,
                official.has("dilation")
                        ? perBlock(ConfigJson.integers(official, "dilation", 1), total)
                        : VisionGnn.dilations(total, limit),
                ConfigJson.integer(official, "num_group", 1),
                ConfigJson.integer(official, "size", 224),
                ConfigJson.integer(official, "n_classes"));
    }

    private static List<Integer> perBlock(List<Integer> given, int blocks) {
        return given.size() == 1 ? Collections.nCopies(blocks, given.get(0)) : given;
    }

    @Override
    public boolean recognises(StateDict weights) {
        return weights.contains("pos_embed")
                && weights.contains("prediction.0.weight")
                && weights.contains("backbone.0.0.graph_conv.gconv.nn.0.weight")
                && weights.contains("stem.convs.9.weight") != pyramid;
    }

    @Override
    public Recognised<Config> recognise(Checkpoint checkpoint, String variant, Config config)
            throws CheckpointException {
        StateDict weights = checkpoint.weights();
        if (!recognises(weights)) {
            throw new CheckpointException(
                    "no " + id() + ": pos_embed, stem, backbone or prediction is missing; the file has "
                            + weights.names().stream()
                                    .limit(5)
                                    .map(CheckpointException::quote)
                                    .collect(Collectors.joining(", ", "", ", ...")));
        }
        List<String> notes = new ArrayList<>();
        if (weights.names().stream().noneMatch(this::ignorable) && pyramid) {
            notes.add("the file has no tables of relative positions: those of the constructor are used");
        }
        if (config != null) {
            return new Recognised<>(config, variantOf(config), weights, notes);
        }
        GraphShapes shapes = GraphShapes.of(weights);
        int classes = GraphShapes.axis(weights, "prediction.4.weight", 0);
        Config found;
        if (variant != null) {
            found = variants().get(variant);
            if (found == null) {
                throw new CheckpointException("variant is " + variant + "; allowed are "
                        + String.join(", ", variants().keySet()));
            }
        } else {
            found = variants().values().stream()
                    .filter(each -> shapes.fits(each.blocks(), each.channels()))
                    .findFirst()
                    .orElseThrow(
                            () -> new CheckpointException(
                                    "not an official " + id() + ": it has " + shapes
                                            + ", and the file does not say how many neighbours a point has; give a JSON configuration"));
            notes.add("the file does not say how neighbours are chosen: "
                    + found.neighbours().get(0) + " in " + found.groups()
                    + " group, as in the official variant of these shapes; name a variant for another");
        }
        found = found.withClasses(classes);
        return new Recognised<>(found, variantOf(found), weights, notes);
    }

    private String variantOf(Config config) {
        return variants().entrySet().stream()
                .filter(entry -> entry.getValue().withClasses(config.classes()).equals(config))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse("custom");
    }

    @Override
    public VisionGnn build(Config config) {
        return new VisionGnn(config);
    }

    /** The tables of relative positions, which the model makes itself. */
    @Override
    public boolean ignorable(String name) {
        return name.endsWith(".relative_pos");
    }

    // ---- JSON

    /** Blocks and channels of each stage, as the shapes in a state dict tell. */
    record GraphShapes(List<Integer> blocks, List<Integer> channels) {
        static GraphShapes of(StateDict weights) {
            List<Integer> blocks = new ArrayList<>();
            List<Integer> channels = new ArrayList<>();
            int inStage = 0;
            for (int i = 0; ; i++) {
                String block = "backbone." + i + ".0.fc1.0.weight";
                boolean reducer = weights.contains("backbone." + i + ".conv.0.weight");
                if (weights.contains(block)) {
                    if (inStage++ == 0) {
                        channels.add(axis(weights, block, 0));
                    }
                } else {
                    blocks.add(inStage);
                    inStage = 0;
                    if (!reducer) {
                        return new GraphShapes(blocks, channels);
                    }
                }
            }
        }

        boolean fits(List<Integer> otherBlocks, List<Integer> otherChannels) {
            return blocks.equals(otherBlocks) && channels.equals(otherChannels);
        }

        static int axis(StateDict weights, String name, int axis) {
            return weights.find(name)
                    .filter(entry -> entry.shape().dimension() > axis)
                    .map(entry -> (int) entry.shape().get(axis))
                    .orElse(0);
        }

        @Override
        public String toString() {
            return IntStream.range(0, blocks.size())
                    .mapToObj(i -> blocks.get(i) + " x " + (i < channels.size() ? channels.get(i) : 0))
                    .collect(Collectors.joining(", ", "", " (blocks x channels)"));
        }
    }
}
