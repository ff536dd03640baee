// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;
import java.util.List;
import org.junit.jupiter.api.Test;

class GoldenRuleTest {
    @Test
    void givesTheCheckValuesOfTheRule() {
        assertThat(GoldenRule.hash("input")).isEqualTo(0x1ebbae8f5810b65bL);
        assertThat(GoldenRule.u("input", 3))
                .containsExactly(-0.8043633699417114f, 0.30472075939178467f, -0.5927515029907227f);
        assertThat(GoldenRule.image("input", 1, 3).floats()).containsExactly(GoldenRule.u("input", 3));
        assertThat(GoldenRule.tensor("a.weight", 2, 3).floats())
                .containsExactly(0.34106363f, -0.54166114f, 0.80666769f, 0.95455921f, -0.91397202f, -0.54326427f);
    }

    @Test
    void followsTheTableOfNamesAndShapes() {
        assertThat(GoldenRule.tensor("bn.num_batches_tracked").dtype()).isEqualTo(DataType.INT64);
        assertThat(GoldenRule.tensor("bn.num_batches_tracked").longs()).containsExactly(0);
        assertBetween(GoldenRule.tensor("bn.running_var", 100).floats(), 0.5f, 1.5f);
        assertBetween(GoldenRule.tensor("bn.running_mean", 100).floats(), -0.1f, 0.1f);
        assertBetween(GoldenRule.tensor("norm.weight", 100).floats(), 0.9f, 1.1f);
        assertBetween(GoldenRule.tensor("norm.bias", 100).floats(), -0.1f, 0.1f);
        assertBetween(GoldenRule.tensor("layer_scale_1", 100).floats(), 0.4f, 0.6f);
        assertBetween(GoldenRule.tensor("alpha").floats(), 0.4f, 0.6f);
        float bound = (float) Math.sqrt(3.0 / (3 * 4 * 4));
        assertBetween(GoldenRule.tensor("conv.bias", 2, 3, 4, 4).floats(), -bound, bound);
    }

    private static final class Toy extends Layer {
        Toy() {
            weight("a.weight", 2, 3);
            buffer("num_batches_tracked", DataType.INT64);
            buffer("index", DataType.INT64, 2);
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            return x;
        }
    }

    @Test
    void fillsALayerOfEitherPrecisionWithTheSameValues() {
        float[] expected = GoldenRule.tensor("a.weight", 2, 3).floats();
        for (DataType type : List.of(DataType.FLOAT32, DataType.FLOAT64)) {
            try (Arena arena = Arena.onCpu()) {
                Toy toy = new Toy();
                toy.allocate(arena, type);
                assertThatThrownBy(() -> GoldenRule.fill(toy)).hasMessageContaining("no values for index");
                GoldenRule.fill(toy, "index"::equals, name -> name.equals("a.weight") ? 0.25 : 1);
                double[] filled = new double[6];
                try (NDArray wide = toy.parameters().get("a.weight").array().toType(DataType.FLOAT64, true)) {
                    System.arraycopy(wide.toDoubleArray(), 0, filled, 0, 6);
                }
                for (int i = 0; i < 6; i++) {
                    assertThat(filled[i]).isEqualTo(0.25f * expected[i]);
                }
            }
        }
    }

    private static void assertBetween(float[] values, float low, float high) {
        for (float value : values) {
            assertThat(value).isBetween(low, high);
        }
    }
}
