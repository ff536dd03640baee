// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import io.github.pointillist.plugins.results.StagedFiles;
import java.util.concurrent.atomic.AtomicReference;

/** Says in one line how far a run came that is ended by Ctrl-C or another signal. */
final class Ending {
    private static final String UNKNOWN = "";
    private static final AtomicReference<String> STATE = new AtomicReference<>();

    private Ending() {}

    /** From now on a signal is answered so. */
    static void listen() {
        STATE.set(UNKNOWN);
        StagedFiles.ending(); // while the JVM ends, no class can set up what it does then
        Runtime.getRuntime().addShutdownHook(new Thread(Ending::speak, "say how far it came"));
    }

    /** What is to be said if the process is ended now, as "at image 3 of 10"; null for no more than that it was. */
    static void at(String state) {
        STATE.updateAndGet(now -> now == null ? null : state == null ? UNKNOWN : state);
    }

    /** Nothing is to be said any more: all is done, or something else speaks. */
    static void silent() {
        STATE.set(null);
    }

    /**
     * Does not return if a signal is ending the process. Java ends at once, with the status given, where somebody calls for an
     * exit after the last words have been said: the status would be that of a run that failed, and not the signal's.
     */
    static void leaveToSignal() throws InterruptedException {
        Thread none = new Thread(() -> {}, "none");
        try {
            Runtime.getRuntime().addShutdownHook(none);
            Runtime.getRuntime().removeShutdownHook(none);
        } catch (IllegalStateException e) { // which says that the process is ending
            Thread.currentThread().join();
        }
    }

    private static void speak() {
        String state = STATE.getAndSet(null);
        if (state != null) {
            StagedFiles.end();
            System.err.println((ProgressBar.isTerminal() ? "\n" : "") + "pointillist: stopped by a signal"
                    + (state.isEmpty() ? "" : " " + state) + "; nothing is half written");
        }
    }
}
