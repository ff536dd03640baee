// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.Gson;
import com.google.gson.JsonObject;
import io.github.pointillist.models.Architecture.Recognised;
import io.github.pointillist.models.GroupingModel.Level;
import io.github.pointillist.models.Swin.Config;
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
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class SwinTest {
    private static final Path FILE = Path.of("src/test/resources/golden/swin/checkpoint-swin.pth");
    /** With shifted windows in the first stage, 8 x 4 points, and one smaller window in the second, 4 x 2. */
    private static final Config TINY =
            new Config(16, 8, 2, 4, List.of(2, 2), List.of(2, 1), 2, 2, true, false, true, List.of(), 3);

    private static final Config SEC = TINY.withClusters(List.of(4, 1));

    private final Arena weights = Arena.onCpu();
    private final Arena arrays = Arena.onCpu();

    @AfterEach
    void free() {
        arrays.close();
        weights.close();
    }

    static List<Config> configs() {
        return List.of(
                TINY,
                SEC,
                new Config(16, 8, 2, 4, List.of(2, 1), List.of(1, 2), 4, 1.5, false, true, false, List.of(), 3));
    }

    private Swin seeded(Config config, DataType type) {
        Swin model = new Swin(config);
        ModelChecks.seeded(model, weights, type);
        return model;
    }

    private NDArray image(long samples) {
        return ModelChecks.input(arrays, 1, samples, 3, 16, 8);
    }

    @ParameterizedTest
    @MethodSource("configs")
    void gradientsEqualCentralDifferences(Config config) {
        Swin model = seeded(config, DataType.FLOAT64);
        ModelChecks.assertGradients(model, image(1), Pass.inference(), model::apply);
    }

    @ParameterizedTest
    @MethodSource("configs")
    void gradientsOfThePyramidEqualCentralDifferences(Config config) {
        Swin model = seeded(config.withClasses(0), DataType.FLOAT64);
        ModelChecks.assertGradients(model, image(1), Pass.inference(), (image, pass) -> {
            NDList maps = model.features(image, pass);
            assertThat(maps.getShapes()).containsExactly(new Shape(1, 4, 8, 4), new Shape(1, 8, 4, 2));
            return maps.get(0).flatten().concat(maps.get(1).flatten());
        });
    }

    @ParameterizedTest
    @MethodSource("configs")
    void forwardLeavesNothingBehind(Config config) {
        ModelChecks.assertNoLeak(seeded(config, DataType.FLOAT32), image(2).toType(DataType.FLOAT32, false), arrays);
    }

    @ParameterizedTest
    @MethodSource("configs")
    void aBatchEqualsItsSamples(Config config) {
        NDArray together = ModelChecks.assertBatchEqualsItsSamples(seeded(config, DataType.FLOAT64), image(3));
        assertThat(ModelChecks.difference(together.get("0:1"), together.get("1:2")))
                .as("the samples differ")
                .isGreaterThan(1e-4);
    }

    /** One cluster is attention over the whole map, which is one window without a bias. */
    @Test
    void oneClusterEqualsOneWindowWithoutBias() {
        Config window = new Config(8, 8, 2, 4, List.of(1), List.of(2), 4, 2, true, false, true, List.of(), 3);
        Swin swin = seeded(window, DataType.FLOAT64);
        Swin sec = new Swin(window.withClusters(List.of(1)));
        sec.allocate(weights, DataType.FLOAT64);
        sec.parameters().forEach((name, parameter) -> copy(swin.parameters().get(name), parameter));
        Parameter table = swin.parameters().get("layers.0.blocks.0.attn.relative_position_bias_table");
        NDArray x = ModelChecks.input(arrays, 1, 1, 3, 8, 8);
        assertThat(ModelChecks.difference(swin.apply(x, Pass.inference()), sec.apply(x, Pass.inference())))
                .as("with the bias")
                .isGreaterThan(1e-4);
        table.array().set(new double[(int) table.shape().size()]);
        assertThat(ModelChecks.difference(swin.apply(x, Pass.inference()), sec.apply(x, Pass.inference())))
                .isLessThan(1e-13);
    }

    private static void copy(Parameter from, Parameter to) {
        ByteBuffer bytes = from.array().toByteBuffer(false);
        to.set(bytes, DataType.FLOAT64);
    }

    @Test
    void clustersAreLevelsAndWindowsAreNot() {
        Swin sec = seeded(SEC, DataType.FLOAT64);
        assertThat(sec.levels()).extracting(Level::name).containsExactly("0.0.0", "0.0.1", "0.1.0", "0.1.1");
        Taps taps = new Taps(arrays, name -> name.endsWith("cluster"));
        sec.apply(image(1), Pass.recording(taps)).close();
        for (Level level : sec.levels()) {
            int[] ids = sec.groups(level, taps.get(level.tap()), 16, 8).ids();
            for (int group = 0; group < 4; group++) {
                int wanted = group;
                assertThat(Arrays.stream(ids).filter(id -> id == wanted)).hasSize(8);
            }
        }
        assertThat(new Swin(TINY).levels()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"3,16,16,8 x 16 pixels", "1,16,8,(B; 3; H; W)"})
    void refusesWrongImages(int channels, int height, int width, String message) {
        Swin model = seeded(TINY, DataType.FLOAT64);
        NDArray x = ModelChecks.input(arrays, 1, 1, channels, height, width);
        assertThatThrownBy(() -> model.apply(x, Pass.inference()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message.replace(';', ','));
    }

    @Test
    void refusesConfigurationsThatDoNotFit() {
        assertThatThrownBy(() -> Swin.T.withImage(225, 224)).hasMessageContaining("must be multiples of 32 pixels");
        assertThatThrownBy(() -> Swin.T.withImage(256, 256)).hasMessageContaining("windows of 7 x 7 points do not");
        assertThatThrownBy(() -> SEC.withClusters(List.of(5, 1))).hasMessageContaining("5 clusters do not divide");
        assertThatThrownBy(() -> SEC.withClusters(List.of(4))).hasMessageContaining("clusters is [4] for 2 stages");
        assertThat(Swin.T.withImage(224, 448).widths()).containsExactly(112, 56, 28, 14);
    }

    @Test
    void configurationsSurviveJson() {
        Gson gson = new Gson();
        for (Config config : List.of(Swin.T, Swin.B_384, Swin.SEC_T, TINY)) {
            assertThat(gson.fromJson(gson.toJson(config), Config.class)).isEqualTo(config);
        }
        assertThatThrownBy(() -> gson.fromJson("{}", Config.class)).hasStackTraceContaining("depths is null");
    }

    /** As the paper and the reference implementation count them. */
    @ParameterizedTest
    @CsvSource({
        "swin, swin_tiny_patch4_window7_224, 28288354",
        "swin, swin_small_patch4_window7_224, 49606258",
        "swin, swin_base_patch4_window7_224, 87768224",
        "swin, swin_base_patch4_window12_384, 87903584",
        "swin, swin_large_patch4_window7_224, 196532476",
        "swin, swin_large_patch4_window12_384, 196735516",
        "sec-swin, sec_swin_tiny_patch4_224, 28265032"
    })
    void officialVariantsHaveTheOfficialNumberOfParameters(String id, String variant, long parameters) {
        Layer model = new Swin((Config) Architectures.byId(id).variants().get(variant));
        long count = model.parameters().values().stream()
                .mapToLong(parameter -> parameter.shape().size())
                .sum();
        assertThat(count).isEqualTo(parameters);
    }

    @Test
    void readsTheOfficialArguments() {
        JsonObject json = new Gson()
                .fromJson(
                        "{img_size: [16, 8], patch_size: 2, embed_dim: 4, depths: [2, 2], num_heads: [2, 1], window_size:"
                                + " 2, mlp_ratio: 2.0, num_classes: 3}",
                        JsonObject.class);
        assertThat(SwinArchitecture.SWIN.fromJson(json)).isEqualTo(TINY);
        assertThatThrownBy(() -> SwinArchitecture.SEC_SWIN.fromJson(json)).hasMessageContaining("no num_clusters");
        json.addProperty("img_size", 16);
        assertThat(SwinArchitecture.SWIN.fromJson(json).imageWidth()).isEqualTo(16);
        json.remove("window_size");
        assertThatThrownBy(() -> SwinArchitecture.SWIN.fromJson(json)).hasMessageContaining("no window_size");
    }

    @Test
    void tellsEverythingFromAFileWithMasks() throws IOException {
        Checkpoint file = Checkpoint.read(FILE);
        assertThat(Architectures.of(file.weights())).isSameAs(SwinArchitecture.SWIN);
        Recognised<Config> found = SwinArchitecture.SWIN.recognise(file, null, null);
        assertThat(found.config())
                .isEqualTo(new Config(
                        64, 64, 4, 16, List.of(2, 2), List.of(2, 4), 4, 4, true, false, true, List.of(), 10));
        assertThat(found.notes()).singleElement().asString().contains("64 x 64 pixels");
        Swin model = SwinArchitecture.SWIN.build(found.config());
        model.allocate(weights, DataType.FLOAT32);
        StrictLoader.Report report = StrictLoader.load(found.weights(), model, SwinArchitecture.SWIN::ignorable);
        assertThat(report.ignored()).hasSize(6).allMatch(SwinArchitecture.SWIN::ignorable);
        assertThat(report.keptAsBuilt()).isEmpty();
    }

    @Test
    void asksWhereAFileDoesNotSay() throws IOException {
        Checkpoint file = Checkpoint.read(FILE);
        Checkpoint bare = with(file, file.weights().filter(name -> !name.endsWith("attn_mask")));
        assertThatThrownBy(() -> SwinArchitecture.SWIN.recognise(bare, null, null))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("no masks")
                .hasMessageContaining("name a variant");
        Checkpoint sec = with(file, file.weights().filter(name -> !name.contains("relative")));
        assertThat(Architectures.of(sec.weights())).isSameAs(SwinArchitecture.SEC_SWIN);
        assertThatThrownBy(() -> SwinArchitecture.SEC_SWIN.recognise(sec, null, null))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("[2, 2] blocks and 16 channels");
        assertThat(SwinArchitecture.SEC_SWIN
                        .recognise(sec, "sec_swin_tiny_patch4_224", null)
                        .config())
                .isEqualTo(Swin.SEC_T.withClasses(10));
        assertThatThrownBy(() -> SwinArchitecture.SEC_SWIN.recognise(sec, "sec", null))
                .hasMessageContaining("allowed are sec_swin_tiny_patch4_224");
        assertThatThrownBy(() -> SwinArchitecture.SWIN.recognise(sec, null, null))
                .hasMessageContaining("no swin");
    }

    /** Released files may lack the buffers; then the published size goes with the published network. */
    @Test
    void tellsAnOfficialFileWithoutMasks() throws IOException {
        for (SwinArchitecture architecture : List.of(SwinArchitecture.SWIN, SwinArchitecture.SEC_SWIN)) {
            for (Map.Entry<String, Config> variant : architecture.variants().entrySet()) {
                List<TensorEntry> entries = new Swin(variant.getValue().withClasses(7))
                        .parameters().entrySet().stream()
                                .map(entry ->
                                        entry(entry.getKey(), entry.getValue().shape()))
                                .toList();
                Checkpoint file = new Checkpoint(StateDict.of(entries), Map.of(), "test", "", List.of());
                Recognised<Config> found = architecture.recognise(file, null, null);
                assertThat(found.variant()).isEqualTo(variant.getKey());
                assertThat(found.config()).isEqualTo(variant.getValue().withClasses(7));
            }
        }
    }

    /** Only shapes are looked at: one value stands for all. */
    private static TensorEntry entry(String name, Shape shape) {
        return shape.size() < 10_000 || name.endsWith("table")
                ? TensorEntry.of(name, new float[(int) shape.size()], shape.getShape())
                : TensorEntry.of(
                        name,
                        new float[(int) shape.get(0)],
                        Arrays.copyOf(new long[] {shape.get(0), 1, 1, 1}, shape.dimension()));
    }

    private static Checkpoint with(Checkpoint file, StateDict weights) {
        return new Checkpoint(weights, file.info(), file.layout(), file.sha256(), file.alternatives());
    }
}
