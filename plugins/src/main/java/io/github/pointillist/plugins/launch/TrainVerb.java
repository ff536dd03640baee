// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import io.github.pointillist.catalog.ModelCard.Segmentation.Kind;
import io.github.pointillist.engine.EngineUnavailableException;
import io.github.pointillist.plugins.results.ClusterMapOptions;
import io.github.pointillist.plugins.results.TrainOptions;
import io.github.pointillist.plugins.results.TrainResult;
import io.github.pointillist.plugins.results.TrainRun;
import io.github.pointillist.plugins.results.TrainingData;
import io.github.pointillist.progress.Progress;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Trains a segmentation model on annotated images. */
@Command(
        name = "train",
        description = {
            "Trains a segmentation model on annotated images, from a model that knows something already or from nothing,"
                    + " and installs it.",
            "",
            "Labels are label images (a value an object, or a value a class), masks, or regions of ImageJ (.roi, .zip),"
                    + " called as their images or as these followed by _labels, _mask, _cp_masks, .stardist, _seg or the like.",
            "",
            "The same command again goes on where a stopped or killed run was. When all is done these files are in the"
                    + " folder: NAME_curve.csv, NAME_curve.png (loss and metrics), NAME_run.json (how to repeat it).",
            ""
        },
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false)
final class TrainVerb implements Callable<Integer> {
    /** How long the process may outlive Ctrl-C: a step and a checkpoint. */
    private static final long LAST_WORDS_SECONDS = 120;

    @Spec
    private CommandSpec spec;

    @Option(names = "--images", paramLabel = "DIR", description = "Folder of images.")
    private Path images;

    @Option(
            names = "--labels",
            paramLabel = "DIR",
            description = "Folder of their labels, masks or ROIs. Default: that of the images.")
    private Path labels;

    @Option(
            names = "--validation-images",
            paramLabel = "DIR",
            description = "Folder of images to validate with. Default: some of --images are set aside.")
    private Path validationImages;

    @Option(
            names = "--validation-labels",
            paramLabel = "DIR",
            description = "Folder of their labels. Default: that of the images to validate with.")
    private Path validationLabels;

    @Mixin
    private Folders searched = new Folders();

