// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

import java.util.List;
import net.imglib2.img.Img;
import net.imglib2.type.numeric.integer.UnsignedByteType;

/**
 * A simulated tissue section with countable things in it.
 *
 * @param sample the RGB image; labels 1 to n are the things, 0 is tissue
 * @param classes (x, y): index into {@link #CLASSES}
 */
public record InclusionSample(Sample sample, Img<UnsignedByteType> classes) {
    /** What a class index means: tissue first, then things. */
    public static final List<String> CLASSES =
            List.of("stroma", "epithelium", "lumen", "fat", "round cell", "rod", "ring", "crystal");

    /** The first class that is countable. */
    public static final int FIRST_THING = 4;
}
