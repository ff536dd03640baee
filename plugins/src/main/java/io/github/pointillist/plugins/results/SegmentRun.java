// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.ImagePlus;
import ij.measure.Calibration;
import io.github.pointillist.catalog.LoadedModel;
import io.github.pointillist.catalog.ModelCard;
import io.github.pointillist.catalog.ModelCard.Segmentation.Kind;
import io.github.pointillist.catalog.ModelStore;
import io.github.pointillist.engine.Devices;
import io.github.pointillist.plugins.results.SegmentOptions.ScaleFrom;
import io.github.pointillist.plugins.results.SegmentResult.PlaneNote;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.MapClusters.ModelNote;
import io.github.pointillist.tasks.Segment;
import io.github.pointillist.tasks.Segment.Result;
import io.github.pointillist.tasks.Segment.Settings;
import io.github.pointillist.tasks.Segment.Sizes;
import io.github.pointillist.tasks.SegmentPanoptic;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.type.numeric.RealType;

/**
 * Segments ImageJ images: the one path that command line, menu command and macro share. The model is loaded once for all
 * images.
 */
public final class SegmentRun implements AutoCloseable {
    /** Objects of neighbouring slices are one where their intersection over union is at least this. */
    public static final double LEAST_IOU = 0.3;

    /** Of a stack so many planes are looked at for the scale at most, and of them so many with objects. */
    private static final int LOOKED_AT = 5;

    private static final int WITH_OBJECTS = 3;

    private final SegmentOptions options;
    private final Segment task;
    private final SegmentPanoptic panoptic;
    private final Segmenter segmenter;
    private final ModelCard card;

    /** What segments one plane: {@link Segment}, or what tests put in its place. */
    interface Segmenter {
        Result segment(RandomAccessibleInterval<? extends RealType<?>> plane, double pixelSizeUm, Progress progress);

        /** The same with sizes of objects found before; null for none. */
        default Result segment(
                RandomAccessibleInterval<? extends RealType<?>> plane,
                double pixelSizeUm,
                Sizes sizes,
                Progress progress) {
            return segment(plane, pixelSizeUm, progress);
        }

        /** Looks for the sizes of objects in a plane; null where the scale does not follow from them. */
        default Sizes look(
                RandomAccessibleInterval<? extends RealType<?>> plane, double pixelSizeUm, Progress progress) {
            return null;
        }
    }

    /** The task as it is. */
    private record TaskSegmenter(Segment task) implements Segmenter {
        @Override
        public Result segment(
                RandomAccessibleInterval<? extends RealType<?>> plane, double pixelSizeUm, Progress progress) {
            return task.segment(plane, pixelSizeUm, progress);
        }

        @Override
        public Result segment(
                RandomAccessibleInterval<? extends RealType<?>> plane,
                double pixelSizeUm,
                Sizes sizes,
                Progress progress) {
            return task.segment(plane, pixelSizeUm, sizes, progress);
        }

        @Override
        public Sizes look(
                RandomAccessibleInterval<? extends RealType<?>> plane, double pixelSizeUm, Progress progress) {
            return task.looks(pixelSizeUm) ? task.look(plane, progress) : null;
        }
    }

    /**
     * Loads the model.
     *
     * @throws IllegalArgumentException if a setting is not allowed, or the model segments nothing
     * @throws IOException if there is no such model, or it cannot be read
     */
    public SegmentRun(SegmentOptions options) throws IOException {
        this.options = options;
        LoadedModel model =
                ModelStore.standard().load(options.model(), options.variant(), Devices.parse(options.device()));
        card = model.card();
        boolean segments = card.panoptic() != null;
        try {
            if (!segments) {
                options.checkNoMasks();
                checkLinking();
            }
            task = segments ? null : Segment.of(options.settings(), model);
            panoptic = segments ? SegmentPanoptic.of(options.panoptic(), model) : null;
        } catch (IllegalArgumentException e) {
            model.close();
            throw e;
        }
        segmenter = segments ? null : new TaskSegmenter(task);
    }

    SegmentRun(SegmentOptions options, Segmenter segmenter, ModelCard card) {
        this.options = options;
        this.task = null;
        this.panoptic = null;
        this.segmenter = segmenter;
        this.card = card;
        checkLinking();
    }

    private void checkLinking() {
        boolean objects = card.segmentation() != null && card.segmentation().kind() == Kind.INSTANCES;
        if (options.linkSlices() && !objects) {
            throw new IllegalArgumentException("link slices is true, but model " + card.name()
                    + " tells classes and no objects; allowed is false");
        }
    }

    /** What was found in the model's file. */
    public ModelNote modelNote() {
        return panoptic == null ? task.modelNote() : panoptic.modelNote();
    }

