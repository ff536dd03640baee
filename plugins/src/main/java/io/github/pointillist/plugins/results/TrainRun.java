// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import io.github.pointillist.catalog.ModelCard.Segmentation.Kind;
import io.github.pointillist.catalog.ModelStore;
import io.github.pointillist.engine.Devices;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.training.Annotated;
import io.github.pointillist.training.AnnotatedImages;
import io.github.pointillist.training.AnnotatedImages.Split;
import io.github.pointillist.training.Logged;
import io.github.pointillist.training.TrainSegmenter;
import io.github.pointillist.training.TrainSegmenter.Outcome;
import java.io.IOException;
import java.io.Writer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CancellationException;

/** Trains a segmentation model on annotated images and installs it: the one path of command line, menu command and macro. */
public final class TrainRun {
    /** What the name of a model is followed by in the name of the folder of its checkpoint. */
    public static final String CHECKPOINT = "_checkpoint";

    /** What the name of a model is followed by in the names of results. */
    public static final List<String> ENDINGS = List.of("_curve.csv", "_curve.png", "_run.json");

    private static final String LOCK = "in-use";
    /** Options that macros do not have. */
    private static final List<String> FOR_FOLDERS = List.of("--recursive", "--pattern");

    private final TrainOptions options;
    private final TrainingData data;
    private final TrainingData validation;
    private final List<String> words;
    private final Map<String, String> keys;

    /** Hears how a run goes. */
    public interface Listener {
        /** What was found, done or measured, in one line. */
        void said(String line);

        /** The curve has another line. */
        default void grown(TrainingCurve curve) {}
    }

    /**
     * Takes what is to be done; reads nothing yet.
     *
     * @param data to train on; null to train on simulated nuclei alone
     * @param validation to validate with; null to set some of {@code data} aside
     * @param words arguments of the command line for the images; null where there are none
     * @param keys of the macro for the images
     * @throws IllegalArgumentException if images are given that would not be used, or none
     */
    public TrainRun(
            TrainOptions options,
            TrainingData data,
            TrainingData validation,
            List<String> words,
            Map<String, String> keys) {
        this.options = options;
        this.data = data;
        this.validation = validation;
        this.words = words;
        this.keys = keys;
        if (data == null && options.simulated() < 1) {
            throw new IllegalArgumentException(
                    "no annotated images are given; give some, or train on simulated nuclei" + " alone (simulated 1)");
        }
        if (data != null && options.simulated() == 1) {
            throw new IllegalArgumentException("simulated is 1, which uses no images, and images are given; leave them"
                    + " out, or choose a share below 1");
        }
        if (data == null && validation != null) {
            throw new IllegalArgumentException("images to validate with are given and none to train on");
        }
    }

    /** Trains on open images, some of which are set aside to validate with. */
    public TrainRun(TrainOptions options, TrainingData data) {
        this(options, data, null, null, Map.of());
    }

    /**
     * Where the checkpoint of a run lies.
     *
     * @param out folder for results, or null: then a hidden folder beside the installed models
     * @throws IllegalArgumentException if the name is not allowed for models
     * @throws IOException if the name is taken, and not by a run that was killed after installing its model
     */
    public static Path checkpoint(String name, Path out) throws IOException {
        ModelStore store = ModelStore.standard();
        Path folder = out == null ? store.root().resolve(".training").resolve(name) : out.resolve(name + CHECKPOINT);
        if (!TrainSegmenter.hasState(folder)) {
            store.checkFree(name);
        }
        return folder;
    }

