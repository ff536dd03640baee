// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.ops;

import io.github.pointillist.image.Images;
import io.github.pointillist.tasks.MeasureObjects;
import io.github.pointillist.tasks.MeasureObjects.Measured;
import io.github.pointillist.tasks.MeasureObjects.PixelSize;
import io.github.pointillist.tasks.MeasureObjects.Plane;
import java.util.List;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.type.numeric.RealType;

/** Measurements of label images as SciJava Ops. */
public final class MeasureOps {
    private MeasureOps() {}

    /**
     * Sizes, shapes and intensities of objects; see {@link MeasureObjects}.
     *
     * @implNote op names='measure.objects'
     * @param labels (x, y), 0 is background
     * @param image (x, y) or (x, y, c), of the same width and height
     * @param pixelWidth of a pixel, in the unit wanted; 1 measures in pixels
     * @param pixelHeight of a pixel, in the same unit
     * @return one a label, in ascending order
     */
    public static List<Measured> objects(
            RandomAccessibleInterval<? extends RealType<?>> labels,
            RandomAccessibleInterval<? extends RealType<?>> image,
            double pixelWidth,
            double pixelHeight) {
        int width = (int) labels.dimension(0);
        int height = (int) labels.dimension(1);
        if (image.dimension(0) != width || image.dimension(1) != height) {
            throw new IllegalArgumentException("the labels are " + width + " x " + height + " pixels, the image "
                    + image.dimension(0) + " x " + image.dimension(1) + "; they must be equal");
        }
        float[] values = Images.planes(image);
        int[] ids = Images.labels(labels);
        return MeasureObjects.objects(new Plane(
                ids,
                width,
                height,
                new PixelSize(pixelWidth, pixelHeight),
                Images.channels(image),
                (channel, index) -> values[channel * ids.length + index]));
    }
}
