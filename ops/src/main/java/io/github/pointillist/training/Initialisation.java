// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/**
 * The weights that training from nothing starts with, by the names of the official checkpoints: norms 1 and 0, biases
 * 0, matrices and convolutions normal with variance 2 / fan in (He et al., ICCV 2015), classifiers normal with deviation
 * 0.01 as in mmsegmentation 0.11, the similarity of Context Clusters 1 and 0, layer scales {@value #LAYER_SCALE} (the
 * official 1e-5 is meant for hundreds of epochs). Seeded by name: the same on every machine.
 */
public final class Initialisation {
    static final double LAYER_SCALE = 0.1;
    private static final double CLASSIFIER = 0.01;
    /** Layer scale of ConvNeXt; 1e-6 in the reference, which is trained much longer. */
    private static final double GAMMA = 1e-2;

    private Initialisation() {}

    /** Overwrites every trained parameter of a model whose memory is allocated; buffers too, but for tables. */
    public static void fill(Layer model, long seed) {
        model.parameters().forEach((name, parameter) -> fill(name, parameter, seed));
    }

    /** Overwrites one parameter. */
    static void fill(String name, Parameter parameter, long seed) {
        if (name.endsWith("num_batches_tracked")) {
            return;
        }
        boolean statistics = name.endsWith("running_mean") || name.endsWith("running_var");
        if (!parameter.trainable() && !statistics) {
            return;
        }
        Shape shape = parameter.shape();
        float[] values = new float[(int) shape.size()];
        double constant = constant(name, shape);
        SplittableRandom random = new SplittableRandom(hash(name) ^ seed * 0x9E3779B97F4A7C15L);
        double fanIn = shape.dimension() > 1 ? (double) shape.size() / shape.get(0) : 1;
        double deviation = deviation(name, shape, fanIn);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (Double.isNaN(constant) ? deviation * normal(random) : constant);
        }
        ByteBuffer bytes =
                ByteBuffer.allocateDirect(Float.BYTES * values.length).order(ByteOrder.nativeOrder());
        bytes.asFloatBuffer().put(values);
        parameter.set(bytes, DataType.FLOAT32);
    }

    private static double deviation(String name, Shape shape, double fanIn) {
        if (name.endsWith("conv_seg.weight") || small(name)) {
            return CLASSIFIER;
        }
        // kMaX-DeepLab: cluster centres and tables of positions, then projections to queries, keys and values
        if (name.endsWith("_cluster_centers.weight") || name.endsWith("_embeddings.weight")) {
            return 1;
        }
        return name.contains("qkv") || name.contains("_pixel_v_conv_bn") ? Math.sqrt(1 / fanIn) : Math.sqrt(2 / fanIn);
    }

    /** Last layers of kMaX-DeepLab's heads. */
    private static boolean small(String name) {
        return name.endsWith("_transformer_class_head.conv.weight")
                || name.endsWith("_pixel_space_head_last_convbn.conv.weight")
                || name.endsWith("final_conv.conv.weight")
                || name.endsWith("_auxiliary_semantic_predictor.2.conv.weight");
    }

    /** NaN where values are drawn. */
    private static double constant(String name, Shape shape) {
        // kMaX-DeepLab: updates begin as nothing, masks soft
        if (name.endsWith("conv3_bn.norm.weight") || name.endsWith("ffn_conv2_bn.norm.weight")) {
            return 0;
        }
        if (name.endsWith("_pixel_space_mask_batch_norm.weight")) {
            return 0.1;
        }
        if (name.endsWith(".gamma")) {
            return GAMMA;
        }
        if (name.contains("layer_scale")) {
            return LAYER_SCALE;
        }
        if (name.endsWith("sim_alpha") || name.endsWith("running_var")) {
            return 1;
        }
        if (name.endsWith("sim_beta") || name.endsWith("running_mean") || name.endsWith("bias")) {
            return 0;
        }
        if (shape.dimension() < 2) {
            return name.endsWith("weight") ? 1 : 0;
        }
        return Double.NaN;
    }

    /** Mean 0, variance 1, at most 2 from 0 but for the scale that keeps the variance: a truncated normal. */
    private static double normal(SplittableRandom random) {
        double value;
        do {
            double u = 1 - random.nextDouble();
            value = Math.sqrt(-2 * StrictMath.log(u)) * StrictMath.cos(2 * Math.PI * random.nextDouble());
        } while (Math.abs(value) > 2);
        return value / 0.87962566103423978;
    }

    /** FNV-1a, 64 bits. */
    private static long hash(String text) {
        long hash = 0xCBF29CE484222325L;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * 0x100000001B3L;
        }
        return hash;
    }
}
