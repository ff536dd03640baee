// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

/**
 * Voronoi cells of points in a jittered square grid: one point in each square, at most 0.3 of its side from the centre,
 * so that looking at 3 x 3 squares finds the nearest. Reused from pixel to pixel; holds what was found last.
 */
final class Voronoi {
    private static final double JITTER = 0.3;

    private final double size;
    private final long seed;

    /** Column and row of the square whose point is nearest. */
    long column;

    long row;

    /** The nearest point. */
    double x;

    double y;

    /** Distance to the border with the second nearest point's cell. */
    double edge;

    Voronoi(double size, long seed) {
        this.size = size;
        this.seed = seed;
    }

    void locate(double px, double py) {
        long i0 = (long) Math.floor(px / size);
        long j0 = (long) Math.floor(py / size);
        double first = Double.MAX_VALUE;
        double second = Double.MAX_VALUE;
        double secondX = 0;
        double secondY = 0;
        for (long j = j0 - 1; j <= j0 + 1; j++) {
            for (long i = i0 - 1; i <= i0 + 1; i++) {
                long bits = Fields.hash(i, j, seed);
                double u = (bits >>> 40) * 0x1p-24;
                double v = (bits & 0xffffff) * 0x1p-24;
                double sx = (i + 0.5 + JITTER * (2 * u - 1)) * size;
                double sy = (j + 0.5 + JITTER * (2 * v - 1)) * size;
                double distance = (sx - px) * (sx - px) + (sy - py) * (sy - py);
                if (distance < first) {
                    second = first;
                    secondX = x;
                    secondY = y;
                    first = distance;
                    x = sx;
                    y = sy;
                    column = i;
                    row = j;
                } else if (distance < second) {
                    second = distance;
                    secondX = sx;
                    secondY = sy;
                }
            }
        }
        double between = Math.sqrt((secondX - x) * (secondX - x) + (secondY - y) * (secondY - y));
        edge = (second - first) / (2 * between);
    }
}
