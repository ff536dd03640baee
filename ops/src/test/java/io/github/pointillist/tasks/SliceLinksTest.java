// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class SliceLinksTest {
    private static int[] row(int... labels) {
        return labels;
    }

    @Test
    void overlappingObjectsShareALabel() {
        List<int[]> linked = Segment.link(
                List.of(
                        row(1, 1, 1, 0, 2, 2, 2, 0, 0, 0),
                        row(0, 1, 1, 1, 0, 0, 0, 2, 2, 2),
                        row(0, 0, 2, 2, 0, 0, 1, 1, 1, 1)),
                10,
                1,
                0.3);
        assertThat(linked.get(0)).containsExactly(1, 1, 1, 0, 2, 2, 2, 0, 0, 0);
        assertThat(linked.get(1)).containsExactly(0, 1, 1, 1, 0, 0, 0, 3, 3, 3);
        assertThat(linked.get(2)).containsExactly(0, 0, 1, 1, 0, 0, 3, 3, 3, 3);
    }

    /** The best pair first, and each object in one pair only. */
    @Test
    void pairsAreOneToOneTheBestFirst() {
        // 7 shares 3 of 8 pixels with 5 and 3 of 6 with 9
        List<int[]> linked =
                Segment.link(List.of(row(5, 5, 5, 5, 5, 5, 9, 9, 9, 0), row(0, 0, 0, 7, 7, 7, 7, 7, 7, 3)), 10, 1, 0.1);
        assertThat(linked.get(0)).containsExactly(1, 1, 1, 1, 1, 1, 2, 2, 2, 0);
        assertThat(linked.get(1)).containsExactly(0, 0, 0, 2, 2, 2, 2, 2, 2, 3);
        List<int[]> split = Segment.link(List.of(row(1, 1, 1, 1, 1, 1, 1), row(1, 1, 1, 0, 2, 2, 2)), 7, 1, 0);
        assertThat(split.get(1)).containsExactly(1, 1, 1, 0, 2, 2, 2); // a tie: the smaller label
    }

    @Test
    void theLeastOverlapIsReached() {
        List<int[]> planes = List.of(row(1, 1, 0, 0), row(0, 1, 1, 0));
        assertThat(Segment.link(planes, 4, 1, 1.0 / 3).get(1)).containsExactly(0, 1, 1, 0);
        assertThat(Segment.link(planes, 4, 1, 0.34).get(1)).containsExactly(0, 2, 2, 0);
        assertThat(Segment.link(List.of(row(1, 0), row(0, 1)), 2, 1, 0).get(1)).containsExactly(0, 2);
        assertThat(planes.get(1)).containsExactly(0, 1, 1, 0);
    }

    @Test
    void labelsMayBeAnyNumber() {
        int large = Integer.MAX_VALUE;
        List<int[]> linked = Segment.link(List.of(row(large, large, 4), row(large, large, 0)), 3, 1, 0.5);
        assertThat(linked.get(0)).containsExactly(2, 2, 1);
        assertThat(linked.get(1)).containsExactly(2, 2, 0);
        assertThat(Segment.link(List.of(), 3, 1, 0.5)).isEmpty();
    }

    @Test
    void wrongInputsAreSaid() {
        assertThatThrownBy(() -> Segment.link(List.of(row(1, 2)), 3, 1, 0.5))
                .hasMessageContaining("plane 1 has 2 labels");
        assertThatThrownBy(() -> Segment.link(List.of(row(1, -2)), 2, 1, 0.5)).hasMessageContaining("the label -2");
        assertThatThrownBy(() -> Segment.link(List.of(row(1)), 1, 1, 1.1)).hasMessageContaining("least overlap");
        assertThatThrownBy(() -> Segment.link(List.of(row(1)), 1, 1, Double.NaN))
                .hasMessageContaining("least overlap");
    }
}
