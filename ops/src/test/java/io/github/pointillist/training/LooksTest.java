// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.pointillist.training.Augmentation.Camera;
import io.github.pointillist.training.Augmentation.Colour;
import io.github.pointillist.training.Augmentation.Light;
import io.github.pointillist.training.Augmentation.Warp;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class LooksTest {
    private static final int SIDE = 128;

    private static float[][] flat(int channels, float value) {
        float[][] planes = new float[channels][SIDE * SIDE];
        for (float[] plane : planes) {
            Arrays.fill(plane, value);
        }
        return planes;
    }

    private static float[][] ramp(int channels) {
        float[][] planes = new float[channels][SIDE * SIDE];
        for (int c = 0; c < channels; c++) {
            for (int i = 0; i < planes[c].length; i++) {
                planes[c][i] = 20 + (i % SIDE) * (c + 1) * 0.5f;
            }
        }
        return planes;
    }

    private static float[][] look(Light light, Camera camera, Colour colour, float[][] planes, long index) {
        Augmentation augmentation = new Augmentation(Warp.NONE, light, camera, colour, 0);
        return new Looks(augmentation, Draws.of(3, index)).apply(planes, SIDE, SIDE);
    }

    private static double mean(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += value;
        }
        return sum / values.length;
    }

    private static double deviation(float[] values) {
        double mean = mean(values);
        double squares = 0;
        for (float value : values) {
            squares += (value - mean) * (value - mean);
        }
        return Math.sqrt(squares / values.length);
    }

    @Test
    void whatIsOffChangesNoBit() {
        float[][] planes = look(Light.NONE, Camera.NONE, Colour.NONE, ramp(3), 1);
        assertThat(planes).isDeepEqualTo(ramp(3));
    }

    @Test
    void normalDeviatesAreNormal() {
        float[] noise = GaussianNoise.fill(1 << 18, Draws.of(1, 1));
        assertThat(mean(noise)).isCloseTo(0, within(0.01));
        assertThat(deviation(noise)).isCloseTo(1, within(0.01));
        double fourth = 0;
        double neighbours = 0;
        int beyondTwo = 0;
        for (int i = 0; i < noise.length; i++) {
            fourth += Math.pow(noise[i], 4) / noise.length;
            neighbours += noise[i] * noise[(i + 1) % noise.length] / noise.length;
            beyondTwo += Math.abs(noise[i]) > 2 ? 1 : 0;
        }
        assertThat(fourth).isCloseTo(3, within(0.1));
        assertThat(neighbours).isCloseTo(0, within(0.01));
        assertThat((double) beyondTwo / noise.length).isCloseTo(0.0455, within(0.003));
    }

    @Test
    void readNoiseIsTheSameEverywhereAndAtMostAsStrongAsSaid() {
        Camera camera = new Camera(1, 0, 8, 0, 0, 0, 0);
        double sum = 0;
        for (int i = 0; i < 60; i++) {
            float[] plane = look(Light.NONE, camera, Colour.NONE, flat(1, 100), i)[0];
            double deviation = deviation(plane);
            assertThat(mean(plane)).isCloseTo(100, within(0.5));
            assertThat(deviation).isLessThan(8.3);
            sum += deviation / 60;
        }
        assertThat(sum).as("uniform from 0 to 8").isBetween(3.2, 4.8);
    }

    @Test
    void varianceOfShotNoiseGrowsWithTheIntensity() {
        Camera camera = new Camera(1, 12, 0, 0, 0, 0, 0);
        double dim = 0;
        double bright = 0;
        for (int i = 0; i < 40; i++) {
            dim += Math.pow(deviation(look(Light.NONE, camera, Colour.NONE, flat(1, 40), i)[0]), 2);
            bright += Math.pow(deviation(look(Light.NONE, camera, Colour.NONE, flat(1, 200), i)[0]), 2);
        }
        assertThat(bright / dim).isCloseTo(5, within(0.3));
    }

    @Test
    void inversionSwapsBrightAndDark() {
        Light light = new Light(0, 0, 1, 0, 1, 1, 0);
        float[] plane = look(light, Camera.NONE, Colour.NONE, ramp(1), 4)[0];
        float[] before = ramp(1)[0];
        for (int i = 0; i < plane.length; i++) {
            assertThat(plane[i]).isCloseTo(255 - before[i], within(1e-3f));
        }
        int inverted = 0;
        Light half = Light.NONE.withInversion(0.3);
        for (int i = 0; i < 400; i++) {
            inverted += look(half, Camera.NONE, Colour.NONE, flat(1, 20), i)[0][0] > 200 ? 1 : 0;
        }
        assertThat(inverted).isBetween(90, 150);
    }

    @Test
    void gainAndGammaKeepTheOrderAndTheBounds() {
        Light light = new Light(1, 0, 1.5, 20, 1.8, 0, 0);
        double least = 255;
        double most = 0;
        for (int n = 0; n < 50; n++) {
            float[] plane = look(light, Camera.NONE, Colour.NONE, ramp(1), n)[0];
            for (int x = 1; x < SIDE; x++) {
                assertThat(plane[x]).isGreaterThanOrEqualTo(plane[x - 1]).isBetween(0f, 255f);
            }
            least = Math.min(least, plane[SIDE / 2]);
            most = Math.max(most, plane[SIDE / 2]);
        }
        assertThat(least).isLessThan(32);
        assertThat(most).isGreaterThan(80);
    }

    @Test
    void unevenLightIsSmooth() {
        Light light = new Light(1, 0, 1, 0, 1, 0, 0.4);
        double most = 0;
        for (int n = 0; n < 20; n++) {
            float[] plane = look(light, Camera.NONE, Colour.NONE, flat(1, 100), n)[0];
            most = Math.max(most, deviation(plane));
            for (int i = 0; i + 1 < plane.length; i++) {
                if (i % SIDE < SIDE - 1) {
                    assertThat(Math.abs(plane[i + 1] - plane[i])).isLessThan(4);
                }
                assertThat(plane[i]).isBetween(49f, 151f);
            }
        }
        assertThat(most).isGreaterThan(5);
    }

    @Test
    void blurringKeepsTheMeanAndSharpeningRaisesEdges() {
        float[][] noisy = {GaussianNoise.fill(SIDE * SIDE, Draws.of(5, 5))};
        double before = deviation(noisy[0]);
        float[][] copy = {noisy[0].clone()};
        float[] soft = look(Light.NONE, new Camera(1, 0, 0, 0, 3, 0, 0), Colour.NONE, copy, 2)[0];
        assertThat(mean(soft)).isCloseTo(mean(noisy[0]), within(0.01));
        assertThat(deviation(soft)).isLessThan(0.8 * before);
        float[] sharp = look(Light.NONE, new Camera(1, 0, 0, 0, 0, 1, 0), Colour.NONE, noisy, 2)[0];
        assertThat(deviation(sharp)).isGreaterThan(1.1 * before);
    }

    @Test
    void hotPixelsAreFew() {
        int changed = 0;
        for (int n = 0; n < 40; n++) {
            float[] plane = look(Light.NONE, new Camera(1, 0, 0, 0.01, 0, 0, 0), Colour.NONE, flat(1, 50), n)[0];
            for (float value : plane) {
                changed += value != 50 ? 1 : 0;
            }
        }
        assertThat(changed / (40.0 * SIDE * SIDE)).isBetween(0.003, 0.007);
    }

    @Test
    void highQualityCompressionHardlyChangesAndLowDoes() {
        for (int channels : new int[] {1, 3}) {
            double last = 0;
            for (double quality : new double[] {100, 75, 40, 10}) {
                float[][] planes = ramp(channels);
                float[] texture = GaussianNoise.fill(SIDE * SIDE, Draws.of(8, 8));
                float[][] before = new float[channels][];
                for (int c = 0; c < channels; c++) {
                    for (int i = 0; i < texture.length; i++) {
                        planes[c][i] += 12 * texture[i];
                    }
                    before[c] = planes[c].clone();
                }
                JpegTraces.add(planes, SIDE, SIDE, quality, Draws.of(1, 9));
                double squares = 0;
                for (int i = 0; i < texture.length; i++) {
                    squares += Math.pow(planes[0][i] - before[0][i], 2) / texture.length;
                }
                assertThat(Math.sqrt(squares)).as("quality %s", quality).isGreaterThan(last);
                last = Math.sqrt(squares);
                if (quality == 100) {
                    assertThat(last).isLessThan(0.7);
                }
            }
            assertThat(last).isBetween(8.0, 20.0);
        }
    }

    @Test
    void stainsOfUnchangedAmountsLeaveColoursAlone() {
        float[] matrix = Stains.scaling(new double[] {1, 1, 1});
        for (int i = 0; i < 9; i++) {
            assertThat(matrix[i]).isCloseTo(i % 4 == 0 ? 1 : 0, within(1e-5f));
        }
        for (int v = 0; v < 256; v++) {
            assertThat(Stains.intensity(Stains.density(v))).isCloseTo(v, within(0.05f));
        }
        // twice the haematoxylin doubles the densities of its colour
        float[] twice = Stains.scaling(new double[] {2, 1, 1});
        double[] colour = {0.65, 0.70, 0.29};
        for (int to = 0; to < 3; to++) {
            double density = colour[0] * twice[to] + colour[1] * twice[3 + to] + colour[2] * twice[6 + to];
            assertThat(density).isCloseTo(2 * colour[to], within(1e-4));
        }
    }

    @Test
    void greyStaysGreyUnderOtherColoursAndColoursMove() {
        Light light = new Light(1, 0, 1, 0, 1, 0, 0);
        float[][] grey = look(light, Camera.NONE, new Colour(0.2, 0), flat(3, 120), 1);
        assertThat(grey[0][0]).isCloseTo(grey[1][0], within(0.01f)).isCloseTo(grey[2][0], within(0.01f));
        float[][] before = ramp(3);
        float[][] colours = look(light, Camera.NONE, new Colour(0.2, 0.2), ramp(3), 1);
        double moved = 0;
        for (int c = 0; c < 3; c++) {
            moved += Math.abs(mean(colours[c]) - mean(before[c]));
        }
        assertThat(moved).isGreaterThan(3);
    }

    @Test
    void smoothFieldsHaveTheDeviationAskedFor() {
        double squares = 0;
        for (int n = 0; n < 60; n++) {
            float[] field = SmoothField.draw(SIDE, SIDE, 2, 16, Draws.of(2, n));
            for (float value : field) {
                squares += (double) value * value / (60 * field.length);
            }
        }
        assertThat(Math.sqrt(squares)).isCloseTo(2, within(0.1));
    }
}
