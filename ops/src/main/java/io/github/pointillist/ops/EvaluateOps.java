// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.ops;

import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.Evaluate;
import io.github.pointillist.tasks.Evaluate.Mode;
import io.github.pointillist.tasks.Evaluate.Planes;
import io.github.pointillist.tasks.Evaluate.Settings;
import io.github.pointillist.tasks.InstanceScores;
import io.github.pointillist.tasks.LabelPlanes;
import io.github.pointillist.tasks.Scores;
import io.github.pointillist.tasks.SemanticScores;
import java.util.List;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.type.numeric.RealType;

/**
 * Comparison of label images as SciJava Ops (see {@link Evaluate}). Images are (x, y), (x, y, z) or (x, y, z, t) of any
 * real type that hold whole numbers from 0; prediction and truth have the same size.
 */
public final class EvaluateOps {
    private EvaluateOps() {}

    /**
     * How well predicted objects agree with true ones; an object is a label above 0.
     *
     * @implNote op names='evaluate.instances'
     * @param prediction label image
     * @param truth label image
     * @param volume true if slices are one volume; false if each plane has labels of its own, whose counts are added up
     * @return counts, and the figures that follow from them
     */
    public static InstanceScores instances(
            RandomAccessibleInterval<? extends RealType<?>> prediction,
            RandomAccessibleInterval<? extends RealType<?>> truth,
            boolean volume) {
        Planes planes = volume ? Planes.VOLUME : Planes.EACH;
        return (InstanceScores) compare(prediction, truth, new Settings(Mode.INSTANCES, planes, List.of(), true));
    }

    /**
     * How well predicted classes agree with true ones, pixel by pixel; a class is a label.
     *
     * @implNote op names='evaluate.semantic'
     * @param prediction label image
     * @param truth label image
     * @param ignored labels of the truth whose pixels are left out, or an empty list
     * @param background whether 0 is a class
     * @return counts, and the figures that follow from them
     */
    public static SemanticScores semantic(
            RandomAccessibleInterval<? extends RealType<?>> prediction,
            RandomAccessibleInterval<? extends RealType<?>> truth,
            List<Long> ignored,
            boolean background) {
        return (SemanticScores)
                compare(prediction, truth, new Settings(Mode.SEMANTIC, Planes.EACH, ignored, background));
    }

    private static Scores compare(
            RandomAccessibleInterval<? extends RealType<?>> prediction,
            RandomAccessibleInterval<? extends RealType<?>> truth,
            Settings settings) {
        return Evaluate.compare(
                        LabelPlanes.of("the prediction", prediction),
                        LabelPlanes.of("the truth", truth),
                        settings,
                        Progress.NONE)
                .total();
    }
}
