// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import ij.ImagePlus;
import ij.ImageStack;
import ij.gui.Roi;
import ij.gui.ShapeRoi;
import ij.measure.ResultsTable;
import ij.process.ImageProcessor;
import ij.process.ShortProcessor;
import io.github.pointillist.catalog.ModelCard;
import io.github.pointillist.catalog.ModelCard.Segmentation;
import io.github.pointillist.catalog.ModelCard.Segmentation.Kind;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.Segment.Result;
import io.github.pointillist.tasks.Segment.Scaling;
import io.github.pointillist.tasks.Segment.Sizes;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import net.imglib2.RandomAccess;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.type.numeric.RealType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of labels, whatever found them: here the values of the first channel are the labels. */
class SegmentRunTest {
    private static ModelCard card(Kind kind) {
        return new ModelCard(
                "fake",
                "fake",
                "custom",
                "Fake",
                "semantic segmentation",
                4,
                List.of("background", "stroma", "gland", "class 3"),
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                new Segmentation(kind, 0, 12, 96, 24, 0, 100, false, 0.5, 0.5));
    }

    @TempDir
    private Path folder;

    private final List<Double> pixelSizes = new ArrayList<>();

    private SegmentResult segment(ImagePlus image, SegmentOptions options, Kind kind) {
        SegmentRun.Segmenter values = (plane, um, progress) -> {
            pixelSizes.add(um);
            int[] labels = firstChannel(plane);
            int count = kind == Kind.SEMANTIC ? 4 : Arrays.stream(labels).max().orElse(0);
            return new Result(
                    (int) plane.dimension(0),
                    (int) plane.dimension(1),
                    kind,
                    labels,
                    count,
                    0.5,
                    List.of("values taken as labels"));
        };
        try (SegmentRun run = new SegmentRun(options, values, card(kind))) {
            return run.segment(image, Progress.NONE);
        }
    }

    private SegmentResult segment(ImagePlus image) {
        return segment(image, SegmentOptions.defaults("fake"), Kind.INSTANCES);
    }

    private static int[] firstChannel(RandomAccessibleInterval<? extends RealType<?>> plane) {
        int width = (int) plane.dimension(0);
        int[] values = new int[width * (int) plane.dimension(1)];
        RandomAccess<? extends RealType<?>> access = plane.randomAccess();
        for (int i = 0; i < values.length; i++) {
            access.setPosition(new int[] {i % width, i / width, 0});
            values[i] = (int) access.get().getRealDouble();
        }
        return values;
    }

    /** Rows of digits as an image. */
    private static ImageProcessor picture(String... rows) {
        ShortProcessor picture = new ShortProcessor(rows[0].length(), rows.length);
        for (int y = 0; y < rows.length; y++) {
            for (int x = 0; x < rows[y].length(); x++) {
                picture.set(x, y, Character.digit(rows[y].charAt(x), 36));
            }
        }
        return picture;
    }

    private static final String[] OBJECTS = {
        "0000000000", //
        "0111002220", //
        "0101002000", //
        "0111002220", //
        "0000300000", //
        "0003000044", //
        "5000000044"
    };

    private static ImagePlus calibrated(ImagePlus image) {
        image.getCalibration().setUnit("micron");
        image.getCalibration().pixelWidth = 0.5;
        image.getCalibration().pixelHeight = 0.5;
        return image;
    }

    private static List<String[]> rows(SegmentResult result) throws IOException {
        StringWriter csv = new StringWriter();
        result.table().writeCsv(csv);
        List<String[]> lines =
                csv.toString().lines().map(line -> line.split(",", -1)).toList();
        assertThat(lines).allMatch(line -> line.length == lines.get(0).length);
        return lines;
    }

    private static String value(List<String[]> rows, int row, String column) {
        return rows.get(row)[Arrays.asList(rows.get(0)).indexOf(column)];
    }

