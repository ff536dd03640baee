// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import com.google.gson.JsonObject;
import io.github.pointillist.layers.ContextClusterLayer.Denominator;
import io.github.pointillist.models.ContextCluster.Config;
import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.StateDict;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Context Clusters under a head; the number of their centres leaves no trace in the weights. */
final class ContextClusterBackbone implements SegmenterArchitecture.Backbone<Config> {
    private static final ContextClusterArchitecture FAMILY = new ContextClusterArchitecture();

    /**
     * The backbones that the authors made for dense prediction.
     *
     * @param name from "small_2" and the like to the name of a variant
     * @param join from a backbone to the variant
     */
    static <C> Map<String, C> variants(Function<String, String> name, Function<Config, C> join) {
        Map<String, C> all = new LinkedHashMap<>();
        for (String size : List.of("small", "medium")) {
            for (int k : new int[] {2, 5, 7}) {
                Config backbone = ContextClusterArchitecture.VARIANTS.get("context_cluster_" + size + "_feat" + k);
                all.put(name.apply(size + "_" + k), join.apply(backbone));
            }
        }
        return Collections.unmodifiableMap(all);
    }

    @Override
    public String title() {
        return "Context Clusters";
    }

    @Override
    public boolean recognises(StateDict part) {
        return FAMILY.recognises(part);
    }

    @Override
    public Config fromJson(JsonObject json) {
        return FAMILY.fromJson(json).withClasses(0);
    }

    @Override
    public StateDict current(StateDict part, List<String> notes) throws CheckpointException {
        return ContextClusterArchitecture.current(part, notes);
    }

    @Override
    public Config of(StateDict part) {
        return null;
    }

    @Override
    public Config adapted(Config config, List<String> notes) {
        return notes.contains(ContextClusterArchitecture.FIRST_RELEASE)
                ? config.withDenominator(Denominator.COUNT)
                : config;
    }
}
