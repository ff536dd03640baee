// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.pooling.Pool;
import io.github.pointillist.layers.GroupKnnGraph.Neighbours;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;

/**
 * One exchange among the points of a square map, x + fc2(graph(fc1(x))), (B, S, S, C) to the same: {@code Grapher} of
 * jin-s13/GKGNet 291c577, and with one group of huawei-noah/Efficient-AI-Backbones f90e129. Points look for their
 * neighbours among the means of r x r points.
 */
public final class Grapher extends Layer {
    /**
     * Where the points lie.
     *
     * @param side S
     * @param reduction r
     * @param positions whether near points are preferred
     */
    public record Grid(int side, int reduction, boolean positions) {}

    private final int reduction;
    private final Parameter positions; // (1, S^2, S^2 / r^2)
    private final PointwiseNorm fc1;
    private final GroupKnnGraph graph;
    private final PointwiseNorm fc2;

    /**
     * Declares {@code relative_pos} (1, S^2, S^2 / r^2) where the grid asks for it, which starts with the values
     * that the reference gives it and is not trained; {@code fc1}, {@code graph_conv} and {@code fc2}.
     *
     * @param channels C
     */
    public Grapher(int channels, Neighbours neighbours, Grid grid) {
        this.reduction = grid.reduction;
        if (grid.positions) {
            RelativePositions table = new RelativePositions(channels, grid.side, grid.reduction);
            this.positions = table("relative_pos", table, table::fill, 1, table.points(), table.cells());
        } else {
            this.positions = null;
        }
        this.fc1 = child("fc1", new PointwiseNorm(channels, channels));
        this.graph = child("graph_conv", new GroupKnnGraph(channels, neighbours));
        this.fc2 = child("fc2", new PointwiseNorm(2 * channels, channels));
    }

    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        Shape shape = x.getShape(); // (B, S, S, C)
        long b = shape.get(0);
        long c = shape.get(3);
        NDArray points = fc1.apply(x, pass);
        NDArray cells = reduction == 1 ? points : pooled(points); // (B, S / r, S / r, C)
        NDArray related =
                graph.apply(points.reshape(b, -1, c), cells.reshape(b, -1, c), positions, pass); // (B, N, 2 C)
        NDArray out = fc2.apply(related, pass).reshape(shape).add(x);
        pass.tap(this, "out", () -> out.transpose(0, 3, 1, 2));
        return out;
    }

    private NDArray pooled(NDArray points) {
        Shape window = new Shape(reduction, reduction);
        return Pool.avgPool2d(points.transpose(0, 3, 1, 2), window, window, new Shape(0, 0), false, true)
                .transpose(0, 2, 3, 1);
    }
}
