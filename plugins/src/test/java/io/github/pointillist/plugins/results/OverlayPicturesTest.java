// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import static org.assertj.core.api.Assertions.assertThat;

import ij.ImagePlus;
import ij.process.ByteProcessor;
import ij.process.ImageProcessor;
import io.github.pointillist.image.Palettes;
import java.awt.image.BufferedImage;
import java.util.List;
import org.junit.jupiter.api.Test;

class OverlayPicturesTest {
    /** Groups of a graph hold a few points each: the others show the picture as it is. */
    @Test
    void pixelsInNoGroupStayAsTheyAre() {
        ByteProcessor grey = new ByteProcessor(30, 20);
        for (int i = 0; i < grey.getPixelCount(); i++) {
            grey.set(i, i % 30 == 0 ? 0 : 255);
        }
        ImagePlus image = new ImagePlus("a", grey);
        int[] ids = new int[600];
        for (int i = 0; i < 600; i++) {
            boolean inside = i / 30 >= 5 && i / 30 < 11;
            ids[i] = inside && i % 30 >= 4 && i % 30 < 10 ? 1 : inside && i % 30 >= 20 && i % 30 < 26 ? 2 : 0;
        }
        LabelStack stack = new LabelStack(30, 20, 1);
        stack.add("2.0.group", ids, 2);
        ImagePlus labels = stack.toImage("labels", image, List.of("2.0.group"));
        BufferedImage picture = OverlayPictures.middle(image, labels, 0);
        int[] colours = Palettes.distinct(2);
        for (int i = 0; i < 600; i++) {
            int rgb = picture.getRGB(i % 30, i / 30) & 0xffffff;
            if (ids[i] == 0) {
                assertThat(rgb).isEqualTo(i % 30 == 0 ? 0 : 0xffffff);
            } else {
                assertThat(rgb).isNotEqualTo(0xffffff);
            }
        }
        assertThat(picture.getRGB(4, 5) & 0xffffff).as("outline").isEqualTo(colours[1]);
        assertThat(picture.getRGB(25, 10) & 0xffffff).as("outline").isEqualTo(colours[2]);
        ImageProcessor shown = labels.getProcessor();
        assertThat(shown.getLut().getRGB(0) & 0xffffff).as("no group is black").isZero();
        OverlayPictures.addTo(image, labels);
        assertThat(image.getOverlay().size()).isEqualTo(1);
    }
}
