// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.image;

/** The size of a picture of which one side is to be given: detectron2 0.6, {@code ResizeShortestEdge}. */
public final class ShortestEdge {
    private ShortestEdge() {}

    /**
     * The new size.
     *
     * @param shortPx the shorter side becomes this
     * @param longPx unless the longer one would be above this, which then becomes this
     * @return (height, width), each rounded half up
     */
    public static int[] size(int height, int width, int shortPx, int longPx) {
        double scale = (double) shortPx / Math.min(height, width);
        double newHeight = height < width ? shortPx : scale * height;
        double newWidth = height < width ? scale * width : shortPx;
        if (Math.max(newHeight, newWidth) > longPx) {
            double smaller = longPx / Math.max(newHeight, newWidth);
            newHeight *= smaller;
            newWidth *= smaller;
        }
        return new int[] {Math.max(1, (int) (newHeight + 0.5)), Math.max(1, (int) (newWidth + 0.5))};
    }
}
