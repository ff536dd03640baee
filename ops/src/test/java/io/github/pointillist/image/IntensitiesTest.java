// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.img.array.ArrayImgs;
import net.imglib2.type.numeric.RealType;
import net.imglib2.view.Views;
import org.junit.jupiter.api.Test;

class IntensitiesTest {
    private static short[] values(int n, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        short[] values = new short[n];
        for (int i = 0; i < n; i++) {
            values[i] = (short) random.nextInt(60000);
        }
        return values;
    }

    /** Whatever part is asked for, at whatever scale, it is the part of what is made of the whole plane. */
    @Test
    void partsAreThoseOfTheWhole() {
        RandomAccessibleInterval<? extends RealType<?>> image = ArrayImgs.unsignedShorts(values(61 * 47, 1), 61, 47);
        Intensities plane = Intensities.of(image, 1, 99.8, false, false);
        RasterF stretched = IntensityRange.stretch(Images.toRaster(image), 1, 99.8);
        for (double scale : new double[] {1, 0.5, 0.37, 2, 3.1}) {
            Intensities.Scaled scaled = plane.scaled(scale);
            assertThat(scaled.width()).isEqualTo((int) Math.rint(61 * scale));
            RasterF whole = Resize.resize(stretched, scaled.width(), scaled.height(), Interpolation.PIL_BILINEAR);
            assertThat(scaled.part(0, 0, scaled.width(), scaled.height()).data())
                    .isEqualTo(whole.data());
            RasterF part = scaled.part(5, 3, 11, 9);
            assertThat(part.data()).isEqualTo(whole.crop(5, 3, 11, 9).data());
        }
    }

    @Test
    void outsideItIsMirrored() {
        Intensities plane = Intensities.of(ArrayImgs.unsignedShorts(values(7 * 5, 2), 7, 5), 0, 100, false, false);
        RasterF whole = plane.scaled(1).part(0, 0, 7, 5);
        RasterF wide = plane.scaled(1).part(-3, -8, 30, 21);
        for (int y = 0; y < 21; y++) {
            for (int x = 0; x < 30; x++) {
                int mx = Math.floorMod(x - 3, 14);
                int my = Math.floorMod(y - 8, 10);
                assertThat(wide.at(x, y, 0)).isEqualTo(whole.at(mx < 7 ? mx : 13 - mx, my < 5 ? my : 9 - my, 0));
            }
        }
        RasterF one = Intensities.of(ArrayImgs.unsignedBytes(new byte[] {9}, 1, 1), 1, 99, false, false)
                .scaled(1)
                .part(0, 0, 4, 4);
        assertThat(one.data()).containsOnly(0);
    }

