// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.image;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ShortestEdgeTest {
    @Test
    void theLongerSideDecidesWhereItWouldBeTooLong() {
        assertThat(ShortestEdge.size(120, 200, 161, 161)).containsExactly(97, 161);
        assertThat(ShortestEdge.size(200, 120, 161, 161)).containsExactly(161, 97);
        assertThat(ShortestEdge.size(80, 80, 129, 161)).containsExactly(129, 129);
        assertThat(ShortestEdge.size(1, 1000, 50, 100)).containsExactly(1, 100);
    }
}
