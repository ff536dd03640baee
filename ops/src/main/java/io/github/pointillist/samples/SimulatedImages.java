// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

/**
 * Simulated microscope images with exact ground truth, of any size from 1 x 1 pixel. The same size, seed and settings
 * give the same bits everywhere.
 */
public final class SimulatedImages {
    private SimulatedImages() {}

    /** Nuclei of cultured cells: {@link NucleiScene#DEFAULT}. */
    public static Sample nuclei(int width, int height, long seed) {
        return nuclei(width, height, seed, NucleiScene.DEFAULT);
    }

    /**
     * Nuclei as a scene describes them, with exact labels: 16-bit values (those of an 8-bit or 12-bit file where the
     * scene's detector has fewer bits). Labels are the outlines before the blur, which is where the light falls to half.
     * Where objects overlap, the upper one has the pixel or the two meet at a seam; each label is one piece connected by
     * sides. Objects hidden to more than 70 %, of fewer than 4 pixels or lost in noise have none; those at the border
     * are labelled as far as they are in the image.
     *
     * @param width in pixels, at least 1
     * @param height in pixels, at least 1
     * @param seed any; the same seed and scene give the same pixels on every machine
     * @param scene for example {@link NucleiScene#random}
     */
    public static Sample nuclei(int width, int height, long seed, NucleiScene scene) {
        return SceneNuclei.simulate(width, height, seed, scene);
    }

    /**
     * A tissue section stained with haematoxylin and eosin, RGB: glands of dense epithelium around pale lumens, fat
     * cells, and fibrous stroma with spindle-shaped nuclei between them. Staining varies with the seed and across the
     * image; optical blur and camera noise. Every pixel belongs to a region: a gland's epithelium, a lumen, a fat cell
     * or a connected part of the stroma, each of at least 40 pixels where the image has room.
     *
     * @param width in pixels, at least 1
     * @param height in pixels, at least 1
     * @param seed any
     */
    public static TissueSample tissue(int width, int height, long seed) {
        return tissue(width, height, seed, TissueScene.DEFAULT);
    }

    /** Tissue as the other method of this name makes it, of another magnification, stain, share of fat and camera. */
    public static TissueSample tissue(int width, int height, long seed, TissueScene scene) {
        return Tissue.simulate(width, height, seed, scene);
    }

    /**
     * Tissue as the other methods make it, and on it things of four shapes, with exact labels and classes: dark round cells,
     * bent rods, rings that are pale inside, and angular crystals. Things may touch and cover each other a little; those of
     * fewer than 12 visible pixels have no label.
     *
     * @param width in pixels, at least 1
     * @param height in pixels, at least 1
     * @param seed any; the same seed and scene give the same pixels on every machine
     */
    public static InclusionSample inclusions(int width, int height, long seed, TissueScene scene) {
        return Inclusions.simulate(width, height, seed, scene);
    }

    /**
     * Diffraction-limited spots of varying brightness over autofluorescent cells, 16 bit: Gaussian point spread
     * function of 1.35 pixels, Poisson and read noise on an offset of 100. No two spots are closer than 3 pixels; some
     * are lost in the noise.
     *
     * @param width in pixels, at least 1
     * @param height in pixels, at least 1
     * @param seed any
     */
    public static SpotsSample spots(int width, int height, long seed) {
        return Spots.simulate(width, height, seed);
    }
}
