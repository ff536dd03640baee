// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.pointillist.catalog.ModelCard.Segmentation;
import io.github.pointillist.catalog.ModelCard.Segmentation.Kind;
import io.github.pointillist.image.RasterF;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.Segment.Result;
import io.github.pointillist.tasks.Segment.Scaling;
import io.github.pointillist.tasks.Segment.Settings;
import io.github.pointillist.tasks.WindowedNetwork.Network;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.imglib2.img.array.ArrayImgs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Windows, blending and the search for the scale, with networks that know what they see: the fault is never theirs. */
class WindowedSegmentationTest {
    private static final Segmentation CARD = new Segmentation(Kind.INSTANCES, 0, 32, 128, 48, 0, 100, true, 0.5, 0.3);

    private static Settings settings(Scaling scaling, int tilePx) {
        return new Settings("known", null, scaling, 0, 0, -1, -1, false, false, tilePx, "cpu");
    }

    /** Every pixel of the plane says which object it is in; of an object cut by the window only the rest is known. */
    private static Network seesLabels(int count) {
        return new Network() {
            @Override
            public float[][] outputs(RasterF window) {
                int[] labels = new int[window.data().length];
                for (int i = 0; i < labels.length; i++) {
                    labels[i] = Math.round(window.data()[i] * count / 255);
                }
                return TargetMaps.of(labels, window.width(), window.height(), CARD.objectDiameterPx());
            }

            @Override
            public int stridePx() {
                return TargetMaps.STRIDE;
            }
        };
    }

    /** What is brighter than half is an object; the surer the nearer its size is to the one it knows. */
    private static Network seesBrightness() {
        return new Network() {
            @Override
            public float[][] outputs(RasterF window) {
                int side = window.width();
                int[] labels = new int[side * side];
                for (int i = 0; i < labels.length; i++) {
                    labels[i] = window.data()[i] > 127 ? 1 : 0;
                }
                int count = components(labels, side);
                float[][] maps = TargetMaps.of(labels, side, side, CARD.objectDiameterPx());
                int[] areas = new int[count + 1];
                for (int label : labels) {
                    areas[label]++;
                }
                for (int cell = 0; cell < maps[1].length; cell++) {
                    int columns = side / TargetMaps.STRIDE;
                    int pixel = (cell / columns * side + cell % columns) * TargetMaps.STRIDE;
                    double off = Math.log(Math.sqrt(4 / Math.PI * areas[labels[pixel]]) / CARD.objectDiameterPx());
                    maps[1][cell] *= labels[pixel] == 0 ? 1 : (float) Math.exp(-off * off);
                }
                return maps;
            }

            @Override
            public int stridePx() {
                return TargetMaps.STRIDE;
            }
        };
    }

