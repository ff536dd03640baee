// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonObject;
import io.github.pointillist.models.KMaxDeepLab.Auxiliary;
import io.github.pointillist.models.KMaxDeepLab.Config;
import io.github.pointillist.models.KMaxDeepLab.Features;
import io.github.pointillist.models.KMaxDeepLab.Stage;
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
 * The files of kMaX-DeepLab: detectron2's {"model", "trainer", "iteration"}, converted ones with NumPy arrays under "model",
 * or a bare state dict. Shapes say everything but the size of the images.
 */
public final class KMaxDeepLabArchitecture extends OfficialArchitecture<Config> {
    private static final String HEAD = "sem_seg_head.";
    private static final String DECODER = HEAD + "pixel_decoder.";
    private static final String PREDICTOR = HEAD + "predictor.";
    private static final String CENTRES = PREDICTOR + "_cluster_centers.weight";
    private static final String FIRST = DECODER + "_in_norms.0.weight";
    private static final String CLASSES = PREDICTOR + "_predcitor._transformer_class_head.conv.weight";
    private static final String AUXILIARY = PREDICTOR + "_auxiliary_semantic_predictor.";
    private static final String COUNTER = "num_batches_tracked";
    private static final int USUAL_SIDE = 1281;
    private static final Map<String, Config> VARIANTS = variantsInOrder();

    private static Map<String, Config> variantsInOrder() {
        Map<String, Config> all = new LinkedHashMap<>();
        all.put("kmax_r50_coco", KMaxDeepLab.COCO_R50);
        all.put("kmax_convnext_tiny_coco", KMaxDeepLab.COCO_CONVNEXT_T);
        all.put("kmax_convnext_small_coco", KMaxDeepLab.COCO_CONVNEXT_S);
        all.put("kmax_convnext_base_coco", KMaxDeepLab.COCO_CONVNEXT_B);
        all.put("kmax_convnext_large_coco", KMaxDeepLab.COCO_CONVNEXT_L);
        all.put("kmax_r50_cityscapes", KMaxDeepLab.CITYSCAPES_R50);
        all.put("kmax_convnext_large_cityscapes", KMaxDeepLab.CITYSCAPES_CONVNEXT_L);
        all.put("kmax_r50_ade20k", KMaxDeepLab.ADE20K_R50);
        all.put("kmax_convnext_large_ade20k", KMaxDeepLab.ADE20K_CONVNEXT_L);
        return Collections.unmodifiableMap(all);
    }

    /** The family, for {@link Architectures}. */
    public KMaxDeepLabArchitecture() {
        super("kmax-deeplab", Config.class, VARIANTS, Config::classes);
    }

    @Override
    public String task() {
        return "panoptic segmentation";
    }

    /**
     * Reads num_classes, num_queries, image_size, backbone, pixel_decoder (dec_layers, dec_channels, layer_types,
     * in_features_config) and transformer_decoder (dec_layers); with aux_semantic_weight above 0 there is a head for
     * training, the decoder where use_aux_semantic_decoder says so.
     */
    @Override
    public Config fromJson(JsonObject official) {
        JsonObject backbone = ConfigJson.required(official, "backbone").getAsJsonObject();
        JsonObject decoder = ConfigJson.required(official, "pixel_decoder").getAsJsonObject();
        JsonObject transformer =
                ConfigJson.required(official, "transformer_decoder").getAsJsonObject();
        boolean convnext = ConfigJson.has(backbone, "dims");
        List<Integer> layers = ConfigJson.integers(decoder, "dec_layers");
        List<Integer> channels = ConfigJson.integers(decoder, "dec_channels");
        List<String> types = ConfigJson.texts(decoder, "layer_types");
        if (layers.size() != channels.size() || layers.size() != types.size()) {
            throw new IllegalArgumentException("the pixel decoder has layers " + layers + ", channels " + channels
                    + " and types " + types + "; give as many of each");
        }
        List<Stage> stages = IntStream.range(0, layers.size())
                .mapToObj(i ->
                        new Stage(layers.get(i), channels.get(i), types.get(i).equals("axial")))
                .toList();
        boolean stem = ConfigJson.texts(decoder, "in_features_config").contains("stem");
        boolean helped = ConfigJson.decimal(official, "aux_semantic_weight", 1) > 0;
        boolean large = ConfigJson.flag(official, "use_aux_semantic_decoder", true);
        List<Integer> size = ConfigJson.integers(official, "image_size", 2);
        return new Config(
                convnext ? null : new ResNetArchitecture().fromJson(backbone),
                convnext ? new ConvNeXtArchitecture().fromJson(backbone).padded(ConvNeXt.Padding.KMAX) : null,
                features(stem, convnext),
                stages,
                ConfigJson.integers(transformer, "dec_layers", 3),
                ConfigJson.integer(official, "num_queries"),
                ConfigJson.integer(transformer, "query_channels", KMaxDeepLab.WIDTH),
                ConfigJson.integer(official, "num_classes"),
                !helped ? Auxiliary.NONE : large ? Auxiliary.DECODER : Auxiliary.SMALL,
                KMaxDeepLab.DROPOUT,
                size.get(0),
                size.get(1));
    }

