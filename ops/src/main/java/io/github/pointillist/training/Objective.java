// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import ai.djl.ndarray.NDArray;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import java.util.List;
import java.util.Map;

/** What a model is trained for: a loss between what it says and labels, and figures for validation. */
public interface Objective {
    /** Examples and the model that sees them. */
    final class Batch {
        private final Layer model;
        private final NDArray input;
        private final List<Annotated> examples;
        private final int stride;
        private final Arena scope;
        private final Draws draws;

        Batch(Layer model, NDArray input, List<Annotated> examples, int stride, Arena scope, Draws draws) {
            this.model = model;
            this.input = input;
            this.examples = List.copyOf(examples);
            this.stride = stride;
            this.scope = scope;
            this.draws = draws;
        }

        /** The model. */
        public Layer model() {
            return model;
        }

        /** (B, C, H, W), normalised. */
        public NDArray input() {
            return input;
        }

        /** B patches of H x W pixels. */
        public List<Annotated> examples() {
            return examples;
        }

        /** Pixels between outputs of the model. */
        public int stride() {
            return stride;
        }

        /** Where arrays may live as long as the batch is looked at. */
        public Arena scope() {
            return scope;
        }

        /** Uniform random numbers in [0, 1), which depend on the seed of the run and the step alone. */
        public double[] uniform(int count) {
            double[] values = new double[count];
            for (int i = 0; i < count; i++) {
                values[i] = draws.uniform();
            }
            return values;
        }
    }

    /** The parts of the loss in training, each a scalar already multiplied by its weight; their sum is minimised. */
    Map<String, NDArray> loss(Batch batch);

    /**
     * Counts what validation needs, without training.
     *
     * @param counts is added to
     * @return the parts of the loss
     */
    Map<String, NDArray> validate(Batch batch, Counts counts);

    /** What the numbers that a validation gives are called; the first decides which weights are best (more is better). */
    List<String> metrics();

    /** The numbers of {@link #metrics} from all counts; NaN where there is nothing to count. */
    List<Double> measure(Counts counts);

    /** Counts of zero, as many as this objective needs. */
    Counts counts();

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
}
