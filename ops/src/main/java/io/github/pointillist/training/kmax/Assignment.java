// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training.kmax;

import java.util.Arrays;

/**
 * The cheapest way to give every column a row of its own: the Hungarian method with shortest augmenting paths and
 * potentials (Jonker, Volgenant, Computing 38, 1987), O(columns² rows).
 */
final class Assignment {
    private Assignment() {}

    /**
     * Solves.
     *
     * @param cost [row][column], finite; at least as many rows as columns
     * @return the row of each column
     */
    static int[] rows(double[][] cost, int columns) {
        int rows = cost.length;
        if (rows < columns) {
            throw new IllegalArgumentException(
                    rows + " rows for " + columns + " columns; there must be as many rows or more");
        }
        double[] columnPotential = new double[columns];
        double[] rowPotential = new double[rows];
        int[] columnOf = new int[rows];
        Arrays.fill(columnOf, -1);
        for (int column = 0; column < columns; column++) {
            augment(cost, column, columnPotential, rowPotential, columnOf);
        }
        int[] rowOf = new int[columns];
        for (int row = 0; row < rows; row++) {
            if (columnOf[row] >= 0) {
                rowOf[columnOf[row]] = row;
            }
        }
        return rowOf;
    }

    /** Finds the shortest path from a free column to a free row, and turns the assignments along it. */
    private static void augment(
            double[][] cost, int start, double[] columnPotential, double[] rowPotential, int[] columnOf) {
        int rows = cost.length;
        double[] distance = new double[rows];
        int[] before = new int[rows]; // the row before on the path, -1 for the start
        boolean[] done = new boolean[rows];
        Arrays.fill(distance, Double.POSITIVE_INFINITY);
        Arrays.fill(before, -1);
        int column = start;
        int last = -1;
        double reached = 0;
        while (true) {
            int nearest = -1;
            for (int row = 0; row < rows; row++) {
                if (done[row]) {
                    continue;
                }
                double length = reached + cost[row][column] - columnPotential[column] - rowPotential[row];
                if (length < distance[row]) {
                    distance[row] = length;
                    before[row] = last;
                }
                if (nearest < 0 || distance[row] < distance[nearest]) {
                    nearest = row;
                }
            }
            reached = distance[nearest];
            done[nearest] = true;
            last = nearest;
            if (columnOf[nearest] < 0) {
                break;
            }
            column = columnOf[nearest];
        }
        columnPotential[start] += reached;
        for (int row = 0; row < rows; row++) {
            if (done[row] && row != last) {
                rowPotential[row] += distance[row] - reached;
                columnPotential[columnOf[row]] += reached - distance[row];
            }
        }
        for (int row = last; row >= 0; row = before[row]) {
            columnOf[row] = before[row] < 0 ? start : columnOf[before[row]];
        }
    }
}
