// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import io.github.pointillist.tasks.MapClusters.FeatureKind;
import io.github.pointillist.tasks.MapClusters.Method;
import io.github.pointillist.tasks.MapClusters.Settings;
import io.github.pointillist.tasks.MapClusters.Similarity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What the user asked for, the same for command line, command and macro. Values that depend on the method or the image
 * may be left automatic; {@link #settings} resolves them.
 *
 * @param compactness -1 for automatic: 1 for CONTEXT, 0 for the others
 * @param clusters 0 for automatic: 256 for CONTEXT, 8 for the others
 * @param connected AUTOMATIC is yes for CONTEXT, else no
 * @param minSizePx -1 for automatic: a quarter of the mean superpixel for CONTEXT if connected, else 0
 * @param model for MODEL the name of an installed model, a model folder or a checkpoint file; else null
 * @param variant official variant name or JSON file, null to recognise it from the checkpoint
 * @param levels names of levels, such as "stage.block.head"; or the one word "all", or "last": for most models the first
 *     head of the last block of each stage; used by MODEL alone
 * @param inputSizePx for MODEL: side to which images are resized, 0 to keep their own size
 * @param device "auto", "cpu", "gpu0", ...
 */
public record ClusterMapOptions(
        Method method,
        int clusters,
        double compactness,
        int iterations,
        Similarity similarity,
        FeatureKind features,
        Connected connected,
        int minSizePx,
        long seed,
        String model,
        String variant,
        List<String> levels,
        int inputSizePx,
        String device) {
    /** Stands for the value that follows from the method. */
    public static final int AUTOMATIC = -1;

    /** Every level of the model. */
    public static final String ALL = "all";

    /** The first head of the last block of each stage. */
    public static final String LAST = "last";

    private static final Pattern LEVEL = Pattern.compile("[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*");
    private static final int LISTED = 12;
    private static final Pattern DEVICE = Pattern.compile("auto|cpu|gpu\\d{1,3}");

    /** Whether each label is one connected region. */
    public enum Connected {
        AUTOMATIC,
        YES,
        NO
    }

    /**
     * Checks what can be checked without an image or a model.
     *
     * @throws IllegalArgumentException with one line: what was given, what is allowed
     */
    public ClusterMapOptions {
        levels = List.copyOf(levels);
        require(clusters >= 0, "clusters", clusters, "1 or more, or 0 for automatic");
        require(
                Double.isFinite(compactness) && (compactness >= 0 || compactness == AUTOMATIC),
                "compactness",
                compactness,
                "0 or more, or -1 for automatic");
        require(iterations >= 1, "iterations", iterations, "1 or more");
        require(minSizePx >= -1, "min size", minSizePx, "0 or more pixels, or -1 for automatic");
        require(inputSizePx >= 0, "input size", inputSizePx, "1 or more pixels, or 0 for the image's own size");
        require(isDevice(device), "device", device, "auto, cpu, gpu0, gpu1, ...");
        boolean word = levels.size() == 1 && (levels.contains(ALL) || levels.contains(LAST));
        for (String level : levels) {
            require(
                    word || LEVEL.matcher(level).matches(),
                    "level",
                    level,
                    "stage.block.head such as 0.2.1, or one of the words all and last alone");
        }
        require(!levels.isEmpty(), "levels", "empty", "stage.block.head such as 0.2.1, all, or last");
        if (method == Method.MODEL) {
            require(
                    model != null,
                    "model",
                    "none",
                    "an installed model, a model folder or a checkpoint file, which method model needs");
        } else {
            require(model == null, "model", model, "none, with method " + word(method));
            require(
                    device.equals("auto") || device.equals("cpu"),
                    "device",
                    device,
                    "auto or cpu, as method " + word(method) + " does not use the engine");
        }
        require(
                minSizePx <= 0 || connected != Connected.NO && (connected == Connected.YES || method == Method.CONTEXT),
                "min size",
                minSizePx,
                "0 or automatic unless labels are connected (connected=yes)");
    }

    /** Whether a text names a device. */
    static boolean isDevice(String text) {
        return DEVICE.matcher(text).matches();
    }

    private static void require(boolean ok, String name, Object given, String allowed) {
        if (!ok) {
            throw new IllegalArgumentException(name + " is " + given + "; allowed is " + allowed);
        }
    }

    /** The options with all defaults for a method; {@code model} is null but for MODEL. */
    public static ClusterMapOptions defaults(Method method, String model) {
        return new ClusterMapOptions(
                method,
                0,
                AUTOMATIC,
                10,
                Similarity.EUCLIDEAN,
                FeatureKind.COLOUR,
                Connected.AUTOMATIC,
                -1,
                0,
                model,
                null,
                List.of(LAST),
                0,
                "auto");
    }

    /** The number of clusters asked for, automatic resolved. */
    public int resolvedClusters() {
        if (clusters > 0) {
            return clusters;
        }
        return Settings.defaults(method).clusters();
    }

    /** Whether labels are connected, automatic resolved. */
    public boolean resolvedConnected() {
        return connected == Connected.AUTOMATIC ? Settings.defaults(method).connected() : connected == Connected.YES;
    }

    /** The weight of position, automatic resolved. */
    public double resolvedCompactness() {
        return compactness >= 0 ? compactness : Settings.defaults(method).compactness();
    }

    /**
     * The settings of the task.
     *
     * @param resolvedLevels the levels wanted, none of them a word; ignored but for MODEL
     */
    Settings settings(List<String> resolvedLevels) {
        return new Settings(
                method,
                resolvedClusters(),
                resolvedCompactness(),
                iterations,
                similarity,
                features,
                resolvedConnected(),
                minSizePx,
                seed,
                model,
                variant,
                resolvedLevels,
                inputSizePx,
                device);
    }

    /**
     * The levels wanted of those that a model offers.
     *
     * @param offered all names
     * @param usual those that the word last stands for
     * @throws IllegalArgumentException if one wanted is not offered
     */
    List<String> resolveLevels(List<String> offered, List<String> usual) {
        if (levels.contains(ALL)) {
            return offered;
        }
        if (levels.contains(LAST)) {
            return usual;
        }
        for (String level : levels) {
            if (!offered.contains(level)) {
                throw new IllegalArgumentException("level is " + level + "; the model offers "
                        + offered.stream().limit(LISTED).collect(Collectors.joining(", "))
                        + (offered.size() > LISTED ? ", ... (" + offered.size() + " in all; --list-levels)" : ""));
            }
        }
        return levels;
    }

    /** The options by the names of the macro keys, in the order of the dialog. */
    public Map<String, String> macroKeys() {
        Map<String, String> keys = new LinkedHashMap<>();
        keys.put("method", word(method));
        keys.put("clusters", Integer.toString(clusters));
        keys.put("compactness", Double.toString(compactness));
        keys.put("iterations", Integer.toString(iterations));
        keys.put("similarity", word(similarity));
        keys.put("features", word(features));
        keys.put("connected", word(connected));
        keys.put("min_size", Integer.toString(minSizePx));
        keys.put("seed", Long.toString(seed));
        keys.put("model", model == null ? "none" : model);
        keys.put("variant", variant == null ? "automatic" : variant);
        keys.put("levels", String.join(",", levels));
        keys.put("input_size", Integer.toString(inputSizePx));
        keys.put("device", device);
        return keys;
    }

    /** A line of ImageJ's macro language that runs the command so on the active image. */
    public String macroLine() {
        return RunManifest.macroLine("Cluster Map...", macroKeys());
    }

    /** The arguments of the command line, without images and output folder; what is not used is left out. */
    public List<String> arguments() {
        List<String> arguments = new ArrayList<>(List.of("--method", word(method)));
        if (method == Method.MODEL) {
            arguments.addAll(List.of("--model", model));
            if (variant != null) {
                arguments.addAll(List.of("--variant", variant));
            }
            arguments.addAll(List.of("--level", String.join(",", levels)));
            arguments.addAll(List.of("--input-size", Integer.toString(inputSizePx)));
        } else {
            arguments.addAll(List.of("--clusters", Integer.toString(resolvedClusters())));
            arguments.addAll(List.of("--compactness", Double.toString(resolvedCompactness())));
            arguments.addAll(List.of("--features", word(features)));
            if (method == Method.CONTEXT) {
                arguments.addAll(List.of("--iterations", Integer.toString(iterations)));
                arguments.addAll(List.of("--similarity", word(similarity)));
            }
        }
        arguments.add(resolvedConnected() ? "--connected" : "--no-connected");
        arguments.addAll(List.of("--min-size", Integer.toString(minSizePx)));
        arguments.addAll(List.of("--seed", Long.toString(seed)));
        arguments.addAll(List.of("--device", device));
        return arguments;
    }

    /** The word that stands for a choice in dialogs, macros and on the command line. */
    public static String word(Enum<?> choice) {
        return choice.name().toLowerCase(Locale.ROOT);
    }

    /**
     * The choice that a word stands for, capitals or not.
     *
     * @param name what the choice is called, for the error
     * @throws IllegalArgumentException if there is no such choice
     */
    public static <E extends Enum<E>> E choice(Class<E> type, String name, String word) {
        for (E value : type.getEnumConstants()) {
            if (word(value).equalsIgnoreCase(word)) {
                return value;
            }
        }
        throw new IllegalArgumentException(name + " is '" + word + "'; allowed are "
                + String.join(
                        ", ",
                        Arrays.stream(type.getEnumConstants())
                                .map(ClusterMapOptions::word)
                                .toList()));
    }
}