    /** Numbers the parts of what is 1 from 1 on. */
    private static int components(int[] labels, int width) {
        int count = 0;
        int[] open = new int[labels.length];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = -labels[i];
        }
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] == -1) {
                count++;
                int n = 0;
                open[n++] = i;
                labels[i] = count;
                while (n > 0) {
                    int at = open[--n];
                    for (int next : new int[] {at - 1, at + 1, at - width, at + width}) {
                        boolean beside = Math.abs(next % width - at % width) <= 1;
                        if (next >= 0 && next < labels.length && beside && labels[next] == -1) {
                            labels[next] = count;
                            open[n++] = next;
                        }
                    }
                }
            }
        }
        return count;
    }

    private static Result segment(int[] truth, int width, int height, int tilePx) {
        short[] values = new short[truth.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (short) truth[i];
        }
        int count = Arrays.stream(truth).max().orElseThrow();
        return new WindowedSegmentation(settings(Scaling.NONE, tilePx), CARD, 4, seesLabels(count))
                .segment(ArrayImgs.unsignedShorts(values, width, height), 0, null, Progress.NONE);
    }

    private static final double[][] DISCS = {{35, 35, 16}, {100, 40, 6}, {70, 100, 3.3}};

    private static Result discs(Segmentation card, double leastArea) {
        int side = 140;
        short[] values = new short[side * side];
        for (int i = 0; i < values.length; i++) {
            for (int k = 0; k < DISCS.length; k++) {
                int row = i / side;
                if (Math.hypot(i % side - DISCS[k][0], row - DISCS[k][1]) < DISCS[k][2]) {
                    values[i] = (short) (k + 1);
                }
            }
        }
        Settings settings = new Settings("known", null, Scaling.NONE, 0, leastArea, -1, -1, false, false, 0, "cpu");
        return new WindowedSegmentation(settings, card, 4, seesLabels(DISCS.length))
                .segment(ArrayImgs.unsignedShorts(values, side, side), 0, null, Progress.NONE);
    }

    /** A disc of the usual size, one of a 7th and one of a 24th of its area: what is tiny for the model is left out. */
    @Test
    void whatIsTinyForTheModelIsLeftOut() {
        assertThat(discs(CARD, 0).count()).isEqualTo(2);
        assertThat(discs(CARD, 1).count()).isEqualTo(3);
        assertThat(discs(CARD, 100).count()).isEqualTo(1);
    }

    /** Only the smallest disc is smaller than the smallest outline that the labels of training had. */
    @Test
    void specksAreDrawnAsInTraining() {
        Segmentation card = new Segmentation(Kind.INSTANCES, 0, 32, 128, 48, 0, 100, true, 0.5, 0.3, List.of(), 5);
        int[] before = discs(CARD, 1).labels();
        int[] after = discs(card, 1).labels();
        int widened = 0;
        for (int i = 0; i < before.length; i++) {
            int row = i / 140;
            boolean inside = Math.hypot(i % 140 - DISCS[2][0], row - DISCS[2][1]) < 4.5;
            if (before[i] != 0 || !inside) {
                boolean near = Math.hypot(i % 140 - DISCS[2][0], row - DISCS[2][1]) < 6.5;
                assertThat(near || after[i] == before[i]).as("pixel " + i).isTrue();
            } else {
                assertThat(after[i]).as("pixel " + i).isEqualTo(3);
                widened++;
            }
        }
        assertThat(widened).isGreaterThan(20);
        assertThat(Arrays.stream(after).filter(label -> label == 3).count()).isBetween(70L, 90L);
        assertThat(discs(card, 0).count()).isEqualTo(2);
    }

    /** Objects that lie across the borders of windows are as whole as the others. */
    @Test
    void noObjectIsCutByAWindow() {
        int width = 430;
        int height = 317;
        int[] truth = ObjectDecoderTest.mosaic(width, height, 42, 1);
        int objects =
                (int) Arrays.stream(truth).filter(label -> label > 0).distinct().count();
        Result result = segment(truth, width, height, 0);
        assertThat(result.count()).isEqualTo(objects);
        assertThat(ObjectDecoderTest.matched(truth, result.labels(), 0.85)).isEqualTo(objects);
        assertThat(ObjectDecoderTest.matched(truth, result.labels(), 0.9)).isGreaterThan(objects * 97 / 100);
        assertThat(segment(truth, width, height, 1).labels()).isEqualTo(result.labels());
    }

    /** The same objects elsewhere in the plane, and so elsewhere in the windows, come out the same, moved. */
    @Test
    void wherePixelsLieInTheWindowsDoesNotMatter() {
        int side = 400;
        int[] truth = ObjectDecoderTest.mosaic(300, 300, 45, 2);
        int objects =
                (int) Arrays.stream(truth).filter(label -> label > 0).distinct().count();
        int[] first = null;
        for (int shift : new int[] {48, 24, 64, 80}) {
            int[] moved = new int[side * side];
            for (int y = 0; y < 300; y++) {
                System.arraycopy(truth, y * 300, moved, (y + shift) * side + shift, 300);
            }
            Result result = segment(moved, side, side, 0);
            assertThat(result.count()).isEqualTo(objects);
            int[] back = new int[300 * 300];
            for (int y = 0; y < 300; y++) {
                System.arraycopy(result.labels(), (y + shift) * side + shift, back, y * 300, 300);
            }
            first = first == null ? back : first;
            int differing = 0;
            for (int i = 0; i < back.length; i++) {
                differing += back[i] == first[i] ? 0 : 1;
            }
            assertThat(differing).as("pixels, moved by " + shift).isLessThan(back.length / 200);
        }
    }

    @Test
    void windowsCoverThePlaneAndShareEnough() {
        for (int[] size : new int[][] {{1, 1}, {128, 128}, {129, 500}, {1000, 77}, {5001, 130}}) {
            Windows grid = Windows.over(size[0], size[1], 128, 30, 4);
            assertThat(grid.overlapPx()).isEqualTo(32);
            for (int axis = 0; axis < 2; axis++) {
                int[] starts = axis == 0 ? grid.lefts() : grid.tops();
                assertThat(starts[0]).isZero();
                assertThat(starts[starts.length - 1] + 128).isBetween(size[axis], Math.max(128, size[axis] + 3));
                for (int i = 1; i < starts.length; i++) {
                    assertThat(starts[i] % 4).isZero();
                    assertThat(starts[i] - starts[i - 1]).isBetween(1, 96);
                }
            }
            for (float weight : grid.weights()) {
                assertThat(weight).isBetween(1e-6f, 1f);
            }
        }
    }

    /** Classes that a network sees sharply stay where they are, across windows. */
    @Test
    void classesAreInterpolatedWithoutSeams() {
        Segmentation card = new Segmentation(Kind.SEMANTIC, 0, 0, 64, 16, 0, 100, true, 0, 0);
        Network slope = new Network() {
            @Override
            public float[][] outputs(RasterF window) {
                int columns = window.width() / 4;
                float[][] maps = new float[2][columns * columns];
                for (int cell = 0; cell < maps[0].length; cell++) {
                    float value = 0;
                    for (int i = 0; i < 16; i++) {
                        value += window.at(cell % columns * 4 + i % 4, cell / columns * 4 + i / 4, 0) / (16 * 255);
                    }
                    maps[0][cell] = -value;
                    maps[1][cell] = value - 1;
                }
                return maps;
            }

            @Override
            public int stridePx() {
                return 4;
            }
        };
        byte[] ramp = new byte[201 * 150];
        for (int i = 0; i < ramp.length; i++) {
            ramp[i] = (byte) (i % 201);
        }
        Result result = new WindowedSegmentation(settings(Scaling.NONE, 0), card, 2, slope)
                .segment(ArrayImgs.unsignedBytes(ramp, 201, 150), 0, null, Progress.NONE);
        for (int i = 0; i < ramp.length; i++) {
            if (i % 201 != 100) {
                assertThat(result.labels()[i]).as("column " + i % 201).isEqualTo(i % 201 > 100 ? 1 : 0);
            }
        }
    }

    /** Round objects of one size, apart from each other. */
    private static byte[] discs(int side, double diameter) {
        byte[] values = new byte[side * side];
        double spacing = diameter * 1.6;
        for (int i = 0; i < values.length; i++) {
            double x = (i % side + 0.5) % spacing - spacing / 2;
            double y = (i / side + 0.5) % spacing - spacing / 2;
            values[i] = (byte) (Math.hypot(x, y) <= diameter / 2 ? 200 : 20);
        }
        return values;
    }

    @Test
    void theScaleIsFoundFromTheObjects() {
        for (double diameter : new double[] {9, 16, 32, 60, 110}) {
            int side = Math.max(200, (int) (5 * diameter));
            Result result = new WindowedSegmentation(settings(Scaling.AUTOMATIC, 0), CARD, 4, seesBrightness())
                    .segment(ArrayImgs.unsignedBytes(discs(side, diameter), side, side), 0, null, Progress.NONE);
            assertThat(result.scale())
                    .as("discs of " + diameter)
                    .isCloseTo(32 / diameter, within(0.12 * 32 / diameter));
            assertThat(String.join("\n", result.notes())).contains("the model knows objects of 32 px");
            assertThat(result.count()).isGreaterThan(5);
        }
    }

    @Test
    void withoutObjectsTheScaleIsOne() {
        Result result = new WindowedSegmentation(settings(Scaling.AUTOMATIC, 0), CARD, 4, seesBrightness())
                .segment(ArrayImgs.unsignedBytes(200, 100), 0, null, Progress.NONE);
        assertThat(result.scale()).isEqualTo(1);
        assertThat(result.count()).isZero();
        assertThat(String.join("\n", result.notes())).contains("at no scale were objects found");
    }

    private static final Segmentation JUDGING =
            new Segmentation(Kind.INSTANCES, 0, 32, 128, 48, 1, 99.8, true, 0.5, 0.3, List.of(), 0, 2.4);

    /** Counts the windows that a network looks at. */
    private record Counting(Network network, int[] windows) implements Network {
        @Override
        public float[][] outputs(RasterF window) {
            windows[0]++;
            return network.outputs(window);
        }

        @Override
        public int stridePx() {
            return network.stridePx();
        }
    }

    private static Result judged(byte[] values, int side, Scaling scaling, int[] windows) {
        return new WindowedSegmentation(settings(scaling, 0), JUDGING, 4, new Counting(seesBrightness(), windows))
                .segment(ArrayImgs.unsignedBytes(values, side, side), 0, null, Progress.NONE);
    }

    /** Bodies in noise are found, of whatever size. */
    @Test
    void bodiesInNoiseAreFound() {
        for (double diameter : new double[] {10, 32, 90}) {
            int side = 200;
            double[] field = Fields.noise(side, 0, 3);
            byte[] bodies = discs(side, diameter);
            for (int i = 0; i < field.length; i++) {
                field[i] = 60 + 6 * field[i] + ((bodies[i] & 0xff) > 100 ? 90 : 0);
            }
            Result result = judged(Fields.bytes(field, 0, 1), side, Scaling.AUTOMATIC, new int[1]);
            assertThat(result.scale()).as("discs of " + diameter).isCloseTo(32 / diameter, within(6 / diameter));
            assertThat(result.count()).isGreaterThan(2);
        }
    }

    /** A disc that nearly fills the plane, which mirror images would make part of a lattice. */
    @ParameterizedTest
    @CsvSource({"200, 95, 0", "512, 200, 5", "512, 60, 5", "64, 25, 5"})
    void oneGiantIsOneObject(int side, double radius, double noise) {
        double[] field = Fields.noise(side, 0, 5);
        int area = 0;
        for (int i = 0; i < field.length; i++) {
            int row = i / side;
            boolean inside = Math.hypot(i % side - side / 2.0 + 0.5, row - side / 2.0 + 0.5) < radius;
            area += inside ? 1 : 0;
            field[i] = 20 + noise * field[i] + (inside ? 150 : 0);
        }
        Result result = judged(Fields.bytes(field, 0, 1), side, Scaling.AUTOMATIC, new int[1]);
        assertThat(result.count()).isEqualTo(1);
        assertThat(Arrays.stream(result.labels()).filter(label -> label > 0).count())
                .isBetween(area * 8L / 10, area * 12L / 10);
    }

    /** Objects so small that their scale would make a large plane take very long are seen less enlarged, and a note says so. */
    @Test
    void theWorkOnALargePlaneIsBounded() {
        Network blind = new Network() {
            @Override
            public float[][] outputs(RasterF window) {
                return new float[4][window.width() / 4 * (window.width() / 4)];
            }

            @Override
            public int stridePx() {
                return 4;
            }
        };
        Segment.Sizes sizes = new Segment.Sizes(4, 4, 4, 1, 3);
        for (int side : new int[] {150, 600}) {
            Result result = new WindowedSegmentation(settings(Scaling.AUTOMATIC, 0), JUDGING, 4, blind)
                    .segment(ArrayImgs.unsignedBytes(side, side), 0, sizes, Progress.NONE);
            assertThat(result.scale()).isEqualTo(side == 150 ? 8 : 4);
            assertThat(String.join("\n", result.notes()).contains("not enlarged 8 times, which would take long"))
                    .isEqualTo(side == 600);
        }
    }

    /** Sizes found elsewhere are taken as they are, and nothing is looked at for them. */
    @Test
    void sizesOfOtherPlanesAreTaken() {
        int[] windows = new int[1];
        Segment.Sizes sizes = new Segment.Sizes(16, 15, 17, 1, 3);
        Result result = new WindowedSegmentation(
                        settings(Scaling.AUTOMATIC, 0), JUDGING, 4, new Counting(seesBrightness(), windows))
                .segment(ArrayImgs.unsignedBytes(discs(100, 16), 100, 100), 0, sizes, Progress.NONE);
        assertThat(result.scale()).isEqualTo(2);
        assertThat(windows[0]).as("windows of the grid alone").isEqualTo(4);
        assertThat(Segment.Sizes.of(
                        List.of(new Segment.Sizes(0, 0, 0, 0, 3), sizes, new Segment.Sizes(90, 9, 9, 0.4, 1))))
                .isEqualTo(sizes);
    }

    /** Long work is foretold before most of it, with its size. */
    @Test
    void theTimeIsForetold() {
        List<String> told = new ArrayList<>();
        Progress progress = new Progress() {
            @Override
            public void report(long done, long total, String what) {}

            @Override
            public void foretell(double seconds, String what) {
                assertThat(seconds).isPositive();
                told.add(what);
            }

            @Override
            public boolean cancelled() {
                return false;
            }
        };
        new WindowedSegmentation(settings(Scaling.NONE, 0), CARD, 4, seesBrightness())
                .segment(ArrayImgs.unsignedBytes(discs(300, 32), 300, 300), 0, null, progress);
        assertThat(told).containsExactly("0.09 megapixels, 16 windows");
    }
}
