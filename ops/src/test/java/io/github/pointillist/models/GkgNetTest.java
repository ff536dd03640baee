// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import com.google.gson.Gson;
import io.github.pointillist.models.GkgNet.Config;
import io.github.pointillist.models.GroupingModel.Groups;
import io.github.pointillist.models.GroupingModel.Level;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Pass;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GkgNetTest {
    private static final Config SMALL =
            new Config(List.of(1, 2), List.of(8, 16), List.of(2, 1), 3, 2, 2, 4, 32, 5, false);

    private final Arena weights = Arena.onCpu();
    private final Arena arrays = Arena.onCpu();

    @AfterEach
    void free() {
        arrays.close();
        weights.close();
    }

    private GkgNet seeded(DataType type) {
        return ModelChecks.seeded(new GkgNet(SMALL), weights, type);
    }

    @Test
    void gradientsEqualCentralDifferences() {
        GkgNet model = ModelChecks.seeded(
                new GkgNet(new Config(List.of(1, 2), List.of(8, 16), List.of(2, 1), 2, 2, 2, 4, 16, 3, false)),
                weights,
                DataType.FLOAT64);
        ModelChecks.assertGradients(model, ModelChecks.input(arrays, 1, 1, 3, 16, 16), Pass.inference(), model::apply);
    }

    @Test
    void forwardLeavesNothingBehind() {
        GkgNet model = seeded(DataType.FLOAT32);
        NDArray x = ModelChecks.input(arrays, 1, 2, 3, 32, 32).toType(DataType.FLOAT32, false);
        ModelChecks.assertNoLeak(model, x, arrays);
    }

    @Test
    void aBatchEqualsItsSamples() {
        NDArray together = ModelChecks.assertBatchEqualsItsSamples(
                seeded(DataType.FLOAT64), ModelChecks.input(arrays, 1, 3, 3, 32, 32)); // (3, 5)
        assertThat(ModelChecks.difference(together.get("0:1"), together.get("1:2")))
                .as("the samples differ")
                .isGreaterThan(1e-3);
    }

    @Test
    void groupsSayWhichGroupsTakeAPoint() {
        GkgNet model = new GkgNet(SMALL);
        // Stage 1 has 4 x 4 points; class 3 takes these two in each of four groups.
        long[] edges = new long[4 * 5 * 2];
        long[][] taken = {{0, 5}, {5, 15}, {5, 6}, {1, 0}};
        for (int g = 0; g < 4; g++) {
            System.arraycopy(taken[g], 0, edges, (g * 5 + 3) * 2, 2);
        }
        NDArray tapped = arrays.array(edges, 4, 5, 2);
        Groups all = model.groups(level(model, "1.3"), tapped, 32, 32);
        assertThat(all.groups()).isEqualTo(15);
        assertThat(all.width()).isEqualTo(4);
        assertThat(all.ids()).containsExactly(8, 7, -1, -1, -1, 6, 3, -1, -1, -1, -1, -1, -1, -1, -1, 1);
        Groups one = model.groups(level(model, "1.3.2"), tapped, 32, 32);
        assertThat(one.groups()).isEqualTo(1);
        assertThat(one.ids()).containsExactly(-1, -1, -1, -1, -1, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    }

    private static Level level(GkgNet model, String name) {
        return model.levels().stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void levelsHaveNamesOfTheirOwn() {
        List<Level> levels = new GkgNet(SMALL).levels();
        assertThat(levels).hasSize(2 * 5 * 5);
        assertThat(levels.stream().map(Level::name).distinct()).hasSize(levels.size());
    }

    @Test
    void classesDoNotExcludeOneAnother() {
        GkgNet model = new GkgNet(SMALL);
        assertThat(model.multiLabel()).isTrue();
        assertThat(model.inputSizes()).isEqualTo(InputSizes.fixed(32, 32));
    }

    @Test
    void refusesMoreNeighboursThanPoints() {
        assertThatThrownBy(() -> new Config(List.of(1, 2), List.of(8, 16), List.of(2, 1), 3, 17, 2, 2, 32, 5, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("17 neighbours")
                .hasMessageContaining("16 points");
    }

    @Test
    void configurationsSurviveGson() {
        Gson gson = new Gson();
        assertThat(gson.fromJson(gson.toJson(GkgNet.TINY), Config.class)).isEqualTo(GkgNet.TINY);
        assertThatThrownBy(() -> gson.fromJson("{}", Config.class))
                .hasRootCauseInstanceOf(IllegalArgumentException.class);
    }
}
