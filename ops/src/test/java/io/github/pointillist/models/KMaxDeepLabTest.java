// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonParser;
import io.github.pointillist.models.KMaxDeepLab.Auxiliary;
import io.github.pointillist.models.KMaxDeepLab.Config;
import io.github.pointillist.models.KMaxDeepLab.Features;
import io.github.pointillist.models.KMaxDeepLab.Stage;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Pass;
import io.github.pointillist.tensor.Taps;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.StateDict;
import io.github.pointillist.weights.StrictLoader;
import io.github.pointillist.weights.TensorEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KMaxDeepLabTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden/kmax");
    private static final List<Stage> STAGES =
            List.of(new Stage(1, 8, true), new Stage(1, 8, true), new Stage(1, 4, false), new Stage(1, 4, false));
    private static final Config TINY = new Config(
            null,
            new ConvNeXt.Config(List.of(1, 1, 1, 1), List.of(4, 6, 8, 10), ConvNeXt.Padding.KMAX, 0),
            Features.FOUR,
            STAGES,
            List.of(1, 0, 1),
            5,
            32,
            3,
            Auxiliary.DECODER,
            0,
            33,
            49);

    private final Arena weights = Arena.onCpu();
    private final Arena arrays = Arena.onCpu();

    @AfterEach
    void free() {
        arrays.close();
        weights.close();
    }

    private KMaxDeepLab model(Config config, DataType type) {
        return ModelChecks.seeded(new KMaxDeepLab(config), weights, type);
    }

    private static NDArray joined(NDList all) {
        NDArray one = all.get(0).flatten();
        for (int i = 1; i < all.size(); i++) {
            one = one.concat(all.get(i).flatten(), 0);
        }
        return one;
    }

    @Test
    void parametersCountAsTheReadmeSays() {
        assertThat(count(KMaxDeepLab.COCO_R50)).isEqualTo(72.44);
        assertThat(count(KMaxDeepLab.COCO_R50.withAuxiliary(Auxiliary.NONE))).isEqualTo(56.58);
        assertThat(count(KMaxDeepLab.COCO_CONVNEXT_T)).isEqualTo(67.27);
        assertThat(count(KMaxDeepLab.COCO_CONVNEXT_S)).isEqualTo(88.90);
        assertThat(count(KMaxDeepLab.COCO_CONVNEXT_B)).isEqualTo(129.75);
        assertThat(count(KMaxDeepLab.COCO_CONVNEXT_L)).isEqualTo(243.88);
        assertThat(count(KMaxDeepLab.CITYSCAPES_R50)).isEqualTo(56.98);
        assertThat(count(KMaxDeepLab.CITYSCAPES_CONVNEXT_L)).isEqualTo(232.10);
        assertThat(count(KMaxDeepLab.ADE20K_R50)).isEqualTo(72.47);
        assertThat(count(KMaxDeepLab.ADE20K_CONVNEXT_L)).isEqualTo(243.92);
    }

    /** Trained parameters in millions, two decimals. */
    private static double count(Config config) {
        long count = new KMaxDeepLab(config)
                .parameters().values().stream()
                        .filter(parameter -> parameter.trainable())
                        .mapToLong(parameter -> parameter.shape().size())
                        .sum();
        return Math.round(count / 1e4) / 100.0;
    }

    @Test
    void namesAreTheOfficialOnesInTheirOrder() throws IOException {
        for (String name : List.of("tiny-convnext-even-64x64", "tiny-r50-cityscapes-65x33")) {
            List<String> official = Files.readAllLines(GOLDEN.resolve(name).resolve("state_dict.csv")).stream()
                    .skip(1)
                    .map(line -> line.split(",")[0])
                    .toList();
            Config config = config(name);
            assertThat(new KMaxDeepLab(config).parameters().keySet()).containsExactlyElementsOf(official);
        }
    }

    @Test
    void outputsHaveTheirShapes() {
        KMaxDeepLab model = model(TINY, DataType.FLOAT32);
        NDArray x = ModelChecks.input(arrays, 1, 2, 3, 33, 49).toType(DataType.FLOAT32, false);
        NDList out = model.predict(x, Pass.inference());
        assertThat(out).extracting(NDArray::getShape).containsExactly(new Shape(2, 9, 13, 5), new Shape(2, 5, 4));
        NDList all = model.predictAll(x, Pass.training());
        assertThat(all)
                .extracting(NDArray::getShape)
                .containsExactly(
                        new Shape(2, 9, 13, 5),
                        new Shape(2, 5, 4),
                        new Shape(2, 9, 13, 16),
                        new Shape(2, 2, 2, 5),
                        new Shape(2, 5, 4),
                        new Shape(2, 2, 2, 16),
                        new Shape(2, 5, 7, 5),
                        new Shape(2, 5, 4),
                        new Shape(2, 5, 7, 16),
                        new Shape(2, 9, 13, 4));
    }

    @Test
    void everyStepShowsItsClusters() {
        KMaxDeepLab model = model(TINY, DataType.FLOAT32);
        assertThat(model.levels()).extracting(GroupingModel.Level::name).containsExactly("0.0", "2.0", "3.0");
        assertThat(model.levels())
                .extracting(GroupingModel.Level::description)
                .containsExactly(
                        "k-means step 0, on pixels 32 apart: 5 clusters",
                        "k-means step 1, on pixels 8 apart: 5 clusters",
                        "final masks, 4 pixels apart: 5 clusters");
        NDArray x = ModelChecks.input(arrays, 1, 1, 3, 33, 49).toType(DataType.FLOAT32, false);
        Taps taps = new Taps(arrays, name -> name.endsWith("assignment"));
        model.predict(x, Pass.recording(taps));
        int[][] sizes = {{2, 2}, {7, 5}, {13, 9}};
        for (int i = 0; i < sizes.length; i++) {
            GroupingModel.Level level = model.levels().get(i);
            GroupingModel.Groups groups = model.groups(level, taps.get(level.tap()), 33, 49);
            assertThat(List.of(groups.width(), groups.height(), groups.groups()))
                    .containsExactly(sizes[i][0], sizes[i][1], 5);
            assertThat(Arrays.stream(groups.ids()).boxed())
                    .hasSize(sizes[i][0] * sizes[i][1])
                    .allMatch(id -> id >= 0 && id < 5);
        }
    }

    @Test
    void forwardLeavesNothingBehind() {
        KMaxDeepLab model = model(TINY, DataType.FLOAT32);
        NDArray x = ModelChecks.input(arrays, 1, 2, 3, 33, 49).toType(DataType.FLOAT32, false);
        ModelChecks.assertNoLeak(model, x, arrays);
        int atCaller = arrays.arrays();
        model.predictAll(x, Pass.training());
        int inModel = weights.arrays();
        NDList all = model.predictAll(x, Pass.training());
        assertThat(weights.arrays()).isEqualTo(inModel);
        assertThat(arrays.arrays()).isEqualTo(atCaller + 2 * all.size());
    }

    @Test
    void aBatchEqualsItsSamples() {
        ModelChecks.assertBatchEqualsItsSamples(
                model(TINY, DataType.FLOAT64), ModelChecks.input(arrays, 1, 2, 3, 33, 49));
    }

    @Test
    void everyLayoutOfACheckpointGivesTheSameModel() throws IOException {
        List<double[]> outputs = new ArrayList<>();
        for (String file : List.of("checkpoint-detectron2.pth", "checkpoint-tf2d2.pkl")) {
            Architecture.Recognised<Config> found =
                    new KMaxDeepLabArchitecture().recognise(Checkpoint.read(GOLDEN.resolve(file)), null, null);
            assertThat(found.variant()).isEqualTo("custom");
            assertThat(found.config().classes()).isEqualTo(5);
            assertThat(found.config().queries()).isEqualTo(12);
            assertThat(found.config().steps()).containsExactly(0, 0, 0);
            KMaxDeepLab model = new KMaxDeepLab(found.config());
            model.allocate(weights, DataType.FLOAT32);
            StrictLoader.load(found.weights(), model, new KMaxDeepLabArchitecture()::ignorable);
            NDArray x = ModelChecks.input(arrays, 1, 1, 3, 65, 65).toType(DataType.FLOAT32, false);
            outputs.add(joined(model.predict(x, Pass.inference()))
                    .toType(DataType.FLOAT64, false)
                    .toDoubleArray());
        }
        assertThat(outputs.get(0)).isEqualTo(outputs.get(1));
    }

    /** All but the size of the images, which a file does not say. */
    @Test
    void shapesTellTheConfiguration() throws IOException {
        for (String name : List.of("tiny-convnext-even-64x64", "tiny-r50-cityscapes-65x33")) {
            Config config = config(name);
            StateDict shapes = StateDict.of(new KMaxDeepLab(config)
                    .parameters().entrySet().stream()
                            .map(entry -> entry.getKey().endsWith("num_batches_tracked")
                                    ? TensorEntry.of(entry.getKey(), new long[1])
                                    : TensorEntry.of(
                                            entry.getKey(),
                                            new float
                                                    [(int) entry.getValue()
                                                            .shape()
                                                            .size()],
                                            entry.getValue().shape().getShape()))
                            .toList());
            Architecture.Recognised<Config> found = new KMaxDeepLabArchitecture()
                    .recognise(new Checkpoint(shapes, Map.of(), "test", "", List.of()), null, null);
            Config told = found.config();
            assertThat(new Config(
                            told.resnet(),
                            told.convnext(),
                            told.features(),
                            told.stages(),
                            told.steps(),
                            told.queries(),
                            told.width(),
                            told.classes(),
                            told.auxiliary(),
                            told.dropout(),
                            config.heightPx(),
                            config.widthPx()))
                    .isEqualTo(config);
        }
    }

    private static Config config(String name) throws IOException {
        return new KMaxDeepLabArchitecture()
                .fromJson(JsonParser.parseString(
                                Files.readString(GOLDEN.resolve(name).resolve("case.json")))
                        .getAsJsonObject()
                        .getAsJsonObject("config"));
    }

    @Test
    void whatDoesNotFitIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Stage(1, 12, true))
                .withMessage(
                        "a stage of 1 blocks with 12 channels; allowed are 1 or more, and multiples of 8 channels for"
                                + " axial attention");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Config(
                        null,
                        TINY.convnext(),
                        Features.STEM_LAST,
                        STAGES,
                        List.of(1, 1, 1),
                        5,
                        32,
                        3,
                        Auxiliary.NONE,
                        0,
                        33,
                        33))
                .withMessageContaining("4 stages for 5 maps");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Config(
                        KMaxDeepLab.COCO_R50.resnet(),
                        TINY.convnext(),
                        Features.FOUR,
                        STAGES,
                        List.of(1, 1, 1),
                        5,
                        32,
                        3,
                        Auxiliary.NONE,
                        0,
                        33,
                        33))
                .withMessageContaining("a ResNet or a ConvNeXt");
        KMaxDeepLab model = model(TINY.withAuxiliary(Auxiliary.NONE), DataType.FLOAT32);
        NDArray long1 = ModelChecks.input(arrays, 1, 1, 3, 32, 8192 + 32).toType(DataType.FLOAT32, false);
        assertThatThrownBy(() -> model.predict(long1, Pass.inference()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("this attention takes at most 255");
    }
}
