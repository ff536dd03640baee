// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import ij.IJ;
import ij.Macro;
import io.github.pointillist.plugins.commands.ErrorText;
import io.github.pointillist.plugins.commands.MissingClasses;
import java.awt.GraphicsEnvironment;

/** How the user learns what went wrong: a window under the command's name, or a line where there are none. */
final class Report {
    private Report() {}

    /** To one who waits before a dialog: no macro is stopped by it. */
    static void problem(String title, String line) {
        IJ.showMessage(title, text(title, line));
    }

    /** To one who wrote a macro or a script: this stops the macro, with the line that called. */
    static void stopMacro(String title, String line) {
        IJ.error(title, text(title, line));
    }

    private static String text(String title, String line) {
        return GraphicsEnvironment.isHeadless() ? title + ": " + line : ErrorText.wrap(line);
    }

    /** A class that is not there, or another than the one that was compiled against. */
    static void linkage(String commandClass, LinkageError error) {
        String name = commandClass.substring(commandClass.lastIndexOf('.') + 1).replaceFirst("Command$", "");
        String title = name.replaceAll("(?<=[a-z])(?=[A-Z])", " ");
        stopMacro(title, MissingClasses.message(error));
    }

    /** Stops the macro of this thread without a word: who cancelled knows. */
    static void abort() {
        Macro.abort();
    }
}
