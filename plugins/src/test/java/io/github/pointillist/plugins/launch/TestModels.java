// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.Gson;
import com.google.gson.JsonObject;
import io.github.pointillist.catalog.ModelCard;
import io.github.pointillist.catalog.ModelCard.Segmentation;
import io.github.pointillist.catalog.ModelCard.Segmentation.Kind;
import io.github.pointillist.catalog.ModelFile;
import io.github.pointillist.catalog.ModelStore;
import io.github.pointillist.catalog.ModelStore.ImportOptions;
import io.github.pointillist.image.Interpolation;
import io.github.pointillist.layers.ContextClusterLayer.Denominator;
import io.github.pointillist.models.ContextCluster;
import io.github.pointillist.models.ContextClusterFpnArchitecture;
import io.github.pointillist.models.ConvNeXt;
import io.github.pointillist.models.KMaxDeepLab;
import io.github.pointillist.models.SemanticFpn;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.training.Initialisation;
import io.github.pointillist.training.TrainSegmenter;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.SafeTensors;
import io.github.pointillist.weights.StateDict;
import io.github.pointillist.weights.TensorEntry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Small checkpoints that the reference code wrote; they lie with the tests of the ops module. */
public final class TestModels {
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

    /**
     * Installs a model of bright objects in the folder in use: the segmentation network with weights set by hand, so that
     * foreground is what is brighter than medium grey and centre the same smoothed; the way to the centre is not told. For
     * objects of 12 pixels in pixels of 0.5 um.
     */
    public static void installObjects(String name) {
        try {
            StateDict weights = Checkpoint.read(SEGMENTATION).weights();
            StateDict four = weights.map(entry -> brightness(entry.name(), entry.shape()));
            Path work = Files.createTempDirectory("objects");
            Path file = work.resolve("four.safetensors");
            SafeTensors.write(four, Map.of(), file);
            JsonObject config = new Gson()
                    .fromJson(Files.readString(config(SEGMENTATION)), JsonObject.class)
                    .getAsJsonObject("config");
            config.addProperty("num_classes", 4);
            Path variant = Files.writeString(work.resolve("four.json"), config.toString());
            ModelStore.standard().install(file, name, ImportOptions.variant(variant.toString()));
            Path json = ModelStore.standard().root().resolve(name).resolve("model.json");
            JsonObject model = new Gson().fromJson(Files.readString(json), JsonObject.class);
            Segmentation how = new Segmentation(Kind.INSTANCES, 0.5, 12, 96, 24, 0.1, 99.9, false, 0.5, 0.3);
            model.getAsJsonObject("card").add("segmentation", new Gson().toJsonTree(how));
            Files.writeString(json, model.toString());
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

    /** Installs a panoptic network of two kinds of stuff and two of things, with random weights, in the folder in use. */
    static void installPanoptic(String name) {
        KMaxDeepLab.Config config = new KMaxDeepLab.Config(
                null,
                new ConvNeXt.Config(List.of(1, 1, 1, 1), List.of(4, 6, 8, 10), ConvNeXt.Padding.KMAX, 0),
                KMaxDeepLab.Features.FOUR,
                List.of(
                        new KMaxDeepLab.Stage(1, 8, true),
                        new KMaxDeepLab.Stage(1, 8, true),
                        new KMaxDeepLab.Stage(1, 4, false),
                        new KMaxDeepLab.Stage(1, 4, false)),
                List.of(1, 1, 1),
                6,
                32,
                4,
                KMaxDeepLab.Auxiliary.NONE,
                0,
                65,
                97);
        List<Float> half = List.of(0.5f, 0.5f, 0.5f);
        ModelCard card = new ModelCard(
                name,
                "kmax-deeplab",
                "custom",
                "segments",
                "panoptic segmentation",
                4,
                List.of("ground", "sky", "cell", "rod"),
                new ModelCard.Input(97, 65, 0, Interpolation.PIL_BILINEAR, half, half, "RGB"),
                null,
                null,
                null,
                "none",
                null,
                List.of(),
                null,
                new ModelCard.Panoptic(List.of(2, 3), 65, 0.34, 0, 0, 0.1, 1, 1));
        Random random = new Random(2);
        List<TensorEntry> entries = new ArrayList<>();
        new KMaxDeepLab(config).parameters().forEach((key, parameter) -> {
            long[] shape = parameter.shape().getShape();
            if (key.endsWith("num_batches_tracked")) {
                entries.add(TensorEntry.of(key, new long[1], shape));
                return;
            }
            float[] values = new float[(int) parameter.shape().size()];
            boolean one = shape.length == 1 && key.endsWith("weight") || key.endsWith("running_var");
            for (int i = 0; i < values.length; i++) {
                values[i] = shape.length > 1
                        ? (float) (random.nextGaussian() * Math.sqrt((double) shape[0] / values.length))
                        : one ? 1 : 0;
            }
            entries.add(TensorEntry.of(key, values, shape));
        });
        try {
            ModelFile.Origin origin =
                    new ModelFile.Origin("test", null, "made by a test", List.of(), Map.of(), List.of());
            ModelStore.standard().create(card, config, StateDict.of(entries), origin);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static TensorEntry brightness(String name, Shape official) {
        boolean outputs = name.startsWith("decode_head.conv_seg.");
        long[] shape = official.getShape();
        shape[0] = outputs ? 4 : shape[0];
        float[] values = new float[(int) new Shape(shape).size()];
        switch (name) {
            case "backbone.patch_embed.proj.weight" -> Arrays.fill(values, 0, 3 * 16, 1f / 48); // mean of a patch
            case "backbone.patch_embed.proj.bias" -> {
                values[1] = 10; // so large that they make the deviation that the norm divides by: 5
                values[2] = -10;
            }
            case "backbone.norm0.weight" -> Arrays.fill(values, 5);
            case "neck.lateral_convs.0.conv.weight" -> values[0] = 1;
            case "neck.fpn_convs.0.conv.weight" -> values[4] = 1; // the middle of 3 x 3
            case "decode_head.scale_heads.0.0.conv.weight" -> {
                values[4] = 1;
                Arrays.fill(values, 16 * 9, 16 * 9 + 9, 1f / 9);
            }
            case "decode_head.scale_heads.0.0.bn.bias" -> Arrays.fill(values, 4); // nothing is below 0
            case "decode_head.conv_seg.weight" -> {
                values[0] = 4;
                values[8 + 1] = 4;
            }
            case "decode_head.conv_seg.bias" -> Arrays.fill(values, 0, 2, -16);
            default -> Arrays.fill(values, name.matches(".*bn\\.(weight|running_var)") ? 1 : 0);
        }
        return TensorEntry.of(name, values, shape);
    }
}
