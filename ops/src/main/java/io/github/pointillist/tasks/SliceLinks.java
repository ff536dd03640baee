// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Objects of neighbouring slices under one label: see {@link Segment#link}. */
final class SliceLinks {
    /** Objects of two slices that overlap. */
    private record Overlap(int before, int now, long shared, long union) {}

    private SliceLinks() {}

    static List<int[]> link(List<int[]> planes, int width, int height, double minIou) {
        if (!(minIou >= 0 && minIou <= 1)) {
            throw new IllegalArgumentException("least overlap of linked objects is " + minIou + "; allowed is 0 to 1");
        }
        List<int[]> linked = new ArrayList<>();
        int largest = 0;
        for (int z = 0; z < planes.size(); z++) {
            int[] plane = planes.get(z);
            if (plane.length != (long) width * height) {
                throw new IllegalArgumentException("plane " + (z + 1) + " has " + plane.length + " labels; a plane of "
                        + width + " x " + height + " pixels has one a pixel");
            }
            TreeMap<Integer, Integer> names = new TreeMap<>();
            for (int label : plane) {
                if (label > 0) {
                    names.put(label, 0);
                } else if (label < 0) {
                    throw new IllegalArgumentException("plane " + (z + 1) + " has the label " + label
                            + "; labels are 0 for the background or above");
                }
            }
            if (z > 0) {
                match(linked.get(z - 1), plane, minIou, names);
            }
            for (Map.Entry<Integer, Integer> name : names.entrySet()) {
                if (name.getValue() == 0) {
                    largest = Math.incrementExact(largest);
                    name.setValue(largest);
                }
            }
            int[] out = new int[plane.length];
            int label = 0;
            int given = 0;
            for (int i = 0; i < out.length; i++) {
                if (plane[i] != label) {
                    label = plane[i];
                    given = label == 0 ? 0 : names.get(label);
                }
                out[i] = given;
            }
            linked.add(out);
        }
        return linked;
    }

    private static void match(int[] before, int[] now, double minIou, Map<Integer, Integer> names) {
        Map<Integer, Long> areasBefore = new HashMap<>();
        Map<Integer, Long> areasNow = new HashMap<>();
        Map<Long, Long> shared = new HashMap<>();
        for (int i = 0; i < now.length; ) {
            int end = i + 1;
            while (end < now.length && now[end] == now[i] && before[end] == before[i]) {
                end++;
            }
            long length = end - i;
            areasBefore.merge(before[i], length, Long::sum);
            areasNow.merge(now[i], length, Long::sum);
            if (before[i] > 0 && now[i] > 0) {
                shared.merge((long) before[i] << 32 | now[i], length, Long::sum);
            }
            i = end;
        }
        List<Overlap> overlaps = new ArrayList<>();
        shared.forEach((pair, length) -> {
            int a = (int) (pair >> 32);
            int b = (int) (long) pair;
            long union = areasBefore.get(a) + areasNow.get(b) - length;
            if (length >= minIou * union) {
                overlaps.add(new Overlap(a, b, length, union));
            }
        });
        // The largest share first, compared exactly; of equal ones the smaller labels.
        Comparator<Overlap> share = (a, b) -> Long.compare(b.shared() * a.union(), a.shared() * b.union());
        overlaps.sort(share.thenComparingInt(Overlap::before).thenComparingInt(Overlap::now));
        Set<Integer> taken = new HashSet<>();
        for (Overlap overlap : overlaps) {
            if (names.get(overlap.now()) == 0 && taken.add(overlap.before())) {
                names.put(overlap.now(), overlap.before());
            }
        }
    }
}
