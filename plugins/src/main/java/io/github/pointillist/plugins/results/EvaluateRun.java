// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.ImagePlus;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.Evaluate;
import io.github.pointillist.tasks.Evaluate.Result;
import io.github.pointillist.tasks.Evaluate.Settings;
import io.github.pointillist.tasks.LabelPlanes;

/** Compares ImageJ images of labels: the one path that command line, menu command, macro and script share. */
public final class EvaluateRun {
    private EvaluateRun() {}

    /**
     * Compares plane by plane. The images are not changed.
     *
     * @param prediction 8, 16 or 32-bit labels of one channel
     * @param truth of the same size, slices and frames
     * @throws java.util.concurrent.CancellationException if {@code progress} asks to stop
     * @throws IllegalArgumentException if one is no label image, or they differ in size
     */
    public static Result compare(ImagePlus prediction, ImagePlus truth, Settings settings, Progress progress) {
        return Evaluate.compare(
                new ImageLabels(prediction, "prediction"), new ImageLabels(truth, "truth"), settings, progress);
    }

    /**
     * Segments of things and stuff against true ones.
     *
     * @param prediction labels of segments
     * @param classes class of each pixel from 1, 0 for none
     * @param truth labels of objects; pixels of one class and object are one segment
     * @param trueClasses class of each pixel from 1, 0 for void
     * @throws java.util.concurrent.CancellationException if {@code progress} asks to stop
     * @throws IllegalArgumentException if one is no label image, or they differ in size
     */
    public static Result panoptic(
            ImagePlus prediction, ImagePlus classes, ImagePlus truth, ImagePlus trueClasses, Progress progress) {
        return Evaluate.compare(
                LabelPlanes.segments(
                        new ImageLabels(prediction, "prediction"), new ImageLabels(classes, "its classes")),
                LabelPlanes.segments(new ImageLabels(truth, "truth"), new ImageLabels(trueClasses, "its classes")),
                Settings.panoptic(),
                progress);
    }
}
