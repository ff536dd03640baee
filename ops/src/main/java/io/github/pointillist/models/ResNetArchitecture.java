// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonObject;
import io.github.pointillist.models.ResNet.Config;
import io.github.pointillist.models.ResNet.Naming;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.StateDict;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The files of ResNet: torchvision's and timm's bare state dicts, mmdetection's and detectron2's backbones, also under
 * "backbone." or "bottom_up." in front, of whole detectors. Shapes say everything but the constants of the batch norms.
 *
 * <p>torchvision's oldest files have no {@code num_batches_tracked}: those counters then stay 0.
 */
public final class ResNetArchitecture extends OfficialArchitecture<Config> {
    private static final Set<String> PREFIXES = Set.of("", "backbone.", "backbone.bottom_up.");
    private static final String TORCHVISION_FIRST = "layer1.0.conv1.weight";
    private static final String DETECTRON2_FIRST = "res2.0.conv1.weight";
    private static final String COUNTER = "num_batches_tracked";
    private static final int KMAX_DEPTH = 50;
    private static final Map<String, Config> VARIANTS = variantsInOrder();

    private static Map<String, Config> variantsInOrder() {
        Map<String, Config> all = new LinkedHashMap<>();
        all.put("resnet18", ResNet.R18);
        all.put("resnet34", ResNet.R34);
        all.put("resnet50", ResNet.R50);
        all.put("resnet101", ResNet.R101);
        all.put("resnet152", ResNet.R152);
        return Collections.unmodifiableMap(all);
    }

    /** The family, for {@link Architectures}. */
    public ResNetArchitecture() {
        super("resnet", Config.class, VARIANTS, Config::classes);
    }

    /**
     * Reads depth (18, 34, 50, 101 or 152) and num_classes; or the backbone of an mmdetection configuration, depth and
     * base_channels; or that of a detectron2 one: depth, stem_out_channels, res2_out_channels, width_per_group. The
     * latter is taken with the norms of kMaX-DeepLab, 1e-3 and 0.01, unless norm_eps and norm_momentum are given.
     */
    @Override
    public Config fromJson(JsonObject official) {
        int depth = ConfigJson.integer(official, "depth", KMAX_DEPTH);
        Config config = VARIANTS.get("resnet" + depth);
        if (config == null) {
            throw new IllegalArgumentException("depth is " + depth + "; allowed are 18, 34, 50, 101, 152");
        }
        boolean detectron2 = ConfigJson.has(official, "res2_out_channels");
        if (ConfigJson.flag(official, "stride_in_1x1", false)
                || ConfigJson.integer(official, "num_groups", 1) != 1
                || ConfigJson.integer(official, "res5_dilation", 1) != 1
                || !ConfigJson.text(official, "style", "pytorch").equals("pytorch")) {
            throw new IllegalArgumentException(
                    "the configuration has a stride in the 1 x 1 convolutions, groups or"
                            + " dilation; allowed is a ResNet with its stride in the 3 x 3 convolutions, one group, no dilation");
        }
        int base = ConfigJson.integer(official, "base_channels", config.stem());
        int stem = ConfigJson.integer(official, "stem_out_channels", base);
        int width = ConfigJson.integer(official, "width_per_group", base);
        int out = ConfigJson.integer(official, "res2_out_channels", config.bottleneck() ? 4 * width : width);
        return new Config(
                config.depths(),
                config.bottleneck(),
                stem,
                width,
                out,
                ConfigJson.decimal(official, "norm_eps", detectron2 ? 1e-3 : config.epsilon()),
                ConfigJson.decimal(official, "norm_momentum", detectron2 ? 0.01 : config.momentum()),
                detectron2 ? Naming.DETECTRON2 : Naming.TORCHVISION,
                ConfigJson.integer(official, "num_classes", 0));
    }

    @Override
    public boolean recognises(StateDict weights) {
        return prefix(weights) != null;
    }

