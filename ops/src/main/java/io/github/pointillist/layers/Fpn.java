// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;
import java.util.ArrayList;
import java.util.List;

/**
 * The feature pyramid neck of Lin et al., Feature Pyramid Networks for Object Detection, CVPR 2017, as in
 * mmsegmentation 0.11, {@code FPN}: each map gets the same number of channels, then takes up, from coarse to fine, what
 * the coarser maps say. Convolutions have a bias and neither norm nor activation.
 */
public final class Fpn extends Layer {
    private final List<Pointwise> laterals = new ArrayList<>();
    private final List<Conv2d> smoothers = new ArrayList<>();

    /**
     * Declares {@code lateral_convs.i.conv} (1 x 1) and {@code fpn_convs.i.conv} (3 x 3).
     *
     * @param in channels of the maps of the backbone, finest first
     * @param out channels of every output
     */
    public Fpn(List<Integer> in, int out) {
        for (int i = 0; i < in.size(); i++) {
            laterals.add(child("lateral_convs." + i + ".conv", new Pointwise(in.get(i), out)));
        }
        for (int i = 0; i < in.size(); i++) {
            smoothers.add(child("fpn_convs." + i + ".conv", new Conv2d(out, out, 3, 1, 1)));
        }
    }

    /**
     * Merges the maps of a backbone.
     *
     * @param maps (B, C_i, H_i, W_i) each, finest first
     * @return as many maps of the same sizes, channels-last: (B, H_i, W_i, out)
     */
    public NDList merge(NDList maps, Pass pass) {
        if (maps.size() != laterals.size()) {
            throw new IllegalArgumentException(
                    maps.size() + " maps given to a pyramid of " + laterals.size() + " levels; give one per level");
        }
        return scoped(maps, pass, inner -> {
            int last = maps.size() - 1;
            NDArray[] merged = new NDArray[maps.size()];
            NDList out = new NDList();
            for (int i = last; i >= 0; i--) {
                merged[i] = laterals.get(i).apply(maps.get(i).transpose(0, 2, 3, 1), inner); // (B, H_i, W_i, out)
                if (i < last) {
                    long h = merged[i].getShape().get(1);
                    long w = merged[i].getShape().get(2);
                    merged[i] = merged[i].add(Resize.nearest(merged[i + 1], h, w));
                }
                NDArray level = smoothers.get(i).apply(merged[i], inner); // (B, H_i, W_i, out)
                inner.tap(this, "fpn_convs." + i, () -> level.transpose(0, 3, 1, 2));
                out.add(0, level);
            }
            return out;
        });
    }

    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        throw new IllegalStateException("a pyramid neck takes several maps: call merge");
    }
}
