// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * Labels from whose pixel is whose: 1 to n without gaps, each of one connected piece (by sides). Objects without a
 * visible signal, or hidden to more than 70 %, get none; of the pieces that others leave of an object the largest keeps
 * the label, those of a quarter of it or more get their own, and smaller ones go to the neighbour they border most.
 */
final class SceneLabels {
    private static final int SMALLEST_PX = 4;
    private static final double FAINTEST_SPECK = 0.11; // peak, of a usual nucleus
    private static final double FAINTEST = 0.03; // mean

    private final NucleiCanvas canvas;
    private final SceneCamera camera;
    private final int width;
    private final int[] owner;
    private final float[] light;

    SceneLabels(NucleiCanvas canvas, SceneCamera camera, float[] light) {
        this.light = light;
        this.canvas = canvas;
        this.camera = camera;
        width = canvas.width;
        owner = canvas.owner;
    }

    short[] labels() {
        int objects = canvas.count();
        int[] left = new int[objects + 1];
        for (int object : owner) {
            left[object]++;
        }
        int[] boxes = boxes(objects);
        boolean[] kept = new boolean[objects + 1];
        for (int object = 1; object <= objects; object++) {
            kept[object] = left[object] >= SMALLEST_PX
                    && left[object] >= 0.3 * canvas.pixels(object)
                    && isVisible(object, left[object], boxes);
        }
        for (int i = 0; i < owner.length; i++) {
            owner[i] = kept[owner[i]] ? owner[i] : 0;
        }
        return number(left);
    }

    /** For each object the smallest and largest column and row it has pixels in. */
    private int[] boxes(int objects) {
        int[] boxes = new int[4 * (objects + 1)];
        for (int object = 0; object <= objects; object++) {
            boxes[4 * object] = Integer.MAX_VALUE;
            boxes[4 * object + 2] = Integer.MAX_VALUE;
        }
        for (int i = 0; i < owner.length; i++) {
            if (owner[i] != 0) {
                int at = 4 * owner[i];
                boxes[at] = Math.min(boxes[at], i % width);
                boxes[at + 1] = Math.max(boxes[at + 1], i % width);
                boxes[at + 2] = Math.min(boxes[at + 2], i / width);
                boxes[at + 3] = Math.max(boxes[at + 3], i / width);
            }
        }
        return boxes;
    }

    /** Stands out to the eye from what lies around it: beyond the noise, the grey levels and a tenth of the level. */
    private boolean isVisible(int object, int visiblePixels, int[] boxes) {
        double radius = canvas.radius(object);
        int margin = 2 + (int) Math.min(8, radius / 2);
        int x1 = Math.min(width - 1, boxes[4 * object + 1] + margin);
        int y1 = Math.min(canvas.height - 1, boxes[4 * object + 3] + margin);
        double inside = 0;
        double peak = 0;
        double outside = 0;
        int around = 0;
        for (int y = Math.max(0, boxes[4 * object + 2] - margin); y <= y1; y++) {
            for (int x = Math.max(0, boxes[4 * object] - margin); x <= x1; x++) {
                int i = y * width + x;
                if (owner[i] == object) {
                    inside += light[i];
                    peak = Math.max(peak, light[i]);
                } else if (owner[i] == 0) {
                    outside += light[i];
                    around++;
                }
            }
        }
        double own = Math.min(camera.brightest(), radius < 4 ? peak : inside / visiblePixels);
        double level = Math.min(camera.brightest(), around > 2 ? outside / around : 0);
        double signal = around > 2 ? own - level : canvas.brightness(object);
        double pixels = Math.min(visiblePixels, Math.PI * radius * radius + 2);
        double contrast = signal / camera.noise((own + level) / 2);
        return signal > 2 * camera.greyLevel()
                && signal > (radius < 4 ? FAINTEST_SPECK : FAINTEST)
                && signal > 0.1 * level
                && contrast > 0.7
                && contrast * Math.sqrt(pixels) > 9;
    }

