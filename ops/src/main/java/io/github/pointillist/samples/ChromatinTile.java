// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

/** A square of random texture that repeats without seams, drawn once and looked up at any place and scale. */
final class ChromatinTile {
    private static final int SIZE = 256;

    /** Size of the coarsest grain on the tile. */
    static final double GRAIN = 20;

    private static final float[] TILE = make();

    private ChromatinTile() {}

    /** Grains of three sizes: noise on a torus, smoothed with boxes; mean 0, variance 1. */
    private static float[] make() {
        SampleRandom random = new SampleRandom(77);
        float[] tile = new float[SIZE * SIZE];
        for (int grain = 9; grain >= 2; grain /= 2) {
            float[] layer = new float[SIZE * SIZE];
            for (int i = 0; i < layer.length; i++) {
                layer[i] = (float) random.between(-1, 1);
            }
            for (int pass = 0; pass < 3; pass++) {
                layer = boxed(boxed(layer, grain, 1, SIZE), grain, SIZE, 1);
            }
            double deviation = deviation(layer);
            for (int i = 0; i < tile.length; i++) {
                tile[i] += (float) (layer[i] / deviation * (grain == 9 ? 1 : grain == 4 ? 0.7 : 0.45));
            }
        }
        double deviation = deviation(tile);
        for (int i = 0; i < tile.length; i++) {
            tile[i] /= (float) deviation;
        }
        return tile;
    }

    private static float[] boxed(float[] plane, int width, int along, int across) {
        float[] out = new float[plane.length];
        for (int line = 0; line < SIZE; line++) {
            for (int k = 0; k < SIZE; k++) {
                float sum = 0;
                for (int d = 0; d < width; d++) {
                    sum += plane[line * across + (k + d & SIZE - 1) * along];
                }
                out[line * across + k * along] = sum;
            }
        }
        return out;
    }

    private static double deviation(float[] plane) {
        double sum = 0;
        double squares = 0;
        for (float value : plane) {
            sum += value;
            squares += (double) value * value;
        }
        double mean = sum / plane.length;
        return Math.sqrt(squares / plane.length - mean * mean);
    }

    /** The texture at a place of the tile, any number of tiles away. */
    static float at(double x, double y) {
        double floorX = Math.floor(x);
        double floorY = Math.floor(y);
        float u = (float) (x - floorX);
        float v = (float) (y - floorY);
        int i = (int) floorX & SIZE - 1;
        int j = ((int) floorY & SIZE - 1) * SIZE;
        int i1 = i + 1 & SIZE - 1;
        int j1 = j + SIZE & SIZE * SIZE - 1;
        float top = TILE[j + i] + u * (TILE[j + i1] - TILE[j + i]);
        float bottom = TILE[j1 + i] + u * (TILE[j1 + i1] - TILE[j1 + i]);
        return top + v * (bottom - top);
    }
}
