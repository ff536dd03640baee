// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.ops;

import io.github.pointillist.clustering.ContextClustering;
import io.github.pointillist.clustering.EquitableClustering;
import io.github.pointillist.clustering.Features;
import io.github.pointillist.clustering.KMeansClustering;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.MapClusters;
import io.github.pointillist.tasks.MapClusters.Method;
import io.github.pointillist.tasks.MapClusters.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.img.Img;
import net.imglib2.type.numeric.RealType;
import net.imglib2.type.numeric.integer.IntType;

/**
 * Clustering without training as SciJava Ops. Images are (x, y) or (x, y, c), of any real type and any origin; their
 * intensities are brought to a common scale ({@link Features#intensities}). Labels are (x, y) with origin 0, 1 and up; 0
 * where a pixel is not finite. All use a thread per processor and give the same result on every machine.
 */
public final class ClusterOps {
    private ClusterOps() {}

    /**
     * Superpixels by context clustering, 10 rounds; see {@link ContextClustering}. Every superpixel is connected.
     *
     * @implNote op names='cluster.context'
     * @param image (x, y) or (x, y, c)
     * @param clusters superpixels asked for, at least 1
     * @param compactness weight of position against intensity: 0 follows intensity alone, 1 is balanced, 10 gives squares
     * @return labels (x, y), numbered in raster order of their first pixels
     */
    public static Img<IntType> context(
            RandomAccessibleInterval<? extends RealType<?>> image, int clusters, double compactness) {
        return labels(image, Method.CONTEXT, clusters, compactness, 0);
    }

    /**
     * k-means of the intensities; see {@link KMeansClustering}.
     *
     * @implNote op names='cluster.kmeans'
     * @param image (x, y) or (x, y, c)
     * @param clusters clusters asked for, at least 1
     * @param positionWeight weight of the position, 0 leaves it out, 1 makes the longer side 100
     * @param seed for the start; the same seed gives the same labels
     * @return labels (x, y)
     */
    public static Img<IntType> kmeans(
            RandomAccessibleInterval<? extends RealType<?>> image, int clusters, double positionWeight, long seed) {
        return labels(image, Method.KMEANS, clusters, positionWeight, seed);
    }

    /**
     * Clusters of equal size by the cosine to the mean; see {@link EquitableClustering}.
     *
     * @implNote op names='cluster.equitable'
     * @param image (x, y) or (x, y, c)
     * @param clusters groups, at least 1
     * @param positionWeight weight of the position, 0 leaves it out; with one channel it should not be 0
     * @return labels (x, y) in ascending order of the cosine
     */
    public static Img<IntType> equitable(
            RandomAccessibleInterval<? extends RealType<?>> image, int clusters, double positionWeight) {
        return labels(image, Method.EQUITABLE, clusters, positionWeight, 0);
    }

    private static Img<IntType> labels(
            RandomAccessibleInterval<? extends RealType<?>> image,
            Method method,
            int clusters,
            double compactness,
            long seed) {
        Settings defaults = Settings.defaults(method);
        Settings settings = new Settings(
                method,
                clusters,
                compactness,
                defaults.iterations(),
                defaults.similarity(),
                defaults.features(),
                defaults.connected(),
                defaults.minSizePx(),
                seed,
                null,
                null,
                List.of(),
                0,
                defaults.device());
        try (MapClusters task = MapClusters.open(settings)) {
            return task.map(image, false, Progress.NONE).get(0).labels();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