    @Test
    void objectsAreLabelledAndMeasured() throws IOException {
        ImagePlus image = calibrated(new ImagePlus("a.tif", picture(OBJECTS)));
        SegmentResult result = segment(image);
        assertThat(result.objects()).isEqualTo(5);
        assertThat(result.scale()).isEqualTo(0.5);
        assertThat(result.pixelSizeUm()).isEqualTo(0.5);
        assertThat(pixelSizes).containsExactly(0.5);
        assertThat(result.summary()).isEqualTo("5 objects, resized by 0.500 for the model");
        assertThat(result.notes())
                .containsExactly("pixel size 0.5000 um, from the image's calibration", "values taken as labels");
        ImagePlus labels = result.labels();
        assertThat(labels.getTitle()).isEqualTo("a_labels");
        assertThat(labels.getBitDepth()).isEqualTo(16);
        assertThat(labels.getCalibration().getUnit()).isEqualTo("micron");
        assertThat(labels.getCalibration().pixelWidth).isEqualTo(0.5);
        assertThat(LabelStack.labels(labels.getProcessor())).isEqualTo(LabelStack.labels(image.getProcessor()));
        List<String[]> rows = rows(result);
        assertThat(String.join(",", rows.get(0)))
                .isEqualTo(
                        "slice,frame,label,pixels,area,x,y,left,top,width,height,perimeter,circularity,diameter,major,"
                                + "minor,angle,aspect_ratio,solidity,border,neighbours,mean_c1,sd_c1,min_c1,max_c1,sum_c1,unit");
        assertThat(rows).hasSize(1 + 5);
        assertThat(Arrays.copyOf(rows.get(1), 11))
                .containsExactly("1", "1", "1", "8", "2", "1.25", "1.25", "1", "1", "3", "3");
        assertThat(value(rows, 2, "mean_c1")).isEqualTo("2");
        assertThat(value(rows, 2, "sum_c1")).isEqualTo("14");
        assertThat(value(rows, 4, "border")).isEqualTo("1");
        assertThat(value(rows, 1, "border")).isEqualTo("0");
        assertThat(value(rows, 5, "unit")).isEqualTo("micron");
    }

    @Test
    void theTableGoesToImageJWithTheSameColumns() {
        ResultsTable table = new ResultsTable();
        SegmentResult result = segment(calibrated(new ImagePlus("a.tif", picture(OBJECTS))));
        result.table().appendTo(table, "a.tif");
        assertThat(table.size()).isEqualTo(5);
        List<String> heads = new ArrayList<>(List.of("Image"));
        heads.addAll(result.table().columns());
        assertThat(Arrays.asList(table.getHeadings())).containsExactlyElementsOf(heads);
        assertThat(table.getStringValue("Image", 0)).isEqualTo("a.tif");
        assertThat(table.getValue("area", 3)).isEqualTo(1);
        assertThat(table.getStringValue("unit", 4)).isEqualTo("micron");
    }

    @Test
    void outlinesAreThoseOfTheObjects() {
        ImagePlus image = new ImagePlus("a.tif", picture(OBJECTS));
        SegmentResult result = segment(image);
        List<Roi> rois = ObjectRois.of(image, result);
        assertThat(rois)
                .extracting(Roi::getName)
                .containsExactly("object 1", "object 2", "object 3", "object 4", "object 5");
        for (int i = 0; i < 5; i++) {
            for (int y = 0; y < image.getHeight(); y++) {
                for (int x = 0; x < image.getWidth(); x++) {
                    boolean hole = i == 0 && x == 2 && y == 2; // filled
                    assertThat(rois.get(i).contains(x, y))
                            .as("object " + (i + 1) + " at " + x + "," + y)
                            .isEqualTo(hole || image.getProcessor().get(x, y) == i + 1);
                }
            }
            assertThat(rois.get(i).getPosition()).isZero();
        }
        assertThat(rois).noneMatch(ShapeRoi.class::isInstance);
        assertThat(rois.get(0).getFloatPolygon().npoints).isEqualTo(4);
        assertThat(rois.stream().map(Roi::getStrokeColor).distinct()).hasSize(5);
    }

    @Test
    void anObjectInPiecesIsOneOutline() {
        ImagePlus image = new ImagePlus("a", picture("1100011", "1100000", "0000011"));
        List<Roi> rois = ObjectRois.of(image, segment(image));
        assertThat(rois).hasSize(1);
        for (int i = 0; i < 21; i++) {
            assertThat(rois.get(0).contains(i % 7, i / 7))
                    .isEqualTo(image.getProcessor().get(i) == 1);
        }
    }

    /** Thousands of pieces with holes in them: adding up their outlines one by one would take minutes. */
    @Test
    void noiseIsOutlinedToo() {
        int side = 240;
        ShortProcessor picture = new ShortProcessor(side, side);
        Random random = new Random(5);
        for (int i = 0; i < side * side; i++) {
            picture.set(i, random.nextInt(100) < 45 ? 1 : 0);
        }
        boolean[] outside = new boolean[side * side];
        ArrayDeque<Integer> open = new ArrayDeque<>();
        for (int i = 0; i < side * side; i++) {
            int x = i % side;
            int y = i / side;
            if ((x == 0 || y == 0 || x == side - 1 || y == side - 1) && picture.get(i) == 0) {
                outside[i] = true;
                open.add(i);
            }
        }
        while (!open.isEmpty()) {
            int i = open.remove();
            int[] beside = {
                i % side > 0 ? i - 1 : i, i % side < side - 1 ? i + 1 : i, i >= side ? i - side : i, i + side
            };
            for (int next : beside) {
                if (next < side * side && picture.get(next) == 0 && !outside[next]) {
                    outside[next] = true;
                    open.add(next);
                }
            }
        }
        ImageProcessor mask = ObjectRois.of(new ImagePlus("a", picture), segment(new ImagePlus("a", picture)))
                .get(0)
                .getMask();
        assertThat(mask.getWidth()).isEqualTo(side);
        for (int i = 0; i < side * side; i++) {
            assertThat(mask.get(i) == 0).as("pixel " + i).isEqualTo(outside[i]);
        }
    }

