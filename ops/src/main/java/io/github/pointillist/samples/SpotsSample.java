// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

import java.util.List;

/**
 * A simulated image of diffraction-limited spots.
 *
 * @param sample the image; label n is the disc of radius 2 pixels around spot n - 1, where discs meet the nearer wins
 * @param spots the true positions
 */
public record SpotsSample(Sample sample, List<Spot> spots) {
    /** Copies the list. */
    public SpotsSample {
        spots = List.copyOf(spots);
    }

    /**
     * One spot.
     *
     * @param xPx true position; the centre of the upper left pixel is (0, 0)
     * @param yPx true position
     * @param photons expected number of photons in all
     */
    public record Spot(double xPx, double yPx, double photons) {}
}
