// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.pointillist.tensor.Leaf;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;

/**
 * Batch normalisation of the last axis, (..., C): by the running statistics, or in training by those of the batch, of
 * which the running ones then take a share.
 */
public final class BatchNorm extends Leaf {
    private static final double EPSILON = 1e-5;
    private static final double MOMENTUM = 0.1;

    private final Parameter weight; // (C)
    private final Parameter bias; // (C)
    private final Parameter mean; // (C)
    private final Parameter variance; // (C)
    private final Parameter batches; // ()
    private final int channels;
    private final float epsilon;
    private final float kept;

    /**
     * Declares {@code weight}, {@code bias}, {@code running_mean} and {@code running_var} (C), and the int64 scalar
     * {@code num_batches_tracked}; with PyTorch's constants, 1e-5 and 0.1.
     */
    public BatchNorm(int channels) {
        this(channels, EPSILON);
    }

    /**
     * The same with another number in the place of 1e-5.
     *
     * @param epsilon is added to the variance
     */
    public BatchNorm(int channels, double epsilon) {
        this(channels, epsilon, MOMENTUM);
    }

    /**
     * The same with other constants.
     *
     * @param epsilon is added to the variance
     * @param momentum share of a batch in the running statistics, 0 to 1
     */
    public BatchNorm(int channels, double epsilon, double momentum) {
        this.channels = channels;
        this.epsilon = (float) epsilon;
        this.kept = (float) (1 - momentum);
        this.weight = weight("weight", channels);
        this.bias = weight("bias", channels);
        this.mean = buffer("running_mean", channels);
        this.variance = buffer("running_var", channels);
        this.batches = buffer("num_batches_tracked", DataType.INT64);
    }

    /** @throws IllegalArgumentException in training with a single value per channel, which has no variance */
    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        if (pass.isTraining()) {
            if (x.size() <= channels) {
                throw new IllegalArgumentException("input is " + x.getShape()
                        + ": one value per channel has no variance to train on; give a batch of 2 or more");
            }
            batches.array().addi(1);
        }
        // Seen as (1, C, N, 1) this is the engine's channels-last memory format: no copy either way.
        NDArray planes = x.reshape(1, -1, 1, channels).transpose(0, 3, 1, 2);
        return planes.getNDArrayInternal()
                .batchNorm(
                        planes,
                        mean.array(),
                        variance.array(),
                        weight.array(),
                        bias.array(),
                        -1,
                        kept,
                        epsilon,
                        pass.isTraining())
                .head()
                .transpose(0, 2, 3, 1)
                .reshape(x.getShape());
    }

    /** What outside training every channel is multiplied by, weight / sqrt(running_var + epsilon): (C). */
    NDArray scale(Pass pass) {
        return pass.value(weight).div(pass.value(variance).add(epsilon).sqrt());
    }

    /** What is added after that, bias - running_mean scale: (C). */
    NDArray shift(Pass pass) {
        return pass.value(bias).sub(pass.value(mean).mul(scale(pass)));
    }
}
