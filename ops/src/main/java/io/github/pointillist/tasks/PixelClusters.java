// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import io.github.pointillist.clustering.Components;
import io.github.pointillist.clustering.ContextClustering;
import io.github.pointillist.clustering.EquitableClustering;
import io.github.pointillist.clustering.FeatureSource;
import io.github.pointillist.clustering.Features;
import io.github.pointillist.clustering.KMeansClustering;
import io.github.pointillist.clustering.Labels;
import io.github.pointillist.image.Images;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.MapClusters.FeatureKind;
import io.github.pointillist.tasks.MapClusters.LabelPlane;
import io.github.pointillist.tasks.MapClusters.Settings;
import io.github.pointillist.tasks.MapClusters.Similarity;
import java.util.Locale;
import net.imglib2.RandomAccess;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.type.numeric.RealType;

/** The clustering layers as training-free operations on the pixels of an image. */
final class PixelClusters {
    private static final int MAX_ROUNDS = 300;
    /** A component joined to the vectors of SEC, of mid-range size: one intensity alone has no direction. */
    private static final float BIAS = 50;

    private PixelClusters() {}

    static LabelPlane map(
            RandomAccessibleInterval<? extends RealType<?>> image, boolean rgb, Settings settings, Progress progress) {
        FeatureSource features = features(new Rows(image, Images.channels(image)), rgb, settings.features());
        Labels labels =
                switch (settings.method()) {
                    case CONTEXT -> context(features, settings, progress);
                    case KMEANS ->
                        KMeansClustering.cluster(
                                        features,
                                        new KMeansClustering.Config(
                                                settings.clusters(),
                                                settings.compactness(),
                                                settings.seed(),
                                                MAX_ROUNDS),
                                        progress)
                                .labels();
                    case EQUITABLE ->
                        EquitableClustering.cluster(
                                Features.withConstant(features, BIAS),
                                new EquitableClustering.Config(settings.clusters(), settings.compactness()),
                                progress);
                    case MODEL -> throw new IllegalArgumentException("a model is no operation on pixels");
                };
        if (settings.connected()) {
            labels = Components.split(labels, features, minSize(settings, labels), progress);
        }
        return MapClusters.plane(settings.method().name().toLowerCase(Locale.ROOT), labels);
    }

    private static Labels context(FeatureSource features, Settings settings, Progress progress) {
        ContextClustering.Config config = ContextClustering.Config.of(settings.clusters())
                .withCompactness(settings.compactness())
                .withIterations(settings.iterations())
                .withSimilarity(
                        settings.similarity() == Similarity.COSINE
                                ? ContextClustering.Similarity.COSINE
                                : ContextClustering.Similarity.EUCLIDEAN);
        return ContextClustering.cluster(features, config, progress).labels();
    }

    private static int minSize(Settings settings, Labels labels) {
        if (settings.minSizePx() != Settings.AUTOMATIC) {
            return settings.minSizePx();
        }
        return settings.method() == MapClusters.Method.CONTEXT ? Components.defaultMinSizePx(labels) : 0;
    }

    private static FeatureSource features(FeatureSource image, boolean rgb, FeatureKind kind) {
        FeatureSource colour = rgb ? Features.lab(image) : Features.intensities(image);
        return kind == FeatureKind.TEXTURE ? Features.texture(colour, rgb) : colour;
    }

    /** The rows of an (x, y) or (x, y, c) image. */
    private record Rows(RandomAccessibleInterval<? extends RealType<?>> image, int channels) implements FeatureSource {
        @Override
        public int width() {
            return Math.toIntExact(image.dimension(0));
        }

        @Override
        public int height() {
            return Math.toIntExact(image.dimension(1));
        }

        @Override
        public void row(int y, float[] into) {
            RandomAccess<? extends RealType<?>> access = image.randomAccess();
            int width = width();
            for (int c = 0; c < channels; c++) {
                access.setPosition(image.min(0), 0);
                access.setPosition(image.min(1) + y, 1);
                if (image.numDimensions() > 2) {
                    access.setPosition(image.min(2) + c, 2);
                }
                for (int i = c; i < width * channels; i += channels) {
                    into[i] = access.get().getRealFloat();
                    access.fwd(0);
                }
            }
        }
    }
}
