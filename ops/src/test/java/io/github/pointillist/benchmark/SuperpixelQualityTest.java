// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.pointillist.clustering.FeatureSource;
import io.github.pointillist.clustering.Labels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class SuperpixelQualityTest {
    /** Two segments, the border between columns {@code at - 1} and {@code at}. */
    private static Labels halves(int at) {
        int[] labels = new int[20 * 10];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = i % 20 < at ? 0 : 1;
        }
        return new Labels(20, 10, labels, 2);
    }

    @Test
    void aBorderIsFoundWithinTwoPixels() {
        assertThat(SuperpixelQuality.boundaryRecall(halves(10), halves(10))).isEqualTo(1);
        assertThat(SuperpixelQuality.boundaryRecall(halves(10), halves(12))).isEqualTo(1);
        assertThat(SuperpixelQuality.boundaryRecall(halves(10), halves(8))).isEqualTo(1);
        assertThat(SuperpixelQuality.boundaryRecall(halves(10), halves(13))).isZero();
        Labels one = new Labels(20, 10, new int[200], 1);
        assertThat(SuperpixelQuality.boundaryRecall(halves(10), one)).isZero();
        assertThat(SuperpixelQuality.boundaryRecall(one, halves(10))).isEqualTo(1);
    }

    @Test
    void underSegmentationCountsTheSmallerParts() {
        assertThat(SuperpixelQuality.underSegmentationError(halves(10), halves(10)))
                .isZero();
        // two columns of the truth's left half lie in the right superpixel: 20 pixels, counted for both segments
        assertThat(SuperpixelQuality.underSegmentationError(halves(10), halves(8)))
                .isCloseTo(0.2, within(1e-12));
        int[] each = new int[200];
        Arrays.setAll(each, i -> i);
        assertThat(SuperpixelQuality.underSegmentationError(halves(10), new Labels(20, 10, each, 200)))
                .isZero();
    }

    @Test
    void superpixelsKeepToBordersFarBetterThanAGrid() {
        for (SimulatedTissue tissue : SimulatedTissue.EXAMPLES) {
            Labels truth = tissue.truth();
            Labels context = SuperpixelQuality.context(SuperpixelQuality.features(tissue.image()), 400);
            Labels grid = SuperpixelQuality.grid(truth.width(), truth.height(), context.count());
            assertThat(SuperpixelQuality.boundaryRecall(truth, context)).isGreaterThan(0.95);
            assertThat(SuperpixelQuality.boundaryRecall(truth, grid)).isLessThan(0.5);
            assertThat(SuperpixelQuality.underSegmentationError(truth, context))
                    .isLessThan(0.35 * SuperpixelQuality.underSegmentationError(truth, grid));
        }
    }

    @Test
    void superpixelsKeepToNuclei() throws IOException {
        Path folder = Path.of("../../shared/images");
        Path image = folder.resolve("nuclei-256.tif");
        if (!Files.exists(image)) {
            System.out.println("skipped, reference images not there: " + image);
        }
        Assumptions.assumeTrue(Files.exists(image));
        FeatureSource features = SuperpixelQuality.features(SuperpixelQuality.read(image));
        Labels truth = SuperpixelQuality.labels(SuperpixelQuality.read(folder.resolve("nuclei-256-labels.tif")));
        Labels context = SuperpixelQuality.context(features, 400);
        Labels grid = SuperpixelQuality.grid(truth.width(), truth.height(), context.count());
        assertThat(context.count()).isBetween(340, 440);
        assertThat(SuperpixelQuality.boundaryRecall(truth, context))
                .isGreaterThan(0.95)
                .isGreaterThan(SuperpixelQuality.boundaryRecall(truth, grid));
        assertThat(SuperpixelQuality.underSegmentationError(truth, context)).isLessThan(0.06);
    }

    @Test
    void filesComeInPairs() {
        assertThatThrownBy(() -> SuperpixelQuality.main("image.png"))
                .hasMessage("1 files given; allowed: pairs of an image and its labels");
    }
}
