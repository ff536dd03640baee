// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

/**
 * What simulated nuclei look like, from the cells to the file. Brightness is in units of a typical nucleus, lengths are
 * in pixels or in units of the mean diameter, shares are 0 to 1.
 *
 * @param diameterPx mean diameter of a nucleus (of the disc of the same area), 4 to 200
 * @param sizeSpread standard deviation of the diameters over their mean, 0 to 0.6
 * @param pixelSizeUm side of a pixel in µm, above 0; written to the image, changes no pixel
 */
public record NucleiScene(
        double diameterPx,
        double sizeSpread,
        Shape shape,
        Layout layout,
        Look look,
        Events events,
        Surroundings surroundings,
        Optics optics,
        Detector detector,
        double pixelSizeUm) {

    /**
     * Outlines.
     *
     * @param elongation mean ratio of the long to the short axis, 1 to 4
     * @param elongationSpread of the logarithm of (ratio - 1), 0 to 1
     * @param bend up to how far the ends of the long axis are off it, in half short axes, 0 to 1.5: beans and kidneys
     * @param lobes strength of two to four lobes, 0 to 0.4
     * @param roughness strength of smaller irregularities, 0 to 0.3
     */
    public record Shape(double elongation, double elongationSpread, double bend, double lobes, double roughness) {
        /** Checks the ranges. */
        public Shape {
            check("elongation", elongation, 1, 4);
            check("elongationSpread", elongationSpread, 0, 1);
            check("bend", bend, 0, 1.5);
            check("lobes", lobes, 0, 0.4);
            check("roughness", roughness, 0, 0.3);
        }
    }

    /**
     * Where nuclei lie.
     *
     * @param coverage share of the area that nuclei are to cover, 0 to 0.9; what finds no place is left out
     * @param touching share placed against another one
     * @param overlap how deep two that touch may overlap, in units of the distance at which they would just touch, 0 to
     *     0.5
     * @param pressed share of overlaps in which the two deform and meet at a seam; in the others light adds up and the
     *     later one is the upper one
     * @param patchiness 0 for nuclei everywhere to 1 for dense patches in an empty field
     * @param alignment 0 for all directions to 1 for one common direction
     */
    public record Layout(
            double coverage, double touching, double overlap, double pressed, double patchiness, double alignment) {
        /** Checks the ranges. */
        public Layout {
            check("coverage", coverage, 0, 0.9);
            check("touching", touching, 0, 1);
            check("overlap", overlap, 0, 0.5);
            check("pressed", pressed, 0, 1);
            check("patchiness", patchiness, 0, 1);
            check("alignment", alignment, 0, 1);
        }
    }

    /**
     * Light of nuclei.
     *
     * @param brightnessSpread standard deviation of the logarithm of their brightness, 0 to 1.2
     * @param flatness 1 for flat discs to 0 for domes that thin out to the rim
     * @param grain standard deviation of the chromatin's texture, 0 to 0.6
     * @param nucleoli mean number of dark holes, 0 to 6
     * @param chromocentres mean number of bright specks, 0 to 20
     * @param rim brightness of the rim over the middle, less 1; -0.6 to 0.8
     * @param gradient up to how much a side is brighter than the middle, 0 to 0.6
     */
    public record Look(
            double brightnessSpread,
            double flatness,
            double grain,
            double nucleoli,
            double chromocentres,
            double rim,
            double gradient) {
        /** Checks the ranges. */
        public Look {
            check("brightnessSpread", brightnessSpread, 0, 1.2);
            check("flatness", flatness, 0, 1);
            check("grain", grain, 0, 0.6);
            check("nucleoli", nucleoli, 0, 6);
            check("chromocentres", chromocentres, 0, 20);
            check("rim", rim, -0.6, 0.8);
            check("gradient", gradient, 0, 0.6);
        }
    }

    /**
     * What happens to nuclei. All of these have labels as far as they can be seen.
     *
     * @param mitoses share that divides: metaphase plates (one label), anaphase pairs (two labels from a gap of two
     *     pixels and an eighth of a diameter on, else one), telophase pairs (two labels)
     * @param apoptoses share that is condensed and bright or has fallen into bright bodies, each with its label
     * @param micronuclei compact bodies beside nuclei, 0.15 to 0.4 diameters, for each nucleus; 0 to 1
     * @param specks faint compact bodies anywhere, 0.04 to 0.35 diameters, for each nucleus; 0 to 1
     * @param outOfFocus share of nuclei that is blurred more than the others
     */
    public record Events(double mitoses, double apoptoses, double micronuclei, double specks, double outOfFocus) {
        /** Checks the ranges. */
        public Events {
            check("mitoses", mitoses, 0, 1);
            check("apoptoses", apoptoses, 0, 1);
            check("micronuclei", micronuclei, 0, 1);
            check("specks", specks, 0, 1);
            check("outOfFocus", outOfFocus, 0, 1);
        }
    }

    /**
     * What shines but is no nucleus. None of it has labels.
     *
     * @param background brightness of the empty field, 0 to 3
     * @param unevenness relative swing of the background, 0 to 1
     * @param cytoplasm brightness of cell bodies around nuclei, 0 to 0.6
     * @param processes faint threads that leave a cell, mean number, 0 to 4
     * @param threads long faint fibres for 10 nuclei, 0 to 3
     * @param ghosts nuclei far out of focus, for each nucleus, 0 to 1
     * @param haze brightness of wide clouds, 0 to 1
     * @param debris splinters and blurred shreds for each nucleus, 0 to 1
     */
    public record Surroundings(
            double background,
            double unevenness,
            double cytoplasm,
            double processes,
            double threads,
            double ghosts,
            double haze,
            double debris) {
        /** Checks the ranges. */
        public Surroundings {
            check("background", background, 0, 3);
            check("unevenness", unevenness, 0, 1);
            check("cytoplasm", cytoplasm, 0, 0.6);
            check("processes", processes, 0, 4);
            check("threads", threads, 0, 3);
            check("ghosts", ghosts, 0, 1);
            check("haze", haze, 0, 1);
            check("debris", debris, 0, 1);
        }
    }

    /**
     * The microscope.
     *
     * @param blurSigmaPx standard deviation of the core of the point spread function, 0 (none) to 20
     * @param halo share of light that falls into a halo as wide as half a nucleus, 0 to 0.6
     * @param vignette loss of light in the corners, 0 to 0.9
     * @param tilt swing of the illumination from side to side, 0 to 0.8
     */
    public record Optics(double blurSigmaPx, double halo, double vignette, double tilt) {
        /** Checks the ranges. */
        public Optics {
            check("blurSigmaPx", blurSigmaPx, 0, 20);
            check("halo", halo, 0, 0.6);
            check("vignette", vignette, 0, 0.9);
            check("tilt", tilt, 0, 0.8);
        }
    }

    /**
     * Camera and file. A typical nucleus gives {@code photons} on a pixel and lies {@code exposure} of the full range
     * above the offset.
     *
     * @param photons 1 to 1000000; fewer are noisier
     * @param readNoise standard deviation in photons, 0 to 200
     * @param bits 8, 12 or 16
     * @param offset value without light as a share of the full range, 0 to 0.5
     * @param exposure 0.0001 to 3; what exceeds the range is cut off
     * @param gamma values are raised to this power, 0.4 to 2.5
     * @param pixelation size of the camera's pixels in pixels of the image, which is enlarged from them, 1 to 4
     * @param smoothingSigmaPx blur after the camera, 0 to 2: noise becomes blotchy
     * @param hotPixels share of pixels that are much too bright, 0 to 0.01
     * @param compression step of JPEG-like rounding in values of 8 bits, 0 (none) to 40
     * @param inverted dark objects on a bright ground
     */
    public record Detector(
            double photons,
            double readNoise,
            int bits,
            double offset,
            double exposure,
            double gamma,
            double pixelation,
            double smoothingSigmaPx,
            double hotPixels,
            double compression,
            boolean inverted) {
        /** Checks the ranges. */
        public Detector {
            check("photons", photons, 1, 1e6);
            check("readNoise", readNoise, 0, 200);
            if (bits != 8 && bits != 12 && bits != 16) {
                throw new IllegalArgumentException("bits is " + bits + "; allowed are 8, 12 and 16");
            }
            check("offset", offset, 0, 0.5);
            check("exposure", exposure, 0.0001, 3);
            check("gamma", gamma, 0.4, 2.5);
            check("pixelation", pixelation, 1, 4);
            check("smoothingSigmaPx", smoothingSigmaPx, 0, 2);
            check("hotPixels", hotPixels, 0, 0.01);
            check("compression", compression, 0, 40);
        }

        /** Largest value of the file. */
        int full() {
            return (1 << bits) - 1;
        }
    }

    /** Cultured cells under a 20x objective: what most images look like. */
    public static final NucleiScene DEFAULT = new NucleiScene(
            32,
            0.17,
            new Shape(1.3, 0.5, 0.3, 0.05, 0.05),
            new Layout(0.16, 0.3, 0.12, 0.4, 0.2, 0),
            new Look(0.3, 0.6, 0.14, 2, 2, 0, 0.15),
            new Events(0.03, 0.02, 0.05, 0.03, 0.05),
            new Surroundings(0.06, 0.3, 0.03, 0.2, 0.1, 0.05, 0.02, 0.06),
            new Optics(1.2, 0.12, 0.2, 0.1),
            new Detector(350, 2, 16, 0.0015, 0.012, 1, 1, 0, 0, 0, false),
            0.325);

    /** A confluent field: nearly all touch, many overlap. */
    public static final NucleiScene DENSE = DEFAULT.withDiameterPx(22)
            .withLayout(new Layout(0.55, 0.85, 0.18, 0.6, 0.1, 0.2))
            .withLook(new Look(0.35, 0.5, 0.15, 2, 2, 0, 0.2));

    /** Few photons over a bright background. */
    public static final NucleiScene DIM =
            DEFAULT.withPhotons(14).withSurroundings(new Surroundings(0.8, 0.3, 0.08, 0.2, 0.1, 0.1, 0.1, 0.06));

    /** A few isolated nuclei in an empty field. */
    public static final NucleiScene SPARSE =
            DEFAULT.withLayout(new Layout(0.05, 0.08, 0.1, 0.4, 0, 0)).withDiameterPx(24);

    /** Radius in pixels of the smallest outline that people draw around a point of light: no compact body has a smaller one. */
    public static final double SMALLEST_OUTLINE_PX = 2.3;

    /** A thick section of tissue: nuclei of all directions and depths over the blur of others. */
    public static final NucleiScene TISSUE = new NucleiScene(
            20,
            0.24,
            new Shape(1.5, 0.6, 0.5, 0.08, 0.08),
            new Layout(0.5, 0.7, 0.25, 0.5, 0.3, 0.5),
            new Look(0.45, 0.4, 0.2, 1, 3, 0.05, 0.25),
            new Events(0.01, 0.02, 0.02, 0.02, 0.35),
            new Surroundings(0.25, 0.5, 0.08, 0.1, 0.3, 0.5, 0.25, 0.04),
            new Optics(1.3, 0.3, 0.2, 0.2),
            new Detector(120, 2, 8, 0.02, 0.4, 1, 1, 0, 0, 0, false),
            0.5);

    /** Checks the ranges. */
    public NucleiScene {
        check("diameterPx", diameterPx, 4, 200);
        check("sizeSpread", sizeSpread, 0, 0.6);
        if (!(pixelSizeUm > 0 && Double.isFinite(pixelSizeUm))) {
            throw new IllegalArgumentException("pixelSizeUm is " + pixelSizeUm + "; allowed is above 0");
        }
    }

    static void check(String what, double value, double least, double most) {
        if (!(value >= least && value <= most)) {
            throw new IllegalArgumentException(what + " is " + value + "; allowed is " + least + " to " + most);
        }
    }

    /**
     * A scene drawn at random, with a mean diameter of 6 to 80 pixels, small ones more often than large ones. What is
     * drawn how is told at {@link #random(long, double)}.
     */
    public static NucleiScene random(long seed) {
        return RandomScenes.scene(seed, 0);
    }

    /**
     * A scene drawn at random: first a kind of image (cultures from sparse to confluent, elongated cells, colonies,
     * sections of tissue, cells with bright bodies and processes, noisy and dim fields, large clean nuclei), then
     * everything around what is usual for that kind. The camera is drawn apart from the cells: 3 to 20000 photons, 8 to
     * 16 bits, exposures from a few grey levels to saturation.
     *
     * @param seed any; the same one gives the same scene
     * @param diameterPx mean diameter, 4 to 200
     */
    public static NucleiScene random(long seed, double diameterPx) {
        check("diameterPx", diameterPx, 4, 200);
        return RandomScenes.scene(seed, diameterPx);
    }

    /** The same with nuclei of another size. */
    public NucleiScene withDiameterPx(double px) {
        return new NucleiScene(
                px, sizeSpread, shape, layout, look, events, surroundings, optics, detector, pixelSizeUm);
    }

    /** The same with sizes spread differently. */
    public NucleiScene withSizeSpread(double spread) {
        return new NucleiScene(
                diameterPx, spread, shape, layout, look, events, surroundings, optics, detector, pixelSizeUm);
    }

    /** The same with other outlines. */
    public NucleiScene withShape(Shape other) {
        return new NucleiScene(
                diameterPx, sizeSpread, other, layout, look, events, surroundings, optics, detector, pixelSizeUm);
    }

    /** The same, laid out differently. */
    public NucleiScene withLayout(Layout other) {
        return new NucleiScene(
                diameterPx, sizeSpread, shape, other, look, events, surroundings, optics, detector, pixelSizeUm);
    }

    /** The same with nuclei of another look. */
    public NucleiScene withLook(Look other) {
        return new NucleiScene(
                diameterPx, sizeSpread, shape, layout, other, events, surroundings, optics, detector, pixelSizeUm);
    }

    /** The same with other events. */
    public NucleiScene withEvents(Events other) {
        return new NucleiScene(
                diameterPx, sizeSpread, shape, layout, look, other, surroundings, optics, detector, pixelSizeUm);
    }

    /** The same in other surroundings. */
    public NucleiScene withSurroundings(Surroundings other) {
        return new NucleiScene(
                diameterPx, sizeSpread, shape, layout, look, events, other, optics, detector, pixelSizeUm);
    }

    /** The same under another microscope. */
    public NucleiScene withOptics(Optics other) {
        return new NucleiScene(
                diameterPx, sizeSpread, shape, layout, look, events, surroundings, other, detector, pixelSizeUm);
    }

    /** The same with another camera. */
    public NucleiScene withDetector(Detector other) {
        return new NucleiScene(
                diameterPx, sizeSpread, shape, layout, look, events, surroundings, optics, other, pixelSizeUm);
    }

    /** The same with another coverage. */
    public NucleiScene withCoverage(double coverage) {
        return withLayout(new Layout(
                coverage, layout.touching, layout.overlap, layout.pressed, layout.patchiness, layout.alignment));
    }

    /** The same with more or less light. */
    public NucleiScene withPhotons(double photons) {
        Detector d = detector;
        return withDetector(new Detector(
                photons,
                d.readNoise,
                d.bits,
                d.offset,
                d.exposure,
                d.gamma,
                d.pixelation,
                d.smoothingSigmaPx,
                d.hotPixels,
                d.compression,
                d.inverted));
    }

    /** The same, dark on bright or bright on dark. */
    public NucleiScene withInverted(boolean inverted) {
        Detector d = detector;
        return withDetector(new Detector(
                d.photons,
                d.readNoise,
                d.bits,
                d.offset,
                d.exposure,
                d.gamma,
                d.pixelation,
                d.smoothingSigmaPx,
                d.hotPixels,
                d.compression,
                inverted));
    }
}
