// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import io.github.pointillist.tasks.Evaluate.Mode;
import io.github.pointillist.tasks.Evaluate.Planes;
import io.github.pointillist.tasks.Evaluate.Settings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The words for the settings of an evaluation, the same for command line, command and macro. */
public final class EvaluateOptions {
    private static final String NONE = "none";

    private EvaluateOptions() {}

    /**
     * The settings that words stand for.
     *
     * @param mode instances, semantic or panoptic
     * @param planes each or volume
     * @param ignore labels with commas between, or none
     * @param background whether 0 is a class
     * @throws IllegalArgumentException with one line: what was given, what is allowed
     */
    public static Settings settings(String mode, String planes, String ignore, boolean background) {
        return new Settings(
                ClusterMapOptions.choice(Mode.class, "mode", mode),
                ClusterMapOptions.choice(Planes.class, "planes", planes),
                labels(ignore),
                background);
    }

    private static List<Long> labels(String text) {
        List<Long> labels = new ArrayList<>();
        if (text.isBlank() || text.strip().equalsIgnoreCase(NONE)) {
            return labels;
        }
        for (String word : text.strip().split("\\s*,\\s*")) {
            try {
                labels.add(Long.valueOf(word));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(
                        "ignore is '" + text + "'; allowed are whole numbers with commas between, such as 255, or none",
                        e);
            }
        }
        return labels;
    }

    private static String ignored(Settings settings) {
        return settings.ignored().isEmpty()
                ? NONE
                : settings.ignored().stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    /**
     * The settings by the names of the macro keys, in the order of the dialog.
     *
     * @param truth title of the true labels
     */
    public static Map<String, String> macroKeys(String truth, Settings settings) {
        Map<String, String> keys = new LinkedHashMap<>();
        keys.put("truth", truth);
        keys.put("mode", ClusterMapOptions.word(settings.mode()));
        keys.put("planes", ClusterMapOptions.word(settings.planes()));
        keys.put("ignore", ignored(settings));
        keys.put("background", Boolean.toString(settings.background()));
        return keys;
    }

    /**
     * The same for {@link Mode#PANOPTIC}.
     *
     * @param classes title or id of the classes of the predicted labels
     * @param trueClasses title or id of those of the true labels
     */
    public static Map<String, String> macroKeys(String truth, String classes, String trueClasses, Settings settings) {
        Map<String, String> keys = macroKeys(truth, settings);
        keys.put("classes", classes);
        keys.put("true_classes", trueClasses);
        return keys;
    }

    /** The options of the command line, without images and output folder. */
    public static List<String> arguments(Settings settings) {
        List<String> arguments = new ArrayList<>(List.of(
                "--mode",
                ClusterMapOptions.word(settings.mode()),
                "--planes",
                ClusterMapOptions.word(settings.planes())));
        if (!settings.ignored().isEmpty()) {
            arguments.addAll(List.of("--ignore", ignored(settings)));
        }
        if (!settings.background()) {
            arguments.add("--no-background");
        }
        return arguments;
    }
}