    @Test
    void outlinesAreReadBackFromTheirFile() throws IOException {
        ImagePlus image = new ImagePlus("a", stack(3, 1, OBJECTS));
        List<Roi> rois = ObjectRois.of(image, segment(image));
        assertThat(rois).hasSize(15);
        assertThat(rois.get(14).getName()).isEqualTo("slice 3 object 5");
        Path zip = folder.resolve("rois.zip");
        ObjectRois.write(rois, zip);
        List<Roi> read = Regions.read(zip);
        for (int i = 0; i < 15; i++) {
            assertThat(read.get(i).getName()).isEqualTo(rois.get(i).getName());
            assertThat(read.get(i).getBounds()).isEqualTo(rois.get(i).getBounds());
            assertThat(read.get(i).getPosition()).isEqualTo(i / 5 + 1);
            assertThat(read.get(i).getStrokeColor()).isEqualTo(rois.get(i).getStrokeColor());
        }
        Path again = folder.resolve("again.zip");
        ObjectRois.write(ObjectRois.of(image, segment(image)), again);
        assertThat(again).hasSameBinaryContentAs(zip);
    }

    private static ImageStack stack(int planes, int channels, String... rows) {
        ImageStack stack = new ImageStack(rows[0].length(), rows.length);
        for (int i = 0; i < planes * channels; i++) {
            stack.addSlice(picture(rows));
        }
        return stack;
    }

    @Test
    void stacksGoPlaneByPlane() throws IOException {
        ImagePlus image = calibrated(new ImagePlus("five.tif", stack(6, 2, OBJECTS)));
        image.setDimensions(2, 3, 2);
        image.setOpenAsHyperStack(true);
        image.getCalibration().pixelHeight = 1;
        image.getCalibration().pixelDepth = 4;
        SegmentResult result = segment(image);
        assertThat(pixelSizes).containsOnly(0.75).hasSize(6);
        assertThat(result.notes().get(0)).contains("0.5000 x 1.000 um; the mean, 0.7500 um");
        assertThat(result.objects()).isEqualTo(30);
        ImagePlus labels = result.labels();
        assertThat(labels.getDimensions()).containsExactly(10, 7, 1, 3, 2);
        assertThat(labels.getCalibration().pixelDepth).isEqualTo(4);
        List<String[]> rows = rows(result);
        assertThat(rows).hasSize(1 + 30);
        assertThat(value(rows, 30, "slice") + value(rows, 30, "frame") + value(rows, 30, "label"))
                .isEqualTo("325");
        assertThat(value(rows, 1, "area")).isEqualTo("4");
        assertThat(value(rows, 1, "mean_c2")).isEqualTo("1");
        Roi last = ObjectRois.of(image, result).get(29);
        assertThat(last.getName()).isEqualTo("frame 2 slice 3 object 5");
        assertThat(List.of(last.getCPosition(), last.getZPosition(), last.getTPosition()))
                .containsExactly(0, 3, 2);
    }

    @Test
    void aPixelSizeThatIsGivenGoesBeforeTheImages() throws IOException {
        SegmentOptions options =
                new SegmentOptions("fake", null, Scaling.AUTOMATIC, 0, 2, 0, -1, -1, false, false, false, 0, "auto");
        ImagePlus image = new ImagePlus("a.png", picture(OBJECTS));
        SegmentResult result = segment(image, options, Kind.INSTANCES);
        assertThat(pixelSizes).containsExactly(2.0);
        assertThat(result.notes().get(0)).isEqualTo("pixel size 2.000 um, as given");
        assertThat(result.labels().getCalibration().pixelHeight).isEqualTo(2);
        assertThat(value(rows(result), 1, "area")).isEqualTo("32");
        assertThat(value(rows(result), 1, "unit")).isEqualTo("\u00b5m");
        assertThat(image.getCalibration().pixelWidth).isEqualTo(1);
    }

    private static final String[] CLASSES = {
        "000000", //
        "011110", //
        "012210", //
        "011110"
    };

