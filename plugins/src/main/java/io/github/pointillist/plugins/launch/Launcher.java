// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import ij.IJ;
import ij.ImagePlus;
import ij.Macro;
import ij.WindowManager;
import ij.plugin.PlugIn;
import ij.plugin.frame.Recorder;
import java.awt.GraphicsEnvironment;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.scijava.Cancelable;
import org.scijava.Context;
import org.scijava.ItemVisibility;
import org.scijava.app.event.StatusEvent;
import org.scijava.command.CommandInfo;
import org.scijava.command.CommandService;
import org.scijava.event.EventHandler;
import org.scijava.event.EventService;
import org.scijava.module.Module;
import org.scijava.module.ModuleException;
import org.scijava.module.ModuleItem;
import org.scijava.module.ModuleRunner;
import org.scijava.module.process.PostprocessorPlugin;
import org.scijava.module.process.PreprocessorPlugin;
import org.scijava.plugin.PluginService;
import org.scijava.service.Service;
import org.scijava.widget.Button;

/**
 * Runs a SciJava command from plain ImageJ's menus and macros, which know plugins only. Its argument is the command's
 * class. The inputs come from the macro's options, where keys are the command's field names, or from a dialog; the
 * recorder writes the same keys. In Fiji the command itself takes this entry's place in the menu.
 */
public final class Launcher implements PlugIn {
    private static Context context;

