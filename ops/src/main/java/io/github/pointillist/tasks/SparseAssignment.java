// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import java.util.Arrays;
import java.util.PriorityQueue;

/**
 * One-to-one assignment of rows to columns with the largest sum of weights, over the pairs that exist. Rows and columns may
 * stay alone.
 *
 * <p>Rows are added one at a time, each along a shortest augmenting path found by Dijkstra's search on reduced costs
 * (Jonker and Volgenant 1987). Costs are negative weights; every row has a column of its own at cost 0, which stands for
 * staying alone. Searches end at the first free column, so that objects which overlap a few neighbours take time that
 * grows with the number of pairs, however many objects there are.
 */
final class SparseAssignment {
    private final int columns;
    private final int[] first;
    private final int[] columnOf;
    private final double[] cost;
    private final int[] pairAt;

    private final double[] rowPrice;
    private final double[] columnPrice;
    private final int[] rowOfColumn;
    private final int[] pairOfRow;

    // of one search: valid where the stamp is that of the row searched for
    private final int[] reached;
    private final int[] settled;
    private final double[] distance;
    private final int[] rowBefore;
    private final int[] pairBefore;
    private final int[] visited;

    private record Step(double distance, int column) implements Comparable<Step> {
        @Override
        public int compareTo(Step other) {
            int byDistance = Double.compare(distance, other.distance);
            return byDistance != 0 ? byDistance : Integer.compare(column, other.column);
        }
    }

    private SparseAssignment(int rows, int columns, int[] row, int[] column, double[] weight) {
        this.columns = columns;
        first = new int[rows + 1];
        for (int r : row) {
            first[r + 1]++;
        }
        for (int r = 0; r < rows; r++) {
            first[r + 1] += first[r];
        }
        columnOf = new int[row.length];
        cost = new double[row.length];
        pairAt = new int[row.length];
        int[] next = Arrays.copyOf(first, rows);
        for (int pair = 0; pair < row.length; pair++) {
            int at = next[row[pair]]++;
            columnOf[at] = column[pair];
            cost[at] = -weight[pair];
            pairAt[at] = pair;
        }
        rowPrice = new double[rows];
        columnPrice = new double[columns + rows];
        rowOfColumn = filled(columns + rows);
        pairOfRow = filled(rows);
        reached = filled(columns + rows);
        settled = filled(columns + rows);
        distance = new double[columns + rows];
        rowBefore = new int[columns + rows];
        pairBefore = new int[columns + rows];
        visited = new int[columns + rows];
    }

    private static int[] filled(int size) {
        int[] array = new int[size];
        Arrays.fill(array, -1);
        return array;
    }

    /**
     * Assigns.
     *
     * @param rows number of rows
     * @param columns number of columns
     * @param row of each pair
     * @param column of each pair; no pair twice
     * @param weight of each pair, above 0
     * @return the index of the pair that each row is in, or -1 for rows that stay alone
     */
    static int[] largest(int rows, int columns, int[] row, int[] column, double[] weight) {
        SparseAssignment assignment = new SparseAssignment(rows, columns, row, column, weight);
        for (int r = 0; r < rows; r++) {
            assignment.add(r);
        }
        int[] pairs = new int[rows];
        for (int r = 0; r < rows; r++) {
            int at = assignment.pairOfRow[r];
            pairs[r] = at < 0 ? -1 : assignment.pairAt[at];
        }
        return pairs;
    }

    private void add(int start) {
        PriorityQueue<Step> queue = new PriorityQueue<>();
        int count = 0;
        int row = start;
        double soFar = 0;
        int end;
        while (true) {
            relax(row, soFar, start, queue);
            Step step = queue.remove(); // never empty: each row has a column of its own
            while (settled[step.column] == start) {
                step = queue.remove();
            }
            soFar = step.distance;
            end = step.column;
            if (rowOfColumn[end] < 0) {
                break;
            }
            settled[end] = start;
            visited[count++] = end;
            row = rowOfColumn[end];
        }
        rowPrice[start] += soFar;
        for (int i = 0; i < count; i++) {
            int column = visited[i];
            double rise = soFar - distance[column];
            rowPrice[rowOfColumn[column]] += rise;
            columnPrice[column] -= rise;
        }
        int column = end;
        while (true) {
            int taker = rowBefore[column];
            int left = pairOfRow[taker] < 0 ? columns + taker : columnOf[pairOfRow[taker]];
            rowOfColumn[column] = taker;
            pairOfRow[taker] = pairBefore[column];
            if (taker == start) {
                return;
            }
            column = left;
        }
    }

    private void relax(int row, double soFar, int start, PriorityQueue<Step> queue) {
        for (int at = first[row]; at < first[row + 1]; at++) {
            relax(row, columnOf[at], at, cost[at], soFar, start, queue);
        }
        relax(row, columns + row, -1, 0, soFar, start, queue);
    }

    private void relax(int row, int column, int at, double price, double soFar, int start, PriorityQueue<Step> queue) {
        if (settled[column] == start) {
            return;
        }
        double reduced = soFar + price - rowPrice[row] - columnPrice[column];
        if (reached[column] != start || reduced < distance[column]) {
            reached[column] = start;
            distance[column] = reduced;
            rowBefore[column] = row;
            pairBefore[column] = at;
            queue.add(new Step(reduced, column));
        }
    }
}
