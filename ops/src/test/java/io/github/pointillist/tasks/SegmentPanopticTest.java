// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.DataType;
import io.github.pointillist.catalog.ModelCard;
import io.github.pointillist.catalog.ModelFile.Origin;
import io.github.pointillist.catalog.ModelStore;
import io.github.pointillist.image.Images;
import io.github.pointillist.image.Interpolation;
import io.github.pointillist.models.ConvNeXt;
import io.github.pointillist.models.KMaxDeepLab;
import io.github.pointillist.models.KMaxDeepLab.Auxiliary;
import io.github.pointillist.models.KMaxDeepLab.Config;
import io.github.pointillist.models.KMaxDeepLab.Features;
import io.github.pointillist.models.KMaxDeepLab.Stage;
import io.github.pointillist.ops.SegmentOps;
import io.github.pointillist.parity.GoldenRule;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.SegmentPanoptic.Result;
import io.github.pointillist.tasks.SegmentPanoptic.Settings;
import io.github.pointillist.tasks.SegmentPanoptic.View;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.weights.StateDict;
import io.github.pointillist.weights.TensorEntry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CancellationException;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.img.Img;
import net.imglib2.img.array.ArrayImgs;
import net.imglib2.type.numeric.RealType;
import net.imglib2.type.numeric.integer.IntType;
import net.imglib2.view.Views;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a network that has learned nothing: what follows from sizes, thresholds and the decoder. */
class SegmentPanopticTest {
    private static final Config TINY = new Config(
            null,
            new ConvNeXt.Config(List.of(1, 1, 1, 1), List.of(4, 6, 8, 10), ConvNeXt.Padding.KMAX, 0),
            Features.FOUR,
            List.of(new Stage(1, 8, true), new Stage(1, 8, true), new Stage(1, 4, false), new Stage(1, 4, false)),
            List.of(1, 1, 1),
            6,
            32,
            4,
            Auxiliary.NONE,
            0,
            65,
            97);

    @TempDir
    private static Path folder;

    private static String before;

    @BeforeAll
    static void install() throws IOException {
        before = System.getProperty(ModelStore.PROPERTY);
        System.setProperty(ModelStore.PROPERTY, folder.resolve("models").toString());
        install("whole", 65);
        install("windows", 0);
        SegmentationModels.install(
                ModelStore.standard(),
                folder,
                "classes",
                SegmentationModels.config(8, 5),
                new ModelCard.Segmentation(ModelCard.Segmentation.Kind.SEMANTIC, 0, 0, 64, 16, 1, 99.8, false, 0, 0));
    }

    @AfterAll
    static void forget() {
        if (before == null) {
            System.clearProperty(ModelStore.PROPERTY);
        } else {
            System.setProperty(ModelStore.PROPERTY, before);
        }
    }

    private static void install(String name, int shortSidePx) throws IOException {
        KMaxDeepLab model = new KMaxDeepLab(TINY);
        List<TensorEntry> entries = new ArrayList<>();
        try (Arena arena = Arena.onCpu()) {
            model.allocate(arena, DataType.FLOAT32);
            GoldenRule.fill(model);
            for (Map.Entry<String, Parameter> one : model.parameters().entrySet()) {
                long[] shape = one.getValue().shape().getShape();
                boolean floats = one.getValue().array().getDataType().isFloating();
                entries.add(
                        floats
                                ? TensorEntry.of(
                                        one.getKey(), one.getValue().array().toFloatArray(), shape)
                                : TensorEntry.of(
                                        one.getKey(), one.getValue().array().toLongArray(), shape));
            }
        }
        ModelCard card = new ModelCard(
                name,
                "kmax-deeplab",
                "custom",
                "untrained, for tests",
                "panoptic segmentation",
                4,
                List.of("ground", "sky", "cell", "rod"),
                new ModelCard.Input(
                        97,
                        65,
                        0,
                        Interpolation.PIL_BILINEAR,
                        List.of(0.5f, 0.5f, 0.5f),
                        List.of(0.5f, 0.5f, 0.5f),
                        "RGB"),
                null,
                null,
                null,
                null,
                null,
                List.of(),
                null,
                new ModelCard.Panoptic(List.of(2, 3), shortSidePx, 0.34, 0, 0, 0.1, 1, 1));
        Origin origin = new Origin("none", "", "made by a rule", List.of(), Map.of(), List.of());
        ModelStore.standard().create(card, TINY, StateDict.of(entries), origin);
    }

    private static Settings settings(String model, View view) {
        return new Settings(model, null, view, -1, -1, -1, -1, "cpu");
    }

    private static RandomAccessibleInterval<? extends RealType<?>> noise(int width, int height, int channels) {
        byte[] bytes = new byte[width * height * channels];
        new Random(3).nextBytes(bytes);
        return channels == 1
                ? ArrayImgs.unsignedBytes(bytes, width, height)
                : ArrayImgs.unsignedBytes(bytes, width, height, channels);
    }

    private static Result segment(Settings settings, RandomAccessibleInterval<? extends RealType<?>> image)
            throws IOException {
        try (SegmentPanoptic task = SegmentPanoptic.open(settings)) {
            return task.segment(image, Progress.NONE);
        }
    }

