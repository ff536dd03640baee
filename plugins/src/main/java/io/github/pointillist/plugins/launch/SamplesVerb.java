// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import io.github.pointillist.plugins.results.ClusterMapOptions;
import io.github.pointillist.plugins.results.ImageFiles;
import io.github.pointillist.plugins.results.RunManifest;
import io.github.pointillist.plugins.results.SampleImages;
import io.github.pointillist.plugins.results.SampleImages.Kind;
import io.github.pointillist.plugins.results.SampleOptions;
import io.github.pointillist.plugins.results.SampleOptions.Scene;
import io.github.pointillist.plugins.results.StagedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Writes simulated images to try things on and to train with. */
@Command(
        name = "samples",
        description = {
            "Writes simulated microscope images, KIND.tif, and what is in them: KIND_objects.tif (labels) and for tissue"
                    + " and inclusions KIND_classmap.tif (class index + 1: stroma, epithelium, lumen, fat, round cell,"
                    + " rod, ring, crystal); and KIND_run.json (how to repeat it). With --count the images are KIND-0001.tif, KIND-0002.tif, ..., of successive seeds.",
            ""
        },
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false)
final class SamplesVerb implements Callable<Integer> {
    private static final int MOST_IMAGES = 9999;

    @Spec
    private CommandSpec spec;

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "Folder to write to.")
    private Path out;

    @Option(names = "--kind", paramLabel = "NAME", description = "nuclei, tissue, spots, inclusions or all (default).")
    private String kind = "all";

    @Option(names = "--width", paramLabel = "PX", description = "Default: 512.")
    private int width = 512;

    @Option(names = "--height", paramLabel = "PX", description = "Default: 512.")
    private int height = 512;

    @Option(names = "--seed", paramLabel = "N", description = "The same seed gives the same image. Default: 1.")
    private long seed = 1;

    @Option(names = "--count", paramLabel = "N", description = "Images of each kind, 1 to 9999. Default: 1.")
    private int count = 1;

    @Option(
            names = "--preset",
            paramLabel = "NAME",
            description = "For nuclei: default, dense, dim, sparse, tissue, or random: a scene drawn from all kinds of"
                    + " cells and cameras. For tissue and inclusions: default or random.")
    private String preset = "default";

    @Option(
            names = "--scene-seed",
            paramLabel = "N",
            description = "For --preset random: draws one scene for all images. Default: one for each, by its seed.")
    private Long sceneSeed;

    @Option(names = "--diameter", paramLabel = "PX", description = "For nuclei: mean diameter, 4 to 200.")
    private Double diameter;

    @Option(names = "--coverage", paramLabel = "X", description = "For nuclei: share of the area, 0 to 0.9.")
    private Double coverage;

    @Option(
            names = "--photons",
            paramLabel = "N",
            description = "For nuclei: photons on a pixel of one, 1 to 1000000; fewer are noisier.")
    private Double photons;

    @Option(names = "--inverted", description = "For nuclei: dark on bright.")
    private boolean inverted;

    @Override
    public Integer call() throws IOException {
        if (Files.exists(out) && !Files.isDirectory(out)) {
            throw wrong("--out is " + out + ", which is a file; give a folder");
        }
        if (count < 1 || count > MOST_IMAGES) {
            throw wrong("--count is " + count + "; allowed is 1 to " + MOST_IMAGES);
        }
        if (sceneSeed != null && sceneSeed < 0) {
            throw wrong("--scene-seed is " + sceneSeed + "; allowed is 0 or more");
        }
        refuseAutomatic(diameter, 0, "--diameter", "4 to 200");
        refuseAutomatic(coverage, -1, "--coverage", "0 to 0.9");
        refuseAutomatic(photons, 0, "--photons", "1 to 1000000");
        try {
            List<Kind> kinds = kind.equalsIgnoreCase("all")
                    ? List.of(Kind.values())
                    : List.of(ClusterMapOptions.choice(Kind.class, "--kind", kind));
            List<SampleOptions> options = kinds.stream().map(this::options).toList();
            for (SampleOptions one : options) {
                write(one);
            }
            return 0;
        } catch (IllegalArgumentException e) {
            throw wrong(e.getMessage());
        }
    }

    /** The value that stands for one not given is none to give. */
    private void refuseAutomatic(Double value, double automatic, String option, String allowed) {
        if (value != null && value == automatic) {
            throw wrong(option + " is " + value + "; allowed is " + allowed);
        }
    }

    private SampleOptions options(Kind one) {
        return new SampleOptions(
                one,
                width,
                height,
                seed,
                ClusterMapOptions.choice(Scene.class, "--preset", preset),
                sceneSeed == null ? -1 : sceneSeed,
                diameter == null ? 0 : diameter,
                coverage == null ? -1 : coverage,
                photons == null ? 0 : photons,
                inverted);
    }

    private void write(SampleOptions options) throws IOException {
        String name = ClusterMapOptions.word(options.kind());
        long start = System.nanoTime();
        try (StagedFiles staged = new StagedFiles(out)) {
            List<String> images = new ArrayList<>();
            List<String> outputs = new ArrayList<>();
            ProgressBar bar = new ProgressBar(spec.commandLine().getErr());
            bar.begin(name);
            for (int k = 0; k < count; k++) {
                bar.report(k, count, "simulating");
                String stem = count == 1 ? name : String.format(Locale.ROOT, "%s-%04d", name, k + 1);
                SampleImages sample = SampleImages.of(options.withSeed(options.seed() + k));
                images.add(stem + ".tif");
                ImageFiles.saveTiff(sample.image(), staged.stage(stem + ".tif"));
                outputs.add(stem + "_objects.tif");
                ImageFiles.saveTiff(sample.labels(), staged.stage(stem + "_objects.tif"));
                if (sample.classes() != null) {
                    outputs.add(stem + "_classmap.tif");
                    ImageFiles.saveTiff(sample.classes(), staged.stage(stem + "_classmap.tif"));
                }
            }
            bar.clear();
            List<String> words = new ArrayList<>(List.of("pointillist", "samples"));
            words.addAll(List.of("--out", out.toAbsolutePath().normalize().toString()));
            words.addAll(options.arguments());
            words.addAll(List.of("--count", Integer.toString(count)));
            String json = new RunManifest("samples", words)
                    .settings(options.macroKeys())
                    .images(images)
                    .outputs(outputs)
                    .took("simulating", (System.nanoTime() - start) / 1_000_000)
                    .toJson();
            Files.writeString(staged.stage(name + "_run.json"), json);
            staged.commit();
        }
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