    /** What stands before the names of a ResNet; null if there is none. */
    private static String prefix(StateDict weights) {
        return PREFIXES.stream()
                .filter(prefix -> (weights.contains(prefix + "conv1.weight")
                                && weights.contains(prefix + TORCHVISION_FIRST)
                                && weights.contains(prefix + "layer4.0.bn1.running_mean"))
                        || (weights.contains(prefix + "stem.conv1.weight")
                                && weights.contains(prefix + DETECTRON2_FIRST)))
                .findFirst()
                .orElse(null);
    }

    @Override
    public Recognised<Config> recognise(Checkpoint checkpoint, String variant, Config config)
            throws CheckpointException {
        String prefix = prefix(checkpoint.weights());
        if (prefix == null) {
            throw new CheckpointException("no ResNet: there is neither " + TORCHVISION_FIRST + " nor "
                    + DETECTRON2_FIRST + " in the file, which has "
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
        if (weights.contains("stem.fc.weight")) {
            weights = weights.filter(name -> !name.startsWith("stem.fc."));
            notes.add("the classifier, which a detectron2 backbone does not have, is left aside");
        }
        if (weights.names().stream().noneMatch(name -> name.endsWith(COUNTER))) {
            notes.add("the file has no " + COUNTER + ": those counters stay 0");
        }
        if (config != null) {
            return new Recognised<>(config, variant == null ? "custom" : variant, weights, notes);
        }
        Config found = told(weights);
        if (found.naming() == Naming.DETECTRON2) {
            notes.add(
                    "detectron2's names: batch norms taken as PyTorch's, 1e-5, unless a configuration says otherwise");
        }
        String name = VARIANTS.entrySet().stream()
                .filter(entry -> entry.getValue()
                        .named(found.naming())
                        .withClasses(found.classes())
                        .equals(found))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse("custom");
        if (variant != null && !variant.equals(name)) {
            throw new CheckpointException("variant is " + CheckpointException.quote(variant) + ", but the file holds "
                    + (name.equals("custom") ? "a ResNet of " + found.depths() + " blocks" : name) + "; allowed are "
                    + String.join(", ", VARIANTS.keySet()));
        }
        return new Recognised<>(found, name, weights, notes);
    }

    private static Config told(StateDict weights) throws CheckpointException {
        boolean torchvision = weights.contains(TORCHVISION_FIRST);
        List<Integer> depths = IntStream.range(0, 4)
                .map(i -> {
                    String stage = torchvision ? "layer" + (i + 1) : "res" + (i + 2);
                    return (int) IntStream.iterate(0, j -> j + 1)
                            .takeWhile(j -> weights.contains(stage + "." + j + ".conv1.weight"))
                            .count();
                })
                .boxed()
                .toList();
        String first = torchvision ? "layer1.0." : "res2.0.";
        boolean bottleneck = weights.contains(first + "conv3.weight");
        Shape firstConv = weights.get(first + "conv1.weight").shape(); // (width, stem, k, k)
        if (firstConv.dimension() != 4 || firstConv.get(2) != (bottleneck ? 1 : 3)) {
            throw new CheckpointException(first + "conv1.weight has the shape " + firstConv
                    + ", which is not that of a ResNet; allowed are 1 x 1 in bottlenecks and 3 x 3 else");
        }
        long out = bottleneck ? weights.get(first + "conv3.weight").shape().get(0) : firstConv.get(0);
        int classes = torchvision
                ? weights.find("fc.weight")
                        .map(entry -> (int) entry.shape().get(0))
                        .orElse(0)
                : 0;
        try {
            return new Config(
                    depths,
                    bottleneck,
                    (int) firstConv.get(1),
                    (int) firstConv.get(0),
                    (int) out,
                    1e-5,
                    0.1,
                    torchvision ? Naming.TORCHVISION : Naming.DETECTRON2,
                    classes);
        } catch (IllegalArgumentException e) {
            throw new CheckpointException("the file's shapes make no ResNet: " + e.getMessage(), e);
        }
    }

    @Override
    public Layer build(Config config) {
        return new ResNet(config);
    }

    @Override
    public boolean ignorable(String name) {
        return name.endsWith(COUNTER);
    }
}
