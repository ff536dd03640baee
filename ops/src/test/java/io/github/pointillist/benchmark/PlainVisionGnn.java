// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.benchmark;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.pooling.Pool;
import io.github.pointillist.layers.GroupKnnGraph;
import io.github.pointillist.layers.GroupKnnGraph.Neighbours;
import io.github.pointillist.models.GkgNet;
import io.github.pointillist.models.VisionGnn;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * Vision GNN and GKGNet as the official code computes them, the yardstick of the benchmarks: planes (B, C, H, W), the
 * distances of all pairs in four steps, neighbours of queries and of keys gathered as (N K, C) and permuted to (C, N,
 * K), an interleaved copy of points and differences, and all L x L products in the head. It reads the parameters of the
 * real model, tables of relative positions included.
 */
final class PlainVisionGnn extends Layer {
    private static final Shape ONE = new Shape(1, 1);
    private static final Shape ZERO = new Shape(0, 0);

    private final Map<String, Parameter> parameters;
    private final VisionGnn.Config config;
    private final GkgNet.Config labels;
    private final String prefix;

    /** The same model as this one. */
    PlainVisionGnn(VisionGnn model) {
        this(model, model.config(), null, "");
    }

    /** The same model as this one. */
    PlainVisionGnn(GkgNet model) {
        this(
                model,
                new VisionGnn.Config(
                        true,
                        model.config().blocks(),
                        model.config().channels(),
                        model.config().reductions(),
                        perBlock(model.config(), model.config().neighbours()),
                        dilations(model.config()),
                        model.config().groups(),
                        model.config().sidePx(),
                        model.config().classes()),
                model.config(),
                "backbone.");
    }

    private PlainVisionGnn(Layer model, VisionGnn.Config config, GkgNet.Config labels, String prefix) {
        this.parameters = model.parameters();
        this.config = config;
        this.labels = labels;
        this.prefix = prefix;
    }

    private static List<Integer> perBlock(GkgNet.Config config, int value) {
        List<Integer> values = new ArrayList<>();
        config.blocks().forEach(blocks -> {
            for (int i = 0; i < blocks; i++) {
                values.add(value);
            }
        });
        return values;
    }

    private static List<Integer> dilations(GkgNet.Config config) {
        List<Integer> values = perBlock(config, 0);
        for (int i = 0; i < values.size(); i++) {
            values.set(i, Math.min(i / 4 + 1, 49 / config.neighbours()));
        }
        return values;
    }

    @Override
    protected NDArray forward(NDArray image, Pass pass) {
        NDArray x = image;
        int convs = config.pyramid() ? 3 : 5;
        for (int i = 0; i < convs; i++) {
            x = normed(
                    conv(x, prefix + "stem.convs." + 3 * i, i + 1 < convs ? 2 : 1, 1, 1),
                    prefix + "stem.convs." + (3 * i + 1));
            x = i + 1 < convs ? Activation.gelu(x) : x;
        }
        x = x.add(array("pos_embed", true));
        NDArray classes = labels == null
                ? null
                : pass.value(parameters.get("backbone.label_lt.weight"))
                        .expandDims(0)
                        .broadcast(
                                image.getShape().get(0),
                                labels.classes(),
                                labels.channels().get(0))
                        .transpose(0, 2, 1)
                        .expandDims(3); // (B, C, L, 1)
        int index = 0;
        int block = 0;
        for (int i = 0; i < config.blocks().size(); i++) {
            if (i > 0) {
                String name = prefix + "backbone." + index++ + ".conv.";
                x = normed(conv(x, name + 0, 2, 1, 1), name + 1);
            }
            for (int j = 0; j < config.blocks().get(i); j++, block++, index++) {
                String name = prefix + "backbone." + index;
                Neighbours neighbours = new Neighbours(
                        config.neighbours().get(block), config.dilations().get(block), config.groups());
                x = block(x, name, neighbours, config.reductions().get(i));
            }
            if (labels != null) {
                String name = "backbone.gcn_label." + i + ".0";
                NDArray queries = pointwise(classes, name + ".fc1");
                NDArray related = graph(
                        queries,
                        x.reshape(x.getShape().get(0), x.getShape().get(1), -1, 1),
                        null,
                        new Neighbours(labels.labelNeighbours(), 1, labels.labelGroups()),
                        name + ".graph_conv.");
                classes = ffn(pointwise(related, name + ".fc2").add(classes), name + ".ffn");
                if (i + 1 < config.blocks().size()) {
                    String widen = "backbone.ffn_label." + i + ".0.";
                    classes = Linear.linear(
                                    classes.transpose(0, 2, 1, 3).squeeze(3),
                                    parameters.get(widen + "weight").array(),
                                    parameters.get(widen + "bias").array())
                            .head()
                            .transpose(0, 2, 1)
                            .expandDims(3);
                }
            }
        }
        NDArray mean = x.reshape(x.getShape().get(0), x.getShape().get(1), -1).mean(new int[] {2}); // (B, C)
        if (labels == null) {
            NDArray hidden = Activation.gelu(pointwise(mean.expandDims(2).expandDims(3), "prediction"));
            return conv(hidden, "prediction.4", 1, 0, 1).reshape(x.getShape().get(0), -1);
        }
        NDArray products = linear(classes.transpose(0, 2, 1, 3).squeeze(3), "head.fc1"); // (B, L, L)
        NDArray eye = products.getManager().eye(labels.classes()).expandDims(0);
        return products.mul(eye).sum(new int[] {2}).add(linear(mean, "head.fc2"));
    }

