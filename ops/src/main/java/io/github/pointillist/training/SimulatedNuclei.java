// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import io.github.pointillist.image.Images;
import io.github.pointillist.image.IntensityRange;
import io.github.pointillist.image.Interpolation;
import io.github.pointillist.image.RasterF;
import io.github.pointillist.image.Resize;
import io.github.pointillist.samples.NucleiScene;
import io.github.pointillist.samples.Sample;
import io.github.pointillist.samples.SimulatedImages;
import java.util.Locale;

/**
 * Simulated fluorescence nuclei, each example another scene ({@link NucleiScene#random}), seen as the network sees an
 * image at inference: simulated at a mean diameter of its own, stretched between percentiles of the whole simulated
 * image, resampled to the network's diameter give or take what an estimate of the diameter may be off, and cut out.
 *
 * @param patchPx side of a patch, a multiple of what the network takes
 * @param diameterPx mean diameter of a nucleus in a patch
 * @param lowPercent percentile that becomes 0
 * @param highPercent percentile that becomes 255
 * @param seed of everything
 */
public record SimulatedNuclei(int patchPx, double diameterPx, double lowPercent, double highPercent, long seed)
        implements ExampleSource {
    private static final double SMALLEST_PX = 7;
    private static final double LARGEST_PX = 44;
    /** Standard deviation of the logarithm of the mean diameter in a patch. */
    private static final double SPREAD = 0.22;

    private static final double LARGEST_SPREAD = 0.55;

    /** Checks the ranges. */
    public SimulatedNuclei {
        if (patchPx < 32 || !(diameterPx >= 8) || diameterPx > patchPx) {
            throw new IllegalArgumentException("patches of " + patchPx + " px with nuclei of " + diameterPx
                    + " px given; allowed are patches of 32 px or more and nuclei from 8 px to the side of a patch");
        }
    }

    @Override
    public Annotated example(long index) {
        Draws draws = Draws.of(seed, index);
        double simulated = SMALLEST_PX * StrictMath.pow(LARGEST_PX / SMALLEST_PX, draws.uniform());
        double off = Math.max(-LARGEST_SPREAD, Math.min(LARGEST_SPREAD, SPREAD * draws.gaussian()));
        double zoom = diameterPx * StrictMath.exp(off) / simulated;
        // the percentiles are those of more than the patch
        double shown = 1.15 + 0.6 * draws.uniform();
        int side = (int) Math.ceil(patchPx * shown / zoom);
        int zoomed = Math.max(patchPx, (int) Math.round(side * zoom));
        Sample sample =
                SimulatedImages.nuclei(side, side, draws.nextLong(), NucleiScene.random(draws.nextLong(), simulated));
        RasterF image = IntensityRange.stretch(Images.toRaster(sample.image()), lowPercent, highPercent);
        RasterF resized = Resize.resize(image, zoomed, zoomed, Interpolation.PIL_BILINEAR);
        int left = draws.below(zoomed - patchPx + 1);
        int top = draws.below(zoomed - patchPx + 1);
        int[] all = Images.labels(sample.labels());
        int[] labels = enlarged(all, side, zoomed, left, top);
        return new Annotated(resized.crop(left, top, patchPx, patchPx), labels, "simulated nuclei " + index);
    }

    /** Of the four nearest pixels the label with most weight in a bilinear interpolation, so that outlines stay smooth. */
    private int[] enlarged(int[] all, int side, int zoomed, int left, int top) {
        int[] labels = new int[patchPx * patchPx];
        double step = (double) side / zoomed;
        int[] near = new int[4];
        double[] weights = new double[4];
        for (int y = 0; y < patchPx; y++) {
            double sy = Math.max(0, Math.min(side - 1, (y + top + 0.5) * step - 0.5));
            int y0 = (int) sy;
            int y1 = Math.min(side - 1, y0 + 1);
            for (int x = 0; x < patchPx; x++) {
                double sx = Math.max(0, Math.min(side - 1, (x + left + 0.5) * step - 0.5));
                int x0 = (int) sx;
                int x1 = Math.min(side - 1, x0 + 1);
                near[0] = all[y0 * side + x0];
                near[1] = all[y0 * side + x1];
                near[2] = all[y1 * side + x0];
                near[3] = all[y1 * side + x1];
                weights[0] = (1 - (sy - y0)) * (1 - (sx - x0));
                weights[1] = (1 - (sy - y0)) * (sx - x0);
                weights[2] = (sy - y0) * (1 - (sx - x0));
                weights[3] = (sy - y0) * (sx - x0);
                labels[y * patchPx + x] = heaviest(near, weights);
            }
        }
        return labels;
    }

    private static int heaviest(int[] labels, double[] weights) {
        int best = labels[0];
        double most = -1;
        for (int i = 0; i < labels.length; i++) {
            double sum = 0;
            for (int k = 0; k < labels.length; k++) {
                sum += labels[k] == labels[i] ? weights[k] : 0;
            }
            if (sum > most) {
                most = sum;
                best = labels[i];
            }
        }
        return best;
    }

    @Override
    public String describe() {
        return String.format(
                Locale.ROOT,
                "simulated nuclei of %.0f px in patches of %d px, percentiles %.2f to %.2f, seed %d",
                diameterPx,
                patchPx,
                lowPercent,
                highPercent,
                seed);
    }
}