    private static Features features(boolean stem, boolean convnext) {
        return !stem ? Features.FOUR : convnext ? Features.STEM_LAST : Features.STEM_BEFORE_RES2;
    }

    @Override
    public boolean recognises(StateDict weights) {
        return weights.contains(CENTRES) && weights.contains(FIRST) && weights.contains(CLASSES);
    }

    @Override
    public Recognised<Config> recognise(Checkpoint checkpoint, String variant, Config config)
            throws CheckpointException {
        StateDict weights = checkpoint.weights();
        if (!recognises(weights)) {
            throw new CheckpointException("no kMaX-DeepLab: there is no " + CENTRES + ", " + FIRST + " or " + CLASSES
                    + " in the file, which has "
                    + weights.names().stream()
                            .limit(5)
                            .map(CheckpointException::quote)
                            .toList());
        }
        List<String> notes = new ArrayList<>();
        if (weights.names().stream().noneMatch(name -> name.endsWith(COUNTER))) {
            notes.add("the file has no " + COUNTER + ": those counters stay 0");
        }
        if (config != null) {
            return new Recognised<>(config, variant == null ? "custom" : variant, weights, notes);
        }
        checkVariant(variant);
        Config found = told(checkpoint, notes);
        String name = VARIANTS.entrySet().stream()
                .filter(entry ->
                        entry.getValue().withAuxiliary(found.auxiliary()).equals(found))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse("custom");
        if (variant != null && !variant.equals(name)) {
            throw new CheckpointException("variant is " + CheckpointException.quote(variant) + ", but the file holds "
                    + (name.equals("custom") ? "none of the official ones" : name) + "; allowed are "
                    + String.join(", ", VARIANTS.keySet()));
        }
        return new Recognised<>(found, name, weights, notes);
    }

    private static Config told(Checkpoint checkpoint, List<String> notes) throws CheckpointException {
        StateDict weights = checkpoint.weights();
        boolean convnext = new ConvNeXtArchitecture().recognises(weights);
        List<Stage> stages = new ArrayList<>();
        for (int i = 0; weights.contains(DECODER + "_in_norms." + i + ".weight"); i++) {
            String stage = DECODER + "_stages." + i + "._blocks.";
            int blocks = count(weights, stage, "._conv3_bn.conv.weight");
            String block = stage + "0.";
            stages.add(new Stage(
                    blocks,
                    (int) shape(weights, block + "_conv3_bn.conv.weight").get(0) / 4,
                    weights.contains(block + "_attention._height_axis.qkv_transform.conv.weight")));
        }
        int steps = count(weights, PREDICTOR + "_kmax_transformer_layers.", "._pixel_conv1_bn_act.conv.weight");
        if (steps % 3 != 0) {
            throw new CheckpointException("the file has " + steps
                    + " k-means steps and does not say on which maps; give a" + " JSON configuration as the variant");
        }
        int classes = (int) shape(weights, CLASSES).get(0) - 1;
        boolean cityscapes = classes == 19;
        if (VARIANTS.values().stream().noneMatch(known -> known.classes() == classes)) {
            notes.add("the file does not say for which size of images; taken as " + USUAL_SIDE + " x " + USUAL_SIDE);
        }
        Auxiliary auxiliary = weights.contains(AUXILIARY + "0.conv.weight")
                ? Auxiliary.SMALL
                : weights.contains(AUXILIARY + "final_conv.conv.weight") ? Auxiliary.DECODER : Auxiliary.NONE;
        try {
            return new Config(
                    convnext
                            ? null
                            : new ResNetArchitecture()
                                    .recognise(checkpoint, null, null)
                                    .config()
                                    .withNorm(1e-3, 0.01),
                    convnext
                            ? new ConvNeXtArchitecture()
                                    .recognise(checkpoint, null, null)
                                    .config()
                            : null,
                    features(stages.size() == 5, convnext),
                    stages,
                    List.of(steps / 3, steps / 3, steps / 3),
                    (int) shape(weights, CENTRES).get(1),
                    (int) shape(weights, CENTRES).get(0),
                    classes,
                    auxiliary,
                    KMaxDeepLab.DROPOUT,
                    cityscapes ? KMaxDeepLab.CITYSCAPES_R50.heightPx() : USUAL_SIDE,
                    cityscapes ? KMaxDeepLab.CITYSCAPES_R50.widthPx() : USUAL_SIDE);
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new CheckpointException("the file's shapes make no kMaX-DeepLab: " + e.getMessage(), e);
        }
    }

    private static int count(StateDict weights, String before, String after) {
        return (int) IntStream.iterate(0, i -> i + 1)
                .takeWhile(i -> weights.contains(before + i + after))
                .count();
    }

    private static Shape shape(StateDict weights, String name) throws CheckpointException {
        return weights.find(name)
                .orElseThrow(() -> new CheckpointException("the file has no " + CheckpointException.quote(name)))
                .shape();
    }

    @Override
    public Config withClasses(Config config, int classes) {
        return config.withClasses(classes);
    }

    @Override
    public Layer build(Config config) {
        return new KMaxDeepLab(config);
    }

    @Override
    public boolean ignorable(String name) {
        return name.endsWith(COUNTER);
    }
}
