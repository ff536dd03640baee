// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import io.github.pointillist.tasks.Segment.Scaling;
import io.github.pointillist.tasks.Segment.Settings;
import io.github.pointillist.tasks.SegmentPanoptic;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the user asked for, the same for command line, command and macro.
 *
 * @param model name of an installed or bundled model, or a model folder or checkpoint file
 * @param variant official variant or JSON file, null to tell it from the file
 * @param scaling how the image gets to the scale of the model; AUTOMATIC becomes DIAMETER where a diameter is given
 * @param objectDiameterPx for DIAMETER: usual diameter of the objects in pixels of the image, above 0; else 0
 * @param pixelSizeUm micrometres a pixel in place of what the image says, 0 for the image's own
 * @param minAreaPx smaller objects are left out, in pixels of the image; 0 leaves out none
 * @param foregroundThreshold least probability of the foreground, above 0 and below 1, or -1 for the model's own
 * @param centreThreshold least probability of a centre, above 0 and below 1, or -1 for the model's own
 * @param excludeBorder whether objects at the border of the image are left out
 * @param invert whether objects are dark and the model knows bright ones
 * @param linkSlices whether objects of neighbouring slices that overlap get the same label
 * @param tilePx side of what is held in memory at once, 0 for automatic; changes nothing in the result
 * @param masks for panoptic models: when a mask is a segment
 * @param device "auto", "cpu", "gpu0", ...
 * @param choice which channels of the image, and where
 * @param scaleFrom what shares one scale where it is looked for
 */
