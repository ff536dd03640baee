// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;
import java.util.List;

/**
 * A 3 x 3 convolution without bias, batch normalisation and ReLU over several maps that are brought to the size of the
 * first by bilinear interpolation and joined along the channels: mmcv's {@code ConvModule} after {@code resize} and
 * {@code cat}, under its parameter names.
 *
 * <p>Nothing is resized or joined: a convolution of joined maps is the sum of one convolution a map, and since both the
 * interpolation and the convolution are linear, their order can be changed. With U the interpolation, S_d the shift by
 * d points (zeros come in) and K_d the matrix of the kernel for that shift,
 *
 * <pre>sum_d K_d S_d U x = sum_d (S_d U) (K_d x),</pre>
 *
 * so the products with the kernel are done at the size of the small map, where they cost a quarter, a sixteenth, ...; and
 * S_d U falls into a product along the rows and one along the columns.
 */
public final class JoinedConvNormRelu extends Layer {
    private static final int KERNEL = 3;

    private final List<Integer> in;
    private final int out;
    private final Parameter weight; // (out, sum of in, 3, 3)
    private final BatchNorm norm;

    /**
     * Declares {@code conv.weight} (out, sum of in, 3, 3) and {@code bn}.
     *
     * @param in channels of every map, in the order in which they are joined
     */
    public JoinedConvNormRelu(List<Integer> in, int out) {
        this.in = List.copyOf(in);
        this.out = out;
        this.weight = weight("conv.weight", out, in.stream().mapToInt(n -> n).sum(), KERNEL, KERNEL);
        this.norm = child("bn", new BatchNorm(out));
    }

    /**
     * Runs the layer.
     *
     * @param maps (B, H_i, W_i, in_i) each, channels-last
     * @return (B, H_0, W_0, out), channels-last
     */
    public NDArray join(NDList maps, Pass pass) {
        if (maps.size() != in.size()) {
            throw new IllegalArgumentException(
                    maps.size() + " maps given to a convolution of " + in.size() + " joined maps");
        }
        return scoped(maps, pass, inner -> {
                    NDArray sum = full(0, maps.head(), inner); // (B, H, W, out)
                    long h = sum.getShape().get(1);
                    long w = sum.getShape().get(2);
                    for (int i = 1; i < maps.size(); i++) {
                        Shape shape = maps.get(i).getShape();
                        boolean same = shape.get(1) == h && shape.get(2) == w;
                        try (NDArray part =
                                same ? full(i, maps.get(i), inner) : resized(i, maps.get(i), (int) h, (int) w, inner)) {
                            sum.addi(part);
                        }
                    }
                    return new NDList(Activation.relu(norm.apply(sum, inner)));
                })
                .head();
    }

    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        throw new IllegalStateException("this convolution takes several maps: call join");
    }

    /** The part of map i, which has the size of the first. */
    private NDArray full(int i, NDArray x, Pass pass) {
        return ConvNormRelu.convolve(x, part(i, pass));
    }

    /** The part of map i, (B, y, x, in_i), which has another size than the first. */
    private NDArray resized(int i, NDArray map, int h, int w, Pass pass) {
        record Key(int from, int to, boolean rows) {}
        Shape shape = map.getShape();
        long b = shape.get(0);
        int y = (int) shape.get(1);
        int x = (int) shape.get(2);
        NDArray kernels = derived(i, this, pass, inner -> part(i, inner)
                .transpose(2, 1, 3, 0) // (3, in_i, 3, out)
                .reshape(KERNEL, -1, (long) KERNEL * out));
        NDArray columns = constant(
                new Key(x, w, false), pass, arena -> arena.array(shifted(x, w, KERNEL, 1), w, (long) x * KERNEL));
        NDArray rows =
                constant(new Key(y, h, true), pass, arena -> arena.array(shifted(y, h, 1, y), h, (long) KERNEL * y));
        try (NDArray products = map.reshape(b, 1, (long) y * x, -1)
                        .matMul(kernels) // (B, 3, y x, 3 out): one a shift along the rows, then along the columns
                        .reshape(b * KERNEL * y, (long) x * KERNEL, out);
                NDArray wide = columns.broadcast(b * KERNEL * y, w, (long) x * KERNEL)
                        .matMul(products) // (B 3 y, w, out)
                        .reshape(b, (long) KERNEL * y, (long) w * out)) {
            return rows.broadcast(b, h, (long) KERNEL * y).matMul(wide).reshape(b, h, w, out);
        }
    }

    /** The kernels of map i, (out, in_i, 3, 3). */
    private NDArray part(int i, Pass pass) {
        int from = in.subList(0, i).stream().mapToInt(n -> n).sum();
        return pass.value(weight).get(new NDIndex(":, {}:{}", from, from + in.get(i)));
    }

    /**
     * Interpolation followed by the three shifts of the kernel, (to, 3 from). The column of point p and shift d is
     * {@code p * pointStep + d * shiftStep}.
     */
    private static double[] shifted(int from, int to, int pointStep, int shiftStep) {
        double[] weights = Resize.weights(from, to);
        double[] shifted = new double[to * KERNEL * from];
        for (int i = 0; i < to; i++) {
            for (int d = 0; d < KERNEL; d++) {
                int source = i + d - KERNEL / 2;
                for (int p = 0; source >= 0 && source < to && p < from; p++) {
                    shifted[i * KERNEL * from + p * pointStep + d * shiftStep] = weights[source * from + p];
                }
            }
        }
        return shifted;
    }
}
