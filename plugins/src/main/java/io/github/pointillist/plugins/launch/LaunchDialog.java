// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import ij.ImagePlus;
import ij.gui.GenericDialog;
import ij.plugin.frame.Recorder;
import io.github.pointillist.plugins.commands.MissingClasses;
import io.github.pointillist.plugins.commands.Words;
import java.awt.Checkbox;
import java.awt.Choice;
import java.awt.Component;
import java.awt.FlowLayout;
import java.awt.GridBagConstraints;
import java.awt.Insets;
import java.awt.Panel;
import java.awt.TextField;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.scijava.module.Module;
import org.scijava.module.ModuleException;
import org.scijava.module.ModuleItem;
import org.scijava.widget.Button;

/**
 * The inputs of a command in ImageJ's dialog. Inputs with the attribute {@link Words#RARE} have a dialog of their own, behind a
 * button; Help says what each input is. A button of the command hands what the fields hold to the command, calls it, and
 * shows what it changed.
 */
final class LaunchDialog {
    private static final int TEXT_COLUMNS = 24;
    private static final int NUMBER_COLUMNS = 8;
    private static final Insets BELOW_FIELD = new Insets(0, 0, 5, 5);

    private final Module module;
    private final String title;
    private final Map<String, String> texts;

    private LaunchDialog(Module module, String title, Map<String, String> texts) {
        this.module = module;
        this.title = title;
        this.texts = texts;
    }

    /**
     * Shows the dialog and fills the inputs from it.
     *
     * @param texts what to show in the fields instead of the defaults, by key; holds what was entered afterwards
     * @return false if it was cancelled
     * @throws IllegalArgumentException if a field holds what it must not, or there is no image where one is needed
     */
    static boolean ask(Module module, List<ModuleItem<?>> inputs, String title, Map<String, String> texts) {
        for (ModuleItem<?> item : inputs) {
            if (item.getType() == ImagePlus.class) {
                module.setInput(item.getName(), CommandLaunch.image(null));
            }
        }
        LaunchDialog dialog = new LaunchDialog(module, title, texts);
        List<ModuleItem<?>> items = new ArrayList<>(inputs);
        items.removeIf(item -> item.getType() == ImagePlus.class);
        for (ModuleItem<?> item : items) {
            if (item.getType() != Button.class) {
                texts.putIfAbsent(item.getName(), show(module.getInput(item.getName())));
            }
        }
        // The dialog would record keys of its own making.
        boolean recording = Recorder.record;
        Recorder.record = false;
        try {
            if (!dialog.new Page(title, items, false).accepted()) {
                return false;
            }
        } finally {
            Recorder.record = recording;
        }
        for (ModuleItem<?> item : items) {
            if (item.getType() != Button.class) {
                module.setInput(item.getName(), parse(item, texts.get(item.getName())));
            }
        }
        return true;
    }

    /** A value as a field shows it: numbers in full, without zeros at the end. */
    static String show(Object value) {
        if (value instanceof Double number && Double.isFinite(number)) {
            String plain = BigDecimal.valueOf(number).toPlainString();
            return plain.contains(".") ? plain.replaceFirst("\\.?0+$", "") : plain;
        }
        return String.valueOf(value);
    }

    /** What a field's text stands for. */
    private static Object parse(ModuleItem<?> item, String text) {
        return MacroOptions.value(label(item), item.getType(), item.getType() == String.class ? text : text.strip());
    }

    private static String label(ModuleItem<?> item) {
        return item.getLabel() == null || item.getLabel().isEmpty() ? item.getName() : item.getLabel();
    }

    private static boolean hasChoices(ModuleItem<?> item) {
        return item.getChoices() != null && !item.getChoices().isEmpty();
    }

    private static boolean isFlag(ModuleItem<?> item) {
        return item.getType() == boolean.class || item.getType() == Boolean.class;
    }

    /** A dialog with some of the inputs. */
    private final class Page {
        private final GenericDialog dialog;
        private final Map<ModuleItem<?>, Component> fields = new LinkedHashMap<>();

