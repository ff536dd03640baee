// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.pointillist.image.Images;
import io.github.pointillist.samples.NucleiScene.Detector;
import io.github.pointillist.samples.NucleiScene.Events;
import io.github.pointillist.samples.NucleiScene.Layout;
import io.github.pointillist.samples.NucleiScene.Look;
import io.github.pointillist.samples.NucleiScene.Optics;
import io.github.pointillist.samples.NucleiScene.Shape;
import io.github.pointillist.samples.NucleiScene.Surroundings;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NucleiSceneTest {
    private static final Surroundings NOTHING = new Surroundings(0, 0, 0, 0, 0, 0, 0, 0);
    private static final Events NO_EVENTS = new Events(0, 0, 0, 0, 0);
    private static final Optics NO_BLUR = new Optics(0, 0, 0, 0);

    /** Values are 1000 for a nucleus and so bright that noise is below 1. */
    private static final Detector CLEAN = new Detector(1e6, 0, 16, 0, 1000.0 / 65535, 1, 1, 0, 0, 0, false);

    private static final NucleiScene FLAT_DISCS = new NucleiScene(
            20,
            0.2,
            new Shape(1.6, 0.5, 0.5, 0.1, 0.1),
            new Layout(0.2, 0, 0, 0, 0, 0),
            new Look(0, 1, 0, 0, 0, 0, 0),
            NO_EVENTS,
            NOTHING,
            NO_BLUR,
            CLEAN,
            1);

    private static int[] labels(Sample sample) {
        return Images.labels(sample.labels());
    }

    private static int count(int[] labels) {
        return Arrays.stream(labels).max().getAsInt();
    }

    private static int[] sizes(int[] labels) {
        int[] sizes = new int[count(labels) + 1];
        for (int label : labels) {
            sizes[label]++;
        }
        return sizes;
    }

    @Test
    void theSameSeedGivesTheSameSceneAndPixels() {
        for (long seed = 0; seed < 12; seed++) {
            assertThat(NucleiScene.random(seed)).isEqualTo(NucleiScene.random(seed));
            assertThat(NucleiScene.random(seed)).isNotEqualTo(NucleiScene.random(seed + 1));
            Sample one = SimulatedImages.nuclei(70, 50, seed, NucleiScene.random(seed));
            Sample two = SimulatedImages.nuclei(70, 50, seed, NucleiScene.random(seed));
            Sample other = SimulatedImages.nuclei(70, 50, seed + 1, NucleiScene.random(seed));
            assertThat(Images.planes(one.image())).isEqualTo(Images.planes(two.image()));
            assertThat(labels(one)).isEqualTo(labels(two));
            assertThat(Images.planes(one.image())).isNotEqualTo(Images.planes(other.image()));
        }
    }

    /** Without blur, texture and noise the objects are where the light is at least half. */
    @Test
    void labelsAreTheOutlinesAtHalfOfTheLight() {
        NucleiScene scene = FLAT_DISCS.withShape(new Shape(1.4, 0.4, 0.2, 0.06, 0.06));
        Sample sample = SimulatedImages.nuclei(400, 300, 3, scene);
        int[] labels = labels(sample);
        float[] values = Images.planes(sample.image());
        int wrong = 0;
        for (int i = 0; i < labels.length; i++) {
            // on the outline itself the noise decides
            boolean close = Math.abs(values[i] - 500) < 5;
            wrong += labels[i] > 0 != values[i] >= 500 && !close ? 1 : 0;
        }
        assertThat(count(labels)).isGreaterThan(40);
        assertThat(wrong).isZero();
        long[] inside = Arrays.stream(labels)
                .asLongStream()
                .map(label -> Math.min(label, 1))
                .toArray();
        int[] connected = Regions.of(inside, 400, 300, 0).labels();
        // free nuclei do not touch: each region of the mask is one object
        int[] objectOf = new int[count(connected) + 1];
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] > 0) {
                assertThat(objectOf[connected[i]]).isIn(0, labels[i]);
                objectOf[connected[i]] = labels[i];
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19})
    void eachLabelIsOnePieceAndNoneIsMissing(int seed) {
        int[] labels = labels(SimulatedImages.nuclei(160, 130, seed, NucleiScene.random(seed)));
        int[] sizes = sizes(labels);
        for (int label = 1; label < sizes.length; label++) {
            assertThat(sizes[label]).isGreaterThanOrEqualTo(4);
        }
        long[] keys = Arrays.stream(labels).asLongStream().toArray();
        Regions regions = Regions.of(keys, 160, 130, 0);
        int pieces = (int) Arrays.stream(regions.keys()).filter(key -> key > 0).count();
        assertThat(pieces).isEqualTo(sizes.length - 1);
    }

    @ParameterizedTest
    @ValueSource(doubles = {7, 12, 20, 45})
    void sizesFollowTheAskedDiameter(double diameter) {
        NucleiScene scene = FLAT_DISCS.withDiameterPx(diameter).withSizeSpread(0.1);
        int side = (int) (24 * diameter);
        int[] labels = labels(SimulatedImages.nuclei(side, side, 5, scene));
        boolean[] cut = new boolean[count(labels) + 1];
        for (int i = 0; i < side; i++) {
            cut[labels[i]] = true;
            cut[labels[i * side]] = true;
            cut[labels[i * side + side - 1]] = true;
            cut[labels[(side - 1) * side + i]] = true;
        }
        int[] sizes = sizes(labels);
        double sum = 0;
        double squares = 0;
        int whole = 0;
        for (int label = 1; label < sizes.length; label++) {
            if (!cut[label]) {
                double equal = 2 * Math.sqrt(sizes[label] / Math.PI);
                sum += equal;
                squares += equal * equal;
                whole++;
            }
        }
        double mean = sum / whole;
        assertThat(whole).isGreaterThan(60);
        assertThat(mean).isCloseTo(diameter, within(0.05 * diameter));
        assertThat(Math.sqrt(squares / whole - mean * mean) / mean).isBetween(0.07, 0.14);
    }

    /** Photons of mean 900, 20 and 2 from a flat field: variance is the mean, and the square of the read noise more. */
    @Test
    void noiseIsPoissonAndRead() {
        for (double photons : new double[] {900, 20, 2}) {
            double readNoise = 3;
            NucleiScene scene = FLAT_DISCS
                    .withCoverage(0)
                    .withSurroundings(new Surroundings(1, 0, 0, 0, 0, 0, 0, 0))
                    .withDetector(
                            new Detector(photons, readNoise, 16, 0.2, 10 * photons / 65535, 1, 1, 0, 0, 0, false));
            float[] values =
                    Images.planes(SimulatedImages.nuclei(300, 300, 1, scene).image());
            double sum = 0;
            double squares = 0;
            for (float value : values) {
                double counted = (value - 0.2 * 65535) / 10;
                sum += counted;
                squares += counted * counted;
            }
            double mean = sum / values.length;
            double variance = squares / values.length - mean * mean;
            double expected = photons + readNoise * readNoise;
            // five standard errors
            assertThat(mean).isCloseTo(photons, within(5 * Math.sqrt(expected / values.length)));
            assertThat(variance / expected).isCloseTo(1, within(5 * Math.sqrt(2.2 / values.length) + 0.001));
        }
    }

    @Test
    void fastNoiseHasTheMomentsOfItsDistribution() {
        SampleRandom random = new SampleRandom(4);
        int n = 400_000;
        for (double mean : new double[] {0.02, 0.3, 4.03, 11.9, 12.1, 50, 3000}) {
            double[] moments = new double[3];
            for (int i = 0; i < n; i++) {
                double deviation = FastNoise.poisson(mean, random) - mean;
                moments[0] += deviation / n;
                moments[1] += deviation * deviation / n;
                moments[2] += deviation * deviation * deviation / n;
            }
            assertThat(moments[0]).isCloseTo(0, within(5 * Math.sqrt(mean / n)));
            assertThat(moments[1] / mean).isCloseTo(1, within(5 * Math.sqrt((2 + 1 / mean) / n) + 0.005));
            // the third central moment of Poisson's distribution is its mean
            assertThat(moments[2]).isCloseTo(mean, within(0.05 * mean + 5 * Math.sqrt(15 * mean * mean * mean / n)));
        }
        double fourth = 0;
        for (int i = 0; i < n; i++) {
            double z = FastNoise.gaussian(random);
            fourth += z * z * z * z / n;
        }
        assertThat(fourth).isCloseTo(3, within(0.1));
    }

    /** The edge of a large object becomes a cumulated Gaussian of the asked width. */
    @ParameterizedTest
    @ValueSource(doubles = {0.8, 1.5, 3, 6, 11})
    void blurHasTheAskedWidth(double sigma) {
        float[] plane = new float[161 * 161];
        plane[80 * 161 + 80] = 1000;
        float[] blurred = Planes.blur(plane, 161, 161, sigma);
        double mass = 0;
        double variance = 0;
        for (int y = 0; y < 161; y++) {
            for (int x = 0; x < 161; x++) {
                mass += blurred[y * 161 + x];
                variance += blurred[y * 161 + x] * (x - 80.0) * (x - 80.0);
            }
        }
        assertThat(mass).isCloseTo(1000, within(2.0));
        assertThat(Math.sqrt(variance / mass)).isCloseTo(sigma, within(0.06 * sigma));
    }

    /** Share of objects with a pixel beside another one's. */
    private static double touchingShare(NucleiScene scene) {
        int[] labels = labels(SimulatedImages.nuclei(500, 500, 2, scene));
        boolean[] touches = new boolean[count(labels) + 1];
        for (int i = 0; i < labels.length - 500; i++) {
            for (int j : i % 500 < 499 ? new int[] {i + 1, i + 500} : new int[] {i + 500}) {
                if (labels[i] != labels[j] && labels[i] > 0 && labels[j] > 0) {
                    touches[labels[i]] = true;
                    touches[labels[j]] = true;
                }
            }
        }
        int touching = 0;
        for (boolean one : touches) {
            touching += one ? 1 : 0;
        }
        return touching / (touches.length - 1.0);
    }

    @Test
    void touchingIsAsAsked() {
        Layout layout = new Layout(0.2, 0, 0.2, 0, 0, 0);
        // bent and lobed ones placed apart may still meet
        assertThat(touchingShare(FLAT_DISCS.withLayout(layout))).isLessThan(0.05);
        assertThat(touchingShare(FLAT_DISCS.withLayout(layout).withShape(new Shape(1, 0, 0, 0, 0))))
                .isZero();
        double some = touchingShare(FLAT_DISCS.withLayout(new Layout(0.2, 0.3, 0.2, 0, 0, 0)));
        double most = touchingShare(FLAT_DISCS.withLayout(new Layout(0.4, 0.95, 0.2, 0.5, 0, 0)));
        assertThat(some).isBetween(0.25, 0.65);
        assertThat(most).isGreaterThan(0.85);
    }

    @Test
    void presetsAreWhatTheirNamesSay() {
        int dense = count(labels(SimulatedImages.nuclei(400, 400, 1, NucleiScene.DENSE)));
        int usual = count(labels(SimulatedImages.nuclei(400, 400, 1, NucleiScene.DEFAULT)));
        int sparse = count(labels(SimulatedImages.nuclei(400, 400, 1, NucleiScene.SPARSE)));
        assertThat(dense).isGreaterThan(3 * usual);
        assertThat(usual).isGreaterThan(sparse);
        assertThat(sparse).isPositive();
        assertThat(touchingShare(NucleiScene.DENSE)).isGreaterThan(0.8);
        assertThat(touchingShare(NucleiScene.SPARSE)).isLessThan(0.35);
        assertThat(contrastToNoise(NucleiScene.DIM)).isBetween(1.0, 4.0);
        assertThat(contrastToNoise(NucleiScene.DEFAULT)).isGreaterThan(3 * contrastToNoise(NucleiScene.DIM));
        assertThat(contrastToNoise(NucleiScene.TISSUE)).isLessThan(contrastToNoise(NucleiScene.DEFAULT));
    }

    /** Difference of means of objects and background over the deviation of neighbouring background pixels. */
    private static double contrastToNoise(NucleiScene scene) {
        Sample sample = SimulatedImages.nuclei(400, 400, 1, scene);
        int[] labels = labels(sample);
        float[] values = Images.planes(sample.image());
        double[] sum = new double[2];
        int[] pixels = new int[2];
        double squares = 0;
        int pairs = 0;
        for (int i = 0; i < labels.length - 1; i++) {
            int inside = labels[i] > 0 ? 1 : 0;
            sum[inside] += values[i];
            pixels[inside]++;
            if (inside == 0 && labels[i + 1] == 0) {
                squares += (values[i] - values[i + 1]) * (values[i] - values[i + 1]);
                pairs++;
            }
        }
        return (sum[1] / pixels[1] - sum[0] / pixels[0]) / Math.sqrt(squares / pairs / 2);
    }

    @Test
    void invertedNucleiAreDarkAndOtherwiseTheSame() {
        Sample bright = SimulatedImages.nuclei(120, 90, 6, NucleiScene.DEFAULT);
        Sample dark = SimulatedImages.nuclei(120, 90, 6, NucleiScene.DEFAULT.withInverted(true));
        assertThat(labels(dark)).isEqualTo(labels(bright));
        float[] a = Images.planes(bright.image());
        float[] b = Images.planes(dark.image());
        for (int i = 0; i < a.length; i++) {
            // rounding goes up for both
            assertThat(a[i] + b[i]).isCloseTo(a[0] + b[0], within(1f));
        }
    }

    @Test
    void eightBitsSaturateAndStayInRange() {
        NucleiScene scene =
                NucleiScene.DEFAULT.withDetector(new Detector(500, 2, 8, 0.02, 1.8, 1.3, 1.5, 0.4, 0.001, 5, false));
        float[] values =
                Images.planes(SimulatedImages.nuclei(200, 200, 1, scene).image());
        int full = 0;
        for (float value : values) {
            assertThat(value).isBetween(0f, 255f);
            full += value > 250 ? 1 : 0;
        }
        assertThat(full).isGreaterThan(500);
    }

    /** Anaphases are two objects, plates one; apoptotic cells fall into several or are one. */
    @Test
    void eventsHaveTheirLabels() {
        NucleiScene scene = FLAT_DISCS.withDiameterPx(40).withSizeSpread(0);
        int whole = count(labels(SimulatedImages.nuclei(900, 900, 3, scene)));
        int dividing = count(labels(SimulatedImages.nuclei(900, 900, 3, scene.withEvents(new Events(1, 0, 0, 0, 0)))));
        int dying = count(labels(SimulatedImages.nuclei(900, 900, 3, scene.withEvents(new Events(0, 1, 0, 0, 0)))));
        int small = count(labels(SimulatedImages.nuclei(900, 900, 3, scene.withEvents(new Events(0, 0, 1, 0, 0)))));
        assertThat(dividing / (double) whole).isBetween(1.15, 1.75);
        assertThat(dying / (double) whole).isBetween(1.3, 3.0);
        assertThat(small / (double) whole).isBetween(1.5, 2.0);
    }

    /** Cell bodies, threads, ghosts, clouds and debris have no label. */
    @Test
    void surroundingsHaveNoLabels() {
        NucleiScene empty = FLAT_DISCS.withCoverage(0).withSurroundings(new Surroundings(0.2, 1, 0.5, 4, 3, 1, 1, 1));
        assertThat(count(labels(SimulatedImages.nuclei(200, 200, 1, empty)))).isZero();
        int[] alone = labels(SimulatedImages.nuclei(200, 200, 9, FLAT_DISCS));
        int[] among = labels(SimulatedImages.nuclei(
                200, 200, 9, FLAT_DISCS.withSurroundings(new Surroundings(0.02, 0, 0.1, 1, 1, 0, 0, 0.1))));
        assertThat(among).isEqualTo(alone);
    }

    /** What no eye could find has no label. */
    @Test
    void invisibleNucleiHaveNoLabels() {
        NucleiScene scene = FLAT_DISCS.withSurroundings(new Surroundings(1, 0, 0, 0, 0, 0, 0, 0));
        assertThat(count(labels(SimulatedImages.nuclei(200, 200, 1, scene)))).isGreaterThan(10);
        assertThat(count(labels(SimulatedImages.nuclei(
                        200, 200, 1, scene.withDetector(new Detector(1, 50, 16, 0.1, 0.1, 1, 1, 0, 0, 0, false))))))
                .isZero();
    }

    @Test
    void randomScenesAreBroad() {
        double least = Double.MAX_VALUE;
        double most = 0;
        int eightBits = 0;
        int inverted = 0;
        int crowded = 0;
        for (long seed = 0; seed < 400; seed++) {
            NucleiScene scene = NucleiScene.random(seed);
            least = Math.min(least, scene.diameterPx());
            most = Math.max(most, scene.diameterPx());
            eightBits += scene.detector().bits() == 8 ? 1 : 0;
            inverted += scene.detector().inverted() ? 1 : 0;
            crowded += scene.layout().coverage() > 0.4 ? 1 : 0;
            assertThat(NucleiScene.random(seed, 17).diameterPx()).isEqualTo(17);
        }
        assertThat(least).isBetween(6.0, 7.0);
        assertThat(most).isBetween(65.0, 80.0);
        assertThat(eightBits).isBetween(200, 330);
        assertThat(inverted).isBetween(10, 60);
        assertThat(crowded).isBetween(50, 200);
    }

    @Test
    void refusesWhatCannotBe() {
        assertThatThrownBy(() -> NucleiScene.DEFAULT.withDiameterPx(2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("diameterPx is 2.0; allowed is 4.0 to 200.0");
        assertThatThrownBy(() -> NucleiScene.DEFAULT.withCoverage(Double.NaN)).hasMessageContaining("coverage is NaN");
        assertThatThrownBy(() -> new Detector(1, 1, 10, 0, 1, 1, 1, 0, 0, 0, false))
                .hasMessageContaining("bits is 10");
        assertThatThrownBy(() -> NucleiScene.random(1, 1000)).hasMessageContaining("1000");
    }
}
