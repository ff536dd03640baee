// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.benchmark;

import io.github.pointillist.clustering.FeatureSource;
import io.github.pointillist.clustering.Labels;
import io.github.pointillist.clustering.Sources;
import java.util.List;
import java.util.Random;

/**
 * A mosaic of cells with known borders: a Voronoi diagram of jittered seeds under a wavy displacement, each cell of its own
 * colour with stripes of its own direction and noise.
 *
 * @param name for tables
 * @param size side in pixels
 * @param cells cells along a side
 * @param channels 1 or 3
 * @param noise standard deviation, of a range of 255
 * @param texture amplitude of the stripes, of a range of 255
 * @param seed the same seed gives the same mosaic
 */
record SimulatedTissue(String name, int size, int cells, int channels, double noise, double texture, long seed) {
    /** What the quality is measured on. */
    static final List<SimulatedTissue> EXAMPLES = List.of(
            new SimulatedTissue("rgb, light noise", 384, 12, 3, 8, 10, 1),
            new SimulatedTissue("rgb, heavy noise", 384, 12, 3, 25, 20, 2),
            new SimulatedTissue("grey, light noise", 384, 12, 1, 8, 10, 3),
            new SimulatedTissue("grey, heavy noise", 384, 12, 1, 20, 15, 4));

    Labels truth() {
        Random random = new Random(seed);
        double step = (double) size / cells;
        double[] seedX = new double[cells * cells];
        double[] seedY = new double[cells * cells];
        for (int i = 0; i < seedX.length; i++) {
            seedX[i] = (i % cells + random.nextDouble()) * step;
            seedY[i] = ((double) (i / cells) + random.nextDouble()) * step;
        }
        int[] labels = new int[size * size];
        for (int i = 0; i < labels.length; i++) {
            double x = i % size + 3 * Math.sin(i / size / 7.0);
            double y = (double) (i / size) + 3 * Math.sin(i % size / 9.0);
            double best = Double.POSITIVE_INFINITY;
            for (int s = 0; s < seedX.length; s++) {
                double d = Math.hypot(x - seedX[s], y - seedY[s]);
                if (d < best) {
                    best = d;
                    labels[i] = s;
                }
            }
        }
        return new Labels(size, size, labels, seedX.length);
    }

    FeatureSource image() {
        int[] labels = truth().labels();
        Random random = new Random(seed + 1000);
        int n = cells * cells;
        double[] colour = random.doubles((long) n * channels, 40, 215).toArray();
        double[] angle = random.doubles(n, 0, Math.PI).toArray();
        float[] pixels = new float[size * size * channels];
        for (int i = 0; i < labels.length; i++) {
            int cell = labels[i];
            double along = i % size * Math.cos(angle[cell]) + (double) (i / size) * Math.sin(angle[cell]);
            double stripe = texture * Math.sin(along);
            for (int c = 0; c < channels; c++) {
                double value = colour[cell * channels + c] + stripe + noise * random.nextGaussian();
                pixels[i * channels + c] = Math.round(Math.max(0, Math.min(255, value)));
            }
        }
        int row = size * channels;
        return Sources.of(size, size, channels, pixels);
    }
}
