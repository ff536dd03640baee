// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import com.google.gson.JsonObject;
import io.github.pointillist.models.FasterVit.Config;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.StateDict;
import io.github.pointillist.weights.TensorEntry;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * {@link FasterVit}: its official variants and files.
 *
 * <p>Files are timm's ({@code state_dict}; the averaged weights beside it are not read by the official loader) or
 * published ones, with names that may start with "module." and then "encoder.". Buffers that follow from the
 * configuration ({@code relative_coords_table}, {@code relative_position_index}), the cache {@code relative_bias} and the
 * first of the two names of the tokenizer's convolution are left aside; from their shapes a file says which windows,
 * carriers and image size it was made for.
 */
public final class FasterVitArchitecture extends OfficialArchitecture<Config> {
    static final String CUSTOM = "custom";
    private static final String STEM = "patch_embed.conv_down.0.weight";
    private static final String STEM_2 = "patch_embed.conv_down.3.weight";
    private static final String BIAS_MLP = "attn.pos_emb_funct.cpb_mlp.2.weight";
    private static final String ENCODER = "encoder.";
    private static final int CONVOLUTIONAL = 2;
    private static final int STRIDE = 16;

    /** The official variants; any_res ones at 224 x 224, for other sizes see {@link Config#withResolution}. */
    public static final Map<String, Config> VARIANTS = officialVariants();

    private static Map<String, Config> officialVariants() {
        Map<String, Config> all = new LinkedHashMap<>();
        List<Config> sizes = List.of(
                FasterVit.V0, FasterVit.V1, FasterVit.V2, FasterVit.V3, FasterVit.V4, FasterVit.V5, FasterVit.V6);
        for (int i = 0; i < sizes.size(); i++) {
            all.put("faster_vit_" + i + "_224", sizes.get(i));
        }
        all.put("faster_vit_4_21k_224", FasterVit.V4_21K_224);
        all.put("faster_vit_4_21k_384", FasterVit.V4_21K_384);
        all.put("faster_vit_4_21k_512", FasterVit.V4_21K_512);
        all.put("faster_vit_4_21k_768", FasterVit.V4_21K_768);
        for (int i = 0; i < sizes.size(); i++) {
            all.put("faster_vit_" + i + "_any_res", sizes.get(i));
        }
        return Collections.unmodifiableMap(all);
    }

    /** The family, for {@link Architectures}. */
    public FasterVitArchitecture() {
        super("fastervit", Config.class, VARIANTS, Config::classes);
    }

    @Override
    public FasterVit build(Config config) {
        return new FasterVit(config);
    }

    @Override
    public boolean ignorable(String name) {
        return isIgnorable(name);
    }

    static boolean isIgnorable(String name) {
        return name.endsWith(".relative_bias")
                || name.endsWith(".relative_coords_table")
                || name.endsWith(".relative_position_index")
                || name.contains(".global_tokenizer.pos_embed.");
    }

    // ---- configurations

    /**
     * Reads depths, num_heads, window_size, ct_size, dim, in_dim, mlp_ratio, resolution (one number, or height and
     * width) and hat, and optionally layer_scale, layer_scale_conv, do_propagation and num_classes.
     */
    @Override
    public Config fromJson(JsonObject json) {
        return read(
                json,
                ConfigJson.integers(json, "window_size"),
                ConfigJson.integer(json, "ct_size"),
                ConfigJson.flags(json, "hat"),
                List.of());
    }

    static Config read(
            JsonObject json, List<Integer> windows, int carrierSide, List<Boolean> carries, List<Integer> clusters) {
        List<Integer> resolution = ConfigJson.sides(json, "resolution");
        return new Config(
                ConfigJson.integers(json, "depths"),
                ConfigJson.integers(json, "num_heads"),
                windows,
                carrierSide,
                ConfigJson.integer(json, "dim"),
                ConfigJson.integer(json, "in_dim"),
                ConfigJson.decimal(json, "mlp_ratio", 4),
                resolution.get(0),
                resolution.get(resolution.size() - 1),
                carries,
                ConfigJson.has(json, "layer_scale"),
                ConfigJson.has(json, "layer_scale_conv"),
                ConfigJson.flag(json, "do_propagation", false),
                clusters,
                ConfigJson.integer(json, "num_classes", FasterVit.V0.classes()));
    }

    // ---- files

    @Override
    public boolean recognises(StateDict weights) {
        return isHost(weights) && weights.names().stream().anyMatch(name -> name.endsWith(BIAS_MLP));
    }

