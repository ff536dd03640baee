// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.parity;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.types.DataType;
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

    private static void assertBetween(float[] values, float low, float high) {
        for (float value : values) {
            assertThat(value).isBetween(low, high);
        }
    }
}
