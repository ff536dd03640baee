// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import ij.measure.Calibration;
import java.util.HashMap;
import java.util.Map;

/** What ImageJ writes into the description of a TIFF file: lines of "key=value". */
record ImageJText(Map<String, String> values) {
    static boolean is(String description) {
        return description.startsWith("ImageJ=");
    }

    static ImageJText read(String description) {
        Map<String, String> values = new HashMap<>();
        description.lines().forEach(line -> {
            int sign = line.indexOf('=');
            if (sign > 0) {
                values.put(
                        line.substring(0, sign).strip(),
                        line.substring(sign + 1).strip());
            }
        });
        return new ImageJText(values);
    }

    int count(String key) {
        double value = number(key, 1);
        return value >= 1 && value <= Integer.MAX_VALUE ? (int) value : 1;
    }

    double number(String key, double usual) {
        try {
            double value = values.containsKey(key) ? Double.parseDouble(values.get(key)) : usual;
            return Double.isNaN(value) || Double.isInfinite(value) ? usual : value;
        } catch (NumberFormatException e) {
            return usual;
        }
    }

    /** Size of pixels and the meaning of grey values. */
    void apply(Calibration calibration, double pixelWidth, double pixelHeight) {
        String unit = values.getOrDefault("unit", "");
        if (!unit.isEmpty() && !unit.equals("pixel") && pixelWidth > 0 && pixelHeight > 0) {
            calibration.pixelWidth = pixelWidth;
            calibration.pixelHeight = pixelHeight;
            calibration.setUnit(unit.replaceAll("\\\\u00[bB]5", "\u00b5"));
        }
        double depth = Math.abs(number("spacing", 1));
        calibration.pixelDepth = depth > 0 ? depth : 1;
        calibration.frameInterval = number("finterval", 0);
        calibration.fps = number("fps", 0);
        if (values.containsKey("tunit")) {
            calibration.setTimeUnit(values.get("tunit"));
        }
        calibration.xOrigin = number("xorigin", 0);
        calibration.yOrigin = number("yorigin", 0);
        calibration.zOrigin = number("zorigin", 0);
        int function = (int) number("cf", Calibration.NONE);
        if (function >= Calibration.STRAIGHT_LINE && function <= Calibration.UNCALIBRATED_OD) {
            int n = 0;
            while (n < 6 && values.containsKey("c" + n)) {
                n++;
            }
            double[] coefficients = new double[n];
            for (int i = 0; i < n; i++) {
                coefficients[i] = number("c" + i, 0);
            }
            if (n >= 2 || function == Calibration.UNCALIBRATED_OD) {
                calibration.setFunction(function, coefficients, values.getOrDefault("vunit", "Gray Value"));
            }
        }
    }
}