    @Test
    void classesShareThePlane() throws IOException {
        ImagePlus image = calibrated(new ImagePlus("a", picture(CLASSES)));
        SegmentResult result = segment(image, SegmentOptions.defaults("fake"), Kind.SEMANTIC);
        assertThat(result.summary()).startsWith("3 classes of 4, ");
        List<String[]> rows = rows(result);
        assertThat(String.join(",", rows.get(0)))
                .isEqualTo("slice,frame,class,name,pixels,area,share,mean_c1,sd_c1,min_c1,max_c1,sum_c1,unit");
        assertThat(rows).hasSize(1 + 4);
        assertThat(Arrays.copyOf(rows.get(2), 6)).containsExactly("1", "1", "1", "stroma", "10", "2.5");
        assertThat(Double.parseDouble(value(rows, 2, "share"))).isEqualTo(10 / 24.0, within(1e-6));
        assertThat(value(rows, 4, "pixels") + value(rows, 4, "mean_c1")).isEqualTo("0NaN");
        assertThat(LabelStack.labels(result.labels().getProcessor()))
                .isEqualTo(LabelStack.labels(image.getProcessor()));
        List<Roi> rois = ObjectRois.of(image, result);
        assertThat(rois).extracting(Roi::getName).containsExactly("class 1 stroma", "class 2 gland");
        for (int i = 0; i < 24; i++) {
            assertThat(rois.get(0).contains(i % 6, i / 6))
                    .isEqualTo(image.getProcessor().get(i) == 1);
        }
    }

