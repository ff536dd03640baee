// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Points in the plane, sorted into squares, to find those near a place. Numbered from 0 in the order they are added. */
final class Buckets {
    private final double side;
    private final Map<Long, int[]> squares = new HashMap<>(); // count, then numbers
    private final List<double[]> points = new ArrayList<>();

    /** Gets what is near. */
    interface Found {
        void accept(int number, double distance);
    }

    /** None yet, in squares of the given side, above 0. */
    Buckets(double side) {
        this.side = side;
    }

    void add(double x, double y) {
        int number = points.size();
        points.add(new double[] {x, y});
        squares.compute(key(square(x), square(y)), (key, old) -> {
            int[] members = old == null ? new int[4] : old;
            if (members[0] + 1 == members.length) {
                members = Arrays.copyOf(members, 2 * members.length);
            }
            members[++members[0]] = number;
            return members;
        });
    }

    private int square(double at) {
        return (int) Math.floor(at / side);
    }

    private static long key(int x, int y) {
        return (long) y << 32 | x & 0xFFFFFFFFL;
    }

    /** The point nearest to a place, at most {@code reach} away; of equal ones the lower number; -1 where there is none. */
    int nearest(double x, double y, double reach) {
        int[] best = {-1};
        double[] least = {Double.POSITIVE_INFINITY};
        forEach(x, y, reach, (number, distance) -> {
            if (distance < least[0] || (distance == least[0] && number < best[0])) {
                least[0] = distance;
                best[0] = number;
            }
        });
        return best[0];
    }

    /** All points at most {@code reach} away from a place. */
    void forEach(double x, double y, double reach, Found found) {
        for (int row = square(y - reach); row <= square(y + reach); row++) {
            for (int column = square(x - reach); column <= square(x + reach); column++) {
                int[] members = squares.get(key(column, row));
                for (int i = 1; members != null && i <= members[0]; i++) {
                    double[] point = points.get(members[i]);
                    double dx = point[0] - x;
                    double dy = point[1] - y;
                    double distance = Math.sqrt(dx * dx + dy * dy);
                    if (distance <= reach) {
                        found.accept(members[i], distance);
                    }
                }
            }
        }
    }
}
