// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import com.google.gson.JsonObject;
import io.github.pointillist.models.SecVit.Config;
import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.StateDict;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/** SecViT under a head. The paper reports both heads; neither code nor weights of them are published. */
final class SecVitBackbone implements SegmenterArchitecture.Backbone<Config> {
    private static final SecVitArchitecture FAMILY = new SecVitArchitecture();

    /**
     * All published backbones.
     *
     * @param head how the name of a variant begins
     * @param join from a backbone to the variant
     */
    static <C> Map<String, C> variants(String head, Function<Config, C> join) {
        Map<String, C> all = new LinkedHashMap<>();
        List.of("t", "s", "b", "l")
                .forEach(size -> all.put(
                        head + "_secvit_" + size + "_ade20k",
                        join.apply(FAMILY.variants()
                                .get("SecViT_" + size.toUpperCase(Locale.ROOT))
                                .withClasses(0))));
        return Collections.unmodifiableMap(all);
    }

    /** As for the backbone alone. */
    static boolean ignorable(String name) {
        return FAMILY.ignorable(name);
    }

    @Override
    public String title() {
        return "SecViT";
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
    public StateDict current(StateDict part, List<String> notes) {
        return part;
    }

    @Override
    public Config of(StateDict part) throws CheckpointException {
        return SecVitArchitecture.published(part).getValue().withClasses(0);
    }
}
