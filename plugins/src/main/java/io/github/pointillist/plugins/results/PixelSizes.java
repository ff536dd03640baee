// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.measure.Calibration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The size of an image's pixels as models need it.
 *
 * @param um micrometres, the mean of both sides; 0 where it is not known
 * @param note where it comes from, one line
 */
record PixelSizes(double um, String note) {
    private static final Map<String, Double> MICROMETRES = units();

    /** Where a pixel is larger than this, a unit of paper comes from printing and says nothing of the object. */
    private static final double PRINTED_UM = 20;

    private static final Map<String, Double> OF_PAPER = Map.of(
            "m",
            1e6,
            "cm",
            1e4,
            "centimeter",
            1e4,
            "centimetre",
            1e4,
            "inch",
            25400.0,
            "inches",
            25400.0,
            "in",
            25400.0);

    private static final List<String> PIXELS = List.of("", "none", "pixel", "pixels", "px");

    private static Map<String, Double> units() {
        Map<String, Double> units = new HashMap<>(Map.of("um", 1.0, "micron", 1.0, "microns", 1.0, "\u00e5", 1e-4));
        units.putAll(Map.of("angstrom", 1e-4, "nm", 1e-3, "pm", 1e-6, "mm", 1e3));
        Map<String, Double> parts = Map.of("pico", 1e-6, "nano", 1e-3, "micro", 1.0, "milli", 1e3);
        parts.forEach((part, um) ->
                List.of("meter", "meters", "metre", "metres").forEach(metre -> units.put(part + metre, um)));
        return Map.copyOf(units);
    }

    /** Sides that differ by less count as equal. */
    private static final double TOLERANCE = 0.01;

    /**
     * Told from a calibration. Micrometres, nanometres and millimetres are known; inches, centimetres and metres are taken
     * where pixels are as small as those of a microscope, for else they come from printing and say nothing of the object.
     */
    static PixelSizes of(Calibration calibration) {
        double width = micrometres(calibration.pixelWidth, calibration.getXUnit());
        double height = micrometres(calibration.pixelHeight, calibration.getYUnit());
        if (width == 0 || height == 0) {
            String unit = text(calibration.getXUnit());
            String other = text(calibration.getYUnit());
            if (!isSize(calibration.pixelWidth) || !isSize(calibration.pixelHeight)) {
                return new PixelSizes(
                        0,
                        "pixel size unknown: the image says " + calibration.pixelWidth + " x " + calibration.pixelHeight
                                + " " + unit + ", which is no size");
            }
            return new PixelSizes(
                    0,
                    unit.isBlank() || (unit.matches("pixels?") && other.equals(unit))
                            ? "pixel size unknown: the image says none"
                            : "pixel size unknown: the image's unit is " + unit
                                    + (other.equals(unit) ? "" : " and " + other) + ", and known are um, nm and mm");
        }
        double mean = (width + height) / 2;
        if (Math.abs(width - height) > TOLERANCE * mean) {
            return new PixelSizes(
                    mean,
                    "pixels are " + number(width) + " x " + number(height) + " um; the mean, " + number(mean)
                            + " um, is taken for both sides");
        }
        return new PixelSizes(mean, "pixel size " + number(mean) + " um, from the image's calibration");
    }

    /** As the user gives it. */
    static PixelSizes given(double um) {
        return new PixelSizes(um, "pixel size " + number(um) + " um, as given");
    }

    /** The same pixel size for all that is measured; slices keep their distance. */
    static Calibration calibration(Calibration own, double um) {
        Calibration calibration = own.copy();
        double depth = micrometres(own.pixelDepth, own.getZUnit());
        boolean flat = micrometres(own.pixelWidth, own.getXUnit()) == 0;
        double proportion = isSize(own.pixelWidth) && isSize(own.pixelDepth) ? own.pixelDepth / own.pixelWidth : 1;
        calibration.pixelDepth = depth > 0 && !flat ? depth : um * proportion;
        calibration.pixelWidth = um;
        calibration.pixelHeight = um;
        calibration.setUnit("um");
        calibration.setYUnit(null);
        calibration.setZUnit(null);
        return calibration;
    }

    /**
     * What lengths and areas are measured in.
     *
     * @param calibration the image's own where it gives both sides of a pixel in one unit, else that of pixels
     * @param note why it is not the image's own; null where it is, or where that says nothing else
     */
    record Measure(Calibration calibration, String note) {}

    /** What an image is measured in: never a size of 0, below 0 or without end, nor parts of pixels as a unit. */
    static Measure measure(Calibration own) {
        String unit = text(own.getXUnit());
        String other = text(own.getYUnit());
        boolean pixels = isPixels(unit) && isPixels(other);
        String why = null;
        if (!isSize(own.pixelWidth) || !isSize(own.pixelHeight)) {
            why = "the image says that a pixel is " + own.pixelWidth + " x " + own.pixelHeight + " " + unit;
        } else if (!same(unit, other)) {
            why = "the image's sides have different units, " + unit + " and " + other;
        } else if (pixels && (own.pixelWidth != 1 || own.pixelHeight != 1)) {
            why = "the image says that a pixel is " + own.pixelWidth + " x " + own.pixelHeight + " and not of what";
        } else if (OF_PAPER.containsKey(plain(unit)) && own.pixelWidth == 1 && own.pixelHeight == 1) {
            why = "the image says that a pixel is 1 x 1 " + unit + ", as files without a resolution do";
        } else if (!Double.isFinite(own.xOrigin) || !Double.isFinite(own.yOrigin)) {
            why = "the image's origin is " + own.xOrigin + ", " + own.yOrigin;
        }
        if (why == null && !pixels) {
            return new Measure(own, null);
        }
        Calibration plain = new Calibration();
        if (why == null) { // an origin in pixels is one
            plain.xOrigin = own.xOrigin;
            plain.yOrigin = own.yOrigin;
            plain.setInvertY(own.getInvertY());
        }
        return new Measure(plain, why == null ? null : "lengths and areas are in pixels: " + why);
    }

    /** Whether two texts are one unit, which may be written in several ways. */
    private static boolean same(String unit, String other) {
        Double um = MICROMETRES.get(plain(unit));
        return um == null
                ? plain(unit).equals(plain(other)) || (isPixels(unit) && isPixels(other))
                : um.equals(MICROMETRES.get(plain(other)));
    }

    private static String plain(String unit) {
        return text(unit).toLowerCase(Locale.ROOT).replaceAll("[\u00b5\u03bc]", "u");
    }

    private static boolean isPixels(String unit) {
        return PIXELS.contains(unit.toLowerCase(Locale.ROOT));
    }

    /** Whether a side of a pixel is one: above 0 and finite. */
    static boolean isSize(double value) {
        return value > 0 && value < Double.POSITIVE_INFINITY;
    }

    private static double micrometres(double size, String unit) {
        String name = plain(unit);
        if (!isSize(size)) {
            return 0;
        }
        if (MICROMETRES.containsKey(name)) {
            double um = size * MICROMETRES.get(name);
            return isSize(um) ? um : 0;
        }
        double um = size * OF_PAPER.getOrDefault(name, 0.0);
        return um < PRINTED_UM ? um : 0;
    }

    /** ImageJ writes the letter of micrometres in several ways. */
    static String text(String unit) {
        return unit == null ? "none" : unit.strip().replaceAll("\\\\u00[bB]5|\\\\u03[bB][cC]", "\u00b5");
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.4g", value);
    }
}