    @Override
    public void run(String commandClass) {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        // Services, commands and the engine are found through this loader.
        thread.setContextClassLoader(Launcher.class.getClassLoader());
        String title = commandClass.substring(commandClass.lastIndexOf('.') + 1);
        try {
            CommandInfo info = context().service(CommandService.class).getCommand(commandClass);
            if (info == null) {
                throw new IllegalStateException("the command " + commandClass
                        + " is not there; install all of Pointillist's jars and scijava-common");
            }
            title = info.getMenuPath().getLeaf().getName().replace("...", "");
            launch(info, title);
        } catch (IllegalArgumentException | IllegalStateException | ModuleException e) {
            IJ.error(title, e.getMessage());
        } finally {
            thread.setContextClassLoader(before);
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

    private static void launch(CommandInfo info, String title) throws ModuleException {
        Module module = info.createModule();
        List<ModuleItem<?>> shown = new ArrayList<>();
        for (ModuleItem<?> item : info.inputs()) {
            boolean service = Service.class.isAssignableFrom(item.getType()) || item.getType() == Context.class;
            if (!service && item.getVisibility() != ItemVisibility.MESSAGE) {
                shown.add(item);
            }
        }
        // Buttons have no value: they are no keys of macros.
        List<ModuleItem<?>> inputs =
                shown.stream().filter(item -> item.getType() != Button.class).collect(Collectors.toList());
        String options = Macro.getOptions();
        boolean silent = options != null || GraphicsEnvironment.isHeadless();
        if (silent) {
            fill(module, inputs, MacroOptions.parse(options == null ? "" : options));
        } else if (!LaunchDialog.ask(module, shown, title)) {
            return;
        }
        info.inputs().forEach(item -> {
            if (item.getType() == Button.class) {
                module.resolveInput(item.getName());
            }
        });
        record(module, inputs);
        execute(module, title);
    }

    private static void fill(Module module, List<ModuleItem<?>> inputs, Map<String, String> options) {
        Map<String, ModuleItem<?>> byKey = new LinkedHashMap<>();
        inputs.forEach(item -> byKey.put(item.getName(), item));
        for (String key : options.keySet()) {
            if (!byKey.containsKey(key)) {
                throw new IllegalArgumentException(
                        "macro option '" + key + "' is not known; allowed are " + String.join(", ", byKey.keySet()));
            }
        }
        for (ModuleItem<?> item : inputs) {
            String value = options.get(item.getName());
            if (item.getType() == ImagePlus.class) {
                module.setInput(item.getName(), image(value));
            } else if (value != null) {
                module.setInput(item.getName(), parse(item, value));
            }
            module.resolveInput(item.getName());
        }
    }

    /** The image of that title or id; without one the active image. */
    private static ImagePlus image(String name) {
        if (name == null) {
            return current();
        }
        ImagePlus image = WindowManager.getImage(name);
        if (image == null && name.matches("-\\d{1,9}")) {
            image = WindowManager.getImage(Integer.parseInt(name));
        }
        if (image == null) {
            throw new IllegalArgumentException("input is '" + name + "'; no open image has this title or id");
        }
        return image;
    }

    /** The active image. */
    static ImagePlus current() {
        ImagePlus image = WindowManager.getCurrentImage();
        if (image == null) {
            throw new IllegalArgumentException("there is no image; open one first");
        }
        return image;
    }

    static Object parse(ModuleItem<?> item, String value) {
        Class<?> type = item.getType();
        String allowed;
        try {
            if (type == String.class) {
                return value;
            } else if (type == int.class || type == Integer.class) {
                allowed = "a whole number";
                return new BigDecimal(value).intValueExact();
            } else if (type == long.class || type == Long.class) {
                allowed = "a whole number";
                return new BigDecimal(value).longValueExact();
            } else if (type == double.class || type == Double.class) {
                allowed = "a number";
                return Double.valueOf(value);
            } else if (type == boolean.class || type == Boolean.class) {
                allowed = "true or false";
                if (value.equals("true") || value.equals("false")) {
                    return Boolean.valueOf(value);
                }
            } else {
                throw new IllegalStateException("inputs of " + type + " have no form in macros");
            }
        } catch (ArithmeticException | NumberFormatException e) {
            allowed = type == double.class ? "a number" : "a whole number";
        }
        throw new IllegalArgumentException(item.getName() + " is '" + value + "'; allowed is " + allowed);
    }

    private static void record(Module module, List<ModuleItem<?>> inputs) {
        if (!Recorder.record) {
            return;
        }
        for (ModuleItem<?> item : inputs) {
            if (item.getType() != ImagePlus.class) {
                String value = String.valueOf(module.getInput(item.getName()));
                Recorder.recordOption(item.getName(), value.isEmpty() ? "[]" : value);
            }
        }
    }

    /** Runs in this thread: ImageJ ties the images that a macro opens to the macro's thread. */
    private static void execute(Module module, String title) {
        PluginService plugins = context.service(PluginService.class);
        Object command = module.getDelegateObject();
        StatusToImageJ status = new StatusToImageJ(command);
        context.service(EventService.class).subscribe(status);
        IJ.resetEscape();
        for (ModuleItem<?> output : module.getInfo().outputs()) {
            module.resolveOutput(output.getName()); // shown here, so no post-processor need look for a display
        }
        try {
            new ModuleRunner(
                            context,
                            module,
                            plugins.createInstancesOfType(PreprocessorPlugin.class),
                            plugins.createInstancesOfType(PostprocessorPlugin.class))
                    .run();
        } finally {
            status.end();
        }
        if (command instanceof Cancelable cancelable && cancelable.isCanceled()) {
            IJ.error(title, cancelable.getCancelReason());
        } else if (!GraphicsEnvironment.isHeadless()) {
            for (Object output : module.getOutputs().values()) {
                if (output instanceof ImagePlus image) {
                    image.show();
                }
            }
        }
    }

    /** Passes progress to ImageJ's status bar, and its Escape key to the command. */
    public static final class StatusToImageJ {
        private final Object command;
        private volatile boolean ended;

        StatusToImageJ(Object command) {
            this.command = command;
        }

        /** Hears of progress; called by the event service. */
        @EventHandler
        public void onEvent(StatusEvent event) {
            if (ended) {
                return;
            }
            if (event.getStatusMessage() != null) {
                IJ.showStatus(event.getStatusMessage());
            }
            if (event.getProgressMaximum() > 0) {
                IJ.showProgress(event.getProgressValue(), event.getProgressMaximum());
            }
            if (IJ.escapePressed() && command instanceof Cancelable cancelable && !cancelable.isCanceled()) {
                cancelable.cancel("cancelled by the Escape key");
            }
        }

        void end() {
            ended = true;
            IJ.showProgress(1.0);
        }
    }
}
