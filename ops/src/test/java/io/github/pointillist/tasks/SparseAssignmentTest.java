// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class SparseAssignmentTest {
    @Property(tries = 500)
    void theSumIsTheLargest(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 6) int rows,
            @ForAll @IntRange(min = 1, max = 6) int columns) {
        Random random = new Random(seed);
        double[][] weights = new double[rows][columns];
        int[] row = new int[rows * columns];
        int[] column = new int[rows * columns];
        double[] weight = new double[rows * columns];
        int pairs = 0;
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                if (random.nextInt(3) > 0) {
                    // few different values: many ties
                    weights[r][c] = (1 + random.nextInt(4)) / 8.0;
                    row[pairs] = r;
                    column[pairs] = c;
                    weight[pairs++] = weights[r][c];
                }
            }
        }
        int[] taken = SparseAssignment.largest(
                rows, columns, Arrays.copyOf(row, pairs), Arrays.copyOf(column, pairs), Arrays.copyOf(weight, pairs));
        double sum = 0;
        Set<Integer> columnsTaken = new HashSet<>();
        for (int r = 0; r < rows; r++) {
            if (taken[r] >= 0) {
                assertThat(row[taken[r]]).isEqualTo(r);
                assertThat(columnsTaken.add(column[taken[r]])).isTrue();
                sum += weight[taken[r]];
            }
        }
        assertThat(sum).isEqualTo(largest(weights, 0, new boolean[columns]), within(1e-12));
    }

    private static double largest(double[][] weights, int row, boolean[] taken) {
        if (row == weights.length) {
            return 0;
        }
        double most = largest(weights, row + 1, taken);
        for (int c = 0; c < taken.length; c++) {
            if (!taken[c] && weights[row][c] > 0) {
                taken[c] = true;
                most = Math.max(most, weights[row][c] + largest(weights, row + 1, taken));
                taken[c] = false;
            }
        }
        return most;
    }

    /** A chain in which each row wants its neighbour's column a little more: the last one moves all. */
    @Test
    void longChainsAreRearranged() {
        int n = 3000;
        int[] row = new int[2 * n];
        int[] column = new int[2 * n];
        double[] weight = new double[2 * n];
        for (int r = 0; r < n; r++) {
            row[2 * r] = r;
            column[2 * r] = r;
            weight[2 * r] = 0.4;
            row[2 * r + 1] = r;
            column[2 * r + 1] = r + 1;
            weight[2 * r + 1] = 0.5;
        }
        row[2 * n - 1] = n - 1; // the last row has one column only, which the one before it wants
        column[2 * n - 1] = n;
        weight[2 * n - 1] = 0.1;
        int[] taken = SparseAssignment.largest(n, n + 1, row, column, weight);
        double sum = 0;
        for (int r = 0; r < n; r++) {
            sum += weight[taken[r]];
        }
        // either all stay (0.4 n), or all but the last move (0.5 (n - 1) + 0.1)
        assertThat(sum).isEqualTo(Math.max(0.4 * n, 0.5 * (n - 1) + 0.1), within(1e-9));
    }

    @Test
    void rowsWithoutPairsStayAlone() {
        assertThat(SparseAssignment.largest(2, 0, new int[0], new int[0], new double[0]))
                .containsExactly(-1, -1);
    }
}
