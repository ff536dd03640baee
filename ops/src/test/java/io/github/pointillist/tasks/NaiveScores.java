// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The figures straight from their definitions, pixel set by pixel set and by trying all assignments: slow, for few small
 * objects.
 */
final class NaiveScores {
    /** Pixels of an object. */
    private final List<boolean[]> truth;

    private final List<boolean[]> predicted;
    private final double epsilon = 1e-12;

    NaiveScores(int[] prediction, int[] truth) {
        this.truth = objects(truth);
        this.predicted = objects(prediction);
    }

    /** In raster order of their first pixels. */
    private static List<boolean[]> objects(int[] labels) {
        List<boolean[]> objects = new ArrayList<>();
        for (int label : Arrays.stream(labels).filter(l -> l > 0).distinct().toArray()) {
            boolean[] pixels = new boolean[labels.length];
            for (int i = 0; i < labels.length; i++) {
                pixels[i] = labels[i] == label;
            }
            objects.add(pixels);
        }
        return objects;
    }

    private static long count(boolean[] a, boolean[] b, boolean both) {
        long count = 0;
        for (int i = 0; i < a.length; i++) {
            count += (both ? a[i] && b[i] : a[i] || b[i]) ? 1 : 0;
        }
        return count;
    }

    int trueObjects() {
        return truth.size();
    }

    int predictedObjects() {
        return predicted.size();
    }

    private double iou(int t, int p) {
        return (double) count(truth.get(t), predicted.get(p), true) / count(truth.get(t), predicted.get(p), false);
    }

    /** Most matches with an IoU of at least percent / 100, or above it. */
    int matches(int percent, boolean above) {
        boolean[][] allowed = new boolean[truth.size()][predicted.size()];
        for (int t = 0; t < truth.size(); t++) {
            for (int p = 0; p < predicted.size(); p++) {
                long shared = 100 * count(truth.get(t), predicted.get(p), true);
                long needed = percent * count(truth.get(t), predicted.get(p), false);
                allowed[t][p] = above ? shared > needed : shared >= needed;
            }
        }
        return most(allowed, 0, new boolean[predicted.size()]);
    }

    private int most(boolean[][] allowed, int t, boolean[] taken) {
        if (t == allowed.length) {
            return 0;
        }
        int most = most(allowed, t + 1, taken);
        for (int p = 0; p < taken.length; p++) {
            if (allowed[t][p] && !taken[p]) {
                taken[p] = true;
                most = Math.max(most, 1 + most(allowed, t + 1, taken));
                taken[p] = false;
            }
        }
        return most;
    }

    /** The IoUs of all pairs above a half. */
    double sumAboveHalf() {
        double sum = 0;
        for (int t = 0; t < truth.size(); t++) {
            for (int p = 0; p < predicted.size(); p++) {
                sum += iou(t, p) > 0.5 ? iou(t, p) : 0;
            }
        }
        return sum;
    }

    /** Pixels shared and covered, by Kumar's algorithm. */
    List<Long> aji() {
        long shared = 0;
        long covered = 0;
        boolean[] used = new boolean[predicted.size()];
        for (int t = 0; t < truth.size(); t++) {
            int best = -1;
            for (int p = 0; p < predicted.size(); p++) {
                double more = iou(t, p) - (best < 0 ? 0 : iou(t, best));
                boolean larger = best >= 0
                        && count(truth.get(t), predicted.get(p), true) > count(truth.get(t), predicted.get(best), true);
                if (more > epsilon || (Math.abs(more) <= epsilon && larger)) {
                    best = p;
                }
            }
            if (best < 0) {
                covered += count(truth.get(t), truth.get(t), true);
            } else {
                shared += count(truth.get(t), predicted.get(best), true);
                covered += count(truth.get(t), predicted.get(best), false);
                used[best] = true;
            }
        }
        return List.of(shared, covered + unused(used));
    }

    private long unused(boolean[] used) {
        long pixels = 0;
        for (int p = 0; p < used.length; p++) {
            pixels += used[p] ? 0 : count(predicted.get(p), predicted.get(p), true);
        }
        return pixels;
    }

    /** Pixels shared and covered of every one-to-one assignment with the largest sum of IoUs. */
    List<List<Long>> ajiPlus() {
        Assignments all = new Assignments();
        all.extend(0, 0, 0, 0, new boolean[predicted.size()]);
        return all.best;
    }

    private final class Assignments {
        private final List<List<Long>> best = new ArrayList<>();
        private double largest = -1;

        void extend(int t, double sum, long shared, long covered, boolean[] taken) {
            if (t == truth.size()) {
                if (sum > largest + epsilon) {
                    largest = sum;
                    best.clear();
                }
                if (sum > largest - epsilon) {
                    best.add(List.of(shared, covered + unused(taken)));
                }
                return;
            }
            extend(t + 1, sum, shared, covered + count(truth.get(t), truth.get(t), true), taken);
            for (int p = 0; p < taken.length; p++) {
                long both = count(truth.get(t), predicted.get(p), true);
                if (!taken[p] && both > 0) {
                    taken[p] = true;
                    long either = count(truth.get(t), predicted.get(p), false);
                    extend(t + 1, sum + iou(t, p), shared + both, covered + either, taken);
                    taken[p] = false;
                }
            }
        }
    }
}
