// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.benchmark;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import io.github.pointillist.benchmark.PlainLayers.Conv;
import io.github.pointillist.benchmark.PlainLayers.Dense;
import io.github.pointillist.benchmark.PlainLayers.Norm;
import io.github.pointillist.models.Swin.Config;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;
import java.util.ArrayList;
import java.util.List;

/**
 * Swin and SEC-Swin as the reference writes them, the yardstick of the benchmarks: roll, partition, bias gathered at each
 * forward pass, mask added, partition and roll undone, one copy each; or {@link PlainLayers#clustered}. Parameter names
 * are those of the real model.
 */
final class PlainSwin extends Layer {
    private final Config config;
    private final Conv stem;
    private final Norm stemNorm;
    private final List<List<Block>> stages = new ArrayList<>();
    private final List<Dense> reductions = new ArrayList<>();
    private final List<Norm> norms = new ArrayList<>();
    private final Norm norm;
    private final Dense head;

    PlainSwin(Config config) {
        this.config = config;
        this.stem = child("patch_embed.proj", new Conv(3, config.dim(), config.patch(), config.patch(), 0, 1));
        this.stemNorm = child("patch_embed.norm", new Norm(config.dim(), 1e-5));
        for (int i = 0; i < config.stages(); i++) {
            int dim = config.dims().get(i);
            List<Block> blocks = new ArrayList<>();
            for (int j = 0; j < config.depths().get(i); j++) {
                blocks.add(child("layers." + i + ".blocks." + j, new Block(config, i, j)));
            }
            stages.add(blocks);
            if (i + 1 < config.stages()) {
                reductions.add(child("layers." + i + ".downsample.reduction", new Dense(4 * dim, 2 * dim, false)));
                norms.add(child("layers." + i + ".downsample.norm", new Norm(4 * dim, 1e-5)));
            }
        }
        int last = config.dims().get(config.stages() - 1);
        this.norm = child("norm", new Norm(last, 1e-5));
        this.head = child("head", new Dense(last, config.classes(), true));
    }

    @Override
    protected NDArray forward(NDArray image, Pass pass) {
        NDArray planes = stem.apply(image, pass);
        long b = planes.getShape().get(0);
        NDArray x = stemNorm.apply(planes.reshape(b, config.dim(), -1).swapAxes(1, 2), pass); // (B, N, C)
        for (int i = 0; i < config.stages(); i++) {
            for (Block block : stages.get(i)) {
                x = block.apply(x, pass);
            }
            if (i + 1 < config.stages()) {
                NDArray map = x.reshape(
                        b,
                        config.heights().get(i),
                        config.widths().get(i),
                        config.dims().get(i));
                NDArray joined = map.get(":, ::2, ::2")
                        .concat(map.get(":, 1::2, ::2"), 3)
                        .concat(map.get(":, ::2, 1::2"), 3)
                        .concat(map.get(":, 1::2, 1::2"), 3);
                x = reductions
                        .get(i)
                        .apply(
                                norms.get(i)
                                        .apply(
                                                joined.reshape(
                                                        b,
                                                        -1,
                                                        4L * config.dims().get(i)),
                                                pass),
                                pass);
            }
        }
        return head.apply(norm.apply(x, pass).mean(new int[] {1}), pass);
    }

    private static final class Block extends Layer {
        private final int height;
        private final int width;
        private final int heads;
        private final int window;
        private final int shift;
        private final int clusters;
        private final Parameter table;
        private final Norm norm1;
        private final Dense qkv;
        private final Dense proj;
        private final Norm norm2;
        private final Dense fc1;
        private final Dense fc2;

        Block(Config config, int i, int j) {
            int dim = config.dims().get(i);
            this.height = config.heights().get(i);
            this.width = config.widths().get(i);
            this.heads = config.heads().get(i);
            this.window = Math.min(config.window(), Math.min(height, width));
            this.shift = j % 2 == 1 && window < Math.min(height, width) ? window / 2 : 0;
            this.clusters = config.clusters().isEmpty() ? 0 : config.clusters().get(i);
            long side = 2L * window - 1;
            this.norm1 = child("norm1", new Norm(dim, 1e-5));
            this.table = clusters == 0 ? weight("attn.relative_position_bias_table", side * side, heads) : null;
            this.qkv = child("attn.qkv", new Dense(dim, 3 * dim, true));
            this.proj = child("attn.proj", new Dense(dim, dim, true));
            this.norm2 = child("norm2", new Norm(dim, 1e-5));
            this.fc1 = child("mlp.fc1", new Dense(dim, (int) (dim * config.mlpRatio()), true));
            this.fc2 = child("mlp.fc2", new Dense((int) (dim * config.mlpRatio()), dim, true));
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            NDArray normed = norm1.apply(x, pass);
            NDArray attended = x.add(clusters == 0 ? windows(normed, pass) : clusters(normed, pass));
            return attended.add(fc2.apply(Activation.gelu(fc1.apply(norm2.apply(attended, pass), pass)), pass));
        }

