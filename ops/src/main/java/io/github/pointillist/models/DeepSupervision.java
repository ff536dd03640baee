// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.github.pointillist.tensor.Pass;

/** A network with further heads on inner maps that are used in training alone. */
public interface DeepSupervision {
    /**
     * The logits of all heads, to be trained together; the losses of those after the first usually count 0.4
     * (mmsegmentation's {@code loss_weight} of {@code auxiliary_head}).
     *
     * @param image (B, 3, H, W), normalised
     * @return (B, K, h, w) of the main head, then those of the others, on coarser or finer grids of the same image
     */
    NDList trainingLogits(NDArray image, Pass pass);
}
