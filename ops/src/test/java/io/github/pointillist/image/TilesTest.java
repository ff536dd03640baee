// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.imglib2.FinalInterval;
import net.imglib2.util.Intervals;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class TilesTest {
    @Property(tries = 200)
    void coresCoverThePlaneOnceAndHalosStayInside(
            @ForAll @IntRange(min = 1, max = 40) int width,
            @ForAll @IntRange(min = 1, max = 40) int height,
            @ForAll @IntRange(min = 1, max = 50) int blockWidth,
            @ForAll @IntRange(min = 1, max = 50) int blockHeight,
            @ForAll @IntRange(min = 0, max = 9) int halo) {
        FinalInterval plane = FinalInterval.createMinSize(-3, 5, width, height);
        int[] covered = new int[width * height];
        for (Tiles.Tile tile : Tiles.of(plane, blockWidth, blockHeight, halo)) {
            for (long y = tile.core().min(1); y <= tile.core().max(1); y++) {
                for (long x = tile.core().min(0); x <= tile.core().max(0); x++) {
                    covered[(int) ((y - 5) * width + x + 3)]++;
                }
            }
            assertThat(Intervals.equals(tile.outer(), Intervals.intersect(Intervals.expand(tile.core(), halo), plane)))
                    .isTrue();
        }
        assertThat(covered).containsOnly(1);
    }

    @Example
    void tilesRunAlongRows() {
        Tiles tiles = Tiles.of(FinalInterval.createMinSize(0, 0, 10, 7), 4, 4, 1);
        assertThat(tiles).hasSize(6);
        assertThat(tiles.get(1).core()).isEqualTo(FinalInterval.createMinMax(4, 0, 7, 3));
        assertThat(tiles.get(1).outer()).isEqualTo(FinalInterval.createMinMax(3, 0, 8, 4));
        assertThat(tiles.get(5).core()).isEqualTo(FinalInterval.createMinMax(8, 4, 9, 6));
        assertThatThrownBy(() -> tiles.get(6)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> Tiles.of(FinalInterval.createMinSize(0, 0, 10, 7), 0, 4, 1))
                .hasMessageContaining("0 x 4");
    }
}
