// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import ij.ImagePlus;
import io.github.pointillist.plugins.results.EvaluateOptions;
import io.github.pointillist.plugins.results.EvaluateRun;
import io.github.pointillist.plugins.results.EvaluateRun.Check;
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
import picocli.CommandLine.Mixin;
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
                    + " -labels, _mask, _objects, _cp_masks, .stardist, _seg. Counts of all pairs are added up; means over images follow.",
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

    @Mixin
    private Folders folders = new Folders();

    @Option(
            names = "--classes",
            paramLabel = "FILE",
            description =
                    "For panoptic, of two files: the class of each pixel of LABELS. Default: beside it, see above.")
    private Path classes;

    @Option(names = "--true-classes", paramLabel = "FILE", description = "The same of TRUTH.")
    private Path trueClasses;

    @Option(
            names = "--force",
            description = "Compare also what looks like a picture: values that stand for brightness, not labels.")
    private boolean force;

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
            pairs = LabelPairs.of(predictions, truths, settings.mode(), folders);
            if ((classes != null || trueClasses != null)
                    && (settings.mode() != Mode.PANOPTIC || Files.isDirectory(predictions))) {
                throw new IllegalArgumentException(
                        "--classes or --true-classes is given; they are for --mode panoptic and two label images");
            }
        } catch (IllegalArgumentException e) {
            throw wrong(Main.oneLine(e.getMessage()));
        }
        boolean many = Files.isDirectory(predictions);
        PrintWriter text = spec.commandLine().getOut();
        EvaluationTable table = new EvaluationTable();
        Map<Path, Path> done = new LinkedHashMap<>();
        Map<Path, String> stems = new LinkedHashMap<>();
        List<String> notes = new ArrayList<>();
        pairs.truths().keySet().forEach(file -> stems.put(file, NAME));
        long start = System.nanoTime();
        Inputs inputs = new Inputs(stems, pairs.failures(), 0);
        int status = Batch.run(inputs, spec.commandLine().getErr(), (file, stem, bar) -> {
            Path truth = pairs.truths().get(file);
            bar.begin(file.getFileName().toString());
            List<String> own = compare(file, truth, settings, table, bar);
            bar.clear();
            done.put(file, truth);
            table.last(many).forEach(text::println);
            own.forEach(note -> text.println("  " + note));
            notes.addAll(own);
            text.flush();
        });
        if (done.isEmpty()) {
            return status;
        }
        if (many) {
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

    /** Returns what a user must know of how the files were read, and of what they hold. */
    private List<String> compare(Path file, Path truth, Settings settings, EvaluationTable table, ProgressBar bar)
            throws IOException {
        bar.report(0, 1, "opening");
        List<String> notes = new ArrayList<>();
        Check check = new Check(force, notes::add);
        ImagePlus prediction = open(file, notes);
        ImagePlus trueLabels;
        try {
            trueLabels = open(truth, notes);
        } catch (IOException e) {
            throw new IOException("its truth " + truth + ": " + Main.reason(e), e);
        }
        Result result;
        if (settings.mode() == Mode.PANOPTIC) {
            ImagePlus own = open(classesOf(file, classes), notes);
            ImagePlus others = open(classesOf(truth, trueClasses), notes);
            result = EvaluateRun.panoptic(prediction, own, trueLabels, others, check, bar);
            own.close();
            others.close();
        } else {
            result = EvaluateRun.compare(prediction, trueLabels, settings, check, bar);
        }
        table.add(file.toString(), truth.toString(), result);
        prediction.close();
        trueLabels.close();
        return notes;
    }

    private static Path classesOf(Path labels, Path given) throws IOException {
        return given == null ? LabelPairs.classesOf(labels) : given;
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
            words.addAll(folders.arguments());
            if (classes != null) {
                words.addAll(List.of("--classes", absolute(classes).toString()));
            }
            if (trueClasses != null) {
                words.addAll(List.of("--true-classes", absolute(trueClasses).toString()));
            }
            if (force) {
                words.add("--force");
            }
            RunManifest manifest = new RunManifest("evaluate", words);
            boolean many = Files.isDirectory(predictions);
            String title =
                    many ? absolute(truths).toString() : truths.getFileName().toString();
            Map<String, String> keys = EvaluateOptions.macroKeys(title, settings);
            if (force) {
                keys.put("force", "true");
            }
            if (!many && settings.mode() == Mode.PANOPTIC) {
                manifest.macro(macro(settings));
            } else if (!many) {
                String open =
                        "open(\"" + RunManifest.inMacro(absolute(predictions).toString()) + "\"); ";
                manifest.macro(absolute(truths), open + RunManifest.macroLine("Evaluate...", keys));
            }
            manifest.settings(keys).preparation(notes);
            for (Map.Entry<Path, Path> pair : done.entrySet()) {
                manifest.pair(pair.getKey(), pair.getValue());
            }
            Files.writeString(
                    json,
                    manifest.outputs(staged.names())
                            .took("evaluate", milliseconds)
                            .toJson());
            staged.commit();
        }
    }

    /** Four images, which are told apart by their ids: files in different folders may have one name. */
    private String macro(Settings settings) throws IOException {
        Map<String, String> keys = EvaluateOptions.macroKeys("T", "C", "D", settings);
        if (force) {
            keys.put("force", "true");
        }
        String line = RunManifest.macroLine("Evaluate...", keys)
                .replace("truth=T", "truth=\" + t + \"")
                .replace(" classes=C", " classes=\" + c + \"")
                .replace("true_classes=D", "true_classes=\" + d + \"");
        return opened(truths, "t")
                + opened(classesOf(truths, trueClasses), "d")
                + opened(classesOf(predictions, classes), "c")
                + "open(\"" + RunManifest.inMacro(absolute(predictions).toString()) + "\"); " + line;
    }

    private static String opened(Path file, String id) {
        return "open(\"" + RunManifest.inMacro(absolute(file).toString()) + "\"); " + id + " = getImageID(); ";
    }

    private static Path absolute(Path path) {
        return path.toAbsolutePath().normalize();
    }
}
