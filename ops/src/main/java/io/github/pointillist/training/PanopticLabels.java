// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

/** Labels of pixels that hold a class and an object, as examples for panoptic models have them. */
public final class PanopticLabels {
    private static final int OBJECT_BITS = 20;

    private PanopticLabels() {}

    /**
     * The label of a pixel.
     *
     * @param classIndex from 0 to 2047
     * @param object number of the thing, from 1 to 2^20 - 1; 0 for stuff
     */
    public static int of(int classIndex, int object) {
        return classIndex << OBJECT_BITS | object;
    }

    /** The class in a label, which is not {@link Annotated#IGNORE}. */
    public static int classOf(int label) {
        return label >> OBJECT_BITS;
    }
}
