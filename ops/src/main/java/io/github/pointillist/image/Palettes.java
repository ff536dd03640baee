// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.image;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.math3.random.MersenneTwister;

/** Colours of labels, as 0xRRGGBB. */
public final class Palettes {
    /**
     * The colours of Context Clusters' visualisation in the order before shuffling (CSS names brown, green,
     * deepskyblue, blue, darkgreen, darkcyan, coral, aliceblue, white, black, beige, red, tomato, yellowgreen, violet,
     * mediumseagreen).
     */
    private static final int[] COC = {
        0xA52A2A, 0x008000, 0x00BFFF, 0x0000FF, 0x006400, 0x008B8B, 0xFF7F50, 0xF0F8FF,
        0xFFFFFF, 0x000000, 0xF5F5DC, 0xFF0000, 0xFF6347, 0x9ACD32, 0xEE82EE, 0x3CB371
    };

    private static final int COC_FEW = 4;
    private static final int COC_SEED = 123;

    /** Colours before the adaptive palette repeats: with black they fill an 8-bit lookup table. */
    private static final int DISTINCT = 255;

    /** Labels next to each other in number are often next to each other in the picture. */
    private static final int NEIGHBOURS = 8;

    /** How many times as far apart the colours of neighbouring labels are wanted as any two. */
    private static final double NEIGHBOUR_WEIGHT = 3;

    private static final int[] DISTINCT_COLOURS = distinctColours();

    private Palettes() {}

    /**
     * The palette of the official cluster visualisation, colour for colour: brown, green, deepskyblue and blue for four
     * clusters, else 16 colours repeated and shuffled as Python's {@code random.seed(123); random.shuffle(list)} does.
     *
     * <p>Reference: ma-xu/Context-Cluster at be9a03b, cluster_visualize.py, which crashes for other numbers.
     *
     * @param clusters 4 or a multiple of 16
     * @return the colour of each cluster id from 0
     */
    public static int[] cocVisualisation(int clusters) {
        if (clusters == COC_FEW) {
            return Arrays.copyOf(COC, COC_FEW);
        }
        if (clusters < COC.length || clusters % COC.length != 0) {
            throw new IllegalArgumentException("official palette wanted for " + clusters
                    + " clusters; it exists for 4 and for multiples of 16; use the adaptive palette instead");
        }
        int[] colours = new int[clusters];
        for (int i = 0; i < clusters; i++) {
            colours[i] = COC[i % COC.length];
        }
        MersenneTwister random = new MersenneTwister(new int[] {COC_SEED});
        for (int i = clusters - 1; i > 0; i--) {
            int j = below(i + 1, random);
            int colour = colours[i];
            colours[i] = colours[j];
            colours[j] = colour;
        }
        return colours;
    }

    /** Python's {@code _randbelow}: as many high bits as the bound has, again until they are below it. */
    private static int below(int bound, MersenneTwister random) {
        int unused = Integer.numberOfLeadingZeros(bound);
        int drawn = random.nextInt() >>> unused;
        while (drawn >= bound) {
            drawn = random.nextInt() >>> unused;
        }
        return drawn;
    }

    /**
     * Colours for any number of labels: bright, saturated and far from each other, the more so for labels whose
     * numbers are close. The first colours do not depend on {@code labels}; after 255 they repeat.
     *
     * <p>Each colour is the one of 16 x 16 x 16 in sRGB that is farthest, in CIE Lab (D65), from black, white and the
     * colours before it, where the 8 latest count three times.
     *
     * @param labels the largest label, at least 0
     * @return the colour of each label from 0, which is black, to {@code labels}
     */
    public static int[] distinct(int labels) {
        if (labels < 0 || labels == Integer.MAX_VALUE) {
            throw new IllegalArgumentException("palette wanted for " + labels + " labels; allowed are 0 to 2^31 - 2");
        }
        int[] colours = new int[labels + 1];
        for (int i = 1; i <= labels; i++) {
            colours[i] = DISTINCT_COLOURS[(i - 1) % DISTINCT];
        }
        return colours;
    }

