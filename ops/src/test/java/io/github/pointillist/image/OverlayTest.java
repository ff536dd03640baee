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

    /** Outlines have a bright and a dark line, of which one shows on any ground. */
    @Test
    void outlinesShowOnAnyGround() {
        int[] labels = new int[8 * 8];
        for (int i = 0; i < labels.length; i++) {
            int row = i / 8;
            labels[i] = i % 8 >= 2 && i % 8 < 6 && row >= 2 && row < 6 ? 1 : 0;
        }
        for (int grey : new int[] {0, 60, 128, 200, 255}) {
            byte[] ground = new byte[64];
            Arrays.fill(ground, (byte) grey);
            Raster8 out = Overlay.outlined(new Raster8(8, 8, 1, ground), labels, new int[] {0, 0x0000C0}, 0);
            double line = luma(out, 2 + 2 * 8);
            double beside = luma(out, 1 + 2 * 8);
            assertThat(line).isGreaterThanOrEqualTo(119);
            assertThat(Math.max(Math.max(Math.abs(line - grey), Math.abs(beside - grey)), line - beside))
                    .as("on " + grey)
                    .isGreaterThan(85);
            assertThat(luma(out, 0)).as("further off").isCloseTo(grey, org.assertj.core.data.Offset.offset(1.0));
            assertThat(luma(out, 3 + 3 * 8)).as("inside").isCloseTo(grey, org.assertj.core.data.Offset.offset(1.0));
        }
    }

    private static double luma(Raster8 picture, int pixel) {
        byte[] data = picture.data();
        return 0.299 * (data[3 * pixel] & 0xff)
                + 0.587 * (data[3 * pixel + 1] & 0xff)
                + 0.114 * (data[3 * pixel + 2] & 0xff);
    }
}
