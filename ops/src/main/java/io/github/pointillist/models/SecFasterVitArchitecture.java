// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.github.pointillist.models.FasterVit.Config;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.StateDict;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@link SecFasterVit}, under the names of its host without relative biases and carriers. */
public final class SecFasterVitArchitecture extends OfficialArchitecture<Config> {
    /** The variant composed from the paper. */
    public static final Map<String, Config> VARIANTS = Map.of("sec_faster_vit_0_224", SecFasterVit.S0);

    /** The family, for {@link Architectures}. */
    public SecFasterVitArchitecture() {
        super("sec-fastervit", Config.class, VARIANTS, Config::classes);
    }

    @Override
    public SecFasterVit build(Config config) {
        return new SecFasterVit(config);
    }

    @Override
    public boolean ignorable(String name) {
        return FasterVitArchitecture.isIgnorable(name);
    }

    /**
     * Reads depths, num_heads, dim, in_dim, mlp_ratio, resolution and num_clusters (null or 0 for the convolutional
     * levels), and optionally layer_scale, layer_scale_conv and num_classes.
     */
    @Override
    public Config fromJson(JsonObject json) {
        Config host = SecFasterVit.S0;
        List<Integer> windows = json.has("window_size") ? ConfigJson.integers(json, "window_size") : host.windows();
        JsonObject without = json.deepCopy();
        without.remove("do_propagation");
        return FasterVitArchitecture.read(without, windows, host.carrierSide(), host.carries(), clusters(json));
    }

    private static List<Integer> clusters(JsonObject json) {
        JsonElement element = ConfigJson.required(json, "num_clusters");
        JsonArray filled = new JsonArray();
        if (element.isJsonArray()) {
            element.getAsJsonArray().forEach(number -> filled.add(number.isJsonNull() ? 0 : number.getAsInt()));
        }
        JsonObject holder = new JsonObject();
        holder.add("num_clusters", element.isJsonArray() ? filled : element);
        return ConfigJson.integers(holder, "num_clusters");
    }

    @Override
    public boolean recognises(StateDict weights) {
        return FasterVitArchitecture.isHost(weights)
                && weights.names().stream().noneMatch(name -> name.contains(".pos_emb_funct."));
    }

    @Override
    public Recognised<Config> recognise(Checkpoint checkpoint, String variant, Config config)
            throws CheckpointException {
        List<String> notes = new ArrayList<>();
        StateDict weights = FasterVitArchitecture.current(checkpoint.weights(), notes);
        if (config != null) {
            return new Recognised<>(config, FasterVitArchitecture.CUSTOM, weights, notes);
        }
        checkVariant(variant);
        int classes = FasterVitArchitecture.classes(weights);
        for (Map.Entry<String, Config> entry : VARIANTS.entrySet()) {
            Config composed = entry.getValue().withClasses(classes);
            if (entry.getKey().equals(variant)
                    || variant == null && FasterVitArchitecture.fits(weights, new SecFasterVit(composed))) {
                return new Recognised<>(composed, entry.getKey(), weights, notes);
            }
        }
        throw new CheckpointException("the shapes in the file are not those of " + VARIANTS.keySet()
                + ", and it does not say the numbers of heads and clusters; give a JSON configuration");
    }
}
