// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StrictLoaderTest {
    private static final class Toy extends Layer {
        Toy(int extra) {
            weight("weight", 2, 2);
            buffer("num_batches_tracked", DataType.INT64);
            for (int i = 0; i < extra; i++) {
                weight("extra" + i, 1);
            }
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            return x;
        }
    }

    private static final TensorEntry WEIGHT = TensorEntry.of("weight", new float[] {1, 2, 3, 4}, 2, 2);
    private static final TensorEntry COUNT = TensorEntry.of("num_batches_tracked", new long[] {9});

    private static double[] values(Layer layer, String name) {
        NDArray array = layer.parameters().get(name).array();
        try (NDArray wide = array.toType(DataType.FLOAT64, true)) {
            return wide.toDoubleArray();
        }
    }

    @Test
    void copiesEveryTypeIntoFloat32AndFloat64() throws IOException {
        ByteBuffer halves = ByteBuffer.wrap(new byte[] {0, 0x3C, 0, 0x40, 0, 0x42, 0, 0x44});
        TensorEntry half = new TensorEntry("weight", DataType.FLOAT16, new Shape(2, 2), halves);
        ByteBuffer shorts = ByteBuffer.wrap(new byte[] {1, 0, 2, 0, 3, 0, 4, 0});
        TensorEntry unsigned = new TensorEntry("weight", DataType.UINT16, new Shape(2, 2), shorts);
        TensorEntry wide = TensorEntry.of("weight", new double[] {1, 2, 3, 4}, 2, 2);
        for (DataType type : List.of(DataType.FLOAT32, DataType.FLOAT64)) {
            for (TensorEntry entry : List.of(WEIGHT, half, unsigned, wide)) {
                try (Arena arena = Arena.onCpu()) {
                    Toy toy = new Toy(0);
                    toy.allocate(arena, type);
                    StrictLoader.Report report = StrictLoader.load(StateDict.of(entry, COUNT), toy);
                    assertThat(values(toy, "weight")).containsExactly(1, 2, 3, 4);
                    assertThat(values(toy, "num_batches_tracked")).containsExactly(9);
                    assertThat(report.ignored()).isEmpty();
                    assertThat(report.keptAsBuilt()).isEmpty();
                }
            }
        }
    }

    @Test
    void listsAllThatDoesNotFitAndChangesNothing() {
        try (Arena arena = Arena.onCpu()) {
            Toy toy = new Toy(12);
            toy.allocate(arena, DataType.FLOAT32);
            StateDict weights = StateDict.of(
                    WEIGHT, TensorEntry.of("num_batches_tracked", new long[2], 2), COUNT.withName("other"));
            assertThatThrownBy(() -> StrictLoader.load(weights, toy))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessage("the weights do not fit the model: 12 missing (extra0, extra1, extra2, extra3, extra4,"
                            + " extra5, extra6, extra7, extra8, extra9, ...); 1 unexpected ('other'); 1 of another"
                            + " shape (num_batches_tracked (2) for ())");
            assertThat(values(toy, "weight")).containsExactly(0, 0, 0, 0);
        }
    }

    @Test
    void reportsWhatItWasToldToIgnore() throws IOException {
        try (Arena arena = Arena.onCpu()) {
            Toy toy = new Toy(1);
            toy.allocate(arena, DataType.FLOAT32);
            List<TensorEntry> entries = new ArrayList<>(List.of(WEIGHT, COUNT, COUNT.withName("fea_pos")));
            StrictLoader.Report report = StrictLoader.load(
                    StateDict.of(entries), toy, name -> name.equals("fea_pos") || name.equals("extra0"));
            assertThat(report.ignored()).containsExactly("fea_pos");
            assertThat(report.keptAsBuilt()).containsExactly("extra0");
            assertThat(values(toy, "weight")).containsExactly(1, 2, 3, 4);
        }
    }
}
