// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import io.github.pointillist.catalog.ModelCard.Segmentation.Kind;
import io.github.pointillist.training.Augmentation;
import io.github.pointillist.training.TrainSegmenter;
import io.github.pointillist.training.TrainSegmenter.Settings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the user asked for, the same for command line, command and macro.
 *
 * @param name of the new model
 * @param base installed or bundled model, model folder or checkpoint to begin from, or "new"
 * @param kind objects or classes; null to tell it from the annotation
 * @param classNames for classes in label images one name a value, in ascending order of the values; empty for names made of
 *     the values, and for regions, which name their classes themselves
 * @param objectDiameterPx usual diameter of an object in pixels of the images, 0 to take the median of the annotated ones
 * @param pixelSizeUm micrometres a pixel in place of what the images say, 0 for the images' own
 * @param channel of images with several that are not in colour, from 1; 0 where there are none
 * @param augment one of {@link Augmentation#NAMES}
 * @param simulated share of patches that show simulated nuclei, 0 to 1; 1 needs no images
 * @param steps updates, or 0 for as many as fit into {@code minutes}
 * @param minutes that training may take, above 0; not used where {@code steps} is above 0
 * @param batch patches in an update
 * @param rate largest learning rate, 0 for the usual one
 * @param validationShare of the images that is set aside to validate with, 0 to 0.5; not used where images to validate
 *     with are given
 * @param ignoreUnlabelled whether pixels of label 0, or in no region, are not annotated rather than background
 * @param seed of everything random
 * @param device "auto", "cpu", "gpu0", ...
 */
public record TrainOptions(
        String name,
        String base,
        Kind kind,
        List<String> classNames,
        double objectDiameterPx,
        double pixelSizeUm,
        int channel,
        String augment,
        double simulated,
        long steps,
        double minutes,
        int batch,
        double rate,
        double validationShare,
        boolean ignoreUnlabelled,
        long seed,
        String device) {
    /** The model to begin from where none is named. */
    public static final String USUAL_BASE = SegmentOptions.USUAL_MODEL;
    /** How the images are varied where nothing is said. */
    public static final String USUAL_AUGMENT = "microscopy";
    /** Minutes where neither these nor steps are given. */
    public static final double USUAL_MINUTES = 10;
    /** Patches in an update. */
    public static final int USUAL_BATCH = 4;
    /** Share of the images to validate with. */
    public static final double USUAL_VALIDATION_SHARE = 0.2;

    /**
     * Checks what can be checked without images or a model.
     *
     * @throws IllegalArgumentException with one line: what was given, what is allowed
     */
    public TrainOptions {
        classNames = List.copyOf(classNames);
        if (kind == null) {
            kind = !classNames.isEmpty() ? Kind.SEMANTIC : simulated == 1 ? Kind.INSTANCES : null;
        }
        require(name != null && !name.isBlank(), "name", name, "a name for the new model");
        require(base != null && !base.isBlank(), "base", base, "a model to begin from, or " + TrainSegmenter.NEW);
        require(classNames.isEmpty() || kind == Kind.SEMANTIC, "classes", classNames, "none for objects");
        require(
                classNames.stream().noneMatch(String::isBlank)
                        && classNames.stream().distinct().count() == classNames.size(),
                "classes",
                classNames,
                "different names, none of them empty");
        require(
                objectDiameterPx == 0 || (objectDiameterPx >= 2 && objectDiameterPx <= 4096),
                "object diameter",
                objectDiameterPx,
                "2 to 4096 pixels, or 0 to measure it");
        require(
                objectDiameterPx == 0 || kind != Kind.SEMANTIC,
                "object diameter",
                objectDiameterPx,
                "0 for classes, which are seen at the images' own size");
        require(
                pixelSizeUm >= 0 && pixelSizeUm < Double.POSITIVE_INFINITY,
                "pixel size",
                pixelSizeUm,
                "above 0 micrometres, or 0 for what the images say");
        require(channel >= 0, "channel", channel, "1 or more, or 0 for images of one channel or in colour");
        require(
                kind != Kind.PANOPTIC || (simulated == 1 && base.equals(TrainSegmenter.NEW)),
                "kind",
                ClusterMapOptions.word(Kind.PANOPTIC),
                "instances and semantic; panoptic with base " + TrainSegmenter.NEW + " and simulated 1 alone");
        Augmentation.named(augment);
        require(simulated >= 0 && simulated <= 1, "simulated", simulated, "0 to 1");
        require(
                simulated == 0 || kind != Kind.SEMANTIC,
                "simulated",
                simulated,
                "0 for classes: simulated nuclei are objects");
        require(steps >= 0, "steps", steps, "1 or more, or 0 to go by minutes");
        require(
                steps > 0 || (minutes > 0 && minutes < 100_000),
                "minutes",
                minutes,
                "above 0 and below 100000 where steps is 0");
        require(batch >= 1 && batch <= 256, "batch", batch, "1 to 256");
        require(rate >= 0 && rate < 1, "rate", rate, "above 0 and below 1, or 0 for the usual one");
        require(
                validationShare >= 0 && validationShare <= 0.5,
                "validation share",
                validationShare,
                "0 (no validation) to 0.5");
        require(ClusterMapOptions.isDevice(device), "device", device, "auto, cpu, gpu0, gpu1, ...");
    }

    private static void require(boolean ok, String name, Object given, String allowed) {
        if (!ok) {
            throw new IllegalArgumentException(name + " is " + given + "; allowed is " + allowed);
        }
    }

    /** All as usual; minutes are {@value #USUAL_MINUTES}. */
    public static TrainOptions defaults(String name, String base) {
        return new TrainOptions(
                name,
                base,
                null,
                List.of(),
                0,
                0,
                0,
                USUAL_AUGMENT,
                0,
                0,
                USUAL_MINUTES,
                USUAL_BATCH,
                0,
                USUAL_VALIDATION_SHARE,
                false,
                1,
                "auto");
    }

    /** The same for a number of steps. */
    public TrainOptions withSteps(long count) {
        return new TrainOptions(
                name,
                base,
                kind,
                classNames,
                objectDiameterPx,
                pixelSizeUm,
                channel,
                augment,
                simulated,
                count,
                minutes,
                batch,
                rate,
                validationShare,
                ignoreUnlabelled,
                seed,
                device);
    }

    /** The settings of the task, where it is known what the annotation means. */
    Settings settings(Kind told, List<String> names, List<Integer> values) {
        return new Settings(
                name,
                base,
                told,
                names,
                values,
                told == Kind.INSTANCES ? objectDiameterPx : 0,
                Augmentation.named(augment),
                simulated,
                steps,
                steps > 0 ? 0 : minutes,
                batch,
                rate,
                seed,
                device);
    }

    /** The options by the names of the macro keys, in the order of the dialog; images and folders are the command's own. */
    public Map<String, String> macroKeys() {
        Map<String, String> keys = new LinkedHashMap<>();
        keys.put("name", name);
        keys.put("base", RunManifest.anywhere(base));
        keys.put("kind", kind == null ? "automatic" : ClusterMapOptions.word(kind));
        keys.put("classes", classNames.isEmpty() ? "automatic" : String.join(",", classNames));
        keys.put("object_diameter", Double.toString(objectDiameterPx));
        keys.put("pixel_size", Double.toString(pixelSizeUm));
        keys.put("channel", Integer.toString(channel));
        keys.put("augment", augment);
        keys.put("simulated", Double.toString(simulated));
        keys.put("minutes", Double.toString(minutes));
        keys.put("steps", Long.toString(steps));
        keys.put("batch", Integer.toString(batch));
        keys.put("rate", Double.toString(rate));
        keys.put("validation_share", Double.toString(validationShare));
        keys.put("ignore_unlabelled", Boolean.toString(ignoreUnlabelled));
        keys.put("seed", Long.toString(seed));
        keys.put("device", device);
        return keys;
    }

    /** The arguments of the command line, without images and output folder. */
    public List<String> arguments() {
        List<String> arguments = new ArrayList<>(List.of("--as", name, "--base", RunManifest.anywhere(base)));
        if (kind != null) {
            arguments.addAll(List.of("--kind", ClusterMapOptions.word(kind)));
        }
        if (!classNames.isEmpty()) {
            arguments.addAll(List.of("--classes", String.join(",", classNames)));
        }
        add(arguments, "--object-diameter", objectDiameterPx);
        add(arguments, "--pixel-size", pixelSizeUm);
        if (channel > 0) {
            arguments.addAll(List.of("--channel", Integer.toString(channel)));
        }
        arguments.addAll(List.of("--augment", augment));
        add(arguments, "--simulated", simulated);
        if (steps > 0) {
            arguments.addAll(List.of("--steps", Long.toString(steps)));
        } else {
            arguments.addAll(List.of("--minutes", Double.toString(minutes)));
        }
        arguments.addAll(List.of("--batch", Integer.toString(batch)));
        add(arguments, "--rate", rate);
        arguments.addAll(List.of("--validation-share", Double.toString(validationShare)));
        if (ignoreUnlabelled) {
            arguments.add("--ignore-unlabelled");
        }
        arguments.addAll(List.of("--seed", Long.toString(seed), "--device", device));
        return arguments;
    }

    private static void add(List<String> arguments, String option, double value) {
        if (value != 0) {
            arguments.addAll(List.of(option, Double.toString(value)));
        }
    }
}
