// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import io.github.pointillist.plugins.results.Foretold;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.weights.Plain;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * A bar on a terminal; elsewhere a line from time to time, so that a log shows how far a long run is. Ctrl-C ends the process,
 * so the bar never cancels.
 */
final class ProgressBar implements Progress {
    /** Seconds between two lines; "off" or 0 for none. */
    static final String PROPERTY = "pointillist.progress";

    private static final int WIDTH = 30;
    private static final long LEAST_NANOS = 100_000_000;
    private static final Duration FIRST = Duration.ofSeconds(10);
    private static final Duration USUAL = Duration.ofSeconds(30);
    private static final int LONG_SECONDS = 90;
    /** What is left cannot be told from less. */
    private static final double LEAST_PART = 0.02;

    private final PrintWriter err;
    private final boolean terminal;
    private final LongSupplier nanos;
    private final Duration every;
    private final long begun;
    private final Foretold foretold = new Foretold();
    private String name = "";
    private String figures;
    private long latest;
    private long nextLine;
    private int shown;
    private int tried;
    private int images;

    ProgressBar(PrintWriter err) {
        this(err, isTerminal(), System::nanoTime, every(System.getProperty(PROPERTY)));
    }

    /**
     * A bar with a clock of its own.
     *
     * @param nanos the clock
     * @param every time between two lines without a terminal; zero for none
     */
    ProgressBar(PrintWriter err, boolean terminal, LongSupplier nanos, Duration every) {
        this.err = err;
        this.terminal = terminal;
        this.nanos = nanos;
        this.every = every;
        begun = nanos.getAsLong();
        nextLine = begun + (every.compareTo(FIRST) < 0 ? every : FIRST).toNanos();
    }

    static boolean isTerminal() {
        // The launcher knows whether the standard error is a terminal; Java only whether input and output both are.
        String told = System.getProperty("pointillist.terminal");
        return told == null ? System.console() != null : Boolean.parseBoolean(told);
    }

    static Duration every(String told) {
        if (told == null || told.isBlank()) {
            return USUAL;
        }
        return told.matches("\\d{1,6}") ? Duration.ofSeconds(Long.parseLong(told)) : Duration.ZERO;
    }

    /** So many images of a batch are behind us. */
    synchronized void batch(int before, int all) {
        tried = before;
        images = all;
    }

    /** Names the image that the following reports are about. */
    synchronized void begin(String image) {
        name = image;
        figures = null;
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
        long now = nanos.getAsLong();
        double part = total <= 0 ? 0 : Math.min(1, (double) done / total);
        if (!terminal) {
            figures = tellsWhatIsLeft(what) ? what : figures;
            if (!every.isZero() && now - nextLine >= 0) {
                nextLine = now + every.toNanos();
                err.println(line(done, total, part, what, (now - begun) / 1e9));
                err.flush();
            }
            return;
        }
        if (latest != 0 && now - latest < LEAST_NANOS) {
            return;
        }
        latest = now;
        int filled = (int) (part * WIDTH);
        String bar = "[" + "#".repeat(filled) + " ".repeat(WIDTH - filled) + "] " + (int) (part * 100) + "% " + name
                + ": " + what;
        back();
        err.print(Plain.line(bar) + " ".repeat(Math.max(0, shown - bar.length())));
        err.flush();
        shown = bar.length();
    }

    private String line(long done, long total, double part, String what, double seconds) {
        StringBuilder text = new StringBuilder("pointillist: ");
        double all = part;
        if (images > 1) {
            all = (tried + part) / images;
            text.append(tried).append(" of ").append(images).append(" images done, ");
        }
        text.append(name).append(": ");
        if (images == 0 && total > 1) { // steps and the like are worth counting
            text.append(done).append(" of ").append(total).append(", ");
        } else {
            text.append((int) (part * 100)).append(" %, ");
        }
        text.append(what);
        if (figures != null && !tellsWhatIsLeft(what)) { // else those of training are never seen beside a validation
            text.append(" after ").append(figures);
        }
        text.append(", ").append(duration(seconds)).append(" so far");
        if (all >= LEAST_PART && all < 1 && figures == null) {
            text.append(", about ").append(duration(seconds / all - seconds)).append(" left");
        }
        return text.toString();
    }

    private static boolean tellsWhatIsLeft(String what) {
        return what.endsWith(" left");
    }

    private static String duration(double seconds) {
        if (seconds < LONG_SECONDS) {
            return Math.round(seconds) + " s";
        }
        long minutes = Math.round(seconds / 60);
        return minutes < LONG_SECONDS ? minutes + " min" : minutes / 60 + " h " + minutes % 60 + " min";
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
