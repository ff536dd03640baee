// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.pointillist.layers.Linear;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Gradients;
import io.github.pointillist.tensor.Parameter;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AdamWTest {
    /** The algorithm for one number, in double precision. */
    private static final class Reference {
        private double w;
        private double m;
        private double v;
        private final double decay;

        Reference(double w, double decay) {
            this.w = w;
            this.decay = decay;
        }

        void update(double g, int t, double rate) {
            m = 0.9 * m + 0.1 * g;
            v = 0.999 * v + 0.001 * g * g;
            double mHat = m / (1 - Math.pow(0.9, t));
            double vHat = v / (1 - Math.pow(0.999, t));
            w -= rate * (mHat / (Math.sqrt(vHat) + 1e-8) + decay * w);
        }
    }

    @Test
    void followsTheAlgorithmAndDecaysMatricesOnly() {
        try (Arena arena = Arena.onCpu()) {
            Linear layer = new Linear(2, 1);
            layer.allocate(arena, DataType.FLOAT32);
            Initialisation.fill(layer, 1);
            Map<String, Parameter> trained = layer.parameters();
            NDArray weight = trained.get("weight").array();
            AdamW optimiser = new AdamW(trained, arena, 0.1);
            trained.values().forEach(parameter -> parameter.array().setRequiresGradient(true));
            float[] start = weight.toFloatArray();
            Reference first = new Reference(start[0], 0.1);
            Reference second = new Reference(start[1], 0.1);
            Reference bias = new Reference(0, 0);
            float[][] inputs = {{1, -2}, {0.5f, 3}, {-1, 0.25f}, {2, 2}};
            for (int t = 1; t <= inputs.length; t++) {
                float[] x = inputs[t - 1];
                try (Arena scope = arena.child();
                        Gradients collector = Gradients.note()) {
                    NDArray y = scope.array(x, 1, 2)
                            .matMul(weight.transpose())
                            .add(trained.get("bias").array());
                    collector.backward(y.square().sum());
                }
                double y = first.w * x[0] + second.w * x[1] + bias.w;
                double norm = 2 * Math.abs(y) * Math.sqrt(x[0] * x[0] + x[1] * x[1] + 1);
                assertThat(optimiser.gradientNorm()).isCloseTo(norm, within(1e-4 * norm));
                optimiser.update(t, 0.01 * t, 0.5);
                first.update(0.5 * 2 * y * x[0], t, 0.01 * t);
                second.update(0.5 * 2 * y * x[1], t, 0.01 * t);
                bias.update(0.5 * 2 * y, t, 0.01 * t);
                assertThat((double) weight.toFloatArray()[0]).isCloseTo(first.w, within(1e-5));
                assertThat((double) weight.toFloatArray()[1]).isCloseTo(second.w, within(1e-5));
                assertThat((double) trained.get("bias").array().toFloatArray()[0])
                        .isCloseTo(bias.w, within(1e-5));
            }
        }
    }

    @Test
    void aGradientThatIsNotFiniteChangesNothing() {
        try (Arena arena = Arena.onCpu()) {
            Linear layer = new Linear(1, 1);
            layer.allocate(arena, DataType.FLOAT32);
            Initialisation.fill(layer, 1);
            Map<String, Parameter> trained = layer.parameters();
            NDArray weight = trained.get("weight").array();
            AdamW optimiser = new AdamW(trained, arena, 0.1);
            trained.values().forEach(parameter -> parameter.array().setRequiresGradient(true));
            float before = weight.getFloat(0, 0);
            try (Arena scope = arena.child();
                    Gradients collector = Gradients.note()) {
                NDArray y = scope.array(new float[] {Float.NaN}, 1, 1)
                        .mul(weight)
                        .add(trained.get("bias").array());
                collector.backward(y.sum());
            }
            assertThat(optimiser.gradientNorm()).isNaN();
            optimiser.update(1, 0.1, 0);
            assertThat(weight.getFloat(0, 0)).isEqualTo(before);
            assertThat(optimiser.gradientNorm()).isZero();
        }
    }
}
