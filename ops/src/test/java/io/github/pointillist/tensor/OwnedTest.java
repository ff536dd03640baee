// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OwnedTest {
    private static final int TERMS = 50;

    /** The sum over 50 equal terms, with Java's memory collected and given to others before the backward pass. */
    private static float[] gradient(float[] values, UnaryOperator<NDArray> function) throws InterruptedException {
        try (Arena arena = Arena.onCpu()) {
            NDArray x = arena.array(values, values.length);
            x.setRequiresGradient(true);
            try (Arena scope = arena.child();
                    Gradients collector = Gradients.note()) {
                NDArray total = scope.zeros(DataType.FLOAT32, x.getShape()).sum();
                for (int i = 0; i < TERMS; i++) {
                    total = total.add(function.apply(x).sum());
                }
                System.gc();
                List<ByteBuffer> others = new ArrayList<>();
                for (int round = 0; round < 10; round++) {
                    Thread.sleep(10);
                    for (int i = 0; i < 500; i++) {
                        others.add(ByteBuffer.allocateDirect(Float.BYTES).putFloat(0, 7777));
                    }
                }
                collector.backward(total);
                assertThat(others).hasSize(5000);
            }
            try (NDArray gradient = x.getGradient()) {
                return gradient.toFloatArray();
            }
        }
    }

    private static UnaryOperator<NDArray> operation(String name) {
        return switch (name) {
            case "mul" -> x -> Owned.mul(x, 3);
            case "div" -> x -> Owned.div(x, 0.5);
            case "pow" -> x -> Owned.pow(x, 3);
            case "maximum" -> x -> Owned.maximum(x, 1.5);
            case "minimum" -> x -> Owned.minimum(x, 1.5);
            default -> x -> x.mul(Owned.array(x.getManager(), new float[] {5, 6, 7}, 3));
        };
    }

    private static float[] expected(String name) {
        return switch (name) {
            case "mul" -> new float[] {3, 3, 3};
            case "div" -> new float[] {2, 2, 2};
            case "pow" -> new float[] {3, 12, 27};
            case "maximum" -> new float[] {0, 1, 1};
            case "minimum" -> new float[] {1, 0, 0};
            default -> new float[] {5, 6, 7};
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"mul", "div", "pow", "maximum", "minimum", "array"})
    void gradientsOutliveTheNumbersOfJava(String name) throws InterruptedException {
        float[] gradient = gradient(new float[] {1, 2, 3}, operation(name));
        for (int i = 0; i < gradient.length; i++) {
            assertThat(gradient[i]).isCloseTo(TERMS * expected(name)[i], within(1e-3f));
        }
    }

    @Test
    void numbersTakeTheTypeOfTheArray() {
        try (Arena arena = Arena.onCpu()) {
            assertThat(Owned.mul(arena.array(new double[] {1, 2}, 2), 0.1).toDoubleArray())
                    .containsExactly(0.1, 0.2);
            assertThat(Owned.mul(arena.array(new long[] {1L << 60}, 1), 2).toLongArray())
                    .containsExactly(1L << 61);
            assertThat(Owned.mul(arena.array(new int[] {5}, 1), 3).toIntArray()).containsExactly(15);
            assertThat(Owned.div(arena.array(new float[] {1}, 1), 3).toFloatArray())
                    .containsExactly(1 / 3f);
        }
    }

    /** A view of an array shares its memory. */
    @Test
    void viewsOutliveTheirArray() throws InterruptedException {
        try (Arena arena = Arena.onCpu()) {
            List<NDArray> views = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                views.add(arena.scoped(inner -> new NDList(
                                inner.array(new float[] {1, 2, 3, 4}, 4).reshape(2, 2)))
                        .head());
            }
            System.gc();
            Thread.sleep(50);
            List<ByteBuffer> others = new ArrayList<>();
            for (int i = 0; i < 5000; i++) {
                others.add(ByteBuffer.allocateDirect(4 * Float.BYTES).putFloat(0, 7777));
            }
            assertThat(others).hasSize(5000);
            assertThat(views).allSatisfy(view -> assertThat(view.toFloatArray()).containsExactly(1, 2, 3, 4));
        }
    }
}