        /** All but the rare ones, or the rare ones alone. */
        Page(String heading, List<ModuleItem<?>> items, boolean rare) {
            this.dialog = new GenericDialog(heading);
            List<ModuleItem<?>> rest = new ArrayList<>();
            for (ModuleItem<?> item : items) {
                if (item.is(Words.RARE) == rare) {
                    add(item);
                } else {
                    rest.add(item);
                }
            }
            if (!rare && !rest.isEmpty()) {
                button("More...", () -> new Page(title + ": more", rest, true).accepted());
            }
            dialog.addHelp(help(new ArrayList<>(fields.keySet())));
        }

        boolean accepted() {
            dialog.showDialog();
            if (dialog.wasCanceled()) {
                return false;
            }
            fields.forEach((item, field) -> texts.put(item.getName(), read(field)));
            return true;
        }

        private void add(ModuleItem<?> item) {
            if (item.getType() == Button.class) {
                ClassLoader loader = Thread.currentThread().getContextClassLoader();
                button(label(item), () -> press(item, loader));
                return;
            }
            String text = texts.get(item.getName());
            Component field;
            if (isFlag(item)) {
                dialog.addCheckbox(label(item), Boolean.parseBoolean(text));
                field = (Component) dialog.getCheckboxes().lastElement();
            } else if (hasChoices(item)) {
                String[] choices =
                        item.getChoices().stream().map(String::valueOf).toArray(String[]::new);
                dialog.addChoice(label(item), choices, text);
                field = (Component) dialog.getChoices().lastElement();
            } else if (item.getType() == String.class) {
                dialog.addStringField(label(item), text, TEXT_COLUMNS);
                field = (Component) dialog.getStringFields().lastElement();
            } else {
                dialog.addNumericField(label(item), 0, 0, NUMBER_COLUMNS, "");
                field = (Component) dialog.getNumericFields().lastElement();
                write(field, text); // in full: the dialog would round it
            }
            fields.put(item, field);
        }

        private void button(String label, Runnable action) {
            java.awt.Button button = new java.awt.Button(label);
            button.addActionListener(event -> action.run());
            Panel panel = new Panel(new FlowLayout(FlowLayout.RIGHT, 0, 0));
            panel.add(button);
            dialog.addPanel(panel, GridBagConstraints.EAST, BELOW_FIELD);
        }

        private void press(ModuleItem<?> button, ClassLoader loader) {
            Thread thread = Thread.currentThread();
            ClassLoader before = thread.getContextClassLoader();
            thread.setContextClassLoader(loader);
            try {
                fields.forEach((item, field) -> texts.put(item.getName(), read(field)));
                Map<ModuleItem<?>, Object> values = new LinkedHashMap<>();
                for (ModuleItem<?> item : module.getInfo().inputs()) {
                    if (texts.containsKey(item.getName())) {
                        values.put(item, parse(item, texts.get(item.getName())));
                    }
                }
                values.forEach((item, value) -> module.setInput(item.getName(), value));
                button.callback(module);
                values.forEach((item, value) -> {
                    Object changed = module.getInput(item.getName());
                    if (!Objects.equals(value, changed)) {
                        texts.put(item.getName(), show(changed));
                        if (fields.containsKey(item)) {
                            write(fields.get(item), show(changed));
                        }
                    }
                });
            } catch (IllegalArgumentException | ModuleException e) {
                Report.problem(title, e.getMessage());
            } catch (LinkageError e) {
                Report.problem(title, MissingClasses.message(e));
            } finally {
                thread.setContextClassLoader(before);
            }
        }
    }

    private static String read(Component field) {
        if (field instanceof Checkbox box) {
            return String.valueOf(box.getState());
        }
        return field instanceof Choice choice ? choice.getSelectedItem() : ((TextField) field).getText();
    }

    private static void write(Component field, String text) {
        if (field instanceof Checkbox box) {
            box.setState(Boolean.parseBoolean(text));
        } else if (field instanceof Choice choice) {
            choice.select(text);
        } else {
            ((TextField) field).setText(text);
        }
    }

    /** What the fields are, and their keys in macros. */
    private String help(List<ModuleItem<?>> items) {
        StringBuilder text = new StringBuilder("<html><h3>").append(title).append("</h3>");
        for (ModuleItem<?> item : items) {
            text.append("<p><b>").append(escaped(label(item))).append("</b>");
            String description = item.getDescription();
            if (description != null && !description.isBlank()) {
                text.append("<br>").append(escaped(description)).append('.');
            }
            text.append("<br><i>In macros: ").append(item.getName()).append("</i></p>");
        }
        return text.append("</html>").toString();
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;");
    }
}
