// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import io.github.pointillist.catalog.ModelCard;
import io.github.pointillist.image.Raster8;
import io.github.pointillist.image.ShortestEdge;

/** Pictures for kMaX-DeepLab: values from -1 to 1, zeros to the right and below. */
final class PanopticInput {
    private static final float HALF = 127.5f;

    private PanopticInput() {}

    /**
     * The size of an image in the model's input: its short side as the card says, unless it would then not fit.
     *
     * @return (height, width)
     */
    static int[] size(ModelCard whole, int width, int height) {
        ModelCard.Input card = whole.input();
        int wanted = whole.panoptic().shortSidePx();
        int shortPx = wanted > 0 ? wanted : Math.min(card.widthPx(), card.heightPx());
        int[] size = ShortestEdge.size(height, width, shortPx, Math.max(card.widthPx(), card.heightPx()));
        double over = Math.max((double) size[0] / card.heightPx(), (double) size[1] / card.widthPx());
        return over <= 1 ? size : new int[] {Math.max(1, (int) (size[0] / over)), Math.max(1, (int) (size[1] / over))};
    }

    /**
     * Planes of a picture.
     *
     * @param picture one channel, which is repeated, or three; no larger than the input
     * @return (3, height, width)
     */
    static float[] planes(Raster8 picture, int height, int width) {
        if (picture.height() > height || picture.width() > width) {
            throw new IllegalArgumentException("the picture is " + picture.width() + " x " + picture.height()
                    + " pixels, and the model takes at most " + width + " x " + height);
        }
        Raster8 rgb = picture.channels() == 3 ? picture : picture.withChannels(3);
        float[] planes = new float[3 * height * width];
        for (int y = 0; y < rgb.height(); y++) {
            for (int x = 0; x < rgb.width(); x++) {
                for (int c = 0; c < 3; c++) {
                    int value = rgb.data()[(y * rgb.width() + x) * 3 + c] & 0xFF;
                    planes[(c * height + y) * width + x] = (value - HALF) / HALF;
                }
            }
        }
        return planes;
    }
}
