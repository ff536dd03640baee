// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.clustering;

/** Features made from other features of the same plane. */
abstract class Derived implements FeatureSource {
    final FeatureSource source;
    private final int channels;

    Derived(FeatureSource source, int channels) {
        this.source = source;
        this.channels = channels;
    }

    @Override
    public final int width() {
        return source.width();
    }

    @Override
    public final int height() {
        return source.height();
    }

    @Override
    public final int channels() {
        return channels;
    }
}