    /** Whether the stem is FasterViT's, which SEC-FasterViT has too. */
    static boolean isHost(StateDict weights) {
        return Stream.of("", "module.", ENCODER, "module." + ENCODER)
                .anyMatch(prefix -> weights.contains(prefix + STEM)
                        && weights.contains(prefix + "levels.2.blocks.0.pos_embed.cpb_mlp.0.weight"));
    }

    /** The names without "module." and "encoder."; what has no such prefix beside those that do is left aside. */
    static StateDict current(StateDict all, List<String> notes) throws CheckpointException {
        StateDict weights = all;
        for (String prefix : List.of("module.", ENCODER)) {
            if (!weights.contains(STEM)
                    && weights.names().stream().anyMatch(name -> name.startsWith(prefix) && name.endsWith(STEM))) {
                StateDict inner = weights.under(prefix);
                notes.add("names read without '" + prefix + "'"
                        + (inner.size() == weights.size()
                                ? ""
                                : "; " + (weights.size() - inner.size()) + " entries outside it left aside"));
                weights = inner;
            }
        }
        if (!weights.contains(STEM)) {
            throw new CheckpointException("no FasterViT: there is no " + STEM + "; the first entries are "
                    + weights.names().stream()
                            .limit(5)
                            .map(CheckpointException::quote)
                            .toList());
        }
        return weights;
    }

    @Override
    public Recognised<Config> recognise(Checkpoint checkpoint, String variant, Config config)
            throws CheckpointException {
        List<String> notes = new ArrayList<>();
        StateDict weights = current(checkpoint.weights(), notes);
        if (config != null) {
            return new Recognised<>(config, CUSTOM, fitting(weights, config, notes), notes);
        }
        if (variant != null) {
            if (!VARIANTS.containsKey(variant)) {
                throw new CheckpointException("variant is " + variant + "; allowed are "
                        + String.join(", ", VARIANTS.keySet()) + ", or a JSON configuration");
            }
            Config official = VARIANTS.get(variant).withClasses(classes(weights));
            return new Recognised<>(official, variant, fitting(weights, official, notes), notes);
        }
        String arch = Stream.of("arch", "args.model")
                .map(checkpoint.info()::get)
                .filter(VARIANTS::containsKey)
                .findFirst()
                .orElse(null);
        if (!weights.contains("levels.2.blocks.0.attn.pos_emb_funct.relative_position_index")) {
            return withoutBuffers(weights, arch, notes);
        }
        Config told = new Shapes(weights).config(arch, notes);
        String name = VARIANTS.entrySet().stream()
                .filter(entry -> entry.getValue().withClasses(told.classes()).equals(told))
                .map(Map.Entry::getKey)
                .sorted((a, b) -> Boolean.compare(b.equals(arch), a.equals(arch)))
                .findFirst()
                .orElse(CUSTOM);
        return new Recognised<>(told, name, weights, notes);
    }

    /** A file of trained weights only, which do not depend on the windows: the official variant that has such weights. */
    private static Recognised<Config> withoutBuffers(StateDict weights, String arch, List<String> notes)
            throws CheckpointException {
        int classes = classes(weights);
        Map<Config, String> fitting = new LinkedHashMap<>();
        VARIANTS.forEach((name, official) -> {
            Config config = official.withClasses(classes);
            if (fits(weights, new FasterVit(config)) && (arch == null || arch.equals(name))) {
                fitting.putIfAbsent(config, name);
            }
        });
        if (fitting.size() != 1) {
            throw new CheckpointException(
                    "the file has no relative_position_index, which says the size of the windows, and"
                            + " its weights fit "
                            + (fitting.isEmpty() ? "no official variant" : String.join(", ", fitting.values()))
                            + "; name a variant or a JSON configuration");
        }
        Map.Entry<Config, String> only = fitting.entrySet().iterator().next();
        notes.add(
                "the file does not say the size of the windows and of the image: that of the official variant is taken");
        return new Recognised<>(only.getKey(), only.getValue(), weights, notes);
    }

    /** Whether a state dict has the names and shapes of a model, besides what is ignorable. */
    static boolean fits(StateDict weights, Layer model) {
        Map<String, Parameter> parameters = model.parameters();
        return parameters.entrySet().stream().allMatch(entry -> weights.find(entry.getKey())
                        .filter(found -> found.shape().equals(entry.getValue().shape()))
                        .isPresent())
                && weights.names().stream().allMatch(name -> parameters.containsKey(name) || isIgnorable(name));
    }

    /** The positions of carriers are left aside where the windows are no square: the official model has none there. */
    private static StateDict fitting(StateDict weights, Config config, List<String> notes) {
        FasterVit model = new FasterVit(config);
        StateDict kept = weights.filter(
                name -> !name.contains(".hat_pos_embed.") || model.parameters().containsKey(name) || isIgnorable(name));
        if (kept.size() < weights.size()) {
            notes.add("positions of carriers left aside: the map has no square of windows");
        }
        return kept;
    }

