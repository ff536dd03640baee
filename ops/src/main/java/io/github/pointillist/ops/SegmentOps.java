// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.ops;

import io.github.pointillist.image.Images;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.Segment;
import io.github.pointillist.tasks.Segment.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.img.Img;
import net.imglib2.type.numeric.RealType;
import net.imglib2.type.numeric.integer.IntType;

/**
 * Segmentation by models as SciJava Ops. Each call loads the model: for many images use {@link Segment} itself.
 */
public final class SegmentOps {
    private SegmentOps() {}

    /**
     * The objects of an image, or the class of each pixel, as the model tells them.
     *
     * @implNote op names='segment.labels'
     * @param image (x, y) or (x, y, c), of any real type
     * @param model name of a model, or the path of a model folder or checkpoint file
     * @param pixelSizeUm micrometres a pixel, 0 where unknown: the scale then follows from the objects found
     * @return (x, y): objects 1 to n in reading order, 0 elsewhere; or the index of the class from 0
     */
    public static Img<IntType> labels(
            RandomAccessibleInterval<? extends RealType<?>> image, String model, double pixelSizeUm) {
        try (Segment task = Segment.open(Settings.defaults(model))) {
            Segment.Result result = task.segment(image, pixelSizeUm, Progress.NONE);
            return Images.labels(result.labels(), result.width(), result.height());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
