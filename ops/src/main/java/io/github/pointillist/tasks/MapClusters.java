// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import io.github.pointillist.progress.Progress;
import java.nio.file.Path;
import java.util.List;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.img.Img;
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
     * @param compactness weight of position against colour: about 0 follows colour alone, 1 is balanced, large gives
     *     squares; not used by {@code MODEL}
     * @param iterations rounds of assignment and update for {@code CONTEXT}, at least 1
     * @param similarity similarity for {@code CONTEXT}
     * @param features what is compared; not used by {@code MODEL}
     * @param connected whether each label is split into its connected components
     * @param minSizePx components smaller than this are merged into a neighbour; 0 keeps all; needs {@code connected}
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
            String device) {}

    /**
     * One label plane.
     *
     * @param level "context", "kmeans", "equitable" or "stage.block.head"
     * @param labels (x, y), 1 to {@code clusters}; 0 where a pixel has no cluster (NaN)
     * @param clusters number of labels
     */
    public record LabelPlane(String level, Img<IntType> labels, int clusters) {}

    private final Settings settings;

    private MapClusters(Settings settings) {
        this.settings = settings;
    }

    /** Opens the task: checks the settings and loads the model if there is one. */
    public static MapClusters open(Settings settings) {
        return new MapClusters(settings);
    }

    /**
     * Maps one plane.
     *
     * @param image (x, y, c); c is 3 for RGB
     * @param rgb whether the channels are 8-bit sRGB
     * @return one label plane per level
     */
    public List<LabelPlane> map(RandomAccessibleInterval<? extends RealType<?>> image, boolean rgb, Progress progress) {
        throw new UnsupportedOperationException("not there yet: " + settings.method());
    }

    /** The levels that a model offers, "stage.block.head" each; one entry for the other methods. */
    public List<String> levels() {
        throw new UnsupportedOperationException("not there yet");
    }

    @Override
    public void close() {}
}
