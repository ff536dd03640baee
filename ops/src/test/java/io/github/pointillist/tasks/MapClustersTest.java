// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pointillist.models.ContextCluster;
import io.github.pointillist.models.ContextClusterArchitecture;
import io.github.pointillist.parity.GoldenRule;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.MapClusters.FeatureKind;
import io.github.pointillist.tasks.MapClusters.LabelPlane;
import io.github.pointillist.tasks.MapClusters.Method;
import io.github.pointillist.tasks.MapClusters.Settings;
import io.github.pointillist.tasks.MapClusters.Similarity;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.SafeTensors;
import io.github.pointillist.weights.StateDict;
import io.github.pointillist.weights.TensorEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import net.imglib2.RandomAccess;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.img.array.ArrayImgs;
import net.imglib2.type.numeric.RealType;
import net.imglib2.type.numeric.integer.IntType;
import net.imglib2.util.Intervals;
import net.imglib2.view.Views;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MapClustersTest {
    private static final String SMALL = "{\"layers\":[1,1,2,1],\"embed_dims\":[8,16,24,32],\"proposals\":[2,2,2,2],"
            + "\"fold\":[8,4,2,1],\"heads\":[2,2,3,4],\"head_dim\":8,\"mlp_ratios\":[2,2,2,2],\"num_classes\":10}";

    @TempDir
    Path dir;

    private static Settings settings(Method method, int clusters) {
        Settings d = Settings.defaults(method);
        return new Settings(
                method,
                clusters,
                d.compactness(),
                d.iterations(),
                Similarity.EUCLIDEAN,
                FeatureKind.COLOUR,
                d.connected(),
                d.minSizePx(),
                0,
                null,
                null,
                List.of(),
                0,
                "cpu");
    }

    private Settings model(String variant, int inputSize, String... levels) throws IOException {
        ContextCluster.Config config = new ContextClusterArchitecture()
                .fromJson(new com.google.gson.Gson().fromJson(SMALL, com.google.gson.JsonObject.class));
        Layer model = new ContextCluster(config);
        List<TensorEntry> entries = new ArrayList<>();
        model.parameters()
                .forEach((name, parameter) ->
                        entries.add(GoldenRule.tensor(name, parameter.shape().getShape())));
        Path file = dir.resolve("model.safetensors");
        SafeTensors.write(StateDict.of(entries), Map.of(), file);
        Path json = dir.resolve("small.json");
        Files.writeString(json, SMALL);
        return new Settings(
                Method.MODEL,
                1,
                0,
                1,
                Similarity.EUCLIDEAN,
                FeatureKind.COLOUR,
                false,
                0,
                0,
                file.toString(),
                variant == null ? json.toString() : variant,
                List.of(levels),
                inputSize,
                "cpu");
    }

    private static List<LabelPlane> map(Settings settings, RandomAccessibleInterval<? extends RealType<?>> image)
            throws IOException {
        try (MapClusters task = MapClusters.open(settings)) {
            return task.map(image, false, Progress.NONE);
        }
    }

    private static Map<Integer, Integer> sizes(LabelPlane plane) {
        Map<Integer, Integer> sizes = new HashMap<>();
        for (IntType label : plane.labels()) {
            sizes.merge(label.get(), 1, Integer::sum);
        }
        return sizes;
    }

    /** Two halves of different intensity with noise. */
    private static float[] halves(int width, int height) {
        SplittableRandom random = new SplittableRandom(5);
        float[] values = new float[width * height];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i % width < width / 2 ? 100 : 3000) + (float) random.nextDouble(20);
        }
        return values;
    }

    @ParameterizedTest
    @EnumSource(names = {"CONTEXT", "KMEANS", "EQUITABLE"})
    void labelsAreOneToN(Method method) throws IOException {
        LabelPlane plane = map(settings(method, 6), ArrayImgs.floats(halves(60, 40), 60, 40))
                .get(0);
        assertThat(plane.level()).isEqualTo(method.name().toLowerCase(java.util.Locale.ROOT));
        assertThat(Intervals.dimensionsAsLongArray(plane.labels())).containsExactly(60, 40);
        assertThat(sizes(plane).keySet()).hasSize(plane.clusters()).allMatch(l -> l >= 1 && l <= plane.clusters());
    }

    @Test
    void kmeansFindsTheHalves() throws IOException {
        Settings two = settings(Method.KMEANS, 2);
        LabelPlane plane = map(two, ArrayImgs.floats(halves(60, 40), 60, 40)).get(0);
        RandomAccess<IntType> access = plane.labels().randomAccess();
        int left = access.setPositionAndGet(3, 20).get();
        int right = access.setPositionAndGet(55, 20).get();
        assertThat(left).isNotEqualTo(right);
        assertThat(sizes(plane).values()).containsExactly(1200, 1200);
    }

    @Test
    void equitableClustersDifferByAtMostOne() throws IOException {
        LabelPlane plane = map(settings(Method.EQUITABLE, 7), ArrayImgs.floats(halves(61, 41), 61, 41))
                .get(0);
        assertThat(sizes(plane).values()).hasSize(7).allMatch(n -> n == 61 * 41 / 7 || n == 61 * 41 / 7 + 1);
    }

    @ParameterizedTest
    @EnumSource(names = {"CONTEXT", "KMEANS", "EQUITABLE"})
    void takesTheSmallestAndFlattestImages(Method method) throws IOException {
        for (long[] size : new long[][] {{1, 1}, {1, 9}, {9, 1}, {17, 13}}) {
            LabelPlane plane =
                    map(settings(method, 4), ArrayImgs.unsignedShorts(size)).get(0);
            assertThat(Intervals.dimensionsAsLongArray(plane.labels())).containsExactly(size);
            assertThat(sizes(plane).keySet()).hasSize(plane.clusters()).doesNotContain(0);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"CONTEXT", "KMEANS", "EQUITABLE"})
    void pixelsThatAreNotNumbersHaveNoCluster(Method method) throws IOException {
        float[] values = halves(30, 20);
        values[0] = Float.NaN;
        values[314] = Float.NaN;
        LabelPlane plane =
                map(settings(method, 4), ArrayImgs.floats(values, 30, 20)).get(0);
        assertThat(sizes(plane)).containsEntry(0, 2);
        assertThat(plane.labels()
                        .randomAccess()
                        .setPositionAndGet(314 % 30, 314 / 30)
                        .get())
                .isZero();
    }

    @Test
    void anOffsetViewGivesTheSameAsItsCopy() throws IOException {
        RandomAccessibleInterval<? extends RealType<?>> image = ArrayImgs.floats(halves(60, 40), 60, 40);
        RandomAccessibleInterval<? extends RealType<?>> moved =
                Views.translate(ArrayImgs.floats(halves(60, 40), 60, 40), -7, 100);
        assertThat(sizes(map(settings(Method.CONTEXT, 12), moved).get(0)))
                .isEqualTo(sizes(map(settings(Method.CONTEXT, 12), image).get(0)));
    }

    @Test
    void aModelMapsEachLevelAtTheSizeOfTheImage() throws IOException {
        Settings settings = model(null, 0, "0.0.1", "2.1.2");
        List<LabelPlane> planes = map(settings, ArrayImgs.floats(halves(70, 45), 70, 45));
        assertThat(planes).extracting(LabelPlane::level).containsExactly("0.0.1", "2.1.2");
        assertThat(planes).extracting(LabelPlane::clusters).containsExactly(8 * 8 * 4, 2 * 2 * 4);
        for (LabelPlane plane : planes) {
            assertThat(Intervals.dimensionsAsLongArray(plane.labels())).containsExactly(70, 45);
            assertThat(sizes(plane).keySet()).allMatch(l -> l >= 1 && l <= plane.clusters());
        }
    }

    @Test
    void aModelGivesTheWindowsOfALargeImageLabelsOfTheirOwn() throws IOException {
        Settings settings = model(null, 0, "3.0.0");
        LabelPlane plane = map(settings, ArrayImgs.unsignedBytes(ModelAssignments.WINDOW_PX + 6, 40))
                .get(0);
        assertThat(plane.clusters()).isEqualTo(2 * 4);
        RandomAccess<IntType> access = plane.labels().randomAccess();
        assertThat(access.setPositionAndGet(0, 0).get()).isBetween(1, 4);
        assertThat(access.setPositionAndGet(ModelAssignments.WINDOW_PX, 0).get())
                .isBetween(5, 8);
    }

    @Test
    void aModelSplitsItsClustersIntoComponentsWhenAsked() throws IOException {
        Settings plain = model(null, 0, "2.1.2");
        Settings connected = new Settings(
                Method.MODEL,
                1,
                0,
                1,
                Similarity.EUCLIDEAN,
                FeatureKind.COLOUR,
                true,
                0,
                0,
                plain.model(),
                plain.variant(),
                plain.levels(),
                0,
                "cpu");
        RandomAccessibleInterval<? extends RealType<?>> image = ArrayImgs.floats(halves(96, 64), 96, 64);
        LabelPlane whole = map(plain, image).get(0);
        LabelPlane split = map(connected, image).get(0);
        assertThat(split.clusters()).isGreaterThanOrEqualTo(sizes(whole).size());
        assertThat(sizes(split).keySet()).hasSize(split.clusters()).doesNotContain(0);
    }

    @Test
    void aModelListsItsLevels() throws IOException {
        try (MapClusters task = MapClusters.open(model(null, 0, "0.0.0"))) {
            assertThat(task.levels().stream()
                            .map(io.github.pointillist.models.GroupingModel.Level::name)
                            .toList())
                    .hasSize(2 + 2 + 3 * 2 + 4)
                    .contains("0.0.0", "2.1.2")
                    .doesNotContain("2.2.0");
            assertThat(task.modelNote().orElseThrow().sha256()).hasSize(64);
        }
    }

    @Test
    void aWrongLevelSaysWhichThereAre() throws IOException {
        Settings settings = model(null, 0, "4.0.0");
        assertThatThrownBy(() -> map(settings, ArrayImgs.unsignedBytes(32, 32)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("level is 4.0.0")
                .hasMessageContaining("the model offers 0.0.0, 0.0.1, 1.0.0");
    }

    @Test
    void aWrongVariantIsRefused() throws IOException {
        Settings settings = model("coc_tiny", 0, "0.0.0");
        assertThatThrownBy(() -> MapClusters.open(settings))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("missing")
                .hasMessageContaining("of another shape");
    }

    @Test
    void wrongSettingsAreRefusedInOneLine() {
        assertThatThrownBy(() -> settings(Method.KMEANS, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("clusters is 0; allowed: 1 or more");
        assertThatThrownBy(() -> MapClusters.open(Settings.defaults(Method.MODEL)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("model is none");
    }

    @Test
    void cancels() {
        Progress cancelled = new Progress() {
            @Override
            public void report(long done, long total, String what) {}

            @Override
            public boolean cancelled() {
                return true;
            }
        };
        assertThatThrownBy(() -> {
                    try (MapClusters task = MapClusters.open(settings(Method.CONTEXT, 10))) {
                        task.map(ArrayImgs.unsignedBytes(200, 200), false, cancelled);
                    }
                })
                .isInstanceOf(CancellationException.class);
    }
}
