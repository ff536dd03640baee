// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PalettesTest {
    @ParameterizedTest
    @ValueSource(ints = {4, 16, 64, 256})
    void officialPaletteIsReproduced(int clusters) {
        assertThat(Palettes.cocVisualisation(clusters))
                .isEqualTo(new GoldenCase("visualise-plain-s0b0h1").colours("palette" + clusters));
    }

    @ParameterizedTest
    @ValueSource(ints = {-16, 0, 1, 5, 17})
    void officialPaletteRefusesOtherNumbers(int clusters) {
        assertThatThrownBy(() -> Palettes.cocVisualisation(clusters)).hasMessageContaining("multiples of 16");
    }

    @Test
    void adaptivePaletteIsDistinct() {
        int[] colours = Palettes.distinct(255);
        assertThat(colours[0]).isZero();
        double any = Double.MAX_VALUE;
        double near = Double.MAX_VALUE;
        for (int i = 0; i <= 255; i++) {
            for (int j = 0; j < i; j++) {
                double distance =
                        Math.sqrt(Palettes.squaredDistance(Palettes.lab(colours[i]), Palettes.lab(colours[j])));
                any = Math.min(any, distance);
                near = i - j <= 8 ? Math.min(near, distance) : near;
            }
        }
        System.out.printf("adaptive palette: smallest Lab distance %.1f, of neighbouring labels %.1f%n", any, near);
        // 2.3 is just noticeable
        assertThat(any).isGreaterThan(8);
        assertThat(near).isGreaterThan(24);
    }

    @Test
    void adaptivePaletteServesAnyNumberOfLabels() {
        int[] few = Palettes.distinct(7);
        int[] many = Palettes.distinct(100_000);
        assertThat(few).isEqualTo(Arrays.copyOf(many, 8));
        assertThat(many[256]).isEqualTo(many[1]);
        assertThat(many[255]).isNotEqualTo(many[256]);
        assertThat(Palettes.distinct(0)).containsExactly(0);
    }

    @Test
    void lookupTableHoldsTheColours() {
        byte[][] table = Palettes.lookupTable(new int[] {0, 0x123456, 0xFFFEFD});
        assertThat(table).hasDimensions(3, 256);
        assertThat(new byte[] {table[0][1], table[1][1], table[2][1]}).containsExactly(0x12, 0x34, 0x56);
        assertThat(table[0][3]).isEqualTo((byte) 0x12);
        assertThat(table[2][254]).isEqualTo((byte) 0xFD);
    }

    @Test
    void labOfWhiteAndRedIsTheTabulatedOne() {
        assertThat(Palettes.lab(0xFFFFFF)[0]).isBetween(99.99, 100.01);
        double[] red = Palettes.lab(0xFF0000);
        assertThat(red[0]).isBetween(53.2, 53.3);
        assertThat(red[1]).isBetween(80.0, 80.2);
        assertThat(red[2]).isBetween(67.1, 67.3);
    }
}
