// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Gradients;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.LongStream;

/** Checks that hold for every model, on weights made from a seed. */
final class ModelChecks {
    private static final double TOLERANCE = 1e-6;
    /**
     * Steps of the central differences. A large one may cross a kink (of ReLU, or of a maximum over points), a small
     * one drowns in rounding: the gradient has to equal the differences of one of them.
     */
    private static final double[] STEPS = {1e-4, 3e-5, 1e-5};

    private ModelChecks() {}

    /**
     * Gives the model memory and values: matrices uniform with the variance of 1 / fan in, biases and means around 0,
     * other vectors around 0.5.
     */
    static <L extends Layer> L seeded(L model, Arena arena, DataType type) {
        model.allocate(arena, type);
        Random random = new Random(7);
        model.parameters().forEach((name, parameter) -> {
            if (!name.endsWith("num_batches_tracked")) {
                long[] shape = parameter.shape().getShape();
                double fanIn = LongStream.of(shape).skip(1).reduce(1, (a, b) -> a * b);
                double spread = shape.length > 1 ? Math.sqrt(3 / fanIn) : 0.3;
                double centre = shape.length > 1 || name.endsWith("bias") || name.endsWith("mean") ? 0 : 0.5;
                set(parameter, uniform(random, (int) parameter.shape().size(), centre, spread));
            }
        });
        return model;
    }

    /** A float64 array of values in [-1, 1). */
    static NDArray input(Arena arena, long seed, long... shape) {
        int size = (int) LongStream.of(shape).reduce(1, (a, b) -> a * b);
        return arena.array(uniform(new Random(seed), size, 0, 1), shape);
    }

    private static double[] uniform(Random random, int size, double centre, double spread) {
        return random.doubles(size, centre - spread, centre + spread).toArray();
    }

    private static void set(Parameter parameter, double[] values) {
        ByteBuffer bytes = ByteBuffer.allocateDirect(8 * values.length).order(ByteOrder.nativeOrder());
        bytes.asDoubleBuffer().put(values);
        parameter.set(bytes, DataType.FLOAT64);
    }

    /** Asserts that a forward pass leaves nothing in the model's arena and only the result in the caller's. */
    static void assertNoLeak(Layer model, NDArray x, Arena callers) {
        model.apply(x, Pass.inference()).close();
        int inModel = model.arena().arrays();
        int atCaller = callers.arrays();
        NDArray result = model.apply(x, Pass.inference());
        assertThat(model.arena().arrays()).as("arrays in the model's arena").isEqualTo(inModel);
        assertThat(callers.arrays()).as("arrays in the caller's arena").isEqualTo(atCaller + 1);
        result.close();
    }

    /**
     * Asserts for every trained parameter that the derivative of a random projection of the output by the engine's
     * automatic differentiation equals central differences, along the gradient tilted in a random direction.
     */
    static void assertGradients(Layer model, NDArray x, Pass pass, BiFunction<NDArray, Pass, NDArray> forward) {
        Map<String, double[]> gradients = gradients(model, x, pass, forward);
        assertThat(gradients).isNotEmpty();
        Random random = new Random(11);
        gradients.forEach((name, gradient) -> {
            Parameter parameter = model.parameters().get(name);
            double length = Math.sqrt(dot(gradient, gradient));
            assertThat(length).as("length of the gradient of " + name).isGreaterThan(1e-6);
            double[] tilt = uniform(random, gradient.length, 0, 1);
            double tiltLength = Math.sqrt(dot(tilt, tilt));
            double[] direction = new double[gradient.length];
            for (int i = 0; i < direction.length; i++) {
                direction[i] = gradient[i] / length + 0.5 * tilt[i] / tiltLength;
            }
            double[] values = parameter.array().toDoubleArray();
            double analytic = dot(gradient, direction);
            double error = Double.POSITIVE_INFINITY;
            for (double step : STEPS) {
                DoubleUnaryOperator loss = distance -> {
                    double[] moved = new double[values.length];
                    for (int i = 0; i < moved.length; i++) {
                        moved[i] = values[i] + distance * direction[i];
                    }
                    set(parameter, moved);
                    return projected(forward.apply(x, pass)).getDouble();
                };
                // Of fourth order, so that the error of the largest step is about 1e-16.
                double numeric = (8 * (loss.applyAsDouble(step) - loss.applyAsDouble(-step))
                                - (loss.applyAsDouble(2 * step) - loss.applyAsDouble(-2 * step)))
                        / (12 * step);
                error = Math.min(error, Math.abs(numeric - analytic) / Math.abs(analytic));
                if (error < TOLERANCE) {
                    break;
                }
            }
            set(parameter, values);
            assertThat(error)
                    .as("relative error of the gradient of " + name + ", " + analytic)
                    .isLessThan(TOLERANCE);
        });
    }

    private static Map<String, double[]> gradients(
            Layer model, NDArray x, Pass pass, BiFunction<NDArray, Pass, NDArray> forward) {
        Map<String, double[]> gradients = new LinkedHashMap<>();
        Map<String, Parameter> trained = new LinkedHashMap<>(model.parameters());
        trained.values().removeIf(parameter -> !parameter.trainable());
        trained.values().forEach(parameter -> parameter.array().setRequiresGradient(true));
        try (Gradients collector = Gradients.note()) {
            collector.backward(projected(forward.apply(x, pass)));
        }
        trained.forEach((name, parameter) -> {
            try (NDArray gradient = parameter.array().getGradient()) {
                gradients.put(name, gradient.toDoubleArray());
            }
            parameter.array().setRequiresGradient(false);
        });
        return gradients;
    }

    private static NDArray projected(NDArray out) {
        double[] weights = uniform(new Random(13), (int) out.size(), 0, 1);
        return out.mul(out.getManager().create(weights, out.getShape())).sum();
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    /** Checks that each sample of a batch gives what it gives alone; returns what the batch gives. */
    static NDArray assertBatchEqualsItsSamples(Layer model, NDArray batch) {
        NDArray together = model.apply(batch, Pass.inference());
        for (int i = 0; i < batch.getShape().get(0); i++) {
            String sample = i + ":" + (i + 1);
            NDArray alone = model.apply(batch.get(sample), Pass.inference());
            assertThat(difference(alone, together.get(sample))).isLessThan(1e-12);
        }
        return together;
    }

    /**
     * Asserts that a model that drops branches does so in training only, and the same ones for the same seed.
     *
     * @param plain the same without; both with the same weights
     */
    static void assertDropsBranchesInTrainingOnly(Layer dropping, Layer plain, NDArray batch) {
        Engine engine = Engine.getEngine("PyTorch");
        assertThat(difference(dropping.apply(batch, Pass.inference()), plain.apply(batch, Pass.inference())))
                .isZero();
        NDArray whole = plain.apply(batch, Pass.training());
        engine.setRandomSeed(3);
        NDArray first = dropping.apply(batch, Pass.training());
        engine.setRandomSeed(3);
        assertThat(difference(first, dropping.apply(batch, Pass.training()))).isZero();
        engine.setRandomSeed(4);
        assertThat(difference(first, dropping.apply(batch, Pass.training()))).isGreaterThan(1e-6);
        assertThat(difference(first, whole)).isGreaterThan(1e-6);
    }

    /** The largest difference of two arrays of the same shape. */
    static double difference(NDArray a, NDArray b) {
        assertThat(a.getShape()).isEqualTo(b.getShape());
        return a.sub(b).abs().max().toType(DataType.FLOAT64, false).getDouble();
    }
}
