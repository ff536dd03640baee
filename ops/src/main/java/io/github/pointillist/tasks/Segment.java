// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import io.github.pointillist.catalog.LoadedModel;
import io.github.pointillist.catalog.ModelCard;
import io.github.pointillist.catalog.ModelCard.Segmentation;
import io.github.pointillist.catalog.ModelCard.Segmentation.Kind;
import io.github.pointillist.catalog.ModelStore;
import io.github.pointillist.engine.Devices;
import io.github.pointillist.image.Images;
import io.github.pointillist.image.Intensities;
import io.github.pointillist.image.Raster8;
import io.github.pointillist.image.RasterF;
import io.github.pointillist.models.InputSizes;
import io.github.pointillist.models.SemanticSegmenter;
import io.github.pointillist.progress.Progress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.type.numeric.RealType;

/**
 * Semantic and instance segmentation of planes of any size by a loaded model.
 *
 * <p>A model whose card says how it sees images ({@link ModelCard.Segmentation}) sees them at its own scale, stretched as
 * {@link Intensities} describes, through the windows of {@link Windows}; what it says is blended over the windows and made
 * labels at the pixels of the image, of instances by {@link ObjectDecoder}. Scale and windows follow from card, settings and
 * image; memory decides only how much is held at once. The labels are the same, bit for bit, for every tile size and number
 * of threads on one machine (on a GPU as far as its arithmetic is repeatable).
 *
 * <p>A published semantic model, whose card says nothing of the kind, sees the whole image as {@link WholePlane} describes.
 */
public final class Segment implements AutoCloseable {
    /** How an image gets to the scale of the model. */
    public enum Scaling {
        /** By the pixel sizes where both are known, else by the objects that the model finds at several scales. */
        AUTOMATIC,
        /** By the pixel sizes of image and model, which both must be known. */
        CALIBRATION,
        /** By the diameter of the objects, as given. */
        DIAMETER,
        /** Pixel by pixel. */
        NONE
    }

    /**
     * What to do; every field but {@code tilePx} and {@code device} changes the result.
     *
     * @param model name of an installed or bundled model, or a model folder or checkpoint file
     * @param variant for a checkpoint file: official variant or JSON configuration; null to tell it from the file
     * @param scaling how an image gets to the scale of the model
     * @param objectDiameterPx usual diameter of the objects in pixels of the image, above 0 for DIAMETER, else 0
     * @param minAreaPx for instances: smaller objects are left out, in pixels of the image; 0 leaves out those below
     *     {@link #LEAST_SHARE} of the usual area; 1 leaves out none
     * @param foregroundThreshold for instances: least probability of the foreground, in (0, 1), or {@link #AUTOMATIC}
     * @param centreThreshold for instances: least probability of a centre, in (0, 1), or {@link #AUTOMATIC}
     * @param excludeBorder for instances: whether objects at the border of the image are left out
     * @param invert whether objects are dark and the model knows bright ones
     * @param tilePx side of what is held in memory at once, in pixels of the image, or 0 for automatic; changes nothing in
     *     the result
     * @param device "auto", "cpu", "gpu0", ...
     */
    public record Settings(
            String model,
            String variant,
            Scaling scaling,
            double objectDiameterPx,
            double minAreaPx,
            double foregroundThreshold,
            double centreThreshold,
            boolean excludeBorder,
            boolean invert,
            int tilePx,
            String device) {
        /** Stands for the threshold of the card. */
        public static final int AUTOMATIC = -1;
        /** Of the area of a usual object: what is smaller is rather noise or a fragment. */
        public static final double LEAST_SHARE = 0.05;

        private static final String PROBABILITY = "between 0 and 1, or -1 for the model's";

        /** Checks the ranges. */
        public Settings {
            require(model != null && !model.isBlank(), "model", model, "an installed model, a folder or a checkpoint");
            require(scaling != null, "scaling", null, "automatic, calibration, diameter or none");
            if (scaling == Scaling.DIAMETER) {
                require(
                        objectDiameterPx > 0 && Double.isFinite(objectDiameterPx),
                        "object diameter",
                        objectDiameterPx,
                        "a number of pixels above 0 for scaling by diameter");
            } else {
                require(objectDiameterPx == 0, "object diameter", objectDiameterPx, "0 unless scaling is by diameter");
            }
            require(
                    minAreaPx >= 0 && Double.isFinite(minAreaPx),
                    "least area",
                    minAreaPx,
                    "a number of pixels, or 0 for none");
            require(isThreshold(foregroundThreshold), "foreground threshold", foregroundThreshold, PROBABILITY);
            require(isThreshold(centreThreshold), "centre threshold", centreThreshold, PROBABILITY);
            require(tilePx >= 0, "tile", tilePx, "1 or more pixels, or 0 for automatic");
        }

        private static boolean isThreshold(double value) {
            return value == AUTOMATIC || (value > 0 && value < 1);
        }

        private static void require(boolean ok, String name, Object given, String allowed) {
            if (!ok) {
                throw new IllegalArgumentException(name + " is " + given + "; allowed: " + allowed);
            }
        }

        /** What follows from the model and the image alone. */
        public static Settings defaults(String model) {
            return new Settings(model, null, Scaling.AUTOMATIC, 0, 0, AUTOMATIC, AUTOMATIC, false, false, 0, "auto");
        }
    }

