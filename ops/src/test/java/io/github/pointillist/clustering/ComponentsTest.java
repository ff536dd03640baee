// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.clustering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pointillist.progress.Progress;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CancellationException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ComponentsTest {
    private static Labels labels(int width, String... rows) {
        int[] labels = new int[width * rows.length];
        for (int i = 0; i < labels.length; i++) {
            char c = rows[i / width].charAt(i % width);
            labels[i] = c == '.' ? -1 : c - 'a';
        }
        return new Labels(width, rows.length, labels, 26);
    }

    private static String text(Labels labels) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < labels.labels().length; i++) {
            text.append(i > 0 && i % labels.width() == 0 ? " " : "");
            text.append(labels.labels()[i] < 0 ? '.' : (char) ('a' + labels.labels()[i]));
        }
        return text.toString();
    }

    private static String split(int minSize, Labels labels) {
        return text(Components.split(labels, minSize, Progress.NONE));
    }

    /** Flood fill in raster order. */
    private static int[] flood(Labels plane) {
        int w = plane.width();
        int[] labels = plane.labels();
        int[] out = new int[labels.length];
        Arrays.fill(out, -1);
        int next = 0;
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] < 0 || out[i] >= 0) {
                continue;
            }
            ArrayDeque<Integer> queue = new ArrayDeque<>();
            queue.add(i);
            out[i] = next;
            while (!queue.isEmpty()) {
                int p = queue.remove();
                int[] sides = {
                    p % w > 0 ? p - 1 : p,
                    p % w < w - 1 ? p + 1 : p,
                    p - w >= 0 ? p - w : p,
                    p + w < labels.length ? p + w : p
                };
                for (int q : sides) {
                    if (labels[q] == labels[i] && out[q] < 0) {
                        out[q] = next;
                        queue.add(q);
                    }
                }
            }
            next++;
        }
        return out;
    }

    private static Labels random(int width, int height, int kinds, long seed) {
        Random random = new Random(seed);
        int[] labels = random.ints((long) width * height, -1, kinds).toArray();
        for (int i = 0; i < labels.length; i++) { // few holes, some runs
            if (labels[i] < 0 && random.nextInt(4) > 0) {
                labels[i] = 0;
            }
            if (i > 0 && random.nextBoolean()) {
                labels[i] = labels[i - 1];
            }
        }
        return new Labels(width, height, labels, kinds);
    }

    @Property(tries = 300)
    void splitsAsFloodFillDoes(
            @ForAll @IntRange(min = 1, max = 40) int width,
            @ForAll @IntRange(min = 1, max = 40) int height,
            @ForAll @IntRange(min = 1, max = 5) int kinds,
            @ForAll long seed) {
        Labels plane = random(width, height, kinds, seed);
        int[] before = plane.labels().clone();
        int[] expected = flood(plane);

        Labels result = Components.split(plane, 0, Progress.NONE);

        assertThat(result.labels()).isEqualTo(expected);
        assertThat(result.count()).isEqualTo(Arrays.stream(expected).max().orElse(-1) + 1);
        assertThat(plane.labels()).as("left as it is").isEqualTo(before);
    }

    @Property(tries = 300)
    void mergedComponentsAreConnectedAndLargeEnough(
            @ForAll @IntRange(min = 1, max = 40) int width,
            @ForAll @IntRange(min = 1, max = 40) int height,
            @ForAll @IntRange(min = 2, max = 30) int minSize,
            @ForAll boolean byFeatures,
            @ForAll long seed) {
        Labels plane = random(width, height, 3, seed);
        Labels apart = Components.split(plane, 0, Progress.NONE);
        float[] values = Sources.waves(width, height, 1, seed);

        Labels merged = byFeatures
                ? Components.split(plane, Sources.of(width, height, 1, values), minSize, Progress.NONE)
                : Components.split(plane, minSize, Progress.NONE);

        assertThat(flood(merged)).as("connected, in raster order").isEqualTo(merged.labels());
        int[] sizes = new int[merged.count()];
        int[] parts = new int[apart.count()];
        int[] into = new int[apart.count()];
        for (int i = 0; i < width * height; i++) {
            assertThat(merged.labels()[i] < 0).isEqualTo(plane.labels()[i] < 0);
            if (merged.labels()[i] >= 0) {
                sizes[merged.labels()[i]]++;
                parts[apart.labels()[i]]++;
                into[apart.labels()[i]] = merged.labels()[i];
            }
        }
        boolean[] hasLarge = new boolean[merged.count()];
        for (int c = 0; c < parts.length; c++) {
            if (parts[c] >= minSize) {
                assertThat(hasLarge[into[c]]).as("two large ones in one").isFalse();
                hasLarge[into[c]] = true;
            }
        }
        for (int i = 0; i < width * height; i++) {
            int m = merged.labels()[i];
            if (m >= 0 && sizes[m] < minSize) {
                int right = i % width < width - 1 ? merged.labels()[i + 1] : -1;
                int below = i + width < width * height ? merged.labels()[i + width] : -1;
                assertThat(right < 0 || right == m)
                        .as("a small one has no neighbour")
                        .isTrue();
                assertThat(below < 0 || below == m)
                        .as("a small one has no neighbour")
                        .isTrue();
            }
        }
    }

    @Test
    void joinsTheLongestBorder() {
        assertThat(split(3, labels(5, "aaabb", "aacbb", "aacbb")))
                .isEqualTo("aaabb aabbb aabbb".replace("aabbb", "aaabb"));
        assertThat(split(3, labels(5, "aabbb", "aacbb", "aabbb"))).isEqualTo("aabbb aabbb aabbb");
    }

    @Test
    void joinsTheLargerOfEqualBordersThenTheFirst() {
        assertThat(split(2, labels(5, "aacbb", "....b"))).isEqualTo("aabbb ....b");
        assertThat(split(2, labels(5, "aacbb"))).isEqualTo("aaabb");
    }

    @Test
    void joinsTheMostSimilarNeighbour() {
        Labels plane = labels(5, "aaabb", "aacbb", "aaabb");
        FeatureSource features = Sources.of(5, 3, 1, 0, 0, 0, 9, 9, 0, 0, 8, 9, 9, 0, 0, 0, 9, 9);
        assertThat(text(Components.split(plane, features, 2, Progress.NONE))).isEqualTo("aaabb aabbb aaabb");
        assertThat(split(2, plane)).isEqualTo("aaabb aaabb aaabb");
    }

    @Test
    void mergedOnesChooseByTheirCommonMean() {
        // b and c choose each other; then their mean, 11, is compared with both sides
        Labels plane = labels(10, "aaaabcdddd");
        for (int right : new int[] {25, 20}) {
            FeatureSource features = Sources.of(10, 1, 1, 0, 0, 0, 0, 10, 12, right, right, right, right);
            assertThat(text(Components.split(plane, features, 3, Progress.NONE)))
                    .isEqualTo(right == 25 ? "aaaaaabbbb" : "aaaabbbbbb");
        }
    }

    @Test
    void chainsOfSmallOnesBecomeOne() {
        assertThat(split(3, labels(6, "abcdef"))).isEqualTo("aaaaaa");
        assertThat(split(100, labels(3, "ab.", "...", "..c"))).isEqualTo("aa. ... ..b");
    }

    @Test
    void manyNeighboursOfOneComponent() {
        // a comb of one label between single pixels of 300 others: the table of borders has to grow
        int n = 300;
        int[] labels = new int[3 * n];
        for (int x = 0; x < n; x++) {
            labels[x] = 1 + 2 * (x / 3);
            labels[n + x] = 0;
            labels[2 * n + x] = 2 + 2 * (x / 3);
        }
        Labels merged = Components.split(new Labels(n, 3, labels, 2 * n), n + 1, Progress.NONE);
        assertThat(merged.count()).isEqualTo(1);
    }

    @Test
    void aLargePlaneOfNoiseIsDone() {
        Random random = new Random(1);
        int[] labels = random.ints(1000 * 1000, 0, 50).toArray();
        Labels merged = Components.split(new Labels(1000, 1000, labels, 50), 20, Progress.NONE);
        assertThat(merged.count()).isBetween(5000, 50000);
    }

    @Test
    void defaultMinimumIsAQuarterOfTheMean() {
        assertThat(Components.defaultMinSizePx(new Labels(20, 20, new int[400], 10)))
                .isEqualTo(10);
        assertThat(Components.defaultMinSizePx(new Labels(1, 1, new int[1], 1))).isEqualTo(1);
        assertThat(Components.defaultMinSizePx(new Labels(1, 1, new int[] {-1}, 0)))
                .isEqualTo(1);
    }

    @Test
    void refusesBadInputAndStopsWhenCancelled() {
        Labels plane = labels(1, "a");
        assertThatThrownBy(() -> Components.split(plane, -1, Progress.NONE))
                .hasMessage("minSizePx given: -1; allowed: 0 or more");
        assertThatThrownBy(() -> Components.split(plane, Sources.constant(2, 1, 1, 0), 0, Progress.NONE))
                .hasMessageContaining("features of 2 x 1 pixels given for labels of 1 x 1");
        Progress cancels = new Progress() {
            @Override
            public void report(long done, long total, String what) {}

            @Override
            public boolean cancelled() {
                return true;
            }
        };
        assertThatThrownBy(() -> Components.split(plane, 0, cancels)).isInstanceOf(CancellationException.class);
    }
}
