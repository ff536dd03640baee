// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.benchmark;

import io.github.pointillist.clustering.Components;
import io.github.pointillist.clustering.ContextClustering;
import io.github.pointillist.clustering.FeatureSource;
import io.github.pointillist.clustering.Features;
import io.github.pointillist.clustering.Labels;
import io.github.pointillist.clustering.Sources;
import io.github.pointillist.progress.Progress;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Superpixels of an RGB image from sRGB to merged components: 1,024 centres, 10 rounds. The time is linear in the pixels, so
 * doubling the side multiplies it by 4.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class ContextBenchmark {
    private static final int CENTRES = 1024;

    /** Side in pixels. */
    @Param({"512", "1024", "2048"})
    public int side;

    /** Threads used. */
    @Param({"1", "2"})
    public int threads;

    private FeatureSource image;

    /** Makes the image: waves of colour with noise. */
    @Setup
    public void makeImage() {
        Random random = new Random(1);
        int row = 3 * side;
        float[] pixels = new float[row * side];
        for (int i = 0; i < pixels.length; i++) {
            double wave = 60 * Math.sin(i / 3 % side / 17.0 + i % 3) * Math.cos(i / row / 23.0);
            pixels[i] = Math.round(Math.max(0, Math.min(255, 128 + wave + 12 * random.nextGaussian())));
        }
        image = Sources.of(side, side, 3, pixels);
    }

    /** Context clustering, connected components, small ones merged. */
    @Benchmark
    public Labels superpixels() {
        FeatureSource lab = Features.lab(image);
        Labels labels = ContextClustering.cluster(lab, ContextClustering.Config.of(CENTRES), threads, Progress.NONE)
                .labels();
        return Components.split(labels, lab, Components.defaultMinSizePx(labels), Progress.NONE);
    }
}
