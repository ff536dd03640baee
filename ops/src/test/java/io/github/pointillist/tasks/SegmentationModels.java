// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import ai.djl.ndarray.types.DataType;
import com.google.gson.Gson;
import io.github.pointillist.catalog.ModelCard;
import io.github.pointillist.catalog.ModelCard.Segmentation;
import io.github.pointillist.catalog.ModelFile.Origin;
import io.github.pointillist.catalog.ModelStore;
import io.github.pointillist.catalog.ModelStore.ImportOptions;
import io.github.pointillist.models.ContextCluster;
import io.github.pointillist.models.ContextClusterFpnArchitecture;
import io.github.pointillist.models.SemanticFpn;
import io.github.pointillist.parity.GoldenRule;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.weights.SafeTensors;
import io.github.pointillist.weights.StateDict;
import io.github.pointillist.weights.TensorEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Very small segmentation models with weights from a rule, which have learned nothing. */
public final class SegmentationModels {
    private static final String ID = "coc-semantic-fpn";

    private SegmentationModels() {}

    /** A Semantic FPN on a Context Cluster of four stages of few channels. */
    public static ContextClusterFpnArchitecture.Config config(int channels, int outputs) {
        ContextCluster.Config backbone = new ContextCluster.Config(
                List.of(1, 1, 1, 1),
                List.of(channels, channels, channels, channels),
                List.of(2, 2, 2, 2),
                List.of(4, 2, 1, 1),
                List.of(2, 2, 2, 2),
                channels / 2,
                List.of(2, 2, 2, 2),
                ContextCluster.TINY.denominator(),
                0);
        return new ContextClusterFpnArchitecture.Config(
                backbone, new SemanticFpn.Config(channels, channels, 0, outputs));
    }

    /**
     * Installs one.
     *
     * @param segmentation what its card says; null for a published model, which is imported from a file
     */
    public static void install(
            ModelStore store,
            Path scratch,
            String name,
            ContextClusterFpnArchitecture.Config config,
            Segmentation segmentation)
            throws IOException {
        StateDict weights = weights(config);
        if (segmentation == null) {
            Path file = scratch.resolve(name + ".safetensors");
            SafeTensors.write(
                    weights,
                    Map.of("pointillist.architecture", ID, "pointillist.config", new Gson().toJson(config)),
                    file);
            store.install(file, name, ImportOptions.AUTOMATIC);
            return;
        }
        ModelCard card = new ModelCard(
                name,
                ID,
                "custom",
                "untrained, for tests",
                "instance segmentation",
                config.head().classes(),
                List.of(),
                ModelCard.Input.imageNet(segmentation.windowPx(), segmentation.windowPx(), 0),
                null,
                null,
                null,
                null,
                null,
                List.of(),
                segmentation);
        Origin origin = new Origin("none", "", "made by a rule", List.of(), Map.of(), List.of());
        store.create(card, config, weights, origin);
    }

    private static StateDict weights(ContextClusterFpnArchitecture.Config config) {
        SemanticFpn model = new ContextClusterFpnArchitecture().build(config);
        List<TensorEntry> entries = new ArrayList<>();
        try (Arena arena = Arena.onCpu()) {
            model.allocate(arena, DataType.FLOAT32);
            GoldenRule.fill(model);
            for (Map.Entry<String, Parameter> one : model.parameters().entrySet()) {
                long[] shape = one.getValue().shape().getShape();
                entries.add(
                        one.getValue().array().getDataType().isFloating()
                                ? TensorEntry.of(
                                        one.getKey(), one.getValue().array().toFloatArray(), shape)
                                : TensorEntry.of(
                                        one.getKey(), one.getValue().array().toLongArray(), shape));
            }
        }
        return StateDict.of(entries);
    }
}
