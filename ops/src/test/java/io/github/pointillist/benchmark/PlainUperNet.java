// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.benchmark;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.convolutional.Conv2d;
import io.github.pointillist.benchmark.PlainLayers.BatchNorm;
import io.github.pointillist.benchmark.PlainLayers.Conv;
import io.github.pointillist.layers.Pyramid;
import io.github.pointillist.models.UperNet.Config;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;
import java.util.ArrayList;
import java.util.List;

/**
 * UPerNet as the reference writes it, the yardstick of the benchmarks: planes (B, C, H, W); every map is resized to the size
 * of the finest, all are joined, and one convolution sees them. Parameter names are those of the real model.
 */
final class PlainUperNet extends Layer {
    private static final int BILINEAR = 1;

    private final Pyramid backbone;
    private final Config config;
    private final Conv classifier;
    private final List<ConvModule> pooled = new ArrayList<>();
    private final ConvModule context;
    private final List<ConvModule> laterals = new ArrayList<>();
    private final List<ConvModule> smoothers = new ArrayList<>();
    private final ConvModule bottleneck;

    <P extends Layer & Pyramid> PlainUperNet(P backbone, Config config) {
        this.backbone = child("backbone", backbone);
        this.config = config;
        List<Integer> in = backbone.channels();
        int c = config.channels();
        int last = in.size() - 1;
        int scales = config.poolScales().size();
        this.classifier = child("decode_head.conv_seg", new Conv(c, config.classes(), 1, 1, 0, 1));
        for (int i = 0; i < scales; i++) {
            pooled.add(child("decode_head.psp_modules." + i + ".1", new ConvModule(in.get(last), c, 1)));
        }
        this.context = child("decode_head.bottleneck", new ConvModule(in.get(last) + scales * c, c, 3));
        for (int i = 0; i < last; i++) {
            laterals.add(child("decode_head.lateral_convs." + i, new ConvModule(in.get(i), c, 1)));
            smoothers.add(child("decode_head.fpn_convs." + i, new ConvModule(c, c, 3)));
        }
        this.bottleneck = child("decode_head.fpn_bottleneck", new ConvModule(in.size() * c, c, 3));
    }

    @Override
    protected NDArray forward(NDArray image, Pass pass) {
        NDList maps = backbone.features(image, pass);
        int last = laterals.size();
        NDArray coarser = withContext(maps.get(last), pass);
        NDList levels = new NDList(coarser);
        for (int i = last - 1; i >= 0; i--) {
            NDArray lateral = laterals.get(i).apply(maps.get(i), pass);
            coarser = lateral.add(resized(coarser, lateral.getShape()));
            levels.add(0, smoothers.get(i).apply(coarser, pass));
        }
        Shape finest = levels.head().getShape();
        NDList joined = new NDList();
        levels.forEach(level -> joined.add(resized(level, finest)));
        return classifier.apply(bottleneck.apply(NDArrays.concat(joined, 1), pass), pass);
    }

    private NDArray withContext(NDArray map, Pass pass) {
        NDList parts = new NDList(map);
        for (int i = 0; i < pooled.size(); i++) {
            NDArray averages = pooled(map, config.poolScales().get(i));
            parts.add(resized(pooled.get(i).apply(averages, pass), map.getShape()));
        }
        return context.apply(NDArrays.concat(parts, 1), pass);
    }

    /** Averages over k x k windows, which overlap where k does not divide the map. */
    private static NDArray pooled(NDArray map, int k) {
        int h = (int) map.getShape().get(2);
        int w = (int) map.getShape().get(3);
        NDList rows = new NDList();
        for (int i = 0; i < k; i++) {
            NDList cells = new NDList();
            for (int j = 0; j < k; j++) {
                NDArray window = map.get(new NDIndex(
                        ":, :, {}:{}, {}:{}",
                        i * h / k,
                        ((i + 1) * h + k - 1) / k,
                        j * w / k,
                        ((j + 1) * w + k - 1) / k));
                cells.add(window.mean(new int[] {2}).mean(new int[] {2}).expandDims(2));
            }
            rows.add(k == 1 ? cells.head() : NDArrays.concat(cells, 2)); // (B, C, k)
        }
        return NDArrays.stack(rows, 2); // (B, C, k, k)
    }

    private static NDArray resized(NDArray map, Shape like) {
        Shape shape = map.getShape();
        if (shape.get(2) == 1 && shape.get(3) == 1) {
            return map.broadcast(shape.get(0), shape.get(1), like.get(2), like.get(3));
        }
        return map.getNDArrayInternal().interpolation(like.slice(2).getShape(), BILINEAR, false);
    }

    /** Convolution, normalisation, ReLU. */
    private static final class ConvModule extends Layer {
        private static final Shape ONE = new Shape(1, 1);

        private final Parameter weight;
        private final Shape padding;
        private final BatchNorm norm;

        ConvModule(int in, int out, int kernel) {
            this.weight = weight("conv.weight", out, in, kernel, kernel);
            this.padding = new Shape(kernel / 2, kernel / 2);
            this.norm = child("bn", new BatchNorm(out));
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            NDArray convolved =
                    Conv2d.conv2d(x, weight.array(), null, ONE, padding, ONE, 1).head();
            return Activation.relu(norm.apply(convolved, pass));
        }
    }
}
