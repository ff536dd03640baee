// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import ij.ImagePlus;
import ij.gui.Roi;
import io.github.pointillist.engine.Devices;
import io.github.pointillist.engine.EngineUnavailableException;
import io.github.pointillist.plugins.results.Choice;
import io.github.pointillist.plugins.results.ClassifyOptions;
import io.github.pointillist.plugins.results.ClassifyOptions.Each;
import io.github.pointillist.plugins.results.ClassifyResult;
import io.github.pointillist.plugins.results.ClassifyRun;
import io.github.pointillist.plugins.results.ClusterMapOptions;
import io.github.pointillist.plugins.results.ImageFiles;
import io.github.pointillist.plugins.results.LabelNames;
import io.github.pointillist.plugins.results.PointClouds;
import io.github.pointillist.plugins.results.Regions;
import io.github.pointillist.plugins.results.RunManifest;
import io.github.pointillist.plugins.results.StagedFiles;
import io.github.pointillist.tasks.Classify.Fit;
import io.github.pointillist.tasks.Classify.Scores;
import io.github.pointillist.tasks.Classify.Settings;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Classifies image files, parts of them, or tables of points. */
@Command(
        name = "classify",
        description = {
            "Classifies images, regions, objects or windows with a model; or clouds of points in tables.",
            "",
            "For each image these files are written: STEM_classes.csv (a row a region and class listed), STEM_run.json"
                    + " (how to repeat it, and what was done to the input), and for windows STEM_classmap.tif (class"
                    + " index + 1). The best classes and what was done to the input are printed.",
            "",
            "Images that are not of bytes are stretched: in each channel the percentiles 0.1 and 99.9 of the plane become"
                    + " 0 and 255. One channel is given three times; three are red, green and blue; of others the first is"
                    + " taken unless --channel names another, or all for their mean. Slices and frames are classified one by one.",
            "",
            "A table (.csv, .tsv, .txt) with columns x, y, z is a cloud of points, for models of point sets.",
            ""
        },
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false)
final class ClassifyVerb implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(
            paramLabel = "IMAGE|FOLDER|TABLE",
            arity = "0..*",
            description = "Image files, folders of them, or tables of points.")
    private List<Path> given = new ArrayList<>();

    @Option(
            names = "--model",
            paramLabel = "NAME|FILE",
            required = true,
            description = "Installed model (pointillist models list), model folder or checkpoint file.")
    private String model;

    @Option(names = "--out", paramLabel = "DIR", description = "Folder for the results; without it they are printed.")
    private Path out;

    @Mixin
    private Folders folders = new Folders();

    @Option(
            names = "--variant",
            paramLabel = "NAME|FILE.json",
            description = "Official variant or configuration of a checkpoint file. Default: told from the file.")
    private String variant;

    @Option(names = "--each", paramLabel = "WHAT", description = "image (default), roi, object or window.")
    private String each;

    @Option(
            names = "--rois",
            paramLabel = "FILE",
            description = "ROIs of ImageJ, .roi or .zip; implies --each roi. Default: those in the image's file.")
    private Path rois;

    @Option(
            names = "--labels",
            paramLabel = "FILE|FOLDER",
            description =
                    "Label image, or a folder with one for each image, called as it or as it with _labels or the like;"
                            + " implies --each object.")
    private Path labels;

    @Mixin
    private ChoiceOptions choice = new ChoiceOptions();

    @Option(names = "--window", paramLabel = "PX", description = "Side of a window. Default: the model's input.")
    private Integer window;

    @Option(names = "--step", paramLabel = "PX", description = "Distance of windows. Default: the side of a window.")
    private Integer step;

    @Option(names = "--margin", paramLabel = "PX", description = "Widens the box of regions and objects. Default: 0.")
    private Integer margin;

    @Option(names = "--blank-outside", description = "Give pixels outside regions and objects the mean colour.")
    private boolean blankOutside;

    @Option(
            names = "--fit",
            paramLabel = "HOW",
            description = "card (default: as the authors do, mostly the centre), squash (all, distorted) or pad (all).")
    private String fit;

    @Option(
            names = "--input-size",
            paramLabel = "PX",
            description = "Side of the model's input, for models that take several. Default: 0, that of the card.")
    private Integer inputSize;

    @Option(
            names = "--scores",
            paramLabel = "HOW",
            description = "automatic (default: as trained), softmax (one class) or sigmoid (any number of classes).")
    private String scores;

    @Option(
            names = "--top",
            paramLabel = "N",
            description =
                    "Most classes listed, 0 for all, -1 for automatic: 5 for softmax, all for sigmoid. Default: -1.")
    private Integer top;

    @Option(
            names = "--threshold",
            paramLabel = "X",
            description =
                    "Least score listed, 0 to 1, or -1 for automatic: 0 for softmax, 0.5 for sigmoid. Default: -1.")
    private Double threshold;

    @Option(
            names = "--group-by",
            paramLabel = "COLUMN",
            description = "For tables: rows with the same value in this column are a cloud of their own.")
    private String groupBy;

    @Option(names = "--seed", paramLabel = "N", description = "For tables: seed of the points drawn. Default: 0.")
    private Long seed;

    @Option(names = "--device", paramLabel = "NAME", description = "auto (default), cpu, gpu0, gpu1, ...")
    private String device = "auto";

    @Override
    public Integer call() throws IOException {
        if (given.isEmpty()) {
            throw wrong("no image given; give image files, folders, or tables of points");
        }
        if (out != null && Files.exists(out) && !Files.isDirectory(out)) {
            throw wrong("--out is " + out + ", which is a file; give a folder");
        }
        List<Path> tables = given.stream().filter(PointClouds::isTable).toList();
        try {
            if (tables.isEmpty()) {
                return images();
            }
            if (tables.size() < given.size()) {
                throw wrong("images and tables of points are given together; classify them apart");
            }
            return tables();
        } catch (IllegalArgumentException | IOException | EngineUnavailableException e) {
            throw wrong(Main.oneLine(Main.reason(e)));
        }
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    /** An option that would change nothing is a misunderstanding. */
    private static void refuse(boolean unused, String option, String users) {
        if (unused) {
            throw new IllegalArgumentException(option + " is given, which is for " + users);
        }
    }

    private void refuseToOverwrite(Inputs inputs) throws IOException {
        Path victim = out == null ? null : inputs.overwritten(out, List.of("_classes.csv", "_classmap.tif"));
        if (victim != null) {
            throw wrong("a result would overwrite the input " + victim + "; choose another --out");
        }
    }

    private static int or(Integer value, int otherwise) {
        return value == null ? otherwise : value;
    }

    private Integer images() throws IOException {
        refuse(groupBy != null, "--group-by", "tables of points");
        refuse(seed != null, "--seed", "tables of points");
        ClassifyOptions options = options();
        if (rois != null && !Files.exists(rois)) {
            throw wrong("--rois is " + rois + ", which does not exist");
        }
        List<Roi> regions = rois == null ? null : Regions.read(rois);
        if (labels != null && !Files.exists(labels)) {
            throw wrong("--labels is " + labels + ", which does not exist");
        }
        Inputs inputs = Inputs.of(given, folders);
        refuseToOverwrite(inputs);
        Devices.Choice choice = Devices.choose(options.device());
        try (ClassifyRun run = new ClassifyRun(options)) {
            return Batch.run(inputs, spec.commandLine().getErr(), (file, stem, bar) -> {
                bar.begin(file.getFileName().toString());
                bar.report(0, 1, "opening");
                image(file, stem, options, regions, run, choice, bar);
            });
        }
    }

    private ClassifyOptions options() throws IOException {
        Each what = each != null
                ? ClusterMapOptions.choice(Each.class, "--each", each)
                : rois != null
                        ? Each.ROI
                        : labels != null ? Each.OBJECT : window != null || step != null ? Each.WINDOW : Each.IMAGE;
        if (rois != null && what != Each.ROI) {
            throw new IllegalArgumentException(
                    "--rois is given, but each is " + ClusterMapOptions.word(what) + "; it is for --each roi");
        }
        if ((labels != null) != (what == Each.OBJECT)) {
            throw new IllegalArgumentException("--labels is " + (labels == null ? "not given" : labels)
                    + " and each is " + ClusterMapOptions.word(what)
                    + "; --each object needs --labels, and the others have no use for it");
        }
        refuse(choice.hasRegion() && what == Each.ROI, "--region", "--each image, object and window");
        return new ClassifyOptions(
                model,
                variant,
                what,
                or(window, 0),
                or(step, 0),
                or(margin, 0),
                blankOutside,
                fit == null ? Fit.CARD : ClusterMapOptions.choice(Fit.class, "--fit", fit),
                or(inputSize, 0),
                scores == null ? Scores.AUTOMATIC : ClusterMapOptions.choice(Scores.class, "--scores", scores),
                or(top, Settings.AUTOMATIC),
                threshold == null ? Settings.AUTOMATIC : threshold,
                device,
                choice.choice());
    }

    private void image(
            Path file,
            String stem,
            ClassifyOptions options,
            List<Roi> given,
            ClassifyRun run,
            Devices.Choice choice,
            ProgressBar bar)
            throws IOException {
        ImagePlus image = ImageFiles.open(file);
        Path labelFile = labels == null ? null : labelFile(file, stem);
        ImagePlus objects = labelFile == null ? null : ImageFiles.open(labelFile);
        try {
            List<Roi> own = options.each() == Each.ROI ? given != null ? given : Regions.of(image) : List.of();
            ClassifyResult result = run.classify(image, own, objects, bar);
            List<String> notes = new ArrayList<>(result.notes());
            if (options.each() != Each.ROI) {
                notes.addAll(options.choice().unused(image));
            }
            bar.clear();
            if (out != null) {
                write(file, stem, options, labelFile, image, result, notes, run, choice);
            }
            PrintWriter text = spec.commandLine().getOut();
            text.println(file + ": " + result.regions() + (result.regions() == 1 ? " region" : " regions"));
            result.summary().forEach(line -> text.println("  " + line));
            ImageFiles.notes(image).forEach(note -> text.println("  input: " + note));
            notes.forEach(note -> text.println("  input: " + note));
            text.flush();
        } finally {
            image.close();
            if (objects != null) {
                objects.close();
            }
        }
    }

    private Path labelFile(Path image, String stem) throws IOException {
        return Files.isDirectory(labels) ? LabelNames.find(Inputs.folder(labels, stem), image) : labels;
    }

    private void write(
            Path file,
            String stem,
            ClassifyOptions options,
            Path labelFile,
            ImagePlus image,
            ClassifyResult result,
            List<String> notes,
            ClassifyRun run,
            Devices.Choice choice)
            throws IOException {
        try (StagedFiles staged = new StagedFiles(out)) {
            try (Writer csv = Files.newBufferedWriter(staged.stage(stem + "_classes.csv"))) {
                result.table().writeCsv(csv);
            }
            if (result.classMap() != null) {
                ImageFiles.saveTiff(result.classMap(), staged.stage(stem + "_classmap.tif"));
            }
            Path manifest = staged.stage(stem + "_run.json");
            Path absolute = file.toAbsolutePath().normalize();
            List<String> words = new ArrayList<>(List.of("pointillist", "classify", absolute.toString()));
            words.addAll(List.of(
                    "--out",
                    Inputs.folder(out, stem).toAbsolutePath().normalize().toString()));
            words.addAll(options.arguments());
            if (rois != null) {
                words.addAll(List.of("--rois", rois.toAbsolutePath().normalize().toString()));
            }
            if (labelFile != null) {
                words.addAll(List.of(
                        "--labels", labelFile.toAbsolutePath().normalize().toString()));
            }
            String json = new RunManifest("classify", words)
                    .macro(
                            absolute,
                            (options.each() == Each.ROI ? "" : options.choice().macroLines(image))
                                    + RunManifest.macroLine("Classify...", options.macroKeys()))
                    .settings(options.macroKeys())
                    .device(choice.name(), choice.why())
                    .input(file, RunManifest.sha256(file), image)
                    .model(model, Optional.of(run.modelNote()))
                    .preparation(notes)
                    .outputs(staged.names())
                    .took("classify", result.milliseconds())
                    .toJson();
            Files.writeString(manifest, json);
            staged.commit();
        }
    }

    private Integer tables() throws IOException {
        refuse(each != null, "--each", "images");
        refuse(
                choice.hasRegion() || !choice.choice().channel().equals(Choice.AUTOMATIC),
                "--channel or --region",
                "images");
        refuse(rois != null, "--rois", "images");
        refuse(labels != null, "--labels", "images");
        refuse(window != null, "--window", "images");
        refuse(step != null, "--step", "images");
        refuse(margin != null, "--margin", "images");
        refuse(blankOutside, "--blank-outside", "images");
        refuse(fit != null, "--fit", "images");
        refuse(inputSize != null, "--input-size", "images");
        refuse(scores != null, "--scores", "images");
        refuse(threshold != null, "--threshold", "images");
        Inputs inputs = new Inputs(Inputs.of(given, false, null).stems(), List.of(), 0);
        refuseToOverwrite(inputs);
        try (PointClouds clouds = PointClouds.open(model, variant, or(top, PointClouds.AUTOMATIC), seed(), device)) {
            Devices.Choice choice = Devices.choose(device);
            return Batch.run(inputs, spec.commandLine().getErr(), (file, stem, bar) -> {
                PointClouds.Result result = clouds.classify(file, groupBy);
                if (out != null) {
                    write(file, stem, choice, clouds, result);
                }
                PrintWriter text = spec.commandLine().getOut();
                text.println(
                        file + ": " + result.clouds().size() + (result.clouds().size() == 1 ? " cloud" : " clouds"));
                result.lines().forEach(line -> text.println("  " + line));
                text.flush();
            });
        }
    }

    private long seed() {
        return seed == null ? 0 : seed;
    }

    private void write(Path file, String stem, Devices.Choice choice, PointClouds clouds, PointClouds.Result result)
            throws IOException {
        try (StagedFiles staged = new StagedFiles(out)) {
            try (Writer csv = Files.newBufferedWriter(staged.stage(stem + "_classes.csv"))) {
                result.writeCsv(csv);
            }
            Path manifest = staged.stage(stem + "_run.json");
            Files.writeString(manifest, manifest(file, choice, clouds, result, staged.names()));
            staged.commit();
        }
    }

    private String manifest(
            Path file, Devices.Choice choice, PointClouds clouds, PointClouds.Result result, List<String> outputs)
            throws IOException {
        List<String> words = new ArrayList<>(List.of(
                "pointillist", "classify", file.toAbsolutePath().normalize().toString()));
        words.addAll(List.of("--out", out.toAbsolutePath().normalize().toString()));
        words.addAll(List.of("--model", RunManifest.anywhere(model)));
        if (variant != null) {
            words.addAll(List.of("--variant", RunManifest.anywhere(variant)));
        }
        if (groupBy != null) {
            words.addAll(List.of("--group-by", groupBy));
        }
        words.addAll(List.of(
                "--top",
                Integer.toString(or(top, PointClouds.AUTOMATIC)),
                "--seed",
                Long.toString(seed()),
                "--device",
                device));
        return new RunManifest("classify", words)
                .device(choice.name(), choice.why())
                .table(file, RunManifest.sha256(file), result.rows())
                .model(model, Optional.of(clouds.modelNote()))
                .preparation(result.notes())
                .outputs(outputs)
                .toJson();
    }
}
