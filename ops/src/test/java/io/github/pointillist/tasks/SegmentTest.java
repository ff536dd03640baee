// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.catalog.LoadedModel;
import io.github.pointillist.catalog.ModelCard.Segmentation;
import io.github.pointillist.catalog.ModelCard.Segmentation.Kind;
import io.github.pointillist.catalog.ModelStore;
import io.github.pointillist.engine.Devices;
import io.github.pointillist.image.Interpolation;
import io.github.pointillist.image.Raster8;
import io.github.pointillist.image.Resize;
import io.github.pointillist.models.SemanticFpn;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.Segment.Result;
import io.github.pointillist.tasks.Segment.Scaling;
import io.github.pointillist.tasks.Segment.Settings;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Pass;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicInteger;
import net.imglib2.FinalInterval;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.img.array.ArrayImgs;
import net.imglib2.type.numeric.RealType;
import net.imglib2.view.Views;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole task on networks that have learned nothing: what must hold whatever a network says. */
class SegmentTest {
    private static final Segmentation INSTANCES =
            new Segmentation(Kind.INSTANCES, 0.5, 16, 64, 16, 1, 99.8, true, 0.5, 0.3);
    private static final Segmentation CLASSES = new Segmentation(Kind.SEMANTIC, 0, 0, 64, 16, 1, 99.8, false, 0, 0);

    @TempDir
    private static Path folder;

    private static String before;

    @BeforeAll
    static void installModels() throws IOException {
        before = System.getProperty(ModelStore.PROPERTY);
        System.setProperty(ModelStore.PROPERTY, folder.resolve("models").toString());
        ModelStore store = ModelStore.standard();
        SegmentationModels.install(store, folder, "objects", SegmentationModels.config(8, 4), INSTANCES);
        SegmentationModels.install(store, folder, "classes", SegmentationModels.config(8, 5), CLASSES);
        Segmentation named =
                new Segmentation(Kind.SEMANTIC, 0, 0, 64, 16, 1, 99.8, false, 0, 0, List.of(1, 3, 10, 20, 70_000), 0);
        SegmentationModels.install(store, folder, "valued", SegmentationModels.config(8, 5), named);
        SegmentationModels.install(store, folder, "published", SegmentationModels.config(8, 7), null);
        SegmentationModels.install(store, folder, "wrong", SegmentationModels.config(8, 3), INSTANCES);
    }

    @AfterAll
    static void forgetModels() {
        if (before == null) {
            System.clearProperty(ModelStore.PROPERTY);
        } else {
            System.setProperty(ModelStore.PROPERTY, before);
        }
    }

    private static Settings settings(String model, Scaling scaling, double diameter, int tilePx) {
        return new Settings(model, null, scaling, diameter, 0, -1, -1, false, false, tilePx, "cpu");
    }

    private static Result segment(Settings settings, RandomAccessibleInterval<? extends RealType<?>> image)
            throws IOException {
        try (Segment task = Segment.open(settings)) {
            return task.segment(image, 0, Progress.NONE);
        }
    }

    /** Blobs on a noisy ground. */
    private static RandomAccessibleInterval<? extends RealType<?>> blobs(int width, int height, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        short[] values = new short[width * height];
        for (int i = 0; i < values.length; i++) {
            double x = Math.sin(i % width / 5.0) * Math.sin(i / width / 6.0);
            values[i] = (short) (1000 + 20000 * Math.max(0, x) + random.nextInt(2000));
        }
        return ArrayImgs.unsignedShorts(values, width, height);
    }

    private static int kinds(int[] labels) {
        return (int) Arrays.stream(labels).distinct().count();
    }

