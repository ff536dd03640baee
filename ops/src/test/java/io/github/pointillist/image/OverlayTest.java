// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OverlayTest {
    @ParameterizedTest
    @ValueSource(strings = {"visualise-plain-s0b0h1", "visualise-tiny-s2b3h5"})
    void blendIsTheOfficialOne(String name) {
        GoldenCase golden = new GoldenCase(name);
        Raster8 photo = golden.picture("photo");
        int[] shape = golden.shape("cluster_map");
        int[] ids = Overlay.nearest(golden.ints("cluster_map"), shape[1], shape[0], photo.width(), photo.height());
        assertThat(ids).isEqualTo(golden.ints("cluster_map_image"));
        Raster8 blend = Overlay.blend(photo, ids, Palettes.cocVisualisation(16), 0.5);
        assertThat(swapRedAndBlue(blend)).isEqualTo(golden.picture("saved_rgb").data());
    }

    private static byte[] swapRedAndBlue(Raster8 raster) {
        byte[] swapped = raster.data().clone();
        for (int i = 0; i < swapped.length; i += 3) {
            swapped[i] = raster.data()[i + 2];
            swapped[i + 2] = raster.data()[i];
        }
        return swapped;
    }

    @Test
    void drawsOutlinesInsideAndLeavesBackground() {
        int[] labels = {
            0, 0, 0, 0, 0, //
            0, 1, 1, 1, 2, //
            0, 1, 1, 1, 2, //
            0, 1, 1, 1, 2
        };
        Raster8 grey = Raster8.of(5, 4, 1);
        Arrays.fill(grey.data(), (byte) 100);
        Raster8 out = Overlay.draw(grey, labels, new int[] {0, 0xC80000, 0x00C800}, 0.25, true);
        StringBuilder red = new StringBuilder();
        for (int y = 0; y < 4; y++) {
            for (int x = 0; x < 5; x++) {
                red.append(out.at(x, y, 0)).append(x < 4 ? ' ' : '\n');
            }
        }
        // the lower border of the picture draws no outline
        assertThat(red).hasToString("100 100 100 100 100\n100 200 200 200 0\n100 200 125 200 0\n100 200 125 200 0\n");
        assertThat(out.at(2, 2, 1)).isEqualTo(75);
        assertThat(grey.at(2, 2, 0)).as("the picture is not changed").isEqualTo(100);
        Raster8 plain = Overlay.draw(grey, labels, new int[] {0, 0xC80000, 0x00C800}, 0.25, false);
        assertThat(plain.at(1, 1, 0)).isEqualTo(125);
    }

    @Test
    void refusesLabelsWithoutColour() {
        assertThatThrownBy(() -> Overlay.draw(Raster8.of(2, 1, 3), new int[] {0, 2}, new int[2], 0.5, true))
                .hasMessageContaining("label 2");
        assertThatThrownBy(() -> Overlay.blend(Raster8.of(2, 1, 3), new int[3], new int[2], 0.5))
                .hasMessageContaining("3 values");
        assertThatThrownBy(() -> Overlay.blend(Raster8.of(2, 1, 3), new int[2], new int[2], 1.5))
                .hasMessageContaining("1.5");
        assertThatThrownBy(() -> Overlay.blend(Raster8.of(2, 1, 2), new int[2], new int[2], 0.5))
                .hasMessageContaining("2 channels");
    }
}