    @Test
    void brightnessAndContrastDoNotMatter() {
        float[] first = new float[40 * 30];
        float[] second = new float[first.length];
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < first.length; i++) {
            first[i] = random.nextInt(256);
            second[i] = first[i] * 16 - 1000;
        }
        RasterF a = Intensities.of(ArrayImgs.floats(first, 40, 30), 1, 99, false, false)
                .scaled(1)
                .part(0, 0, 40, 30);
        RasterF b = Intensities.of(ArrayImgs.floats(second, 40, 30), 1, 99, false, false)
                .scaled(1)
                .part(0, 0, 40, 30);
        RasterF inverted = Intensities.of(ArrayImgs.floats(second, 40, 30), 1, 99, false, true)
                .scaled(1)
                .part(0, 0, 40, 30);
        for (int i = 0; i < first.length; i++) {
            assertThat(b.data()[i]).isCloseTo(a.data()[i], within(1e-3f));
            assertThat(inverted.data()[i]).isEqualTo(255 - b.data()[i]);
        }
    }

    @Test
    void whatIsNoNumberIsMissing() {
        float[] values = new float[20 * 10];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        values[45] = Float.NaN;
        values[46] = Float.POSITIVE_INFINITY;
        Intensities plane = Intensities.of(ArrayImgs.floats(values, 20, 10), 0, 100, false, true);
        assertThat(plane.anyMissing()).isTrue();
        assertThat(plane.missing(5, 2)).isTrue();
        assertThat(plane.missing(6, 2)).isFalse();
        RasterF part = plane.scaled(1).part(0, 0, 20, 10);
        assertThat(part.at(5, 2, 0)).isZero();
        assertThat(part.at(6, 2, 0)).isZero(); // infinite is brightest, and inverted
        assertThat(part.at(0, 0, 0)).isEqualTo(255);
        assertThat(String.join("\n", plane.notes()))
                .contains("1 pixels are no numbers")
                .contains("inverted");
        float[] none = {Float.NaN, Float.NaN};
        assertThat(Intensities.of(ArrayImgs.floats(none, 2, 1), 1, 99, false, false)
                        .scaled(1)
                        .part(0, 0, 2, 1)
                        .data())
                .containsOnly(0);
    }

    @Test
    void coloursStayOrBecomeGrey() {
        byte[] rgb = new byte[3 * 16];
        for (int i = 0; i < 16; i++) {
            rgb[i] = (byte) (i * 10);
            rgb[16 + i] = (byte) (150 - i * 10);
            rgb[32 + i] = (byte) (i % 4 * 50);
        }
        RandomAccessibleInterval<? extends RealType<?>> image = ArrayImgs.unsignedBytes(rgb, 4, 4, 3);
        Intensities colour = Intensities.of(image, 0, 100, false, false);
        assertThat(colour.channels()).isEqualTo(3);
        RasterF part = colour.scaled(1).part(0, 0, 4, 4);
        assertThat(part.at(3, 3, 0)).isEqualTo(255);
        assertThat(part.at(3, 3, 1)).isEqualTo(0);
        Intensities grey = Intensities.of(image, 0, 100, true, false);
        assertThat(grey.channels()).isEqualTo(1);
        assertThat(grey.notes().get(0)).contains("0.299 red");
        float[] luma = new float[16];
        for (int i = 0; i < 16; i++) {
            luma[i] = 0.299f * (rgb[i] & 255) + 0.587f * (rgb[16 + i] & 255) + 0.114f * (rgb[32 + i] & 255);
        }
        IntensityRange range = IntensityRange.percentiles(luma, 0, 100);
        for (int i = 0; i < 16; i++) {
            assertThat(grey.scaled(1).part(i % 4, i / 4, 1, 1).at(0, 0, 0))
                    .isCloseTo(range.apply(luma[i]), within(1e-4f));
        }
        assertThat(Intensities.of(ArrayImgs.unsignedBytes(4, 4, 2), 0, 100, false, false)
                        .channels())
                .isEqualTo(1);
    }

    /** Images may begin anywhere, as views do; large ones are looked at in part. */
    @Test
    void originAndSizeDoNotMatter() {
        RandomAccessibleInterval<? extends RealType<?>> image = ArrayImgs.unsignedShorts(values(30 * 20, 4), 30, 20);
        RasterF here = Intensities.of(image, 1, 99, false, false).scaled(1).part(0, 0, 30, 20);
        RasterF there = Intensities.of(Views.translate(image, -7, 1000), 1, 99, false, false)
                .scaled(1)
                .part(0, 0, 30, 20);
        assertThat(there.data()).isEqualTo(here.data());
        short[] many = values(3000 * 2000, 5);
        RandomAccessibleInterval<? extends RealType<?>> large = ArrayImgs.unsignedShorts(many, 3000, 2000);
        IntensityRange range = IntensityRange.percentiles(Images.toRaster(large).data(), 1, 99);
        assertThat(Intensities.of(large, 1, 99, false, false)
                        .scaled(1)
                        .part(1234, 567, 1, 1)
                        .at(0, 0, 0))
                .isEqualTo(range.apply(many[567 * 3000 + 1234] & 0xFFFF));
    }

    @Test
    void wrongInputsAreSaid() {
        assertThatThrownBy(() -> Intensities.of(ArrayImgs.unsignedBytes(2, 2, 3, 4), 1, 99, false, false))
                .hasMessageContaining("4 dimensions");
        assertThatThrownBy(() -> Intensities.of(ArrayImgs.unsignedBytes(2, 2), 99, 1, false, false))
                .hasMessageContaining("percentiles are 99.0 and 1.0");
        assertThatThrownBy(() -> Intensities.of(ArrayImgs.unsignedBytes(2, 2), 1, 99, false, false)
                        .scaled(0))
                .hasMessageContaining("scale is 0.0");
    }
}
