// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.catalog.LoadedModel;
import io.github.pointillist.catalog.ModelCard;
import io.github.pointillist.catalog.ModelCard.Segmentation;
import io.github.pointillist.catalog.ModelCard.Segmentation.Kind;
import io.github.pointillist.image.Intensities;
import io.github.pointillist.image.RasterF;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Pass;
import java.util.Arrays;

/**
 * Runs a segmentation network over a plane, window by window, and blends what it says.
 *
 * <p>Each window is a batch of its own: the last bits of a convolution depend on what shares its batch. Windows are added
 * up in the order of the grid. So the result depends on the plane, the scale and the model alone.
 */
final class WindowedNetwork {
    /** Gets the rows of blended outputs from top to bottom. */
    interface Rows {
        /**
         * Takes one row.
         *
         * @param row of the grid of cells
         * @param values [output][column]; for SEMANTIC probabilities; for INSTANCES the probabilities of foreground and
         *     centre, and the offsets down and right; written over after the call
         */
        void accept(int row, float[][] values);
    }

    /** What gives the outputs of one window. */
    interface Network {
        /**
         * Looks at one window.
         *
         * @param window as {@link Intensities} gives it, of the side that the card says
         * @return [output][row-major cells], with probabilities as in {@link Rows}
         */
        float[][] outputs(RasterF window);

        /** Pixels from one output to the next. */
        int stridePx();
    }

    private final Network network;
    private final Segmentation card;

    WindowedNetwork(Network network, Segmentation card) {
        this.network = network;
        this.card = card;
    }

    /**
     * A loaded model as a network.
     *
     * @throws IllegalArgumentException if it does not give what the card says
     */
    static Network of(LoadedModel model) {
        ModelCard card = model.card();
        Segmentation how = card.segmentation();
        int side = how.windowPx();
        Shape shape;
        try (Arena scope = Arena.open(model.device())) {
            NDArray empty = scope.array(new float[3 * side * side], 1, 3, side, side);
            shape = model.layer().apply(empty, Pass.inference()).getShape();
        }
        int wanted = how.kind() == Kind.INSTANCES ? 4 : card.classes();
        if (shape.dimension() != 4
                || shape.get(1) != wanted
                || shape.get(2) != shape.get(3)
                || side % shape.get(2) != 0) {
            throw new IllegalArgumentException("model " + card.name() + " gives " + shape + " for a window of " + side
                    + " pixels; its card says " + how.kind() + ", which takes (1, " + wanted
                    + ", n, n) with n a divisor of the side");
        }
        int cells = (int) shape.get(2);
        return new Network() {
            @Override
            public float[][] outputs(RasterF window) {
                return activated(logits(model, window), wanted, cells * cells, how.kind(), card.name());
            }

            @Override
            public int stridePx() {
                return side / cells;
            }
        };
    }

    private static float[] logits(LoadedModel model, RasterF window) {
        ModelCard.Input input = model.card().input();
        RasterF ordered = input.channelOrder().equals("RGB") ? window : turned(window);
        float[] values = input.normalisation().apply(ordered);
        try (Arena scope = Arena.open(model.device())) {
            NDArray image = scope.array(values, 1, 3, window.height(), window.width());
            return model.layer().apply(image, Pass.inference()).toFloatArray();
        }
    }

    private static RasterF turned(RasterF rgb) {
        RasterF bgr = RasterF.of(rgb.width(), rgb.height(), 3);
        for (int i = 0; i < bgr.data().length; i++) {
            bgr.data()[i] = rgb.data()[rgb.channels() == 1 ? i / 3 : i + 2 - 2 * (i % 3)];
        }
        return bgr;
    }

    private static float[][] activated(float[] logits, int outputs, int cells, Kind kind, String name) {
        float[][] values = new float[outputs][];
        for (int k = 0; k < outputs; k++) {
            values[k] = Arrays.copyOfRange(logits, k * cells, (k + 1) * cells);
            for (float value : values[k]) {
                if (Float.isNaN(value)) {
                    throw new IllegalStateException("model " + name + " gave no number; its weights are damaged, or"
                            + " were trained with another normalisation");
                }
            }
        }
        if (kind == Kind.INSTANCES) {
            sigmoid(values[0]);
            sigmoid(values[1]);
        } else {
            softmax(values);
        }
        return values;
    }

