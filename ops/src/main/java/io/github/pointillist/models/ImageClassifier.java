// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

/** A network from an image (B, 3, H, W) to one logit per class (B, classes), whatever its architecture. */
public interface ImageClassifier {
    /** Number of classes; 0 for a backbone without a classifier. */
    int classes();

    /** The images it takes. */
    InputSizes inputSizes();

    /** Whether a class does not exclude another: scores are then sigmoids of the logits, else their softmax. */
    default boolean multiLabel() {
        return false;
    }
}