    /**
     * Segments every plane of an image, one at a time. The image is not changed.
     *
     * @param progress hears of all planes together
     * @throws java.util.concurrent.CancellationException if {@code progress} asks to stop
     * @throws IllegalArgumentException if the image does not fit
     */
    public SegmentResult segment(ImagePlus image, Progress progress) {
        return segment(image, null, progress);
    }

    /**
     * The same with sizes of objects found before, in other images.
     *
     * @param folder null to look for them in this image; ignored where the scale does not follow from them
     */
    public SegmentResult segment(ImagePlus image, Sizes folder, Progress progress) {
        if (panoptic != null) {
            return segments(image, progress);
        }
        Planes planes = planes(image);
        Calibration own = image.getCalibration();
        double given = options.pixelSizeUm();
        PixelSizes pixelSize = given > 0 ? PixelSizes.given(given) : PixelSizes.of(own);
        Calibration calibration = given > 0 ? PixelSizes.calibration(own, given) : own;
        Collected found = new Collected(planes, calibration);
        List<String> notes = new ArrayList<>(List.of(pixelSize.note()));
        Optional.ofNullable(PixelSizes.measure(calibration).note()).ifPresent(notes::add);
        notes.addAll(planes.notes());
        int count = planes.slices() * planes.frames();
        List<PlaneNote> planeNotes = new ArrayList<>();
        long nanos = 0;
        Sizes sizes = folder;
        boolean shared = options.scaleFrom() != ScaleFrom.PLANE && count > 1;
        Map<Integer, Sizes> empty = new HashMap<>(); // planes in which nothing was found, from 0: not searched twice
        if (sizes == null && shared) {
            long start = System.nanoTime();
            sizes = look(planes, pixelSize.um(), progress, notes, empty);
            nanos += System.nanoTime() - start;
        }
        for (int frame = 1, n = 0; frame <= planes.frames(); frame++) {
            List<int[]> slices = new ArrayList<>();
            for (int slice = 1; slice <= planes.slices(); slice++, n++) {
                progress.check();
                Planes.Plane plane = planes.read(slice, frame);
                long start = System.nanoTime();
                RandomAccessibleInterval<? extends RealType<?>> pixels = plane.pixels();
                Sizes here = sizes;
                if (sizes == null && shared) { // none in the planes looked at: the first with objects decides
                    here = empty.containsKey(n)
                            ? empty.get(n)
                            : segmenter.look(pixels, pixelSize.um(), new PartOfProgress(progress, n, count));
                    sizes = here != null && here.any() ? here : null;
                }
                Result result = segmenter.segment(pixels, pixelSize.um(), here, new PartOfProgress(progress, n, count));
                nanos += System.nanoTime() - start;
                if (n == 0) {
                    found.begin(result.kind(), result.kind() == Kind.INSTANCES ? new TreeMap<>() : classNames(), count);
                }
                Area.Placed placed = placed(planes, result);
                planeNotes.add(new PlaneNote(slice, frame, result.scale(), placed.count(), result.notes()));
                if (options.linkSlices()) {
                    slices.add(placed.labels());
                } else {
                    found.objects += result.kind() == Kind.INSTANCES ? placed.count() : 0;
                    found.add(placed.labels(), slice, frame, plane);
                }
            }
            if (options.linkSlices()) {
                long start = System.nanoTime();
                List<int[]> linked = Segment.link(slices, planes.width(), planes.height(), LEAST_IOU);
                nanos += System.nanoTime() - start;
                for (int slice = 1; slice <= planes.slices(); slice++) {
                    progress.check();
                    found.add(linked.get(slice - 1), slice, frame, planes.read(slice, frame));
                }
                found.objects += distinct(linked);
            }
        }
        progress.report(1, 1, "done");
        notes.addAll(PlaneNotes.summary(planeNotes, planes.slices()));
        if (options.linkSlices() && planes.slices() > 1) {
            notes.add("objects of neighbouring slices are one where their intersection over union is at least "
                    + LEAST_IOU);
        }
        return found.result(ClusterMapRun.stem(image.getTitle()) + "_labels", planeNotes, pixelSize.um(), notes, nanos);
    }

    /**
     * Looks for the sizes of objects in an image, in a few planes spread over it, until some have been found in
     * {@value #WITH_OBJECTS} of them.
     *
     * @return null where the scale does not follow from them, or none were found
     */
    public Sizes look(ImagePlus image, Progress progress) {
        if (panoptic != null) {
            return null;
        }
        double given = options.pixelSizeUm();
        double um = given > 0 ? given : PixelSizes.of(image.getCalibration()).um();
        return look(planes(image), um, progress, new ArrayList<>(), new HashMap<>());
    }

