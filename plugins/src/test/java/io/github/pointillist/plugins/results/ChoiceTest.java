// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ij.ImagePlus;
import ij.ImageStack;
import ij.gui.Line;
import ij.gui.OvalRoi;
import ij.gui.PointRoi;
import ij.gui.PolygonRoi;
import ij.gui.Roi;
import ij.gui.TextRoi;
import ij.io.RoiEncoder;
import ij.process.ByteProcessor;
import ij.process.ColorProcessor;
import ij.process.ImageProcessor;
import ij.process.ShortProcessor;
import io.github.pointillist.plugins.results.Choice.Within;
import io.github.pointillist.plugins.results.Planes.Use;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.MapClusters.Method;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChoiceTest {
    @TempDir
    private Path folder;

    /** Channel c of slice z and frame t holds 100 c + 10 z + t, plus the column. */
    private static ImagePlus hyperstack(int channels, int slices, int frames, String... labels) {
        ImageStack stack = new ImageStack(6, 4);
        for (int t = 1; t <= frames; t++) {
            for (int z = 1; z <= slices; z++) {
                for (int c = 1; c <= channels; c++) {
                    ShortProcessor plane = new ShortProcessor(6, 4);
                    for (int i = 0; i < 24; i++) {
                        plane.set(i, 1000 * c + 100 * z + 10 * t + i % 6);
                    }
                    stack.addSlice(labels.length == 0 ? null : labels[c - 1], plane);
                }
            }
        }
        ImagePlus image = new ImagePlus("cells.tif", stack);
        image.setDimensions(channels, slices, frames);
        image.setOpenAsHyperStack(true);
        return image;
    }

    private static Choice everywhere(String channel) {
        return new Choice(channel, Within.IMAGE);
    }

    private static List<Float> firsts(Planes planes, int slice, int frame) {
        return planes.read(slice, frame).seen().stream()
                .map(channel -> channel.getf(0))
                .toList();
    }

    @Test
    void greyModelsSeeTheChannelDisplayedAndTheNoteSaysSo() {
        ImagePlus image = hyperstack(3, 2, 2);
        Planes first = new Planes(image, everywhere("automatic"), Use.GREY);
        assertThat(firsts(first, 2, 1)).containsExactly(1210f);
        assertThat(first.notes()).hasSize(1);
        assertThat(first.notes().get(0))
                .startsWith("channel 1 of 3 taken, which is displayed")
                .contains("--channel");
        image.setPosition(3, 1, 1);
        assertThat(firsts(new Planes(image, everywhere("Automatic"), Use.GREY), 2, 2))
                .containsExactly(3220f);
        assertThat(first.channelNames()).containsExactly("c1", "c2", "c3");
        assertThat(first.read(1, 1).channels()).hasSize(3);
    }

    @Test
    void threeChannelsAreColourForModelsOfColourAndOthersAreNotAveraged() {
        Planes three = new Planes(hyperstack(3, 1, 1), everywhere("automatic"), Use.COLOUR);
        assertThat(firsts(three, 1, 1)).hasSize(3);
        assertThat(three.notes().get(0)).startsWith("3 channels taken as red, green and blue");
        for (int channels : new int[] {2, 4}) {
            Planes other = new Planes(hyperstack(channels, 1, 1), everywhere("automatic"), Use.COLOUR);
            assertThat(firsts(other, 1, 1)).containsExactly(1110f);
            assertThat(other.notes().get(0)).startsWith("channel 1 of " + channels + " taken");
        }
    }

    @Test
    void featuresAreAllChannelsUnlessOneIsChosen() {
        ImagePlus image = hyperstack(2, 1, 1, "c:1/2 - DAPI", "c:2/2 - GFP");
        Planes all = new Planes(image, everywhere("automatic"), Use.FEATURES);
        assertThat(firsts(all, 1, 1)).containsExactly(1110f, 2110f);
        assertThat(all.notes().get(0)).startsWith("2 channels (1 DAPI, 2 GFP) taken together");
        assertThat(firsts(new Planes(image, everywhere("gfp"), Use.FEATURES), 1, 1))
                .containsExactly(2110f);
    }

    @ParameterizedTest
    @CsvSource({
        "c:1/2 - DAPI,c:2/2 - GFP,dapi,0",
        "c:1/2 z:1/9 t:1/3 - DAPI,c:2/2 z:1/9 t:1/3 - GFP,GFP,1",
        "c:1/2 z:1/9 - DAPI,c:2/2 z:1/9 - GFP,c:2/2 z:1/9 - GFP,1",
        "488,561,561,1",
        "2,1,2,1",
        "Alexa 488,DAPI,  Alexa 488 ,0",
        "Hoechst,Hoechst (2),2,1"
    })
    void channelsHaveNumbersAndNames(String first, String second, String wanted, int expected) {
        ImagePlus image = hyperstack(2, 1, 1, first, second);
        Planes planes = new Planes(image, everywhere(wanted), Use.GREY);
        assertThat(firsts(planes, 1, 1)).containsExactly(1110f + 1000 * expected);
        assertThat(planes.notes().get(0))
                .startsWith("channel " + (expected + 1) + " of 2 (")
                .endsWith("as asked for");
    }

    @ParameterizedTest
    @EnumSource(Use.class)
    void unknownAndAmbiguousChannelsAreRefusedInOneLine(Use use) {
        ImagePlus image = hyperstack(2, 1, 1, "c:1/2 - DAPI", "c:2/2 - GFP");
        for (String wrong : List.of("0", "3", "-1", "FITC", "999999999999", "1.5")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new Planes(image, everywhere(wrong), use))
                    .withMessage("channel is '" + wrong + "'; cells.tif has 2 channels (1 DAPI, 2 GFP); allowed are a"
                            + " number from 1 to 2, a name, all or automatic");
        }
        ImagePlus twice = hyperstack(3, 1, 1, "A", "b", "a");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Planes(twice, everywhere("a"), use))
                .withMessageContaining("2 of them are called so: give a number from 1 to 3");
        ImagePlus one = new ImagePlus("one.tif", new ByteProcessor(3, 3));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Planes(one, everywhere("2"), use))
                .withMessageContaining("one.tif has one channel");
        assertThat(new Planes(one, everywhere("1"), use).notes()).isEmpty();
        assertThat(new Planes(one, everywhere("all"), use).notes()).isEmpty();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> everywhere(" "))
                .withMessageStartingWith("channel is ' '");
    }

    @Test
    void theMeanOfChannelsIsTakenWhereItIsAskedForAlone() {
        for (int channels = 2; channels <= 4; channels++) {
            Planes mean = new Planes(hyperstack(channels, 1, 1), everywhere("all"), Use.GREY);
            assertThat(firsts(mean, 1, 1)).containsExactly(110 + 1000 * (channels + 1) / 2f);
            assertThat(mean.notes()).containsExactly("the mean of " + channels + " channels taken, as asked for");
        }
        assertThat(firsts(new Planes(hyperstack(4, 1, 1), everywhere("all"), Use.COLOUR), 1, 1))
                .hasSize(4);
    }

    @ParameterizedTest
    @CsvSource({"red,10", "GREEN,20", "blue,30", "1,10", "3,30"})
    void coloursOfRgbCanBeChosen(String wanted, float expected) {
        ImagePlus image = new ImagePlus("rgb.png", new ColorProcessor(2, 1, new int[] {0x0a141e, 0}));
        for (Use use : Use.values()) {
            Planes one = new Planes(image, everywhere(wanted), use);
            assertThat(firsts(one, 1, 1)).containsExactly(expected);
            assertThat(one.seesRgb()).isFalse();
            for (String all : List.of("all", "automatic")) {
                Planes whole = new Planes(image, everywhere(all), use);
                assertThat(firsts(whole, 1, 1)).containsExactly(10f, 20f, 30f);
                assertThat(whole.seesRgb()).isTrue();
                assertThat(whole.notes()).isEmpty();
            }
        }
    }

    @Test
    void pictureOfSixteenBitsIsInColourToo() {
        ImagePlus image = hyperstack(3, 1, 1, "Red", "Green", "Blue");
        for (Use use : Use.values()) {
            assertThat(firsts(new Planes(image, everywhere("automatic"), use), 1, 1))
                    .hasSize(3);
        }
        assertThat(firsts(new Planes(image, everywhere("green"), Use.GREY), 1, 1))
                .containsExactly(2110f);
    }

    @Test
    void whatIsSeenIsTheRectangleAroundTheSelection() {
        ImagePlus image = hyperstack(2, 1, 1);
        image.setRoi(new Roi(2, 1, 3, 2));
        Planes planes = new Planes(image, new Choice("2", Within.USUAL), Use.GREY);
        ImageProcessor channel = planes.read(1, 1).seen().get(0);
        assertThat(List.of(channel.getWidth(), channel.getHeight())).containsExactly(3, 2);
        assertThat(channel.getf(0, 0)).isEqualTo(2112f);
        assertThat(planes.notes()).hasSize(2);
        assertThat(planes.notes().get(1)).isEqualTo("only within the selection, 3 x 2 pixels from x 2, y 1");
        assertThat(planes.read(1, 1).channels().get(0).getWidth()).isEqualTo(6);
        assertThat(image.getRoi().getBounds()).isEqualTo(new java.awt.Rectangle(2, 1, 3, 2));
        int[] whole = planes.area().place(new int[] {1, 2, 3, 4, 5, 6}, 6, 4);
        assertThat(whole).containsExactly(0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 0, 4, 5, 6, 0, 0, 0, 0, 0, 0, 0);
    }

    @Test
    void selectionsWithoutAreaAreSaidToBeIgnoredOrRefusedWhereAskedFor() {
        ImagePlus image = hyperstack(1, 1, 1);
        for (Roi roi : List.of(new Line(0, 0, 3, 3), new PointRoi(2, 2), new TextRoi(1, 1, "x"))) {
            image.setRoi(roi);
            Planes planes = new Planes(image, Choice.USUAL, Use.GREY);
            assertThat(planes.area()).isNull();
            assertThat(planes.notes()).hasSize(1);
            assertThat(planes.notes().get(0)).startsWith("the selection is a ").contains("the whole image is taken");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new Planes(image, new Choice("1", Within.SELECTION), Use.GREY))
                    .withMessageStartingWith("region is selection, but the selection is a ");
        }
        image.deleteRoi();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Planes(image, new Choice("1", Within.SELECTION), Use.GREY))
                .withMessageStartingWith("region is selection, but there is no selection");
        image.setRoi(new Roi(0, 0, 6, 4));
        assertThat(new Planes(image, Choice.USUAL, Use.GREY).area()).isNull();
    }

    @ParameterizedTest
    @CsvSource({"4,0,3,2", "0,3,2,2", "-1,0,3,3", "7,7,2,2", "0,0,7,4"})
    void areasBeyondTheImageAreRefused(int x, int y, int width, int height) {
        ImagePlus image = hyperstack(1, 1, 1);
        image.setRoi(new Roi(x, y, width, height));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Planes(image, Choice.USUAL, Use.GREY))
                .withMessageContaining("reaches beyond the image of 6 x 4 pixels");
    }

    @Test
    void regionsAreRectanglesOrFilesOfOneRoi() throws IOException {
        assertThat(Within.parse(" 1, 2,3,4 ").text()).isEqualTo("1,2,3,4");
        assertThat(Within.parse("Image")).isSameAs(Within.IMAGE);
        assertThat(Within.parse("selection")).isSameAs(Within.SELECTION);
        Path oval = folder.resolve("an oval.roi");
        Files.write(oval, RoiEncoder.saveAsByteArray(new OvalRoi(1, 0, 4, 4)));
        Choice choice = new Choice("GFP", Within.parse(oval.toString()));
        List<String> words = new ArrayList<>();
        choice.addTo(words);
        assertThat(words).containsExactly("--channel", "GFP", "--region", oval.toString());
        ImagePlus image = hyperstack(1, 1, 1);
        assertThat(choice.macroLines(image)).isEqualTo("open(\"" + oval + "\"); ");
        assertThat(new Choice("1", Within.parse("1,2,3,4")).macroLines(image)).isEqualTo("makeRectangle(1, 2, 3, 4); ");
        assertThat(everywhere("1").macroLines(image)).isEmpty();
        assertThat(everywhere("1").unused(image)).isEmpty();
        image.setRoi(new Roi(1, 1, 2, 2));
        assertThat(everywhere("1").macroLines(image)).isEqualTo("run(\"Select None\"); ");
        assertThat(everywhere("1").unused(image).get(0)).contains("--region selection");
        assertThat(new Choice("1", Within.SELECTION).macroLines(image)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1,2,3",
                "1,2,3,-4",
                "1,2,0,4",
                "a,b,c,d",
                "1.5,2,3,4",
                "gone.roi",
                "1,2,3,4,5",
                "9999999999,1,1,1"
            })
    void wrongRegionsAreRefused(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Within.parse(text))
                .withMessageStartingWith("region is ");
    }

    @Test
    void regionFilesOfSeveralOrLinesAreRefused() throws IOException {
        Path line = folder.resolve("line.roi");
        Files.write(line, RoiEncoder.saveAsByteArray(new Line(0, 0, 3, 3)));
        Choice choice = new Choice("1", Within.parse(line.toString()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Planes(hyperstack(1, 1, 1), choice, Use.GREY))
                .withMessageContaining("region is a straight line without area");
    }

    private static List<Roi> areas() {
        Roi rounded = new Roi(3, 2, 20, 15);
        rounded.setCornerDiameter(8);
        ij.gui.ShapeRoi ring =
                new ij.gui.ShapeRoi(new OvalRoi(2, 2, 26, 20)).not(new ij.gui.ShapeRoi(new Roi(10, 8, 5, 5)));
        float[] x = {1.3f, 28.7f, 20.1f, 4.9f};
        float[] y = {0.4f, 3.2f, 22.6f, 19.5f};
        return List.of(
                new Roi(0, 0, 30, 24),
                new Roi(4.4, 3.6, 7.2, 8.1),
                rounded,
                ring,
                new OvalRoi(0, 0, 30, 24),
                new ij.gui.EllipseRoi(5, 12, 25, 12, 0.5),
                new ij.gui.RotatedRectRoi(5, 5, 22, 18, 6),
                new PolygonRoi(x, y, Roi.POLYGON),
                new PolygonRoi(x, y, Roi.FREEROI),
                new PolygonRoi(new int[] {2, 20, 20, 2}, new int[] {2, 2, 10, 10}, 4, Roi.TRACED_ROI));
    }

    /** As many pixels, in the same places, as ImageJ counts in the selection. */
    @Test
    void everyKindOfAreaHasThePixelsThatImageJCounts() {
        for (Roi roi : areas()) {
            ByteProcessor plane = new ByteProcessor(30, 24);
            Area area = Area.of(roi, 30, 24, "the selection");
            int[] ones = new int[area.width() * area.height()];
            Arrays.fill(ones, 1);
            int[] placed = area.place(ones, 30, 24);
            plane.setValue(1);
            plane.setRoi(roi);
            if (roi.getMask() == null) {
                plane.fill();
            } else {
                plane.fill(roi.getMask());
            }
            for (int i = 0; i < placed.length; i++) {
                assertThat(placed[i]).as(roi + " at " + i).isEqualTo(plane.get(i));
            }
            assertThat(area.pixels(30)).hasSize(Arrays.stream(placed).sum());
        }
    }

    // ---- labels of an area

    private static final int[] SEEN = {
        1, 1, 0, 2, //
        1, 0, 0, 2, //
        0, 3, 3, 0, //
        4, 0, 3, 0
    };

    /** The triangle below the diagonal, with the diagonal. */
    private static Area triangle() {
        ByteProcessor mask = new ByteProcessor(4, 4);
        for (int y = 0; y < 4; y++) {
            for (int x = 0; x <= y; x++) {
                mask.set(x, y, 255);
            }
        }
        return new Area(new java.awt.Rectangle(1, 1, 4, 4), mask);
    }

    @Test
    void objectsKeepWhatLiesInsideAndCountAnew() {
        Area.Placed placed = triangle().objects(SEEN, 4, 6, 6, 0, false);
        assertThat(placed.count()).isEqualTo(3);
        assertThat(placed.labels())
                .containsExactly(
                        0, 0, 0, 0, 0, 0, //
                        0, 1, 0, 0, 0, 0, //
                        0, 1, 0, 0, 0, 0, //
                        0, 0, 2, 2, 0, 0, //
                        0, 3, 0, 2, 0, 0, //
                        0, 0, 0, 0, 0, 0);
        assertThat(placed.names()).containsExactly(0, 1, 0, 2, 3);
    }

    @Test
    void smallRestsOfWhatTheOutlineCutsGo() {
        Area.Placed placed = triangle().objects(SEEN, 4, 6, 6, 3, false);
        assertThat(placed.names())
                .as("2 pixels of object 1 are left, and 4 is small but whole")
                .containsExactly(0, 0, 0, 1, 2);
        assertThat(triangle().objects(SEEN, 4, 6, 6, 0, true).names()).containsExactly(0, 0, 0, 0, 0);
    }

    @Test
    void labelsAtTheEdgeAreTold() {
        int[] labels = new int[36];
        labels[2 * 6 + 2] = 7; // on the diagonal
        labels[3 * 6 + 2] = 5; // all neighbours inside, but for the corner
        assertThat(triangle().touching(labels, 6)).containsExactly(7);
    }

    // ---- clusters

    private static int[] labels(ImagePlus image) {
        return LabelStack.labels(image.getProcessor());
    }

    @ParameterizedTest
    @EnumSource(
            value = Method.class,
            names = {"CONTEXT", "KMEANS", "EQUITABLE"})
    void clustersLieWithinTheSelectionWhateverIsOutside(Method method) throws IOException {
        List<int[]> found = new ArrayList<>();
        for (int outside : new int[] {0, 200}) {
            ByteProcessor plane = new ByteProcessor(40, 30);
            for (int y = 0; y < 30; y++) {
                for (int x = 0; x < 40; x++) {
                    plane.set(x, y, (x / 5 * 40 + y * 3) % 200);
                }
            }
            PolygonRoi triangle = new PolygonRoi(new int[] {4, 34, 4}, new int[] {3, 3, 27}, 3, Roi.POLYGON);
            ImageProcessor mask = triangle.getMask();
            for (int y = 0; y < 30; y++) {
                for (int x = 0; x < 40; x++) {
                    if (!triangle.contains(x, y)) {
                        plane.set(x, y, outside);
                    }
                }
            }
            assertThat(mask).isNotNull();
            ImagePlus image = new ImagePlus("a.tif", plane);
            image.setRoi(triangle);
            try (ClusterMapRun run = new ClusterMapRun(ClusterMapOptions.defaults(method, null))) {
                ClusterMapResult result = run.map(image, Progress.NONE);
                int[] labels = labels(result.labels());
                for (int i = 0; i < labels.length; i++) {
                    assertThat(labels[i] > 0).isEqualTo(triangle.contains(i % 40, i / 40));
                }
                assertThat(Arrays.stream(labels).max().orElse(0)).isEqualTo(result.clusters());
                assertThat(result.notes().get(0)).startsWith("only within the selection, the polygon in 30 x 24");
                assertThat(result.table().size()).isEqualTo(result.clusters());
                StringWriter csv = new StringWriter();
                result.table().writeCsv(csv);
                assertThat(csv.toString()).doesNotContain("NaN");
                found.add(labels);
            }
            assertThat(image.getRoi()).isNotNull();
        }
        assertThat(found.get(0)).isEqualTo(found.get(1));
    }
}
