// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.github.pointillist.tensor.Arena;
import java.util.List;
import java.util.Map;

/** What a model is trained for: targets made from labels, and a loss between them and the model's outputs. */
public interface Objective {
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
     * The parts of the loss, each a scalar already multiplied by its weight; their sum is minimised.
     *
     * @param logits (B, outputs, H / stride, W / stride)
     */
    Map<String, NDArray> loss(NDArray logits, NDList targets);

    /** What the numbers that a validation gives are called; the first decides which weights are best (more is better). */
    List<String> metrics();

    /**
     * Counts what validation needs over one batch.
     *
     * @param logits (B, outputs, h, w)
     * @param counts is added to
     */
    void count(NDArray logits, List<Annotated> examples, Counts counts);

    /** The numbers of {@link #metrics} from all counts; NaN where there is nothing to count. */
    List<Double> measure(Counts counts);

    /** The settings in one line, for the record of a run. */
    String describe();

    /** Sums over a validation set. */
    final class Counts {
        private final double[] sums;

        /** All zero. */
        public Counts(int size) {
            this.sums = new double[size];
        }

        /** Adds to one. */
        public void add(int index, double value) {
            sums[index] += value;
        }

        /** One of them. */
        public double get(int index) {
            return sums[index];
        }

        /** How many there are. */
        public int size() {
            return sums.length;
        }
    }

    /** Counts of zero, as many as this objective needs. */
    Counts counts();
}
