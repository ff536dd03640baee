// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

import java.util.Arrays;

/**
 * Connected regions (4 neighbours) of a plane of keys; small ones are given to their largest neighbour.
 *
 * @param labels row-major, 1 to {@code count}, in the order of their first pixels
 * @param keys the key of each label; index 0 unused
 * @param count number of regions
 */
@SuppressWarnings("ArrayRecordComponent")
record Regions(int[] labels, long[] keys, int count) {
    static Regions of(long[] plane, int width, int height, int minSizePx) {
        int[] labels = new int[plane.length];
        int[] stack = new int[plane.length];
        int[] sizes = new int[16];
        int count = 0;
        for (int start = 0; start < plane.length; start++) {
            if (labels[start] == 0) {
                count++;
                if (count == sizes.length) {
                    sizes = Arrays.copyOf(sizes, 2 * count);
                }
                sizes[count] = flood(plane, labels, stack, start, count, width, height);
            }
        }
        int[] heir = heirs(labels, sizes, count, width, height, minSizePx);
        return renumbered(plane, labels, heir, count);
    }

    private static int flood(long[] plane, int[] labels, int[] stack, int start, int label, int width, int height) {
        int top = 0;
        int size = 0;
        stack[top++] = start;
        labels[start] = label;
        while (top > 0) {
            int i = stack[--top];
            size++;
            int x = i % width;
            int y = i / width;
            for (int side = 0; side < 4; side++) {
                boolean inside = side == 0 ? x > 0 : side == 1 ? x < width - 1 : side == 2 ? y > 0 : y < height - 1;
                int j = i + (side == 0 ? -1 : side == 1 ? 1 : side == 2 ? -width : width);
                if (inside && labels[j] == 0 && plane[j] == plane[i]) {
                    labels[j] = label;
                    stack[top++] = j;
                }
            }
        }
        return size;
    }

    /** For each region the one that it becomes part of: itself, or through larger and larger neighbours a large one. */
    private static int[] heirs(int[] labels, int[] sizes, int count, int width, int height, int minSizePx) {
        int[] heir = new int[count + 1];
        Arrays.setAll(heir, label -> label);
        for (int y = 0, i = 0; y < height; y++) {
            for (int x = 0; x < width; x++, i++) {
                if (x > 0) {
                    offer(heir, sizes, labels[i], labels[i - 1], minSizePx);
                    offer(heir, sizes, labels[i - 1], labels[i], minSizePx);
                }
                if (y > 0) {
                    offer(heir, sizes, labels[i], labels[i - width], minSizePx);
                    offer(heir, sizes, labels[i - width], labels[i], minSizePx);
                }
            }
        }
        for (int label = 1; label <= count; label++) {
            int end = label;
            while (heir[end] != end) {
                end = heir[end];
            }
            heir[label] = end;
        }
        return heir;
    }

    private static void offer(int[] heir, int[] sizes, int small, int large, int minSizePx) {
        if (sizes[small] < minSizePx && isLarger(sizes, large, heir[small]) && isLarger(sizes, large, small)) {
            heir[small] = large;
        }
    }

    private static boolean isLarger(int[] sizes, int a, int b) {
        return sizes[a] > sizes[b] || (sizes[a] == sizes[b] && a < b);
    }

    private static Regions renumbered(long[] plane, int[] labels, int[] heir, int count) {
        long[] oldKeys = new long[count + 1];
        for (int i = 0; i < labels.length; i++) {
            oldKeys[labels[i]] = plane[i];
        }
        int[] renamed = new int[count + 1];
        long[] keys = new long[count + 1];
        int next = 0;
        for (int i = 0; i < labels.length; i++) {
            int label = heir[labels[i]];
            if (renamed[label] == 0) {
                renamed[label] = ++next;
                keys[next] = oldKeys[label];
            }
            labels[i] = renamed[label];
        }
        return new Regions(labels, Arrays.copyOf(keys, next + 1), next);
    }
}