    static int classes(StateDict weights) throws CheckpointException {
        return (int) new Shapes(weights).of("head.weight", 0);
    }

    /** What the shapes in a file say. */
    private record Shapes(StateDict weights) {
        private static String block(int level) {
            return "levels." + level + ".blocks.0.";
        }

        long of(String name, int axis) throws CheckpointException {
            Optional<TensorEntry> entry = weights.find(name);
            if (entry.isEmpty() || entry.get().shape().dimension() <= axis) {
                throw new CheckpointException("the file has no " + name
                        + ", which says what the model is; name a variant or a JSON configuration");
            }
            return entry.get().shape().get(axis);
        }

        private int depth(int level) {
            return (int) IntStream.iterate(0, j -> j + 1)
                    .takeWhile(j -> weights.contains("levels." + level + ".blocks." + j + ".norm1.weight"))
                    .count();
        }

        private static int root(long square) {
            return (int) Math.round(Math.sqrt(square));
        }

        Config config(String arch, List<String> notes) throws CheckpointException {
            List<Integer> depths = new ArrayList<>();
            for (int i = 0; depth(i) > 0; i++) {
                depths.add(depth(i));
            }
            if (depths.size() <= CONVOLUTIONAL) {
                throw new CheckpointException("the file has blocks in " + depths.size() + " levels; FasterViT has 4");
            }
            int dim = (int) of(STEM_2, 0);
            List<Integer> heads = new ArrayList<>();
            List<Integer> windows = new ArrayList<>();
            List<Boolean> carries = new ArrayList<>();
            int carrierSide = FasterVit.V0.carrierSide();
            List<Integer> sides = List.of();
            for (int i = 0; i < depths.size(); i++) {
                int told = (int) of(block(Math.max(i, CONVOLUTIONAL)) + BIAS_MLP, 0);
                heads.add(Math.max(1, told >> Math.max(0, CONVOLUTIONAL - i)));
                windows.add(
                        i < CONVOLUTIONAL
                                ? FasterVit.V0.windows().get(i)
                                : root(of(block(i) + "attn.pos_emb_funct.relative_position_index", 0)));
                boolean has = weights.contains(block(i) + "hat_attn.qkv.weight");
                carries.add(has || i == CONVOLUTIONAL);
                if (i == CONVOLUTIONAL) {
                    int window = windows.get(i);
                    long outside = of(block(i) + "attn.pos_emb_funct.relative_bias", 2) - (long) window * window;
                    carrierSide = has ? root(outside) : carrierSide;
                    long all = has ? of(block(i) + "hat_attn.pos_emb_funct.relative_bias", 2) / outside : 1;
                    sides = sides(
                            root(all) * window,
                            has && !weights.contains(block(i) + "hat_pos_embed.cpb_mlp.0.weight"),
                            arch,
                            all);
                }
            }
            boolean scaled = weights.contains(block(CONVOLUTIONAL) + "gamma3");
            boolean propagates = arch == null ? scaled : VARIANTS.get(arch).propagates();
            if (arch == null && scaled) {
                notes.add("carriers are propagated, as in all official variants with learned scales");
            }
            double hidden = of(block(CONVOLUTIONAL) + "mlp.fc1.weight", 0);
            try {
                return new Config(
                        depths,
                        heads,
                        windows,
                        carrierSide,
                        dim,
                        (int) of(STEM, 0),
                        hidden / (dim << CONVOLUTIONAL),
                        sides.get(0),
                        sides.get(1),
                        carries,
                        scaled,
                        weights.contains(block(0) + "gamma"),
                        propagates,
                        List.of(),
                        classes(weights));
            } catch (IllegalArgumentException e) {
                throw new CheckpointException("the shapes in the file contradict each other: " + e.getMessage(), e);
            }
        }

        private static List<Integer> sides(int map, boolean oblong, String arch, long windows)
                throws CheckpointException {
            int side = map * STRIDE;
            if (oblong) {
                throw new CheckpointException(
                        "the file is for " + windows
                                + " windows that form no square and does not say for which image size; give a JSON configuration");
            }
            boolean anySize = arch != null && arch.endsWith("any_res");
            if (anySize && side != FasterVit.V0.heightPx()) {
                throw new CheckpointException("the file is for images of up to " + side + " x " + side
                        + " pixels and does not say for which; give a JSON configuration");
            }
            return List.of(side, side);
        }
    }
}
