// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.commands;

import ij.IJ;
import java.awt.GraphicsEnvironment;
import org.scijava.module.Module;
import org.scijava.module.ModuleItem;
import org.scijava.module.process.AbstractPreprocessorPlugin;
import org.scijava.module.process.PreprocessorPlugin;
import org.scijava.plugin.Plugin;
import org.scijava.widget.Button;

/**
 * Settles the buttons of our dialogs where there is no dialog: in a macro, which has no keys for them, they would else
 * count as missing and bring the dialog up.
 */
@Plugin(type = PreprocessorPlugin.class)
public final class ButtonPreprocessor extends AbstractPreprocessorPlugin {
    @Override
    public void process(Module module) {
        if (!(module.getDelegateObject() instanceof CancelableCommand)
                || !(GraphicsEnvironment.isHeadless() || IJ.isMacro())) {
            return;
        }
        for (ModuleItem<?> input : module.getInfo().inputs()) {
            if (input.getType() == Button.class) {
                module.resolveInput(input.getName());
            }
        }
    }
}
