// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.commands;

import ij.IJ;
import io.github.pointillist.engine.EngineReport;
import io.github.pointillist.progress.Progress;
import org.scijava.command.Command;
import org.scijava.plugin.Attr;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.Plugin;

/** Writes to ImageJ's log which engine, native library and device are in use, and why. */
@Plugin(
        type = Command.class,
        menuPath = "Plugins>Pointillist>Engine Report...",
        attrs = {@Attr(name = "no-legacy"), @Attr(name = "no-record")})
public final class EngineReportCommand extends CancelableCommand {
    @Parameter(label = "Device", description = "auto, cpu, gpu0, gpu1, ...", persist = false)
    private String device = "auto";

    @Override
    protected void run(Progress progress) {
        progress.report(0, 1, "starting PyTorch");
        IJ.log(EngineReport.collect(device.strip()).toString().strip());
    }

    @Override
    protected String title() {
        return "Engine Report";
    }
}
