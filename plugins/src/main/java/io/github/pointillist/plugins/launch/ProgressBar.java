// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import io.github.pointillist.progress.Progress;
import io.github.pointillist.weights.Plain;
import java.io.PrintWriter;

/** A bar on a terminal; elsewhere nothing. Ctrl-C ends the process, so the bar never cancels. */
final class ProgressBar implements Progress {
    private static final int WIDTH = 30;
    private static final long LEAST_NANOS = 100_000_000;

    private final PrintWriter err;
    private final boolean terminal;
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
        back();
        err.print(Plain.line(bar) + " ".repeat(Math.max(0, shown - bar.length())));
        err.flush();
        shown = bar.length();
    }

    /** Takes the bar away, before other lines are printed. */
    synchronized void clear() {
        if (shown > 0) {
            back();
            err.print(" ".repeat(shown));
            back();
            err.flush();
            shown = 0;
        }
    }

    private void back() {
        if (err instanceof PlainWriter plain) {
            plain.carriageReturn(); // which print would show as '?'
        } else {
            err.print("\r");
        }
    }

    @Override
    public boolean cancelled() {
        return false;
    }
}
