// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import ai.djl.ndarray.types.Shape;
import java.util.List;

/** What configurations of several stages check in the same way. */
final class ConfigLists {
    /** Each stage halves the map: more make no sense at any size of image. */
    static final int MAX_STAGES = 16;

    private static final int MAX_SIDE = 1 << 16;

    private ConfigLists() {}

    /** A copy, or one line that says that the list or a value is missing. */
    static <T> List<T> copy(String name, List<T> list) {
        if (list == null || list.stream().anyMatch(value -> value == null)) {
            throw new IllegalArgumentException(name + " is " + list + "; each stage needs one value");
        }
        return List.copyOf(list);
    }

    static void size(String name, List<?> list, int stages) {
        if (stages > MAX_STAGES) {
            throw new IllegalArgumentException(
                    name + " has " + list.size() + " values; allowed are " + MAX_STAGES + " stages");
        }
        if (stages < 1 || list.size() != stages) {
            throw new IllegalArgumentException(
                    name + " is " + list + " for " + stages + " stages; each stage needs one value");
        }
    }

    static void positive(String name, List<Integer> list, int stages) {
        size(name, list, stages);
        if (list.stream().anyMatch(n -> n < 1)) {
            throw new IllegalArgumentException(name + " is " + list + "; allowed are positive numbers");
        }
    }

    static void clusters(String name, List<Integer> list, int stages) {
        size(name, list, stages);
        if (list.stream().anyMatch(n -> n < -1 || n == 0)) {
            throw new IllegalArgumentException(
                    name + " is " + list + "; allowed are positive numbers, and -1 for plain attention");
        }
    }

    /**
     * The smallest image side such that multiples of it give every stage whole clusters.
     *
     * @param patch image pixels from one point to the next in the first stage, doubled in each stage after
     */
    static int multiple(int patch, List<Integer> clusters) {
        int unit = patch << (clusters.size() - 1);
        for (int side = unit; side <= MAX_SIDE; side += unit) {
            boolean fits = true;
            for (int i = 0; i < clusters.size(); i++) {
                long points = side / (patch << i);
                fits &= points * points % clusters.get(i) == 0;
            }
            if (fits) {
                return side;
            }
        }
        throw new IllegalArgumentException("clusters are " + clusters + "; no image with sides up to " + MAX_SIDE
                + " pixels gives every stage whole clusters");
    }

    /**
     * Refuses an image whose points do not divide into the clusters of a stage.
     *
     * @param image (B, C, H, W)
     */
    static void checkTokens(
            List<Integer> clusters, List<Integer> heights, List<Integer> widths, Shape image, int multiple) {
        for (int i = 0; i < clusters.size(); i++) {
            long points = (long) heights.get(i) * widths.get(i);
            if (points < 1 || points % clusters.get(i) != 0) {
                throw new IllegalArgumentException("the image is " + image.get(3) + " x " + image.get(2)
                        + " pixels, which gives " + points + " points in stage " + i + ", not a multiple of its "
                        + clusters.get(i) + " clusters; use sides that are multiples of " + multiple + " pixels");
            }
        }
    }
}