    /**
     * The options that give the same result for this image alone: where the scale came from others, its diameter.
     */
    public SegmentOptions repeating(SegmentResult result) {
        boolean alone = options.scaleFrom() != ScaleFrom.FOLDER
                || card.segmentation() == null
                || card.segmentation().objectDiameterPx() == 0;
        return alone ? options : options.withDiameter(card.segmentation().objectDiameterPx() / result.scale());
    }

    private Sizes look(
            Planes planes, double pixelSizeUm, Progress progress, List<String> notes, Map<Integer, Sizes> empty) {
        int count = planes.slices() * planes.frames();
        List<Integer> order = PlaneNotes.spread(count, LOOKED_AT);
        List<Sizes> found = new ArrayList<>();
        List<String> where = new ArrayList<>();
        for (int i = 0; i < order.size() && found.size() < WITH_OBJECTS; i++) {
            progress.check();
            int slice = order.get(i) % planes.slices() + 1;
            int frame = order.get(i) / planes.slices() + 1;
            Sizes sizes = segmenter.look(
                    planes.read(slice, frame).pixels(), pixelSizeUm, new PartOfProgress(progress, 0, count));
            if (sizes == null) {
                return null;
            }
            if (sizes.any()) {
                found.add(sizes);
                where.add(PlaneNotes.name(slice, frame, planes.slices(), planes.frames()));
            } else {
                empty.put(order.get(i), sizes);
            }
        }
        if (found.isEmpty()) {
            return null;
        }
        if (count > 1) {
            notes.add("one scale for all " + count + " planes, from the objects in " + String.join(", ", where));
        }
        return Sizes.of(found);
    }

    /** The image as the model sees it. */
    private Planes planes(ImagePlus image) {
        boolean grey = card.segmentation() != null && card.segmentation().grey();
        return new Planes(image, options.choice(), grey ? Planes.Use.GREY : Planes.Use.COLOUR);
    }

    /** Labels of what was seen at their places in the image. */
    private Area.Placed placed(Planes planes, Result result) {
        Area area = planes.area();
        if (area == null) {
            return new Area.Placed(result.labels(), null, result.count());
        }
        if (result.kind() != Kind.INSTANCES) {
            return new Area.Placed(area.place(result.labels(), planes.width(), planes.height()), null, result.count());
        }
        double usualPx = card.segmentation().objectDiameterPx() / result.scale();
        double least =
                options.minAreaPx() > 0 ? options.minAreaPx() : Settings.LEAST_SHARE * Math.PI / 4 * usualPx * usualPx;
        return area.objects(
                result.labels(), result.count(), planes.width(), planes.height(), least, options.excludeBorder());
    }

    private SegmentResult segments(ImagePlus image, Progress progress) {
        Planes planes = planes(image);
        Calibration own = image.getCalibration();
        double given = options.pixelSizeUm();
        PixelSizes pixelSize = given > 0 ? PixelSizes.given(given) : PixelSizes.of(own);
        Calibration calibration = given > 0 ? PixelSizes.calibration(own, given) : own;
        ObjectTable table = new ObjectTable(
                calibration, planes.height(), planes.channelNames(), new TreeMap<>(), true, planes.area());
        int count = planes.slices() * planes.frames();
        LabelStack labels = new LabelStack(planes.width(), planes.height(), count);
        LabelStack classes = new LabelStack(planes.width(), planes.height(), count);
        Map<SegmentResult.Place, SegmentPanoptic.Segment> all = new LinkedHashMap<>();
        List<String> notes = new ArrayList<>(List.of(pixelSize.note()));
        Optional.ofNullable(PixelSizes.measure(calibration).note()).ifPresent(notes::add);
        notes.addAll(planes.notes());
        List<PlaneNote> planeNotes = new ArrayList<>();
        long nanos = 0;
        for (int frame = 1, n = 0; frame <= planes.frames(); frame++) {
            for (int slice = 1; slice <= planes.slices(); slice++, n++) {
                progress.check();
                Planes.Plane plane = planes.read(slice, frame);
                long start = System.nanoTime();
                SegmentPanoptic.Result result =
                        placed(planes, panoptic.segment(plane.pixels(), new PartOfProgress(progress, n, count)));
                nanos += System.nanoTime() - start;
                planeNotes.add(new PlaneNote(
                        slice, frame, result.scale(), result.segments().size(), result.notes()));
                for (SegmentPanoptic.Segment segment : result.segments()) {
                    all.put(new SegmentResult.Place(slice, frame, segment.id()), segment);
                }
                labels.add("segments", result.labels(), result.segments().size());
                classes.add("classes", result.classes(), card.classes());
                table.addSegments(slice, frame, result.labels(), planes.width(), plane, result.segments());
            }
        }
        progress.report(1, 1, "done");
        notes.addAll(PlaneNotes.summary(planeNotes, planes.slices()));
        String stem = ClusterMapRun.stem(image.getTitle());
        return new SegmentResult(
                Kind.PANOPTIC,
                calibrated(labels.toImage(stem + "_labels", image, List.of("segments")), calibration),
                calibrated(classes.toImage(stem + "_classes", image, List.of("classes")), calibration),
                all,
                table,
                new TreeMap<>(),
                all.size(),
                PlaneNotes.scale(planeNotes),
                pixelSize.um(),
                notes,
                nanos / 1_000_000,
                planeNotes);
    }

