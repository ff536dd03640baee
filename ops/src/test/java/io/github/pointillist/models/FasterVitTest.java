// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.pointillist.models.Architecture.Recognised;
import io.github.pointillist.models.FasterVit.Config;
import io.github.pointillist.models.GroupingModel.Groups;
import io.github.pointillist.models.GroupingModel.Level;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;
import io.github.pointillist.tensor.Taps;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.StateDict;
import io.github.pointillist.weights.StrictLoader;
import io.github.pointillist.weights.TensorEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class FasterVitTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");
    private static final Path CHECKPOINT = GOLDEN.resolve("fastervit/checkpoint-fastervit.pth.tar");
    private static final List<Boolean> THIRD = List.of(false, false, true, false);

    /** 4 x 4 points in 2 x 2 windows in level 2, carriers added to the points at the end, all scales. */
    private static final Config SQUARE = new Config(
            List.of(1, 1, 2, 1),
            List.of(1, 1, 2, 2),
            List.of(7, 7, 2, 2),
            1,
            4,
            3,
            2,
            64,
            64,
            THIRD,
            true,
            true,
            true,
            List.of(),
            3);
    /** 3 x 2 points, padded to 2 x 1 windows: carriers of which some have no bias, and no positions. */
    private static final Config OBLONG = new Config(
            List.of(1, 1, 1, 1),
            List.of(1, 1, 2, 2),
            List.of(7, 7, 2, 2),
            2,
            4,
            3,
            2,
            48,
            32,
            THIRD,
            false,
            false,
            false,
            List.of(),
            3);

    private enum Small {
        WINDOWS(SQUARE),
        ANY_RESOLUTION(OBLONG),
        CLUSTERS(SQUARE.withClusters(List.of(0, 0, 2, 1)));

        private final Config config;

        Small(Config config) {
            this.config = config;
        }

        private FasterVit build() {
            return config.clusters().isEmpty() ? new FasterVit(config) : new SecFasterVit(config);
        }
    }

    private final FasterVitArchitecture family = new FasterVitArchitecture();
    private final SecFasterVitArchitecture clustered = new SecFasterVitArchitecture();
    private final Arena weights = Arena.onCpu();
    private final Arena arrays = Arena.onCpu();

    @AfterEach
    void free() {
        arrays.close();
        weights.close();
    }

    private FasterVit seeded(Small small) {
        return ModelChecks.seeded(small.build(), weights, DataType.FLOAT64);
    }

    private NDArray images(Config config, int count) {
        return ModelChecks.input(arrays, 1, count, 3, config.heightPx(), config.widthPx());
    }

    @ParameterizedTest
    @EnumSource(Small.class)
    void gradientsEqualCentralDifferences(Small small) {
        FasterVit model = seeded(small);
        ModelChecks.assertGradients(model, images(small.config, 1), Pass.inference(), model::apply);
    }

    @ParameterizedTest
    @EnumSource(Small.class)
    void forwardLeavesNothingBehind(Small small) {
        FasterVit model = seeded(small);
        ModelChecks.assertNoLeak(model, images(small.config, 2), arrays);
    }

    @ParameterizedTest
    @EnumSource(Small.class)
    void aBatchEqualsItsSamples(Small small) {
        NDArray together = ModelChecks.assertBatchEqualsItsSamples(seeded(small), images(small.config, 3));
        assertThat(ModelChecks.difference(together.get("0:1"), together.get("1:2")))
                .as("the samples differ")
                .isGreaterThan(1e-4);
    }

    @ParameterizedTest
    @EnumSource(Small.class)
    void whatIsKeptOfPositionsFollowsTheParameters(Small small) {
        NDArray x = images(small.config, 1);
        FasterVit used = seeded(small);
        NDArray before = used.apply(x, Pass.inference());
        for (Map.Entry<String, Parameter> entry : used.parameters().entrySet()) {
            if (!entry.getKey().contains("cpb_mlp.2")) {
                continue;
            }
            NDArray moved = entry.getValue().array().mul(1.5);
            entry.getValue().set(moved.toByteBuffer(), DataType.FLOAT64);
            moved.close();
            NDArray after = used.apply(x, Pass.inference());
            assertThat(ModelChecks.difference(after, before))
                    .as("effect of " + entry.getKey())
                    .isGreaterThan(1e-9);
            assertThat(ModelChecks.difference(after, copy(used, small).apply(x, Pass.inference())))
                    .isZero();
            before = after;
        }
    }

    private FasterVit copy(FasterVit model, Small small) {
        FasterVit copy = small.build();
        copy.allocate(weights, DataType.FLOAT64);
        copy.parameters().forEach((name, parameter) -> {
            Parameter source = model.parameters().get(name);
            parameter.set(source.array().toByteBuffer(), source.array().getDataType());
        });
        return copy;
    }

    /** As an optimiser does it: forward with gradients, then a change in place, without a word to anybody. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatIsKeptOfPositionsIsForgottenInTraining(boolean training) {
        FasterVit model = seeded(Small.WINDOWS);
        NDArray x = images(SQUARE, 2);
        NDArray before = model.apply(x, Pass.inference());
        Parameter weight = model.parameters().get("levels.2.blocks.0.pos_embed.cpb_mlp.2.weight");
        weight.array().setRequiresGradient(!training);
        model.apply(x, training ? Pass.training() : Pass.inference()).close();
        weight.array().setRequiresGradient(false);
        // Undoes what the pass in training did to the running statistics.
        FasterVit reference = copy(model, Small.WINDOWS);
        weight.array().muli(1.5);
        Parameter same = reference.parameters().get("levels.2.blocks.0.pos_embed.cpb_mlp.2.weight");
        same.set(weight.array().toByteBuffer(), DataType.FLOAT64);
        NDArray after = model.apply(x, Pass.inference());
        assertThat(ModelChecks.difference(after, before)).isGreaterThan(1e-6);
        assertThat(ModelChecks.difference(after, reference.apply(x, Pass.inference())))
                .isZero();
    }

    @ParameterizedTest
    @CsvSource({"3,64,48,48 x 64 pixels", "3,48,64,this model takes 64 x 64", "1,64,64,(B; 3; H; W)"})
    void refusesWrongImages(int channels, int height, int width, String message) {
        FasterVit model = seeded(Small.WINDOWS);
        NDArray x = ModelChecks.input(arrays, 1, 1, channels, height, width);
        assertThatThrownBy(() -> model.apply(x, Pass.inference()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message.replace(';', ','));
    }

    @Test
    void refusesConfigurationsThatDoNotFit() {
        assertThatThrownBy(() -> SQUARE.withWindows(List.of(7, 7, 1, 2)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("windows of side 1");
        assertThatThrownBy(() -> SQUARE.withWindows(List.of(7, 7, 2))).hasMessageContaining("[7, 7, 2] given for 4");
        assertThatThrownBy(() -> SQUARE.withResolution(64, 32))
                .as("two carriers have no relative positions")
                .hasMessageContaining("4 carriers or more");
        assertThatThrownBy(() -> SQUARE.withClusters(List.of(0, 0, 3, 1)))
                .hasMessageContaining("3 clusters given for the 16 points of level 2");
        assertThatThrownBy(() -> SQUARE.withClusters(List.of(0, 0, 2, 1)).withResolution(64, 96))
                .hasMessageContaining("must be square");
        assertThatThrownBy(() -> SQUARE.withClasses(0)).hasMessageContaining("0 classes");
        assertThatThrownBy(() -> new SecFasterVit(SQUARE)).hasMessageContaining("no clusters given");
        assertThatThrownBy(() -> new Gson().fromJson("{\"dim\": 4}", Config.class))
                .rootCause()
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("depths is null");
    }

    /** As the reference implementation counts them (0), as the spec's table (1 to 3), and as the dimensions say. */
    @ParameterizedTest
    @CsvSource({
        "faster_vit_0_224, 31404840",
        "faster_vit_1_224, 53366696",
        "faster_vit_2_224, 75923816",
        "faster_vit_3_224, 159547944",
        "faster_vit_4_224, 365555712",
        "faster_vit_4_21k_224, 271944224",
        "faster_vit_5_224, 957520552",
        "faster_vit_6_224, 1360328872",
        "sec_faster_vit_0_224, 25751848"
    })
    void officialVariantsHaveTheOfficialNumberOfParameters(String variant, long parameters) {
        Config config = FasterVitArchitecture.VARIANTS.containsKey(variant)
                ? FasterVitArchitecture.VARIANTS.get(variant)
                : SecFasterVitArchitecture.VARIANTS.get(variant);
        long count = new FasterVit(config)
                .parameters().values().stream()
                        .filter(Parameter::trainable)
                        .mapToLong(parameter -> parameter.shape().size())
                        .sum();
        assertThat(count).isEqualTo(parameters);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"fastervit/checkpoint-fastervit", "fastervit/any-short-144x256", "secvit/sec-fastervit-0-224"})
    void namesAndShapesAreTheOfficialOnesInTheirOrder(String directory) throws IOException {
        Path dir = GOLDEN.resolve(directory);
        Architecture<Config> architecture = directory.startsWith("sec") ? clustered : family;
        Layer model = architecture.build(architecture.fromJson(config(dir)));
        List<String> official = Files.readAllLines(dir.resolve("state_dict.csv")).stream()
                .skip(1)
                .map(line -> line.substring(0, line.lastIndexOf(',')))
                .filter(line -> !architecture.ignorable(line.split(",")[0]))
                .toList();
        List<String> own = model.parameters().entrySet().stream()
                .map(entry -> entry.getKey() + ","
                        + String.join(
                                "x",
                                IntStream.range(0, entry.getValue().shape().dimension())
                                        .mapToObj(axis -> Long.toString(
                                                entry.getValue().shape().get(axis)))
                                        .toList()))
                .toList();
        assertThat(own).isEqualTo(official);
    }

    private static JsonObject config(Path dir) throws IOException {
        return JsonParser.parseString(Files.readString(dir.resolve("case.json")))
                .getAsJsonObject()
                .getAsJsonObject("config");
    }

    @Test
    void readsTheConfigurationFromTheShapesInAFile() throws IOException {
        Recognised<Config> read = family.recognise(Checkpoint.read(CHECKPOINT), null, null);
        assertThat(read.config()).isEqualTo(family.fromJson(config(GOLDEN.resolve("fastervit/checkpoint-fastervit"))));
        assertThat(read.variant()).isEqualTo("custom");
        assertThat(read.config().classes()).isEqualTo(10);
        Layer model = family.build(read.config());
        model.allocate(weights, DataType.FLOAT32);
        StrictLoader.Report report = StrictLoader.load(read.weights(), model, family::ignorable);
        assertThat(report.keptAsBuilt()).isEmpty();
        assertThat(report.ignored()).contains("levels.2.global_tokenizer.pos_embed.weight");
    }

    @Test
    void readsPrefixesAsTheOfficialLoader() throws IOException {
        Checkpoint plain = Checkpoint.read(CHECKPOINT);
        Checkpoint prefixed = with(plain, plain.weights().rename(name -> "module.encoder." + name));
        assertThat(family.recognises(prefixed.weights())).isTrue();
        assertThat(clustered.recognises(prefixed.weights())).isFalse();
        Recognised<Config> read = family.recognise(prefixed, null, null);
        assertThat(read.weights().names())
                .containsExactlyElementsOf(plain.weights().names());
        assertThat(read.notes()).hasSize(2);
    }

    private static Checkpoint with(Checkpoint checkpoint, StateDict weights) {
        return new Checkpoint(weights, checkpoint.info(), "test", checkpoint.sha256(), List.of());
    }

    @Test
    void saysWhatAFileLeavesOpen() throws IOException {
        Checkpoint plain = Checkpoint.read(CHECKPOINT);
        Checkpoint bare = with(plain, plain.weights().filter(name -> !family.ignorable(name)));
        assertThatThrownBy(() -> family.recognise(bare, null, null))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("relative_position_index")
                .hasMessageContaining("fit no official variant")
                .hasMessageContaining("name a variant or a JSON configuration");
        Checkpoint oblong = with(plain, plain.weights().filter(name -> !name.contains("hat_pos_embed")));
        assertThatThrownBy(() -> family.recognise(oblong, null, null))
                .hasMessageContaining("4 windows that form no square");
        assertThatThrownBy(() -> family.recognise(plain, "faster_vit_9_224", null))
                .hasMessageContaining("variant is faster_vit_9_224; allowed are faster_vit_0_224");
        Checkpoint clusters = with(plain, bare.weights().filter(name -> !name.contains("pos_emb_funct")));
        assertThatThrownBy(() -> clustered.recognise(clusters, null, null))
                .hasMessageContaining("does not say the numbers of heads and clusters");
    }

    @Test
    void weightsOfASquareFitAnOblongImage() throws IOException {
        Checkpoint file = Checkpoint.read(CHECKPOINT);
        Config square = family.recognise(file, null, null).config();
        Config oblong = square.withResolution(144, 256);
        Recognised<Config> read = family.recognise(file, null, oblong);
        assertThat(read.notes()).anyMatch(note -> note.startsWith("positions of carriers left aside"));
        Layer model = family.build(oblong);
        model.allocate(weights, DataType.FLOAT32);
        StrictLoader.load(read.weights(), model, family::ignorable);
        try (NDArray x = ModelChecks.input(arrays, 1, 1, 3, 144, 256).toType(DataType.FLOAT32, false);
                NDArray logits = model.apply(x, Pass.inference())) {
            assertThat(logits.getShape()).isEqualTo(new Shape(1, 10));
            assertThat(logits.isNaN().any().getBoolean()).isFalse();
        }
    }

    @Test
    void configurationsSurviveJson() {
        Gson gson = new Gson();
        for (Config config : FasterVitArchitecture.VARIANTS.values()) {
            assertThat(gson.fromJson(gson.toJson(config), Config.class)).isEqualTo(config);
        }
        assertThat(gson.fromJson(gson.toJson(SecFasterVit.S0), Config.class)).isEqualTo(SecFasterVit.S0);
    }

    @Test
    void saysWhichFieldOfAConfigurationIsWrong() throws IOException {
        JsonObject json = config(GOLDEN.resolve("fastervit/any-short-144x256"));
        assertThat(family.fromJson(json).heightPx()).isEqualTo(144);
        assertThat(family.fromJson(json).widthPx()).isEqualTo(256);
        JsonObject without = json.deepCopy();
        without.remove("window_size");
        assertThatThrownBy(() -> family.fromJson(without)).hasMessageContaining("has no window_size");
        JsonObject wrong = json.deepCopy();
        wrong.addProperty("hat", 3);
        assertThatThrownBy(() -> family.fromJson(wrong)).hasMessageContaining("hat is 3; it must be a list");
    }

    @Test
    void clustersOfEveryHeadAreLevels() {
        SecFasterVit model = (SecFasterVit) seeded(Small.CLUSTERS);
        List<Level> levels = model.levels();
        assertThat(levels).extracting(Level::name).containsExactly("2.0.0", "2.0.1", "2.1.0", "2.1.1");
        Taps taps = new Taps(arrays, levels.get(3).tap()::equals);
        model.apply(images(SQUARE, 1), Pass.recording(taps)).close();
        Groups groups = model.groups(levels.get(3), taps.get(levels.get(3).tap()), 64, 64);
        assertThat(groups.width()).isEqualTo(4);
        assertThat(groups.height()).isEqualTo(4);
        assertThat(groups.groups()).isEqualTo(2);
        assertThat(IntStream.of(groups.ids()).filter(id -> id == 1).count()).isEqualTo(8);
        assertThat(IntStream.of(groups.ids()).filter(id -> id == 0).count()).isEqualTo(8);
        assertThat(model.inputSizes()).isEqualTo(InputSizes.fixed(64, 64));
    }

    @Test
    void recognisesAnOfficialVariantByItsWeightsAlone() throws IOException {
        Recognised<Config> read = family.recognise(zeros(family.build(FasterVit.V0.withClasses(2))), null, null);
        assertThat(read.variant()).isEqualTo("faster_vit_0_224");
        assertThat(read.config()).isEqualTo(FasterVit.V0.withClasses(2));
        assertThat(read.notes()).hasSize(1);
    }

    @Test
    void recognisesTheComposedVariant() throws IOException {
        StateDict state = zeros(clustered.build(SecFasterVit.S0.withClasses(2))).weights();
        assertThat(clustered.recognises(state)).isTrue();
        assertThat(family.recognises(state)).isFalse();
        Recognised<Config> read =
                clustered.recognise(new Checkpoint(state, Map.of(), "test", "", List.of()), null, null);
        assertThat(read.variant()).isEqualTo("sec_faster_vit_0_224");
        assertThat(read.config()).isEqualTo(SecFasterVit.S0.withClasses(2));
    }

    private static Checkpoint zeros(Layer model) {
        StateDict state = StateDict.of(model.parameters().entrySet().stream()
                .map(entry -> TensorEntry.of(
                        entry.getKey(),
                        new float[(int) entry.getValue().shape().size()],
                        entry.getValue().shape().getShape()))
                .toList());
        return new Checkpoint(state, Map.of(), "test", "", List.of());
    }
}
