// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.clustering;

/**
 * A label plane.
 *
 * @param width pixels in a row
 * @param height rows
 * @param labels the cluster of every pixel, row-major, 0 to {@code count - 1}; -1 where the pixel has no cluster
 *     because a feature of it is NaN
 * @param count number of clusters
 */
@SuppressWarnings("ArrayRecordComponent") // a plane of pixels: identity, not value, is what is wanted
public record Labels(int width, int height, int[] labels, int count) {
    /** Checks that the plane is complete. */
    public Labels {
        if (labels.length != Math.multiplyExact(width, height)) {
            throw new IllegalArgumentException(
                    labels.length + " labels given for a plane of " + width + " x " + height + " pixels");
        }
    }
}
