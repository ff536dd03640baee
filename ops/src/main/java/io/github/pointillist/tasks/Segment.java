// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import io.github.pointillist.catalog.ModelCard;
import io.github.pointillist.progress.Progress;
import java.io.IOException;
import java.util.List;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.type.numeric.RealType;

/** Semantic and instance segmentation of planes of any size by a loaded model. */
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
     * @param minAreaPx for instances: smaller objects are left out, in pixels of the image; 0 leaves out none
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
     *     SEMANTIC the index of the class, from 0
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

    private Segment() {}

    /**
     * Loads the model.
     *
     * @throws IllegalArgumentException if a setting is not allowed, or the model segments nothing
     * @throws IOException if there is no such model, or it cannot be read
     */
    public static Segment open(Settings settings) throws IOException {
        throw new IOException("model is " + settings.model());
    }

    /** What the weights are and expect. */
    public ModelCard card() {
        throw new UnsupportedOperationException();
    }

    /** The model's SHA-256 and what was done to read it. */
    public MapClusters.ModelNote modelNote() {
        throw new UnsupportedOperationException();
    }

    /**
     * Segments one plane.
     *
     * @param plane (x, y) or (x, y, c)
     * @param pixelSizeUm micrometres a pixel, 0 where unknown
     * @throws java.util.concurrent.CancellationException if {@code progress} says so
     */
    public Result segment(
            RandomAccessibleInterval<? extends RealType<?>> plane, double pixelSizeUm, Progress progress) {
        throw new UnsupportedOperationException();
    }

    /**
     * Gives objects of neighbouring slices that overlap the same label.
     *
     * @param planes labels of one plane each, row-major (height, width), 0 is background
     * @param minIou least intersection over union, 0 to 1
     */
    public static List<int[]> link(List<int[]> planes, int width, int height, double minIou) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
}
