// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.commands;

import io.github.pointillist.weights.Plain;

/** What went wrong, as text for a window. */
public final class ErrorText {
    private static final int WIDTH = 80;

    private ErrorText() {}

    /** Broken into lines of at most {@value #WIDTH} characters: ImageJ's and SciJava's windows are as wide as the longest. */
    public static String wrap(String text) {
        StringBuilder lines = new StringBuilder();
        for (String line : text.split("\\R", -1)) {
            String rest = line;
            while (rest.length() > WIDTH) {
                int cut = rest.lastIndexOf(' ', WIDTH);
                if (cut <= 0) { // a long path: at a separator if it has one
                    cut = Math.max(rest.lastIndexOf('/', WIDTH - 1), rest.lastIndexOf('\\', WIDTH - 1)) + 1;
                    cut = cut <= 1 ? WIDTH : cut;
                }
                lines.append(rest, 0, cut).append('\n');
                rest = rest.substring(cut).stripLeading();
            }
            lines.append(rest).append('\n');
        }
        return lines.substring(0, lines.length() - 1);
    }

    /** One line for what was thrown. */
    static String of(Throwable thrown) {
        String message = thrown.getMessage();
        return message == null || message.isBlank() ? thrown.getClass().getSimpleName() : Plain.lines(message);
    }
}
