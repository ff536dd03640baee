// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import io.github.pointillist.catalog.ModelCard.Segmentation;
import io.github.pointillist.progress.Progress;

/** Decodes what a network says about one window, for measuring it while it is trained. */
public final class ObjectPatches {
    private ObjectPatches() {}

    /**
     * Finds the objects of a window.
     *
     * @param outputs logits of foreground and centre, then rows and columns to the centre in object diameters; (4, rows,
     *     columns), of which this window begins at {@code from}
     * @param from index of the first value
     * @param rows of cells
     * @param columns of cells
     * @param stridePx pixels of a cell along each side
     * @param card thresholds and object diameter
     * @return labels, row-major, {@code columns * stridePx} wide; 0 is background
     */
    public static int[] labels(float[] outputs, int from, int rows, int columns, int stridePx, Segmentation card) {
        int cells = rows * columns;
        ObjectMaps maps = new ObjectMaps(columns, rows);
        for (int i = 0; i < cells; i++) {
            maps.set(
                    i,
                    outputs[from + i],
                    sigmoid(outputs[from + cells + i]),
                    outputs[from + 2 * cells + i],
                    outputs[from + 3 * cells + i]);
        }
        double share = 1.0 / stridePx;
        return ObjectDecoder.decode(
                        maps,
                        new ObjectDecoder.Pixels(columns * stridePx, rows * stridePx, share, share, null),
                        new ObjectDecoder.Options(
                                card.foregroundThreshold(),
                                card.centreThreshold(),
                                card.objectDiameterPx() * share,
                                0,
                                false),
                        Progress.NONE)
                .labels();
    }

    private static float sigmoid(float x) {
        return (float) (1 / (1 + Math.exp(-x)));
    }
}
