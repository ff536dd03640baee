// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import ai.djl.Device;
import io.github.pointillist.clustering.Labels;
import io.github.pointillist.engine.Devices;
import io.github.pointillist.models.GroupingModel.Level;
import io.github.pointillist.progress.Progress;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.img.Img;
import net.imglib2.img.array.ArrayImgs;
import net.imglib2.type.numeric.RealType;
import net.imglib2.type.numeric.integer.IntType;
import net.imglib2.type.numeric.real.FloatType;

/** Maps how a clustering model, or one of its clustering layers alone, groups the pixels of an image. */
public final class MapClusters implements AutoCloseable {
    /** How pixels are grouped. */
    public enum Method {
        /** Context clustering (CoC), iterated: superpixels. */
        CONTEXT,
        /** k-means with hard cluster-wise assignment (kMaX-DeepLab). */
        KMEANS,
        /** Semantic equitable clustering (SecViT): clusters of equal size. */
        EQUITABLE,
        /** The groups inside a trained model. */
        MODEL
    }

    /** What is compared between pixels. */
    public enum FeatureKind {
        /** Intensities of the channels, Lab colour for RGB images. */
        COLOUR,
        /** Colour and a small stack of Gaussian and structure-tensor features at several scales. */
        TEXTURE
    }

    /** The similarity between a pixel and a centre. */
    public enum Similarity {
        EUCLIDEAN,
        COSINE
    }

    /**
     * What to do; every field changes the result and goes into the run manifest.
     *
     * @param method how pixels are grouped
     * @param clusters number of clusters asked for, at least 1; not used by {@code MODEL}
     * @param compactness weight of position against colour: 0 follows colour alone; for {@code CONTEXT} 1 is balanced and
     *     10 gives squares; not used by {@code MODEL}
     * @param iterations rounds of assignment and update for {@code CONTEXT}, at least 1
     * @param similarity similarity for {@code CONTEXT}
     * @param features what is compared; not used by {@code MODEL}
     * @param connected whether each label is split into its connected components
     * @param minSizePx components smaller than this are merged into a neighbour; 0 keeps all; {@link #AUTOMATIC} is a
     *     quarter of the mean cluster for {@code CONTEXT}, else 0; used when {@code connected}
     * @param seed for {@code KMEANS}
     * @param model for {@code MODEL} the name of an installed model, or a model folder or checkpoint file; else null
     * @param variant official variant name or a JSON configuration file, or null to recognise it from the checkpoint
     * @param levels for {@code MODEL}: names of levels, such as "stage.block.head" from 0, in the order of the planes
     *     wanted
     * @param inputSizePx for {@code MODEL}: both sides are resized to this before the forward pass, as the official
     *     visualisation does with 224; 0 keeps the image's own size (rounded up to what the model takes)
     * @param device "auto", "cpu", "gpu0", "gpu1", ...
     */
    public record Settings(
            Method method,
            int clusters,
            double compactness,
            int iterations,
            Similarity similarity,
            FeatureKind features,
            boolean connected,
            int minSizePx,
            long seed,
            String model,
            String variant,
            List<String> levels,
            int inputSizePx,
            String device) {
        /** The {@code minSizePx} that follows from the method. */
        public static final int AUTOMATIC = -1;

        private static final int LARGEST_INPUT_PX = 8192;

        /** Checks the ranges. */
        public Settings {
            require(clusters >= 1, "clusters", clusters, "1 or more");
            require(compactness >= 0 && compactness <= 1e6, "compactness", compactness, "0 to 1e6");
            require(iterations >= 1, "iterations", iterations, "1 or more");
            require(minSizePx >= AUTOMATIC, "min size", minSizePx, "0 or more, or -1 for automatic");
            require(
                    inputSizePx >= 0 && inputSizePx <= LARGEST_INPUT_PX,
                    "input size",
                    inputSizePx,
                    "0 for the image's own size, up to " + LARGEST_INPUT_PX);
            levels = List.copyOf(levels);
        }

        private static void require(boolean ok, String name, Object given, String allowed) {
            if (!ok) {
                throw new IllegalArgumentException(name + " is " + given + "; allowed: " + allowed);
            }
        }

        /** What the command, the macro and the command line start from. */
        public static Settings defaults(Method method) {
            boolean context = method == Method.CONTEXT;
            return new Settings(
                    method,
                    context ? 256 : 8,
                    context ? 1 : 0,
                    10,
                    Similarity.EUCLIDEAN,
                    FeatureKind.COLOUR,
                    context,
                    AUTOMATIC,
                    0,
                    null,
                    null,
                    List.of(),
                    0,
                    "auto");
        }
    }

    /**
     * What one point takes from every point.
     *
     * @param level name of the level
     * @param weights (x, y), as the model has them; 0 outside the window of the model that the point lies in
     */
    public record AffinityPlane(String level, Img<FloatType> weights) {}

