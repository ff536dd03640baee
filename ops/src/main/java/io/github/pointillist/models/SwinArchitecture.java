// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import com.google.gson.JsonObject;
import io.github.pointillist.models.Swin.Config;
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
 * The files of Swin, {@code {model}} or what its training saves, {@code {model, optimizer, ..., config}}; and those of
 * SEC-Swin, which has the same names but for the tables of the windows.
 *
 * <p>Of a Swin everything is told from the shapes: the size of the images from the masks of the shifted windows, where
 * the file has them, for square images. Of a SEC-Swin the clusters and heads are known for the composed variants only.
 */
public final class SwinArchitecture extends OfficialArchitecture<Config> {
    /** Swin, with windows. */
    public static final SwinArchitecture SWIN = new SwinArchitecture("swin", swins());
    /** Swin with clusters in place of windows. */
    public static final SwinArchitecture SEC_SWIN = new SwinArchitecture("sec-swin", secSwins());

    private static final String STEM = "patch_embed.proj.weight";
    private static final String QKV = "layers.0.blocks.0.attn.qkv.weight";
    private static final String TABLE = "layers.%d.blocks.0.attn.relative_position_bias_table";

    private SwinArchitecture(String id, Map<String, Config> variants) {
        super(id, Config.class, Collections.unmodifiableMap(variants), Config::classes);
    }

    /** The official names of the configurations; those of SEC-Swin are formed like them. */
    private static Map<String, Config> swins() {
        Map<String, Config> all = new LinkedHashMap<>();
        all.put("swin_tiny_patch4_window7_224", Swin.T);
        all.put("swin_small_patch4_window7_224", Swin.S);
        all.put("swin_base_patch4_window7_224", Swin.B);
        all.put("swin_base_patch4_window12_384", Swin.B_384);
        all.put("swin_large_patch4_window7_224", Swin.L);
        all.put("swin_large_patch4_window12_384", Swin.L_384);
        return all;
    }

    private static Map<String, Config> secSwins() {
        Map<String, Config> all = new LinkedHashMap<>();
        all.put("sec_swin_tiny_patch4_224", Swin.SEC_T);
        all.put("sec_swin_small_patch4_224", Swin.SEC_S);
        all.put("sec_swin_base_patch4_224", Swin.SEC_B);
        return all;
    }

    private boolean hasWindows() {
        return id().equals("swin");
    }

    /**
     * Reads img_size (a number, or height and width), embed_dim, depths, num_heads, and window_size for Swin or
     * num_clusters for SEC-Swin; optionally patch_size, mlp_ratio, qkv_bias, ape, patch_norm and num_classes.
     */
    @Override
    public Config fromJson(JsonObject official) {
        List<Integer> size = ConfigJson.sides(official, "img_size");
        return new Config(
                size.get(0),
                size.get(1),
                ConfigJson.integer(official, "patch_size", 4),
                ConfigJson.integer(official, "embed_dim"),
                ConfigJson.integers(official, "depths"),
                ConfigJson.integers(official, "num_heads"),
                hasWindows()
                        ? ConfigJson.integer(official, "window_size")
                        : ConfigJson.integer(official, "window_size", 7),
                ConfigJson.decimal(official, "mlp_ratio", 4),
                ConfigJson.flag(official, "qkv_bias", true),
                ConfigJson.flag(official, "ape", false),
                ConfigJson.flag(official, "patch_norm", true),
                hasWindows() ? List.of() : ConfigJson.integers(official, "num_clusters"),
                ConfigJson.integer(official, "num_classes", 0));
    }

    @Override
    public boolean recognises(StateDict weights) {
        return weights.contains(STEM)
                && weights.contains(QKV)
                && weights.contains(String.format(TABLE, 0)) == hasWindows();
    }

    @Override
    public Recognised<Config> recognise(Checkpoint checkpoint, String variant, Config config)
            throws CheckpointException {
        StateDict weights = checkpoint.weights();
        if (!recognises(weights)) {
            throw new CheckpointException("no " + id() + ": there must be " + STEM + " and " + QKV + ", and "
                    + (hasWindows() ? "" : "no ") + String.format(TABLE, 0) + "; the file has "
                    + weights.names().stream()
                            .limit(5)
                            .map(CheckpointException::quote)
                            .toList());
        }
        if (config != null) {
            return new Recognised<>(config, "custom", weights, List.of());
        }
        checkVariant(variant);
        int classes = StateShapes.rows(weights, "head.weight");
        if (variant != null) {
            return new Recognised<>(variants().get(variant).withClasses(classes), variant, weights, List.of());
        }
        return hasWindows() ? windowed(weights, classes) : clustered(weights, classes);
    }

