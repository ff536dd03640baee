// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.ImagePlus;
import java.util.List;

/**
 * What came of one image.
 *
 * @param table one row a region and class listed
 * @param classMap 32-bit labels, class index + 1; null unless windows were classified
 * @param summary one line a region: its best classes; the first regions only where there are many
 * @param notes what was done to the input, one line each
 * @param regions number of regions classified in all planes
 * @param milliseconds taken by the model
 */
public record ClassifyResult(
        ClassTable table,
        ImagePlus classMap,
        List<String> summary,
        List<String> notes,
        int regions,
        long milliseconds) {}
