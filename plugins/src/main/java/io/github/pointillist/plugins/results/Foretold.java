// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import java.util.Locale;

/** How long work will take, in words, said once and only where it is long. */
public final class Foretold {
    private static final double LEAST_SECONDS = 20;
    private static final int MINUTE = 60;
    private static final int ROUNDED = 10;
    private static final int LONG = 90;

    private boolean said;

    /**
     * The line to say.
     *
     * @param seconds about
     * @param what the work in a few words
     * @return "about 3 minutes: WHAT"; null where it is short, or something was said since the last {@link #begin}
     */
    public synchronized String line(double seconds, String what) {
        if (said || !(seconds >= LEAST_SECONDS)) {
            return null;
        }
        said = true;
        return "about " + duration(seconds) + ": " + what;
    }

    /** Begins work of which nothing has been said. */
    public synchronized void begin() {
        said = false;
    }

    private static String duration(double seconds) {
        if (seconds < LONG) {
            return Math.round(seconds / ROUNDED) * ROUNDED + " seconds";
        }
        long minutes = Math.round(seconds / MINUTE);
        return minutes < LONG ? minutes + " minutes" : String.format(Locale.ROOT, "%.1f hours", minutes / 60.0);
    }
}
