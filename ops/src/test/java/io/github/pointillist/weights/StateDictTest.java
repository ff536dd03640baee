// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class StateDictTest {
    private static final TensorEntry A = TensorEntry.of("a.x", new float[] {1, 2}, 2);
    private static final TensorEntry B = TensorEntry.of("b.x", new long[] {3}, 1);
    private static final StateDict DICT = StateDict.of(A, B);

    private static TensorEntry entry(DataType type, int count, ByteBuffer data) {
        return new TensorEntry("t", type, new Shape(count), data);
    }

    private static ByteBuffer bytes(int... values) {
        ByteBuffer data = ByteBuffer.allocate(values.length);
        for (int value : values) {
            data.put((byte) value);
        }
        return data.flip();
    }

    @Test
    void keepsOrderAndRefusesTwoOfAName() {
        assertThat(DICT.names()).containsExactly("a.x", "b.x");
        assertThat(DICT.rename(name -> "m." + name).names()).containsExactly("m.a.x", "m.b.x");
        assertThat(DICT.filter(name -> name.startsWith("b")).names()).containsExactly("b.x");
        assertThat(DICT.under("a.").names()).containsExactly("x");
        assertThat(DICT.with(TensorEntry.of("a.x", new float[] {5}, 1)).names()).containsExactly("a.x", "b.x");
        assertThat(DICT.map(TensorEntry::toFloat32).get("b.x").dtype()).isEqualTo(DataType.FLOAT32);
        assertThatThrownBy(() -> DICT.rename(name -> "x"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("two entries are named 'x'");
        assertThatThrownBy(() -> DICT.get("c")).hasMessageContaining("there are 2: ['a.x', 'b.x']");
        assertThatThrownBy(() -> DICT.asMap().clear()).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void dataAreReadOnlyAndHaveAPositionOfTheirOwn() {
        A.data().getFloat();
        assertThat(A.data().getFloat()).isEqualTo(1);
        assertThat(A.data().order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
        assertThat(A.data().isReadOnly()).isTrue();
        assertThatThrownBy(() -> entry(DataType.FLOAT32, 2, ByteBuffer.allocate(4)))
                .hasMessageContaining("takes 8 bytes; 4 given");
        assertThatThrownBy(() -> entry(DataType.COMPLEX64, 1, ByteBuffer.allocate(8)))
                .hasMessageContaining("allowed are");
        assertThat(A.withShape(1, 2).shape()).isEqualTo(new Shape(1, 2));
        assertThatThrownBy(() -> A.withShape(3)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void convertsEveryType() {
        assertThat(entry(DataType.FLOAT16, 7, bytes(0, 0x3C, 0, 0xC1, 1, 0, 0xFF, 0x7B, 0, 0x7C, 0, 0x80, 1, 0x80))
                        .floats())
                .containsExactly(1, -2.5f, 0x1p-24f, 65504, Float.POSITIVE_INFINITY, -0.0f, -0x1p-24f);
        assertThat(entry(DataType.FLOAT16, 1, bytes(0, 0x7E)).floats()[0]).isNaN();
        assertThat(entry(DataType.BFLOAT16, 2, bytes(0x80, 0x3F, 0x20, 0xC0)).doubles())
                .containsExactly(1, -2.5);
        assertThat(entry(DataType.UINT8, 2, bytes(0, 255)).longs()).containsExactly(0, 255);
        assertThat(entry(DataType.INT8, 2, bytes(127, 128)).floats()).containsExactly(127, -128);
        assertThat(entry(DataType.BOOLEAN, 3, bytes(0, 1, 2)).longs()).containsExactly(0, 1, 1);
        assertThat(entry(DataType.UINT16, 1, bytes(255, 255)).longs()).containsExactly(65535);
        assertThat(entry(DataType.INT16, 1, bytes(255, 255)).doubles()).containsExactly(-1);
        assertThat(entry(DataType.UINT32, 1, bytes(255, 255, 255, 255)).doubles())
                .containsExactly(4294967295.0);
        assertThat(entry(DataType.INT32, 1, bytes(255, 255, 255, 255)).longs()).containsExactly(-1);
        ByteBuffer all = bytes(255, 255, 255, 255, 255, 255, 255, 255);
        assertThat(entry(DataType.UINT64, 1, all.duplicate()).doubles()).containsExactly(0x1p64);
        assertThat(entry(DataType.UINT64, 1, all.duplicate()).floats()).containsExactly(0x1p64f);
        assertThat(entry(DataType.INT64, 1, all.duplicate()).floats()).containsExactly(-1);
        assertThat(TensorEntry.of("d", new double[] {0.1}, 1).floats()).containsExactly(0.1f);
        assertThatThrownBy(A::longs).isInstanceOf(IllegalStateException.class).hasMessageContaining("integers");
    }
}
