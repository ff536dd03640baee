// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.ops;

import io.github.pointillist.clustering.Components;
import io.github.pointillist.clustering.ContextClustering;
import io.github.pointillist.clustering.EquitableClustering;
import io.github.pointillist.clustering.FeatureSource;
import io.github.pointillist.clustering.Features;
import io.github.pointillist.clustering.KMeansClustering;
import io.github.pointillist.clustering.Labels;
import io.github.pointillist.progress.Progress;
import net.imglib2.RandomAccess;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.img.Img;
import net.imglib2.img.array.ArrayImgs;
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
        FeatureSource features = Features.intensities(source(image));
        ContextClustering.Config config = ContextClustering.Config.of(clusters).withCompactness(compactness);
        Labels labels =
                ContextClustering.cluster(features, config, Progress.NONE).labels();
        return image(Components.split(labels, features, Components.defaultMinSizePx(labels), Progress.NONE));
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
        KMeansClustering.Config config = new KMeansClustering.Config(clusters, positionWeight, seed, 300);
        return image(KMeansClustering.cluster(Features.intensities(source(image)), config, Progress.NONE)
                .labels());
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
        EquitableClustering.Config config = new EquitableClustering.Config(clusters, positionWeight);
        return image(EquitableClustering.cluster(Features.intensities(source(image)), config, Progress.NONE));
    }

    /** Rows of an image. */
    private static FeatureSource source(RandomAccessibleInterval<? extends RealType<?>> image) {
        int axes = image.numDimensions();
        if (axes != 2 && axes != 3) {
            throw new IllegalArgumentException(
                    "an image of " + axes + " axes given; allowed: (x, y) or (x, y, c); give one plane at a time");
        }
        int width = Math.toIntExact(image.dimension(0));
        int height = Math.toIntExact(image.dimension(1));
        int channels = axes == 3 ? Math.toIntExact(image.dimension(2)) : 1;
        return new FeatureSource() {
            @Override
            public int width() {
                return width;
            }

            @Override
            public int height() {
                return height;
            }

            @Override
            public int channels() {
                return channels;
            }

            @Override
            public void row(int y, float[] into) {
                RandomAccess<? extends RealType<?>> access = image.randomAccess();
                for (int c = 0; c < channels; c++) {
                    access.setPosition(image.min(0), 0);
                    access.setPosition(image.min(1) + y, 1);
                    if (axes == 3) {
                        access.setPosition(image.min(2) + c, 2);
                    }
                    for (int x = 0; x < width; x++) {
                        into[x * channels + c] = access.get().getRealFloat();
                        access.fwd(0);
                    }
                }
            }
        };
    }

    private static Img<IntType> image(Labels labels) {
        int[] plane = new int[labels.labels().length];
        for (int i = 0; i < plane.length; i++) {
            plane[i] = labels.labels()[i] + 1;
        }
        return ArrayImgs.ints(plane, labels.width(), labels.height());
    }
}