    private static List<Integer> depths(StateDict weights) {
        return IntStream.iterate(0, i -> i + 1)
                .map(i -> StateShapes.count(weights, "layers." + i + ".blocks.%d.attn.qkv.weight"))
                .takeWhile(depth -> depth > 0)
                .boxed()
                .toList();
    }

    private Recognised<Config> clustered(StateDict weights, int classes) throws CheckpointException {
        List<Integer> depths = depths(weights);
        int dim = StateShapes.rows(weights, STEM);
        for (Map.Entry<String, Config> entry : variants().entrySet()) {
            Config known = entry.getValue();
            if (known.depths().equals(depths) && known.dim() == dim) {
                return new Recognised<>(known.withClasses(classes), entry.getKey(), weights, List.of());
            }
        }
        throw new CheckpointException("the file holds a SEC-Swin of " + depths + " blocks and " + dim
                + " channels, which is none of " + variants().keySet()
                + ", and does not say its numbers of clusters and heads; give a JSON configuration");
    }

    private Recognised<Config> windowed(StateDict weights, int classes) throws CheckpointException {
        List<Integer> depths = depths(weights);
        int dim = StateShapes.rows(weights, STEM);
        int patch = (int) weights.get(STEM).shape().getLastDimension();
        List<Integer> heads = new ArrayList<>();
        for (int i = 0; i < depths.size(); i++) {
            heads.add((int) weights.find(String.format(TABLE, i))
                    .map(entry -> entry.shape().getLastDimension())
                    .orElse(0L)
                    .longValue());
        }
        int window = (int) Math.round((Math.sqrt(StateShapes.rows(weights, String.format(TABLE, 0))) + 1) / 2);
        int hidden = StateShapes.rows(weights, "layers.0.blocks.0.mlp.fc1.weight");
        int side = side(weights, patch, window, heads, dim);
        Config told;
        try {
            told = new Config(
                    side,
                    side,
                    patch,
                    dim,
                    depths,
                    heads,
                    window,
                    (double) hidden / dim,
                    weights.contains("layers.0.blocks.0.attn.qkv.bias"),
                    weights.contains("absolute_pos_embed"),
                    weights.contains("patch_embed.norm.weight"),
                    List.of(),
                    classes);
        } catch (IllegalArgumentException e) {
            throw new CheckpointException("the file's shapes make no Swin: " + e.getMessage(), e);
        }
        for (Map.Entry<String, Config> entry : variants().entrySet()) {
            if (entry.getValue().withClasses(classes).equals(told)) {
                return new Recognised<>(told, entry.getKey(), weights, List.of());
            }
        }
        return new Recognised<>(
                told,
                "custom",
                weights,
                List.of("images of " + side + " x " + side + " pixels, as its windows say, taken to be square"));
    }

    /** From the masks of the shifted windows, (windows, n, n), or else the published size for that network. */
    private int side(StateDict weights, int patch, int window, List<Integer> heads, int dim)
            throws CheckpointException {
        int regions = StateShapes.rows(weights, "layers.0.blocks.1.attn_mask");
        int along = (int) Math.round(Math.sqrt(regions));
        if (regions > 0 && along * along == regions) {
            return along * window * patch;
        }
        if (regions == 0) {
            for (Config known : variants().values()) {
                if (known.window() == window
                        && known.dim() == dim
                        && known.heads().equals(heads)) {
                    return known.imageHeight();
                }
            }
        }
        throw new CheckpointException("the file has " + (regions == 0 ? "no masks" : "masks of " + regions + " windows")
                + ", which does not say the size of the images; name a variant ("
                + String.join(", ", variants().keySet())
                + ") or give a JSON configuration");
    }

    @Override
    public Swin build(Config config) {
        return new Swin(config);
    }

    /** Index and mask buffers, which follow from the size of the images. */
    @Override
    public boolean ignorable(String name) {
        return name.endsWith(".attn_mask") || name.endsWith(".relative_position_index");
    }
}
