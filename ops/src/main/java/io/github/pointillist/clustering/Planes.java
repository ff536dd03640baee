// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.clustering;

/** Checks that every operation makes. */
final class Planes {
    private Planes() {}

    static void check(FeatureSource source) {
        long pixels = (long) source.width() * source.height();
        if (source.width() < 1 || source.height() < 1 || source.channels() < 1 || pixels > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException(
                    "a plane of " + source.width() + " x " + source.height() + " pixels with "
                            + source.channels() + " features given; allowed: at least 1 of each and at most "
                            + (Integer.MAX_VALUE - 8) + " pixels");
        }
    }

    static void require(boolean ok, String name, Object given, String allowed) {
        if (!ok) {
            throw new IllegalArgumentException(name + " given: " + given + "; allowed: " + allowed);
        }
    }
}
