// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;

/**
 * Attention within the windows of a map, with a bias for each offset of two points, without its projections: Liu et al.,
 * Swin Transformer, ICCV 2021, as in microsoft/Swin-Transformer f82860b, {@code WindowAttention} and the partition,
 * shift and mask of {@code SwinTransformerBlock}.
 *
 * <p>Shapes: B samples of N = H W points; E heads of D dimensions; R windows of n = w^2 points.
 *
 * <p>The cyclic shift, the partition into windows and the change of layout from points to heads are one permutation of
 * rows of D numbers, and the way back is another; neither the shifted map nor its windows are made. Results are the same.
 */
public final class WindowAttention extends Layer {
    /** What is added to the scores of points that only the cyclic shift made neighbours. */
    private static final double MASKED = -100;

    private final Parameter table; // ((2 w - 1)^2, E)
    private final int height;
    private final int width;
    private final int window;
    private final int shift;
    private final int heads;

    /**
     * @param table the bias of each offset, ((2 w - 1)^2, E), a parameter of the caller
     * @param height H, a multiple of the window
     * @param width W, a multiple of the window
     * @param window w
     * @param shift points by which the windows are shifted to the right and down, from 0 to below w
     */
    public WindowAttention(Parameter table, int height, int width, int window, int shift) {
        if (window < 1 || height % window != 0 || width % window != 0 || shift < 0 || shift >= window) {
            throw new IllegalArgumentException("windows of " + window + " points shifted by " + shift
                    + " given for a map of " + width + " x " + height
                    + " points; the window must divide both sides, and the shift be below it");
        }
        long offsets = (2L * window - 1) * (2L * window - 1);
        if (table.shape().dimension() != 2 || table.shape().get(0) != offsets) {
            throw new IllegalArgumentException(
                    "a table of " + table.shape() + " given; it must be (" + offsets + ", heads)");
        }
        this.table = table;
        this.height = height;
        this.width = width;
        this.window = window;
        this.shift = shift;
        this.heads = (int) table.shape().get(1);
    }

    /** Number of windows, R. */
    public int windows() {
        return height / window * (width / window);
    }

