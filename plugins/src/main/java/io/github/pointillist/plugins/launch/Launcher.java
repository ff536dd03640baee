// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import ij.plugin.PlugIn;

/**
 * ImageJ's entry to a command, in plain ImageJ and in Fiji: from the menu, the search bar, macros and scripts. Its argument
 * is the command's class. The command runs in the thread that calls it, which is the macro's: only there is the macro's
 * current image known. (Fiji's own way to run SciJava commands takes another thread, so the commands ask it, by the
 * attribute no-legacy, to leave the menu to this.)
 *
 * <p>This class knows nothing but ImageJ, so that it loads, and says what is missing, without any other jar.
 */
public final class Launcher implements PlugIn {
    @Override
    public void run(String commandClass) {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        // Services, commands and the engine are found through this loader.
        thread.setContextClassLoader(Launcher.class.getClassLoader());
        try {
            CommandLaunch.run(commandClass);
        } catch (LinkageError e) {
            Report.linkage(commandClass, e);
        } finally {
            thread.setContextClassLoader(before);
        }
    }
}
