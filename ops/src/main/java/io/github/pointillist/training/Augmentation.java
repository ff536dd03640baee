// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import java.util.List;
import java.util.Locale;

/**
 * How strongly training patches are varied. Each is drawn anew for every patch, from the seed of the source; a strength of
 * 0 (a factor of 1) leaves the pixels untouched to the bit.
 *
 * @param warp what happens to shapes, in image and labels alike
 * @param light what happens to brightness
 * @param camera what happens to sharpness and noise
 * @param colour what happens to the colours of RGB images
 * @param cutout share of patches of which a rectangle (an eighth to three eighths of each side) is blanked with the
 *     patch's mean colour and not annotated, 0 to 1
 */
public record Augmentation(Warp warp, Light light, Camera camera, Colour colour, double cutout) {
    /** Patches as they lie in the image. */
    public static final Augmentation NONE = new Augmentation(Warp.NONE, Light.NONE, Camera.NONE, Colour.NONE, 0);

    /** Flips, quarter turns at any angle, little else: for many annotated images of one microscope. */
    public static final Augmentation LIGHT = new Augmentation(
            new Warp(1.1, 180, true, 0.03, 0, 32),
            new Light(0.5, 0.05, 1.1, 5, 1.1, 0, 0.05),
            new Camera(0.5, 0, 3, 0, 0.5, 0.3, 0),
            new Colour(0.04, 0.04),
            0);

    /** What differs between microscopes, stains and samples: for few images, and for models that shall work on others'. */
    public static final Augmentation MICROSCOPY = new Augmentation(
            new Warp(1.35, 180, true, 0.08, 1.6, 28),
            new Light(0.6, 0.2, 1.35, 14, 1.5, 0, 0.25),
            new Camera(0.5, 14, 9, 0.0006, 1.3, 0.8, 0.4),
            new Colour(0.1, 0.15),
            0);

    /** The kinds that have a name, for menus and the command line. */
    public static final List<String> NAMES = List.of("none", "light", "microscopy");

    /** Checks the ranges. */
    public Augmentation {
        if (warp == null || light == null || camera == null || colour == null) {
            throw new IllegalArgumentException("the augmentation lacks warp, light, camera or colour; give all four");
        }
        Range.check("cutout", cutout, 0, 1);
    }

