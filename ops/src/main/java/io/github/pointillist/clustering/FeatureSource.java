// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.clustering;

/**
 * A plane of feature vectors, read row by row, so that features of an image larger than memory can be made as they are
 * needed. Implementations are safe for use by several threads.
 */
public interface FeatureSource {
    /** Pixels in a row. */
    int width();

    /** Rows. */
    int height();

    /** Features of a pixel, without its position. */
    int channels();

    /**
     * Reads one row.
     *
     * @param y row, 0 to height - 1
     * @param into receives {@code width * channels} values, the channels of a pixel together
     */
    void row(int y, float[] into);
}