    /** Memory decides nothing: every tile size gives the same labels, at the image's own scale and at others. */
    @Test
    void tilesChangeNothing() throws IOException {
        for (String model : List.of("objects", "classes")) {
            RandomAccessibleInterval<? extends RealType<?>> image = blobs(197, 143, 1);
            Result expected = segment(settings(model, Scaling.NONE, 0, 0), image);
            assertThat(kinds(expected.labels())).as(model).isGreaterThan(1);
            for (int tile : new int[] {1, 120, 100_000}) {
                assertThat(segment(settings(model, Scaling.NONE, 0, tile), image)
                                .labels())
                        .as(model + " in tiles of " + tile)
                        .isEqualTo(expected.labels());
            }
        }
        RandomAccessibleInterval<? extends RealType<?>> image = blobs(110, 70, 2);
        for (double diameter : new double[] {12.3, 40}) {
            Result expected = segment(settings("objects", Scaling.DIAMETER, diameter, 0), image);
            for (int tile : new int[] {1, 100_000}) {
                Result other = segment(settings("objects", Scaling.DIAMETER, diameter, tile), image);
                assertThat(other.labels()).isEqualTo(expected.labels());
            }
        }
    }

    /** Java's threads; the engine's can only be set for a whole process (see scripts/benchmark segment). */
    @Test
    void threadsAndRepetitionChangeNothing() throws Exception {
        RandomAccessibleInterval<? extends RealType<?>> image = blobs(150, 170, 3);
        int[] expected = segment(settings("objects", Scaling.NONE, 0, 0), image).labels();
        for (int threads : new int[] {1, 3}) {
            ForkJoinPool pool = new ForkJoinPool(threads);
            try {
                assertThat(pool.submit(() -> segment(settings("objects", Scaling.NONE, 0, 0), image)
                                        .labels())
                                .get())
                        .isEqualTo(expected);
            } finally {
                pool.shutdown();
            }
        }
    }

    /** An image of another size or type, or of nothing at all, is an image. */
    @Test
    void everyImageIsTaken() throws IOException {
        float[] numbers = new float[40 * 30];
        Arrays.fill(numbers, Float.NaN);
        byte[] noise = new byte[3 * 50 * 40];
        new SplittableRandom(4).nextBytes(noise);
        List<RandomAccessibleInterval<? extends RealType<?>>> images = List.of(
                ArrayImgs.unsignedBytes(1, 1),
                ArrayImgs.unsignedShorts(1, 90),
                ArrayImgs.unsignedBytes(200, 1),
                ArrayImgs.unsignedShorts(33, 17),
                ArrayImgs.floats(numbers, 40, 30),
                ArrayImgs.unsignedBytes(noise, 50, 40, 3),
                ArrayImgs.unsignedBytes(noise, 50, 60, 2),
                ArrayImgs.unsignedInts(70, 70),
                ArrayImgs.doubles(20, 20));
        for (String model : List.of("objects", "classes", "published")) {
            for (RandomAccessibleInterval<? extends RealType<?>> image : images) {
                Result result = segment(settings(model, Scaling.AUTOMATIC, 0, 0), image);
                assertThat(result.width()).isEqualTo((int) image.dimension(0));
                assertThat(result.height()).isEqualTo((int) image.dimension(1));
                assertThat(result.labels()).hasSize(result.width() * result.height());
                int largest = Arrays.stream(result.labels()).max().orElseThrow();
                assertThat(largest)
                        .isLessThanOrEqualTo(result.kind() == Kind.INSTANCES ? result.count() : result.count() - 1);
                assertThat(result.notes()).isNotEmpty();
            }
            assertThat(segment(settings(model, Scaling.NONE, 0, 0), images.get(4))
                            .labels())
                    .containsOnly(0);
        }
    }

    @Test
    void classesHaveTheLabelsOfTheCard() throws IOException {
        RandomAccessibleInterval<? extends RealType<?>> image = blobs(97, 83, 1);
        int[] indices = segment(settings("classes", Scaling.NONE, 0, 0), image).labels();
        int[] labels = segment(settings("valued", Scaling.NONE, 0, 0), image).labels();
        int[] values = {1, 3, 10, 20, 70_000};
        assertThat(kinds(indices)).isGreaterThan(1);
        assertThat(labels)
                .isEqualTo(Arrays.stream(indices).map(index -> values[index]).toArray());
    }