    /**
     * Trains, writes results, installs and deletes the checkpoint; where there is a checkpoint of the same run, goes on from
     * there, also where all that was missing is one of the last three.
     *
     * @param out folder for results; null for none
     * @throws IllegalArgumentException if settings or annotation are not allowed; the message is one line
     * @throws IOException if something cannot be read or written, or the name of the model is taken
     * @throws CancellationException if {@code progress} asks to stop; the message says how to go on
     */
    public TrainResult run(Path out, Progress progress, Listener listener) throws IOException {
        long start = System.nanoTime();
        Path checkpoint = checkpoint(options.name(), out);
        boolean made = out != null && !Files.exists(out);
        Files.createDirectories(checkpoint);
        Path lock = checkpoint.resolve(LOCK);
        boolean ours = false;
        try {
            TrainResult result;
            try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock own = lock(channel)) {
                if (own == null) {
                    throw new IOException("another run trains " + options.name() + " in " + checkpoint
                            + " at this moment; wait for it, or choose another name");
                }
                ours = true;
                result = train(out, checkpoint, progress, listener, start);
            }
            TrainSegmenter.forget(checkpoint);
            return result;
        } catch (CancellationException e) {
            String line = "stopped (" + e.getMessage() + "); the same again goes on from " + checkpoint;
            listener.said(line);
            throw (CancellationException) new CancellationException(line).initCause(e);
        } finally {
            if (ours) {
                Files.deleteIfExists(lock);
                deleteIfEmpty(checkpoint);
                if (made) {
                    deleteIfEmpty(out);
                }
            }
        }
    }

    private static void deleteIfEmpty(Path folder) throws IOException {
        try {
            Files.deleteIfExists(folder);
        } catch (DirectoryNotEmptyException e) {
            return; // with what is to be kept
        }
    }

    /** Null where another program, or another run of this one, has the lock; it goes with the process that has it. */
    private static FileLock lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    /** What is trained on and what is validated with. */
    private record Parts(
            Kind kind,
            List<String> names,
            List<Integer> values,
            List<Annotated> training,
            List<Annotated> validation,
            double pixelSizeUm,
            TrainingLabels labels,
            List<String> notes) {}

    private TrainResult train(Path out, Path checkpoint, Progress progress, Listener listener, long start)
            throws IOException {
        progress.report(0, 1, "reading images");
        Devices.Choice choice = Devices.choose(options.device());
        Parts parts = data == null
                ? new Parts(
                        options.kind(),
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of(),
                        options.pixelSizeUm(),
                        null,
                        List.of())
                : parts(listener);
        List<String> files = new ArrayList<>();
        Follower follower = new Follower(parts.names, listener, outcome -> {
            if (out != null) {
                long milliseconds = (System.nanoTime() - start) / 1_000_000;
                files.addAll(write(out, parts, outcome, curve(outcome, parts), choice, milliseconds));
            }
        });
        Outcome outcome = TrainSegmenter.train(
                options.settings(parts.kind, parts.names, parts.values),
                parts.training,
                parts.validation,
                parts.pixelSizeUm,
                checkpoint,
                progress,
                follower);
        long milliseconds = (System.nanoTime() - start) / 1_000_000;
        TrainingCurve curve = curve(outcome, parts);
        Path folder = ModelStore.standard().root().resolve(options.name());
        return new TrainResult(
                outcome, curve, folder, summary(outcome, curve, folder), List.copyOf(files), milliseconds);
    }

    private static TrainingCurve curve(Outcome outcome, Parts parts) {
        return new TrainingCurve(outcome.history(), outcome.before(), outcome.steps(), parts.names);
    }

    /** Writes what came out. */
    private interface Results {
        void write(Outcome outcome) throws IOException;
    }

    private Parts parts(Listener listener) throws IOException {
        TrainingLabels labels = TrainingLabels.read(options, data, validation);
        if (labels.kind() == Kind.SEMANTIC && options.objectDiameterPx() > 0) {
            throw new IllegalArgumentException("object diameter is " + options.objectDiameterPx()
                    + ", but the labels are classes, which are seen at the images' own size; leave it out, or give kind"
                    + " instances");
        }
        List<String> notes = new ArrayList<>(labels.notes());
        List<Annotated> training = labels.training();
        List<Annotated> held = labels.validation() == null ? List.of() : labels.validation();
        if (labels.validation() == null && options.validationShare() > 0) {
            Split split;
            try {
                split = AnnotatedImages.split(
                        training, options.validationShare(), labels.kind() == Kind.INSTANCES, options.seed());
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(e.getMessage() + "; or do without (validation share 0)", e);
            }
            notes.add(split.how());
            training = Split.images(split.training());
            held = Split.images(split.validation());
        } else if (held.isEmpty()) {
            notes.add("nothing is set aside to validate with: the last weights are taken");
        }
        notes.forEach(listener::said);
        return new Parts(
                labels.kind(),
                labels.classNames(),
                labels.classValues(),
                training,
                held,
                labels.pixelSizeUm(),
                labels,
                notes);
    }

    /** Turns what the task says into lines and curves. */
    private static final class Follower implements TrainSegmenter.Listener {
        private final List<String> classNames;
        private final Listener listener;
        private final Results results;
        private final List<Logged> lines = new ArrayList<>();
        private Map<String, Double> before = Map.of();
        private long steps;

        Follower(List<String> classNames, Listener listener, Results results) {
            this.classNames = classNames;
            this.listener = listener;
            this.results = results;
        }

        @Override
        public void finished(Outcome outcome) throws IOException {
            try {
                results.write(outcome);
            } catch (IOException e) {
                throw new IOException(
                        "its results could not be written, so the model is not installed yet; the same again does both: "
                                + e.getMessage(),
                        e);
            }
        }

        @Override
        public void begins(long done, long all, Map<String, Double> base) {
            steps = all;
            before = base;
            if (!base.isEmpty()) {
                listener.said("before: " + TrainingPlot.words(base, curve()));
            }
        }

        private TrainingCurve curve() {
            return new TrainingCurve(lines, before, steps, classNames);
        }

        @Override
        public void note(String line) {
            listener.said(line);
        }

        @Override
        public void logged(Logged line) {
            lines.add(line);
            TrainingCurve curve = curve();
            Map<String, Double> shown =
                    new LinkedHashMap<>(Map.of("loss", line.loss().get("loss")));
            line.metrics().forEach((metric, value) -> {
                if (!TrainingCurve.isOfOneClass(metric)) {
                    shown.put(metric, value);
                }
            });
            listener.said("step " + line.step() + " of " + steps + ": " + TrainingPlot.words(shown, curve));
            listener.grown(curve);
        }
    }

    private List<String> summary(Outcome outcome, TrainingCurve curve, Path folder) {
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                Locale.ROOT,
                "installed %s in %s, weights of step %d of %d",
                options.name(),
                folder,
                outcome.bestStep(),
                outcome.steps()));
        if (!outcome.before().isEmpty()) {
            lines.add("before (" + options.base() + "): " + TrainingPlot.words(outcome.before(), curve));
        }
        if (!outcome.after().isEmpty()) {
            lines.add("after: " + TrainingPlot.words(outcome.after(), curve));
        }
        if (outcome.baseWasBetter()) {
            lines.add("on the validation images " + options.base()
                    + " was better: annotate more, or other parts, or train for fewer steps");
        }
        return lines;
    }

    private List<String> write(
            Path out, Parts parts, Outcome outcome, TrainingCurve curve, Devices.Choice choice, long milliseconds)
            throws IOException {
        try (StagedFiles staged = new StagedFiles(out)) {
            try (Writer csv = Files.newBufferedWriter(staged.stage(options.name() + "_curve.csv"))) {
                TrainingPlot.writeCsv(curve, csv);
            }
            TrainingPlot.writePng(options.name(), curve, staged.stage(options.name() + "_curve.png"));
            Path manifest = staged.stage(options.name() + "_run.json");
            // the steps that were found rather than the minutes: these give the same weights again
            TrainOptions repeated = options.withSteps(outcome.steps());
            RunManifest run = new RunManifest("train", repeat(out, repeated))
                    .settings(options.macroKeys())
                    .device(choice.name(), choice.why())
                    .base(options.base(), outcome.baseSha256())
                    .trained(outcome, parts.kind, parts.names);
            if (words == null || words.stream().noneMatch(FOR_FOLDERS::contains)) {
                run.macro(macroLine(out, repeated));
            }
            if (parts.labels != null) {
                run.data("training", data.origins(parts.labels.trained()));
                run.data("validation", validation == null ? null : validation.origins(parts.labels.validated()));
            }
            List<String> notes = new ArrayList<>(parts.notes);
            notes.addAll(outcome.notes());
            Files.writeString(
                    manifest,
                    run.preparation(notes)
                            .outputs(staged.names())
                            .took("train", milliseconds)
                            .toJson());
            staged.commit();
            return staged.names();
        }
    }

    /** Null where images were open ones. */
    private List<String> repeat(Path out, TrainOptions repeated) {
        if (words == null) {
            return null;
        }
        List<String> all = new ArrayList<>(List.of("pointillist", "train"));
        all.addAll(words);
        all.addAll(List.of("--out", out.toAbsolutePath().normalize().toString()));
        all.addAll(repeated.arguments());
        return all;
    }

    private String macroLine(Path out, TrainOptions repeated) {
        Map<String, String> all = new LinkedHashMap<>(keys);
        all.putAll(repeated.macroKeys());
        all.put("out", out.toAbsolutePath().normalize().toString());
        return RunManifest.macroLine("Train...", all);
    }
}
