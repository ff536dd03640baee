// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.pointillist.image.RasterF;
import io.github.pointillist.training.AnnotatedImages.Part;
import io.github.pointillist.training.AnnotatedImages.Split;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.imglib2.img.array.ArrayImgs;
import org.junit.jupiter.api.Test;

class AnnotatedImagesTest {
    private static Annotated image(String name, int width, int height, int... classes) {
        RasterF pixels = RasterF.of(width, height, 1);
        int[] labels = new int[width * height];
        for (int i = 0; i < labels.length; i++) {
            pixels.data()[i] = i;
            labels[i] = classes[i % classes.length];
        }
        return new Annotated(pixels, labels, name);
    }

    private static List<Integer> sources(List<Part> parts) {
        return parts.stream().map(Part::source).toList();
    }

    @Test
    void imagesAndLabelsComeFromImgLib() {
        Annotated image = AnnotatedImages.of(
                ArrayImgs.unsignedShorts(new short[] {1, 2, 3, 4, 5, 6}, 3, 2),
                ArrayImgs.ints(new int[] {0, 1, -1, 2, 2, 0}, 3, 2),
                "six");
        assertThat(image.image().data()).containsExactly(1, 2, 3, 4, 5, 6);
        assertThat(image.labels()).containsExactly(0, 1, -1, 2, 2, 0);
    }

    @Test
    void badLabelsAreRefused() {
        var pixels = ArrayImgs.floats(new float[4], 2, 2);
        assertThatThrownBy(() -> AnnotatedImages.of(pixels, ArrayImgs.ints(new int[6], 3, 2), "a"))
                .hasMessage("a: the image has 2 x 2 pixels, its labels 3 x 2; sizes must be equal");
        assertThatThrownBy(() -> AnnotatedImages.of(pixels, ArrayImgs.floats(new float[] {0, 0.5f, 1, 1}, 2, 2), "a"))
                .hasMessageContaining("value 0.5");
        assertThatThrownBy(() -> AnnotatedImages.of(pixels, ArrayImgs.ints(new int[] {-2, 0, 0, 0}, 2, 2), "a"))
                .hasMessageContaining("value -2");
        assertThatThrownBy(() -> AnnotatedImages.of(pixels, ArrayImgs.ints(new int[] {-1, -1, -1, -1}, 2, 2), "a"))
                .hasMessageContaining("no annotated pixel");
        assertThatThrownBy(() -> AnnotatedImages.of(
                        ArrayImgs.floats(new float[8], 2, 2, 2), ArrayImgs.ints(new int[4], 2, 2), "a"))
                .hasMessageContaining("2 channels");
    }