public record SegmentOptions(
        String model,
        String variant,
        Scaling scaling,
        double objectDiameterPx,
        double pixelSizeUm,
        double minAreaPx,
        double foregroundThreshold,
        double centreThreshold,
        boolean excludeBorder,
        boolean invert,
        boolean linkSlices,
        int tilePx,
        Masks masks,
        String device,
        Choice choice,
        ScaleFrom scaleFrom) {
    /** What shares one scale where it follows from the objects that are found. */
    public enum ScaleFrom {
        /** Each slice and frame has its own. */
        PLANE,
        /** All slices and frames of an image have one. */
        IMAGE,
        /** All images of a run have one; on the command line alone. */
        FOLDER
    }

    /**
     * When a mask of a panoptic model is a segment; -1 for the model's own.
     *
     * @param pixel least probability of a mask in a pixel, above 1/3 and below 1
     * @param thing least probability of the class of a thing, 0 to below 1
     * @param stuff the same for stuff
     * @param overlap least share of a mask that better ones leave free, 0 to below 1
     */
    public record Masks(double pixel, double thing, double stuff, double overlap) {
        /** All of the model's own. */
        public static final Masks AUTOMATIC = new Masks(-1, -1, -1, -1);

        /** Checks the ranges. */
        public Masks {
            require(
                    pixel == -1 || (pixel > 1.0 / 3 && pixel < 1),
                    "pixel threshold",
                    pixel,
                    "above 1/3 and below 1, or -1 for the model's own");
            requireShare("thing threshold", thing);
            requireShare("stuff threshold", stuff);
            requireShare("overlap threshold", overlap);
        }

        private static void requireShare(String name, double value) {
            require(value == -1 || (value >= 0 && value < 1), name, value, "0 to below 1, or -1 for the model's own");
        }
    }

    /** The same with the usual channel, within the image's selection, and one scale an image. */
    public SegmentOptions(
            String model,
            String variant,
            Scaling scaling,
            double objectDiameterPx,
            double pixelSizeUm,
            double minAreaPx,
            double foregroundThreshold,
            double centreThreshold,
            boolean excludeBorder,
            boolean invert,
            boolean linkSlices,
            int tilePx,
            Masks masks,
            String device) {
        this(
                model,
                variant,
                scaling,
                objectDiameterPx,
                pixelSizeUm,
                minAreaPx,
                foregroundThreshold,
                centreThreshold,
                excludeBorder,
                invert,
                linkSlices,
                tilePx,
                masks,
                device,
                Choice.USUAL,
                ScaleFrom.IMAGE);
    }

    /** The same with the model's own thresholds of masks. */
    public SegmentOptions(
            String model,
            String variant,
            Scaling scaling,
            double objectDiameterPx,
            double pixelSizeUm,
            double minAreaPx,
            double foregroundThreshold,
            double centreThreshold,
            boolean excludeBorder,
            boolean invert,
            boolean linkSlices,
            int tilePx,
            String device) {
        this(
                model,
                variant,
                scaling,
                objectDiameterPx,
                pixelSizeUm,
                minAreaPx,
                foregroundThreshold,
                centreThreshold,
                excludeBorder,
                invert,
                linkSlices,
                tilePx,
                Masks.AUTOMATIC,
                device);
    }

    /** The model that is taken where none is named. */
    public static final String USUAL_MODEL = "nuclei";

    /**
     * Checks what can be checked without an image or a model.
     *
     * @throws IllegalArgumentException with one line: what was given, what is allowed
     */
    public SegmentOptions {
        if (scaling == Scaling.AUTOMATIC && objectDiameterPx > 0) {
            scaling = Scaling.DIAMETER;
        }
        require(isSize(objectDiameterPx), "object diameter", objectDiameterPx, "above 0 pixels, or 0 for none");
        require(
                (scaling == Scaling.DIAMETER) == (objectDiameterPx > 0),
                "object diameter",
                objectDiameterPx,
                "above 0 pixels with scaling diameter, and 0 with scaling calibration and none; scaling is "
                        + ClusterMapOptions.word(scaling));
        require(
                scaleFrom == ScaleFrom.IMAGE || (scaleFrom != null && scaling == Scaling.AUTOMATIC),
                "scale from",
                scaleFrom == null ? null : ClusterMapOptions.word(scaleFrom),
                "image unless scaling is automatic, so that a scale is looked for; scaling is "
                        + ClusterMapOptions.word(scaling));
        require(isSize(pixelSizeUm), "pixel size", pixelSizeUm, "above 0 micrometres, or 0 for what the image says");
        require(isSize(minAreaPx), "min area", minAreaPx, "0 or more pixels");
        require(isThreshold(foregroundThreshold), "foreground threshold", foregroundThreshold, THRESHOLDS);
        require(isThreshold(centreThreshold), "centre threshold", centreThreshold, THRESHOLDS);
        require(tilePx >= 0, "tile", tilePx, "1 or more pixels, or 0 for automatic");
        require(ClusterMapOptions.isDevice(device), "device", device, "auto, cpu, gpu0, gpu1, ...");
    }

    private static final String THRESHOLDS = "above 0 and below 1, or -1 for the model's own";

    private static void require(boolean ok, String name, Object given, String allowed) {
        if (!ok) {
            throw new IllegalArgumentException(name + " is " + given + "; allowed is " + allowed);
        }
    }

    private static boolean isSize(double value) {
        return value >= 0 && value < Double.POSITIVE_INFINITY;
    }

    private static boolean isThreshold(double value) {
        return value == Settings.AUTOMATIC || (value > 0 && value < 1);
    }

    /** All automatic. */
    public static SegmentOptions defaults(String model) {
        return new SegmentOptions(
                model,
                null,
                Scaling.AUTOMATIC,
                0,
                0,
                0,
                Settings.AUTOMATIC,
                Settings.AUTOMATIC,
                false,
                false,
                false,
                0,
                "auto");
    }

    /** The settings of the task. */
    Settings settings() {
        return new Settings(
                model,
                variant,
                scaling,
                objectDiameterPx,
                minAreaPx,
                foregroundThreshold,
                centreThreshold,
                excludeBorder,
                invert,
                tilePx,
                device);
    }

    /**
     * The settings for a panoptic model.
     *
     * @throws IllegalArgumentException if something else than its own is asked for
     */
    SegmentPanoptic.Settings panoptic() {
        boolean plain = objectDiameterPx == 0
                && minAreaPx == 0
                && foregroundThreshold == Settings.AUTOMATIC
                && centreThreshold == Settings.AUTOMATIC
                && !excludeBorder
                && !invert
                && !linkSlices
                && scaleFrom == ScaleFrom.IMAGE;
        if (!plain || scaling == Scaling.CALIBRATION) {
            throw new IllegalArgumentException(
                    "model " + model + " is panoptic: object diameter, least area, thresholds"
                            + " of foreground and centre, border, inversion, linked slices, scale from and scaling by calibration are for"
                            + " models of objects; leave them out");
        }
        return new SegmentPanoptic.Settings(
                model,
                variant,
                scaling == Scaling.NONE ? SegmentPanoptic.View.WINDOWS : SegmentPanoptic.View.AUTOMATIC,
                masks.pixel,
                masks.thing,
                masks.stuff,
                masks.overlap,
                device);
    }

    /** Refuses thresholds of masks for a model that has none. */
    void checkNoMasks() {
        if (!masks.equals(Masks.AUTOMATIC)) {
            throw new IllegalArgumentException(
                    "thresholds of pixels, things, stuff and overlap are for panoptic models," + " and " + model
                            + " is none; leave them out");
        }
    }

    /** The same for one image, with a diameter in place of a scale that is looked for. */
    SegmentOptions withDiameter(double px) {
        if (scaling != Scaling.AUTOMATIC) {
            return this;
        }
        return new SegmentOptions(
                model,
                variant,
                Scaling.DIAMETER,
                px,
                pixelSizeUm,
                minAreaPx,
                foregroundThreshold,
                centreThreshold,
                excludeBorder,
                invert,
                linkSlices,
                tilePx,
                masks,
                device,
                choice,
                ScaleFrom.IMAGE);
    }

    /** The options by the names of the macro keys, in the order of the dialog. */
    public Map<String, String> macroKeys() {
        Map<String, String> keys = new LinkedHashMap<>();
        keys.put("model", RunManifest.anywhere(model));
        keys.put("variant", variant == null ? "automatic" : RunManifest.anywhere(variant));
        keys.put("scaling", ClusterMapOptions.word(scaling));
        keys.put("object_diameter", Double.toString(objectDiameterPx));
        keys.put("pixel_size", Double.toString(pixelSizeUm));
        keys.put("min_area", Double.toString(minAreaPx));
        keys.put("foreground_threshold", Double.toString(foregroundThreshold));
        keys.put("centre_threshold", Double.toString(centreThreshold));
        keys.put("pixel_threshold", Double.toString(masks.pixel));
        keys.put("thing_threshold", Double.toString(masks.thing));
        keys.put("stuff_threshold", Double.toString(masks.stuff));
        keys.put("overlap_threshold", Double.toString(masks.overlap));
        keys.put("exclude_border", Boolean.toString(excludeBorder));
        keys.put("invert", Boolean.toString(invert));
        keys.put("link_slices", Boolean.toString(linkSlices));
        keys.put("tile", Integer.toString(tilePx));
        keys.put("device", device);
        keys.put("channel", choice.channel());
        // A folder is no matter of an open image: the scale that came of it is a diameter there.
        keys.put("scale_from", ClusterMapOptions.word(scaleFrom == ScaleFrom.FOLDER ? ScaleFrom.IMAGE : scaleFrom));
        return keys;
    }

    /** The arguments of the command line, without images and output folder. */
    public List<String> arguments() {
        List<String> arguments = new ArrayList<>(List.of("--model", RunManifest.anywhere(model)));
        if (variant != null) {
            arguments.addAll(List.of("--variant", RunManifest.anywhere(variant)));
        }
        arguments.addAll(List.of("--scaling", ClusterMapOptions.word(scaling)));
        add(arguments, "--object-diameter", objectDiameterPx, 0);
        add(arguments, "--pixel-size", pixelSizeUm, 0);
        add(arguments, "--min-area", minAreaPx, 0);
        add(arguments, "--foreground-threshold", foregroundThreshold, Settings.AUTOMATIC);
        add(arguments, "--centre-threshold", centreThreshold, Settings.AUTOMATIC);
        add(arguments, "--pixel-threshold", masks.pixel, -1);
        add(arguments, "--thing-threshold", masks.thing, -1);
        add(arguments, "--stuff-threshold", masks.stuff, -1);
        add(arguments, "--overlap-threshold", masks.overlap, -1);
        add(arguments, "--exclude-border", excludeBorder);
        add(arguments, "--invert", invert);
        add(arguments, "--link-slices", linkSlices);
        if (tilePx != 0) {
            arguments.addAll(List.of("--tile", Integer.toString(tilePx)));
        }
        arguments.addAll(List.of("--device", device));
        choice.addTo(arguments);
        if (scaleFrom != ScaleFrom.IMAGE) {
            arguments.addAll(List.of("--scale-from", ClusterMapOptions.word(scaleFrom)));
        }
        return arguments;
    }

    private static void add(List<String> arguments, String option, double value, double otherwise) {
        if (value != otherwise) {
            arguments.addAll(List.of(option, Double.toString(value)));
        }
    }

    private static void add(List<String> arguments, String option, boolean set) {
        if (set) {
            arguments.add(option);
        }
    }
}
