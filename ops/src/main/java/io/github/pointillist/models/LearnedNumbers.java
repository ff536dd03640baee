// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import java.util.List;

/** A model some of whose weights mean something by themselves, such as how much of one thing it mixes with another. */
public interface LearnedNumbers {
    /**
     * One of them.
     *
     * @param name where it stands and what it is
     * @param value as the weights in memory have it
     */
    record Reading(String name, double value) {}

    /** All of them, in the order of the forward pass; empty where this variant has none. */
    List<Reading> learnedNumbers();
}
