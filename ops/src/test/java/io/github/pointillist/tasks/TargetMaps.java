// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import java.util.Arrays;

/**
 * What a perfect model would say about a label plane, cell by cell: foreground is the share of labelled pixels, the offset
 * leads to the centroid of the object that has most of the cell, the centre probability is a bell around the centroid (or
 * the object's pixel nearest to it) with a deviation of 0.12 of the object's own diameter, at least 2.5 pixels.
 */
final class TargetMaps {
    static final int STRIDE = 4;
    private static final double BELL = 0.12;
    private static final double LEAST_BELL_PX = 2.5;

    private TargetMaps() {}

    /** The four outputs [foreground, centre, down, right][cell]. */
    static float[][] of(int[] labels, int width, int height, double diameterPx) {
        int columns = (width + STRIDE - 1) / STRIDE;
        int rows = (height + STRIDE - 1) / STRIDE;
        int count = Arrays.stream(labels).max().orElse(0);
        double[] x = new double[count + 1];
        double[] y = new double[count + 1];
        int[] area = new int[count + 1];
        for (int i = 0; i < labels.length; i++) {
            area[labels[i]]++;
            x[labels[i]] += i % width + 0.5;
            y[labels[i]] += i / width + 0.5;
        }
        double[] peakX = new double[count + 1];
        double[] peakY = new double[count + 1];
        double[] nearest = new double[count + 1];
        Arrays.fill(nearest, Double.POSITIVE_INFINITY);
        for (int k = 1; k <= count; k++) {
            x[k] /= area[k];
            y[k] /= area[k];
        }
        for (int i = 0; i < labels.length; i++) {
            int k = labels[i];
            double distance = Math.hypot(i % width + 0.5 - x[k], i / width + 0.5 - y[k]);
            if (k > 0 && distance < nearest[k]) {
                nearest[k] = distance;
                boolean inside = distance < 1;
                peakX[k] = inside ? x[k] : i % width + 0.5;
                peakY[k] = inside ? y[k] : i / width + 0.5;
            }
        }
        float[][] maps = new float[4][columns * rows];
        int[] votes = new int[count + 1];
        for (int cell = 0; cell < columns * rows; cell++) {
            double cx = (cell % columns + 0.5) * STRIDE;
            double cy = (cell / columns + 0.5) * STRIDE;
            int best = 0;
            int inside = 0;
            int pixels = 0;
            Arrays.fill(votes, 0);
            for (int py = cell / columns * STRIDE; py < Math.min(height, (cell / columns + 1) * STRIDE); py++) {
                for (int px = cell % columns * STRIDE; px < Math.min(width, (cell % columns + 1) * STRIDE); px++) {
                    int label = labels[py * width + px];
                    pixels++;
                    if (label > 0) {
                        inside++;
                        votes[label]++;
                        best = votes[label] > votes[best] || best == 0 ? label : best;
                    }
                }
            }
            maps[0][cell] = (float) inside / pixels;
            if (best > 0) {
                maps[2][cell] = (float) ((y[best] - cy) / diameterPx);
                maps[3][cell] = (float) ((x[best] - cx) / diameterPx);
            }
            for (int k = 1; k <= count; k++) {
                double dx = peakX[k] - cx;
                double dy = peakY[k] - cy;
                double s = Math.max(BELL * Math.sqrt(4 / Math.PI * area[k]), LEAST_BELL_PX);
                if (area[k] > 0 && Math.abs(dx) < 8 * s && Math.abs(dy) < 8 * s) {
                    maps[1][cell] = (float) Math.max(maps[1][cell], Math.exp(-(dx * dx + dy * dy) / (2 * s * s)));
                }
            }
        }
        return maps;
    }

    static ObjectMaps compact(float[][] maps, int columns) {
        ObjectMaps compact = new ObjectMaps(columns, maps[0].length / columns);
        for (int i = 0; i < maps[0].length; i++) {
            compact.set(i, maps[0][i], maps[1][i], maps[2][i], maps[3][i]);
        }
        return compact;
    }
}
