// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.ImagePlus;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.Evaluate;
import io.github.pointillist.tasks.Evaluate.Result;
import io.github.pointillist.tasks.Evaluate.Settings;

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
}
