// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * A label plane as runs of equal labels, joined to components through the four neighbours: small in memory, and exact
 * whatever the size. Made anew after labels changed.
 */
final class LabelRuns {
    private final int[] labels;
    private final int width;
    private final int height;
    private int[] starts; // pixel where each run begins, in order; one more at the end
    private int[] rowRuns; // first run of each row; one more at the end
    private int[] roots;
    private int runs;

    /**
     * Finds the runs.
     *
     * @param labels row-major (height, width), not copied
     */
    LabelRuns(int[] labels, int width, int height) {
        this.labels = labels;
        this.width = width;
        this.height = height;
        cut();
        join();
    }

    private void cut() {
        starts = new int[1024];
        rowRuns = new int[height + 1];
        for (int y = 0; y < height; y++) {
            rowRuns[y] = runs;
            int row = y * width;
            for (int i = row; i < row + width; i++) {
                if (i == row || labels[i] != labels[i - 1]) {
                    if (runs + 1 >= starts.length) {
                        starts = Arrays.copyOf(starts, starts.length + (starts.length >> 1) + 1);
                    }
                    starts[runs++] = i;
                }
            }
        }
        rowRuns[height] = runs;
        starts[runs] = width * height;
    }

    private void join() {
        roots = new int[runs];
        for (int i = 0; i < runs; i++) {
            roots[i] = i;
        }
        forEachVertical((upper, lower, length) -> {
            if (label(upper) == label(lower)) {
                int a = root(upper);
                int b = root(lower);
                roots[Math.max(a, b)] = Math.min(a, b);
            }
        });
        for (int i = 0; i < runs; i++) {
            roots[i] = root(i); // the first run of a component in reading order
        }
    }

    private int root(int run) {
        int at = run;
        while (roots[at] != at) {
            roots[at] = roots[roots[at]];
            at = roots[at];
        }
        return at;
    }

    private interface Contact {
        void accept(int first, int second, int length);
    }

    /** Pairs of runs above each other, with the pixels that touch. */
    private void forEachVertical(Contact contact) {
        for (int y = 1; y < height; y++) {
            int upper = rowRuns[y - 1];
            int lower = rowRuns[y];
            while (upper < rowRuns[y] && lower < rowRuns[y + 1]) {
                int begin = Math.max(starts[upper] + width, starts[lower]);
                int upperEnd = starts[upper + 1] + width;
                int end = Math.min(upperEnd, starts[lower + 1]);
                contact.accept(upper, lower, end - begin);
                if (end == upperEnd) {
                    upper++;
                }
                if (end == starts[lower + 1]) {
                    lower++;
                }
            }
        }
    }

    private void forEachContact(Contact contact) {
        forEachVertical(contact);
        for (int y = 0; y < height; y++) {
            for (int run = rowRuns[y] + 1; run < rowRuns[y + 1]; run++) {
                contact.accept(run - 1, run, 1);
            }
        }
    }

    private int label(int run) {
        return labels[starts[run]];
    }

    private int length(int run) {
        return starts[run + 1] - starts[run];
    }

    private void write(int run, int label) {
        Arrays.fill(labels, starts[run], starts[run + 1], label);
    }

    private int[] areas() {
        int[] areas = new int[runs];
        for (int run = 0; run < runs; run++) {
            areas[roots[run]] += length(run);
        }
        return areas;
    }

    /**
     * Leaves every label its largest component, of equal ones the first; the others join the label whose largest component
     * they share the longest border with, of equal ones the smaller, or become 0.
     *
     * @param largest highest label
     */
    void keepLargest(int largest) {
        int[] areas = areas();
        int[] main = new int[largest + 1];
        Arrays.fill(main, -1);
        for (int run = 0; run < runs; run++) {
            int label = label(run);
            if (roots[run] == run && label > 0 && (main[label] < 0 || areas[run] > areas[main[label]])) {
                main[label] = run;
            }
        }
        Map<Integer, Map<Integer, Integer>> borders = new HashMap<>(); // of stray components, by the label beyond
        forEachContact((first, second, length) -> {
            touch(first, second, length, main, borders);
            touch(second, first, length, main, borders);
        });
        int[] become = new int[runs];
        Arrays.fill(become, -1);
        for (int run = 0; run < runs; run++) {
            int label = label(run);
            if (label > 0 && roots[run] != main[label]) {
                int root = roots[run];
                if (become[root] < 0) {
                    become[root] = longest(borders.getOrDefault(root, Map.of()));
                }
            }
        }
        for (int run = 0; run < runs; run++) {
            if (become[roots[run]] >= 0) {
                write(run, become[roots[run]]);
            }
        }
    }

    private void touch(int stray, int other, int length, int[] main, Map<Integer, Map<Integer, Integer>> borders) {
        int label = label(stray);
        int beyond = label(other);
        if (label > 0 && roots[stray] != main[label] && beyond > 0 && roots[other] == main[beyond]) {
            borders.computeIfAbsent(roots[stray], any -> new HashMap<>()).merge(beyond, length, Integer::sum);
        }
    }

    private static int longest(Map<Integer, Integer> borders) {
        int label = 0;
        int most = 0;
        for (Map.Entry<Integer, Integer> border : borders.entrySet()) {
            if (border.getValue() > most || (border.getValue() == most && border.getKey() < label)) {
                label = border.getKey();
                most = border.getValue();
            }
        }
        return label;
    }

    /** Gives components of 0 that do not touch the border of the plane and have one label around them that label. */
    void fillHoles() {
        int[] around = new int[runs]; // 0 nothing yet, -1 several labels or the border
        for (int run = 0; run < runs; run++) {
            int x = starts[run] % width;
            int y = starts[run] / width;
            if (x == 0 || x + length(run) == width || y == 0 || y == height - 1) {
                around[roots[run]] = -1;
            }
        }
        forEachContact((first, second, length) -> {
            surround(first, second, around);
            surround(second, first, around);
        });
        for (int run = 0; run < runs; run++) {
            if (label(run) == 0 && around[roots[run]] > 0) {
                write(run, around[roots[run]]);
            }
        }
    }

    private void surround(int hole, int other, int[] around) {
        int beyond = label(other);
        if (label(hole) == 0 && beyond > 0) {
            int root = roots[hole];
            around[root] = around[root] == 0 || around[root] == beyond ? beyond : -1;
        }
    }

    /**
     * Counts the labels anew from 1 in the order of their first pixels, without those that are too small or, if wanted,
     * touch the border of the plane.
     *
     * @param largest highest label
     * @return how many are left
     */
    int renumber(int largest, double minAreaPx, boolean excludeBorder) {
        long[] areas = new long[largest + 1];
        boolean[] out = new boolean[largest + 1];
        for (int run = 0; run < runs; run++) {
            int label = label(run);
            areas[label] += length(run);
            int x = starts[run] % width;
            int y = starts[run] / width;
            if (excludeBorder && (x == 0 || x + length(run) == width || y == 0 || y == height - 1)) {
                out[label] = true;
            }
        }
        int[] names = new int[largest + 1];
        int count = 0;
        for (int run = 0; run < runs; run++) {
            int label = label(run);
            if (label > 0) {
                if (names[label] == 0 && !out[label] && areas[label] >= minAreaPx) {
                    names[label] = ++count;
                }
                write(run, names[label]);
            }
        }
        return count;
    }
}
