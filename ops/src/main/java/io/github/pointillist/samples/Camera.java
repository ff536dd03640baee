// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

/**
 * A scientific camera: photons to counts.
 *
 * @param offset counts without light
 * @param gain counts per photon
 * @param readNoise standard deviation in photons
 */
record Camera(double offset, double gain, double readNoise) {
    static final Camera SCMOS = new Camera(100, 2.2, 1.6);

    /** Exposes: Poisson and read noise, 16 bits. */
    short[] expose(float[] photons, SampleRandom random) {
        short[] counts = new short[photons.length];
        for (int i = 0; i < counts.length; i++) {
            double electrons = random.poisson(photons[i]) + readNoise * random.gaussian();
            double value = Math.floor(offset + gain * electrons + 0.5);
            counts[i] = (short) (int) Math.max(0, Math.min(65535, value));
        }
        return counts;
    }
}
