// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import ij.IJ;
import ij.ImagePlus;
import ij.Macro;
import ij.plugin.frame.Recorder;
import io.github.pointillist.plugins.commands.CancelableCommand;
import io.github.pointillist.plugins.results.CurrentImage;
import java.awt.GraphicsEnvironment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.scijava.Context;
import org.scijava.ItemVisibility;
import org.scijava.command.CommandInfo;
import org.scijava.command.CommandService;
import org.scijava.module.Module;
import org.scijava.module.ModuleException;
import org.scijava.module.ModuleItem;
import org.scijava.service.Service;
import org.scijava.widget.Button;

/**
 * One call of a command from ImageJ. A macro's or script's gets its inputs from the options, where keys are the command's
 * field names and what is left out takes its default; never a dialog. A user's, from the menu or the search bar, gets them
 * from a dialog, and the recorder writes the same keys. All of it happens in the calling thread.
 */
final class CommandLaunch {
    private static Context context;

    private final CommandInfo info;
    private final String title;

    private CommandLaunch(CommandInfo info) {
        this.info = info;
        this.title = info.getMenuPath().getLeaf().getName().replace("...", "");
    }

    /** Runs the command of that class. What goes wrong is told to the user; in a macro it stops the macro. */
    static void run(String commandClass) {
        CommandInfo info = context().service(CommandService.class).getCommand(commandClass);
        if (info == null) {
            throw new NoClassDefFoundError(commandClass);
        }
        CommandLaunch launch = new CommandLaunch(info);
        if (isCalledByProgram()) {
            launch.runWithOptions();
        } else {
            launch.runWithDialog();
        }
    }

    private static synchronized Context context() {
        if (context == null) {
            // Fiji answers with its own context; plain ImageJ makes a new one, or none if it does not see the class.
            Object found = IJ.runPlugIn("org.scijava.Context", "");
            context = found instanceof Context fiji ? fiji : new Context();
        }
        return context;
    }

    /** Whether a macro or a script called, rather than a user by menu, shortcut or search bar. */
    private static boolean isCalledByProgram() {
        return Macro.getOptions() != null || GraphicsEnvironment.isHeadless() || onStack("ij.IJ", "run");
    }

    private static boolean onStack(String type, String method) {
        return StackWalker.getInstance()
                .walk(frames -> frames.anyMatch(frame -> frame.getClassName().equals(type)
                        && frame.getMethodName().equals(method)));
    }

    private void runWithOptions() {
        String options = Macro.getOptions();
        CancelableCommand command = null;
        String problem;
        try {
            CurrentImage.settle();
            Module module = module();
            fill(module, MacroOptions.parse(options == null ? "" : options));
            ImagePlus before = CurrentImage.get();
            command = execute(module);
            if (images(module).isEmpty()) {
                CurrentImage.restore(before); // a macro goes on with its image, not with a plot of ours
            }
            problem = command.problem();
        } catch (IllegalArgumentException e) {
            problem = e.getMessage();
        } catch (RuntimeException e) {
            problem = unexpected(e);
        }
        if (problem != null) {
            Report.stopMacro(title, problem);
        } else if (command.isCanceled()) {
            Report.abort();
        }
    }

    /** Asks until the command did what was asked, or the user gave up: after an error with what he had entered. */
    private void runWithDialog() {
        if (!onStack("ij.Executer", "run")) {
            CurrentImage.set(null); // a thread of a pool, that may remember another command's image
        }
        try {
            Map<String, String> entries = new LinkedHashMap<>();
            while (true) {
                String problem;
                try {
                    Module module = module();
                    if (!LaunchDialog.ask(module, shown(), title, entries)) {
                        Recorder.setCommand(null);
                        return;
                    }
                    CancelableCommand command = execute(module);
                    problem = command.problem();
                    if (problem == null) {
                        if (command.isCanceled()) {
                            Recorder.setCommand(null);
                        } else {
                            record(module);
                        }
                        return;
                    }
                } catch (NoImageException e) {
                    Recorder.setCommand(null);
                    Report.problem(title, e.getMessage());
                    return;
                } catch (IllegalArgumentException e) {
                    problem = e.getMessage();
                } catch (RuntimeException e) {
                    problem = unexpected(e);
                }
                Report.problem(title, problem);
            }
        } finally {
            CurrentImage.set(null);
        }
    }

