// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import io.github.pointillist.tasks.Classify.Fit;
import io.github.pointillist.tasks.Classify.Scores;
import io.github.pointillist.tasks.Classify.Settings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the user asked for, the same for command line, command and macro.
 *
 * @param model name of an installed model, or a model folder or checkpoint file
 * @param variant official variant or JSON file, null to tell it from the file
 * @param each what is classified
 * @param windowPx for WINDOW: side of a window, 0 for the side of the model's input
 * @param stepPx for WINDOW: distance of windows, 0 for the side of a window
 * @param marginPx for ROI and OBJECT: the box is wider by this on every side
 * @param blankOutside for ROI and OBJECT: whether pixels outside the outline get the mean colour
 * @param fit how a region gets to the model's size
 * @param inputSizePx side of the model's input, 0 for that of the card
 * @param scores what scores are
 * @param top most classes listed a region, 0 for all, -1 for automatic: 5 for softmax, all for sigmoid
 * @param threshold least score listed, -1 for automatic: 0 for softmax, 0.5 for sigmoid
 * @param device "auto", "cpu", "gpu0", ...
 * @param choice which channels of the image, and where; with ROI the regions say where
 */
public record ClassifyOptions(
        String model,
        String variant,
        Each each,
        int windowPx,
        int stepPx,
        int marginPx,
        boolean blankOutside,
        Fit fit,
        int inputSizePx,
        Scores scores,
        int top,
        double threshold,
        String device,
        Choice choice) {
    /** The same with the usual channels, within the image's selection. */
    public ClassifyOptions(
            String model,
            String variant,
            Each each,
            int windowPx,
            int stepPx,
            int marginPx,
            boolean blankOutside,
            Fit fit,
            int inputSizePx,
            Scores scores,
            int top,
            double threshold,
            String device) {
        this(
                model,
                variant,
                each,
                windowPx,
                stepPx,
                marginPx,
                blankOutside,
                fit,
                inputSizePx,
                scores,
                top,
                threshold,
                device,
                Choice.USUAL);
    }

    /** What is classified. */
    public enum Each {
        /** The whole image. */
        IMAGE,
        /** Each region of interest. */
        ROI,
        /** Each object of a label image. */
        OBJECT,
        /** Each of the windows that slide over the image. */
        WINDOW
    }

    /**
     * Checks what can be checked without an image or a model.
     *
     * @throws IllegalArgumentException with one line: what was given, what is allowed
     */
    public ClassifyOptions {
        settings(model, variant, fit, inputSizePx, scores, top, threshold, blankOutside, device);
        require(
                each != Each.ROI || choice.within().roi() == null,
                "region",
                choice.within().text(),
                "none with each=roi, where the regions say what is classified");
        choice = each == Each.ROI ? choice.everywhere() : choice;
        require(windowPx >= 0, "window", windowPx, "1 or more pixels, or 0 for the model's input");
        require(stepPx >= 0, "step", stepPx, "1 or more pixels, or 0 for the side of a window");
        require(windowPx == 0 || stepPx <= windowPx, "step", stepPx, "at most the side of a window, " + windowPx);
        require(marginPx >= 0, "margin", marginPx, "0 or more pixels");
        require(
                each == Each.WINDOW || (windowPx == 0 && stepPx == 0),
                "window or step",
                windowPx + " and " + stepPx,
                "0 unless windows are classified (each=window)");
        require(
                each == Each.ROI || each == Each.OBJECT || (marginPx == 0 && !blankOutside),
                "margin or blank outside",
                marginPx + " and " + blankOutside,
                "0 and false unless regions or objects are classified (each=roi or each=object)");
    }

    private static void require(boolean ok, String name, Object given, String allowed) {
        if (!ok) {
            throw new IllegalArgumentException(name + " is " + given + "; allowed is " + allowed);
        }
    }

    private static Settings settings(
            String model,
            String variant,
            Fit fit,
            int inputSizePx,
            Scores scores,
            int top,
            double threshold,
            boolean blankOutside,
            String device) {
        require(ClusterMapOptions.isDevice(device), "device", device, "auto, cpu, gpu0, gpu1, ...");
        return new Settings(model, variant, fit, inputSizePx, scores, top, threshold, blankOutside, device);
    }

    /** The settings of the task. */
    Settings settings() {
        return settings(model, variant, fit, inputSizePx, scores, top, threshold, blankOutside, device);
    }

    /** The options by the names of the macro keys, in the order of the dialog; labels are the command's own. */
    public Map<String, String> macroKeys() {
        Map<String, String> keys = new LinkedHashMap<>();
        keys.put("model", RunManifest.anywhere(model));
        keys.put("variant", variant == null ? "automatic" : RunManifest.anywhere(variant));
        keys.put("each", ClusterMapOptions.word(each));
        keys.put("window", Integer.toString(windowPx));
        keys.put("step", Integer.toString(stepPx));
        keys.put("margin", Integer.toString(marginPx));
        keys.put("blank_outside", Boolean.toString(blankOutside));
        keys.put("fit", ClusterMapOptions.word(fit));
        keys.put("input_size", Integer.toString(inputSizePx));
        keys.put("scores", ClusterMapOptions.word(scores));
        keys.put("top", Integer.toString(top));
        keys.put("threshold", Double.toString(threshold));
        keys.put("device", device);
        keys.put("channel", choice.channel());
        return keys;
    }

    /** The arguments of the command line, without images, ROIs, labels and output folder. */
    public List<String> arguments() {
        List<String> arguments = new ArrayList<>(List.of("--model", RunManifest.anywhere(model)));
        if (variant != null) {
            arguments.addAll(List.of("--variant", RunManifest.anywhere(variant)));
        }
        arguments.addAll(List.of("--each", ClusterMapOptions.word(each)));
        if (each == Each.WINDOW) {
            arguments.addAll(List.of("--window", Integer.toString(windowPx), "--step", Integer.toString(stepPx)));
        }
        if (each == Each.ROI || each == Each.OBJECT) {
            arguments.addAll(List.of("--margin", Integer.toString(marginPx)));
            if (blankOutside) {
                arguments.add("--blank-outside");
            }
        }
        arguments.addAll(List.of("--fit", ClusterMapOptions.word(fit)));
        arguments.addAll(List.of("--input-size", Integer.toString(inputSizePx)));
        arguments.addAll(List.of("--scores", ClusterMapOptions.word(scores)));
        arguments.addAll(List.of("--top", Integer.toString(top)));
        arguments.addAll(List.of("--threshold", Double.toString(threshold)));
        arguments.addAll(List.of("--device", device));
        choice.addTo(arguments);
        return arguments;
    }
}
