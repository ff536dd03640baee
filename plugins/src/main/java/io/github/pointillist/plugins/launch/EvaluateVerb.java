// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import ij.ImagePlus;
import io.github.pointillist.plugins.results.EvaluateOptions;
import io.github.pointillist.plugins.results.EvaluateRun;
import io.github.pointillist.plugins.results.EvaluationTable;
import io.github.pointillist.plugins.results.ImageFiles;
import io.github.pointillist.plugins.results.RunManifest;
import io.github.pointillist.plugins.results.StagedFiles;
import io.github.pointillist.tasks.Evaluate.Mode;
import io.github.pointillist.tasks.Evaluate.Result;
import io.github.pointillist.tasks.Evaluate.Settings;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Compares predicted label images with true ones. */
@Command(
        name = "evaluate",
        description = {
            "Compares predicted labels with true ones: two label images, or two folders of them.",
            "",
            "Segments of things and stuff (--mode panoptic): beside each label image, X_labels.tif or X_objects.tif, lies the"
                    + " class of each pixel, X_classes.tif or X_classmap.tif, from 1, 0 for none.",
            "",
            "Prints one figure a line: its name and its value. Objects: counts, AP = TP / (TP + FP + FN) at IoU 0.5 to"
                    + " 0.9, precision, recall, F1, PQ, SQ, RQ, AJI, AJI+, Dice and IoU of the foreground. Classes: IoU"
                    + " and Dice of each, mIoU, pixel accuracy, fwIoU. Segments: PQ of each class, PQ, SQ, RQ. NaN: not defined, as without any object.",
            "",
            "Files of two folders are paired by their names without extension and without endings such as _labels,"
                    + " -labels, _mask, _objects, _clusters. Counts of all pairs are added up; means over images follow.",
            "",
            "With --out these files are written: evaluation.csv (a row a pair), evaluation_thresholds.csv or"
                    + " evaluation_classes.csv (a row a pair and threshold or class), evaluation_run.json.",
            ""
        },
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false)
final class EvaluateVerb implements Callable<Integer> {
    private static final String NAME = "evaluation";

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "LABELS", description = "Predicted label image, or a folder of them.")
    private Path predictions;

    @Parameters(index = "1", paramLabel = "TRUTH", description = "True label image, or a folder of them.")
    private Path truths;

    @Option(
            names = "--mode",
            paramLabel = "WHAT",
            description = "instances (default): a label above 0 is an object; semantic: a label is a class;"
                    + " panoptic: see above.")
    private String mode = "instances";

    @Option(
            names = "--planes",
            paramLabel = "WHAT",
            description = "each (default): a slice or frame has objects of its own; volume: objects go through slices.")
    private String planes = "each";

    @Option(
            names = "--ignore",
            paramLabel = "N[,N...]",
            description = "For semantic: labels of the truth whose pixels are left out. Default: none.")
    private String ignore = "none";

    @Option(names = "--no-background", description = "For semantic: 0 is no class. Default: it is one.")
    private boolean noBackground;

    @Option(names = "--out", paramLabel = "DIR", description = "Folder for the results; without it they are printed.")
    private Path out;

    @Override
    public Integer call() throws IOException {
        if (out != null && Files.exists(out) && !Files.isDirectory(out)) {
            throw wrong("--out is " + out + ", which is a file; give a folder");
        }
        Settings settings;
        LabelPairs pairs;
        try {
            settings = EvaluateOptions.settings(mode, planes, ignore, !noBackground);
            pairs = LabelPairs.of(predictions, truths, settings.mode());
        } catch (IllegalArgumentException e) {
            throw wrong(Main.oneLine(e.getMessage()));
        }
        boolean folders = Files.isDirectory(predictions);
        PrintWriter text = spec.commandLine().getOut();
        EvaluationTable table = new EvaluationTable();
        Map<Path, Path> done = new LinkedHashMap<>();
        Map<Path, String> stems = new LinkedHashMap<>();
        pairs.truths().keySet().forEach(file -> stems.put(file, NAME));
        List<String> notes = new ArrayList<>();
        long start = System.nanoTime();
        Inputs inputs = new Inputs(stems, pairs.failures(), 0);
        int status = Batch.run(inputs, spec.commandLine().getErr(), (file, stem, bar) -> {
            Path truth = pairs.truths().get(file);
            bar.begin(file.getFileName().toString());
            List<String> own = compare(file, truth, settings, table, bar);
            notes.addAll(own);
            bar.clear();
            done.put(file, truth);
            table.last(folders).forEach(text::println);
            own.forEach(note -> text.println("  " + note));
            text.flush();
        });
        if (done.isEmpty()) {
            return status;
        }
        if (folders) {
            text.println("pooled over " + done.size() + (done.size() == 1 ? " pair" : " pairs"));
        }
        table.lines().forEach(text::println);
        text.flush();
        if (out != null) {
            write(settings, table, done, notes, (System.nanoTime() - start) / 1_000_000);
        }
        return status;
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    /** Returns what a user must know of how the files were read. */
    private static List<String> compare(
            Path file, Path truth, Settings settings, EvaluationTable table, ProgressBar bar) throws IOException {
        bar.report(0, 1, "opening");
        List<String> notes = new ArrayList<>();
        ImagePlus prediction = open(file, notes);
        ImagePlus trueLabels;
        try {
            trueLabels = open(truth, notes);
        } catch (IOException e) {
            throw new IOException("its truth " + truth + ": " + Main.reason(e), e);
        }
        Result result;
        if (settings.mode() == Mode.PANOPTIC) {
            ImagePlus classes = open(LabelPairs.classesOf(file), notes);
            ImagePlus trueClasses = open(LabelPairs.classesOf(truth), notes);
            result = EvaluateRun.panoptic(prediction, classes, trueLabels, trueClasses, bar);
            classes.close();
            trueClasses.close();
        } else {
            result = EvaluateRun.compare(prediction, trueLabels, settings, bar);
        }
        table.add(file.toString(), truth.toString(), result);
        prediction.close();
        trueLabels.close();
        return notes;
    }

    private static ImagePlus open(Path file, List<String> notes) throws IOException {
        ImagePlus image = ImageFiles.open(file);
        ImageFiles.notes(image).forEach(note -> notes.add(file + ": " + note));
        return image;
    }

    private void write(
            Settings settings, EvaluationTable table, Map<Path, Path> done, List<String> notes, long milliseconds)
            throws IOException {
        try (StagedFiles staged = new StagedFiles(out)) {
            try (Writer csv = Files.newBufferedWriter(staged.stage(NAME + ".csv"))) {
                table.writeCsv(csv);
            }
            try (Writer csv = Files.newBufferedWriter(staged.stage(NAME + "_" + table.details() + ".csv"))) {
                table.writeDetails(csv);
            }
            Path json = staged.stage(NAME + "_run.json");
            List<String> words = new ArrayList<>(
                    List.of("pointillist", "evaluate", absolute(predictions).toString()));
            words.addAll(
                    List.of(absolute(truths).toString(), "--out", absolute(out).toString()));
            words.addAll(EvaluateOptions.arguments(settings));
            RunManifest manifest = new RunManifest("evaluate", words);
            boolean folders = Files.isDirectory(predictions);
            String title =
                    folders ? absolute(truths).toString() : truths.getFileName().toString();
            Map<String, String> keys = EvaluateOptions.macroKeys(title, settings);
            if (!folders && settings.mode() != Mode.PANOPTIC) { // which would need four open images
                String open =
                        "open(\"" + RunManifest.inMacro(absolute(predictions).toString()) + "\"); ";
                manifest.macro(absolute(truths), open + RunManifest.macroLine("Evaluate...", keys));
            }
            manifest.settings(keys);
            for (Map.Entry<Path, Path> pair : done.entrySet()) {
                manifest.pair(pair.getKey(), pair.getValue());
            }
            if (!notes.isEmpty()) {
                manifest.preparation(notes);
            }
            Files.writeString(
                    json,
                    manifest.outputs(staged.names())
                            .took("evaluate", milliseconds)
                            .toJson());
            staged.commit();
        }
    }

    private static Path absolute(Path path) {
        return path.toAbsolutePath().normalize();
    }
}