    @Test
    void everyImageIsOnOneSide() {
        List<Annotated> images = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            images.add(image("i" + i, 20, 20, 0, 1));
        }
        Split split = AnnotatedImages.split(images, 0.2, true, 5);
        assertThat(split.training()).hasSize(8);
        assertThat(split.validation()).hasSize(2);
        Set<Integer> all = new HashSet<>(sources(split.training()));
        assertThat(all).doesNotContainAnyElementsOf(sources(split.validation()));
        all.addAll(sources(split.validation()));
        assertThat(all).hasSize(10);
        assertThat(sources(AnnotatedImages.split(images, 0.2, true, 5).validation()))
                .isEqualTo(sources(split.validation()));
        double[] scales = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
        assertThat(Split.values(split.validation(), scales)[0])
                .isEqualTo(split.validation().get(0).source());
        assertThat(AnnotatedImages.split(images.subList(0, 2), 0.1, true, 5).validation())
                .hasSize(1);
        assertThat(AnnotatedImages.split(images.subList(0, 2), 0.5, true, 5).training())
                .hasSize(1);
    }

    @Test
    void classesStayOnBothSidesWhereTheyCan() {
        List<Annotated> images = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            images.add(i == 1 || i == 6 ? image("rare" + i, 20, 20, 0, 1, 2) : image("i" + i, 20, 20, 0, 1));
        }
        for (long seed = 0; seed < 10; seed++) {
            Split split = AnnotatedImages.split(images, 0.25, false, seed);
            assertThat(sources(split.validation())).containsAnyOf(1, 6);
            assertThat(sources(split.training())).containsAnyOf(1, 6);
        }
    }

    @Test
    void planesOfAStackStayTogether() {
        List<Annotated> images = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            images.add(image(AnnotatedImages.planeName("s" + i / 3, i % 3 + 1), 20, 20, 0, 1));
        }
        Split split = AnnotatedImages.split(images, 0.3, true, 1);
        assertThat(split.validation()).hasSize(3);
        assertThat(sources(split.validation()).stream().map(i -> i / 3).distinct())
                .hasSize(1);
        assertThat(split.how()).isEqualTo("trained on 2 stacks or images, validated on 1 others");
    }

    @Test
    void aSingleImageIsCutInTwo() {
        Annotated image = image("one.tif", 100, 80, 0, 1, 2);
        for (long seed = 0; seed < 8; seed++) {
            Split split = AnnotatedImages.split(List.of(image), 0.25, false, seed);
            Set<Float> training = new HashSet<>();
            for (float value : split.training().get(0).image().image().data()) {
                training.add(value); // pixels are numbered
            }
            Set<Float> validation = new HashSet<>();
            for (float value : split.validation().get(0).image().image().data()) {
                validation.add(value);
            }
            assertThat(training).doesNotContainAnyElementsOf(validation);
            assertThat(training.size() + validation.size()).isEqualTo(8000);
            assertThat(validation.size() / 8000.0).isCloseTo(0.25, within(0.02));
            assertThat(split.how()).startsWith("one image given: validated on its ");
            for (Part part : List.of(split.training().get(0), split.validation().get(0))) {
                Annotated a = part.image();
                for (int i = 0; i < a.labels().length; i++) {
                    assertThat(a.labels()[i]).isEqualTo((int) a.image().data()[i] % 3);
                }
            }
        }
    }

    @Test
    void theCutFollowsTheObjectsAndSeesBothSides() {
        int[] labels = new int[200 * 50];
        for (int k = 0; k < 10; k++) {
            labels[25 * 200 + 100 + k * 9] = k + 1; // all in the right half
        }
        Annotated image = new Annotated(RasterF.of(200, 50, 1), labels, "half");
        for (long seed = 0; seed < 8; seed++) {
            Split split = AnnotatedImages.split(List.of(image), 0.2, true, seed);
            for (Part part : List.of(split.training().get(0), split.validation().get(0))) {
                assertThat(Arrays.stream(part.image().labels()).max().orElseThrow())
                        .isGreaterThan(0);
            }
        }
        int[] one = new int[200 * 50];
        one[0] = 1;
        assertThatThrownBy(() -> AnnotatedImages.split(
                        List.of(new Annotated(RasterF.of(200, 50, 1), one, "lone")), 0.2, true, 1))
                .hasMessageContaining("lone of 200 x 50 pixels cannot be cut");
    }

    @Test
    void whatLabelsMeanIsGuessed() {
        assertThat(LabelKinds.guess(List.of(image("m", 20, 20, 0, 255))).kind()).isEqualTo(LabelKinds.Kind.MASK);
        int[] objects = new int[400];
        for (int k = 0; k < 9; k++) {
            objects[(2 + k / 3 * 5) * 20 + 2 + k % 3 * 5] = k + 3;
        }
        LabelKinds.Guess guess = LabelKinds.guess(List.of(new Annotated(RasterF.of(20, 20, 1), objects, "o")));
        assertThat(guess.kind()).isEqualTo(LabelKinds.Kind.OBJECTS);
        assertThat(guess.why()).isEqualTo("up to 9 values an image, 1.0 regions a value");
        assertThat(LabelKinds.guess(List.of(image("c", 20, 20, 0, 1, 2, 3, 4, 5, 6, 7)))
                        .kind())
                .isEqualTo(LabelKinds.Kind.CLASSES);
    }

    @Test
    void masksBecomeObjectsAndNumbersCompact() {
        int[] mask = {255, 255, 0, 255, 0, 0, 0, 255, -1, 255, 0, 0};
        Annotated image = new Annotated(RasterF.of(4, 3, 1), mask, "mask");
        assertThat(LabelKinds.objects(image).labels()).containsExactly(1, 1, 0, 2, 0, 0, 0, 2, -1, 3, 0, 0);
        int[] sparse = {70, 70, 0, 9, 0, 0, -1, 9, 70, 5, 0, 0};
        assertThat(LabelKinds.renumbered(new Annotated(RasterF.of(4, 3, 1), sparse, "s"))
                        .labels())
                .containsExactly(1, 1, 0, 2, 0, 0, -1, 2, 1, 3, 0, 0);
        LabelKinds.Compact compact =
                LabelKinds.compact(List.of(new Annotated(RasterF.of(4, 3, 1), sparse, "s"), image));
        assertThat(compact.values()).containsExactly(0, 5, 9, 70, 255);
        assertThat(compact.images().get(0).labels()).containsExactly(3, 3, 0, 2, 0, 0, -1, 2, 3, 1, 0, 0);
        assertThat(LabelKinds.count(compact.images(), 5)).containsExactly(11, 1, 2, 3, 5);
        assertThatThrownBy(() -> LabelKinds.compact(List.of(image("x", 4, 4, 1))))
                .hasMessageContaining("only the value 1;");
    }

    @Test
    void rareClassesWeighMoreButNotEndlessly() {
        float[] weights = LabelKinds.weights(new long[] {10_000, 400, 1, 0});
        assertThat(weights[1] / weights[0]).isCloseTo(5, within(1e-4f));
        assertThat(weights[2] / weights[0]).isCloseTo(10, within(1e-4f));
        assertThat(weights[3]).isEqualTo(1);
        assertThat((weights[0] * 10_000 + weights[1] * 400 + weights[2]) / 10_401)
                .isCloseTo(1, within(1e-5f));
    }
}
