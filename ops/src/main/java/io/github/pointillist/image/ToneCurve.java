// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.image;

/**
 * A curve from 0 to 255 onto 0 to 255 that lifts what is dark: 255 ln(1 + k v) / ln(1 + k) for v = value / 255, interpolated
 * linearly between 4097 points, so that it has the same bits on every machine. The larger k, the more it lifts; for 0 it is
 * the identity.
 */
final class ToneCurve {
    private static final int STEPS = 4096;
    private static final float WHITE = 255;

    private final float[] table;

    /** @param lift k, 0 or more */
    ToneCurve(float lift) {
        table = lift == 0 ? null : new float[STEPS + 2];
        if (table != null) {
            for (int i = 0; i <= STEPS; i++) {
                table[i] = (float) (WHITE * StrictMath.log1p(lift * (double) i / STEPS) / StrictMath.log1p(lift));
            }
            table[STEPS + 1] = table[STEPS];
        }
    }

    /** Values outside 0 to 255 are taken as the nearest within, but for the identity. */
    float apply(float value) {
        if (table == null) {
            return value;
        }
        float at = Math.max(0, Math.min(WHITE, value)) * (STEPS / WHITE);
        int below = (int) at;
        return table[below] + (at - below) * (table[below + 1] - table[below]);
    }
}
