// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.ops;

import io.github.pointillist.image.Images;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.Segment;
import io.github.pointillist.tasks.Segment.Result;
import io.github.pointillist.tasks.Segment.Scaling;
import io.github.pointillist.tasks.Segment.Settings;
import io.github.pointillist.tasks.SegmentPanoptic;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.img.Img;
import net.imglib2.img.array.ArrayImgs;
import net.imglib2.type.numeric.RealType;
import net.imglib2.type.numeric.integer.IntType;

/** Segmentation by installed and bundled models as a SciJava Op. Each call loads the model: for many images use {@link Segment}. */
public final class SegmentOps {
    private SegmentOps() {}

    /**
     * The objects, or the classes, of an image.
     *
     * @implNote op names='segment.image'
     * @param image (x, y) or (x, y, c), of any real type
     * @param model name of an installed or bundled model, or the path of a model folder or checkpoint file
     * @param objectDiameterPx usual diameter of the objects in pixels, or 0 to tell the scale from the image
     * @return (x, y): 1, 2, ... an object in reading order and 0 for the background; of a model of classes the index of the
     *     class
     */
    public static Img<IntType> image(
            RandomAccessibleInterval<? extends RealType<?>> image, String model, double objectDiameterPx) {
        Settings defaults = Settings.defaults(model);
        Settings settings = new Settings(
                model,
                defaults.variant(),
                objectDiameterPx == 0 ? Scaling.AUTOMATIC : Scaling.DIAMETER,
                objectDiameterPx,
                defaults.minAreaPx(),
                defaults.foregroundThreshold(),
                defaults.centreThreshold(),
                defaults.excludeBorder(),
                defaults.invert(),
                defaults.tilePx(),
                defaults.device());
        try (Segment task = Segment.open(settings)) {
            Result result = task.segment(image, 0, Progress.NONE);
            return Images.labels(result.labels(), result.width(), result.height());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The segments of things and stuff in an image, by a panoptic model.
     *
     * @implNote op names='segment.panoptic'
     * @param image (x, y) or (x, y, c), of any real type
     * @param model name of an installed or bundled model, or the path of a model folder or checkpoint file
     * @return (x, y, 2): in plane 0 segments 1, 2, ..., in plane 1 the class of each plus 1; 0 where there is none
     */
    public static Img<IntType> panoptic(RandomAccessibleInterval<? extends RealType<?>> image, String model) {
        try (SegmentPanoptic task = SegmentPanoptic.open(SegmentPanoptic.Settings.defaults(model))) {
            SegmentPanoptic.Result result = task.segment(image, Progress.NONE);
            int area = result.labels().length;
            int[] both = Arrays.copyOf(result.labels(), 2 * area);
            System.arraycopy(result.classes(), 0, both, area, area);
            return ArrayImgs.ints(both, result.width(), result.height(), 2);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
