// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import com.google.gson.JsonObject;
import io.github.pointillist.models.SegmenterArchitecture.Parts;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.StateDict;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/**
 * A head for semantic segmentation on a backbone. Layout: mmcv's {"meta", "state_dict", "optimizer"} with the parts
 * backbone, decode_head and, as the head has them, neck and auxiliary_head.
 *
 * @param <B> the configuration of the backbone
 * @param <H> the configuration of the head
 * @param <C> both
 */
abstract class SegmenterArchitecture<B extends Record, H extends Record, C extends Record & Parts<B, H>>
        extends OfficialArchitecture<C> {
    private static final String PREFIX = "backbone.";

    private final Backbone<B> backbone;
    private final SegmentationHead<H> head;
    private final BiFunction<B, H, C> join;

    /** What every configuration is made of; the name of the first part is in the way of none of the others. */
    interface Parts<B, H> {
        /** Without a classifier. */
        B backbone();

        /** The head. */
        H head();
    }

    /** How a backbone is read from the part of a state dict that is its own. */
    interface Backbone<B> {
        /** For people: "Context Clusters". */
        String title();

        /** Whether the names are those of the backbone. */
        boolean recognises(StateDict part);

        /** A configuration without a classifier. */
        B fromJson(JsonObject json);

        /** The same under the names and shapes of today, with a note where they were others. */
        StateDict current(StateDict part, List<String> notes) throws CheckpointException;

        /**
         * The backbone as far as the shapes tell.
         *
         * @return null where they leave it open
         * @throws CheckpointException if no known backbone has them
         */
        B of(StateDict part) throws CheckpointException;

        /** What the way in which the file was written says about the backbone. */
        default B adapted(B config, List<String> notes) {
            return config;
        }
    }

    /** @param join makes a configuration of both parts */
    SegmenterArchitecture(
            String id,
            Class<C> type,
            Map<String, C> variants,
            Backbone<B> backbone,
            SegmentationHead<H> head,
            BiFunction<B, H, C> join) {
        super(id, type, variants, config -> head.classes(config.head()));
        this.backbone = backbone;
        this.head = head;
        this.join = join;
    }

    /** Checks both parts of a configuration. */
    static void check(Record backbone, int classesOfBackbone, Record head) {
        if (backbone == null || head == null || classesOfBackbone != 0) {
            throw new IllegalArgumentException("backbone " + backbone + " and head " + head
                    + " given; allowed are a backbone of 0 classes and a head");
        }
    }

    /** Reads the fields of the backbone and those of the head. */
    @Override
    public final C fromJson(JsonObject json) {
        return join.apply(backbone.fromJson(json), head.fromJson(json));
    }

    @Override
    public final String task() {
        return "semantic segmentation";
    }

    @Override
    public final boolean recognises(StateDict weights) {
        return head.recognises(weights) && backbone.recognises(weights.under(PREFIX));
    }

    @Override
    public final Recognised<C> recognise(Checkpoint checkpoint, String variant, C config) throws CheckpointException {
        List<String> notes = new ArrayList<>();
        StateDict all = checkpoint.weights();
        if (!recognises(all)) {
            throw new CheckpointException("no " + head.title() + " on " + backbone.title() + "; the file has "
                    + all.names().stream()
                            .limit(5)
                            .map(CheckpointException::quote)
                            .toList());
        }
        StateDict part = backbone.current(all.under(PREFIX), notes);
        StateDict weights = StateDict.of(Stream.concat(
                        part.rename(name -> PREFIX + name).entries().stream(),
                        all.filter(name -> !name.startsWith(PREFIX)).entries().stream())
                .toList());
        if (config != null) {
            return new Recognised<>(config, "custom", weights, notes);
        }
        checkVariant(variant);
        String name = variant != null ? variant : tell(checkpoint, part);
        B adapted = backbone.adapted(variants().get(name).backbone(), notes);
        return new Recognised<>(join.apply(adapted, head.of(all)), name, weights, notes);
    }

    /** The variant, from the shapes, or else from the name of the configuration file that mmsegmentation notes. */
    private String tell(Checkpoint checkpoint, StateDict part) throws CheckpointException {
        B told = backbone.of(part);
        String experiment = checkpoint.info().getOrDefault("meta.exp_name", "");
        for (Map.Entry<String, C> known : variants().entrySet()) {
            if (told != null ? known.getValue().backbone().equals(told) : experiment.startsWith(known.getKey())) {
                return known.getKey();
            }
        }
        throw new CheckpointException("the file is a " + head.title() + " on " + backbone.title()
                + ", but does not say which; name one as the variant: "
                + String.join(", ", variants().keySet())
                + ", or the path of a JSON configuration");
    }
}
