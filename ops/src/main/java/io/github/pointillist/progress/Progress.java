// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.progress;

import java.util.concurrent.CancellationException;

/** Where long work says how far it is and asks whether to go on. Called from any thread. */
public interface Progress {
    /** Listens to nothing and never cancels. */
    Progress NONE = new Progress() {
        @Override
        public void report(long done, long total, String what) {}

        @Override
        public boolean cancelled() {
            return false;
        }
    };

    /**
     * Says how far the work is.
     *
     * @param done units done, 0 to {@code total}
     * @param total units in all
     * @param what the step in a few words, for a status bar
     */
    void report(long done, long total, String what);

    /**
     * Says, once the work can be measured and before most of it, how long it will take.
     *
     * @param seconds about, 0 or more
     * @param what the work in a few words
     */
    default void foretell(double seconds, String what) {}

    /** Whether the user asked to stop. */
    boolean cancelled();

    /** Throws {@link CancellationException} if the user asked to stop. */
    default void check() {
        if (cancelled()) {
            throw new CancellationException("cancelled");
        }
    }
}
