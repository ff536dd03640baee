// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import io.github.pointillist.image.Images;
import io.github.pointillist.samples.InclusionSample;
import io.github.pointillist.samples.SimulatedImages;
import io.github.pointillist.samples.TissueScene;

/**
 * Simulated tissue with countable things in it, each example another section in another stain.
 *
 * @param patchPx side of a patch
 * @param seed of everything
 */
public record SimulatedInclusions(int patchPx, long seed) implements ExampleSource {
    /** Checks the side. */
    public SimulatedInclusions {
        if (patchPx < 32) {
            throw new IllegalArgumentException("patches of " + patchPx + " px given; allowed are 32 px or more");
        }
    }

    @Override
    public Annotated example(long index) {
        Draws draws = Draws.of(seed, index);
        InclusionSample sample =
                SimulatedImages.inclusions(patchPx, patchPx, draws.nextLong(), TissueScene.random(draws.nextLong()));
        int[] objects = Images.labels(sample.sample().labels());
        int[] classes = Images.labels(sample.classes());
        int[] labels = new int[objects.length];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = PanopticLabels.of(classes[i], objects[i]);
        }
        return new Annotated(Images.toRaster(sample.sample().image()), labels, "simulated inclusions " + index);
    }

    @Override
    public String describe() {
        return "simulated inclusions in patches of " + patchPx + " px, seed " + seed;
    }
}
