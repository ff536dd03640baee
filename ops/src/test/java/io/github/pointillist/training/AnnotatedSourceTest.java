// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pointillist.image.IntensityRange;
import io.github.pointillist.image.Interpolation;
import io.github.pointillist.image.RasterF;
import io.github.pointillist.image.Resize;
import io.github.pointillist.samples.Sample;
import io.github.pointillist.samples.SimulatedImages;
import io.github.pointillist.samples.TissueSample;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AnnotatedSourceTest {
    private static final Annotated NUCLEI = nuclei(200, 160, 3);

    private static Annotated nuclei(int width, int height, long seed) {
        Sample sample = SimulatedImages.nuclei(width, height, seed);
        return AnnotatedImages.of(sample.image(), sample.labels(), "nuclei");
    }

    private static Annotated tissue(int width, int height, long seed) {
        TissueSample tissue = SimulatedImages.tissue(width, height, seed);
        return AnnotatedImages.of(tissue.sample().image(), tissue.classes(), "tissue");
    }

    private static AnnotatedSource source(Annotated image, double scale, int side, Augmentation augmentation) {
        return new AnnotatedSource(
                List.of(image),
                new double[] {scale},
                side,
                augmentation,
                image.image().channels() == 1,
                11);
    }

    private static Augmentation geometryOnly(double scale, double elasticPx) {
        return new Augmentation(
                new Augmentation.Warp(scale, 180, true, 0.1, elasticPx, 24),
                Augmentation.Light.NONE,
                Augmentation.Camera.NONE,
                Augmentation.Colour.NONE,
                0);
    }

    @Test
    void anIndexAlwaysGivesTheSamePatchWhateverCameBefore() {
        AnnotatedSource one = source(NUCLEI, 1, 64, Augmentation.MICROSCOPY);
        AnnotatedSource other = source(NUCLEI, 1, 64, Augmentation.MICROSCOPY);
        one.example(0);
        Annotated first = one.example(5);
        Annotated again = other.example(5);
        assertThat(again.image().data()).containsExactly(first.image().data());
        assertThat(again.labels()).containsExactly(first.labels());
        assertThat(one.example(6).image().data()).isNotEqualTo(first.image().data());
    }

    @Test
    void patchesAreThoseOfEveryMachine() {
        // recorded once: a change here changes every training run
        int hash = 17;
        for (Annotated image : List.of(NUCLEI, tissue(96, 96, 2))) {
            AnnotatedSource source = source(image, 0.9, 48, Augmentation.MICROSCOPY);
            for (int i = 0; i < 8; i++) {
                Annotated patch = source.example(i);
                hash = 31 * hash + Arrays.hashCode(patch.image().data());
                hash = 31 * hash + Arrays.hashCode(patch.labels());
            }
        }
        assertThat(hash).isEqualTo(-260920903);
    }

    @Test
    void withoutAugmentationAPatchIsAPartOfTheStretchedImageToTheBit() {
        RasterF stretched = IntensityRange.stretch(NUCLEI.image(), 1, 99.8);
        AnnotatedSource source = source(NUCLEI, 1, 48, Augmentation.NONE);
        for (int i = 0; i < 12; i++) {
            Annotated patch = source.example(i);
            int[] at = find(stretched, patch.image());
            assertThat(at).as("place of patch %s", i).isNotNull();
            RasterF part = stretched.crop(at[0], at[1], 48, 48);
            assertThat(patch.image().data()).containsExactly(part.data());
            Annotated truth = NUCLEI.crop(at[0], at[1], 48, 48, "part");
            for (int p = 0; p < 48 * 48; p++) {
                int label = patch.labels()[p];
                assertThat(label == Annotated.IGNORE || (label > 0) == (truth.labels()[p] > 0))
                        .isTrue();
            }
        }
    }

    private static int[] find(RasterF image, RasterF part) {
        for (int top = 0; top + part.height() <= image.height(); top++) {
            for (int left = 0; left + part.width() <= image.width(); left++) {
                if (image.at(left, top, 0) == part.at(0, 0, 0)
                        && image.at(left + 7, top + 5, 0) == part.at(7, 5, 0)
                        && image.at(left + 31, top + 40, 0) == part.at(31, 40, 0)
                        && image.at(left + 40, top + 13, 0) == part.at(40, 13, 0)) {
                    return new int[] {left, top};
                }
            }
        }
        return null;
    }

    @Test
    void classesWithoutAugmentationAreThoseOfTheImage() {
        Annotated tissue = tissue(120, 100, 4);
        Annotated patch = source(tissue, 1, 100, Augmentation.NONE).example(1);
        boolean found = false;
        for (int left = 0; left <= 20; left++) {
            found |= Arrays.equals(
                    patch.labels(), tissue.crop(left, 0, 100, 100, "part").labels());
        }
        assertThat(found).isTrue();
    }

    /** An image that is its own labels: where the interpolated image is far from a border it must say the same. */
    @Test
    void imageAndLabelsAreWarpedAlike() {
        for (double scale : new double[] {0.23, 0.5, 0.8, 1, 1.7}) {
            int size = (int) (300 / Math.min(1, scale));
            Annotated stripes = blobs(size, (int) (60 / Math.min(1, scale)));
            AnnotatedSource source = new AnnotatedSource(
                    List.of(stripes),
                    new double[] {scale},
                    new AnnotatedSource.Drawing(128, 0, 100, false, geometryOnly(1.3, 3)),
                    5);
            long same = 0;
            long looked = 0;
            for (int i = 0; i < 12; i++) {
                Annotated patch = source.example(i);
                for (int y = 2; y < 126; y++) {
                    for (int x = 2; x < 126; x++) {
                        if (flat(patch.labels(), x, y)) {
                            looked++;
                            float expected = patch.labels()[y * 128 + x] * 255f;
                            same += Math.abs(patch.image().at(x, y, 0) - expected) < 1 ? 1 : 0;
                        }
                    }
                }
            }
            assertThat(looked).isGreaterThan(12 * 124 * 124 / 2);
            assertThat((double) same / looked).as("scale %s", scale).isGreaterThan(0.99);
        }
    }

    /** And at the borders the two agree on where the middle lies, to a fraction of a pixel: no shift between them. */
    @Test
    void imageAndLabelsAreNotShifted() {
        for (double scale : new double[] {0.23, 0.5, 1, 1.7}) {
            int size = (int) (300 / Math.min(1, scale));
            Annotated blobs = blobs(size, (int) (60 / Math.min(1, scale)));
            AnnotatedSource source = new AnnotatedSource(
                    List.of(blobs),
                    new double[] {scale},
                    new AnnotatedSource.Drawing(128, 0, 100, false, geometryOnly(1.3, 0)),
                    6);
            long agree = 0;
            for (int i = 0; i < 12; i++) {
                Annotated patch = source.example(i);
                for (int p = 0; p < 128 * 128; p++) {
                    agree += (patch.image().data()[p] > 127.5) == (patch.labels()[p] == 1) ? 1 : 0;
                }
            }
            assertThat(agree / (12.0 * 128 * 128)).as("scale %s", scale).isGreaterThan(0.99);
        }
    }

    private static boolean flat(int[] labels, int x, int y) {
        for (int dy = -2; dy <= 2; dy++) {
            for (int dx = -2; dx <= 2; dx++) {
                if (labels[(y + dy) * 128 + x + dx] != labels[y * 128 + x]) {
                    return false;
                }
            }
        }
        return true;
    }

    private static Annotated blobs(int size, int period) {
        RasterF image = RasterF.of(size, size, 1);
        int[] labels = new int[size * size];
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                boolean on = Math.floorMod(x / (period / 2) + y / (period / 2), 2) == 1;
                labels[y * size + x] = on ? 1 : 0;
                image.data()[y * size + x] = on ? 700 : -300;
            }
        }
        return new Annotated(image, labels, "blobs");
    }

    /** Noise of single pixels averages out as it does in antialiased resizing. */
    @Test
    void shrinkingDoesNotAlias() {
        for (double scale : new double[] {0.15, 0.27, 0.5, 0.7}) {
            int size = (int) (100 / scale);
            RasterF image = RasterF.of(size, size, 1);
            float[] noise = GaussianNoise.fill(size * size, Draws.of(1, 2));
            for (int i = 0; i < noise.length; i++) {
                image.data()[i] = 127.5f + 25 * noise[i];
            }
            Annotated noisy = new Annotated(image, new int[size * size], "noise");
            RasterF resized = Resize.resize(image, 100, 100, Interpolation.PIL_BILINEAR);
            double expected = deviation(widen(resized.data()));
            AnnotatedSource source = new AnnotatedSource(
                    List.of(noisy),
                    new double[] {scale},
                    new AnnotatedSource.Drawing(64, 0, 100, true, geometryOnly(1, 0)),
                    4);
            IntensityRange range = IntensityRange.percentiles(image.data(), 0, 100);
            double unit = 255.0 / (range.high() - range.low());
            double kept = 0;
            for (int i = 0; i < 10; i++) {
                kept += deviation(widen(source.example(i).image().data())) / unit / 10;
            }
            assertThat(kept / expected).as("scale %s", scale).isBetween(0.8, 1.2);
        }
    }

    private static double[] widen(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }

    private static double deviation(double[] values) {
        double mean = Arrays.stream(values).average().orElseThrow();
        return Math.sqrt(Arrays.stream(values)
                .map(value -> (value - mean) * (value - mean))
                .average()
                .orElseThrow());
    }

    @Test
    void everyObjectIsOneConnectedPartAndNumberedFromOne() {
        AnnotatedSource source = source(NUCLEI, 1.3, 96, Augmentation.MICROSCOPY);
        for (int i = 0; i < 30; i++) {
            int[] labels = source.example(i).labels();
            int most = Arrays.stream(labels).max().orElseThrow();
            assertThat(ObjectParts.connected(labels, 96, 96).count()).isEqualTo(most);
            assertThat(Arrays.stream(labels)
                            .filter(label -> label > 0)
                            .distinct()
                            .count())
                    .isEqualTo(most);
        }
    }

    @Test
    void mirroredObjectsGetNumbersOfTheirOwnAndThoseAtTheBorderNone() {
        RasterF image = RasterF.of(40, 40, 1);
        int[] labels = new int[1600];
        square(labels, image, 10, 10, 8, 7);
        square(labels, image, 0, 25, 6, 9);
        Annotated small = new Annotated(image, labels, "small");
        Annotated patch = source(small, 1, 120, Augmentation.NONE).example(0);
        assertThat(Arrays.stream(patch.labels()).max().orElseThrow())
                .as("the inner square and its mirror images, the one at the border at most once")
                .isGreaterThan(5)
                .isEqualTo(ObjectParts.connected(patch.labels(), 120, 120).count());
        assertThat(patch.labels()).contains(Annotated.IGNORE);
        for (int i = 0; i < patch.labels().length; i++) {
            float value = patch.image().data()[i];
            assertThat(value > 0).isEqualTo(patch.labels()[i] != 0);
        }
    }

    private static void square(int[] labels, RasterF image, int left, int top, int side, int label) {
        for (int y = top; y < top + side; y++) {
            for (int x = left; x < left + side; x++) {
                labels[y * 40 + x] = label;
                image.data()[y * 40 + x] = 100;
            }
        }
    }

    @Test
    void rareClassesAndSparseAnnotationAreSeen() {
        int size = 600;
        RasterF image = RasterF.of(size, size, 1);
        int[] labels = new int[size * size];
        Arrays.fill(labels, Annotated.IGNORE);
        for (int k = 0; k < 400; k++) {
            labels[(100 + k % 20) * size + 100 + k / 20] = 0;
            labels[(300 + k % 20) * size + 300 + k / 20] = 1;
        }
        labels[500 * size + 520] = 2;
        Annotated sparse = new Annotated(image, labels, "sparse");
        AnnotatedSource source =
                new AnnotatedSource(List.of(sparse), new double[] {1}, 64, Augmentation.NONE, false, 9);
        int[] patches = new int[3];
        for (int i = 0; i < 200; i++) {
            int[] seen = source.example(i).labels();
            for (int kind = 0; kind < 3; kind++) {
                int wanted = kind;
                patches[kind] += Arrays.stream(seen).anyMatch(label -> label == wanted) ? 1 : 0;
            }
            assertThat(Arrays.stream(seen).anyMatch(label -> label >= 0)).isTrue();
        }
        assertThat(patches[2]).isBetween(25, 90);
        assertThat(patches[0]).isGreaterThan(40);
        assertThat(patches[1]).isGreaterThan(40);
    }

    @Test
    void imagesSmallerThanThePatchAreMirrored() {
        Annotated patch = source(nuclei(30, 20, 1), 1, 64, Augmentation.NONE).example(2);
        assertThat(patch.width()).isEqualTo(64);
        assertThat(patch.image().data()).doesNotContain(Float.NaN);
    }

    @Test
    void cutoutIsNotAnnotated() {
        Augmentation cut = new Augmentation(
                Augmentation.Warp.NONE, Augmentation.Light.NONE, Augmentation.Camera.NONE, Augmentation.Colour.NONE, 1);
        Annotated patch = source(tissue(100, 100, 1), 1, 64, cut).example(0);
        long blank = Arrays.stream(patch.labels())
                .filter(label -> label == Annotated.IGNORE)
                .count();
        assertThat(blank).isBetween(64L, 576L);
        Set<Float> values = new HashSet<>();
        IntStream.range(0, 64 * 64)
                .filter(i -> patch.labels()[i] == Annotated.IGNORE)
                .forEach(i -> values.add(patch.image().data()[3 * i]));
        assertThat(values).hasSize(1);
    }

    @Test
    void whatCannotBeDrawnFromIsRefused() {
        assertThatThrownBy(() -> new AnnotatedSource(List.of(), new double[0], 64, Augmentation.NONE, true, 1))
                .hasMessageContaining("at least one image");
        assertThatThrownBy(() -> source(NUCLEI, 0, 64, Augmentation.NONE)).hasMessageContaining("1/64 to 64");
        assertThatThrownBy(() -> source(NUCLEI, 1, 4, Augmentation.NONE)).hasMessageContaining("8 to 8192");
        int[] nothing = new int[100];
        Arrays.fill(nothing, Annotated.IGNORE);
        assertThatThrownBy(
                        () -> source(new Annotated(RasterF.of(10, 10, 1), nothing, "empty"), 1, 64, Augmentation.NONE))
                .hasMessageContaining("empty has no annotated pixel");
        assertThatThrownBy(() -> new AnnotatedSource(
                        List.of(NUCLEI, tissue(40, 40, 1)), new double[] {1, 1}, 64, Augmentation.NONE, true, 1))
                .hasMessageContaining("all grey or all RGB");
        assertThatThrownBy(() -> new Augmentation.Warp(1, 0, false, 0, 9, 24)).hasMessageContaining("elasticPx is 9.0");
    }
}
