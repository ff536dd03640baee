// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.pointillist.image.Intensities;
import java.util.Arrays;
import net.imglib2.img.array.ArrayImgs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProminenceTest {
    private static final int SIDE = 192;

    /** Where the field is above a level, in blocks that touch by sides, as objects. */
    private static int[] above(double[] field, double level) {
        int[] labels = new int[field.length];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = field[i] > level ? 1 : 0;
        }
        return labels;
    }

    private static int numbered(int[] labels) {
        int[] open = new int[labels.length];
        int count = 0;
        for (int i = 0; i < labels.length; i++) {
            labels[i] = -labels[i];
        }
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] == -1) {
                int n = 0;
                open[n++] = i;
                labels[i] = ++count;
                while (n > 0) {
                    int at = open[--n];
                    for (int next : new int[] {at - 1, at + 1, at - SIDE, at + SIDE}) {
                        if (next >= 0 && next < labels.length && labels[next] == -1) {
                            labels[next] = count;
                            open[n++] = next;
                        }
                    }
                }
            }
        }
        return count;
    }

    private static double[] prominences(double[] field, int[] labels, int count, double scale) {
        Intensities plane =
                Intensities.of(ArrayImgs.unsignedBytes(Fields.bytes(field, 100, 15), SIDE, SIDE), 1, 99.8, true, false);
        Prominence prominence = new Prominence(plane, scale, 32);
        return prominence.of((x, y) -> labels[(int) prominence.planeY(y) * SIDE + (int) prominence.planeX(x)], count);
    }

    private static double median(double[] values) {
        return Prominence.median(
                Arrays.stream(values).filter(value -> !Double.isNaN(value)).toArray());
    }

    /** The highest parts of noise, looked at where they are as large as objects, stand out by some 2 to 4, whatever its width. */
    @ParameterizedTest
    @CsvSource({"1, 6", "2, 3", "4, 1.5", "8, 0.75"})
    void whatStandsOutOfNoiseDoesSoByLittle(double sigma, double scale) {
        double[] field = Fields.noise(SIDE, sigma, 11);
        int[] labels = above(field, 1);
        int count = numbered(labels);
        double[] prominences = prominences(field, labels, count, scale);
        assertThat(median(prominences)).isBetween(0.5, 4.4);
        double[] halfSure = new double[count + 1];
        Arrays.fill(halfSure, 0.5);
        assertThat(Prominence.convincing(prominences, halfSure, 2.4)).isFalse();
        assertThat(Prominence.convincing(prominences, halfSure, 0))
                .as("a card that asks for nothing")
                .isTrue();
    }

    /** Bodies that the noise of single pixels hides from a threshold stand out by more. */
    @Test
    void bodiesStandOut() {
        double[] field = Fields.noise(SIDE, 0, 4);
        int[] labels = new int[field.length];
        for (int i = 0; i < labels.length; i++) {
            int x = i % SIDE % 48 - 24;
            int y = i / SIDE % 48 - 24;
            labels[i] = Math.hypot(x, y) < 12 ? 1 : 0;
            field[i] += labels[i] == 1 ? 2 : 0;
        }
        int count = numbered(labels);
        assertThat(count).isEqualTo(16);
        double[] prominences = prominences(field, labels, count, 1.3);
        assertThat(median(prominences)).isGreaterThan(4.5);
        double[] sure = new double[count + 1];
        Arrays.fill(sure, 0.8);
        assertThat(Prominence.convincing(prominences, sure, 2.4)).isTrue();
        Arrays.fill(sure, 0.45);
        assertThat(Prominence.convincing(prominences, sure, 2.4))
                .as("bodies of tissue, of whose centres a network is less sure")
                .isTrue();
        Arrays.fill(sure, 0.35);
        assertThat(Prominence.convincing(prominences, sure, 2.4)).isFalse();
        for (int i = 0; i < field.length; i++) {
            field[i] = -field[i];
        }
        assertThat(median(prominences(field, labels, count, 1.3)))
                .as("dark on bright")
                .isLessThan(-4.5);
    }

    /** Hot pixels, alone or in pairs, are no bodies. */
    @Test
    void hotPixelsDoNotStandOut() {
        double[] field = Fields.noise(SIDE, 0, 4);
        int[] labels = new int[field.length];
        for (int i = 0; i < field.length; i++) {
            int x = i % SIDE;
            int y = i / SIDE;
            labels[i] = x % 16 >= 7 && x % 16 <= 9 && y % 16 >= 7 && y % 16 <= 9 ? 1 : 0;
            boolean hot = y % 16 == 8 && (x % 16 == 8 || x % 32 == 7);
            field[i] = field[i] / 10 + (hot ? 8 : 0);
        }
        int count = numbered(labels);
        assertThat(median(prominences(field, labels, count, 8))).isBetween(-1.0, 1.5);
    }

    /** Strips of the plane are put together: a plane longer than one gives what its parts give. */
    @Test
    void longPlanesAreMeasuredInStrips() {
        int rows = 2500;
        byte[] values = new byte[64 * rows];
        int[] labels = new int[values.length];
        for (int i = 0; i < values.length; i++) {
            int y = i / 64;
            boolean inside = i % 64 >= 20 && i % 64 < 40 && y % 100 >= 30 && y % 100 < 60;
            labels[i] = inside ? 1 + y / 100 : 0;
            values[i] = (byte) (inside ? 200 + (i * 7 + y) % 13 : 40 + (i * 5 + y * 3) % 11);
        }
        Intensities plane = Intensities.of(ArrayImgs.unsignedBytes(values, 64, rows), 0, 100, true, false);
        Prominence prominence = new Prominence(plane, 2, 32);
        double[] whole = prominence.of((x, y) -> labels[y * 64 + x], rows / 100);
        for (int label = 1; label <= rows / 100; label++) {
            int one = label;
            double[] part =
                    prominence.of((x, y) -> labels[y * 64 + x] == one ? 1 : 0, 1, 0, (label - 1) * 100, 64, 100);
            assertThat(whole[label])
                    .as("object " + label)
                    .isCloseTo(part[1], org.assertj.core.data.Offset.offset(1e-6));
        }
    }
}
