// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Block;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;
import java.util.stream.LongStream;

/**
 * The context cluster operation of Ma et al., Image as Set of Points, ICLR 2023, equations 1 to 3, as in
 * ma-xu/Context-Cluster be9a03b, {@code Cluster}.
 *
 * <p>Shapes: B samples, H x W points of C channels; E heads of D dimensions; fold x fold regions; R = B E fold^2 rows;
 * N points and M centres in a row.
 *
 * <p>Each point goes to its most similar centre only, so the sums over a cluster and the way back to its points are
 * products with an (N, M) matrix that holds one similarity a row; the expanded (R, M, N, D) products of the reference
 * are never made.
 */
public final class ContextClusterLayer extends Layer {
    /** What the sum over a cluster is divided by. */
    public enum Denominator {
        /** 1 + the sum of the similarities (current code). */
        SIMILARITY,
        /** 1 + the number of points (code before 3ccb0b6, and the checkpoints trained with it). */
        COUNT
    }

    private static final double NORM_FLOOR = 1e-12;

    private final int centres;
    private final int fold;
    private final int heads;
    private final int headDim;
    private final Denominator denominator;
    private final Parameter alpha; // (1)
    private final Parameter beta; // (1)
    private final Block weight; // (2 E D, C), of f and v
    private final Block bias; // (2 E D)
    private final Pointwise proj;

    /**
     * Declares {@code sim_alpha}, {@code sim_beta}, and the 1 x 1 convolutions {@code f}, {@code v} and {@code proj}.
     *
     * @param channels C
     * @param centres centres along each side of a region: M = centres^2
     * @param fold regions along each side
     * @param heads E
     * @param headDim D
     */
    public ContextClusterLayer(int channels, int centres, int fold, int heads, int headDim, Denominator denominator) {
        this.centres = centres;
        this.fold = fold;
        this.heads = heads;
        this.headDim = headDim;
        this.denominator = denominator;
        this.alpha = weight("sim_alpha", 1);
        this.beta = weight("sim_beta", 1);
        int inner = heads * headDim;
        Parameter fWeight = weight("f.weight", inner, channels, 1, 1);
        Parameter fBias = weight("f.bias", inner);
        Parameter vWeight = weight("v.weight", inner, channels, 1, 1);
        Parameter vBias = weight("v.bias", inner);
        this.weight = block(new Shape(channels), fWeight, vWeight);
        this.bias = block(new Shape(), fBias, vBias);
        this.proj = child("proj", new Pointwise(inner, channels));
    }

    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        Shape shape = x.getShape(); // (B, H, W, C)
        long b = shape.get(0);
        long h = shape.get(1) / fold;
        long w = shape.get(2) / fold;
        long m = (long) centres * centres;
        long d = headDim;

        NDArray both = Affine.apply(x, weight.value(pass), bias.value(pass)); // (B, H, W, 2 E D)
        pass.tap(this, "value", () -> both.get(new NDIndex("..., {}:", heads * d))
                .transpose(0, 3, 1, 2));
        NDArray points = both.reshape(b, fold, h, fold, w, 2, heads, d)
                .transpose(0, 6, 1, 3, 2, 4, 5, 7) // (B, E, fold, fold, h, w, 2, D)
                .reshape(-1, h * w, 2 * d); // (R, N, 2 D)
        NDArray pooled = pooling(h, w, pass)
                .broadcast(points.getShape().get(0), m, h * w)
                .batchMatMul(points); // (R, M, 2 D)
        NDList point = points.split(2, 2); // q and v of the points, (R, N, D) each
        NDList centre = pooled.split(2, 2); // of the centres, (R, M, D) each
        NDArray cosine = unit(point.get(0)).batchMatMul(unit(centre.get(0)).swapAxes(1, 2)); // (R, N, M)
        NDArray similarity = Activation.sigmoid(cosine.mul(alpha.array()).add(beta.array())); // (R, N, M), equation 1
        NDArray assignment = similarity.argMax(2); // (R, N)
        pass.tap(this, "assignment", () -> assignment);
        NDArray chosen = assignment.expandDims(2).eq(indices(m)); // (R, N, M)
        NDArray weights = similarity.mul(chosen); // (R, N, M), one similarity in each row

        NDArray members = weights.swapAxes(1, 2); // (R, M, N)
        NDArray counted = denominator == Denominator.SIMILARITY
                ? members
                : chosen.swapAxes(1, 2).toType(x.getDataType(), false);
        NDArray total = counted.sum(new int[] {2}, true).add(one()); // (R, M, 1)
        NDArray aggregated =
                members.batchMatMul(point.get(1)).add(centre.get(1)).div(total); // (R, M, D), equation 2
        NDArray dispatched = weights.batchMatMul(aggregated) // (R, N, D), equation 3 before the projection
                .reshape(b, heads, fold, fold, h, w, d)
                .transpose(0, 2, 4, 3, 5, 1, 6) // (B, fold, h, fold, w, E, D)
                .reshape(b, fold * h, fold * w, heads * d); // (B, H, W, E D)
        return proj.apply(dispatched, pass); // (B, H, W, C)
    }

    private static NDArray unit(NDArray x) {
        return x.normalize(2, 2, NORM_FLOOR);
    }

    private NDArray one() {
        return operand("one", arena -> arena.array(new double[] {1}));
    }

    private NDArray indices(long m) {
        return operand(
                "indices",
                arena -> arena.array(LongStream.range(0, m).asDoubleStream().toArray(), m));
    }

    /** The adaptive average pooling from h x w points to the centres as a matrix (M, N). */
    private NDArray pooling(long h, long w, Pass pass) {
        record Key(long h, long w) {}
        return constant(new Key(h, w), pass, arena -> adaptivePooling(arena, (int) h, (int) w, centres));
    }

    /** Centre i of k along a side of n averages points floor(i n / k) to ceil((i + 1) n / k) - 1. */
    static NDArray adaptivePooling(Arena arena, int h, int w, int k) {
        double[] matrix = new double[k * k * h * w];
        for (int i = 0; i < k; i++) {
            int top = i * h / k;
            int bottom = ((i + 1) * h + k - 1) / k;
            for (int j = 0; j < k; j++) {
                int left = j * w / k;
                int right = ((j + 1) * w + k - 1) / k;
                for (int y = top; y < bottom; y++) {
                    for (int x = left; x < right; x++) {
                        matrix[((i * k + j) * h + y) * w + x] = 1.0 / ((bottom - top) * (right - left));
                    }
                }
            }
        }
        return arena.array(matrix, (long) k * k, (long) h * w);
    }
}
