// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import ai.djl.ndarray.types.DataType;
import io.github.pointillist.catalog.ModelCard;
import io.github.pointillist.catalog.ModelFile;
import io.github.pointillist.catalog.ModelStore;
import io.github.pointillist.catalog.ModelStore.ImportOptions;
import io.github.pointillist.layers.ContextClusterLayer.Denominator;
import io.github.pointillist.models.ContextCluster;
import io.github.pointillist.models.ContextClusterFpnArchitecture;
import io.github.pointillist.models.SemanticFpn;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.training.Initialisation;
import io.github.pointillist.training.TrainSegmenter;
import io.github.pointillist.weights.StateDict;
import io.github.pointillist.weights.TensorEntry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Small checkpoints that the reference code wrote; they lie with the tests of the ops module. */
final class TestModels {
    private static final Path GOLDEN = Path.of("..", "ops", "src", "test", "resources", "golden");

    /** A classifier of 10 classes without names, for images of any size. */
    static final Path IMAGES = GOLDEN.resolve("coc/checkpoint-timm.pth.tar");

    /** A classifier of clouds of points, 15 classes, made for 128 points. */
    static final Path POINTS = GOLDEN.resolve("coc/checkpoint-points.pth");

    /** A network for semantic segmentation, which gives no classes to images. */
    static final Path SEGMENTATION = GOLDEN.resolve("coc/checkpoint-mmseg.pth");

    /** A classifier of 10 classes whose last stage has affinities: a small CONTAINER with 4 heads. */
    static final Path AFFINITIES = GOLDEN.resolve("container/checkpoint-deit.pth");

    private TestModels() {}

    /** The configuration of a checkpoint, for {@code --variant}. */
    static Path config(Path checkpoint) {
        String stem = checkpoint.getFileName().toString().replaceAll("\\.(pth\\.tar|pth)$", "");
        return checkpoint
                .resolveSibling(stem)
                .resolve("case.json")
                .toAbsolutePath()
                .normalize();
    }

    /** Makes an empty folder of models the one in use; {@link #forget} after the test. */
    static ModelStore use(Path folder) {
        System.setProperty(ModelStore.PROPERTY, folder.toString());
        return ModelStore.standard();
    }

    static void forget() {
        System.clearProperty(ModelStore.PROPERTY);
    }

    /** Installs a checkpoint in the folder in use. */
    static void install(Path checkpoint, String name) {
        try {
            ModelStore.standard()
                    .install(
                            checkpoint,
                            name,
                            ImportOptions.variant(config(checkpoint).toString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Installs a network for objects of 16 pixels, of a few thousand weights drawn at random, in the folder in use. */
    static void installSegmenter(String name) {
        ContextClusterFpnArchitecture.Config config = new ContextClusterFpnArchitecture.Config(
                new ContextCluster.Config(
                        List.of(1, 1),
                        List.of(8, 12),
                        List.of(2, 2),
                        List.of(2, 1),
                        List.of(1, 1),
                        8,
                        List.of(2, 2),
                        Denominator.SIMILARITY,
                        0),
                new SemanticFpn.Config(8, 8, 0, 4));
        ModelCard card = new ModelCard(
                name,
                "coc-semantic-fpn",
                "custom",
                "objects",
                "instance segmentation",
                4,
                TrainSegmenter.OBJECT_OUTPUTS,
                ModelCard.Input.imageNet(64, 64, 0),
                null,
                null,
                null,
                "none",
                null,
                List.of(),
                new ModelCard.Segmentation(
                        ModelCard.Segmentation.Kind.INSTANCES, 0, 16, 64, 16, 1, 99.8, true, 0.5, 0.3));
        try (Arena arena = Arena.onCpu()) {
            Layer layer = new ContextClusterFpnArchitecture().build(config);
            layer.allocate(arena, DataType.FLOAT32);
            Initialisation.fill(layer, 3);
            List<TensorEntry> entries = new ArrayList<>();
            layer.parameters().forEach((key, parameter) -> {
                long[] shape = parameter.shape().getShape();
                entries.add(
                        parameter.array().getDataType() == DataType.FLOAT32
                                ? TensorEntry.of(key, parameter.array().toFloatArray(), shape)
                                : TensorEntry.of(key, parameter.array().toLongArray(), shape));
            });
            ModelFile.Origin origin =
                    new ModelFile.Origin("test", null, "made by a test", List.of(), Map.of(), List.of());
            ModelStore.standard().create(card, config, StateDict.of(entries), origin);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
