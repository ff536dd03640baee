// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

/**
 * Text of strangers (titles, names of classes and files) made fit for a terminal, a log, a window: whatever could move the
 * cursor, change colours, end a line or turn the direction of writing is shown as '?'.
 */
public final class Plain {
    private static final char SHOWN = '?';

    private Plain() {}

    /** A text that is part of one line: without line ends and tabs too. Null stays null. */
    public static String line(String text) {
        return cleaned(text, false);
    }

    /** A text that may have lines and columns: line ends ("\n") and tabs stay. */
    public static String lines(String text) {
        return cleaned(text, true);
    }

    private static String cleaned(String text, boolean layout) {
        if (text == null) {
            return null;
        }
        StringBuilder clean = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (isControl(c) && !(layout && (c == '\n' || c == '\t'))) {
                clean = clean == null ? new StringBuilder(text) : clean;
                clean.setCharAt(i, SHOWN);
            }
        }
        return clean == null ? text : clean.toString();
    }

    /** Controls of ASCII and Latin-1, line and paragraph separators, and what turns the direction of writing. */
    private static boolean isControl(char c) {
        return Character.isISOControl(c)
                || c == '\u061C'
                || c == '\u200E'
                || c == '\u200F'
                || (c >= '\u2028' && c <= '\u202E')
                || (c >= '\u2066' && c <= '\u2069');
    }
}
