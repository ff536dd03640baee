// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.image;

/**
 * How Context Clusters' own code prepares photographs.
 *
 * <p>Reference: ma-xu/Context-Cluster at be9a03b, validate.py (timm's evaluation transform) and cluster_visualize.py.
 */
public final class ClassificationPreprocessing {
    /** Evaluation: short side 248 (224 / 0.9), Pillow's bicubic, the central 224 x 224. */
    public static final ModelInput EVALUATION =
            ModelInput.centred(224, 0.9, Interpolation.PIL_BICUBIC, Normalisation.IMAGENET);

    /** Cluster visualisation: 224 x 224 whatever the aspect ratio, OpenCV's bilinear. */
    public static final ModelInput VISUALISATION =
            ModelInput.squashed(224, 224, Interpolation.CV_BILINEAR, Normalisation.IMAGENET);

    private ClassificationPreprocessing() {}
}
