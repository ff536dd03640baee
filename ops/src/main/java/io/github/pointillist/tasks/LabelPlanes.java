// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import net.imglib2.RandomAccessibleInterval;
import net.imglib2.type.numeric.RealType;
import net.imglib2.view.Views;

/** A label image of slices and frames that is read one plane at a time. */
public interface LabelPlanes {
    /** What it is called in errors. */
    String name();

    /** Slices of a frame, at least 1. */
    int slices();

    /** Frames, at least 1. */
    int frames();

    /**
     * One plane of labels, (x, y). It is not used any more when the next is read.
     *
     * @param slice from 1
     * @param frame from 1
     */
    RandomAccessibleInterval<? extends RealType<?>> read(int slice, int frame);

    /**
     * Segments of things and stuff, for {@link Evaluate.Mode#PANOPTIC}.
     *
     * @param objects label of each pixel's object; pixels of one class and object are one segment
     * @param classes class of each pixel from 1, 0 for void
     * @throws IllegalArgumentException if they differ in slices or frames
     */
    static LabelPlanes segments(LabelPlanes objects, LabelPlanes classes) {
        if (objects.slices() != classes.slices() || objects.frames() != classes.frames()) {
            throw new IllegalArgumentException(objects.name() + " has " + objects.slices() + " slices and "
                    + objects.frames() + " frames, " + classes.name() + " " + classes.slices() + " and "
                    + classes.frames() + "; they must be equal");
        }
        return new LabelPlanes() {
            @Override
            public String name() {
                return objects.name();
            }

            @Override
            public int slices() {
                return objects.slices();
            }

            @Override
            public int frames() {
                return objects.frames();
            }

            @Override
            public RandomAccessibleInterval<? extends RealType<?>> read(int slice, int frame) {
                return PanopticQuality.segments(
                        objects.read(slice, frame), objects.name(), classes.read(slice, frame), classes.name());
            }
        };
    }

    /**
     * An image as planes.
     *
     * @param name for errors
     * @param image (x, y), (x, y, z) or (x, y, z, t)
     * @throws IllegalArgumentException if it has other axes
     */
    static LabelPlanes of(String name, RandomAccessibleInterval<? extends RealType<?>> image) {
        int n = image.numDimensions();
        if (n < 2 || n > 4) {
            throw new IllegalArgumentException(
                    name + " has " + n + " dimensions; allowed are (x, y), (x, y, z) and (x, y, z, t)");
        }
        return new LabelPlanes() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public int slices() {
                return n < 3 ? 1 : Math.toIntExact(image.dimension(2));
            }

            @Override
            public int frames() {
                return n < 4 ? 1 : Math.toIntExact(image.dimension(3));
            }

            @Override
            public RandomAccessibleInterval<? extends RealType<?>> read(int slice, int frame) {
                RandomAccessibleInterval<? extends RealType<?>> plane = image;
                if (n == 4) {
                    plane = Views.hyperSlice(plane, 3, image.min(3) + frame - 1);
                }
                if (n >= 3) {
                    plane = Views.hyperSlice(plane, 2, image.min(2) + slice - 1);
                }
                return plane;
            }
        };
    }
}
