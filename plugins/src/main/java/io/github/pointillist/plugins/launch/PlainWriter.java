// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import io.github.pointillist.weights.Plain;
import java.io.FilterWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;

/**
 * Prints to a terminal what may come from strangers: no control character reaches it but the line ends and tabs of our own.
 * {@code println(String)} prints one line, whatever the text; {@code print} keeps line ends and tabs.
 */
final class PlainWriter extends PrintWriter {
    private final Writer raw;

    PlainWriter(Writer out) {
        super(new Filter(out), true);
        raw = out;
    }

    @Override
    public void println(String line) {
        // Tabs are columns of ours; the values in them have been cleaned before they were joined.
        super.println(Plain.lines(String.valueOf(line)).replace('\n', '?'));
    }

    /** Goes back to the start of the line. */
    void carriageReturn() {
        synchronized (lock) {
            flush();
            try {
                raw.write('\r');
            } catch (IOException e) {
                setError();
            }
        }
    }

    private static final class Filter extends FilterWriter {
        private Filter(Writer out) {
            super(out);
        }

        @Override
        public void write(int c) throws IOException {
            write(String.valueOf((char) c), 0, 1);
        }

        @Override
        public void write(char[] chars, int from, int length) throws IOException {
            write(new String(chars, from, length), 0, length);
        }

        @Override
        public void write(String text, int from, int length) throws IOException {
            String part = text.substring(from, from + length);
            // The line end of the system is ours: PrintWriter writes it by itself.
            out.write(part.equals(System.lineSeparator()) ? part : Plain.lines(part));
        }
    }
}
