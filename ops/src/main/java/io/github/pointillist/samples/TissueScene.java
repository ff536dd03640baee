// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

/**
 * What simulated tissue looks like: how it was stained and photographed, and how much fat it has. Sections of different
 * laboratories differ in all of these.
 *
 * @param magnification pixels for half a micrometre, 0.4 to 4
 * @param staining strength of both stains, 0.3 to 2
 * @param balance haematoxylin over eosin, 0.5 to 2
 * @param haematoxylinHue -0.5 (bluer) to 1 (brownish)
 * @param eosinHue -0.5 (bluer) to 1 (orange)
 * @param warmth loss of blue in the lamp's light, -0.1 to 0.3
 * @param fat more of it above 0, less below, -0.6 to 0.6
 * @param blurSigmaPx standard deviation of the point spread function, 0 to 6
 * @param noise of the camera, 1 for a usual one, 0 to 6
 */
public record TissueScene(
        double magnification,
        double staining,
        double balance,
        double haematoxylinHue,
        double eosinHue,
        double warmth,
        double fat,
        double blurSigmaPx,
        double noise) {
    /** A well stained section, sharp, at half a micrometre a pixel. */
    public static final TissueScene DEFAULT = new TissueScene(1, 1, 1, 0, 0, 0, 0, 0.75, 1);

    /** Checks the ranges. */
    public TissueScene {
        NucleiScene.check("magnification", magnification, 0.4, 4);
        NucleiScene.check("staining", staining, 0.3, 2);
        NucleiScene.check("balance", balance, 0.5, 2);
        NucleiScene.check("haematoxylinHue", haematoxylinHue, -0.5, 1);
        NucleiScene.check("eosinHue", eosinHue, -0.5, 1);
        NucleiScene.check("warmth", warmth, -0.1, 0.3);
        NucleiScene.check("fat", fat, -0.6, 0.6);
        NucleiScene.check("blurSigmaPx", blurSigmaPx, 0, 6);
        NucleiScene.check("noise", noise, 0, 6);
    }

    /** A scene drawn at random, each value on its own: magnifications of 0.6 to 1.8, pale to dark, sharp to soft. */
    public static TissueScene random(long seed) {
        SampleRandom random = new SampleRandom(seed ^ 0x746973737565L);
        double magnification = StrictMath.exp(random.between(-0.5, 0.6));
        return new TissueScene(
                magnification,
                StrictMath.exp(random.between(-0.6, 0.35)),
                StrictMath.exp(random.between(-0.35, 0.35)),
                random.between(-0.4, 0.6),
                random.between(-0.4, 0.6),
                random.between(-0.05, 0.15),
                random.between(-0.15, 0.25),
                magnification * random.between(0.6, 1.6),
                StrictMath.exp(random.between(-0.7, 1.1)));
    }
}
