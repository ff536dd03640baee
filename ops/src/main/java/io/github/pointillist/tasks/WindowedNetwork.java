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
         * @param values [output][column]; for SEMANTIC logarithms of probabilities; for INSTANCES the logit of the foreground,
         *     the probability of a centre, and the offsets down and right; written over after the call
         */
        void accept(int row, float[][] values);
    }

    /** What gives the outputs of one window. */
    interface Network {
        /**
         * Looks at one window.
         *
         * @param window as {@link Intensities} gives it, of the side that the card says
         * @return [output][row-major cells], as in {@link Rows}
         */
        float[][] outputs(RasterF window);

        /** Pixels from one output to the next. */
        int stridePx();
    }

    /** Logits beyond this say no more, so that one window cannot outweigh all others. */
    private static final float MOST = 15;

    /** After so many windows the time of all is foretold. */
    private static final int MEASURED = 4;

    /** A border is even where its median deviation is below this share of the plane's deviation. */
    private static final double EVEN = 0.15;

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
            for (int i = 0; i < cells; i++) {
                values[0][i] = Math.max(-MOST, Math.min(MOST, values[0][i]));
                values[1][i] = (float) (1 / (1 + Math.exp(-values[1][i])));
            }
        } else {
            logSoftmax(values);
        }
        return values;
    }

    private static void logSoftmax(float[][] values) {
        for (int i = 0; i < values[0].length; i++) {
            double max = Double.NEGATIVE_INFINITY;
            for (float[] plane : values) {
                max = Math.max(max, plane[i]);
            }
            double sum = 0;
            for (float[] plane : values) {
                sum += Math.exp(plane[i] - max);
            }
            double log = max + Math.log(sum);
            for (float[] plane : values) {
                plane[i] = (float) Math.max(-MOST, plane[i] - log);
            }
        }
    }

    /** The grid over a plane at one scale. */
    Windows windows(Intensities.Scaled plane) {
        return Windows.over(plane.width(), plane.height(), card.windowPx(), card.overlapPx(), network.stridePx());
    }

    /**
     * What the network says of one window, which need not be one of the grid.
     *
     * @param left first column at the scale of the model, within the plane
     * @param top first row
     */
    float[][] outputs(Intensities.Scaled plane, int left, int top) {
        RasterF lone = lone(plane);
        return lone == null
                ? network.outputs(plane.part(left, top, card.windowPx(), card.windowPx()))
                : outputsOfLone(lone);
    }

    /**
     * A plane whose mirror images would hide what is in it: not larger than half a window, its border even ground. Next to
     * its images an object that nearly fills it is part of a lattice.
     *
     * @return the plane at this scale; null where it is not such a one
     */
    private RasterF lone(Intensities.Scaled plane) {
        int most = card.windowPx() / 2;
        if (plane.width() > most || plane.height() > most) {
            return null;
        }
        RasterF whole = plane.part(0, 0, plane.width(), plane.height());
        for (int c = 0; c < whole.channels(); c++) {
            double[] border = border(whole, c);
            double middle = Prominence.median(border);
            double[] off =
                    Arrays.stream(border).map(value -> Math.abs(value - middle)).toArray();
            double mean = 0;
            double squares = 0;
            for (int i = c; i < whole.data().length; i += whole.channels()) {
                mean += whole.data()[i] / (whole.data().length / whole.channels());
                squares += (double) whole.data()[i] * whole.data()[i] / (whole.data().length / whole.channels());
            }
            if (!(Prominence.median(off) < EVEN * Math.sqrt(Math.max(0, squares - mean * mean)))) {
                return null;
            }
        }
        return whole;
    }

    private static double[] border(RasterF plane, int channel) {
        int w = plane.width();
        int h = plane.height();
        double[] border = new double[2 * (w + h)];
        for (int x = 0; x < w; x++) {
            border[x] = plane.at(x, 0, channel);
            border[w + x] = plane.at(x, h - 1, channel);
        }
        for (int y = 0; y < h; y++) {
            border[2 * w + y] = plane.at(0, y, channel);
            border[2 * w + h + y] = plane.at(w - 1, y, channel);
        }
        return border;
    }

    /** The plane in the middle of a window of ground as at its border; the cells of the plane first. */
    private float[][] outputsOfLone(RasterF plane) {
        int side = card.windowPx();
        int stride = network.stridePx();
        int left = (side - plane.width()) / 2 / stride;
        int top = (side - plane.height()) / 2 / stride;
        RasterF window = RasterF.of(side, side, plane.channels());
        for (int c = 0; c < plane.channels(); c++) {
            float ground = (float) Prominence.median(border(plane, c));
            for (int y = 0; y < side; y++) {
                for (int x = 0; x < side; x++) {
                    int column = x - left * stride;
                    int row = y - top * stride;
                    boolean inside = column >= 0 && row >= 0 && column < plane.width() && row < plane.height();
                    window.data()[(y * side + x) * plane.channels() + c] = inside ? plane.at(column, row, c) : ground;
                }
            }
        }
        float[][] outputs = network.outputs(window);
        int cells = side / stride;
        for (float[] output : outputs) {
            float[] turned = new float[output.length];
            for (int i = 0; i < turned.length; i++) {
                turned[i] = output[(i / cells + top) % cells * cells + (i % cells + left) % cells];
            }
            System.arraycopy(turned, 0, output, 0, turned.length);
        }
        return outputs;
    }

    int stridePx() {
        return network.stridePx();
    }

    /**
     * Runs it over a plane.
     *
     * @param stripPx columns that are resampled at once, at the scale of the model; changes nothing in the result
     * @param outputs number of outputs of the network
     * @param what this is in a few words, to foretell how long it takes once some windows are done
     * @param to gets every row of the grid once, in order
     */
    void run(Intensities.Scaled plane, int stripPx, int outputs, String what, Rows to, Progress progress) {
        Windows grid = windows(plane);
        int cells = grid.windowCells();
        int side = grid.windowPx();
        float[] weights = grid.weights();
        float[][][] sums = new float[cells][outputs + 1][grid.columns()];
        int done = 0;
        long start = System.nanoTime();
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
                if (grid.count() == 1) {
                    progress.report(done++, 1, "segmenting");
                    add(outputs(plane, 0, 0), weights, 0, sums);
                    first++;
                    continue;
                }
                int left = grid.lefts()[first];
                RasterF strip = plane.part(left, top, grid.lefts()[last] + side - left, side);
                for (; first <= last; first++) {
                    progress.report(done++, grid.count(), "segmenting");
                    progress.check();
                    RasterF window = strip.crop(grid.lefts()[first] - left, 0, side, side);
                    add(network.outputs(window), weights, grid.lefts()[first] / grid.stridePx(), sums);
                    if (done == MEASURED) {
                        progress.foretell((System.nanoTime() - start) / 1e9 / done * grid.count(), what);
                    }
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
