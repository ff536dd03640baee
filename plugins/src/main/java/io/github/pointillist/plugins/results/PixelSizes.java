// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.measure.Calibration;
import java.util.Locale;
import java.util.Map;

/**
 * The size of an image's pixels as models need it.
 *
 * @param um micrometres, the mean of both sides; 0 where it is not known
 * @param note where it comes from, one line
 */
record PixelSizes(double um, String note) {
    private static final Map<String, Double> MICROMETRES = Map.ofEntries(
            Map.entry("um", 1.0),
            Map.entry("micron", 1.0),
            Map.entry("microns", 1.0),
            Map.entry("micrometer", 1.0),
            Map.entry("micrometers", 1.0),
            Map.entry("micrometre", 1.0),
            Map.entry("micrometres", 1.0),
            Map.entry("nm", 1e-3),
            Map.entry("nanometer", 1e-3),
            Map.entry("nanometers", 1e-3),
            Map.entry("nanometre", 1e-3),
            Map.entry("nanometres", 1e-3),
            Map.entry("mm", 1e3),
            Map.entry("millimeter", 1e3),
            Map.entry("millimeters", 1e3),
            Map.entry("millimetre", 1e3),
            Map.entry("millimetres", 1e3));

    /** Sides that differ by less count as equal. */
    private static final double TOLERANCE = 0.01;

    /**
     * Told from a calibration. Micrometres, nanometres and millimetres are known; inches and centimetres are not taken,
     * since they come from printing and say nothing of the object.
     */
    static PixelSizes of(Calibration calibration) {
        double width = micrometres(calibration.pixelWidth, calibration.getXUnit());
        double height = micrometres(calibration.pixelHeight, calibration.getYUnit());
        if (width == 0 || height == 0) {
            String unit = text(calibration.getXUnit());
            return new PixelSizes(
                    0,
                    unit.isBlank()
                            ? "pixel size unknown: the image says none"
                            : "pixel size unknown: the image's unit is " + unit + ", and known are um, nm and mm");
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

    /** The same pixel size for all that is measured. */
    static Calibration calibration(Calibration own, double um) {
        Calibration calibration = own.copy();
        calibration.pixelWidth = um;
        calibration.pixelHeight = um;
        calibration.setUnit("um");
        return calibration;
    }

    private static double micrometres(double size, String unit) {
        Double factor = MICROMETRES.get(text(unit).toLowerCase(Locale.ROOT).replaceAll("[\u00b5\u03bc]", "u"));
        return factor == null || !(size > 0 && size < Double.POSITIVE_INFINITY) ? 0 : size * factor;
    }

    /** ImageJ writes the letter of micrometres in several ways. */
    static String text(String unit) {
        return unit == null ? "none" : unit.strip().replaceAll("\\\\u00[bB]5", "\u00b5");
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.4g", value);
    }
}