    /**
     * A lookup table for 8-bit label images.
     *
     * @param colours 0xRRGGBB for the entries from 0; the rest repeats all but the first, which is the background
     * @return {red, green, blue}, 256 bytes each
     */
    public static byte[][] lookupTable(int[] colours) {
        if (colours.length < 2) {
            throw new IllegalArgumentException(
                    colours.length + " colours given; the background and at least one label need one each");
        }
        byte[][] table = new byte[3][256];
        for (int i = 0; i < 256; i++) {
            int colour = i < colours.length ? colours[i] : colours[1 + (i - 1) % (colours.length - 1)];
            table[0][i] = (byte) (colour >> 16);
            table[1][i] = (byte) (colour >> 8);
            table[2][i] = (byte) colour;
        }
        return table;
    }

    private static int[] distinctColours() {
        List<Integer> candidates = new ArrayList<>();
        List<double[]> lab = new ArrayList<>();
        for (int i = 0; i < 4096; i++) {
            int rgb = (i >> 8) * 17 << 16 | (i >> 4 & 15) * 17 << 8 | (i & 15) * 17;
            double[] colour = lab(rgb);
            // dark colours vanish in the background, greys in the picture below
            if (colour[0] >= 35 && colour[0] <= 95 && colour[1] * colour[1] + colour[2] * colour[2] >= 20 * 20) {
                candidates.add(rgb);
                lab.add(colour);
            }
        }
        int[] chosen = new int[DISTINCT];
        double[][] chosenLab = new double[DISTINCT][];
        double[] nearest = new double[candidates.size()];
        double[] black = lab(0);
        double[] white = lab(0xFFFFFF);
        for (int i = 0; i < nearest.length; i++) {
            nearest[i] = Math.min(squaredDistance(lab.get(i), black), squaredDistance(lab.get(i), white));
        }
        for (int n = 0; n < DISTINCT; n++) {
            int best = 0;
            double farthest = -1;
            for (int i = 0; i < nearest.length; i++) {
                double distance = nearest[i];
                for (int k = Math.max(0, n - NEIGHBOURS); k < n && distance > farthest; k++) {
                    distance = Math.min(
                            distance,
                            squaredDistance(lab.get(i), chosenLab[k]) / (NEIGHBOUR_WEIGHT * NEIGHBOUR_WEIGHT));
                }
                if (distance > farthest) {
                    farthest = distance;
                    best = i;
                }
            }
            chosen[n] = candidates.get(best);
            chosenLab[n] = lab.get(best);
            for (int i = 0; i < nearest.length; i++) {
                nearest[i] = Math.min(nearest[i], squaredDistance(lab.get(i), chosenLab[n]));
            }
        }
        return chosen;
    }

    static double squaredDistance(double[] a, double[] b) {
        double l = a[0] - b[0];
        double m = a[1] - b[1];
        double n = a[2] - b[2];
        return l * l + m * m + n * n;
    }

    /** CIE Lab (D65) of an sRGB colour: IEC 61966-2-1 and CIE 15; StrictMath, so that palettes agree everywhere. */
    static double[] lab(int rgb) {
        double r = linear(rgb >> 16 & 0xff);
        double g = linear(rgb >> 8 & 0xff);
        double b = linear(rgb & 0xff);
        double x = curve((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
        double y = curve(0.2126729 * r + 0.7151522 * g + 0.0721750 * b);
        double z = curve((0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883);
        return new double[] {116 * y - 16, 500 * (x - y), 200 * (y - z)};
    }

    private static double linear(int value) {
        double v = value / 255.0;
        return v <= 0.04045 ? v / 12.92 : StrictMath.pow((v + 0.055) / 1.055, 2.4);
    }

    private static double curve(double t) {
        return t > 216.0 / 24389 ? StrictMath.cbrt(t) : (24389.0 / 27 * t + 16) / 116;
    }
}
