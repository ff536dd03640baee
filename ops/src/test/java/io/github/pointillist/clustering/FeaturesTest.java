// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.clustering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FeaturesTest {
    @Test
    void intensitiesDoNotDependOnTheRange() {
        float[] values = Sources.waves(60, 40, 1, 1);
        float[] sixteenBit = values.clone();
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.round(values[i]);
            sixteenBit[i] = 1000 + 256 * values[i];
        }
        float[] expected = Sources.all(Features.intensities(Sources.of(60, 40, 1, values)));
        float[] actual = Sources.all(Features.intensities(Sources.of(60, 40, 1, sixteenBit)));
        assertThat(actual).usingComparatorWithPrecision(1e-3f).containsExactly(expected);
    }

    @Test
    void percentilesBecomeZeroAndAHundred() {
        float[] values = new float[1001];
        for (int i = 0; i < values.length; i++) {
            values[i] = 10 + i;
        }
        values[0] = -1e6f; // one in a thousand on each side does not matter
        values[1000] = 1e6f;
        float[] scaled = Sources.all(Features.intensities(Sources.of(1001, 1, 1, values)));
        assertThat(scaled[1]).isCloseTo(0, within(1e-4f));
        assertThat(scaled[999]).isCloseTo(100, within(1e-4f));
        assertThat(scaled[500]).isCloseTo(50, within(1e-4f));
        assertThat(scaled[1000]).as("not clamped").isGreaterThan(1000);
    }

    @Test
    void channelsShareTheRange() {
        float[] values = {0, 0, 0, 7, 10, 1, 0, 7, 5, 0.5f, 0, 7, Float.NaN, 1, 0, 7};
        float[] scaled = Sources.all(Features.intensities(Sources.of(4, 1, 4, values)));
        assertThat(scaled[4]).isCloseTo(50, within(1e-4f));
        assertThat(scaled[5]).isCloseTo(50, within(1e-4f));
        assertThat(scaled[6]).as("flat channel").isZero();
        assertThat(scaled[7]).as("flat channel").isZero();
        assertThat(scaled[12]).isNaN();
    }

    @Test
    void fewBrightPixelsOnABlackImageCount() {
        float[] values = new float[100 * 100];
        values[1234] = 40;
        float[] scaled = Sources.all(Features.intensities(Sources.of(100, 100, 1, values)));
        assertThat(scaled[0]).isZero();
        assertThat(scaled[1234]).isCloseTo(100, within(1e-3f));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, 0, 0, 0, 0",
        "255, 255, 255, 100, 0, 0",
        "255, 0, 0, 53.2408, 80.0925, 67.2032",
        "0, 255, 0, 87.7347, -86.1827, 83.1793",
        "0, 0, 255, 32.2970, 79.1875, -107.8602",
        "119, 119, 119, 50.0345, 0, 0"
    })
    void labOfKnownColours(float r, float g, float b, float l, float a, float bStar) {
        float[] lab = Sources.all(Features.lab(Sources.of(1, 1, 3, r, g, b)));
        assertThat(lab[0]).isCloseTo(l, within(0.01f));
        assertThat(lab[1]).isCloseTo(a, within(0.02f));
        assertThat(lab[2]).isCloseTo(bStar, within(0.02f));
    }

    @Test
    void labIsAccurateToAThousandth() {
        Random random = new Random(1);
        for (int i = 0; i < 20000; i++) {
            boolean whole = i % 2 == 0;
            float[] rgb = new float[3];
            for (int c = 0; c < 3; c++) {
                rgb[c] = whole ? random.nextInt(256) : random.nextFloat() * 255;
            }
            float[] lab = Sources.all(Features.lab(Sources.of(1, 1, 3, rgb)));
            double r = linear(rgb[0]);
            double g = linear(rgb[1]);
            double b = linear(rgb[2]);
            double fx = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
            double fy = f(0.2126729 * r + 0.7151522 * g + 0.0721750 * b);
            double fz = f((0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883);
            assertThat((double) lab[0]).isCloseTo(116 * fy - 16, within(1e-3));
            assertThat((double) lab[1]).isCloseTo(500 * (fx - fy), within(1e-3));
            assertThat((double) lab[2]).isCloseTo(200 * (fy - fz), within(1e-3));
        }
    }

    private static double linear(double value) {
        double v = value / 255;
        return v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4);
    }

    private static double f(double t) {
        return t > Math.pow(6 / 29.0, 3) ? Math.cbrt(t) : t / 3 * Math.pow(29 / 6.0, 2) + 4 / 29.0;
    }

    @Test
    void labRefusesWhatIsNotRgb() {
        assertThatThrownBy(() -> Features.lab(Sources.constant(2, 2, 1, 0)))
                .hasMessageContaining("an image of 1 channels given for RGB; allowed: 3 channels");
        FeatureSource bright = Features.lab(Sources.of(2, 1, 3, 0, 0, 0, 0, 300, 0));
        assertThatThrownBy(() -> Sources.all(bright))
                .hasMessageContaining("an sRGB value of 300.0 given at (1, 0); allowed: 0 to 255");
        assertThat(Sources.all(Features.lab(Sources.of(1, 1, 3, 0, Float.NaN, 0))))
                .contains(Float.NaN);
    }

    @Test
    void smoothingIsANormalisedGaussian() {
        float[] values = Sources.waves(23, 17, 2, 3);
        values[2 * (5 * 23 + 6)] = Float.NaN;
        double sigma = 1.3;
        float[] actual = Sources.all(Features.smooth(Sources.of(23, 17, 2, values), sigma));
        for (int i = 0; i < 23 * 17; i++) {
            for (int c = 0; c < 2; c++) {
                double sum = 0;
                double weight = 0;
                for (int y = Math.max(0, i / 23 - 4); y <= Math.min(16, i / 23 + 4); y++) {
                    for (int x = Math.max(0, i % 23 - 4); x <= Math.min(22, i % 23 + 4); x++) {
                        if (x != 6 || y != 5) {
                            double w = Math.exp(
                                    -(Math.pow(x - i % 23, 2) + Math.pow(y - i / 23, 2)) / (2 * sigma * sigma));
                            sum += w * values[2 * (y * 23 + x) + c];
                            weight += w;
                        }
                    }
                }
                if (i == 5 * 23 + 6) {
                    assertThat(actual[2 * i + c]).isNaN();
                } else {
                    assertThat((double) actual[2 * i + c]).isCloseTo(sum / weight, within(1e-3));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rowsAreTheSameInAnyOrder(boolean lab) {
        float[] values = Sources.waves(31, 70, 3, 3);
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.max(0, Math.min(255, values[i]));
        }
        values[3 * (40 * 31 + 7)] = Float.NaN;
        FeatureSource image = Sources.of(31, 70, 3, values);
        FeatureSource colour = lab ? Features.lab(image) : Features.intensities(image);
        FeatureSource texture = Features.texture(colour, lab);
        assertThat(texture.channels()).isEqualTo(15);
        float[] inOrder = Sources.all(texture);
        int[] shuffled = IntStream.range(0, 70).map(y -> y * 37 % 70).toArray();
        assertThat(Sources.all(texture, shuffled)).isEqualTo(inOrder);
        for (int i = 0; i < inOrder.length; i++) {
            boolean isBad = i / 15 == 40 * 31 + 7;
            if (!isBad) {
                assertThat(inOrder[i]).isFinite();
            }
        }
        int bad = 15 * (40 * 31 + 7);
        assertThat(Float.isNaN(inOrder[bad]) || Float.isNaN(inOrder[bad + 2])).isTrue();
    }

    @Test
    void textureOfAConstantImageIsItsIntensityAlone() {
        float[] texture = Sources.all(Features.texture(Sources.constant(40, 40, 1, 60), false));
        for (int i = 0; i < texture.length; i += 13) {
            assertThat(texture[i]).isEqualTo(60);
            for (int s = 0; s < 3; s++) {
                assertThat(texture[i + 1 + 4 * s]).isCloseTo((float) (60 / Math.sqrt(12)), within(1e-3f));
                for (int k = 2; k < 5; k++) {
                    assertThat(texture[i + k + 4 * s]).isCloseTo(0, within(1e-3f));
                }
            }
        }
    }

    @Test
    void textureTellsStripesFromARampAndGivesItsSlope() {
        int n = 80;
        float[] stripes = new float[n * n];
        float[] ramp = new float[n * n];
        for (int i = 0; i < stripes.length; i++) {
            stripes[i] = (float) (50 + 40 * Math.sin(0.7 * (i % n + i / n)));
            ramp[i] = 0.5f * (i % n);
        }
        float[] ofStripes = Sources.all(Features.texture(Sources.of(n, n, 1, stripes), false));
        float[] ofRamp = Sources.all(Features.texture(Sources.of(n, n, 1, ramp), false));
        int middle = 13 * (40 * n + 40);
        double root = Math.sqrt(12);
        // scales 1, 2, 4: the slope of the ramp times the scale, all in one direction
        for (int s = 0; s < 3; s++) {
            double sigma = 1 << s;
            assertThat(ofRamp[middle + 2 + 4 * s] * root).isCloseTo(0.5 * sigma, within(1e-3));
            assertThat(ofRamp[middle + 3 + 4 * s] * root).isCloseTo(0, within(1e-2));
        }
        assertThat(ofStripes[middle + 2] * root).isGreaterThan(10);
        assertThat(ofStripes[middle + 4] * root).as("coherence").isGreaterThan(95);
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "1, 9", "9, 1"})
    void thinPlanes(int width, int height) {
        float[] texture = Sources.all(Features.texture(Sources.constant(width, height, 1, 3), false));
        for (float f : texture) {
            assertThat(f).isFinite();
        }
    }

    @Test
    void refusesBadSigma() {
        assertThatThrownBy(() -> Features.smooth(Sources.constant(1, 1, 1, 0), 0))
                .hasMessage("sigmaPx given: 0.0; allowed: more than 0, up to 100");
    }
}
