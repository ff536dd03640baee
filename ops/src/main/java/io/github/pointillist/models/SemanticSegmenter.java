// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

/**
 * A network from an image (B, 3, H, W) to one logit per class and point, (B, K, h, w), of which the softmax over K is the
 * probability. The h x w points cover the image evenly.
 */
public interface SemanticSegmenter {
    /** Number of classes, K. */
    int classes();

    /** The images it takes. */
    InputSizes inputSizes();
}