    @Test
    void whatIsNoNumberGetsNoLabel() throws IOException {
        float[] values = new float[100 * 80];
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 7 == 3 ? Float.NaN : (float) random.nextDouble();
        }
        for (String model : List.of("objects", "classes", "valued", "published")) {
            Result result = segment(settings(model, Scaling.NONE, 0, 0), ArrayImgs.floats(values, 100, 80));
            for (int i = 3; i < values.length; i += 7) {
                assertThat(result.labels()[i]).isZero();
            }
        }
    }

    @Test
    void thePixelSizeDecidesTheScale() throws IOException {
        RandomAccessibleInterval<? extends RealType<?>> image = blobs(90, 70, 6);
        try (Segment automatic = Segment.open(settings("objects", Scaling.AUTOMATIC, 0, 0));
                Segment calibrated = Segment.open(settings("objects", Scaling.CALIBRATION, 0, 0));
                Segment given = Segment.open(settings("objects", Scaling.DIAMETER, 8, 0))) {
            Result result = calibrated.segment(image, 1, Progress.NONE);
            assertThat(result.scale()).isEqualTo(2);
            assertThat(String.join("\n", result.notes()))
                    .contains("image enlarged 2 times: its pixels are 1 um, the model's 0.5 um");
            assertThat(automatic.segment(image, 1, Progress.NONE).labels()).isEqualTo(result.labels());
            assertThat(given.segment(image, 7, Progress.NONE).labels()).isEqualTo(result.labels());
            assertThat(String.join(
                            "\n", calibrated.segment(image, 0.25, Progress.NONE).notes()))
                    .contains("image shrunk to 1/2");
            assertThat(String.join(
                            "\n", automatic.segment(image, 352.8, Progress.NONE).notes()))
                    .contains("the pixel size of 353 um is not believed");
            assertThatThrownBy(() -> calibrated.segment(image, 0, Progress.NONE))
                    .hasMessageContaining("pixel size of the image is not known");
            assertThatThrownBy(() -> calibrated.segment(image, 352.8, Progress.NONE))
                    .hasMessageContaining("allowed are 1/64 to 16");
            assertThatThrownBy(() -> calibrated.segment(image, Double.NaN, Progress.NONE))
                    .hasMessageContaining("pixel size is NaN");
        }
    }

    /** As the reference does it: resized, classified, resized back, most probable class. */
    @Test
    void publishedModelsSeeTheWholeImage() throws IOException {
        byte[] bytes = new byte[3 * 95 * 60];
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (128 + 60 * Math.sin(i / 40.0) + random.nextInt(60));
        }
        Result result =
                segment(settings("published", Scaling.AUTOMATIC, 0, 0), ArrayImgs.unsignedBytes(bytes, 95, 60, 3));
        assertThat(result.kind()).isEqualTo(Kind.SEMANTIC);
        assertThat(result.count()).isEqualTo(7);
        byte[] interleaved = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            interleaved[i] = bytes[i % 3 * 95 * 60 + i / 3];
        }
        // The card is the assumed one of 224 x 224: 95 x 60 becomes 355 x 224, and then a multiple of 16.
        Raster8 picture = new Raster8(95, 60, 3, interleaved);
        Raster8 resized = Resize.resize(
                Resize.resize(picture, 355, 224, Interpolation.CV_BILINEAR), 368, 224, Interpolation.CV_BILINEAR);
        assertThat(String.join("\n", result.notes())).contains("368 x 224");
        try (LoadedModel model = ModelStore.standard().load("published", null, Devices.parse("cpu"));
                Arena scope = Arena.onCpu()) {
            float[] values = model.card().input().normalisation().apply(resized);
            NDArray image = scope.array(values, 1, 3, 224, 368);
            SemanticFpn network = (SemanticFpn) model.layer();
            NDArray logits = network.apply(image, Pass.inference());
            NDArray probabilities = network.probabilities(logits, new Shape(224, 368), new Shape(60, 95));
            long[] labels = SemanticFpn.labels(probabilities).toLongArray();
            float[] each = probabilities.toFloatArray();
            int differing = 0;
            for (int i = 0; i < labels.length; i++) {
                if (labels[i] != result.labels()[i]) {
                    differing++;
                    assertThat(each[result.labels()[i] * labels.length + i])
                            .isGreaterThan(each[(int) labels[i] * labels.length + i] - 1e-5f);
                }
            }
            assertThat(differing).isLessThanOrEqualTo(5);
        }
        assertThat(kinds(result.labels())).isGreaterThan(1);
    }

    /** A window is looked at or it is not: cancelling takes no longer than one. */
    @Test
    void itCanBeCancelledBetweenWindows() throws IOException {
        AtomicInteger reports = new AtomicInteger();
        List<Long> totals = new ArrayList<>();
        Progress stopping = new Progress() {
            @Override
            public void report(long done, long total, String what) {
                totals.add(total);
                assertThat(done).isBetween(0L, total);
                reports.incrementAndGet();
            }

            @Override
            public boolean cancelled() {
                return reports.get() > 3;
            }
        };
        try (Segment task = Segment.open(settings("objects", Scaling.NONE, 0, 0))) {
            assertThatThrownBy(() -> task.segment(blobs(300, 300, 8), 0, stopping))
                    .isInstanceOf(CancellationException.class);
        }
        assertThat(reports.get()).isLessThan(6);
        assertThat(totals.get(0)).isEqualTo(36);
    }

    @Test
    void wrongSettingsAreSaid() {
        assertThatThrownBy(() -> settings("objects", Scaling.DIAMETER, 0, 0))
                .hasMessageContaining("object diameter is 0.0");
        assertThatThrownBy(() -> settings("objects", Scaling.NONE, 12, 0)).hasMessageContaining("0 unless scaling");
        assertThatThrownBy(() -> settings("objects", Scaling.NONE, 0, -5)).hasMessageContaining("tile is -5");
        assertThatThrownBy(() -> new Settings("objects", null, Scaling.NONE, 0, 0, 1.5, -1, false, false, 0, "cpu"))
                .hasMessageContaining("foreground threshold is 1.5");
        assertThatThrownBy(() -> Segment.open(
                        new Settings("classes", null, Scaling.NONE, 0, 50, -1, -1, false, false, 0, "cpu")))
                .hasMessageContaining("gives classes, not objects");
        assertThatThrownBy(() -> Segment.open(settings("classes", Scaling.DIAMETER, 20, 0)))
                .hasMessageContaining("no particular size");
        assertThatThrownBy(() -> Segment.open(settings("classes", Scaling.CALIBRATION, 0, 0)))
                .hasMessageContaining("no particular pixel size");
        assertThatThrownBy(() -> Segment.open(settings("wrong", Scaling.NONE, 0, 0)))
                .hasMessageContaining("its card says INSTANCES");
        String coc = Path.of("src", "test", "resources", "golden", "coc").toString();
        assertThatThrownBy(() -> Segment.open(new Settings(
                        Path.of(coc, "checkpoint-timm.pth.tar").toString(),
                        Path.of(coc, "checkpoint-timm", "case.json").toString(),
                        Scaling.NONE,
                        0,
                        0,
                        -1,
                        -1,
                        false,
                        false,
                        0,
                        "cpu")))
                .hasMessageContaining("segments nothing: its task is classification");
        assertThatThrownBy(() -> segment(
                        settings("objects", Scaling.NONE, 0, 0),
                        Views.interval(
                                ArrayImgs.unsignedBytes(5, 5), new FinalInterval(new long[2], new long[] {-1, 4}))))
                .hasMessageContaining("must be 1 to");
    }

    @Test
    void theModelIsNoted() throws IOException {
        try (Segment task = Segment.open(settings("objects", Scaling.NONE, 0, 0))) {
            assertThat(task.card().name()).isEqualTo("objects");
            assertThat(task.modelNote().sha256()).hasSize(64);
        }
    }
}
