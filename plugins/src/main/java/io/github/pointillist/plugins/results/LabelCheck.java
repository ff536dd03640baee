// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import io.github.pointillist.tasks.Evaluate.Mode;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import net.imglib2.RandomAccess;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.type.numeric.RealType;

/**
 * Tells label planes from pictures. In a picture a value stands for brightness: it occurs here and there, in many small
 * pieces. A label stands for an object, mostly in one piece.
 *
 * @param labels different values above 0
 * @param scattered those in {@link #SCATTERED} pieces or more; pixels that share a corner are in one piece
 * @param pieces of all values above 0
 * @param pixels above 0
 * @param looked pixels that were looked at
 * @param first a value above 0; 0 if there is none
 */
record LabelCheck(int labels, int scattered, long pieces, long pixels, long looked, long first) {
    /** Few objects come in so many pieces, and then few of them. */
    static final int SCATTERED = 4;

    private static final int FEW_OBJECTS = 16;
    private static final int FEW_CLASSES = 64;
    private static final double SMALL_PIECE = 8;
    private static final double TINY_PIECE = 3;

    /** What is looked at of a large plane: a square of this side from its middle. */
    private static final int LARGEST_SIDE = 2048;

    private static final LabelCheck NO_LABELS = new LabelCheck(0, 0, 0, 0, 0, 0);

    /** Looks at a plane, (x, y). Values that are no labels at all are left to who reads them: nothing is said of such. */
    static LabelCheck of(RandomAccessibleInterval<? extends RealType<?>> plane) {
        int width = (int) Math.min(LARGEST_SIDE, plane.dimension(0));
        int height = (int) Math.min(LARGEST_SIDE, plane.dimension(1));
        long left = plane.min(0) + (plane.dimension(0) - width) / 2;
        long top = plane.min(1) + (plane.dimension(1) - height) / 2;
        long[] values = new long[width * height];
        int[] parents = new int[values.length];
        RandomAccess<? extends RealType<?>> access = plane.randomAccess();
        for (int y = 0, i = 0; y < height; y++) {
            access.setPosition(left, 0);
            access.setPosition(top + y, 1);
            for (int x = 0; x < width; x++, i++) {
                double value = access.get().getRealDouble();
                values[i] = (long) value;
                if (values[i] != value || values[i] < 0) {
                    return NO_LABELS;
                }
                parents[i] = i;
                if (values[i] > 0) {
                    join(values, parents, i, x > 0 ? i - 1 : -1);
                    join(values, parents, i, i - width);
                    join(values, parents, i, x > 0 ? i - width - 1 : -1);
                    join(values, parents, i, x < width - 1 ? i - width + 1 : -1);
                }
                access.fwd(0);
            }
        }
        Map<Long, int[]> piecesOf = new HashMap<>();
        long pixels = 0;
        long first = 0;
        for (int i = 0; i < values.length; i++) {
            if (values[i] > 0) {
                pixels++;
                first = first == 0 ? values[i] : first;
                if (parents[i] == i) {
                    piecesOf.computeIfAbsent(values[i], any -> new int[1])[0]++;
                }
            }
        }
        int[] counts = piecesOf.values().stream().mapToInt(count -> count[0]).toArray();
        return new LabelCheck(
                counts.length,
                (int) Arrays.stream(counts).filter(count -> count >= SCATTERED).count(),
                Arrays.stream(counts).asLongStream().sum(),
                pixels,
                values.length,
                first);
    }

    private static void join(long[] values, int[] parents, int i, int other) {
        if (other < 0 || values[other] != values[i]) {
            return;
        }
        int a = root(parents, i);
        int b = root(parents, other);
        parents[Math.max(a, b)] = Math.min(a, b);
    }

    private static int root(int[] parents, int i) {
        int at = i;
        while (parents[at] != at) {
            parents[at] = parents[parents[at]];
            at = parents[at];
        }
        return at;
    }

    /** Whether this is rather a picture than labels. */
    boolean looksLikeIntensities(Mode mode) {
        if (labels < (mode == Mode.SEMANTIC ? FEW_CLASSES : FEW_OBJECTS)) {
            return false;
        }
        boolean repeated = pieces >= 1.5 * labels && pixels < SMALL_PIECE * pieces;
        boolean crowded =
                2 * pixels > looked && pixels < TINY_PIECE * pieces; // 16 bits: nearly every pixel another value
        return 2 * scattered >= labels || repeated || crowded;
    }

    /** Whether this is rather a mask: one value, in several pieces. */
    boolean looksLikeMask() {
        return labels == 1 && pieces > 1;
    }
}
