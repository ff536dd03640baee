// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.benchmark;

import ai.djl.ndarray.NDArray;
import io.github.pointillist.tensor.Arena;
import java.util.SplittableRandom;

/** What the formulations compared are given. */
final class PlainInputs {
    private PlainInputs() {}

    /** Uniform values with the deviation of a normalised image, (1, channels, side, side). */
    static NDArray random(Arena arena, int channels, int side) {
        SplittableRandom random = new SplittableRandom(1);
        float[] values = new float[channels * side * side];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(-1.7, 1.7);
        }
        return arena.array(values, 1, channels, side, side);
    }

    /** The same values in the channels-last order that a layer gets inside a model, (1, side, side, channels). */
    static NDArray channelsLast(NDArray planes) {
        // Joining makes a dense copy in that order.
        return planes.transpose(0, 2, 3, 1)
                .concat(planes.transpose(0, 2, 3, 1), 0)
                .get("0:1");
    }
}
