// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.image;

import ai.djl.ndarray.NDArray;
import io.github.pointillist.tensor.Arena;

/**
 * What a model wants to be given, and how a picture gets there.
 *
 * @param shortSidePx the shorter side is resized to this, the longer in proportion (rounded down), and the centre cut
 *     out; 0 resizes to width x height at once and gives up the aspect ratio
 * @param widthPx width of the model's input
 * @param heightPx height of the model's input
 * @param interpolation whose resizing
 * @param normalisation per channel
 */
public record ModelInput(
        int shortSidePx, int widthPx, int heightPx, Interpolation interpolation, Normalisation normalisation) {
    private static final int LARGEST_SIDE = 4096;

    /** Checks the sizes. */
    public ModelInput {
        if (Math.max(shortSidePx, Math.max(widthPx, heightPx)) > LARGEST_SIDE) {
            throw new IllegalArgumentException("model input of " + widthPx + " x " + heightPx
                    + " pixels from a short side of " + shortSidePx + "; allowed are sides up to " + LARGEST_SIDE);
        }
        if (widthPx < 1 || heightPx < 1 || (shortSidePx != 0 && shortSidePx < Math.max(widthPx, heightPx))) {
            throw new IllegalArgumentException("model input of " + widthPx + " x " + heightPx
                    + " pixels from a short side of " + shortSidePx
                    + "; sides must be at least 1, the short side 0 or at least the longer of them");
        }
    }

    /** Resized to the model's size, whatever the aspect ratio. */
    public static ModelInput squashed(
            int widthPx, int heightPx, Interpolation interpolation, Normalisation normalisation) {
        return new ModelInput(0, widthPx, heightPx, interpolation, normalisation);
    }

    /**
     * The centre of the picture, as timm evaluates classifiers.
     *
     * @param sizePx side of the square input
     * @param cropFraction the share of the short side that the square covers, above 0, at most 1
     */
    public static ModelInput centred(
            int sizePx, double cropFraction, Interpolation interpolation, Normalisation normalisation) {
        if (!(cropFraction > 0 && cropFraction <= 1)) {
            throw new IllegalArgumentException("crop fraction is " + cropFraction + "; allowed is above 0, at most 1");
        }
        return new ModelInput((int) (sizePx / cropFraction), sizePx, sizePx, interpolation, normalisation);
    }

    /** Resizes and crops an 8-bit picture; channels stay. */
    public Raster8 fit(Raster8 picture) {
        int width = resizedWidth(picture.width(), picture.height());
        int height = resizedHeight(picture.width(), picture.height());
        Raster8 resized = Resize.resize(picture, width, height, interpolation);
        return resized.crop(offset(width, widthPx), offset(height, heightPx), widthPx, heightPx);
    }

    /** Resizes and crops a picture of floats; channels stay. */
    public RasterF fit(RasterF picture) {
        int width = resizedWidth(picture.width(), picture.height());
        int height = resizedHeight(picture.width(), picture.height());
        RasterF resized = Resize.resize(picture, width, height, interpolation);
        return resized.crop(offset(width, widthPx), offset(height, heightPx), widthPx, heightPx);
    }

    /**
     * Resizes, crops and normalises.
     *
     * @param picture RGB, or grey, which is repeated
     * @return float32 (1, C, H, W) in {@code arena}
     */
    public NDArray tensor(Raster8 picture, Arena arena) {
        return arena.array(normalisation.apply(fit(picture)), 1, normalisation.channels(), heightPx, widthPx);
    }

    /** The same for a picture of floats from 0 to 255 (see {@link IntensityRange}). */
    public NDArray tensor(RasterF picture, Arena arena) {
        return arena.array(normalisation.apply(fit(picture)), 1, normalisation.channels(), heightPx, widthPx);
    }

    private int resizedWidth(int width, int height) {
        if (shortSidePx == 0) {
            return widthPx;
        }
        return width <= height ? shortSidePx : inProportion(width, height);
    }

    private int resizedHeight(int width, int height) {
        if (shortSidePx == 0) {
            return heightPx;
        }
        return height <= width ? shortSidePx : inProportion(height, width);
    }

    private int inProportion(int longSide, int shortSide) {
        return Math.toIntExact((long) shortSidePx * longSide / shortSide);
    }

    /** Python's round: halves to even. */
    private static int offset(int side, int cropped) {
        return (int) Math.rint((side - cropped) / 2.0);
    }
}
