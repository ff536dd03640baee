// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training.kmax;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AssignmentTest {
    private static double best(double[][] cost, int column, boolean[] taken) {
        if (column == cost[0].length) {
            return 0;
        }
        double best = Double.POSITIVE_INFINITY;
        for (int row = 0; row < cost.length; row++) {
            if (!taken[row]) {
                taken[row] = true;
                best = Math.min(best, cost[row][column] + best(cost, column + 1, taken));
                taken[row] = false;
            }
        }
        return best;
    }

    @Test
    void noOtherAssignmentIsCheaper() {
        Random random = new Random(3);
        for (int trial = 0; trial < 400; trial++) {
            int columns = 1 + random.nextInt(5);
            int rows = columns + random.nextInt(3);
            double[][] cost = new double[rows][columns];
            for (double[] row : cost) {
                for (int c = 0; c < columns; c++) {
                    // whole numbers now and then, so that there are ties
                    row[c] = trial % 3 == 0 ? random.nextInt(4) : 10 * random.nextDouble() - 5;
                }
            }
            int[] chosen = Assignment.rows(cost, columns);
            assertThat(Arrays.stream(chosen).distinct().count()).isEqualTo(columns);
            double sum = 0;
            for (int c = 0; c < columns; c++) {
                sum += cost[chosen[c]][c];
            }
            assertThat(sum).isCloseTo(best(cost, 0, new boolean[rows]), within(1e-9));
        }
    }

    @Test
    void nothingIsAssignedToNoColumns() {
        assertThat(Assignment.rows(new double[3][0], 0)).isEmpty();
    }

    @Test
    void fewerRowsThanColumnsAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Assignment.rows(new double[1][2], 2))
                .withMessage("1 rows for 2 columns; there must be as many rows or more");
    }
}
