// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

/**
 * Where each pixel of a patch lies in its image: rotated, sheared, flipped, scaled and smoothly displaced, all in one, so
 * that the image is interpolated once. Positions count from the centre of pixel (0, 0) of the image.
 *
 * @param side of the patch in pixels
 * @param originX whole part of the positions, kept apart so that floats stay exact in large images
 * @param x (side, side), from {@code originX}
 * @param y (side, side), from {@code originY}
 * @param shrink image pixels per patch pixel, the square root of the area's ratio
 */
@SuppressWarnings("ArrayRecordComponent")
record Placement(int side, int originX, int originY, float[] x, float[] y, double shrink) {
    /**
     * Places a patch.
     *
     * @param left image position of the patch's left border if nothing turns or scales it; its pixels then begin at the
     *     image pixel {@code left} (at {@code scale} 1)
     * @param scale patch pixels per image pixel before the random scale
     */
    static Placement of(int side, int left, int top, double scale, Augmentation.Warp warp, Draws draws) {
        double zoom = scale * draws.factor(warp.scale());
        double angle = StrictMath.toRadians(draws.around(warp.rotationDegrees()));
        double shear = draws.around(warp.shear());
        boolean flipX = draws.chance(0.5) && warp.flips();
        boolean flipY = draws.chance(0.5) && warp.flips();
        double cos = StrictMath.cos(angle);
        double sin = StrictMath.sin(angle);
        double signX = flipX ? -1 : 1;
        double signY = flipY ? -1 : 1;
        // image = rotation * shear * flip * patch / zoom
        double xx = cos * signX / zoom;
        double xy = (cos * shear - sin) * signY / zoom;
        double yx = sin * signX / zoom;
        double yy = (sin * shear + cos) * signY / zoom;
        double half = (side - 1) / 2.0;
        double centreX = (half + 0.5) / scale - 0.5 + left;
        double centreY = (half + 0.5) / scale - 0.5 + top;
        int originX = (int) Math.floor(centreX);
        int originY = (int) Math.floor(centreY);
        float[] elasticX = null;
        float[] elasticY = null;
        if (warp.elasticPx() > 0) {
            double deviation = warp.elasticPx() * draws.uniform();
            elasticX = SmoothField.draw(side, side, deviation, warp.elasticGrainPx(), draws);
            elasticY = SmoothField.draw(side, side, deviation, warp.elasticGrainPx(), draws);
        }
        float[] x = new float[side * side];
        float[] y = new float[side * side];
        for (int row = 0, i = 0; row < side; row++) {
            for (int column = 0; column < side; column++, i++) {
                double dx = column - half;
                double dy = row - half;
                if (elasticX != null) {
                    dx += elasticX[i];
                    dy += elasticY[i];
                }
                x[i] = (float) (centreX - originX + xx * dx + xy * dy);
                y[i] = (float) (centreY - originY + yx * dx + yy * dy);
            }
        }
        return new Placement(side, originX, originY, x, y, 1 / zoom);
    }
}
