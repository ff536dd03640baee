// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.clustering;

/** sRGB (IEC 61966-2-1) to CIE L*a*b* under D65, by tables. */
final class Lab {
    private static final float[] LINEAR = new float[256];
    private static final int STEPS = 1 << 14;
    private static final float[] ROOT = new float[STEPS + 2];

    static {
        for (int i = 0; i < 256; i++) {
            LINEAR[i] = (float) linear(i);
        }
        for (int i = 0; i < ROOT.length; i++) {
            double t = i / (double) STEPS;
            double limit = 216.0 / 24389;
            ROOT[i] = (float) (t > limit ? Math.cbrt(t) : (24389.0 / 27 * t + 16) / 116);
        }
    }

    private Lab() {}

    /** Linear light of an sRGB value of 0 to 255. */
    private static double linear(double value) {
        double v = value / 255;
        return v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4);
    }

    private static float light(float value, int x, int y) {
        if (value >= 0 && value <= 255) {
            int whole = (int) value;
            return whole == value ? LINEAR[whole] : (float) linear(value);
        }
        if (Float.isFinite(value)) {
            throw new IllegalArgumentException("an sRGB value of " + value + " given at (" + x + ", " + y
                    + "); allowed: 0 to 255; scale the image to 8 bits or use its intensities");
        }
        return Float.NaN;
    }

    private static float root(float t) {
        float at = Math.min(t, 1) * STEPS;
        int i = (int) at;
        return ROOT[i] + (at - i) * (ROOT[i + 1] - ROOT[i]);
    }

    /** Replaces red, green and blue of a row by L, a and b. */
    static void convert(float[] row, int width, int y) {
        for (int x = 0; x < width; x++) {
            int i = 3 * x;
            float r = light(row[i], x, y);
            float g = light(row[i + 1], x, y);
            float b = light(row[i + 2], x, y);
            // sRGB primaries to XYZ, divided by the D65 white (0.95047, 1, 1.08883)
            float fx = root((0.4124564f * r + 0.3575761f * g + 0.1804375f * b) / 0.95047f);
            float fy = root(0.2126729f * r + 0.7151522f * g + 0.0721750f * b);
            float fz = root((0.0193339f * r + 0.1191920f * g + 0.9503041f * b) / 1.08883f);
            row[i] = 116 * fy - 16;
            row[i + 1] = 500 * (fx - fy);
            row[i + 2] = 200 * (fy - fz);
        }
    }
}
