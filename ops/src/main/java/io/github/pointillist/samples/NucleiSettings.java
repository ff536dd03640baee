// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

/**
 * How simulated nuclei look.
 *
 * @param coverage share of the area under nuclei, above 0, at most 0.8
 * @param diameterPx mean diameter of a nucleus, at least 4
 * @param touching share of nuclei placed against another, of which some overlap it, 0 to 1
 * @param blurSigmaPx standard deviation of the point spread function, above 0
 * @param photons of a pixel inside a typical nucleus, above 0; fewer are noisier
 * @param pixelSizeUm side of a pixel
 */
public record NucleiSettings(
        double coverage, double diameterPx, double touching, double blurSigmaPx, double photons, double pixelSizeUm) {
    /** Cultured cells, 20x objective: a quarter of the nuclei touch. */
    public static final NucleiSettings CULTURE = new NucleiSettings(0.16, 32, 0.3, 1.3, 350, 0.325);

    /** A crowded, dim field: many touch and overlap. */
    public static final NucleiSettings CROWDED = new NucleiSettings(0.45, 26, 0.65, 1.6, 120, 0.325);

    /** Checks the ranges. */
    public NucleiSettings {
        check("coverage", coverage, coverage > 0 && coverage <= 0.8, "above 0, at most 0.8");
        check("diameterPx", diameterPx, diameterPx >= 4 && diameterPx <= 1000, "4 to 1000");
        check("touching", touching, touching >= 0 && touching <= 1, "0 to 1");
        check("blurSigmaPx", blurSigmaPx, blurSigmaPx > 0 && blurSigmaPx <= 50, "above 0, at most 50");
        check("photons", photons, photons > 0 && photons <= 10_000, "above 0, at most 10000");
        check("pixelSizeUm", pixelSizeUm, pixelSizeUm > 0 && Double.isFinite(pixelSizeUm), "above 0");
    }

    private static void check(String what, double value, boolean ok, String allowed) {
        if (!ok) {
            throw new IllegalArgumentException(what + " is " + value + "; allowed is " + allowed);
        }
    }
}
