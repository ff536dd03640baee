// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.layers;

import java.util.Arrays;

/**
 * Choices among the points of a cloud, each point x, y, z in turn: x0, y0, z0, x1, ... Distances are sums of squared
 * differences in double precision, so that the choices do not depend on the type of a model or on its device.
 */
public final class PointSampling {
    private PointSampling() {}

    /**
     * Farthest-point sampling: point 0, then again and again the point farthest from all chosen ones, the first one on
     * ties.
     *
     * @param xyz 3 N coordinates
     * @param count number of points to choose, 1 to N
     * @return indices in the order of choice
     */
    public static int[] farthest(double[] xyz, int count) {
        int n = xyz.length / 3;
        if (count < 1 || count > n) {
            throw new IllegalArgumentException(count + " points asked for of a cloud of " + n + "; ask for 1 to " + n);
        }
        double[] nearest = new double[n];
        Arrays.fill(nearest, Double.POSITIVE_INFINITY);
        int[] chosen = new int[count];
        for (int k = 1; k < count; k++) {
            int farthest = 0;
            for (int i = 0; i < n; i++) {
                nearest[i] = Math.min(nearest[i], distance(xyz, i, xyz, chosen[k - 1]));
                if (nearest[i] > nearest[farthest]) {
                    farthest = i;
                }
            }
            chosen[k] = farthest;
        }
        return chosen;
    }

    /**
     * The nearest points of every anchor, by ascending distance, the smaller index first on ties.
     *
     * @param xyz 3 N coordinates
     * @param anchors 3 S coordinates
     * @param count number of neighbours K, 1 to N
     * @return S rows of K indices into {@code xyz}
     */
    public static int[][] nearest(double[] xyz, double[] anchors, int count) {
        int n = xyz.length / 3;
        if (count < 1 || count > n) {
            throw new IllegalArgumentException(
                    count + " neighbours asked for in a cloud of " + n + " points; ask for 1 to " + n);
        }
        int[][] neighbours = new int[anchors.length / 3][];
        for (int s = 0; s < neighbours.length; s++) {
            neighbours[s] = nearestTo(xyz, anchors, s, count);
        }
        return neighbours;
    }

    private static int[] nearestTo(double[] xyz, double[] anchors, int anchor, int count) {
        int[] index = new int[count];
        double[] distance = new double[count];
        Arrays.fill(distance, Double.POSITIVE_INFINITY);
        for (int i = 0; i < xyz.length / 3; i++) {
            double d = distance(xyz, i, anchors, anchor);
            int place = Math.min(i, count);
            if (place == count && d >= distance[count - 1]) {
                continue;
            }
            place = Math.min(place, count - 1);
            for (; place > 0 && distance[place - 1] > d; place--) {
                distance[place] = distance[place - 1];
                index[place] = index[place - 1];
            }
            distance[place] = d;
            index[place] = i;
        }
        return index;
    }

    /** The coordinates of the points with the given indices. */
    public static double[] pick(double[] xyz, int[] indices) {
        double[] picked = new double[3 * indices.length];
        for (int i = 0; i < indices.length; i++) {
            System.arraycopy(xyz, 3 * indices[i], picked, 3 * i, 3);
        }
        return picked;
    }

    private static double distance(double[] a, int i, double[] b, int j) {
        double dx = a[3 * i] - b[3 * j];
        double dy = a[3 * i + 1] - b[3 * j + 1];
        double dz = a[3 * i + 2] - b[3 * j + 2];
        return dx * dx + dy * dy + dz * dz;
    }
}
