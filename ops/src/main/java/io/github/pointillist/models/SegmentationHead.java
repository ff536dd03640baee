// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import com.google.gson.JsonObject;
import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.StateDict;
import io.github.pointillist.weights.TensorEntry;
import java.util.List;

/**
 * A kind of head over the maps of a backbone: how a file is told to have one, and what its configuration is. Names are
 * those of mmsegmentation's state dicts.
 *
 * @param <H> the configuration record
 */
public abstract class SegmentationHead<H extends Record> {
    /** {@link SemanticFpn}: the parts neck and decode_head. */
    public static final SegmentationHead<SemanticFpn.Config> SEMANTIC_FPN = new Fpn();
    /** {@link UperNet}: the parts decode_head and, where it was kept, auxiliary_head. */
    public static final SegmentationHead<UperNet.Config> UPERNET = new Uper();

    private final String title;

    private SegmentationHead(String title) {
        this.title = title;
    }

    /** For people: "Semantic FPN". */
    public final String title() {
        return title;
    }

    /** Whether the names in a whole state dict are those of such a head. */
    public abstract boolean recognises(StateDict weights);

    /**
     * Reads the settings in a configuration, under the names of mmsegmentation's.
     *
     * @throws IllegalArgumentException if a field is missing or not allowed
     */
    public abstract H fromJson(JsonObject json);

    /**
     * Tells the settings from the shapes of a whole state dict.
     *
     * @throws CheckpointException if they do not say it
     */
    abstract H of(StateDict weights) throws CheckpointException;

    /** Number of classes. */
    abstract int classes(H config);

    private static int axis(StateDict weights, String name, int axis) {
        return (int) weights.find(name)
                .map(TensorEntry::shape)
                .filter(shape -> shape.dimension() > axis)
                .map(shape -> shape.get(axis))
                .orElse(0L)
                .longValue();
    }

    private static final class Fpn extends SegmentationHead<SemanticFpn.Config> {
        private static final String NECK = "neck.lateral_convs.0.conv.weight";
        private static final String BRANCH = "decode_head.scale_heads.0.0.conv.weight";
        private static final String CLASSES = "decode_head.conv_seg.weight";

        private Fpn() {
            super("Semantic FPN");
        }

        @Override
        public boolean recognises(StateDict weights) {
            return weights.contains(NECK) && weights.contains(BRANCH) && weights.contains(CLASSES);
        }

        /** Reads neck_channels, head_channels, num_classes and optionally dropout_ratio. */
        @Override
        public SemanticFpn.Config fromJson(JsonObject json) {
            refuseAlignedCorners(json);
            return new SemanticFpn.Config(
                    ConfigJson.integer(json, "neck_channels"),
                    ConfigJson.integer(json, "head_channels"),
                    ConfigJson.decimal(json, "dropout_ratio", SemanticFpn.ADE20K.dropout()),
                    ConfigJson.integer(json, "num_classes"));
        }

        @Override
        SemanticFpn.Config of(StateDict weights) {
            return new SemanticFpn.Config(
                    axis(weights, NECK, 0),
                    axis(weights, CLASSES, 1),
                    SemanticFpn.ADE20K.dropout(),
                    axis(weights, CLASSES, 0));
        }

        @Override
        int classes(SemanticFpn.Config config) {
            return config.classes();
        }
    }

    private static final class Uper extends SegmentationHead<UperNet.Config> {
        private static final String POOLED = "decode_head.psp_modules.%d.1.conv.weight";
        private static final String LATERAL = "decode_head.lateral_convs.%d.conv.weight";
        private static final String CLASSES = "decode_head.conv_seg.weight";
        private static final String AUXILIARY = "auxiliary_head.";

        private Uper() {
            super("UPerNet");
        }

        @Override
        public boolean recognises(StateDict weights) {
            return weights.contains(String.format(POOLED, 0)) && weights.contains(CLASSES);
        }

        /**
         * Reads channels, pool_scales, num_classes, optionally dropout_ratio; and of the auxiliary head, if there is one,
         * aux_channels, and optionally aux_in_index, aux_num_convs and aux_concat_input.
         */
        @Override
        public UperNet.Config fromJson(JsonObject json) {
            refuseAlignedCorners(json);
            UperNet.Auxiliary usual = UperNet.ADE20K.auxiliary();
            return new UperNet.Config(
                    ConfigJson.integer(json, "channels"),
                    ConfigJson.integers(json, "pool_scales"),
                    ConfigJson.decimal(json, "dropout_ratio", UperNet.ADE20K.dropout()),
                    ConfigJson.integer(json, "num_classes"),
                    ConfigJson.has(json, "aux_channels")
                            ? new UperNet.Auxiliary(
                                    ConfigJson.integer(json, "aux_channels"),
                                    ConfigJson.integer(json, "aux_in_index", usual.index()),
                                    ConfigJson.integer(json, "aux_num_convs", usual.convs()),
                                    ConfigJson.flag(json, "aux_concat_input", usual.concat()))
                            : null);
        }

        @Override
        UperNet.Config of(StateDict weights) throws CheckpointException {
            int branches = StateShapes.count(weights, POOLED);
            List<Integer> scales = UperNet.ADE20K.poolScales();
            if (branches != scales.size()) {
                throw new CheckpointException("the file is a UPerNet that pools to " + branches
                        + " sizes and does not say which; give a JSON configuration");
            }
            return new UperNet.Config(
                    axis(weights, CLASSES, 1),
                    scales,
                    UperNet.ADE20K.dropout(),
                    axis(weights, CLASSES, 0),
                    weights.contains(AUXILIARY + "conv_seg.weight") ? auxiliary(weights) : null);
        }

        /** Which map it sees is told from the number of channels: the usual one where that fits. */
        private static UperNet.Auxiliary auxiliary(StateDict weights) throws CheckpointException {
            int channels = axis(weights, AUXILIARY + "conv_seg.weight", 1);
            int convs = StateShapes.count(weights, AUXILIARY + "convs.%d.conv.weight");
            int seen = convs == 0 ? channels : axis(weights, AUXILIARY + "convs.0.conv.weight", 1);
            int index = UperNet.ADE20K.auxiliary().index();
            if (axis(weights, String.format(LATERAL, index), 1) != seen) {
                int laterals = StateShapes.count(weights, LATERAL);
                index = 0;
                while (index < laterals && axis(weights, String.format(LATERAL, index), 1) != seen) {
                    index++;
                }
                if (index == laterals && axis(weights, String.format(POOLED, 0), 1) != seen) {
                    throw new CheckpointException("the auxiliary head in the file sees " + seen
                            + " channels, which no map of the backbone has");
                }
            }
            return new UperNet.Auxiliary(channels, index, convs, weights.contains(AUXILIARY + "conv_cat.conv.weight"));
        }

        @Override
        int classes(UperNet.Config config) {
            return config.classes();
        }
    }

    private static void refuseAlignedCorners(JsonObject json) {
        if (ConfigJson.flag(json, "align_corners", false)) {
            throw new IllegalArgumentException("align_corners is true; allowed is false");
        }
    }
}
