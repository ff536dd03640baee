// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import com.google.gson.Gson;
import com.google.gson.JsonObject;
import io.github.pointillist.catalog.ModelStore.ImportOptions;
import io.github.pointillist.models.Architecture;
import io.github.pointillist.models.Architectures;
import io.github.pointillist.models.SemanticSegmenter;
import io.github.pointillist.parity.GoldenRule;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;
import io.github.pointillist.weights.SafeTensors;
import io.github.pointillist.weights.StateDict;
import io.github.pointillist.weights.TensorEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Heads on small backbones: a file with mmsegmentation's names in, out and in again. */
class SegmenterStoreTest {
    private static final String COC =
            "layers: [1, 1], embed_dims: [8, 12], proposals: [2, 2], fold: [2, 1], heads: [2, 2], head_dim: 4,"
                    + " mlp_ratios: [2, 2], fork_feat: true, num_classes: 5";
    private static final String SECVIT =
            "embed_dims: [8, 16], depths: [1, 2], num_heads: [2, 2], num_clusters: [4, 2], mlp_ratios: [2, 1],"
                    + " num_classes: 5, drop_path_rate: 0.25";
    private static final String FPN = "neck_channels: 6, head_channels: 4";
    private static final String UPERNET =
            "channels: 6, pool_scales: [1, 3], aux_in_index: 0, aux_channels: 4, aux_num_convs: 1";

    @TempDir
    Path dir;

    @ParameterizedTest
    @CsvSource({"coc-semantic-fpn", "coc-upernet", "secvit-semantic-fpn", "secvit-upernet"})
    void aRoundTripKeepsEveryBit(String id) throws IOException {
        String text =
                "{" + (id.startsWith("coc") ? COC : SECVIT) + ", " + (id.endsWith("upernet") ? UPERNET : FPN) + "}";
        JsonObject json = new Gson().fromJson(text, JsonObject.class);
        Path config = Files.writeString(dir.resolve("config.json"), json.toString());
        Path file = dir.resolve("given.safetensors");
        SafeTensors.write(state(Architectures.byId(id), json), Map.of(), file);
        ModelStore store = new ModelStore(dir.resolve("models"));
        ModelFile first = store.install(file, "first", ImportOptions.variant(config.toString()));
        assertThat(first.architecture().id()).isEqualTo(id);
        assertThat(first.card().task()).isEqualTo("semantic segmentation");
        assertThat(first.card().classes()).isEqualTo(5);
        Path exported = dir.resolve("exported.safetensors");
        store.export("first", exported);
        ModelFile second = store.install(exported, "second", ImportOptions.AUTOMATIC);
        assertThat(second.config()).isEqualTo(first.config());
        try (Arena scope = Arena.onCpu();
                LoadedModel a = store.load("first", null, Device.cpu());
                LoadedModel b = store.load("second", null, Device.cpu())) {
            NDArray image = scope.array(GoldenRule.u("input", 3 * 32 * 48), 1, 3, 32, 48);
            assertThat(a.as(SemanticSegmenter.class, "segments nothing").classes())
                    .isEqualTo(5);
            float[] expected = a.layer().apply(image, Pass.inference()).toFloatArray();
            assertThat(expected).hasSize(5 * 8 * 12);
            assertThat(b.layer().apply(image, Pass.inference()).toFloatArray()).containsExactly(expected);
            a.run(image, Pass.inference());
            Layer same = b.layer();
            a.layer().parameters().forEach((name, parameter) -> assertThat(parameter
                            .array()
                            .contentEquals(same.parameters().get(name).array()))
                    .as(name)
                    .isTrue());
        }
    }

    /** By the rule, but for what the constructor computes. */
    private static <C extends Record> StateDict state(Architecture<C> family, JsonObject json) {
        try (Arena arena = Arena.onCpu()) {
            Layer model = family.build(family.fromJson(json));
            model.allocate(arena, DataType.FLOAT32);
            List<TensorEntry> entries = new ArrayList<>();
            model.parameters().forEach((name, parameter) -> {
                long[] shape = parameter.shape().getShape();
                entries.add(
                        name.contains("RoPE")
                                ? TensorEntry.of(name, parameter.array().toFloatArray(), shape)
                                : GoldenRule.tensor(name, shape));
            });
            return StateDict.of(entries);
        }
    }
}