    /**
     * The one of a name.
     *
     * @throws IllegalArgumentException if {@link #NAMES} does not hold it
     */
    public static Augmentation named(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "none" -> NONE;
            case "light" -> LIGHT;
            case "microscopy" -> MICROSCOPY;
            default ->
                throw new IllegalArgumentException(
                        "augmentation is " + name + "; allowed are " + String.join(", ", NAMES));
        };
    }

    /** The same with a share of patches in which bright and dark change places, 0 to 1. */
    public Augmentation withInversion(double share) {
        return new Augmentation(warp, light.withInversion(share), camera, colour, cutout);
    }

    /** Apart from the augmentations with a name, which the records below must not wait for. */
    private static final class Range {
        static void check(String what, double value, double least, double most) {
            if (!(value >= least && value <= most)) {
                throw new IllegalArgumentException(
                        "augmentation: " + what + " is " + value + "; allowed is " + least + " to " + most);
            }
        }
    }

    /**
     * Geometry.
     *
     * @param scale largest factor of size, log-uniform from 1 / scale to scale; 1 to 4
     * @param rotationDegrees largest angle either way, 0 to 180
     * @param flips whether half of the patches are mirrored
     * @param shear largest tangent of the shear either way, 0 to 0.5
     * @param elasticPx standard deviation of a smooth random displacement in pixels of the patch, 0 to a quarter of the
     *     grain, so that nothing folds over
     * @param elasticGrainPx distance of its control points, 4 or more
     */
    public record Warp(
            double scale,
            double rotationDegrees,
            boolean flips,
            double shear,
            double elasticPx,
            double elasticGrainPx) {
        /** No change. */
        public static final Warp NONE = new Warp(1, 0, false, 0, 0, 32);

        /** Checks the ranges. */
        public Warp {
            Range.check("scale", scale, 1, 4);
            Range.check("rotationDegrees", rotationDegrees, 0, 180);
            Range.check("shear", shear, 0, 0.5);
            Range.check("elasticGrainPx", elasticGrainPx, 4, 1e6);
            Range.check("elasticPx", elasticPx, 0, elasticGrainPx / 4);
        }
    }

    /**
     * Brightness. Each of these but the inversion happens to a share of the patches, independently.
     *
     * @param share of patches that each of these changes, 0 to 1
     * @param range how far black and white move from the image's percentiles, as a share of their distance, 0 to 0.5;
     *     the raw intensities beyond the percentiles come into sight
     * @param gain largest factor, log-uniform from 1 / gain to gain; 1 to 4
     * @param offset largest addition either way, of 255; 0 to 128
     * @param gamma largest exponent, log-uniform from 1 / gamma to gamma; 1 to 4
     * @param inversion share of patches in which bright and dark change places, 0 to 1
     * @param illumination largest change by uneven illumination, as a share of the intensity; 0 to 0.8
     */
    public record Light(
            double share,
            double range,
            double gain,
            double offset,
            double gamma,
            double inversion,
            double illumination) {
        /** No change. */
        public static final Light NONE = new Light(0, 0, 1, 0, 1, 0, 0);

        /** Checks the ranges. */
        public Light {
            Range.check("share of patches with other light", share, 0, 1);
            Range.check("range", range, 0, 0.5);
            Range.check("gain", gain, 1, 4);
            Range.check("offset", offset, 0, 128);
            Range.check("gamma", gamma, 1, 4);
            Range.check("inversion", inversion, 0, 1);
            Range.check("illumination", illumination, 0, 0.8);
        }

        Light withInversion(double other) {
            return new Light(share, range, gain, offset, gamma, other, illumination);
        }
    }

    /**
     * Sharpness and noise. Each of these happens to a share of the patches, independently, but that a patch is either
     * blurred or sharpened.
     *
     * @param share of patches that each of these changes, 0 to 1
     * @param shotNoise largest standard deviation at white of noise whose variance grows with the intensity, of 255; 0 to 128
     * @param readNoise largest standard deviation of noise that is the same everywhere, of 255; 0 to 128
     * @param hotPixels largest share of pixels that are far too bright or dark, 0 to 0.1
     * @param blurPx largest standard deviation of a Gaussian blur, 0 to 8
     * @param sharpen largest strength of an unsharp mask, 0 to 3
     * @param jpeg how strong the traces of JPEG compression get: 0 none, 1 those of quality 10
     */
    public record Camera(
            double share,
            double shotNoise,
            double readNoise,
            double hotPixels,
            double blurPx,
            double sharpen,
            double jpeg) {
        /** No change. */
        public static final Camera NONE = new Camera(0, 0, 0, 0, 0, 0, 0);

        /** Checks the ranges. */
        public Camera {
            Range.check("share of patches with another camera", share, 0, 1);
            Range.check("shotNoise", shotNoise, 0, 128);
            Range.check("readNoise", readNoise, 0, 128);
            Range.check("hotPixels", hotPixels, 0, 0.1);
            Range.check("blurPx", blurPx, 0, 8);
            Range.check("sharpen", sharpen, 0, 3);
            Range.check("jpeg", jpeg, 0, 1);
        }
    }

    /**
     * Colours of RGB images; grey ones have none.
     *
     * @param jitter brightness, contrast and saturation change by up to this share, the hue by up to this share of a turn
     *     divided by four; 0 to 0.5
     * @param stain the amounts of haematoxylin, eosin and DAB change by up to this share, in optical density; 0 to 0.5
     */
    public record Colour(double jitter, double stain) {
        /** No change. */
        public static final Colour NONE = new Colour(0, 0);

        /** Checks the ranges. */
        public Colour {
            Range.check("colour jitter", jitter, 0, 0.5);
            Range.check("stain", stain, 0, 0.5);
        }
    }
}
