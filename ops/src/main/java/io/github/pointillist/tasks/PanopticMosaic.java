// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import io.github.pointillist.progress.Progress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Segments of an image that is seen in overlapping windows. In each window the pixels nearer to its middle than to that of its
 * neighbours count. Things of two windows are one where they agree: in the part that both windows see, their intersection is
 * more than half of their union. Stuff of one class is one segment everywhere.
 *
 * <p>The grid follows from the sizes of image and window alone. Windows are looked at row by row, and only two rows are held.
 */
final class PanopticMosaic {
    private static final double LEAST_IOU = 0.5;

    /** What is seen in one window. */
    interface Source {
        /** Segments of the window whose upper left pixel is (left, top); it may reach beyond the image. */
        PanopticDecoder.Result window(int left, int top);
    }

    /**
     * A segment of the whole image.
     *
     * @param id its label, from 1 in the order of first pixels
     * @param classScore the largest of its parts
     * @param maskScore of the same part
     */
    record Segment(int id, int label, boolean thing, double classScore, double maskScore, int pixels) {}

    /** @param labels row-major, 0 for none */
    @SuppressWarnings("ArrayRecordComponent")
    record Result(int[] labels, List<Segment> segments) {}

    private final int width;
    private final int height;
    private final int windowWidth;
    private final int windowHeight;
    private final int[] lefts;
    private final int[] tops;

    /** Parts of segments: numbers from 1, over all windows. */
    private final List<PanopticDecoder.Segment> parts = new ArrayList<>();

    private final List<Integer> parents = new ArrayList<>();
    private final Map<Integer, Integer> stuff = new HashMap<>();

    PanopticMosaic(int width, int height, int windowWidth, int windowHeight, int overlapPx) {
        this.width = width;
        this.height = height;
        this.windowWidth = windowWidth;
        this.windowHeight = windowHeight;
        this.lefts = starts(width, windowWidth, overlapPx);
        this.tops = starts(height, windowHeight, overlapPx);
        parts.add(null);
        parents.add(0);
    }

    /** Evenly spaced, sharing the overlap at least; one window where the side is no longer than it. */
    static int[] starts(int side, int window, int overlapPx) {
        if (side <= window) {
            return new int[] {0};
        }
        int step = Math.max(1, window - overlapPx);
        int n = (side - window + step - 1) / step + 1;
        return IntStream.range(0, n)
                .map(i -> (int) ((long) i * (side - window) / (n - 1)))
                .toArray();
    }

    int count() {
        return lefts.length * tops.length;
    }

    /** A window's labels as numbers of parts. */
    private record Seen(int left, int top, int[] numbers) {}

    Result run(Source source, Progress progress) {
        int[] map = new int[width * height];
        List<Seen> above = List.of();
        int done = 0;
        for (int r = 0; r < tops.length; r++) {
            List<Seen> row = new ArrayList<>();
            for (int c = 0; c < lefts.length; c++) {
                progress.report(done++, count(), "segmenting");
                progress.check();
                Seen seen = seen(source.window(lefts[c], tops[r]), lefts[c], tops[r]);
                row.forEach(other -> join(other, seen));
                above.forEach(other -> join(other, seen));
                write(seen, r, c, map);
                row.add(seen);
            }
            above = row;
        }
        progress.report(count(), count(), "segmenting");
        return numbered(map);
    }

    private Seen seen(PanopticDecoder.Result result, int left, int top) {
        int[] number = new int[result.segments().size() + 1];
        for (PanopticDecoder.Segment segment : result.segments()) {
            number[segment.id()] = parts.size();
            parents.add(parts.size());
            parts.add(segment);
            if (!segment.thing()) {
                Integer first = stuff.putIfAbsent(segment.label(), number[segment.id()]);
                if (first != null) {
                    unite(first, number[segment.id()]);
                }
            }
        }
        int[] numbers = new int[result.labels().length];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = number[result.labels()[i]];
        }
        return new Seen(left, top, numbers);
    }

    private int root(int number) {
        int root = number;
        while (parents.get(root) != root) {
            root = parents.get(root);
        }
        return root;
    }

    /** The smaller number becomes the root. */
    private void unite(int a, int b) {
        int first = root(a);
        int second = root(b);
        parents.set(Math.max(first, second), Math.min(first, second));
    }

    /** Unites the things of two windows that agree where both see. */
    private void join(Seen a, Seen b) {
        int x0 = Math.max(a.left, b.left);
        int x1 = Math.min(Math.min(a.left, b.left) + windowWidth, width);
        int y0 = Math.max(a.top, b.top);
        int y1 = Math.min(Math.min(a.top, b.top) + windowHeight, height);
        Map<Integer, Integer> own = new HashMap<>();
        Map<Integer, Integer> others = new HashMap<>();
        Map<Long, Integer> shared = new HashMap<>();
        for (int y = y0; y < y1; y++) {
            for (int x = x0; x < x1; x++) {
                int first = a.numbers[(y - a.top) * windowWidth + x - a.left];
                int second = b.numbers[(y - b.top) * windowWidth + x - b.left];
                if (first > 0) {
                    own.merge(first, 1, Integer::sum);
                }
                if (second > 0) {
                    others.merge(second, 1, Integer::sum);
                }
                if (first > 0 && second > 0) {
                    shared.merge(((long) first << 32) | second, 1, Integer::sum);
                }
            }
        }
        shared.forEach((pair, common) -> {
            int first = (int) (pair >> 32);
            int second = (int) (long) pair;
            boolean things = parts.get(first).thing() && parts.get(second).thing();
            int union = own.get(first) + others.get(second) - common;
            if (things && parts.get(first).label() == parts.get(second).label() && common > LEAST_IOU * union) {
                unite(first, second);
            }
        });
    }

    /** Takes the part of a window between the middles of its overlaps. */
    private void write(Seen seen, int r, int c, int[] map) {
        int x0 = c == 0 ? 0 : middle(lefts, c, windowWidth);
        int x1 = c == lefts.length - 1 ? width : middle(lefts, c + 1, windowWidth);
        int y0 = r == 0 ? 0 : middle(tops, r, windowHeight);
        int y1 = r == tops.length - 1 ? height : middle(tops, r + 1, windowHeight);
        for (int y = y0; y < y1; y++) {
            System.arraycopy(seen.numbers, (y - seen.top) * windowWidth + x0 - seen.left, map, y * width + x0, x1 - x0);
        }
    }

    private static int middle(int[] starts, int i, int window) {
        return (starts[i] + starts[i - 1] + window) / 2;
    }

    private Result numbered(int[] map) {
        int[] id = new int[parts.size()];
        List<Integer> roots = new ArrayList<>();
        Map<Integer, Integer> pixels = new HashMap<>();
        for (int i = 0; i < map.length; i++) {
            if (map[i] > 0) {
                int root = root(map[i]);
                if (id[root] == 0) {
                    roots.add(root);
                    id[root] = roots.size();
                }
                map[i] = id[root];
                pixels.merge(map[i], 1, Integer::sum);
            }
        }
        int[] best = new int[parts.size()];
        for (int number = 1; number < parts.size(); number++) {
            int root = root(number);
            if (best[root] == 0
                    || parts.get(number).classScore() > parts.get(best[root]).classScore()) {
                best[root] = number;
            }
        }
        List<Segment> segments = roots.stream()
                .map(root -> {
                    PanopticDecoder.Segment part = parts.get(best[root]);
                    return new Segment(
                            id[root],
                            part.label(),
                            part.thing(),
                            part.classScore(),
                            part.maskScore(),
                            pixels.get(id[root]));
                })
                .toList();
        return new Result(map, segments);
    }
}
