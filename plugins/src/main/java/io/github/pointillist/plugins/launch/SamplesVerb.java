// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import io.github.pointillist.plugins.results.ClusterMapOptions;
import io.github.pointillist.plugins.results.ImageFiles;
import io.github.pointillist.plugins.results.SampleImages;
import io.github.pointillist.plugins.results.StagedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Writes simulated images to try things on. */
@Command(
        name = "samples",
        description = "Writes simulated microscope images, KIND.tif, and what is in them, KIND_objects.tif.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false)
final class SamplesVerb implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "Folder to write to.")
    private Path out;

    @Option(names = "--kind", paramLabel = "NAME", description = "nuclei, tissue, spots or all (default).")
    private String kind = "all";

    @Option(names = "--width", paramLabel = "PX", description = "Default: 512.")
    private int width = 512;

    @Option(names = "--height", paramLabel = "PX", description = "Default: 512.")
    private int height = 512;

    @Option(names = "--seed", paramLabel = "N", description = "The same seed gives the same image. Default: 1.")
    private long seed = 1;

    @Override
    public Integer call() throws IOException {
        if (Files.exists(out) && !Files.isDirectory(out)) {
            throw wrong("--out is " + out + ", which is a file; give a folder");
        }
        try {
            List<SampleImages.Kind> kinds = kind.equalsIgnoreCase("all")
                    ? List.of(SampleImages.Kind.values())
                    : List.of(ClusterMapOptions.choice(SampleImages.Kind.class, "--kind", kind));
            for (SampleImages.Kind one : kinds) {
                SampleImages sample = SampleImages.of(one, width, height, seed);
                String name = ClusterMapOptions.word(one);
                try (StagedFiles staged = new StagedFiles(out)) {
                    ImageFiles.saveTiff(sample.image(), staged.stage(name + ".tif"));
                    ImageFiles.saveTiff(sample.labels(), staged.stage(name + "_objects.tif"));
                    staged.commit();
                }
            }
            return 0;
        } catch (IllegalArgumentException e) {
            throw wrong(e.getMessage());
        }
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
