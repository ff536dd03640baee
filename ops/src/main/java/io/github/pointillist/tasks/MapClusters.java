// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import ai.djl.Device;
import io.github.pointillist.clustering.Labels;
import io.github.pointillist.engine.Devices;
import io.github.pointillist.progress.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.img.Img;
import net.imglib2.img.array.ArrayImgs;
import net.imglib2.type.numeric.RealType;
import net.imglib2.type.numeric.integer.IntType;

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
        /** The assignments inside a trained Context Cluster model. */
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
     * @param model checkpoint file for {@code MODEL}, else null
     * @param variant official variant name or a JSON configuration file, or null to recognise it from the checkpoint
     * @param levels for {@code MODEL}: "stage.block.head" each, 0-based, in the order of the planes wanted
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
            Path model,
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
     * One label plane.
     *
     * @param level "context", "kmeans", "equitable" or "stage.block.head"
     * @param labels (x, y), 1 to {@code clusters}; 0 where a pixel has no cluster (NaN)
     * @param clusters number of labels
     */
    public record LabelPlane(String level, Img<IntType> labels, int clusters) {}

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
     * @throws IOException if the model's file cannot be read or is no Context Cluster
     */
    public static MapClusters open(Settings settings) throws IOException {
        Settings.require(
                (settings.method() == Method.MODEL) == (settings.model() != null),
                "model",
                settings.model() == null ? "none" : settings.model(),
                "a checkpoint file for the method model, none for the others");
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
        if (model != null) {
            return model.map(image, settings, progress);
        }
        return List.of(PixelClusters.map(image, rgb, settings, progress));
    }

    /** The levels that a model offers, "stage.block.head" each; the name of the method for the other methods. */
    public List<String> levels() {
        return model != null ? model.levels() : List.of(settings.method().name().toLowerCase(Locale.ROOT));
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
        int[] numbers = labels.labels();
        for (int i = 0; i < numbers.length; i++) {
            numbers[i]++;
        }
        return new LabelPlane(level, ArrayImgs.ints(numbers, labels.width(), labels.height()), labels.count());
    }

    @Override
    public void close() {
        if (model != null) {
            model.close();
        }
    }
}
