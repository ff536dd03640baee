// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import static org.assertj.core.api.Assertions.assertThat;

import ij.CompositeImage;
import ij.ImagePlus;
import ij.gui.PointRoi;
import ij.process.ByteProcessor;
import io.github.pointillist.plugins.results.ClusterMapOptions.Point;
import java.awt.image.BufferedImage;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeatMapsTest {
    private static final Point POINT = new Point(30, 10);

    private static ImagePlus source() {
        ByteProcessor grey = new ByteProcessor(60, 40);
        for (int i = 0; i < grey.getPixelCount(); i++) {
            grey.set(i, i % 60 < 30 ? 50 : 200);
        }
        ImagePlus image = new ImagePlus("cells.tif", grey);
        image.getCalibration().setUnit("micron");
        image.getCalibration().pixelWidth = 0.3;
        return image;
    }

    private static float[] ramp(float scale) {
        float[] plane = new float[60 * 40];
        for (int i = 0; i < plane.length; i++) {
            plane[i] = scale * (i / 60);
        }
        return plane;
    }

    @Test
    void oneLevelIsA32BitImageShownFromLeastToLargest() {
        ImagePlus image = HeatMaps.toImage("cells_affinity", source(), List.of("0.0"), List.of(ramp(0.5f)), POINT);
        assertThat(image.getBitDepth()).isEqualTo(32);
        assertThat(image.getDisplayRangeMin()).isZero();
        assertThat(image.getDisplayRangeMax()).isEqualTo(0.5 * 39);
        assertThat(image.getCalibration().getUnit()).isEqualTo("micron");
        assertThat(image.getCalibration().pixelWidth).isEqualTo(0.3);
        assertThat(image.getProcessor().isColorLut()).isTrue();
        PointRoi mark = (PointRoi) image.getOverlay().get(0);
        assertThat(mark.getContainedFloatPoints().xpoints[0]).isBetween(30f, 31f);
        assertThat(mark.getContainedFloatPoints().ypoints[0]).isBetween(10f, 11f);
    }

    @Test
    void levelsAreChannelsWithRangesOfTheirOwn() {
        ImagePlus image = HeatMaps.toImage("a", source(), List.of("0.0", "1.0"), List.of(ramp(1), ramp(100)), POINT);
        assertThat(image.getNChannels()).isEqualTo(2);
        assertThat(((CompositeImage) image).getChannelLut(1).max).isEqualTo(39);
        assertThat(((CompositeImage) image).getChannelLut(2).max).isEqualTo(3900);
    }

    @Test
    void thePictureIsTheGreyImageUnderHeatWithARing() {
        ImagePlus heat = HeatMaps.toImage("a", source(), List.of("0.0"), List.of(ramp(1)), POINT);
        BufferedImage picture = HeatMaps.middle(source(), heat, 0, POINT);
        // no weight: 0.4 of the grey value, of the image's own range
        assertThat(picture.getRGB(0, 0) & 0xffffff).isEqualTo(0x000000);
        assertThat(picture.getRGB(59, 0) & 0xffffff).isEqualTo(0x666666);
        // the largest weight: 0.6 of white on top
        assertThat(picture.getRGB(0, 39) & 0xffffff).isEqualTo(0x999999);
        assertThat(picture.getRGB(59, 39) & 0xffffff).isEqualTo(0xffffff);
        boolean ring = false;
        for (int x = 25; x <= 35; x++) {
            int rgb = picture.getRGB(x, 10);
            ring |= (rgb >> 16 & 0xff) < 100 && (rgb & 0xff) > 150;
        }
        assertThat(ring).as("a ring in cyan").isTrue();
    }

    @Test
    void equalWeightsAndOnePixelGiveAPicture() {
        ImagePlus one = new ImagePlus("one", new ByteProcessor(1, 1));
        Point origin = new Point(0, 0);
        ImagePlus heat = HeatMaps.toImage("a", one, List.of("0.0"), List.of(new float[] {3}), origin);
        assertThat(HeatMaps.middle(one, heat, 0, origin).getWidth()).isEqualTo(1);
    }

    @Test
    void brightnessGrows() {
        double before = -1;
        for (int i = 0; i <= 100; i++) {
            int colour = HeatMaps.colour(i / 100.0);
            double brightness = 0.299 * (colour >> 16) + 0.587 * (colour >> 8 & 0xff) + 0.114 * (colour & 0xff);
            assertThat(brightness).isGreaterThanOrEqualTo(before);
            before = brightness;
        }
        assertThat(HeatMaps.colour(0)).isZero();
        assertThat(HeatMaps.colour(1)).isEqualTo(0xffffff);
    }
}
