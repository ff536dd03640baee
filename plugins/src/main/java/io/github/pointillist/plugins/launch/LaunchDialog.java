// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import ij.IJ;
import ij.ImagePlus;
import ij.gui.GenericDialog;
import ij.plugin.frame.Recorder;
import java.awt.Checkbox;
import java.awt.Choice;
import java.awt.FlowLayout;
import java.awt.GridBagConstraints;
import java.awt.Insets;
import java.awt.Panel;
import java.awt.TextField;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.scijava.module.Module;
import org.scijava.module.ModuleException;
import org.scijava.module.ModuleItem;
import org.scijava.widget.Button;

/**
 * The inputs of a command in one of plain ImageJ's dialogs. A button hands what the fields hold to the command, calls it,
 * and shows what it changed.
 */
final class LaunchDialog {
    private static final int MOST_DECIMALS = 6;
    private static final Insets BELOW_FIELD = new Insets(0, 0, 5, 5);

    private final Module module;
    private final GenericDialog dialog;

    /** Text field, checkbox or choice of each input. */
    private final Map<ModuleItem<?>, Object> fields = new LinkedHashMap<>();

    private LaunchDialog(Module module, String title) {
        this.module = module;
        this.dialog = new GenericDialog(title);
    }

    /**
     * Shows the dialog and fills the inputs from it.
     *
     * @return false if it was cancelled
     * @throws IllegalArgumentException if a field holds what it must not, or there is no image where one is needed
     */
    static boolean ask(Module module, List<ModuleItem<?>> inputs, String title) {
        LaunchDialog asked = new LaunchDialog(module, title);
        for (ModuleItem<?> item : inputs) {
            if (item.getType() == ImagePlus.class) {
                module.setInput(item.getName(), Launcher.current());
                module.resolveInput(item.getName());
            } else {
                asked.add(item);
            }
        }
        // The dialog would record keys of its own making.
        boolean recording = Recorder.record;
        Recorder.record = false;
        try {
            asked.dialog.showDialog();
        } finally {
            Recorder.record = recording;
        }
        if (asked.dialog.wasCanceled()) {
            return false;
        }
        for (ModuleItem<?> item : asked.fields.keySet()) {
            module.setInput(item.getName(), asked.read(item));
            module.resolveInput(item.getName());
        }
        return true;
    }

    private void add(ModuleItem<?> item) {
        String label = item.getLabel() == null || item.getLabel().isEmpty() ? item.getName() : item.getLabel();
        Object value = module.getInput(item.getName());
        if (item.getType() == Button.class) {
            ClassLoader loader = Thread.currentThread().getContextClassLoader();
            java.awt.Button button = new java.awt.Button(label);
            button.addActionListener(event -> press(item, loader));
            Panel panel = new Panel(new FlowLayout(FlowLayout.RIGHT, 0, 0));
            panel.add(button);
            dialog.addPanel(panel, GridBagConstraints.EAST, BELOW_FIELD);
        } else if (value instanceof Boolean flag) {
            dialog.addCheckbox(label, flag);
            fields.put(item, dialog.getCheckboxes().lastElement());
        } else if (item.getChoices() != null && !item.getChoices().isEmpty()) {
            String[] choices = item.getChoices().stream().map(String::valueOf).toArray(String[]::new);
            dialog.addChoice(label, choices, String.valueOf(value));
            fields.put(item, dialog.getChoices().lastElement());
        } else if (value instanceof Number number) {
            dialog.addNumericField(label, number.doubleValue(), value instanceof Double ? 2 : 0);
            fields.put(item, dialog.getNumericFields().lastElement());
        } else {
            dialog.addStringField(label, String.valueOf(value), 24);
            fields.put(item, dialog.getStringFields().lastElement());
        }
    }

    /** What a field holds. */
    private Object read(ModuleItem<?> item) {
        Object field = fields.get(item);
        if (field instanceof Checkbox box) {
            return box.getState();
        }
        if (field instanceof Choice choice) {
            return choice.getSelectedItem();
        }
        String text = ((TextField) field).getText();
        if (item.getType() == String.class) {
            return text;
        }
        BigDecimal number;
        try {
            number = new BigDecimal(text.strip());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(item.getName() + " is '" + text + "'; allowed is a number", e);
        }
        return Launcher.parse(item, number.toPlainString());
    }

    private void write(ModuleItem<?> item) {
        Object value = module.getInput(item.getName());
        Object field = fields.get(item);
        if (field instanceof Checkbox box) {
            box.setState((Boolean) value);
        } else if (field instanceof Choice choice) {
            choice.select(String.valueOf(value));
        } else if (value instanceof Number number) {
            ((TextField) field)
                    .setText(
                            value instanceof Double && number.doubleValue() != Math.rint(number.doubleValue())
                                    ? IJ.d2s(number.doubleValue(), 2, MOST_DECIMALS)
                                    : String.valueOf(number.longValue()));
        } else {
            ((TextField) field).setText(String.valueOf(value));
        }
    }

    private void press(ModuleItem<?> button, ClassLoader loader) {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(loader);
        try {
            Map<ModuleItem<?>, Object> values = new LinkedHashMap<>();
            for (ModuleItem<?> item : fields.keySet()) {
                values.put(item, read(item));
            }
            values.forEach((item, value) -> module.setInput(item.getName(), value));
            button.callback(module);
            values.forEach((item, value) -> {
                if (!Objects.equals(value, module.getInput(item.getName()))) {
                    write(item);
                }
            });
        } catch (IllegalArgumentException | ModuleException e) {
            IJ.error(dialog.getTitle(), e.getMessage());
        } finally {
            thread.setContextClassLoader(before);
        }
    }
}
