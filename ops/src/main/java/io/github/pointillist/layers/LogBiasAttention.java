// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;

/**
 * Multi-head attention of all tokens of a row to each other, with a learned bias between those tokens that lie on a
 * square: 16 sigmoid(MLP(t)), t = sign(8 d) log2(|8 d| + 1) / 3, where d is the offset of rows and of columns over the
 * side less 1 (Liu et al., Swin Transformer V2, CVPR 2022, as Hatamizadeh et al., FasterViT, ICLR 2024, use it). Tokens
 * off the square come first and have bias 0.
 *
 * <p>Shapes: R rows (windows, or images) of T tokens of C channels; E heads of D = C / E dimensions; a square of S x S.
 */
public final class LogBiasAttention extends Layer {
    private static final double RANGE = 8;
    private static final double MAX_BIAS = 16;

    private final int heads;
    private final int side;
    private final int[] order;
    private final Linear qkv;
    private final Linear proj;
    private final PositionalMlp bias;

    /**
     * Declares {@code qkv} (3 C, C), {@code proj} (C, C) and the MLP of the bias, {@code pos_emb_funct}.
     *
     * @param side S, 2 or more
     * @param order for each of the T tokens its number in the order in which the T - S^2 tokens off the square come first,
     *     and then those of the square row by row
     */
    public LogBiasAttention(int channels, int heads, int side, int[] order) {
        if (channels % heads != 0) {
            throw new IllegalArgumentException(
                    channels + " channels given for " + heads + " heads; the heads must divide the channels");
        }
        if (side < 2) {
            throw new IllegalArgumentException(
                    "a square of " + side + " x " + side + " tokens has no relative positions; 2 x 2 is the least");
        }
        this.heads = heads;
        this.side = side;
        this.order = order.clone();
        this.qkv = child("qkv", new Linear(channels, 3 * channels));
        this.proj = child("proj", new Linear(channels, channels));
        this.bias = child("pos_emb_funct", new PositionalMlp(heads));
    }

    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        Shape shape = x.getShape(); // (R, T, C)
        long r = shape.get(0);
        long t = shape.get(1);
        long d = shape.get(2) / heads;
        NDList parts = qkv.apply(x, pass)
                .reshape(r, t, 3, heads, d)
                .transpose(2, 0, 3, 1, 4) // (3, R, E, T, D)
                .reshape(3 * r * heads, t, d)
                .split(3, 0); // (R E, T, D) each
        NDArray products = parts.get(0).matMul(parts.get(1).transpose(0, 2, 1)); // (R E, T, T)
        NDArray weights = products.mul(operand("scale", arena -> arena.array(new double[] {1 / Math.sqrt(d)})))
                .reshape(r, heads, t, t)
                .add(bias(pass))
                .softmax(-1)
                .reshape(r * heads, t, t);
        NDArray mixed = weights.matMul(parts.get(2)) // (R E, T, D)
                .reshape(r, heads, t, d)
                .transpose(0, 2, 1, 3) // (R, T, E, D)
                .reshape(shape);
        return proj.apply(mixed, pass); // (R, T, C)
    }

    /** (E, T, T). */
    private NDArray bias(Pass pass) {
        return derived("bias", bias, pass, inner -> {
            NDArray table = bias.of(offsets(), inner); // ((2 S - 1)^2, E)
            NDArray values =
                    Activation.sigmoid(table).mul(operand("16", arena -> arena.array(new double[] {MAX_BIAS})));
            NDArray zero = values.getManager().zeros(new Shape(1, heads), values.getDataType());
            NDArray index = constant("index", inner, arena -> arena.array(index(), order.length * order.length));
            return values.concat(zero, 0)
                    .get(index.toType(DataType.INT64, false)) // (T T, E)
                    .transpose(1, 0)
                    .reshape(heads, order.length, order.length);
        });
    }

    private double[] offsets() {
        return PositionalMlp.pairs(2 * side - 1, i -> {
            double d = RANGE * (i - (side - 1)) / (side - 1);
            return Math.signum(d) * Math.log(Math.abs(d) + 1) / Math.log(2) / (Math.log(RANGE) / Math.log(2));
        });
    }

    /** For every pair of tokens the row of the table, which has a last row of zeros; (T T). */
    private double[] index() {
        int tokens = order.length;
        int outside = tokens - side * side;
        int span = 2 * side - 1;
        double[] index = new double[tokens * tokens];
        for (int a = 0; a < tokens; a++) {
            for (int b = 0; b < tokens; b++) {
                int i = order[a] - outside;
                int j = order[b] - outside;
                index[a * tokens + b] = i < 0 || j < 0
                        ? span * span
                        : (i / side - j / side + side - 1) * span + i % side - j % side + side - 1;
            }
        }
        return index;
    }
}