    private static void assertSound(Result result, int width, int height) {
        assertThat(result.labels()).hasSize(width * height);
        int[] pixels = new int[result.segments().size() + 1];
        for (int i = 0; i < result.labels().length; i++) {
            int label = result.labels()[i];
            pixels[label]++;
            assertThat(result.classes()[i])
                    .isEqualTo(label == 0 ? 0 : result.segments().get(label - 1).classIndex() + 1);
        }
        for (SegmentPanoptic.Segment segment : result.segments()) {
            assertThat(segment.pixels()).isEqualTo(pixels[segment.id()]).isPositive();
            assertThat(segment.thing()).isEqualTo(segment.classIndex() >= 2);
            assertThat(segment.className())
                    .isEqualTo(List.of("ground", "sky", "cell", "rod").get(segment.classIndex()));
        }
    }

    @Test
    void anyImageIsSeenWholeOrInWindows() throws IOException {
        for (View view : List.of(View.AUTOMATIC, View.WINDOWS)) {
            assertSound(segment(settings("whole", view), noise(120, 80, 3)), 120, 80);
            assertSound(segment(settings("whole", view), noise(70, 190, 1)), 70, 190);
            assertSound(segment(settings("whole", view), noise(1, 1, 1)), 1, 1);
            assertSound(segment(settings("whole", view), ArrayImgs.floats(new float[40 * 30], 40, 30)), 40, 30);
        }
        assertThat(segment(settings("whole", View.AUTOMATIC), noise(120, 80, 3)).segments())
                .isNotEmpty();
    }

    @Test
    void theCardDecidesHowAnImageIsSeen() throws IOException {
        assertThat(String.join(
                        "\n",
                        segment(settings("whole", View.AUTOMATIC), noise(120, 80, 3))
                                .notes()))
                .contains("the whole image resized to 97 x 65 pixels and padded to 97 x 65");
        assertThat(String.join(
                        "\n",
                        segment(settings("windows", View.AUTOMATIC), noise(120, 80, 3))
                                .notes()))
                .contains("4 windows of 97 x 65 pixels, joined where they agree");
        assertThat(String.join(
                        "\n",
                        segment(settings("whole", View.AUTOMATIC), noise(80, 120, 3))
                                .notes()))
                .contains("the whole image resized to 43 x 65 pixels");
    }

    @Test
    void oneWindowOfTheImageIsThatPartOfIt() throws IOException {
        Result inside = segment(settings("windows", View.AUTOMATIC), noise(97, 65, 3));
        Result whole = segment(settings("windows", View.WHOLE), noise(97, 65, 3));
        assertThat(inside.classes()).isEqualTo(whole.classes());
    }

    @Test
    void thresholdsOfTheUserComeFirst() throws IOException {
        List<SegmentPanoptic.Segment> all =
                segment(settings("whole", View.AUTOMATIC), noise(120, 80, 3)).segments();
        double surest =
                all.stream().mapToDouble(SegmentPanoptic.Segment::score).max().orElseThrow();
        Settings strict = new Settings("whole", null, View.AUTOMATIC, -1, surest, surest, -1, "cpu");
        assertThat(segment(strict, noise(120, 80, 3)).segments()).isEmpty();
    }

    @Test
    void whatIsNoNumberBelongsToNoSegment() throws IOException {
        float[] values = new float[50 * 40];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 5 == 0 ? Float.NaN : i % 83;
        }
        Result result = segment(settings("whole", View.AUTOMATIC), ArrayImgs.floats(values, 50, 40));
        for (int i = 0; i < values.length; i += 5) {
            assertThat(result.labels()[i]).isZero();
            assertThat(result.classes()[i]).isZero();
        }
    }

    @Test
    void otherModelsAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SegmentPanoptic.open(settings("classes", View.AUTOMATIC)))
                .withMessageContaining("gives no panoptic segments");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Segment.open(Segment.Settings.defaults("whole")))
                .withMessageContaining("panoptic segmentation");
    }

    @Test
    void theOpGivesSegmentsAndClasses() throws IOException {
        Result result = segment(settings("windows", View.AUTOMATIC), noise(120, 80, 3));
        Img<IntType> both = SegmentOps.panoptic(noise(120, 80, 3), "windows");
        assertThat(both.dimensionsAsLongArray()).containsExactly(120, 80, 2);
        assertThat(Images.labels(Views.hyperSlice(both, 2, 0))).isEqualTo(result.labels());
        assertThat(Images.labels(Views.hyperSlice(both, 2, 1))).isEqualTo(result.classes());
        assertThatThrownBy(() -> SegmentOps.panoptic(noise(9, 9, 1), "nothing"))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("neither installed nor a file");
    }

    @Test
    void stopsBetweenWindows() throws IOException {
        int[] asked = new int[1];
        Progress progress = new Progress() {
            @Override
            public void report(long done, long total, String what) {
                asked[0] = (int) done;
            }

            @Override
            public boolean cancelled() {
                return asked[0] >= 2;
            }
        };
        try (SegmentPanoptic task = SegmentPanoptic.open(settings("windows", View.AUTOMATIC))) {
            assertThatThrownBy(() -> task.segment(noise(300, 200, 1), progress))
                    .isInstanceOf(CancellationException.class);
        }
        assertThat(asked[0]).isEqualTo(2);
    }
}
