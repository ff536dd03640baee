// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import java.io.StringWriter;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine;

/** One run of the command line in this JVM: its exit status and what it printed. */
record CommandLineRun(int status, String out, String err) {
    static CommandLineRun of(Object... words) {
        System.setProperty(ProgressBar.PROPERTY, "off"); // else a slow machine has lines of progress in err
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine line = Main.commandLine();
        line.setOut(new PlainWriter(out));
        line.setErr(new PlainWriter(err));
        int status = line.execute(Arrays.stream(words).map(String::valueOf).toArray(String[]::new));
        return new CommandLineRun(status, out.toString(), err.toString());
    }

    List<String> errLines() {
        return err.lines().toList();
    }
}
