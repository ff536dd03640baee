// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.layers.Resize;
import io.github.pointillist.models.DeepSupervision;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Owned;
import io.github.pointillist.tensor.Pass;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An objective for models that give a map of logits: targets made from labels, and a loss between them and the logits. Heads
 * that help in training alone ({@link DeepSupervision}) learn the same, counting 0.4.
 */
public interface DenseObjective extends Objective {
    /** What the loss of a head counts that helps in training alone. */
    double AUXILIARY = 0.4;

    /** The number of outputs that the model must have. */
    int outputs();

    /**
     * Turns labels into targets.
     *
     * @param examples B patches of H x W pixels
     * @param stride pixels between outputs of the model
     * @param arena where the targets live
     */
    NDList targets(List<Annotated> examples, int stride, Arena arena);

    /**
     * The parts of the loss of one head, each a scalar already multiplied by its weight.
     *
     * @param logits (B, outputs, H / stride, W / stride)
     */
    Map<String, NDArray> loss(NDArray logits, NDList targets);

    /**
     * Counts what validation needs over one batch.
     *
     * @param logits (B, outputs, h, w)
     * @param counts is added to
     */
    void count(NDArray logits, List<Annotated> examples, Counts counts);

    @Override
    default Map<String, NDArray> loss(Batch batch) {
        NDList targets = targets(batch.examples(), batch.stride(), batch.scope());
        NDList logits = logits(batch.model(), batch.input());
        Map<String, NDArray> parts = new LinkedHashMap<>(loss(logits.head(), targets));
        for (int i = 1; i < logits.size(); i++) {
            NDArray other = enlarged(logits.get(i), logits.head().getShape());
            NDArray loss =
                    Losses.sum(new NDList(List.copyOf(loss(other, targets).values())));
            parts.put(logits.size() == 2 ? "auxiliary" : "auxiliary " + i, Owned.mul(loss, AUXILIARY));
        }
        return parts;
    }

    /** Of the main head, then of those that help in training. */
    private static NDList logits(Layer model, NDArray input) {
        return model instanceof DeepSupervision supervised
                ? supervised.trainingLogits(input, Pass.training())
                : new NDList(model.apply(input, Pass.training()));
    }

    private static NDArray enlarged(NDArray logits, Shape to) {
        return Resize.linear(Resize.linear(logits, 2, to.get(2)), 3, to.get(3));
    }

    @Override
    default Map<String, NDArray> validate(Batch batch, Counts counts) {
        NDArray logits = batch.model().apply(batch.input(), Pass.inference());
        count(logits, batch.examples(), counts);
        return loss(logits, targets(batch.examples(), batch.stride(), batch.scope()));
    }
}
