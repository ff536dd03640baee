// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.clustering;

import java.util.Arrays;
import java.util.Random;
import java.util.function.IntFunction;

/** Feature sources for tests. */
public final class Sources {
    private Sources() {}

    /** A source of the given values, (height, width, channels). */
    public static FeatureSource of(int width, int height, int channels, float... values) {
        if (values.length != width * height * channels) {
            throw new IllegalArgumentException(values.length + " values for " + width + " x " + height);
        }
        int row = width * channels;
        return rows(width, height, channels, y -> Arrays.copyOfRange(values, y * row, (y + 1) * row));
    }

    /** A source whose rows, (width, channels), are made when they are read. */
    public static FeatureSource rows(int width, int height, int channels, IntFunction<float[]> rows) {
        return new FeatureSource() {
            @Override
            public int width() {
                return width;
            }

            @Override
            public int height() {
                return height;
            }

            @Override
            public int channels() {
                return channels;
            }

            @Override
            public void row(int y, float[] into) {
                System.arraycopy(rows.apply(y), 0, into, 0, width * channels);
            }
        };
    }

    static FeatureSource constant(int width, int height, int channels, float value) {
        float[] values = new float[width * height * channels];
        Arrays.fill(values, value);
        return of(width, height, channels, values);
    }

    /** Smooth waves with noise, 0 to 100. */
    static float[] waves(int width, int height, int channels, long seed) {
        Random random = new Random(seed);
        float[] values = new float[width * height * channels];
        for (int i = 0; i < values.length; i++) {
            int c = i % channels;
            int x = i / channels % width;
            int y = i / channels / width;
            values[i] =
                    (float) (50 + 35 * Math.sin(x / (5.0 + c) + c) * Math.cos(y / 6.0 - c) + 5 * random.nextGaussian());
        }
        return values;
    }

    /** All rows of a source, read in the order given. */
    static float[] all(FeatureSource source, int... order) {
        int n = source.width() * source.channels();
        float[] all = new float[n * source.height()];
        float[] row = new float[n];
        for (int y : order) {
            source.row(y, row);
            System.arraycopy(row, 0, all, y * n, n);
        }
        return all;
    }

    static float[] all(FeatureSource source) {
        return all(source, java.util.stream.IntStream.range(0, source.height()).toArray());
    }
}
