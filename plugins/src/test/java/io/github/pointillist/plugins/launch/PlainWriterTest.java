// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class PlainWriterTest {
    private final StringWriter terminal = new StringWriter();
    private final PlainWriter out = new PlainWriter(terminal);
    private final String end = System.lineSeparator();

    @Test
    void printlnPrintsOneLine() {
        out.println("a\tb\nc\u001b[1m\r");
        assertThat(terminal).hasToString("a\tb?c?[1m?" + end);
    }

    @Test
    void printKeepsLinesOfOurOwn() {
        out.print("a\nb\u0007\n");
        out.printf("%s%n", "c\u009b");
        out.write('\u001b');
        out.append("\u202e").flush();
        assertThat(terminal).hasToString("a\nb?\nc?" + end + "??");
    }

    @Test
    void theProgressBarMovesTheCursorAndFilesDoNot() {
        System.setProperty("pointillist.terminal", "true");
        try {
            ProgressBar bar = new ProgressBar(out);
            bar.begin("x\u001b[2J\r.tif");
            bar.report(1, 2, "window 1");
            bar.clear();
        } finally {
            System.clearProperty("pointillist.terminal");
        }
        assertThat(terminal.toString())
                .startsWith("\r[")
                .contains("x?[2J?.tif: window 1")
                .endsWith("\r");
    }
}
