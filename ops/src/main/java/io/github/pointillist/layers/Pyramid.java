// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.github.pointillist.tensor.Pass;
import java.util.List;

/** A backbone that gives features at several scales, finest first, for dense prediction. */
public interface Pyramid {
    /**
     * The features of an image at every scale.
     *
     * @param image (B, 3, H, W), RGB, normalised
     * @return one array per scale, (B, C_i, H_i, W_i), H_i about H / stride_i
     */
    NDList features(NDArray image, Pass pass);

    /** C_i of each scale. */
    List<Integer> channels();

    /** Image pixels from one point to the next of each scale. */
    List<Integer> strides();
}
