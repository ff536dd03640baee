// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import io.github.pointillist.plugins.results.Foretold;
import io.github.pointillist.progress.Progress;
import java.io.PrintWriter;

/** A bar on a terminal; elsewhere nothing. Ctrl-C ends the process, so the bar never cancels. */
final class ProgressBar implements Progress {
    private static final int WIDTH = 30;
    private static final long LEAST_NANOS = 100_000_000;

    private final PrintWriter err;
    private final boolean terminal;
    private final Foretold foretold = new Foretold();
    private String name = "";
    private long latest;
    private int shown;

    ProgressBar(PrintWriter err) {
        this.err = err;
        // The launcher knows whether the standard error is a terminal; Java only whether input and output both are.
        String told = System.getProperty("pointillist.terminal");
        terminal = told == null ? System.console() != null : Boolean.parseBoolean(told);
    }

    /** Names the image that the following reports are about. */
    synchronized void begin(String image) {
        name = image;
        latest = 0;
        foretold.begin();
    }

    @Override
    public synchronized void foretell(double seconds, String what) {
        String line = foretold.line(seconds, what);
        if (line != null) {
            clear();
            err.println("pointillist: " + (name.isEmpty() ? "" : name + ": ") + line);
            err.flush();
        }
    }

    @Override
    public synchronized void report(long done, long total, String what) {
        long now = System.nanoTime();
        if (!terminal || (latest != 0 && now - latest < LEAST_NANOS)) {
            return;
        }
        latest = now;
        double part = total <= 0 ? 0 : Math.min(1, (double) done / total);
        int filled = (int) (part * WIDTH);
        String bar = "[" + "#".repeat(filled) + " ".repeat(WIDTH - filled) + "] " + (int) (part * 100) + "% " + name
                + ": " + what;
        err.print("\r" + bar + " ".repeat(Math.max(0, shown - bar.length())));
        err.flush();
        shown = bar.length();
    }

    /** Takes the bar away, before other lines are printed. */
    synchronized void clear() {
        if (shown > 0) {
            err.print("\r" + " ".repeat(shown) + "\r");
            err.flush();
            shown = 0;
        }
    }

    @Override
    public boolean cancelled() {
        return false;
    }
}