    /** A fault of ours: the log has where, for a report. */
    private static String unexpected(RuntimeException e) {
        if (Macro.MACRO_CANCELED.equals(e.getMessage())) {
            throw e;
        }
        StringBuilder trace = new StringBuilder(e.toString());
        for (StackTraceElement frame : e.getStackTrace()) {
            trace.append("\n  at ").append(frame);
        }
        IJ.log(trace.toString());
        return "this should not have happened (" + e + "); the Log has more, for a report to the authors";
    }

    /** There is nothing to run on: no dialog mends that. */
    static final class NoImageException extends IllegalArgumentException {
        private static final long serialVersionUID = 1;

        NoImageException(String message) {
            super(message);
        }
    }

    private Module module() {
        try {
            Module module = info.createModule();
            for (ModuleItem<?> item : info.inputs()) {
                if (Service.class.isAssignableFrom(item.getType())) {
                    module.setInput(
                            item.getName(), context.service(item.getType().asSubclass(Service.class)));
                }
            }
            return module;
        } catch (ModuleException e) {
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                if (cause instanceof LinkageError error) {
                    throw error;
                }
            }
            throw new IllegalStateException(e);
        }
    }

    /** The inputs that are a user's to give. */
    private List<ModuleItem<?>> shown() {
        List<ModuleItem<?>> shown = new ArrayList<>();
        for (ModuleItem<?> item : info.inputs()) {
            boolean service = Service.class.isAssignableFrom(item.getType()) || item.getType() == Context.class;
            if (!service && item.getVisibility() != ItemVisibility.MESSAGE) {
                shown.add(item);
            }
        }
        return shown;
    }

    /** The same without buttons, which have no value: they are no keys of macros. */
    private List<ModuleItem<?>> keys() {
        return shown().stream().filter(item -> item.getType() != Button.class).toList();
    }

    private void fill(Module module, Map<String, String> options) {
        Map<String, ModuleItem<?>> byKey = new LinkedHashMap<>();
        keys().forEach(item -> byKey.put(item.getName(), item));
        for (String key : options.keySet()) {
            if (!byKey.containsKey(key)) {
                throw new IllegalArgumentException(
                        "macro option '" + key + "' is not known; allowed are " + String.join(", ", byKey.keySet()));
            }
        }
        byKey.forEach((key, item) -> {
            String value = options.get(key);
            if (item.getType() == ImagePlus.class) {
                module.setInput(key, image(value));
            } else if (value != null) {
                module.setInput(key, MacroOptions.value(key, item.getType(), value));
            }
        });
    }

    /** The current image of this thread; with a name the open image of that title or id, of several the current one. */
    static ImagePlus image(String name) {
        ImagePlus current = CurrentImage.get();
        if (name == null && current == null) {
            throw new NoImageException("there is no image; open one first");
        }
        if (name == null || (current != null && current.getTitle().equals(name))) {
            return current;
        }
        ImagePlus image = CurrentImage.find(name);
        if (image == null) {
            throw new IllegalArgumentException("input is '" + name + "'; no open image has this title or id");
        }
        return image;
    }

    /**
     * Runs the command and shows what it made, the last output last. Neither SciJava's pre- and post-processors nor its
     * events take part: they would look for values, displays and error windows of their own, in threads of their own.
     */
    private CancelableCommand execute(Module module) {
        CancelableCommand command = (CancelableCommand) module.getDelegateObject();
        command.callerTells();
        module.run();
        if (!command.isCanceled()) {
            images(module).forEach(CurrentImage::show);
        }
        return command;
    }

    private List<ImagePlus> images(Module module) {
        List<ImagePlus> images = new ArrayList<>();
        for (ModuleItem<?> output : info.outputs()) {
            if (module.getOutput(output.getName()) instanceof ImagePlus image) {
                images.add(image);
            }
        }
        return images;
    }

    /**
     * Writes the call to the recorder, all at once: a long run leaves time to call other commands, whose lines are theirs.
     */
    private void record(Module module) {
        Recorder.setCommand(null); // what ImageJ noted when the command was chosen
        if (!Recorder.record) {
            return;
        }
        Map<String, Object> values = new LinkedHashMap<>();
        for (ModuleItem<?> item : keys()) {
            if (item.getType() != ImagePlus.class) {
                values.put(item.getName(), module.getInput(item.getName()));
            }
        }
        Recorder.recordString((Recorder.scriptMode() ? "IJ.run(\"" : "run(\"")
                + info.getMenuPath().getLeaf().getName() + "\", \"" + MacroOptions.write(values) + "\");\n");
    }
}
