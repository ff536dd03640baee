// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import io.github.pointillist.weights.StateDict;
import java.util.Locale;

/** What the shapes in a state dict say. */
final class StateShapes {
    private StateShapes() {}

    /** The length of an entry's first axis; 0 where there is no such entry, or it is a scalar. */
    static int rows(StateDict weights, String name) {
        return weights.find(name)
                .filter(entry -> entry.shape().dimension() > 0)
                .map(entry -> (int) entry.shape().get(0))
                .orElse(0);
    }

    /** How many entries there are in a row, numbered from 0. */
    static int count(StateDict weights, String pattern) {
        int count = 0;
        while (weights.contains(String.format(Locale.ROOT, pattern, count))) {
            count++;
        }
        return count;
    }
}