        private NDList split(NDArray x, Pass pass) {
            Shape shape = x.getShape();
            NDArray joint = qkv.apply(x, pass)
                    .reshape(shape.get(0), shape.get(1), 3, heads, shape.get(2) / heads)
                    .transpose(2, 0, 3, 1, 4); // (3, B, E, N, D)
            return new NDList(joint.get(0), joint.get(1), joint.get(2));
        }

        private NDArray clusters(NDArray x, Pass pass) {
            Shape shape = x.getShape();
            NDList parts = split(x, pass);
            NDArray q = parts.get(0).mul((float) (1 / Math.sqrt(shape.get(2) / (double) heads)));
            NDArray mixed = PlainLayers.clustered(q, parts.get(1), parts.get(2), clusters);
            return proj.apply(mixed.swapAxes(1, 2).reshape(shape), pass);
        }

        private NDArray windows(NDArray x, Pass pass) {
            Shape shape = x.getShape();
            long b = shape.get(0);
            long c = shape.get(2);
            long n = (long) window * window;
            NDArray map = x.reshape(b, height, width, c);
            if (shift > 0) {
                map = PlainLayers.rolled(PlainLayers.rolled(map, 1, shift), 2, shift);
            }
            NDArray rows = map.reshape(b, height / window, window, width / window, window, c)
                    .transpose(0, 1, 3, 2, 4, 5)
                    .reshape(-1, n, c); // (B R, n, C)
            NDList parts = split(rows, pass);
            NDArray scores = parts.get(0)
                    .mul((float) (1 / Math.sqrt(c / (double) heads)))
                    .matMul(parts.get(1).swapAxes(2, 3)); // (B R, E, n, n)
            NDArray bias = pass.value(table)
                    .get(indices("offsets", pass, this::offsets))
                    .reshape(n, n, heads)
                    .transpose(2, 0, 1);
            scores = scores.add(bias.expandDims(0));
            if (shift > 0) {
                long regions = rows.getShape().get(0) / b;
                scores = scores.reshape(b, regions, heads, n, n)
                        .add(constant("mask", pass, this::mask))
                        .reshape(-1, heads, n, n);
            }
            NDArray mixed =
                    scores.softmax(3).matMul(parts.get(2)).swapAxes(1, 2).reshape(-1, n, c);
            NDArray back = proj.apply(mixed, pass)
                    .reshape(b, height / window, width / window, window, window, c)
                    .transpose(0, 1, 3, 2, 4, 5)
                    .reshape(b, height, width, c);
            if (shift > 0) {
                back = PlainLayers.rolled(PlainLayers.rolled(back, 1, height - shift), 2, width - shift);
            }
            return back.reshape(shape);
        }

        private NDArray offsets(Arena arena) {
            int n = window * window;
            long[] offsets = new long[n * n];
            for (int i = 0; i < offsets.length; i++) {
                int down = i / n / window - i % n / window + window - 1;
                int right = i / n % window - i % n % window + window - 1;
                offsets[i] = down * (2L * window - 1) + right;
            }
            return arena.array(offsets, offsets.length);
        }

        private NDArray mask(Arena arena) {
            int n = window * window;
            int columns = width / window;
            int regions = height / window * columns;
            double[] mask = new double[regions * n * n];
            for (int at = 0; at < mask.length; at++) {
                int region = at / (n * n);
                int i = at / n % n;
                int j = at % n;
                boolean together = side(region / columns * window + i / window, height)
                                == side(region / columns * window + j / window, height)
                        && side(region % columns * window + i % window, width)
                                == side(region % columns * window + j % window, width);
                mask[at] = together ? 0 : -100;
            }
            return arena.array(mask, 1, regions, 1, n, n);
        }

        private int side(int at, int length) {
            return at < length - window ? 0 : at < length - shift ? 1 : 2;
        }
    }
}
