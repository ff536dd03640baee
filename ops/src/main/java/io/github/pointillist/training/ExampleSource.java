// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

/**
 * Where training patches come from. An example is a pure function of its index and the seed of the source: training that
 * is resumed at step n sees what it would have seen uninterrupted, whatever the number of threads. Thread-safe.
 */
public interface ExampleSource {
    /**
     * One patch.
     *
     * @param index 0 or more
     * @return the patch, new for each call; image from 0 to 255, labels as in {@link Annotated}
     */
    Annotated example(long index);

    /** What it draws from and how, in one line for reports. */
    String describe();
}
