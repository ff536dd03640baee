// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * FasterViT with the attention of Fan, Huang, Chen, He, Semantic Equitable Clustering: within clusters over the whole
 * map in the place of windows, carriers and relative biases. The rest of the host is unchanged: its convolutional levels,
 * and in each attention block the MLP on absolute positions, on the whole map by the formula of a window.
 *
 * <p>There is no official code and there are no official weights: this is composed from the paper's text ("we merely
 * substitute the attention mechanisms") and its appendix (2 clusters in the third stage).
 */
public final class SecFasterVit extends FasterVit implements GroupingModel {
    /** SEC-FasterViT-0: 25.75 M parameters. */
    public static final Config S0 = V0.withClusters(List.of(0, 0, 2, 1));

    /**
     * Declares the parameters under the names of the host.
     *
     * @throws IllegalArgumentException if the configuration has no clusters
     */
    public SecFasterVit(Config config) {
        super(config);
        if (config.clusters().isEmpty()) {
            throw new IllegalArgumentException(
                    "no clusters given; give their number for each level, 0 for the first two");
        }
    }

    /** Every head of every block with more than one cluster, "level.block.head". */
    @Override
    public List<Level> levels() {
        List<Level> levels = new ArrayList<>();
        for (int i = 0; i < config().levels(); i++) {
            int clusters = config().clusters().get(i);
            for (int j = 0; clusters > 1 && j < config().depths().get(i); j++) {
                for (int head = 0; head < config().heads().get(i); head++) {
                    levels.add(new Level(
                            i + "." + j + "." + head,
                            "levels." + i + ".blocks." + j + ".attn.core.cluster",
                            "level " + i + ", block " + j + ", head " + head + ": " + clusters + " clusters"));
                }
            }
        }
        return levels;
    }

    /** Group 0 holds the points whose keys are least similar to the mean key. */
    @Override
    public Groups groups(Level level, NDArray tapped, int heightPx, int widthPx) {
        inputSizes().check(heightPx, widthPx);
        String[] numbers = level.name().split("\\.");
        int i = Integer.parseInt(numbers[0]);
        int head = Integer.parseInt(numbers[2]);
        int height = config().rows(i);
        int width = config().columns(i);
        int points = height * width;
        long[] all = tapped.toLongArray(); // (1, E, N)
        int[] ids = Arrays.stream(all, head * points, (head + 1) * points)
                .mapToInt(id -> (int) id)
                .toArray();
        return new Groups(ids, width, height, config().clusters().get(i));
    }
}
