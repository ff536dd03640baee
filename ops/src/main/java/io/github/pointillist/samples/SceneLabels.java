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

    private final NucleiCanvas canvas;
    private final SceneCamera camera;
    private final int width;
    private final int[] owner;

    SceneLabels(NucleiCanvas canvas, SceneCamera camera) {
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
        boolean[] kept = new boolean[objects + 1];
        for (int object = 1; object <= objects; object++) {
            kept[object] = left[object] >= SMALLEST_PX
                    && left[object] >= 0.3 * canvas.pixels(object)
                    && isVisible(object, left[object]);
        }
        for (int i = 0; i < owner.length; i++) {
            owner[i] = kept[owner[i]] ? owner[i] : 0;
        }
        return number(left);
    }

    /** Stands out of the noise to the eye, by at least a grey level and a half. */
    private boolean isVisible(int object, int visiblePixels) {
        double radius = Math.sqrt(canvas.pixels(object) / Math.PI);
        double signal = canvas.brightness(object) * camera.remaining(radius);
        double noise = camera.noise(camera.backgroundLevel() + signal / 2);
        double contrast = signal / noise;
        return signal > 1.5 * camera.greyLevel()
                && signal > 0.02
                && contrast > 0.6
                && contrast * Math.sqrt(visiblePixels) > 6;
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
