// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.ImagePlus;
import java.util.List;

/**
 * What one point of an image takes from every point.
 *
 * @param image 32-bit, one channel a level, slices and frames as in the image, with the point marked
 * @param levels names of the levels, one a channel
 * @param milliseconds time taken by the task
 * @param notes which channels and what part of the image, one line each; none where there is nothing to choose
 */
public record AffinityResult(ImagePlus image, List<String> levels, long milliseconds, List<String> notes) {}