    @Option(names = "--as", paramLabel = "NAME", required = true, description = "Name of the new model.")
    private String name;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            required = true,
            description = "Folder for the results, and for the checkpoint while training.")
    private Path out;

    @Option(
            names = "--base",
            paramLabel = "MODEL",
            description =
                    "What to begin from: a model, or new for random weights. Default: " + TrainOptions.USUAL_BASE + ".")
    private String base = TrainOptions.USUAL_BASE;

    @Option(
            names = "--kind",
            paramLabel = "WHAT",
            description =
                    "instances (objects), semantic (a class a pixel), or panoptic (both; with --base new --simulated 1"
                            + " only). Default: told from the labels.")
    private String kind;

    @Option(
            names = "--classes",
            paramLabel = "NAME,NAME,...",
            description = "Names of the classes in ascending order of their values; implies --kind semantic.")
    private String classes;

    @Option(
            names = "--object-diameter",
            paramLabel = "PX",
            description = "Usual diameter of an object in pixels of the images. Default: the median of those labelled.")
    private Double objectDiameter;

    @Option(
            names = "--pixel-size",
            paramLabel = "UM",
            description = "Micrometres a pixel, in place of what the images say.")
    private Double pixelSize;

    @Option(
            names = "--channel",
            paramLabel = "N",
            description = "Channel to train on, from 1, of images with several that are not in colour.")
    private Integer channel;

    @Option(
            names = "--augment",
            paramLabel = "HOW",
            description = "How patches are varied: none, light, or microscopy (default).")
    private String augment = TrainOptions.USUAL_AUGMENT;

    @Option(
            names = "--simulated",
            paramLabel = "SHARE",
            description = "Share of patches that show simulated nuclei, 0 (default) to 1; 1 needs no images.")
    private Double simulated;

    @Option(
            names = "--minutes",
            paramLabel = "M",
            description = "Train as many steps as fit into this time. Default: 10.")
    private Double minutes;

    @Option(names = "--steps", paramLabel = "N", description = "Train so many steps.")
    private Long steps;

    @Option(names = "--batch", paramLabel = "N", description = "Patches in a step. Default: 4.")
    private int batch = TrainOptions.USUAL_BATCH;

    @Option(
            names = "--rate",
            paramLabel = "R",
            description = "Largest learning rate. Default: 0.0015 from new, 0.0005 else.")
    private Double rate;

    @Option(
            names = "--validation-share",
            paramLabel = "S",
            description = "Share of the images set aside to validate with, 0 to 0.5. Default: 0.2.")
    private Double validationShare;

    @Option(
            names = "--ignore-unlabelled",
            description = "Pixels of label 0, or in no region, are not annotated. Default: they are background.")
    private boolean ignoreUnlabelled;

    @Option(names = "--seed", paramLabel = "N", description = "Seed of everything random. Default: 1.")
    private long seed = 1;

    @Option(names = "--device", paramLabel = "NAME", description = "auto (default), cpu, gpu0, gpu1, ...")
    private String device = "auto";

    @Override
    public Integer call() {
        if (Files.exists(out) && !Files.isDirectory(out)) {
            throw wrong("--out is " + out + ", which is a file; give a folder");
        }
        ProgressBar bar = new ProgressBar(spec.commandLine().getErr());
        PrintWriter text = spec.commandLine().getOut();
        try (Interruptible progress = new Interruptible(bar)) {
            TrainOptions options = options();
            TrainRun.checkpoint(name, out); // a name that is taken is told before images are looked for
            TrainRun run = new TrainRun(
                    options,
                    data(options.kind(), images, labels, "--images", "--labels"),
                    data(
                            options.kind(),
                            validationImages,
                            validationLabels,
                            "--validation-images",
                            "--validation-labels"),
                    words(),
                    macroKeys());
            bar.begin(name);
            TrainResult result = run.run(out, progress, line -> {
                bar.clear();
                text.println(line);
                text.flush();
            });
            bar.clear();
            result.summary().forEach(text::println);
            text.println("results: "
                    + String.join(
                            ", ",
                            result.files().stream()
                                    .map(file -> out.resolve(file).toString())
                                    .toList()));
            text.println("use it: pointillist segment IMAGE --model " + name + " --out DIR");
            text.flush();
            return 0;
        } catch (CancellationException e) {
            return Main.FAILED_SOME; // it has been said
        } catch (IllegalArgumentException | IOException | EngineUnavailableException e) {
            bar.clear();
            throw wrong(Main.oneLine(Main.reason(e)));
        } catch (OutOfMemoryError e) {
            bar.clear();
            throw wrong("not enough memory (" + (Runtime.getRuntime().maxMemory() >> 20)
                    + " MB); give more, as in POINTILLIST_JAVA_OPTS=-Xmx8g, or a smaller --batch");
        }
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private TrainingData data(Kind kind, Path folder, Path folderOfLabels, String option, String optionOfLabels)
            throws IOException {
        if (folder == null) {
            if (folderOfLabels != null) {
                throw new IllegalArgumentException(
                        optionOfLabels + " is " + folderOfLabels + ", and " + option + " is not given; give both");
            }
            return null;
        }
        return TrainingData.ofFolders(
                folder,
                folderOfLabels == null ? folder : folderOfLabels,
                kind,
                searched.recursive(),
                searched.pattern());
    }

    private TrainOptions options() {
        if (minutes != null && steps != null) {
            throw new IllegalArgumentException(
                    "--minutes is " + minutes + " and --steps is " + steps + "; give one of them");
        }
        positive("--minutes", minutes);
        positive("--steps", steps);
        positive("--object-diameter", objectDiameter);
        positive("--pixel-size", pixelSize);
        positive("--channel", channel);
        positive("--rate", rate);
        boolean validated = validationImages != null;
        if (validated && validationShare != null) {
            throw new IllegalArgumentException("--validation-share is " + validationShare
                    + ", and there are images to validate with; leave one of them out");
        }
        return new TrainOptions(
                name,
                base,
                kind == null ? null : ClusterMapOptions.choice(Kind.class, "--kind", kind),
                classes == null
                        ? List.of()
                        : Arrays.stream(classes.split(",", -1))
                                .map(String::strip)
                                .toList(),
                or(objectDiameter, 0),
                or(pixelSize, 0),
                channel == null ? 0 : channel,
                augment,
                or(simulated, 0),
                steps == null ? 0 : steps,
                or(minutes, TrainOptions.USUAL_MINUTES),
                batch,
                or(rate, 0),
                or(validationShare, validated ? 0 : TrainOptions.USUAL_VALIDATION_SHARE),
                ignoreUnlabelled,
                seed,
                device);
    }

    private static double or(Double value, double otherwise) {
        return value == null ? otherwise : value;
    }

    /** What stands for automatic elsewhere is said here by leaving the option out. */
    private static void positive(String option, Number value) {
        if (value != null && !(value.doubleValue() > 0 && value.doubleValue() < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(option + " is " + value + "; allowed is above 0");
        }
    }

    private Map<String, Path> folders() {
        Map<String, Path> folders = new LinkedHashMap<>();
        if (images != null) {
            folders.put("images", images);
            folders.put("labels", labels == null ? images : labels);
        }
        if (validationImages != null) {
            folders.put("validation_images", validationImages);
            folders.put("validation_labels", validationLabels == null ? validationImages : validationLabels);
        }
        return folders;
    }

    private List<String> words() {
        List<String> words = new ArrayList<>();
        folders().forEach((key, folder) -> words.addAll(List.of("--" + key.replace('_', '-'), absolute(folder))));
        words.addAll(searched.arguments());
        return words;
    }

    private Map<String, String> macroKeys() {
        Map<String, String> keys = new LinkedHashMap<>();
        folders().forEach((key, folder) -> keys.put(key, absolute(folder)));
        return keys;
    }

    private static String absolute(Path path) {
        return path.toAbsolutePath().normalize().toString();
    }

    /** Lets Ctrl-C end the run after the step at hand and a checkpoint rather than at once. */
    private static final class Interruptible implements Progress, AutoCloseable {
        private final ProgressBar bar;
        private final CountDownLatch ended = new CountDownLatch(1);
        private final Thread hook = new Thread(this::stop, "stop training");
        private volatile boolean stopping;

        Interruptible(ProgressBar bar) {
            this.bar = bar;
            Ending.silent(); // what training says itself is more
            Runtime.getRuntime().addShutdownHook(hook);
        }

        private void stop() {
            stopping = true;
            try {
                ended.await(LAST_WORDS_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void report(long done, long total, String what) {
            bar.report(done, total, what);
        }

        @Override
        public boolean cancelled() {
            return stopping;
        }

        @Override
        public void close() {
            ended.countDown();
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                stopping = true; // the process is ending
            }
        }
    }
}
