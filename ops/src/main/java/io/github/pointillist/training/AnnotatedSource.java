// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import java.util.List;

/** Patches of a fixed size from annotated images. */
public final class AnnotatedSource implements ExampleSource {
    /**
     * How patches are drawn.
     *
     * @param patchPx side in pixels of the model, 8 to 8192
     * @param lowPercent percentile of the image that becomes 0, as at inference
     * @param highPercent percentile of the image that becomes 255
     * @param instances whether labels are objects rather than classes
     * @param augmentation how they are varied
     */
    public record Drawing(
            int patchPx, double lowPercent, double highPercent, boolean instances, Augmentation augmentation) {}

    /** Draws with the percentiles 1 and 99.8. */
    public AnnotatedSource(
            List<Annotated> images,
            double[] scalePerImage,
            int patchPx,
            Augmentation augmentation,
            boolean instances,
            long seed) {
        this(images, scalePerImage, new Drawing(patchPx, 1, 99.8, instances, augmentation), seed);
    }

    /**
     * Draws.
     *
     * @param images raw intensities, at least one, all of the same number of channels
     * @param scalePerImage model pixels per image pixel, one an image
     * @param drawing how
     * @param seed of all that is random
     */
    public AnnotatedSource(List<Annotated> images, double[] scalePerImage, Drawing drawing, long seed) {}

    @Override
    public Annotated example(long index) {
        throw new UnsupportedOperationException("being written");
    }

    @Override
    public String describe() {
        return "annotated images";
    }
}
