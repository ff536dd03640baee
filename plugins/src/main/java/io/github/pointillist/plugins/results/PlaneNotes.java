// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import io.github.pointillist.plugins.results.SegmentResult.PlaneNote;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/** What was done with the planes of an image, in few lines. */
final class PlaneNotes {
    /** Lines that are not about all planes, at most; the manifest has them all. */
    private static final int MOST = 12;

    private PlaneNotes() {}

    /**
     * The notes of all planes: those that all have as they are, the others with the planes that they are about.
     *
     * @param slices of a frame
     */
    static List<String> summary(List<PlaneNote> planes, int slices) {
        Map<String, List<Integer>> about = new LinkedHashMap<>();
        for (int i = 0; i < planes.size(); i++) {
            for (String note : new LinkedHashSet<>(planes.get(i).notes())) {
                about.computeIfAbsent(note, unused -> new ArrayList<>()).add(i);
            }
        }
        int frames = planes.isEmpty() ? 0 : planes.get(planes.size() - 1).frame();
        List<String> lines = new ArrayList<>();
        int some = 0;
        for (Map.Entry<String, List<Integer>> entry : about.entrySet()) {
            if (entry.getValue().size() == planes.size()) {
                lines.add(entry.getKey());
            } else if (some++ < MOST) {
                lines.add(names(entry.getValue(), planes, slices, frames) + ": " + entry.getKey());
            }
        }
        if (some > MOST) {
            lines.add((some - MOST) + " more lines about single planes are in the manifest");
        }
        return lines;
    }

    /** Runs of planes that follow each other: "slices 1 to 3, slice 7". */
    private static String names(List<Integer> which, List<PlaneNote> planes, int slices, int frames) {
        List<String> runs = new ArrayList<>();
        for (int i = 0; i < which.size(); ) {
            int last = i;
            while (last + 1 < which.size() && which.get(last + 1) == which.get(last) + 1) {
                last++;
            }
            PlaneNote from = planes.get(which.get(i));
            PlaneNote to = planes.get(which.get(last));
            String first = name(from.slice(), from.frame(), slices, frames);
            runs.add(last == i ? first : first + " to " + name(to.slice(), to.frame(), slices, frames));
            i = last + 1;
        }
        return String.join(", ", runs);
    }

    /** A plane as a person calls it. */
    static String name(int slice, int frame, int slices, int frames) {
        String inFrame = slices > 1 || frames == 1 ? "slice " + slice : "";
        return frames == 1 ? inFrame : ("frame " + frame + " " + inFrame).strip();
    }

    /** The scale of the first plane in which something was found, else of the first. */
    static double scale(List<PlaneNote> planes) {
        return planes.stream()
                .filter(plane -> plane.found() > 0)
                .findFirst()
                .orElse(planes.get(0))
                .scale();
    }

    /**
     * Places spread over a row: the middle one first, then the ends, then between them.
     *
     * @param count of the row
     * @param most of them, at least 1
     */
    static List<Integer> spread(int count, int most) {
        int n = Math.min(count, most);
        List<Integer> even = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            even.add(n == 1 ? count / 2 : (int) ((long) i * (count - 1) / (n - 1)));
        }
        LinkedHashSet<Integer> order = new LinkedHashSet<>();
        order.add(even.get(n / 2));
        order.add(even.get(0));
        order.add(even.get(n - 1));
        order.addAll(even);
        return List.copyOf(order);
    }
}
