// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import ai.djl.ndarray.NDArray;
import io.github.pointillist.models.GroupingModel.Groups;
import io.github.pointillist.models.GroupingModel.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The groups of models with {@link io.github.pointillist.layers.EquitableAttention}: its tap "cluster", head by head. */
final class SecLevels {
    private SecLevels() {}

    /**
     * A level "stage.block.head" for every head of every block with clusters.
     *
     * @param attention the full name of a block's attention, with %d for stage and block
     */
    static List<Level> levels(List<Integer> depths, List<Integer> heads, List<Integer> clusters, String attention) {
        List<Level> levels = new ArrayList<>();
        for (int stage = 0; stage < depths.size(); stage++) {
            for (int block = 0; clusters.get(stage) > 1 && block < depths.get(stage); block++) {
                String tap = String.format(Locale.ROOT, attention, stage, block) + ".cluster";
                for (int head = 0; head < heads.get(stage); head++) {
                    levels.add(new Level(
                            stage + "." + block + "." + head,
                            tap,
                            "stage " + stage + ", block " + block + ", head " + head + ": " + clusters.get(stage)
                                    + " clusters of equal size"));
                }
            }
        }
        return levels;
    }

    /**
     * Reads one level.
     *
     * @param tapped (1, E, N)
     * @param heights rows of points of each stage
     * @param widths points in a row of each stage
     */
    static Groups groups(
            Level level, NDArray tapped, List<Integer> clusters, List<Integer> heights, List<Integer> widths) {
        String[] parts = level.name().split("\\.");
        int stage = Integer.parseInt(parts[0]);
        int head = Integer.parseInt(parts[2]);
        int points = heights.get(stage) * widths.get(stage);
        if (tapped.getShape().get(2) != points) {
            throw new IllegalArgumentException("level " + level.name() + " holds "
                    + tapped.getShape().get(2) + " points; an image of this size has " + points);
        }
        long[] all = tapped.toLongArray();
        int[] ids = new int[points];
        for (int i = 0; i < points; i++) {
            ids[i] = (int) all[head * points + i];
        }
        return new Groups(ids, widths.get(stage), heights.get(stage), clusters.get(stage));
    }
}