    @Test
    void classesCannotBeLinked() {
        SegmentOptions options =
                new SegmentOptions("fake", null, Scaling.NONE, 0, 0, 0, -1, -1, false, false, true, 0, "auto");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> segment(new ImagePlus("a", picture(CLASSES)), options, Kind.SEMANTIC))
                .withMessageContaining("link slices is true, but model fake tells classes");
    }

    @Test
    void linkedSlicesShareLabels() throws IOException {
        ImageStack stack = new ImageStack(8, 3);
        stack.addSlice(picture("11000220", "11000220", "00000000"));
        stack.addSlice(picture("00000110", "22000110", "22000000")); // object 2 overlaps object 1 before by a third
        stack.addSlice(picture("11100000", "00000000", "00000002"));
        SegmentOptions options =
                new SegmentOptions("fake", null, Scaling.NONE, 0, 0, 0, -1, -1, false, false, true, 0, "auto");
        ImagePlus image = new ImagePlus("a", stack);
        SegmentResult result = segment(image, options, Kind.INSTANCES);
        ImageStack labels = result.labels().getStack();
        assertThat(labels.getProcessor(2).get(0, 1))
                .isEqualTo(labels.getProcessor(1).get(0, 0));
        assertThat(labels.getProcessor(2).get(5, 0))
                .isEqualTo(labels.getProcessor(1).get(5, 0));
        assertThat(labels.getProcessor(3).get(7, 2))
                .isNotIn(
                        labels.getProcessor(1).get(0, 0), labels.getProcessor(1).get(5, 0));
        assertThat(result.objects()).isEqualTo(4);
        assertThat(rows(result)).hasSize(1 + 6);
        assertThat(result.notes()).anyMatch(note -> note.contains("intersection over union is at least 0.3"));
    }

    @Test
    void anotherRunReplacesItsOutlinesAlone() {
        ImagePlus image = new ImagePlus("a", picture(OBJECTS));
        Roi own = new Roi(1, 1, 2, 2);
        image.setOverlay(new ij.gui.Overlay(own));
        SegmentResult result = segment(image);
        for (int i = 0; i < 2; i++) {
            ObjectRois.addTo(image, ObjectRois.of(image, result), result.labels());
            assertThat(image.getOverlay().size()).isEqualTo(6);
        }
        for (int i = 0; i < 2; i++) {
            ObjectRois.addTo(image, null, result.labels());
            assertThat(image.getOverlay().size()).isEqualTo(2);
        }
        ObjectRois.addTo(image, List.of(), result.labels());
        assertThat(image.getOverlay().toArray()).containsExactly(own);
    }

    @Test
    void veryManyObjectsAreToldFromMany() {
        ShortProcessor pixels = new ShortProcessor(202, 200);
        for (int i = 0, label = 0; i < pixels.getPixelCount(); i++) {
            boolean object = i % 202 % 2 == 0 && i / 202 % 2 == 0 && label < ObjectRois.MOST;
            pixels.set(i, object ? ++label : 0);
        }
        ImagePlus image = new ImagePlus("a", pixels);
        assertThat(ObjectRois.tooMany(segment(image))).isFalse();
        pixels.set(201, 199, ObjectRois.MOST + 1);
        SegmentResult result = segment(image);
        assertThat(ObjectRois.tooMany(result)).isTrue();
        assertThat(ObjectRois.tooManyNote(result)).startsWith("10001 outlines are more than 10000");
        assertThat(ObjectRois.of(image, result)).as("on demand").hasSize(10001);
    }

    @Test
    void cancelsBetweenPlanes() throws IOException {
        Progress stop = new Progress() {
            @Override
            public void report(long done, long total, String what) {}

            @Override
            public boolean cancelled() {
                return !pixelSizes.isEmpty();
            }
        };
        SegmentRun.Segmenter none = (plane, um, progress) -> {
            pixelSizes.add(um);
            return new Result(10, 7, Kind.INSTANCES, new int[70], 0, 1, List.of());
        };
        try (SegmentRun run = new SegmentRun(SegmentOptions.defaults("fake"), none, card(Kind.INSTANCES))) {
            ImagePlus image = new ImagePlus("a", stack(3, 1, OBJECTS));
            org.assertj.core.api.Assertions.assertThatExceptionOfType(CancellationException.class)
                    .isThrownBy(() -> run.segment(image, stop));
        }
        assertThat(pixelSizes).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "DIAMETER,0,0,0,-1,-1,0,auto,object diameter is 0.0; allowed is above 0 pixels with scaling diameter",
        "NONE,20,0,0,-1,-1,0,auto,object diameter is 20.0",
        "CALIBRATION,20,0,0,-1,-1,0,auto,object diameter is 20.0",
        "AUTOMATIC,-3,0,0,-1,-1,0,auto,object diameter is -3.0",
        "AUTOMATIC,NaN,0,0,-1,-1,0,auto,object diameter is NaN",
        "AUTOMATIC,0,-1,0,-1,-1,0,auto,pixel size is -1.0",
        "AUTOMATIC,0,0,-2,-1,-1,0,auto,min area is -2.0",
        "AUTOMATIC,0,0,0,0,-1,0,auto,foreground threshold is 0.0; allowed is above 0 and below 1",
        "AUTOMATIC,0,0,0,-1,1,0,auto,centre threshold is 1.0",
        "AUTOMATIC,0,0,0,-1,-1,-5,auto,tile is -5",
        "AUTOMATIC,0,0,0,-1,-1,0,tpu,device is tpu"
    })
    void wrongOptionsAreSaidInOneLine(
            Scaling scaling,
            double diameter,
            double pixelSize,
            double minArea,
            double foreground,
            double centre,
            int tile,
            String device,
            String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new SegmentOptions(
                        "fake",
                        null,
                        scaling,
                        diameter,
                        pixelSize,
                        minArea,
                        foreground,
                        centre,
                        false,
                        false,
                        false,
                        tile,
                        device))
                .withMessageStartingWith(message);
    }

    @Test
    void aDiameterImpliesItsScaling() {
        SegmentOptions options =
                new SegmentOptions("fake", null, Scaling.AUTOMATIC, 20, 0, 3, 0.4, -1, true, true, true, 512, "cpu");
        assertThat(options.scaling()).isEqualTo(Scaling.DIAMETER);
        assertThat(String.join(" ", options.arguments()))
                .isEqualTo(
                        "--model fake --scaling diameter --object-diameter 20.0 --min-area 3.0"
                                + " --foreground-threshold 0.4 --exclude-border --invert --link-slices --tile 512 --device cpu");
        assertThat(RunManifest.macroLine("Segment...", options.macroKeys()))
                .isEqualTo(
                        "run(\"Segment...\", \"model=fake variant=automatic scaling=diameter object_diameter=20.0"
                                + " pixel_size=0.0 min_area=3.0 foreground_threshold=0.4 centre_threshold=-1.0 pixel_threshold=-1.0"
                                + " thing_threshold=-1.0 stuff_threshold=-1.0 overlap_threshold=-1.0"
                                + " exclude_border=true invert=true link_slices=true tile=512 device=cpu channel=automatic scale_from=image\");");
    }

    // ---- numbers

    @Test
    void sumsMayBeLargerThanFloatsAre() throws IOException {
        ij.process.FloatProcessor huge = new ij.process.FloatProcessor(10, 7);
        huge.set(3e38);
        ImageStack stack = new ImageStack(10, 7);
        stack.addSlice("labels", picture(OBJECTS).convertToFloat());
        stack.addSlice("huge", huge);
        ij.process.ImageProcessor small = huge.duplicate();
        small.set(1e-41);
        stack.addSlice("small", small);
        ImagePlus image = new ImagePlus("a", stack);
        image.setDimensions(3, 1, 1);
        SegmentResult result = segment(image, chosen("1", false), Kind.INSTANCES);
        List<String[]> rows = rows(result);
        assertThat(Double.parseDouble(value(rows, 1, "sum_c2"))).isEqualTo(8 * 3e38, within(1e33));
        assertThat(Double.parseDouble(value(rows, 1, "mean_c2"))).isEqualTo(3e38, within(1e32));
        assertThat(Double.parseDouble(value(rows, 1, "sum_c3"))).isEqualTo(8e-41, within(1e-43));
        ResultsTable table = new ResultsTable();
        result.table().appendTo(table, "a");
        assertThat(table.getValue("sum_c2", 0)).isEqualTo(8 * (double) 3e38f, within(1e30));
    }

    @ParameterizedTest
    @CsvSource({"0,0", "-1,1", "NaN,NaN", "Infinity,1"})
    void pixelsWithoutSizeAreMeasuredInPixels(double width, double height) throws IOException {
        ImagePlus image = new ImagePlus("a", picture(OBJECTS));
        image.getCalibration().setUnit("um");
        image.getCalibration().pixelWidth = width;
        image.getCalibration().pixelHeight = height;
        SegmentResult result = segment(image);
        List<String[]> rows = rows(result);
        assertThat(value(rows, 1, "area")).isEqualTo(value(rows, 1, "pixels"));
        assertThat(value(rows, 1, "x")).isEqualTo("2.5");
        assertThat(value(rows, 1, "unit")).isEqualTo("pixel");
        assertThat(result.notes()).anyMatch(note -> note.startsWith("lengths and areas are in pixels: "));
        assertThat(pixelSizes).containsExactly(0.0);
        String json = new RunManifest("segment", null)
                .input(Path.of("a.tif"), "", image)
                .segmented(result)
                .toJson();
        assertThat(json).contains("\"unit\"");
    }

    // ---- a selection

    private static ImagePlus twoChannels() {
        ImageStack stack = new ImageStack(10, 7);
        ImageProcessor other = picture(OBJECTS).duplicate();
        other.add(100);
        stack.addSlice("c:1/2 - GFP", other);
        stack.addSlice("c:2/2 - DAPI", picture(OBJECTS));
        ImagePlus image = new ImagePlus("a.tif", stack);
        image.setDimensions(2, 1, 1);
        return image;
    }

    private static SegmentOptions chosen(String channel, boolean excludeBorder) {
        return new SegmentOptions(
                "fake",
                null,
                Scaling.NONE,
                0,
                0,
                1,
                -1,
                -1,
                excludeBorder,
                false,
                false,
                0,
                SegmentOptions.Masks.AUTOMATIC,
                "auto",
                new Choice(channel, Choice.Within.USUAL),
                SegmentOptions.ScaleFrom.IMAGE);
    }

    @Test
    void theChannelIsChosenAndAllAreMeasured() throws IOException {
        SegmentResult result = segment(twoChannels(), chosen("dapi", false), Kind.INSTANCES);
        assertThat(result.objects()).isEqualTo(5);
        assertThat(result.notes()).contains("channel 2 of 2 (DAPI) taken, as asked for");
        List<String[]> rows = rows(result);
        assertThat(value(rows, 2, "mean_c1")).isEqualTo("102");
        assertThat(value(rows, 2, "mean_c2")).isEqualTo("2");
    }

    @Test
    void aSelectionBoundsWhatIsFoundAndPlacesStay() throws IOException {
        ImagePlus image = calibrated(twoChannels());
        image.setRoi(new Roi(5, 0, 5, 7));
        SegmentResult result = segment(image, chosen("2", false), Kind.INSTANCES);
        ImageProcessor labels = result.labels().getProcessor();
        assertThat(List.of(labels.getWidth(), labels.getHeight())).containsExactly(10, 7);
        for (int y = 0; y < 7; y++) {
            for (int x = 0; x < 10; x++) {
                int expected = x < 5 ? 0 : Character.digit(OBJECTS[y].charAt(x), 10);
                assertThat(labels.get(x, y) > 0).isEqualTo(expected > 0);
            }
        }
        assertThat(result.objects()).isEqualTo(2);
        List<String[]> rows = rows(result);
        assertThat(rows).hasSize(3);
        assertThat(value(rows, 1, "label")).isEqualTo("1");
        assertThat(value(rows, 1, "left")).isEqualTo("6");
        assertThat(value(rows, 1, "border")).isEqualTo("0");
        assertThat(value(rows, 2, "border")).isEqualTo("1");
        assertThat(value(rows, 2, "x")).isEqualTo("4.5");
        assertThat(result.notes()).contains("only within the selection, 5 x 7 pixels from x 5, y 0");
        assertThat(ObjectRois.of(image, result).get(1).getBounds()).isEqualTo(new java.awt.Rectangle(8, 5, 2, 2));
        assertThat(image.getRoi()).isNotNull();
    }

    @Test
    void objectsAreCutByTheOutlineOrLeftOut() {
        ImagePlus image = new ImagePlus("a", picture(OBJECTS));
        image.setRoi(new ij.gui.PolygonRoi(new int[] {0, 10, 0}, new int[] {0, 0, 7}, 3, Roi.POLYGON));
        ImageProcessor labels =
                segment(image, chosen("1", false), Kind.INSTANCES).labels().getProcessor();
        for (int y = 0; y < 7; y++) {
            for (int x = 0; x < 10; x++) {
                boolean object = OBJECTS[y].charAt(x) != '0';
                assertThat(labels.get(x, y) > 0)
                        .isEqualTo(object && image.getRoi().contains(x, y));
            }
        }
        SegmentResult whole = segment(image, chosen("1", true), Kind.INSTANCES);
        assertThat(whole.objects()).isEqualTo(1);
        assertThat(whole.labels().getProcessor().get(1, 1)).isEqualTo(1);
        assertThat(whole.labels().getProcessor().get(6, 1)).isZero();
    }

    @Test
    void sharesOfClassesAreThoseOfTheSelection() throws IOException {
        ImagePlus image = new ImagePlus("a", picture("0123", "0123", "0123"));
        image.setRoi(new Roi(1, 0, 2, 3));
        SegmentResult result = segment(image, SegmentOptions.defaults("fake"), Kind.SEMANTIC);
        List<String[]> rows = rows(result);
        assertThat(value(rows, 1, "pixels")).isEqualTo("0");
        assertThat(value(rows, 2, "share")).isEqualTo("0.5");
        assertThat(value(rows, 2, "mean_c1")).isEqualTo("1");
        assertThat(result.labels().getProcessor().get(3, 1)).isZero();
        assertThat(result.objects()).isEqualTo(2);
    }

    @Test
    void outlinesOfClassesAreWritten() throws IOException {
        ImagePlus image = new ImagePlus("a", picture(CLASSES));
        ObjectRois.write(
                ObjectRois.of(image, segment(image, SegmentOptions.defaults("fake"), Kind.SEMANTIC)),
                folder.resolve("c.zip"));
        assertThat(Files.size(folder.resolve("c.zip"))).isPositive();
        assertThat(Regions.read(folder.resolve("c.zip"))).hasSize(2);
    }

    /** Finds objects where a plane has any: their diameter is the largest value. */
    private static final class Looking implements SegmentRun.Segmenter {
        private final List<Integer> looked = new ArrayList<>();

        @Override
        public Result segment(
                RandomAccessibleInterval<? extends RealType<?>> plane, double pixelSizeUm, Progress progress) {
            return segment(plane, pixelSizeUm, null, progress);
        }

        @Override
        public Result segment(
                RandomAccessibleInterval<? extends RealType<?>> plane,
                double pixelSizeUm,
                Sizes sizes,
                Progress progress) {
            int[] labels = firstChannel(plane);
            int own = Arrays.stream(labels).max().orElse(0);
            double diameter = sizes != null ? sizes.diameterPx() : own;
            double scale = diameter == 0 ? 1 : 12 / diameter;
            int[] ones = Arrays.stream(labels).map(label -> Math.min(1, label)).toArray();
            return new Result(
                    (int) plane.dimension(0),
                    (int) plane.dimension(1),
                    Kind.INSTANCES,
                    ones,
                    Math.min(1, own),
                    scale,
                    List.of("scale " + scale));
        }

        @Override
        public Sizes look(
                RandomAccessibleInterval<? extends RealType<?>> plane, double pixelSizeUm, Progress progress) {
            int own = Arrays.stream(firstChannel(plane)).max().orElse(0);
            looked.add(own);
            return new Sizes(own, own, own, own > 0 ? 1 : 0, 3);
        }
    }

    private static ImagePlus planes(int... diameters) {
        ImageStack stack = new ImageStack(4, 3);
        for (int diameter : diameters) {
            ShortProcessor plane = new ShortProcessor(4, 3);
            plane.set(1, 1, diameter);
            stack.addSlice(plane);
        }
        return new ImagePlus("stack.tif", stack);
    }

    private static SegmentOptions from(SegmentOptions.ScaleFrom what) {
        return new SegmentOptions(
                "fake",
                null,
                Scaling.AUTOMATIC,
                0,
                0,
                0,
                -1,
                -1,
                false,
                false,
                false,
                0,
                SegmentOptions.Masks.AUTOMATIC,
                "auto",
                Choice.USUAL,
                what);
    }

    private static SegmentResult looking(Looking looking, SegmentOptions.ScaleFrom what, ImagePlus image) {
        try (SegmentRun run = new SegmentRun(from(what), looking, card(Kind.INSTANCES))) {
            return run.segment(image, Progress.NONE);
        }
    }

    /** One scale, of the planes with objects, whichever comes first; a bounded number is looked at. */
    @Test
    void aStackHasOneScale() {
        Looking looking = new Looking();
        SegmentResult result =
                looking(looking, SegmentOptions.ScaleFrom.IMAGE, planes(0, 6, 6, 4, 6, 0, 6, 6, 6, 6, 24));
        assertThat(looking.looked).containsExactly(0, 0, 24, 6, 6);
        assertThat(result.planes()).extracting(SegmentResult.PlaneNote::scale).containsOnly(2.0);
        assertThat(result.planes()).extracting(SegmentResult.PlaneNote::found).startsWith(0, 1, 1);
        assertThat(result.scale()).isEqualTo(2);
        assertThat(result.notes())
                .contains("one scale for all 11 planes, from the objects in slice 11, slice 3, slice 8", "scale 2.0");
        assertThat(result.summary()).contains("resized by 2.00");
        JsonObject found = new Gson()
                .fromJson(new RunManifest("segment", null).segmented(result).toJson(), JsonObject.class)
                .getAsJsonObject("found");
        assertThat(found.getAsJsonArray("planes")).hasSize(11);
        assertThat(found.getAsJsonArray("planes")
                        .get(3)
                        .getAsJsonObject()
                        .get("scale")
                        .getAsDouble())
                .isEqualTo(2);
    }

    /** Objects that none of the planes looked at has decide from where they are first seen. */
    @Test
    void theFirstPlaneWithObjectsDecidesWhereTheSampleHasNone() {
        Looking looking = new Looking();
        SegmentResult result =
                looking(looking, SegmentOptions.ScaleFrom.IMAGE, planes(0, 0, 0, 6, 24, 0, 0, 0, 0, 0, 0));
        assertThat(looking.looked)
                .as("five planes spread over the stack, then those not looked at yet, until one has objects")
                .hasSize(5 + 2)
                .endsWith(6);
        assertThat(result.planes())
                .extracting(SegmentResult.PlaneNote::scale)
                .containsExactly(1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0);
        assertThat(result.notes()).contains("slice 1 to slice 3: scale 1.0", "slice 4 to slice 11: scale 2.0");
    }

    @Test
    void planesHaveTheirOwnScaleOnRequest() {
        Looking looking = new Looking();
        SegmentResult result = looking(looking, SegmentOptions.ScaleFrom.PLANE, planes(0, 6, 6, 24));
        assertThat(looking.looked).as("each looks for itself").isEmpty();
        assertThat(result.planes()).extracting(SegmentResult.PlaneNote::scale).containsExactly(1.0, 2.0, 2.0, 0.5);
        assertThat(result.scale()).as("of the first with objects").isEqualTo(2);
        assertThat(result.notes())
                .contains("slice 1: scale 1.0", "slice 2 to slice 3: scale 2.0", "slice 4: scale 0.5");
        assertThat(result.summary()).contains("each plane at a scale of its own");
    }

    /** A time series is one too, and what came of other images is repeated by a diameter. */
    @Test
    void sizesOfAFolderAreTakenAndRepeated() {
        Looking looking = new Looking();
        ImagePlus image = planes(6, 24);
        image.setDimensions(1, 1, 2);
        try (SegmentRun run = new SegmentRun(from(SegmentOptions.ScaleFrom.FOLDER), looking, card(Kind.INSTANCES))) {
            SegmentResult result = run.segment(image, new Sizes(3, 3, 3, 1, 1), Progress.NONE);
            assertThat(looking.looked).isEmpty();
            assertThat(result.planes())
                    .extracting(SegmentResult.PlaneNote::scale)
                    .containsOnly(4.0);
            assertThat(run.repeating(result).arguments()).contains("--object-diameter", "3.0", "diameter");
            assertThat(run.look(image, Progress.NONE).diameterPx()).isEqualTo(6);
        }
        assertThat(from(SegmentOptions.ScaleFrom.PLANE).arguments()).contains("--scale-from", "plane");
        SegmentOptions plane = from(SegmentOptions.ScaleFrom.PLANE);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new SegmentOptions(
                        "fake",
                        null,
                        Scaling.NONE,
                        0,
                        0,
                        0,
                        -1,
                        -1,
                        false,
                        false,
                        false,
                        0,
                        plane.masks(),
                        "auto",
                        Choice.USUAL,
                        plane.scaleFrom()))
                .withMessageContaining("scale from is plane; allowed is image unless scaling is automatic");
    }

    @Test
    void longWorkIsForetoldOnce() {
        Foretold foretold = new Foretold();
        assertThat(foretold.line(5, "0.07 megapixels")).isNull();
        assertThat(foretold.line(185, "1.2 megapixels enlarged 4 times"))
                .isEqualTo("about 3 minutes: 1.2 megapixels enlarged 4 times");
        assertThat(foretold.line(185, "again")).isNull();
        foretold.begin();
        assertThat(foretold.line(42, "b")).isEqualTo("about 40 seconds: b");
        foretold.begin();
        List<Double> seconds = new ArrayList<>();
        new PartOfProgress(
                        new Progress() {
                            @Override
                            public void report(long done, long total, String what) {}

                            @Override
                            public void foretell(double all, String what) {
                                seconds.add(all);
                                assertThat(what).isEqualTo("small a plane, 90 planes");
                            }

                            @Override
                            public boolean cancelled() {
                                return false;
                            }
                        },
                        10,
                        100)
                .foretell(2, "small");
        assertThat(seconds).containsExactly(180.0);
    }
}
