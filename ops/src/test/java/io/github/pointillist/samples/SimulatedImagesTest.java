// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.pointillist.image.Images;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SimulatedImagesTest {
    private static String crc(Sample sample) {
        int[] labels = Images.labels(sample.labels());
        float[] values = Images.planes(sample.image());
        ByteBuffer bytes = ByteBuffer.allocate(4 * (labels.length + values.length));
        for (int label : labels) {
            bytes.putInt(label);
        }
        for (float value : values) {
            bytes.putFloat(value);
        }
        CRC32 crc = new CRC32();
        crc.update(bytes.array());
        return String.format("%08x", crc.getValue());
    }

    /** The bits are a promise: pictures in tutorials and measured figures rest on them. */
    @Test
    void theSameSeedGivesTheSameBitsEverywhere() {
        assertThat(crc(SimulatedImages.nuclei(200, 150, 1))).isEqualTo("ecfc1601");
        assertThat(crc(SimulatedImages.nuclei(150, 200, -5, NucleiScene.DENSE))).isEqualTo("e2584f38");
        TissueSample tissue = SimulatedImages.tissue(240, 180, 3);
        assertThat(crc(tissue.sample())).isEqualTo("177af416");
        SpotsSample spots = SimulatedImages.spots(180, 140, 9);
        assertThat(crc(spots.sample())).isEqualTo("ea21d50e");
        assertThat(spots.spots()).hasSize(54);
        assertThat(spots.spots().get(0).xPx()).isEqualTo(160.9055495747662);
    }

    /** Models are trained on these: every machine must make the same. */
    @Test
    void randomScenesHaveTheSameBitsEverywhere() {
        CRC32 all = new CRC32();
        for (long seed = 0; seed < 60; seed++) {
            all.update(crc(SimulatedImages.nuclei(80, 60, seed, NucleiScene.random(seed)))
                    .getBytes(StandardCharsets.US_ASCII));
            all.update(crc(SimulatedImages.tissue(60, 40, seed, TissueScene.random(seed))
                            .sample())
                    .getBytes(StandardCharsets.US_ASCII));
        }
        assertThat(String.format("%08x", all.getValue())).isEqualTo("1316804c");
    }

    @Test
    void anotherSeedGivesAnotherImage() {
        assertThat(crc(SimulatedImages.nuclei(64, 64, 1))).isNotEqualTo(crc(SimulatedImages.nuclei(64, 64, 2)));
        assertThat(crc(SimulatedImages.tissue(64, 64, 1).sample()))
                .isNotEqualTo(crc(SimulatedImages.tissue(64, 64, 2).sample()));
        assertThat(crc(SimulatedImages.spots(64, 64, 1).sample()))
                .isNotEqualTo(crc(SimulatedImages.spots(64, 64, 2).sample()));
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "1, 40", "40, 1", "2, 3", "7, 5", "129, 33"})
    void everySizeWorksAndLabelsHaveNoGaps(int width, int height) {
        for (int seed = 0; seed < 6; seed++) {
            TissueSample tissue = SimulatedImages.tissue(width, height, seed);
            for (Sample sample : new Sample[] {
                SimulatedImages.nuclei(width, height, seed),
                SimulatedImages.nuclei(width, height, seed, NucleiScene.DENSE),
                SimulatedImages.spots(width, height, seed).sample(),
                tissue.sample()
            }) {
                assertThat(sample.image().dimension(0)).isEqualTo(width);
                assertThat(sample.image().dimension(1)).isEqualTo(height);
                assertThat(sample.labels().dimensionsAsLongArray()).containsExactly(width, height);
                assertThat(Images.channels(sample.image())).isEqualTo(sample.rgb() ? 3 : 1);
                int[] present = Arrays.stream(Images.labels(sample.labels()))
                        .filter(label -> label > 0)
                        .distinct()
                        .sorted()
                        .toArray();
                for (int k = 0; k < present.length; k++) {
                    assertThat(present[k]).as(sample.name()).isEqualTo(k + 1);
                }
            }
        }
    }

    @Test
    void nucleiAreBrighterThanTheirSurroundings() {
        Sample sample = SimulatedImages.nuclei(400, 300, 4);
        int[] labels = Images.labels(sample.labels());
        float[] values = Images.planes(sample.image());
        double[] sum = new double[2];
        int[] count = new int[2];
        for (int i = 0; i < labels.length; i++) {
            int inside = labels[i] > 0 ? 1 : 0;
            sum[inside] += values[i];
            count[inside]++;
        }
        double coverage = count[1] / (double) labels.length;
        assertThat(coverage).isBetween(0.08, 0.25);
        // signal 350 photons x 2.2 counts inside, some haze outside, offset 100 everywhere
        assertThat(sum[0] / count[0]).isBetween(110.0, 250.0);
        assertThat(sum[1] / count[1]).isBetween(400.0, 1100.0);
        assertThat(Arrays.stream(labels).max().getAsInt()).isBetween(15, 60);
    }

    @Test
    void crowdedNucleiTouch() {
        int[] labels = Images.labels(
                SimulatedImages.nuclei(300, 300, 8, NucleiScene.DENSE).labels());
        long contacts = 0;
        for (int i = 0; i < labels.length; i++) {
            if (i % 300 < 299 && labels[i] > 0 && labels[i + 1] > 0 && labels[i] != labels[i + 1]) {
                contacts++;
            }
        }
        assertThat(contacts).isGreaterThan(100);
    }

    @Test
    void tissueRegionsAreConnectedLargeAndOfOneClass() {
        TissueSample tissue = SimulatedImages.tissue(500, 400, 1);
        int[] labels = Images.labels(tissue.sample().labels());
        int[] classes = Images.labels(tissue.classes());
        float[] values = Images.planes(tissue.sample().image());
        long[] keys = Arrays.stream(labels).asLongStream().toArray();
        int count = Arrays.stream(labels).max().getAsInt();
        assertThat(Regions.of(keys, 500, 400, 0).count()).as("connected").isEqualTo(count);
        Map<Integer, Integer> classOf = new HashMap<>();
        int[] sizes = new int[count + 1];
        double[] green = new double[4];
        int[] pixels = new int[4];
        for (int i = 0; i < labels.length; i++) {
            assertThat(labels[i]).isPositive();
            assertThat(classOf.merge(labels[i], classes[i], (a, b) -> a)).isEqualTo(classes[i]);
            sizes[labels[i]]++;
            green[classes[i]] += values[labels.length + i];
            pixels[classes[i]]++;
        }
        assertThat(Arrays.stream(sizes).skip(1).min().getAsInt()).isGreaterThanOrEqualTo(40);
        for (int c = 0; c < 4; c++) {
            assertThat(pixels[c]).as(TissueSample.CLASSES.get(c)).isPositive();
            green[c] /= pixels[c];
        }
        // epithelium darkest, then stroma; lumen and fat nearly white
        assertThat(green[1]).isLessThan(green[0] - 15);
        assertThat(green[0]).isLessThan(green[2] - 30);
        assertThat(green[3]).isGreaterThan(220);
    }

    @Test
    void spotsLieWhereTheListSays() {
        SpotsSample sample = SimulatedImages.spots(300, 200, 5);
        int[] labels = Images.labels(sample.sample().labels());
        float[] values = Images.planes(sample.sample().image());
        assertThat(sample.spots()).hasSizeBetween(115, 132);
        int tried = 0;
        for (int n = 0; n < sample.spots().size(); n++) {
            SpotsSample.Spot spot = sample.spots().get(n);
            int x = (int) Math.floor(spot.xPx() + 0.5);
            int y = (int) Math.floor(spot.yPx() + 0.5);
            assertThat(labels[y * 300 + x]).isEqualTo(n + 1);
            if (spot.photons() < 1000 || x < 6 || y < 6 || x > 293 || y > 193 || crowded(sample, n)) {
                continue;
            }
            tried++;
            double mass = 0;
            double meanX = 0;
            double meanY = 0;
            double background = Double.MAX_VALUE;
            for (int side = 0; side < 4; side++) {
                int bx = x + (side < 2 ? -6 : 6);
                int by = y + (side % 2 == 0 ? -6 : 6);
                background = Math.min(background, values[by * 300 + bx]);
            }
            for (int dy = -3; dy <= 3; dy++) {
                for (int dx = -3; dx <= 3; dx++) {
                    double value = values[(y + dy) * 300 + x + dx] - background;
                    mass += value;
                    meanX += value * (x + dx);
                    meanY += value * (y + dy);
                }
            }
            assertThat(meanX / mass).isCloseTo(spot.xPx(), within(0.5));
            assertThat(meanY / mass).isCloseTo(spot.yPx(), within(0.5));
        }
        assertThat(tried).isGreaterThan(20);
    }

    /** A scene changes how a section looks, and its magnification also what is in it. */
    @Test
    void tissueScenesDifferAsAsked() {
        TissueScene usual = TissueScene.DEFAULT;
        TissueSample plain = SimulatedImages.tissue(200, 150, 7);
        TissueSample pale = SimulatedImages.tissue(200, 150, 7, new TissueScene(1, 0.5, 1, 0.5, 0.5, 0.1, 0, 1.5, 2));
        assertThat(Images.labels(pale.classes())).isEqualTo(Images.labels(plain.classes()));
        assertThat(mean(pale, 1)).isGreaterThan(mean(plain, 1) + 15);
        assertThat(mean(pale, 2) - mean(pale, 0)).isLessThan(mean(plain, 2) - mean(plain, 0) - 10);
        assertThat(crc(SimulatedImages.tissue(99, 70, 7, usual).sample()))
                .isEqualTo(crc(SimulatedImages.tissue(99, 70, 7).sample()));
        // twice the size: every second pixel of the plan is that of the plain one, but for the smallest regions
        int[] large = Images.labels(SimulatedImages.tissue(400, 300, 7, new TissueScene(2, 1, 1, 0, 0, 0, 0, 1, 1))
                .classes());
        int[] small = Images.labels(plain.classes());
        int same = 0;
        for (int i = 0; i < small.length; i++) {
            same += small[i] == large[2 * (i / 200) * 400 + 2 * (i % 200)] ? 1 : 0;
        }
        assertThat(same / (double) small.length).isGreaterThan(0.98);
        for (long seed = 0; seed < 50; seed++) {
            assertThat(TissueScene.random(seed)).isEqualTo(TissueScene.random(seed));
            assertThat(TissueScene.random(seed)).isNotEqualTo(TissueScene.random(seed + 1));
        }
        assertThatThrownBy(() -> new TissueScene(9, 1, 1, 0, 0, 0, 0, 1, 1)).hasMessageContaining("magnification is 9");
    }

    private static double mean(TissueSample tissue, int channel) {
        float[] values = Images.planes(tissue.sample().image());
        int pixels = values.length / 3;
        double sum = 0;
        for (int i = 0; i < pixels; i++) {
            sum += values[channel * pixels + i];
        }
        return sum / pixels;
    }

    private static boolean crowded(SpotsSample sample, int n) {
        SpotsSample.Spot spot = sample.spots().get(n);
        return sample.spots().stream()
                .filter(other -> other != spot)
                .anyMatch(other -> Math.hypot(other.xPx() - spot.xPx(), other.yPx() - spot.yPx()) < 10);
    }

    @Test
    void randomNumbersHaveTheMomentsOfTheirDistribution() {
        SampleRandom random = new SampleRandom(11);
        int n = 200_000;
        for (double mean : new double[] {0.3, 8, 59, 61, 900}) {
            double sum = 0;
            double squares = 0;
            for (int i = 0; i < n; i++) {
                double value = random.poisson(mean);
                sum += value;
                squares += value * value;
            }
            double average = sum / n;
            // five standard errors
            assertThat(average).isCloseTo(mean, within(5 * Math.sqrt(mean / n)));
            assertThat((squares / n - average * average) / mean)
                    .isCloseTo(1, within(5 * Math.sqrt((2 + 1 / mean) / n)));
        }
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < n; i++) {
            double value = random.gaussian();
            sum += value;
            squares += value * value;
        }
        assertThat(sum / n).isCloseTo(0, within(5 / Math.sqrt(n)));
        assertThat(squares / n).isCloseTo(1, within(5 * Math.sqrt(2.0 / n)));
    }

    @Test
    void smallRegionsJoinTheirLargestNeighbour() {
        long[] plane = {
            4, 4, 4, 8, 8, //
            4, 9, 4, 8, 8, //
            4, 4, 7, 8, 8
        };
        Regions regions = Regions.of(plane, 5, 3, 3);
        assertThat(regions.count()).isEqualTo(2);
        assertThat(regions.labels()).containsExactly(1, 1, 1, 2, 2, 1, 1, 1, 2, 2, 1, 1, 1, 2, 2);
        assertThat(regions.keys()).containsExactly(0, 4, 8);
        assertThat(Regions.of(plane, 5, 3, 0).count()).isEqualTo(4);
        assertThat(Regions.of(new long[] {5}, 1, 1, 40).count()).isEqualTo(1);
    }

    @Test
    void blurKeepsTheSumAndWorksOnOnePixel() {
        float[] plane = new float[11 * 7];
        plane[3 * 11 + 2] = 100;
        float[] blurred = Fields.blur(plane, 11, 7, 2.5);
        double sum = 0;
        for (float value : blurred) {
            sum += value;
        }
        assertThat(sum).isCloseTo(100, within(1e-3));
        assertThat(blurred[3 * 11 + 2]).isBetween(2f, 5f);
        assertThat(Fields.blur(new float[] {3}, 1, 1, 20)[0]).isCloseTo(3, within(1e-5f));
    }

    @Test
    void refusesWhatCannotBe() {
        assertThatThrownBy(() -> SimulatedImages.nuclei(0, 5, 1)).hasMessageContaining("0 x 5");
        assertThatThrownBy(() -> SimulatedImages.spots(100_000, 100_000, 1)).hasMessageContaining("2^29");
        assertThatThrownBy(() -> SimulatedImages.spots(10_000, 10_000, 1)).hasMessageContaining("65535");
    }
}
