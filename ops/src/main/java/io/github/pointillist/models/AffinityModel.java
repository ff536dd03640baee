// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import ai.djl.ndarray.NDArray;
import io.github.pointillist.models.GroupingModel.Level;
import java.util.List;

/** A model whose points gather from other points by weights, in a manner that its taps show. */
public interface AffinityModel {
    /**
     * How much one point takes from every point.
     *
     * @param weights row-major (height, width)
     * @param width points in a row
     * @param height rows
     */
    record Affinity(float[] weights, int width, int height) {}

    /** The images it takes. */
    InputSizes inputSizes();

    /** The places where this model has affinities, in the order of the forward pass. */
    List<Level> affinityLevels();

    /**
     * The affinity row of the point under a pixel.
     *
     * @param tapped what the level's tap recorded in a pass of one image
     * @param x the pixel's column, from 0
     * @param y the pixel's row, from 0
     * @param heightPx height of that image
     * @param widthPx width of that image
     */
    Affinity affinity(Level level, NDArray tapped, int x, int y, int heightPx, int widthPx);
}
