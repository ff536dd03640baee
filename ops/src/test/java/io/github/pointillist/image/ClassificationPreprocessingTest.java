// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.tensor.Arena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClassificationPreprocessingTest {
    @Test
    void evaluationPictureIsTheOfficialOne() {
        GoldenCase golden = new GoldenCase("preprocess-chelsea");
        Raster8 photo = golden.picture("photo");
        assertThat(ClassificationPreprocessing.EVALUATION.shortSidePx()).isEqualTo(248);
        assertThat(ClassificationPreprocessing.EVALUATION.fit(photo).data())
                .isEqualTo(golden.picture("eval_u8").data());
        assertThat(ClassificationPreprocessing.VISUALISATION.fit(photo).data())
                .isEqualTo(golden.picture("visualise_u8").data());
    }

    @ParameterizedTest
    @ValueSource(strings = {"visualise-plain-s0b0h1", "visualise-tiny-s2b3h5"})
    void visualisationPictureIsTheOfficialOne(String name) {
        GoldenCase golden = new GoldenCase(name);
        assertThat(ClassificationPreprocessing.VISUALISATION
                        .fit(golden.picture("photo"))
                        .data())
                .isEqualTo(golden.picture("input_u8").data());
    }

    @Test
    void tensorIsNormalisedChannelsFirst() {
        Raster8 photo = new GoldenCase("preprocess-chelsea").picture("photo");
        Raster8 fitted = ClassificationPreprocessing.EVALUATION.fit(photo);
        try (Arena arena = Arena.onCpu();
                NDArray tensor = ClassificationPreprocessing.EVALUATION.tensor(photo, arena)) {
            assertThat(tensor.getShape()).isEqualTo(new Shape(1, 3, 224, 224));
            float[] values = tensor.toFloatArray();
            for (int[] at : new int[][] {{0, 0, 0}, {223, 0, 1}, {17, 200, 2}, {100, 223, 1}}) {
                float mean = new float[] {0.485f, 0.456f, 0.406f}[at[2]];
                float std = new float[] {0.229f, 0.224f, 0.225f}[at[2]];
                assertThat(values[(at[2] * 224 + at[1]) * 224 + at[0]])
                        .isEqualTo((fitted.at(at[0], at[1], at[2]) / 255f - mean) / std);
            }
        }
    }

    @Test
    void greyPicturesAreRepeatedAndUprightOnesCroppedInHeight() {
        Raster8 grey = ResizeTest.noise8(100, 333, 1);
        Raster8 fitted = ClassificationPreprocessing.EVALUATION.fit(grey);
        // 248 x int(248 * 333 / 100) = 825 resized; offsets 12 and round(300.5) = 300
        Raster8 resized = Resize.resize(grey, 248, 825, Interpolation.PIL_BICUBIC);
        assertThat(fitted.data()).isEqualTo(resized.crop(12, 300, 224, 224).data());
        float[] planes = Normalisation.IMAGENET.apply(fitted);
        assertThat(planes).hasSize(3 * 224 * 224);
        assertThat(planes[224 * 224]).isEqualTo((fitted.at(0, 0, 0) / 255f - 0.456f) / 0.224f);
    }

    @Test
    void refusesWhatNoModelTakes() {
        assertThatThrownBy(() -> ClassificationPreprocessing.EVALUATION.tensor(ResizeTest.noise8(300, 300, 2), null))
                .hasMessageContaining("2 channels");
        assertThatThrownBy(() -> new ModelInput(200, 224, 224, Interpolation.PIL_BICUBIC, Normalisation.IMAGENET))
                .hasMessageContaining("200");
    }
}
