// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import com.google.gson.JsonParser;
import io.github.pointillist.models.Architecture.Recognised;
import io.github.pointillist.parity.GoldenRule;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.StateDict;
import io.github.pointillist.weights.StrictLoader;
import io.github.pointillist.weights.TensorEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Files of the graph models: which variant they hold, and the tables of relative positions in them. */
class GraphCheckpointTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden/gkgnet");

    /** A state dict as the official code would save it, its values by the rule of the golden cases. */
    private static <C extends Record> Checkpoint saved(Architecture<C> architecture, C config, boolean tables) {
        List<TensorEntry> entries = new ArrayList<>();
        architecture.build(config).parameters().forEach((name, parameter) -> {
            if (tables || !architecture.ignorable(name)) {
                entries.add(GoldenRule.tensor(name, parameter.shape().getShape()));
            }
        });
        return new Checkpoint(StateDict.of(entries), Map.of(), "state_dict", "", List.of());
    }

    @SuppressWarnings("unchecked")
    private static <C extends Record> Recognised<C> recognised(Checkpoint checkpoint) throws CheckpointException {
        return ((Architecture<C>) Architectures.of(checkpoint.weights())).recognise(checkpoint, null, null);
    }

    @Test
    void tellsOfficialVariantsFromTheirShapes() throws IOException {
        for (Architecture<VisionGnn.Config> family :
                List.of(VisionGnnArchitecture.ISOTROPIC, VisionGnnArchitecture.PYRAMID)) {
            String smallest = family.variants().keySet().iterator().next();
            VisionGnn.Config config = family.variants().get(smallest).withClasses(7);
            Recognised<VisionGnn.Config> found = recognised(saved(family, config, false));
            assertThat(found.variant()).isEqualTo(smallest);
            assertThat(found.config()).isEqualTo(config);
        }
        GkgNet.Config voc = GkgNet.TINY.withSidePx(224).withClasses(20);
        Recognised<GkgNet.Config> found = recognised(saved(GkgNetArchitecture.INSTANCE, voc, false));
        assertThat(found.variant()).isEqualTo("gkgnet_t_voc_224");
        assertThat(found.config()).isEqualTo(voc);
        assertThat(found.notes()).hasSize(2);
    }

    @Test
    void asksForAConfigurationWhereTheFileCannotSay() throws IOException {
        Checkpoint mini = Checkpoint.read(GOLDEN.resolve("checkpoint-mmcls.pth"));
        assertThat(Architectures.of(mini.weights()).id()).isEqualTo("gkgnet");
        assertThatThrownBy(() -> GkgNetArchitecture.INSTANCE.recognise(mini, null, null))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("1 x 8, 1 x 16, 2 x 24, 1 x 32")
                .hasMessageContaining("JSON configuration");
        assertThatThrownBy(() -> GkgNetArchitecture.INSTANCE.recognise(mini, "gkgnet_x", null))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("gkgnet_s_coco_576");
    }

    @Test
    void readsTheChoiceOfTheReference() {
        assertThat(GkgNetArchitecture.INSTANCE.fromJson(
                        JsonParser.parseString("{\"choice\": \"s\", \"size\": 576, \"n_classes\": 80}")
                                .getAsJsonObject()))
                .isEqualTo(GkgNet.SMALL);
        assertThatThrownBy(() -> GkgNetArchitecture.INSTANCE.fromJson(
                        JsonParser.parseString("{\"choice\": \"m\"}").getAsJsonObject()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("its choice is m; allowed are t and s");
        assertThatThrownBy(() -> VisionGnnArchitecture.ISOTROPIC.fromJson(
                        JsonParser.parseString("{\"blocks\": 2}").getAsJsonObject()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no k");
    }

    /** Two blocks of a stage share a table until a file gives one of them another; nothing is lost on the way. */
    @Test
    void tablesOfAFileReplaceThoseOfTheConstructor() throws IOException {
        VisionGnn.Config config = new VisionGnn.Config(
                true, List.of(3), List.of(8), List.of(2), List.of(2, 2, 2), List.of(1, 1, 1), 1, 16, 2);
        try (Arena arena = Arena.onCpu()) {
            Layer model = new VisionGnn(config);
            model.allocate(arena, DataType.FLOAT32);
            List<Parameter> tables = model.parameters().entrySet().stream()
                    .filter(entry -> entry.getKey().endsWith("relative_pos"))
                    .map(Map.Entry::getValue)
                    .toList();
            assertThat(tables).hasSize(3);
            NDArray built = tables.get(0).array();
            assertThat(tables.get(1).array()).isSameAs(built);
            float[] values = built.toFloatArray();
            int before = arena.arrays();

            StateDict file = saved(VisionGnnArchitecture.PYRAMID, config, true).weights();
            // The first and the last of the file alike, the other as the constructor makes it.
            file = file.with(file.get("backbone.0.0.relative_pos").withName("backbone.2.0.relative_pos"));
            file = file.with(TensorEntry.of("backbone.1.0.relative_pos", values, 1, 16, 4));
            StrictLoader.load(file, model);
            for (int i = 0; i < 3; i++) {
                assertThat(tables.get(i).array().toFloatArray())
                        .isEqualTo(file.get("backbone." + i + ".0.relative_pos").floats());
            }
            assertThat(tables.get(2).array()).isSameAs(tables.get(0).array());
            assertThat(arena.arrays()).isEqualTo(before + 1);

            tables.get(1).set(file.get("backbone.0.0.relative_pos").data(), DataType.FLOAT32);
            assertThat(tables.get(1).array()).isSameAs(tables.get(0).array());
            assertThat(arena.arrays()).as("the one nobody holds is freed").isEqualTo(before);
        }
    }

    /** The order and shapes of the official state dict. */
    @Test
    void namesAreTheOfficialOnes() throws IOException {
        for (String name : List.of("gkgnet_mini_ckpt", "pvig_mini_ckpt")) {
            boolean labels = name.startsWith("gkg");
            var config = JsonParser.parseString(
                            Files.readString(GOLDEN.resolve(name).resolve("case.json")))
                    .getAsJsonObject()
                    .getAsJsonObject("config");
            Layer model = labels
                    ? new GkgNet(GkgNetArchitecture.INSTANCE.fromJson(config))
                    : new VisionGnn(VisionGnnArchitecture.PYRAMID.fromJson(config));
            List<String> official = Files.readAllLines(GOLDEN.resolve(name).resolve("state_dict.csv")).stream()
                    .skip(1)
                    .map(line -> line.substring(0, line.lastIndexOf(',')))
                    .toList();
            List<String> own = model.parameters().entrySet().stream()
                    .map(entry -> entry.getKey() + ","
                            + String.join(
                                    "x",
                                    java.util.Arrays.stream(
                                                    entry.getValue().shape().getShape())
                                            .mapToObj(Long::toString)
                                            .toList()))
                    .toList();
            assertThat(own).containsExactlyInAnyOrderElementsOf(official);
        }
    }
}
