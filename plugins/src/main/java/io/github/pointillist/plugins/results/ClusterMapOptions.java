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
import java.util.regex.Matcher;
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
 * @param point for MODEL: the point whose affinities are mapped, null to map groups
 * @param inputSizePx for MODEL: side to which images are resized, 0 to keep their own size
 * @param device "auto", "cpu", "gpu0", ...
 * @param choice which channels of the image, and where
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
        Point point,
        int inputSizePx,
        String device,
        Choice choice) {
    /** The same with all channels, or the usual one of a model, within the image's selection. */
    public ClusterMapOptions(
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
            Point point,
            int inputSizePx,
            String device) {
        this(
                method,
                clusters,
                compactness,
                iterations,
                similarity,
                features,
                connected,
                minSizePx,
                seed,
                model,
                variant,
                levels,
                point,
                inputSizePx,
                device,
                Choice.USUAL);
    }

    /** Stands for the value that follows from the method. */
    public static final int AUTOMATIC = -1;

    /** Every level of the model. */
    public static final String ALL = "all";

    /** The first head of the last block of each stage. */
    public static final String LAST = "last";

    private static final Pattern LEVEL = Pattern.compile("[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*");
    private static final Pattern POINT = Pattern.compile("\\s*(\\d{1,9})\\s*,\\s*(\\d{1,9})\\s*");
    private static final int LISTED = 12;
    private static final Pattern DEVICE = Pattern.compile("auto|cpu|gpu\\d{1,3}");

    /**
     * A pixel.
     *
     * @param x column from 0
     * @param y row from 0
     */
    public record Point(int x, int y) {
        /**
         * Reads "x,y".
         *
         * @throws IllegalArgumentException if it is not so
         */
        public static Point parse(String text) {
            Matcher matcher = POINT.matcher(text);
            if (!matcher.matches()) {
                throw new IllegalArgumentException(
                        "point is '" + text + "'; allowed is x,y in pixels from 0, such as 120,80");
            }
            return new Point(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
        }

        /** As {@link #parse} reads it. */
        @Override
        public String toString() {
            return x + "," + y;
        }
    }

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
                    word || (LEVEL.matcher(level).matches() && !level.equals(ALL) && !level.equals(LAST)),
                    "level",
                    level,
                    "the name of a level such as 0.2.1, or one of the words all and last alone");
        }
        require(!levels.isEmpty(), "levels", "empty", "names of levels such as 0.2.1, all, or last");
        if (method == Method.MODEL) {
            require(
                    model != null,
                    "model",
                    "none",
                    "an installed model, a model folder or a checkpoint file, which method model needs");
        } else {
            require(model == null, "model", model, "none, with method " + word(method));
            require(point == null, "point", point, "none, with method " + word(method));
            require(
                    device.equals("auto") || device.equals("cpu"),
                    "device",
                    device,
                    "auto or cpu, as method " + word(method) + " does not use the engine");
        }
        require(
                point == null || (connected != Connected.YES && minSizePx <= 0),
                "point",
                point,
                "none where labels are connected or have a minimum size: a point gives weights, not labels");
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
                null,
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
     * @param offered all names, of affinities where there is a point, else of groups
     * @param usual those that the word last stands for
     * @param others the names of the other kind
     * @throws IllegalArgumentException if one wanted is not offered
     */
    List<String> resolveLevels(List<String> offered, List<String> usual, List<String> others) {
        String hint = point == null
                ? "it holds what one point takes from the others: give the point, such as point 120,80"
                : "it holds groups of points: leave the point out";
        if (levels.contains(ALL) || levels.contains(LAST)) {
            if (offered.isEmpty()) {
                throw new IllegalArgumentException("level is " + levels.get(0) + "; the first level of this model is "
                        + others.get(0) + ", and " + hint);
            }
            return levels.contains(ALL) ? offered : usual;
        }
        for (String level : levels) {
            if (!offered.contains(level)) {
                throw new IllegalArgumentException("level is " + level + "; "
                        + (others.contains(level)
                                ? hint
                                : "the model offers " + listed(offered.isEmpty() ? others : offered)));
            }
        }
        return levels;
    }

    private static String listed(List<String> names) {
        return names.stream().limit(LISTED).collect(Collectors.joining(", "))
                + (names.size() > LISTED ? ", ... (" + names.size() + " in all; --list-levels)" : "");
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
        keys.put("model", model == null ? "none" : RunManifest.anywhere(model));
        keys.put("variant", variant == null ? "automatic" : RunManifest.anywhere(variant));
        keys.put("levels", String.join(",", levels));
        keys.put("point", point == null ? "none" : point.toString());
        keys.put("input_size", Integer.toString(inputSizePx));
        keys.put("device", device);
        keys.put("channel", choice.channel());
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
            arguments.addAll(List.of("--model", RunManifest.anywhere(model)));
            if (variant != null) {
                arguments.addAll(List.of("--variant", RunManifest.anywhere(variant)));
            }
            arguments.addAll(List.of("--level", String.join(",", levels)));
            if (point != null) {
                arguments.addAll(List.of("--point", point.toString()));
            }
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
        if (point == null) {
            arguments.add(resolvedConnected() ? "--connected" : "--no-connected");
            arguments.addAll(List.of("--min-size", Integer.toString(minSizePx)));
        }
        arguments.addAll(List.of("--seed", Long.toString(seed)));
        arguments.addAll(List.of("--device", device));
        choice.addTo(arguments);
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
