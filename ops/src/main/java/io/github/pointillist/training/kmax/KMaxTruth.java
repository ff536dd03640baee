// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training.kmax;

import java.util.List;

/**
 * What one image shows, at the size of the model's masks.
 *
 * @param masks one a segment, row-major (h, w); where several hold a pixel they share it
 * @param labels the class of each, from 0
 * @param semantic row-major (h, w) classes for the semantic head, below 0 where there is none; null without that head
 */
@SuppressWarnings("ArrayRecordComponent")
public record KMaxTruth(List<boolean[]> masks, int[] labels, int[] semantic) {
    /** Checks that every mask has a label. */
    public KMaxTruth {
        masks = List.copyOf(masks);
        if (masks.size() != labels.length) {
            throw new IllegalArgumentException(
                    masks.size() + " masks and " + labels.length + " labels given; there must be as many");
        }
    }
}
