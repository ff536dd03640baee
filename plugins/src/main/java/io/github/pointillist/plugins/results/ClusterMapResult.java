// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.ImagePlus;
import java.util.List;

/**
 * A cluster map of an image.
 *
 * @param labels one channel a level, slices and frames as in the image; 1 to n, 0 where a pixel has no cluster
 * @param levels "context", "kmeans", "equitable" or "stage.block.head", one a channel
 * @param clusters the largest label of all planes
 * @param table sizes, places and mean values of the clusters
 * @param milliseconds time taken by the task
 * @param notes which channels and what part of the image, one line each; none where there is nothing to choose
 */
public record ClusterMapResult(
        ImagePlus labels,
        List<String> levels,
        int clusters,
        ClusterTable table,
        long milliseconds,
        List<String> notes) {}