    private short[] number(int[] sizes) {
        int[] piece = new int[owner.length];
        int[] queue = new int[owner.length];
        int[] largest = new int[sizes.length];
        int[] pieceSize = new int[64];
        int[] pieceOwner = new int[64];
        int pieces = 0;
        for (int start = 0; start < owner.length; start++) {
            if (owner[start] == 0 || piece[start] != 0) {
                continue;
            }
            pieces++;
            if (pieces == pieceSize.length) {
                pieceSize = Arrays.copyOf(pieceSize, 2 * pieces);
                pieceOwner = Arrays.copyOf(pieceOwner, 2 * pieces);
            }
            pieceOwner[pieces] = owner[start];
            pieceSize[pieces] = flood(start, pieces, piece, queue);
            if (largest[owner[start]] == 0 || pieceSize[pieces] > pieceSize[largest[owner[start]]]) {
                largest[owner[start]] = pieces;
            }
        }
        int[] label = new int[pieces + 1];
        int count = 0;
        for (int k = 1; k <= pieces; k++) {
            boolean own = largest[pieceOwner[k]] == k || 4 * pieceSize[k] >= sizes[pieceOwner[k]];
            if (own && pieceSize[k] >= SMALLEST_PX) {
                count++;
                label[k] = count;
            }
        }
        Sample.checkLabels(count);
        short[] labels = new short[owner.length];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = (short) label[piece[i]];
        }
        giveAway(piece, label, pieces, labels);
        return labels;
    }

    private int flood(int start, int number, int[] piece, int[] queue) {
        int head = 0;
        int tail = 1;
        queue[0] = start;
        piece[start] = number;
        while (head < tail) {
            int i = queue[head++];
            int x = i % width;
            for (int side = 0; side < 4; side++) {
                boolean inside =
                        switch (side) {
                            case 0 -> x > 0;
                            case 1 -> x < width - 1;
                            case 2 -> i >= width;
                            default -> i + width < owner.length;
                        };
                int j = i + (side == 0 ? -1 : side == 1 ? 1 : side == 2 ? -width : width);
                if (inside && owner[j] == owner[start] && piece[j] == 0) {
                    piece[j] = number;
                    queue[tail++] = j;
                }
            }
        }
        return tail;
    }

    /** Pieces without label join the labelled neighbour they share most sides with. */
    private void giveAway(int[] piece, int[] label, int pieces, short[] labels) {
        Map<Integer, Map<Integer, Integer>> borders = new TreeMap<>();
        for (int i = 0; i < piece.length; i++) {
            if (piece[i] == 0 || label[piece[i]] != 0) {
                continue;
            }
            int x = i % width;
            meet(borders, piece, label, i, x > 0 ? i - 1 : i);
            meet(borders, piece, label, i, x < width - 1 ? i + 1 : i);
            meet(borders, piece, label, i, i >= width ? i - width : i);
            meet(borders, piece, label, i, i + width < piece.length ? i + width : i);
        }
        if (borders.isEmpty()) {
            return;
        }
        int[] heir = new int[pieces + 1];
        borders.forEach((from, neighbours) -> {
            int most = 0;
            for (Map.Entry<Integer, Integer> one : neighbours.entrySet()) {
                if (one.getValue() > most) {
                    most = one.getValue();
                    heir[from] = one.getKey();
                }
            }
        });
        for (int i = 0; i < piece.length; i++) {
            if (heir[piece[i]] != 0) {
                labels[i] = (short) heir[piece[i]];
            }
        }
    }

    private static void meet(Map<Integer, Map<Integer, Integer>> borders, int[] piece, int[] label, int i, int j) {
        if (label[piece[j]] != 0) {
            borders.computeIfAbsent(piece[i], key -> new TreeMap<>()).merge(label[piece[j]], 1, Integer::sum);
        }
    }
}
