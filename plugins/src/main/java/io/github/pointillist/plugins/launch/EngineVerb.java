// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import io.github.pointillist.engine.EngineReport;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Prints which engine, native library and device are in use, and why. */
@Command(
        name = "engine",
        description = "Prints which engine, native library, device and shared libraries are in use, and why.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class)
final class EngineVerb implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--device", paramLabel = "NAME", description = "auto (default), cpu, gpu0, gpu1, ...")
    private String device = "auto";

    @Override
    public Integer call() {
        try {
            EngineReport report = EngineReport.collect(device);
            spec.commandLine().getOut().print(report);
            spec.commandLine().getOut().flush();
            boolean usable = !report.value("engine").startsWith("none")
                    && !report.value("device").startsWith("none");
            return usable ? 0 : Main.FAILED_SOME;
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        }
    }
}
