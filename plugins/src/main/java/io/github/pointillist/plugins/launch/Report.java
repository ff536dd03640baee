// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import ij.IJ;
import ij.Macro;
import ij.macro.Interpreter;
import io.github.pointillist.plugins.commands.ErrorText;
import io.github.pointillist.plugins.commands.MissingClasses;
import java.awt.GraphicsEnvironment;

/** How the user learns what went wrong: a window under the command's name, or a line where there are none. */
final class Report {
    private Report() {}

    /** To one who waits before a dialog: no macro is stopped by it. */
    static void problem(String title, String line) {
        IJ.showMessage(title, ErrorText.wrap(line));
    }

    /** To one who wrote a macro or a script: this stops the macro, with the line that called. */
    static void stopMacro(String title, String line) {
        boolean named =
                GraphicsEnvironment.isHeadless() || Interpreter.getInstance() != null; // else it is the window's title
        String text = named ? title + ": " + line : line;
        IJ.error(title, GraphicsEnvironment.isHeadless() ? text : ErrorText.wrap(text));
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
