// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training.kmax;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.github.pointillist.layers.Resize;
import java.util.ArrayList;
import java.util.List;

/**
 * What a model says, from the final masks and from every k-means step, all at one size.
 *
 * @param predictions the final one, then those of the steps
 * @param semantic logits of the semantic head, (B, h', w', classes), or null
 */
record KMaxOutputs(List<Prediction> predictions, NDArray semantic) {
    /**
     * One prediction.
     *
     * @param masks logits (B, h, w, L)
     * @param classes logits (B, L, K + 1)
     * @param features unit vectors (B, h, w, C)
     */
    record Prediction(NDArray masks, NDArray classes, NDArray features) {}

    /** From what {@code KMaxDeepLab.predictAll} gives. */
    static KMaxOutputs of(NDList all) {
        List<Prediction> predictions = new ArrayList<>();
        for (int i = 0; i + 3 <= all.size(); i += 3) {
            predictions.add(new Prediction(all.get(i), all.get(i + 1), all.get(i + 2)));
        }
        return new KMaxOutputs(resized(predictions), all.size() % 3 == 0 ? null : all.get(all.size() - 1));
    }

    /** Masks and features of the steps at the size of the final ones; the parity of the height says how. */
    static List<Prediction> resized(List<Prediction> predictions) {
        long h = predictions.get(0).masks.getShape().get(1);
        long w = predictions.get(0).masks.getShape().get(2);
        boolean aligned = h % 2 == 1;
        return predictions.stream()
                .map(one -> new Prediction(
                        Resize.bilinear(one.masks, h, w, aligned),
                        one.classes,
                        Resize.bilinear(one.features, h, w, aligned)))
                .toList();
    }
}