    /**
     * Attention of one array's queries to its keys, with the scale 1 / sqrt(D).
     *
     * @param x (B, N, 3, E, D): queries, keys and values of every point, row by row
     * @return (B, N, E, D)
     */
    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        Shape shape = x.getShape();
        long b = shape.get(0);
        long d = shape.get(4);
        long n = (long) window * window;
        NDList parts = rows(x, there((int) b, pass))
                .reshape(3, b * windows() * heads, n, d)
                .split(3, 0);
        NDArray q = parts.get(0).reshape(-1, n, d).mul(scale(d)); // (B R E, n, D)
        NDArray k = parts.get(1).reshape(-1, n, d).transpose(0, 2, 1);
        NDArray v = parts.get(2).reshape(-1, n, d);
        NDArray result; // (B R E, n, D)
        try (NDArray weights = weights(q, k, b, pass);
                NDArray matrices = weights.reshape(-1, n, n)) {
            result = matrices.matMul(v);
        }
        return rows(result, back((int) b, pass)).reshape(b, shape.get(1), heads, d);
    }

    /**
     * The softmax of the scores, (B, R, E, n, n). The scores, by far the largest array here, are freed at once, so that
     * what follows finds their memory in the processor's cache.
     */
    private NDArray weights(NDArray q, NDArray k, long b, Pass pass) {
        long n = (long) window * window;
        try (NDArray product = q.matMul(k);
                NDArray scores = product.reshape(b, windows(), heads, n, n)) {
            scores.addi(bias(pass));
            if (shift > 0) {
                scores.addi(operand("mask", this::mask));
            }
            return scores.softmax(-1);
        }
    }

    /** Rows of D numbers taken in the order of the indices. */
    private static NDArray rows(NDArray x, NDArray indices) {
        NDArray rows = x.reshape(-1, x.getShape().getLastDimension());
        return rows.getNDArrayInternal()
                .embedding(indices, rows, SparseFormat.DENSE)
                .head();
    }

    private NDArray scale(long d) {
        return operand("scale", arena -> arena.array(new double[] {1 / Math.sqrt(d)}));
    }

    /** (E, n, n). */
    private NDArray bias(Pass pass) {
        int n = window * window;
        NDArray offsets = indices("offsets", pass, arena -> arena.array(offsets(), (long) n * n));
        return offsets.getNDArrayInternal()
                .embedding(offsets, table.array(), SparseFormat.DENSE)
                .head() // (n n, E)
                .transpose(1, 0)
                .flatten() // in this order in memory, since it is added to every window
                .reshape(heads, n, n);
    }

    /** For each pair of points of a window the row of its offset in the table. */
    private int[] offsets() {
        int n = window * window;
        int[] offsets = new int[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                int down = i / window - j / window + window - 1;
                int right = i % window - j % window + window - 1;
                offsets[i * n + j] = down * (2 * window - 1) + right;
            }
        }
        return offsets;
    }

    /** The points of the map in the order (window, point of the window). */
    public int[] order() {
        int n = window * window;
        int columns = width / window;
        int[] order = new int[height * width];
        for (int i = 0; i < order.length; i++) {
            int y = i / n / columns * window + i % n / window;
            int x = i / n % columns * window + i % window;
            order[i] = (y + shift) % height * width + (x + shift) % width;
        }
        return order;
    }

    private NDArray there(int b, Pass pass) {
        record Key(String what, int b) {}
        return indices(new Key("there", b), pass, arena -> arena.array(there(b), 3L * b * height * width * heads));
    }

    /** From (b, point, part, e) to (part, b, window, e, point of the window). */
    private int[] there(int b) {
        int n = window * window;
        int points = height * width;
        int[] order = order();
        int[] rows = new int[3 * b * points * heads];
        int at = 0;
        for (int part = 0; part < 3; part++) {
            for (int sample = 0; sample < b; sample++) {
                for (int region = 0; region < points / n; region++) {
                    for (int head = 0; head < heads; head++) {
                        for (int i = 0; i < n; i++) {
                            int point = sample * points + order[region * n + i];
                            rows[at++] = (point * 3 + part) * heads + head;
                        }
                    }
                }
            }
        }
        return rows;
    }

    private NDArray back(int b, Pass pass) {
        record Key(String what, int b) {}
        return indices(new Key("back", b), pass, arena -> arena.array(back(b), (long) b * height * width * heads));
    }

    /** From (b, window, e, point of the window) to (b, point, e). */
    private int[] back(int b) {
        int n = window * window;
        int points = height * width;
        int[] order = order();
        int[] rows = new int[b * points * heads];
        for (int i = 0; i < b * points; i++) {
            int sample = i / points;
            int place = i % points;
            for (int head = 0; head < heads; head++) {
                rows[(sample * points + order[place]) * heads + head] =
                        ((sample * points + place / n * n) * heads + head * n) + place % n;
            }
        }
        return rows;
    }

    /** (R, 1, n, n): which points of a window of the shifted map are no neighbours in the map itself. */
    private NDArray mask(Arena arena) {
        int n = window * window;
        int columns = width / window;
        double[] mask = new double[windows() * n * n];
        for (int region = 0; region < windows(); region++) {
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) {
                    boolean together = part(region / columns * window + i / window, height)
                                    == part(region / columns * window + j / window, height)
                            && part(region % columns * window + i % window, width)
                                    == part(region % columns * window + j % window, width);
                    mask[(region * n + i) * n + j] = together ? 0 : MASKED;
                }
            }
        }
        return arena.array(mask, windows(), 1, n, n);
    }

    /** Which side of the seam a row or column of the shifted map is on, in the last window; 0 in the others. */
    private int part(int at, int side) {
        return at < side - window ? 0 : at < side - shift ? 1 : 2;
    }
}