    /**
     * What came of one plane.
     *
     * @param width pixels in a row
     * @param height rows
     * @param kind what the labels mean
     * @param labels row-major (height, width): for INSTANCES 1 to {@code count} in reading order, 0 is background; for
     *     SEMANTIC the label of the class, its index from 0 where the card gives no labels; 0 where a pixel is no number
     * @param count number of objects, or of classes
     * @param scale pixels of the model's input for one pixel of the image
     * @param notes what was done, one line each
     */
    public record Result(
            int width,
            int height,
            ModelCard.Segmentation.Kind kind,
            int[] labels,
            int count,
            double scale,
            List<String> notes) {}

    /**
     * The sizes of objects found in a plane by looking at several scales.
     *
     * @param diameterPx usual diameter in pixels of the plane, by area; 0 where there are no objects
     * @param smallPx diameter that a tenth of the objects do not reach
     * @param largePx diameter that a tenth of the objects exceed
     * @param score how sure that is, 0 to 1
     * @param windows of the model that were looked at
     */
    public record Sizes(double diameterPx, double smallPx, double largePx, double score, int windows) {
        /** Whether any objects were found. */
        public boolean any() {
            return diameterPx > 0;
        }

        /**
         * One for several planes: of those in which objects were found the one whose diameter is the median by score,
         * else the first.
         *
         * @param found at least one
         */
        public static Sizes of(List<Sizes> found) {
            List<Sizes> sorted = found.stream()
                    .filter(Sizes::any)
                    .sorted(Comparator.comparingDouble(Sizes::diameterPx))
                    .toList();
            double all = sorted.stream().mapToDouble(Sizes::score).sum();
            double sum = 0;
            for (Sizes one : sorted) {
                sum += one.score;
                if (sum >= all / 2) {
                    return one;
                }
            }
            return found.get(0);
        }
    }

    private final Settings settings;
    private final LoadedModel model;
    private final SemanticSegmenter network;
    private final Segmentation how;
    private final WindowedSegmentation windowed;

    private Segment(Settings settings, LoadedModel model) {
        this.settings = settings;
        this.model = model;
        ModelCard card = model.card();
        this.how = card.segmentation();
        this.network = model.as(SemanticSegmenter.class, "segments nothing: its task is " + card.task());
        if (card.input() == null) {
            throw new IllegalArgumentException(named() + " has a card that does not say how images get into it");
        }
        boolean instances = how != null && how.kind() == Kind.INSTANCES;
        if (!instances
                && (settings.minAreaPx() > 0
                        || settings.excludeBorder()
                        || settings.foregroundThreshold() != Settings.AUTOMATIC
                        || settings.centreThreshold() != Settings.AUTOMATIC)) {
            throw new IllegalArgumentException(named() + " gives classes, not objects: least area, objects at the"
                    + " border and thresholds of foreground and centre are for models of objects; leave them out");
        }
        if (settings.scaling() == Scaling.DIAMETER && (how == null || how.objectDiameterPx() == 0)) {
            throw new IllegalArgumentException("scaling is by the object diameter, but " + named()
                    + " was trained on objects of no particular size; choose another scaling");
        }
        if (settings.scaling() == Scaling.CALIBRATION && (how == null || how.pixelSizeUm() == 0)) {
            throw new IllegalArgumentException("scaling is by the calibration, but " + named()
                    + " was trained on no particular pixel size; choose another scaling");
        }
        if (how == null && settings.invert()) {
            throw new IllegalArgumentException(named() + " was trained on photographs as they are; do not invert");
        }
        this.windowed =
                how == null ? null : new WindowedSegmentation(settings, how, card.classes(), WindowedNetwork.of(model));
    }

    private String named() {
        return "model " + model.card().name() + " (" + model.card().title() + ")";
    }

    /**
     * Loads the model.
     *
     * @throws IllegalArgumentException if a setting is not allowed or does not fit the model, or the model segments nothing
     * @throws IOException if there is no such model, or it cannot be read
     */
    public static Segment open(Settings settings) throws IOException {
        return of(
                settings,
                ModelStore.standard().load(settings.model(), settings.variant(), Devices.parse(settings.device())));
    }

