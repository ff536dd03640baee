// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.parity.GoldenRule;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Pass;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The convolution of joined maps against resizing and joining them first. */
class JoinedConvNormReluTest {
    private static final List<Integer> IN = List.of(3, 5, 2);
    private static final int OUT = 4;

    private final Arena arena = Arena.onCpu();

    @AfterEach
    void free() {
        arena.close();
    }

    private NDArray map(String name, long... shape) {
        int size = (int) new Shape(shape).size();
        return arena.array(GoldenRule.u(name, size), shape).toType(DataType.FLOAT64, false);
    }

    private JoinedConvNormRelu filled() {
        JoinedConvNormRelu conv = new JoinedConvNormRelu(IN, OUT);
        conv.allocate(arena, DataType.FLOAT64);
        GoldenRule.fill(conv);
        return conv;
    }

    /** The sizes of the maps that are resized: coarser, finer, equal, one point wide, and not in proportion. */
    @ParameterizedTest
    @CsvSource({
        "7, 9, 4, 5",
        "8, 12, 4, 6",
        "7, 9, 7, 9",
        "7, 9, 1, 1",
        "2, 3, 6, 6",
        "1, 1, 3, 3",
        "5, 4, 2, 8",
        "1, 6, 1, 3"
    })
    void equalsTheConvolutionOfJoinedMaps(long h, long w, long y, long x) {
        NDList maps = new NDList(map("a", 2, h, w, 3), map("b", 2, y, x, 5), map("c", 2, (y + 1) / 2, (x + 1) / 2, 2));
        JoinedConvNormRelu conv = filled();
        ConvNormRelu plain = new ConvNormRelu(10, OUT);
        plain.allocate(arena, DataType.FLOAT64);
        GoldenRule.fill(plain);
        assertThat(conv.parameters().keySet())
                .containsExactlyElementsOf(plain.parameters().keySet());
        NDList resized = new NDList();
        maps.forEach(map -> resized.add(Resize.bilinear(map, h, w)));
        NDArray expected = plain.apply(NDArrays.concat(resized, 3), Pass.inference());
        // Twice: the second time with what was kept of the weights.
        for (int i = 0; i < 2; i++) {
            NDArray joined = conv.join(maps, Pass.inference());
            assertThat(joined.getShape()).isEqualTo(new Shape(2, h, w, OUT));
            assertThat(joined.sub(expected).abs().max().getDouble()).isLessThan(1e-13);
        }
    }

    @Test
    void refusesAnotherNumberOfMaps() {
        assertThatThrownBy(() -> filled().join(new NDList(map("a", 1, 2, 2, 3)), Pass.inference()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1 maps given to a convolution of 3 joined maps");
    }
}
