// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.ImagePlus;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.Evaluate;
import io.github.pointillist.tasks.Evaluate.Mode;
import io.github.pointillist.tasks.Evaluate.Result;
import io.github.pointillist.tasks.Evaluate.Settings;
import io.github.pointillist.tasks.LabelPlanes;
import java.util.function.Consumer;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.type.numeric.RealType;

/** Compares ImageJ images of labels: the one path that command line, menu command, macro and script share. */
public final class EvaluateRun {
    private EvaluateRun() {}

    /**
     * Label images as they are read.
     *
     * @param force whether to compare what looks like pictures
     * @param notes gets a line for what looks like a mask
     */
    public record Check(boolean force, Consumer<String> notes) {
        /** Pictures are refused. */
        public static final Check USUAL = new Check(false, note -> {});
    }

    /**
     * Compares plane by plane. The images are not changed.
     *
     * @param prediction 8, 16 or 32-bit labels of one channel
     * @param truth of the same size, slices and frames
     * @throws java.util.concurrent.CancellationException if {@code progress} asks to stop
     * @throws IllegalArgumentException if one is no label image, or they differ in size
     */
    public static Result compare(ImagePlus prediction, ImagePlus truth, Settings settings, Progress progress) {
        return compare(prediction, truth, settings, Check.USUAL, progress);
    }

    /** The same, told what to do about images that look like no labels. */
    public static Result compare(
            ImagePlus prediction, ImagePlus truth, Settings settings, Check check, Progress progress) {
        return Evaluate.compare(
                checked(new ImageLabels(prediction, "prediction"), settings.mode(), check),
                checked(new ImageLabels(truth, "truth"), settings.mode(), check),
                settings,
                progress);
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
        return panoptic(prediction, classes, truth, trueClasses, Check.USUAL, progress);
    }

    /** The same, told what to do about images that look like no labels. */
    public static Result panoptic(
            ImagePlus prediction,
            ImagePlus classes,
            ImagePlus truth,
            ImagePlus trueClasses,
            Check check,
            Progress progress) {
        return Evaluate.compare(
                segments(prediction, "prediction", classes, check),
                segments(truth, "truth", trueClasses, check),
                Settings.panoptic(),
                progress);
    }

    private static LabelPlanes segments(ImagePlus labels, String role, ImagePlus classes, Check check) {
        return LabelPlanes.segments(
                checked(new ImageLabels(labels, role), Mode.PANOPTIC, check),
                checked(new ImageLabels(classes, "its classes"), Mode.SEMANTIC, check));
    }

    private static LabelPlanes checked(LabelPlanes labels, Mode mode, Check check) {
        return new LabelPlanes() {
            private boolean told;

            @Override
            public String name() {
                return labels.name();
            }

            @Override
            public int slices() {
                return labels.slices();
            }

            @Override
            public int frames() {
                return labels.frames();
            }

            @Override
            public RandomAccessibleInterval<? extends RealType<?>> read(int slice, int frame) {
                RandomAccessibleInterval<? extends RealType<?>> plane = labels.read(slice, frame);
                LabelCheck looks = LabelCheck.of(plane);
                if (!check.force && looks.looksLikeIntensities(mode)) {
                    throw new IllegalArgumentException(name() + " looks like a picture and not like labels: its "
                            + looks.labels() + " values above 0 lie in " + looks.pieces()
                            + " pieces; give an image in which each " + (mode == Mode.SEMANTIC ? "class" : "object")
                            + " has a value of its own, or force the comparison (force=true, --force)");
                }
                if (mode == Mode.INSTANCES && looks.looksLikeMask() && !told) {
                    told = true;
                    check.notes.accept(name() + " holds one label alone, " + looks.first() + ", in " + looks.pieces()
                            + " pieces, which count as one object; of a mask make labels first, one for each piece");
                }
                return plane;
            }
        };
    }
}