    /**
     * The same with a model that is loaded already, which is closed with it, or at once if it does not fit.
     *
     * @throws IllegalArgumentException if a setting does not fit the model, or the model segments nothing
     */
    public static Segment of(Settings settings, LoadedModel model) {
        try {
            return new Segment(settings, model);
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
        List<String> lines = new ArrayList<>(List.of(model.card().variant()));
        lines.addAll(model.notes());
        return new MapClusters.ModelNote(model.sha256(), lines);
    }

    /**
     * Segments one plane.
     *
     * @param plane (x, y) or (x, y, c), at least one pixel; must be safe to read from the calling thread only
     * @param pixelSizeUm micrometres a pixel, 0 where unknown
     * @throws IllegalArgumentException if the plane has other axes, the pixel size is no number, below 0, or 0 where it is
     *     needed, or the scale that follows is out of range
     * @throws java.util.concurrent.CancellationException if {@code progress} says so
     */
    public Result segment(
            RandomAccessibleInterval<? extends RealType<?>> plane, double pixelSizeUm, Progress progress) {
        return segment(plane, pixelSizeUm, null, progress);
    }

    /**
     * The same with sizes found before, in this plane or in others of its stack.
     *
     * @param sizes null to look for them in this plane; ignored where {@link #looks} is false
     */
    public Result segment(
            RandomAccessibleInterval<? extends RealType<?>> plane, double pixelSizeUm, Sizes sizes, Progress progress) {
        check(pixelSizeUm);
        progress.check();
        return windowed == null ? whole(plane, progress) : windowed.segment(plane, pixelSizeUm, sizes, progress);
    }

    /** Whether the scale follows from the objects that are found in an image of this pixel size (0 where unknown). */
    public boolean looks(double pixelSizeUm) {
        check(pixelSizeUm);
        return windowed != null && windowed.looks(pixelSizeUm);
    }

    /**
     * Looks for the sizes of objects in a plane, as {@link #segment} does where {@link #looks} is true.
     *
     * @param plane (x, y) or (x, y, c), at least one pixel
     * @throws IllegalArgumentException if the model tells no objects
     * @throws java.util.concurrent.CancellationException if {@code progress} says so
     */
    public Sizes look(RandomAccessibleInterval<? extends RealType<?>> plane, Progress progress) {
        if (how == null || how.kind() != Kind.INSTANCES) {
            throw new IllegalArgumentException(named() + " tells no objects, so there are no sizes to look for");
        }
        progress.check();
        return windowed.look(plane, progress);
    }

    private static void check(double pixelSizeUm) {
        if (!(pixelSizeUm >= 0) || Double.isInfinite(pixelSizeUm)) {
            throw new IllegalArgumentException(
                    "pixel size is " + pixelSizeUm + " um; it must be above 0, or 0 where it is not known");
        }
    }

    private Result whole(RandomAccessibleInterval<? extends RealType<?>> plane, Progress progress) {
        RasterF values = Images.toRaster(plane);
        Photograph photograph = Photograph.of(plane, values);
        Raster8 picture = photograph.picture();
        InputSizes sizes = network.inputSizes();
        int[] labels = WholePlane.classes(model, picture, sizes, progress);
        for (int i = 0; i < values.data().length; i++) {
            if (Float.isNaN(values.data()[i])) {
                labels[i / values.channels()] = 0;
            }
        }
        WholePlane.Input input = WholePlane.input(picture.width(), picture.height(), card().input(), sizes);
        List<String> notes = new ArrayList<>(photograph.notes());
        notes.add("the whole image resized to " + input.width() + " x " + input.height()
                + " pixels, as the published model was tested");
        card().notes().stream()
                .filter(note -> note.startsWith(ModelCard.ASSUMED))
                .forEach(notes::add);
        return new Result(
                picture.width(),
                picture.height(),
                Kind.SEMANTIC,
                labels,
                card().classes(),
                (double) input.width() / picture.width(),
                notes);
    }

    /**
     * Gives objects of neighbouring slices that overlap the same label. Pairs are matched one to one, the largest
     * intersection over union first, of equal ones the smaller labels; what finds no partner in the slice before gets the
     * next free label. Labels count from 1 in the order of the first slice's.
     *
     * @param planes labels of one plane each, row-major (height, width), 0 is background; not changed
     * @param minIou least intersection over union, 0 to 1; objects must share a pixel in any case
     * @return one new plane each
     * @throws IllegalArgumentException if a plane has another size or labels below 0, or {@code minIou} is out of range
     */
    public static List<int[]> link(List<int[]> planes, int width, int height, double minIou) {
        return SliceLinks.link(planes, width, height, minIou);
    }

    @Override
    public void close() {
        model.close();
    }
}