    /** Segments of what was seen at their places in the image. */
    private static SegmentPanoptic.Result placed(Planes planes, SegmentPanoptic.Result seen) {
        Area area = planes.area();
        if (area == null) {
            return seen;
        }
        int width = planes.width();
        int height = planes.height();
        Area.Placed placed = area.objects(seen.labels(), seen.segments().size(), width, height, 0, false);
        int[] pixels = new int[placed.count() + 1];
        for (int label : placed.labels()) {
            pixels[label]++;
        }
        List<SegmentPanoptic.Segment> segments = new ArrayList<>();
        for (SegmentPanoptic.Segment one : seen.segments()) {
            int id = placed.names()[one.id()];
            if (id > 0) {
                segments.add(new SegmentPanoptic.Segment(
                        id, one.classIndex(), one.className(), one.thing(), one.score(), one.maskScore(), pixels[id]));
            }
        }
        return new SegmentPanoptic.Result(
                width,
                height,
                placed.labels(),
                area.place(seen.classes(), width, height),
                segments,
                seen.scale(),
                seen.notes());
    }

    private static ImagePlus calibrated(ImagePlus image, Calibration calibration) {
        Calibration own = calibration.copy();
        own.disableDensityCalibration();
        image.setCalibration(own);
        return image;
    }

    /** By their labels. */
    private SortedMap<Integer, String> classNames() {
        SortedMap<Integer, String> names = new TreeMap<>();
        for (int k = 0; k < card.classes(); k++) {
            names.put(card.segmentation() == null ? k : card.segmentation().classValue(k), card.className(k));
        }
        return names;
    }

    private static int distinct(List<int[]> planes) {
        return (int) planes.stream()
                .flatMapToInt(IntStream::of)
                .filter(label -> label > 0)
                .distinct()
                .count();
    }

    /** The planes so far. */
    private static final class Collected {
        private final Planes planes;
        private final Calibration calibration;
        private Kind kind;
        private SortedMap<Integer, String> classNames;
        private ObjectTable table;
        private LabelStack labels;
        private int objects;

        Collected(Planes planes, Calibration calibration) {
            this.planes = planes;
            this.calibration = calibration;
        }

        void begin(Kind what, SortedMap<Integer, String> names, int count) {
            kind = what;
            classNames = names;
            table = new ObjectTable(calibration, planes.height(), planes.channelNames(), names, false, planes.area());
            labels = new LabelStack(planes.width(), planes.height(), count);
        }

        void add(int[] plane, int slice, int frame, Planes.Plane pixels) {
            int largest = 0;
            for (int label : plane) {
                largest = Math.max(largest, label);
            }
            boolean instances = kind == Kind.INSTANCES;
            labels.add(instances ? "objects" : "classes", plane, largest);
            if (instances) {
                table.addObjects(slice, frame, plane, planes.width(), pixels);
            } else {
                table.addClasses(slice, frame, plane, planes.width(), pixels);
            }
        }

        SegmentResult result(
                String title, List<PlaneNote> planeNotes, double pixelSizeUm, List<String> notes, long nanos) {
            String level = kind == Kind.INSTANCES ? "objects" : "classes";
            ImagePlus image = calibrated(labels.toImage(title, planes.image(), List.of(level)), calibration);
            int count = kind == Kind.INSTANCES ? objects : table.classesFound();
            return new SegmentResult(
                    kind,
                    image,
                    null,
                    Map.of(),
                    table,
                    classNames,
                    count,
                    PlaneNotes.scale(planeNotes),
                    pixelSizeUm,
                    notes,
                    nanos / 1_000_000,
                    planeNotes);
        }
    }

    @Override
    public void close() {
        if (task != null) {
            task.close();
        }
        if (panoptic != null) {
            panoptic.close();
        }
    }
}
