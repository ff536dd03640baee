// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.catalog.LoadedModel;
import io.github.pointillist.catalog.ModelCard;
import io.github.pointillist.catalog.ModelStore;
import io.github.pointillist.engine.Devices;
import io.github.pointillist.image.Images;
import io.github.pointillist.image.Interpolation;
import io.github.pointillist.image.Raster8;
import io.github.pointillist.image.RasterF;
import io.github.pointillist.image.Resize;
import io.github.pointillist.models.KMaxDeepLab;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.PanopticDecoder.Layout;
import io.github.pointillist.tasks.PanopticDecoder.Options;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Pass;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.type.numeric.RealType;

/**
 * Segments of things and stuff in an image: with a published model the whole image at once, as its authors test it, or at the
 * image's own pixels in windows of the size that the model's card says.
 */
public final class SegmentPanoptic implements AutoCloseable {
    /** A threshold of the card. */
    public static final double AUTOMATIC = -1;

    private static final int OVERLAP_PART = 4;

    /** How an image gets into the model. */
    public enum View {
        /** {@link #WHOLE} for a model whose card gives the short side, else {@link #WINDOWS}. */
        AUTOMATIC,
        /** The whole image, resized in proportion and padded. */
        WHOLE,
        /** The image's own pixels, in overlapping windows; segments are joined across their borders. */
        WINDOWS
    }

    /**
     * How to segment. Thresholds of {@link #AUTOMATIC} are those of the card.
     *
     * @param model installed or bundled model, model folder or checkpoint
     * @param variant official variant or JSON configuration, or null
     * @param view how the image gets into the model
     * @param pixelThreshold least probability of a mask in a pixel, above 1/3
     * @param thingThreshold least probability of the class of a thing
     * @param stuffThreshold the same for stuff
     * @param overlapThreshold least share of a mask that better ones leave free
     * @param device "auto", "cpu", "gpu0", ...
     */
    public record Settings(
            String model,
            String variant,
            View view,
            double pixelThreshold,
            double thingThreshold,
            double stuffThreshold,
            double overlapThreshold,
            String device) {
        /** Checks that what must be there is. */
        public Settings {
            if (model == null || model.isBlank() || view == null) {
                throw new IllegalArgumentException("model is " + model + " and view " + view + "; give both");
            }
        }

        /** What the card says. */
        public static Settings defaults(String model) {
            return new Settings(model, null, View.AUTOMATIC, AUTOMATIC, AUTOMATIC, AUTOMATIC, AUTOMATIC, "auto");
        }
    }

    /**
     * A segment.
     *
     * @param id its label
     * @param classIndex from 0
     * @param className of the card
     * @param thing whether it is countable
     * @param score probability of the class
     * @param maskScore mean probability of the mask in its pixels
     * @param pixels its area
     */
    public record Segment(
            int id, int classIndex, String className, boolean thing, double score, double maskScore, int pixels) {}

    /**
     * What came of one plane.
     *
     * @param labels row-major (height, width): ids of segments, 0 for none
     * @param classes row-major: class of the segment plus 1, 0 for none
     * @param segments in the order of their ids
     * @param scale pixels of the model's input for one pixel of the image
     * @param notes what was done, one line each
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record Result(
            int width,
            int height,
            int[] labels,
            int[] classes,
            List<Segment> segments,
            double scale,
            List<String> notes) {}

    private final Settings settings;
    private final LoadedModel model;
    private final KMaxDeepLab network;
    private final Options options;
    private final Set<Integer> things;

    private SegmentPanoptic(Settings settings, LoadedModel model) {
        this.settings = settings;
        this.model = model;
        ModelCard card = model.card();
        this.network = model.as(KMaxDeepLab.class, "gives no panoptic segments: its task is " + card.task());
        if (card.panoptic() == null || card.input() == null) {
            throw new IllegalArgumentException("model " + card.name() + " (" + card.title()
                    + ") has a card that does not say how images get into it and which classes are things");
        }
        ModelCard.Panoptic how = card.panoptic();
        this.things = new HashSet<>(how.things());
        this.options = new Options(
                or(settings.pixelThreshold, how.pixelThreshold()),
                or(settings.thingThreshold, how.thingThreshold()),
                or(settings.stuffThreshold, how.stuffThreshold()),
                or(settings.overlapThreshold, how.overlapThreshold()),
                how.classPower(),
                how.maskPower(),
                Options.COCO.instances());
    }

    private static double or(double given, double otherwise) {
        return given == AUTOMATIC ? otherwise : given;
    }

    /**
     * Loads the model.
     *
     * @throws IllegalArgumentException if a setting is not allowed, or the model is not panoptic
     * @throws IOException if there is no such model, or it cannot be read
     */
    public static SegmentPanoptic open(Settings settings) throws IOException {
        return of(
                settings, ModelStore.standard().load(settings.model, settings.variant, Devices.parse(settings.device)));
    }

