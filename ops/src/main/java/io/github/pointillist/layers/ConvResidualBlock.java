// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Activation;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;

/** x + g BN(conv(GELU(BN(conv x)))) on channels-last points (B, H, W, C): FasterViT's convolutional block. */
public final class ConvResidualBlock extends Layer {
    private final Parameter scale; // (C), null without a scale
    private final Conv2d conv1;
    private final BatchNorm norm1;
    private final Conv2d conv2;
    private final BatchNorm norm2;

    /**
     * Declares {@code gamma} (C) if there is a scale, and {@code conv1}, {@code norm1}, {@code conv2} and {@code norm2}.
     *
     * @param scaled whether the branch has a learned scale g
     */
    public ConvResidualBlock(int channels, boolean scaled) {
        this.scale = scaled ? weight("gamma", channels) : null;
        this.conv1 = child("conv1", new Conv2d(channels, channels, 3, 1, 1));
        this.norm1 = child("norm1", new BatchNorm(channels));
        this.conv2 = child("conv2", new Conv2d(channels, channels, 3, 1, 1));
        this.norm2 = child("norm2", new BatchNorm(channels));
    }

    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        NDArray hidden = Activation.gelu(norm1.apply(conv1.apply(x, pass), pass)); // (B, H, W, C)
        NDArray branch = norm2.apply(conv2.apply(hidden, pass), pass);
        return x.add(scale == null ? branch : branch.mul(scale.array()));
    }
}
