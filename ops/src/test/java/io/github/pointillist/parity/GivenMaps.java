// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.parity;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.github.pointillist.layers.Pyramid;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;
import java.util.List;
import java.util.stream.IntStream;

/** A backbone without parameters that gives the same maps whatever the image is, to run a head alone. */
public final class GivenMaps extends Layer implements Pyramid {
    private final NDList maps;
    private final List<Integer> strides;

    /**
     * With the strides 4, 8, 16, ...
     *
     * @param maps (B, C_i, H_i, W_i) each, finest first
     */
    public GivenMaps(NDList maps) {
        this(maps, IntStream.range(0, maps.size()).mapToObj(i -> 4 << i).toList());
    }

    /** With strides as given. */
    public GivenMaps(NDList maps, List<Integer> strides) {
        this.maps = maps;
        this.strides = strides;
    }

    @Override
    public NDList features(NDArray image, Pass pass) {
        return maps;
    }

    @Override
    public List<Integer> channels() {
        return maps.stream().map(map -> (int) map.getShape().get(1)).toList();
    }

    @Override
    public List<Integer> strides() {
        return strides;
    }

    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        throw new IllegalStateException("the maps are given: call features");
    }
}