    /**
     * The same with a model that is loaded already, which is closed with it, or at once if it does not fit.
     *
     * @throws IllegalArgumentException if a setting is not allowed, or the model is not panoptic
     */
    public static SegmentPanoptic of(Settings settings, LoadedModel model) {
        try {
            return new SegmentPanoptic(settings, model);
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
    }

    /** What the weights are and expect. */
    public ModelCard card() {
        return model.card();
    }

    /** The model's SHA-256 and what was done to read it. */
    public MapClusters.ModelNote modelNote() {
        List<String> lines = new ArrayList<>(List.of(card().variant()));
        lines.addAll(model.notes());
        return new MapClusters.ModelNote(model.sha256(), lines);
    }

    /**
     * Segments one plane.
     *
     * @param plane (x, y) or (x, y, c), at least one pixel
     * @throws IllegalArgumentException if the plane has other axes
     * @throws java.util.concurrent.CancellationException if {@code progress} says so
     */
    public Result segment(RandomAccessibleInterval<? extends RealType<?>> plane, Progress progress) {
        progress.check();
        RasterF values = Images.toRaster(plane);
        Photograph photograph = Photograph.of(plane, values);
        Raster8 picture = photograph.picture();
        List<String> notes = new ArrayList<>(photograph.notes());
        boolean whole = settings.view == View.WHOLE
                || (settings.view == View.AUTOMATIC && card().panoptic().shortSidePx() > 0);
        Result result = whole ? whole(picture, notes, progress) : windows(picture, notes, progress);
        for (int i = 0; i < values.data().length; i++) {
            if (Float.isNaN(values.data()[i])) {
                result.labels[i / values.channels()] = 0;
                result.classes[i / values.channels()] = 0;
            }
        }
        return result;
    }

    private Result whole(Raster8 picture, List<String> notes, Progress progress) {
        ModelCard.Input input = card().input();
        int[] size = PanopticInput.size(card(), picture.width(), picture.height());
        Raster8 resized = Resize.resize(picture, size[1], size[0], Interpolation.PIL_BILINEAR);
        notes.add("the whole image resized to " + size[1] + " x " + size[0] + " pixels and padded to " + input.widthPx()
                + " x " + input.heightPx() + ", as the published model was tested");
        PanopticDecoder.Result decoded =
                decode(resized, input.heightPx(), input.widthPx(), size, picture.height(), picture.width(), progress);
        List<Segment> segments = decoded.segments().stream()
                .map(one -> new Segment(
                        one.id(),
                        one.label(),
                        card().className(one.label()),
                        one.thing(),
                        one.classScore(),
                        one.maskScore(),
                        one.pixels()))
                .toList();
        return result(picture, decoded.labels(), segments, (double) size[1] / picture.width(), notes);
    }

    private PanopticDecoder.Result decode(
            Raster8 picture, int rows, int columns, int[] shown, int height, int width, Progress progress) {
        float[] planes = PanopticInput.planes(picture, rows, columns);
        try (Arena scope = Arena.open(model.device())) {
            NDList out = network.predict(scope.array(planes, 1, 3, rows, columns), Pass.inference());
            Shape shape = out.get(0).getShape(); // (1, h, w, L)
            Layout layout = new Layout(
                    (int) shape.get(1), (int) shape.get(2), rows, columns, shown[0], shown[1], height, width);
            return new PanopticDecoder(
                            out.get(0).toType(DataType.FLOAT32, false).toFloatArray(),
                            out.get(1).toType(DataType.FLOAT32, false).toFloatArray(),
                            layout,
                            things,
                            options)
                    .decode(progress);
        }
    }

    private Result windows(Raster8 picture, List<String> notes, Progress progress) {
        ModelCard.Input input = card().input();
        int rows = input.heightPx();
        int columns = input.widthPx();
        PanopticMosaic mosaic = new PanopticMosaic(
                picture.width(), picture.height(), columns, rows, Math.min(rows, columns) / OVERLAP_PART);
        notes.add(String.format(
                Locale.ROOT,
                "%d %s of %d x %d pixels, joined where they agree",
                mosaic.count(),
                mosaic.count() == 1 ? "window" : "windows",
                columns,
                rows));
        Progress inside = new Progress() {
            @Override
            public void report(long done, long total, String what) {}

            @Override
            public boolean cancelled() {
                return progress.cancelled();
            }
        };
        PanopticMosaic.Result joined = mosaic.run(
                (left, top) -> {
                    int w = Math.min(columns, picture.width() - left);
                    int h = Math.min(rows, picture.height() - top);
                    Raster8 window = picture.crop(left, top, w, h);
                    return decode(window, rows, columns, new int[] {rows, columns}, rows, columns, inside);
                },
                progress);
        List<Segment> segments = joined.segments().stream()
                .map(one -> new Segment(
                        one.id(),
                        one.label(),
                        card().className(one.label()),
                        one.thing(),
                        one.classScore(),
                        one.maskScore(),
                        one.pixels()))
                .toList();
        return result(picture, joined.labels(), segments, 1, notes);
    }

    private static Result result(
            Raster8 picture, int[] labels, List<Segment> segments, double scale, List<String> notes) {
        int[] classes = new int[labels.length];
        for (int i = 0; i < labels.length; i++) {
            classes[i] = labels[i] == 0 ? 0 : segments.get(labels[i] - 1).classIndex + 1;
        }
        return new Result(picture.width(), picture.height(), labels, classes, segments, scale, List.copyOf(notes));
    }

    @Override
    public void close() {
        model.close();
    }
}