    private static void sigmoid(float[] values) {
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (1 / (1 + Math.exp(-values[i])));
        }
    }

    private static void softmax(float[][] values) {
        for (int i = 0; i < values[0].length; i++) {
            float max = Float.NEGATIVE_INFINITY;
            for (float[] plane : values) {
                max = Math.max(max, plane[i]);
            }
            double sum = 0;
            for (float[] plane : values) {
                plane[i] = (float) Math.exp(plane[i] - max);
                sum += plane[i];
            }
            for (float[] plane : values) {
                plane[i] = (float) (plane[i] / sum);
            }
        }
    }

    /** The grid over a plane at one scale. */
    Windows windows(Intensities.Scaled plane) {
        return Windows.over(plane.width(), plane.height(), card.windowPx(), card.overlapPx(), network.stridePx());
    }

    /** What the network says of one window, which need not be one of the grid. */
    float[][] outputs(RasterF window) {
        return network.outputs(window);
    }

    int stridePx() {
        return network.stridePx();
    }

    /**
     * Runs it over a plane.
     *
     * @param stripPx columns that are resampled at once, at the scale of the model; changes nothing in the result
     * @param outputs number of outputs of the network
     * @param to gets every row of the grid once, in order
     */
    void run(Intensities.Scaled plane, int stripPx, int outputs, Rows to, Progress progress) {
        Windows grid = windows(plane);
        int cells = grid.windowCells();
        int side = grid.windowPx();
        float[] weights = grid.weights();
        float[][][] sums = new float[cells][outputs + 1][grid.columns()];
        int done = 0;
        for (int r = 0; r < grid.tops().length; r++) {
            int top = grid.tops()[r];
            for (int first = 0; first < grid.lefts().length; ) {
                int last = first;
                while (last + 1 < grid.lefts().length
                        && grid.lefts()[last + 1] + side - grid.lefts()[first] <= stripPx) {
                    last++;
                }
                progress.report(done, grid.count(), "segmenting");
                progress.check();
                int left = grid.lefts()[first];
                RasterF strip = plane.part(left, top, grid.lefts()[last] + side - left, side);
                for (; first <= last; first++) {
                    progress.report(done++, grid.count(), "segmenting");
                    progress.check();
                    RasterF window = strip.crop(grid.lefts()[first] - left, 0, side, side);
                    add(network.outputs(window), weights, grid.lefts()[first] / grid.stridePx(), sums);
                }
            }
            int next = r + 1 < grid.tops().length ? grid.tops()[r + 1] : (top + side);
            int from = top / grid.stridePx();
            int finished = Math.min(next / grid.stridePx(), grid.rows()) - from;
            for (int y = 0; y < finished; y++) {
                divide(sums[y]);
                to.accept(from + y, sums[y]);
            }
            rotate(sums, finished);
        }
        progress.report(grid.count(), grid.count(), "segmenting");
    }

    private static void add(float[][] values, float[] weights, int column, float[][][] sums) {
        int cells = weights.length;
        int columns = Math.min(cells, sums[0][0].length - column);
        int outputs = values.length;
        for (int y = 0; y < cells; y++) {
            float[][] row = sums[y];
            for (int x = 0; x < columns; x++) {
                float weight = weights[y] * weights[x];
                for (int k = 0; k < outputs; k++) {
                    row[k][column + x] += weight * values[k][y * cells + x];
                }
                row[outputs][column + x] += weight;
            }
        }
    }

    private static void divide(float[][] row) {
        float[] sum = row[row.length - 1];
        for (int k = 0; k < row.length - 1; k++) {
            for (int x = 0; x < sum.length; x++) {
                row[k][x] /= sum[x];
            }
        }
    }

    /** Moves what is not finished up and clears the rest. */
    private static void rotate(float[][][] sums, int finished) {
        float[][][] before = sums.clone();
        for (int y = 0; y < sums.length; y++) {
            sums[y] = before[(y + finished) % sums.length];
            if (y >= sums.length - finished) {
                for (float[] plane : sums[y]) {
                    Arrays.fill(plane, 0);
                }
            }
        }
    }
}