    private NDArray block(NDArray input, String name, Neighbours neighbours, int reduction) {
        NDArray[] x = {input};
        NDArray out = scoped(new NDList(input), Pass.inference(), inner -> {
                    NDArray points = pointwise(x[0], name + ".0.fc1");
                    Parameter positions = parameters.get(name + ".0.relative_pos");
                    NDArray related = layer(points, positions, neighbours, reduction, name + ".0.graph_conv.");
                    return new NDList(ffn(pointwise(related, name + ".0.fc2").add(x[0]), name + ".1"));
                })
                .head();
        return out;
    }

    /** The graph convolution of a map (B, C, H, W) alone. */
    NDArray layer(NDArray points, Parameter positions, Neighbours neighbours, int reduction, String name) {
        Shape shape = points.getShape();
        NDArray keys = null;
        if (reduction > 1) {
            Shape window = new Shape(reduction, reduction);
            keys = Pool.avgPool2d(points, window, window, ZERO, false, true).reshape(shape.get(0), shape.get(1), -1, 1);
        }
        NDArray queries = points.reshape(shape.get(0), shape.get(1), -1, 1);
        return graph(queries, keys == null ? queries : keys, positions, neighbours, name)
                .reshape(shape.get(0), -1, shape.get(2), shape.get(3));
    }

    private NDArray graph(NDArray queries, NDArray keys, Parameter positions, Neighbours neighbours, String name) {
        long b = queries.getShape().get(0);
        long c = queries.getShape().get(1);
        long n = queries.getShape().get(2);
        int g = neighbours.groups();
        NDArray x = queries.reshape(b * g, c / g, -1, 1);
        NDArray y = keys.reshape(b * g, c / g, -1, 1);
        NDArray from = x.normalize(2, 1, 1e-12).transpose(0, 2, 1, 3).squeeze(3); // (B G, N, D)
        NDArray to = y.normalize(2, 1, 1e-12).transpose(0, 2, 1, 3).squeeze(3); // (B G, M, D)
        NDArray distance = from.matMul(to.transpose(0, 2, 1)).mul(-2);
        distance = from.square().sum(new int[] {2}, true).add(distance);
        distance = distance.add(to.square().sum(new int[] {2}, true).transpose(0, 2, 1));
        if (positions != null) {
            distance.addi(positions.array());
        }
        NDArray nearest = distance.neg().topK(neighbours.reach(), 2).get(1).get(":, :, ::{}", neighbours.dilation());
        NDArray centres = x.getManager()
                .create(LongStream.range(0, n).toArray(), new Shape(1, n, 1))
                .broadcast(b * g, n, neighbours.count());
        NDArray greatest = gathered(y, nearest).sub(gathered(x, centres)).max(new int[] {3}, true); // (B G, D, N, 1)
        NDArray both = NDArrays.concat(
                        new NDList(
                                queries.expandDims(2),
                                greatest.reshape(b, c, n, 1).expandDims(2)),
                        2)
                .reshape(b, 2 * c, n, 1);
        return Activation.gelu(normed(conv(both, name + "gconv.nn.0", 1, 0, 4), name + "gconv.nn.1"));
    }

    /** (G, D, M, 1) and (G, N, K) to (G, D, N, K). */
    private static NDArray gathered(NDArray x, NDArray index) {
        Shape s = x.getShape();
        long[] first = LongStream.range(0, s.get(0)).map(i -> i * s.get(2)).toArray();
        NDArray offsets = x.getManager().create(first, new Shape(s.get(0), 1, 1));
        NDArray rows = x.transpose(0, 2, 1, 3).reshape(-1, s.get(1));
        NDArray flat = index.add(offsets).flatten();
        return rows.get(flat)
                .reshape(s.get(0), index.getShape().get(1), index.getShape().get(2), s.get(1))
                .transpose(0, 3, 1, 2)
                .reshape(
                        s.get(0),
                        s.get(1),
                        index.getShape().get(1),
                        index.getShape().get(2));
    }

    private NDArray ffn(NDArray x, String name) {
        return pointwise(Activation.gelu(pointwise(x, name + ".fc1")), name + ".fc2")
                .add(x);
    }

    private NDArray pointwise(NDArray x, String name) {
        return normed(conv(x, name + ".0", 1, 0, 1), name + ".1");
    }

    private NDArray conv(NDArray x, String name, int stride, int padding, int groups) {
        return Conv2d.conv2d(
                        x,
                        array(name + ".weight", false),
                        array(name + ".bias", false),
                        new Shape(stride, stride),
                        new Shape(padding, padding),
                        ONE,
                        groups)
                .head();
    }

    private NDArray linear(NDArray x, String name) {
        return Linear.linear(x, array(name + ".weight", false), array(name + ".bias", false))
                .head();
    }

    private NDArray normed(NDArray x, String name) {
        return x.getNDArrayInternal()
                .batchNorm(
                        x,
                        array(name + ".running_mean", false),
                        array(name + ".running_var", false),
                        array(name + ".weight", false),
                        array(name + ".bias", false),
                        1,
                        0.9f,
                        1e-5f,
                        false)
                .head();
    }

    private NDArray array(String name, boolean prefixed) {
        return parameters.get(prefixed ? prefix + name : name).array();
    }

    /** One graph convolution with the parameters of the real one. */
    static PlainVisionGnn of(GroupKnnGraph layer) {
        return new PlainVisionGnn(layer, null, null, "");
    }
}
