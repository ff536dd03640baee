// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import ai.djl.ndarray.NDArray;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A model that groups the points of its input on the way, in a manner that its taps show. */
public interface GroupingModel {
    /**
     * One place in the model where points are grouped.
     *
     * @param name numbers from 0 joined by dots, "stage.block.head" for most models; unique in the model
     * @param tap the full name of the tap that holds the groups (see {@code tensor.Pass})
     * @param description in words, such as "stage 1, block 0, head 2: 8 clusters"
     */
    record Level(String name, String tap, String description) {}

    /**
     * The group of every point.
     *
     * @param ids row-major (height, width), from 0; -1 for a point in no group
     * @param width points in a row
     * @param height rows
     * @param groups how many ids there can be
     */
    record Groups(int[] ids, int width, int height, int groups) {}

    /** The images it takes. */
    InputSizes inputSizes();

    /** The places where this model groups points, in the order of the forward pass. */
    List<Level> levels();

    /**
     * Reads one level.
     *
     * @param tapped what the level's tap recorded in a pass of one image
     * @param heightPx height of that image
     * @param widthPx width of that image
     */
    Groups groups(Level level, NDArray tapped, int heightPx, int widthPx);

    /**
     * The few levels to look at first: by default the first head of the last block of each stage, for names of the form
     * "stage.block.head".
     */
    default List<String> usualLevels() {
        Map<String, String> last = new LinkedHashMap<>();
        for (Level level : levels()) {
            String[] parts = level.name().split("\\.");
            if (parts.length == 3 && parts[2].equals("0")) {
                last.put(parts[0], level.name());
            }
        }
        return List.copyOf(last.values());
    }
}
