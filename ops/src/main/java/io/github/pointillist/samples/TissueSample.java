// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

import java.util.List;
import net.imglib2.img.Img;
import net.imglib2.type.numeric.integer.UnsignedByteType;

/**
 * A simulated tissue section.
 *
 * @param sample the RGB image; labels are connected regions, without background
 * @param classes (x, y): index into {@link #CLASSES}
 */
public record TissueSample(Sample sample, Img<UnsignedByteType> classes) {
    /** What a class index means. */
    public static final List<String> CLASSES = List.of("stroma", "epithelium", "lumen", "fat");
}
