// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ij.ImagePlus;
import ij.process.ByteProcessor;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import ij.process.ShortProcessor;
import io.github.pointillist.image.Overlay;
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
            boolean beside = i / 30 >= 4 && i / 30 < 12 && (i % 30 >= 3 && i % 30 < 11 || i % 30 >= 19 && i % 30 < 27);
            if (ids[i] == 0 && !beside) {
                assertThat(rgb).isEqualTo(i % 30 == 0 ? 0 : 0xffffff);
            } else if (ids[i] != 0) {
                assertThat(rgb).isNotEqualTo(0xffffff);
            }
        }
        assertThat(picture.getRGB(3, 7) & 0xffffff)
                .as("beside it, on bright ground")
                .isEqualTo(0x3f3f3f);
        assertThat(picture.getRGB(4, 5) & 0xffffff).as("outline").isEqualTo(Overlay.lifted(colours[1]));
        assertThat(picture.getRGB(25, 10) & 0xffffff).as("outline").isEqualTo(Overlay.lifted(colours[2]));
        ImageProcessor shown = labels.getProcessor();
        assertThat(shown.getLut().getRGB(0) & 0xffffff).as("no group is black").isZero();
        OverlayPictures.addTo(image, labels);
        assertThat(image.getOverlay().size()).isEqualTo(1);
    }

    private static BufferedImage plain(ImageProcessor pixels) {
        ImagePlus image = new ImagePlus("a", pixels);
        LabelStack stack = new LabelStack(pixels.getWidth(), pixels.getHeight(), 1);
        stack.add("objects", new int[pixels.getPixelCount()], 0);
        return OverlayPictures.middle(image, stack.toImage("labels", image, List.of("objects")), 0, 0);
    }

    private static double mean(BufferedImage picture) {
        double sum = 0;
        for (int i = 0; i < picture.getWidth() * picture.getHeight(); i++) {
            sum += picture.getRGB(i % picture.getWidth(), i / picture.getWidth()) & 0xff;
        }
        return sum / picture.getWidth() / picture.getHeight();
    }

    /** One hot pixel, NaN and infinities leave the rest of the picture as bright as it was. */
    @Test
    void singlePixelsDoNotDarkenThePicture() {
        FloatProcessor ramp = new FloatProcessor(60, 40);
        for (int i = 0; i < ramp.getPixelCount(); i++) {
            ramp.setf(i, 1000 + i % 60);
        }
        double usual = mean(plain(ramp));
        assertThat(usual).isBetween(110.0, 145.0);
        ramp.setf(70, 1e9f);
        ramp.setf(71, -1e9f);
        ramp.setf(72, Float.NaN);
        ramp.setf(73, Float.POSITIVE_INFINITY);
        ramp.setf(74, Float.NEGATIVE_INFINITY);
        BufferedImage picture = plain(ramp);
        assertThat(mean(picture)).isCloseTo(usual, within(3.0));
        assertThat(picture.getRGB(10, 1) & 0xff).isEqualTo(255);
        assertThat(picture.getRGB(12, 1) & 0xff).isZero();
        assertThat(picture.getRGB(13, 1) & 0xff).isEqualTo(255);
        assertThat(picture.getRGB(14, 1) & 0xff).isZero();
    }

    /** A few small bright things on flat ground are no hot pixels to be cut off; a flat image is black. */
    @Test
    void flatGroundIsStretchedFromEndToEnd() {
        ShortProcessor flat = new ShortProcessor(100, 100);
        for (int i = 0; i < flat.getPixelCount(); i++) {
            flat.set(i, 5000);
        }
        assertThat(mean(plain(flat))).isZero();
        for (int i = 0; i < 9; i++) {
            flat.set(40 + i % 3, 50 + i / 3, 5200);
        }
        BufferedImage picture = plain(flat);
        assertThat(picture.getRGB(41, 51) & 0xffffff).isEqualTo(0xffffff);
        assertThat(picture.getRGB(10, 10) & 0xffffff).isZero();
    }

    /** What is shown inverted is drawn inverted. */
    @Test
    void invertedTablesAreKept() {
        ByteProcessor ramp = new ByteProcessor(64, 4);
        for (int i = 0; i < ramp.getPixelCount(); i++) {
            ramp.set(i, i % 64);
        }
        ramp.invertLut();
        BufferedImage picture = plain(ramp);
        assertThat(picture.getRGB(0, 0) & 0xff).isGreaterThan(250);
        assertThat(picture.getRGB(63, 0) & 0xff).isLessThan(5);
    }
}
