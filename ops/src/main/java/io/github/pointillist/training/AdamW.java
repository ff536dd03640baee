// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Parameter;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * AdamW: Loshchilov and Hutter, Decoupled Weight Decay Regularization, ICLR 2019, algorithm 2. With g the gradient and t
 * counted from 1:
 *
 * <p>m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2; w = w - rate (m' / (sqrt(v') + eps) + decay w), where m' = m / (1 -
 * b1^t) and v' = v / (1 - b2^t). Vectors and scalars (biases, norms, layer scales) are not decayed.
 */
final class AdamW {
    private static final double BETA_1 = 0.9;
    private static final double BETA_2 = 0.999;
    private static final double EPSILON = 1e-8;

    private final Map<String, Slot> slots = new LinkedHashMap<>();
    private final double weightDecay;

    /** One trained parameter with its moments. */
    record Slot(Parameter parameter, NDArray m, NDArray v, boolean decayed) {}

    /**
     * Moments of zero for every trained parameter.
     *
     * @param arena where the moments live
     * @param weightDecay 0 or more
     */
    AdamW(Map<String, Parameter> trained, Arena arena, double weightDecay) {
        this.weightDecay = weightDecay;
        trained.forEach((name, parameter) -> {
            Shape shape = parameter.shape();
            slots.put(
                    name,
                    new Slot(
                            parameter,
                            arena.zeros(DataType.FLOAT32, shape),
                            arena.zeros(DataType.FLOAT32, shape),
                            shape.dimension() > 1));
        });
    }

    /** The moments by name, for checkpoints. */
    Map<String, Slot> slots() {
        return slots;
    }

    /** The Euclidean length of all gradients together. */
    double gradientNorm() {
        double sum = 0;
        for (Slot slot : slots.values()) {
            try (NDArray gradient = slot.parameter.array().getGradient();
                    NDArray square = gradient.square();
                    NDArray total = square.sum()) {
                sum += total.getFloat();
            }
        }
        return Math.sqrt(sum);
    }

    /**
     * Moves every parameter and sets its gradient to zero.
     *
     * @param step 1 for the first
     * @param rate the learning rate of this step
     * @param scale what gradients are multiplied by first; 0 leaves everything as it was but for the gradients
     */
    void update(long step, double rate, double scale) {
        double first = 1 - StrictMath.pow(BETA_1, step);
        double second = Math.sqrt(1 - StrictMath.pow(BETA_2, step));
        for (Slot slot : slots.values()) {
            try (NDArray gradient = slot.parameter.array().getGradient()) {
                if (scale != 0) {
                    move(slot, gradient, rate, scale, first, second);
                }
                clear(gradient);
            }
            slot.parameter.changed();
        }
    }

    private void move(Slot slot, NDArray gradient, double rate, double scale, double first, double second) {
        NDArray w = slot.parameter.array();
        if (scale != 1) {
            gradient.muli(scale);
        }
        slot.m.muli(BETA_1);
        try (NDArray share = gradient.mul(1 - BETA_1)) {
            slot.m.addi(share);
        }
        slot.v.muli(BETA_2);
        try (NDArray square = gradient.square()) {
            square.muli(1 - BETA_2);
            slot.v.addi(square);
        }
        if (slot.decayed && weightDecay > 0) {
            w.muli(1 - rate * weightDecay);
        }
        // rate m' / (sqrt(v') + eps) with the corrections drawn into two numbers
        try (NDArray length = slot.v.sqrt();
                NDArray way = slot.m.mul(rate * second / first)) {
            length.addi(EPSILON * second);
            way.divi(length);
            w.subi(way);
        }
    }

    /** Not by a product, which would keep NaN: everything to the power of 0 is 1. */
    private static void clear(NDArray gradient) {
        gradient.powi(0).subi(1);
    }
}