    /**
     * One label plane.
     *
     * @param level "context", "kmeans", "equitable" or the name of a level of the model
     * @param labels (x, y), 1 to {@code clusters}; 0 where a pixel has no cluster (NaN)
     * @param clusters number of labels
     * @param segments of panoptic models: the final segment that each cluster ends in, as "crystal 12", or "none"; else empty
     */
    public record LabelPlane(String level, Img<IntType> labels, int clusters, List<String> segments) {
        /** Copies the list. */
        public LabelPlane {
            segments = List.copyOf(segments);
        }
    }

    private final Settings settings;
    private final ModelAssignments model;

    private MapClusters(Settings settings, ModelAssignments model) {
        this.settings = settings;
        this.model = model;
    }

    /**
     * Opens the task: checks the settings and loads the model if there is one.
     *
     * @throws IllegalArgumentException if a setting is not allowed
     * @throws IOException if the model's file cannot be read or holds no model known here
     */
    public static MapClusters open(Settings settings) throws IOException {
        Settings.require(
                (settings.method() == Method.MODEL) == (settings.model() != null),
                "model",
                settings.model() == null ? "none" : settings.model(),
                "a model for the method model, none for the others");
        if (settings.method() != Method.MODEL) {
            return new MapClusters(settings, null);
        }
        Device device = Devices.parse(settings.device());
        return new MapClusters(settings, new ModelAssignments(settings.model(), settings.variant(), device));
    }

    /**
     * Maps one plane.
     *
     * @param image (x, y) or (x, y, c); c is 3 for RGB
     * @param rgb whether the channels are 8-bit sRGB
     * @return one label plane per level
     * @throws java.util.concurrent.CancellationException if {@code progress} says so
     */
    public List<LabelPlane> map(RandomAccessibleInterval<? extends RealType<?>> image, boolean rgb, Progress progress) {
        return map(image, rgb, settings.levels(), progress);
    }

    /**
     * Maps one plane at other levels than those of the settings.
     *
     * @param levels names of levels for {@code MODEL}; not used by the other methods
     */
    public List<LabelPlane> map(
            RandomAccessibleInterval<? extends RealType<?>> image,
            boolean rgb,
            List<String> levels,
            Progress progress) {
        if (model != null) {
            return model.map(image, settings, levels, progress);
        }
        return List.of(PixelClusters.map(image, rgb, settings, progress));
    }

    /**
     * What the point under a pixel takes from every point, for models that have affinities.
     *
     * @param image (x, y) or (x, y, c)
     * @param levels names of levels
     * @param x the pixel's column, from 0
     * @param y the pixel's row, from 0
     * @return one plane per level
     * @throws IllegalArgumentException if a level has no affinities or the pixel lies outside
     * @throws java.util.concurrent.CancellationException if {@code progress} says so
     */
    public List<AffinityPlane> affinity(
            RandomAccessibleInterval<? extends RealType<?>> image,
            List<String> levels,
            int x,
            int y,
            Progress progress) {
        if (model == null) {
            throw new IllegalArgumentException("method is " + word() + "; affinities of a point need the method model");
        }
        return model.affinity(image, settings, levels, x, y, progress);
    }

    /** The levels of groups that a model offers; the one of the method for the other methods. */
    public List<Level> levels() {
        return model != null ? model.levels() : List.of(new Level(word(), "", "the labels"));
    }

    /** The levels of affinities that a model offers. */
    public List<Level> affinityLevels() {
        return model != null ? model.affinityLevels() : List.of();
    }

    /** The names of the levels to look at first. */
    public List<String> usualLevels() {
        return model != null ? model.usualLevels() : List.of(word());
    }

    private String word() {
        return settings.method().name().toLowerCase(Locale.ROOT);
    }

    /** The model's SHA-256 and what was done to read it; empty for the other methods. */
    public Optional<ModelNote> modelNote() {
        return model == null ? Optional.empty() : Optional.of(new ModelNote(model.sha256(), model.description()));
    }

    /**
     * What a run manifest says about the model.
     *
     * @param sha256 of the file
     * @param description the variant, then what was done to read the file
     */
    public record ModelNote(String sha256, List<String> description) {}

    /** A label plane from labels counted from 0 (-1 for none), which are changed. */
    static LabelPlane plane(String level, Labels labels) {
        return plane(level, labels, List.of());
    }

    static LabelPlane plane(String level, Labels labels, List<String> segments) {
        int[] numbers = labels.labels();
        for (int i = 0; i < numbers.length; i++) {
            numbers[i]++;
        }
        return new LabelPlane(
                level, ArrayImgs.ints(numbers, labels.width(), labels.height()), labels.count(), segments);
    }

    @Override
    public void close() {
        if (model != null) {
            model.close();
        }
    }
}
