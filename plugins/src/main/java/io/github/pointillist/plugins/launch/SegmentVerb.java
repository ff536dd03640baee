// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import ij.ImagePlus;
import io.github.pointillist.catalog.ModelCard.Segmentation.Kind;
import io.github.pointillist.engine.Devices;
import io.github.pointillist.engine.EngineUnavailableException;
import io.github.pointillist.plugins.results.ClusterMapOptions;
import io.github.pointillist.plugins.results.ImageFiles;
import io.github.pointillist.plugins.results.ObjectRois;
import io.github.pointillist.plugins.results.OverlayPictures;
import io.github.pointillist.plugins.results.RunManifest;
import io.github.pointillist.plugins.results.SegmentOptions;
import io.github.pointillist.plugins.results.SegmentOptions.ScaleFrom;
import io.github.pointillist.plugins.results.SegmentResult;
import io.github.pointillist.plugins.results.SegmentRun;
import io.github.pointillist.plugins.results.StagedFiles;
import io.github.pointillist.tasks.Segment.Scaling;
import io.github.pointillist.tasks.Segment.Settings;
import io.github.pointillist.tasks.Segment.Sizes;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import javax.imageio.ImageIO;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Segments image files. */
@Command(
        name = "segment",
        description = {
            "Finds the objects in images, the class of each pixel, or segments of things and stuff, with a model.",
            "",
            "For each image these files are written: STEM_labels.tif (objects or segments 1 to n, 0 elsewhere; or labels of"
                    + " classes), STEM_classes.tif (of panoptic models: class + 1, 0 for none), STEM_overlay.png"
                    + " (outlines over the middle slice and frame), STEM_table.csv (measurements, a row an"
                    + " object), STEM_rois.zip (outlines for ImageJ's ROI Manager) and STEM_run.json (how to repeat it,"
                    + " and what was done to the input).",
            "",
            "Images may have any size. Slices and frames are segmented one by one.",
            ""
        },
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false)
final class SegmentVerb implements Callable<Integer> {
    private static final List<String> ENDINGS =
            List.of("_labels.tif", "_classes.tif", "_overlay.png", "_table.csv", "_rois.zip", "_run.json");

    /** Images that are looked at for the scale of a folder at most, and of them with objects. */
    private static final int LOOKED_AT = 5;

    private static final int WITH_OBJECTS = 3;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "IMAGE|FOLDER", arity = "0..*", description = "Image files, or folders of them.")
    private List<Path> given = new ArrayList<>();

    @Option(
            names = "--model",
            paramLabel = "NAME|FILE",
            description = "Model (pointillist models list), model folder or checkpoint file. Default: "
                    + SegmentOptions.USUAL_MODEL + ".")
    private String model = SegmentOptions.USUAL_MODEL;

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "Folder for the results.")
    private Path out;

    @Mixin
    private Folders folders = new Folders();

    @Option(
            names = "--variant",
            paramLabel = "NAME|FILE.json",
            description = "Official variant or configuration of a checkpoint file. Default: told from the file.")
    private String variant;

    @Mixin
    private ChoiceOptions choice = new ChoiceOptions();

    @Option(
            names = "--scaling",
            paramLabel = "HOW",
            description = "How the image gets to the scale of the model: automatic (default), calibration (by the pixel"
                    + " size), diameter (by --object-diameter) or none.")
    private String scaling;

    @Option(
            names = "--scale-from",
            paramLabel = "WHAT",
            description =
                    "What shares one scale where it follows from the objects that are found: image (default: all its"
                            + " slices and frames), plane (each its own) or folder (all images of this run).")
    private String scaleFrom = "image";

    @Option(
            names = "--object-diameter",
            paramLabel = "PX",
            description = "Usual diameter of the objects in pixels of the image; implies --scaling diameter.")
    private Double objectDiameter;

    @Option(
            names = "--pixel-size",
            paramLabel = "UM",
            description = "Micrometres a pixel, in place of what the image says.")
    private Double pixelSize;

    @Option(
            names = "--min-area",
            paramLabel = "PX",
            description = "Leave out smaller objects, in pixels of the image. Default: a twentieth of a usual object.")
    private Double minArea;

    @Option(
            names = "--foreground-threshold",
            paramLabel = "X",
            description = "Least probability of the foreground, above 0 and below 1. Default: the model's own.")
    private Double foregroundThreshold;

    @Option(
            names = "--centre-threshold",
            paramLabel = "X",
            description = "Least probability of a centre, above 0 and below 1. Default: the model's own.")
    private Double centreThreshold;

    @Option(
            names = "--pixel-threshold",
            paramLabel = "X",
            description = "For panoptic models: least probability of a mask in a pixel, above 1/3 and below 1. Default:"
                    + " the model's own, as for the next three.")
    private Double pixelThreshold;

    @Option(
            names = "--thing-threshold",
            paramLabel = "X",
            description = "For panoptic models: least probability of the class of a thing, 0 to below 1.")
    private Double thingThreshold;

    @Option(names = "--stuff-threshold", paramLabel = "X", description = "For panoptic models: the same for stuff.")
    private Double stuffThreshold;

    @Option(
            names = "--overlap-threshold",
            paramLabel = "X",
            description = "For panoptic models: least share of a mask that better ones leave free, 0 to below 1.")
    private Double overlapThreshold;

    @Option(names = "--exclude-border", description = "Leave out objects at the border of the image.")
    private boolean excludeBorder;

    @Option(names = "--invert", description = "Objects are dark on bright ground.")
    private boolean invert;

    @Option(
            names = "--link-slices",
            description = "Give objects of neighbouring slices that overlap the same label (intersection over union at"
                    + " least " + SegmentRun.LEAST_IOU + ").")
    private boolean linkSlices;

    @Option(
            names = "--tile",
            paramLabel = "PX",
            description = "Side of what is held in memory at once; changes nothing in the result. Default: automatic.")
    private Integer tile;

    @Option(
            names = "--rois",
            negatable = true,
            description = "Write outlines. Default: for at most " + ObjectRois.MOST + " of them.")
    private Boolean rois;

    @Option(names = "--device", paramLabel = "NAME", description = "auto (default), cpu, gpu0, gpu1, ...")
    private String device = "auto";

    @Override
    public Integer call() throws IOException {
        if (given.isEmpty()) {
            throw wrong("no image given; give image files or folders");
        }
        if (Files.exists(out) && !Files.isDirectory(out)) {
            throw wrong("--out is " + out + ", which is a file; give a folder");
        }
        try {
            SegmentOptions options = options();
            Inputs inputs = Inputs.of(given, folders);
            Path victim = inputs.overwritten(out, ENDINGS);
            if (victim != null) {
                throw wrong("a result would overwrite the input " + victim + "; choose another --out");
            }
            Devices.Choice choice = Devices.choose(options.device());
            try (SegmentRun run = new SegmentRun(options)) {
                Sizes sizes = options.scaleFrom() == ScaleFrom.FOLDER ? look(inputs, run) : null;
                return Batch.run(inputs, spec.commandLine().getErr(), (file, stem, bar) -> {
                    bar.begin(file.getFileName().toString());
                    bar.report(0, 1, "opening");
                    image(file, stem, options, run, sizes, choice, bar);
                });
            }
        } catch (IllegalArgumentException | IOException | EngineUnavailableException e) {
            throw wrong(Main.oneLine(Main.reason(e)));
        }
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private SegmentOptions options() throws IOException {
        positive("--object-diameter", objectDiameter, "pixels");
        positive("--pixel-size", pixelSize, "micrometres");
        probability("--foreground-threshold", foregroundThreshold);
        probability("--centre-threshold", centreThreshold);
        if (tile != null && tile < 1) {
            throw new IllegalArgumentException("--tile is " + tile + "; allowed is 1 or more pixels");
        }
        return new SegmentOptions(
                model,
                variant,
                scaling == null ? Scaling.AUTOMATIC : ClusterMapOptions.choice(Scaling.class, "--scaling", scaling),
                objectDiameter == null ? 0 : objectDiameter,
                pixelSize == null ? 0 : pixelSize,
                minArea == null ? 0 : minArea,
                foregroundThreshold == null ? Settings.AUTOMATIC : foregroundThreshold,
                centreThreshold == null ? Settings.AUTOMATIC : centreThreshold,
                excludeBorder,
                invert,
                linkSlices,
                tile == null ? 0 : tile,
                new SegmentOptions.Masks(
                        or(pixelThreshold), or(thingThreshold), or(stuffThreshold), or(overlapThreshold)),
                device,
                choice.choice(),
                ClusterMapOptions.choice(ScaleFrom.class, "--scale-from", scaleFrom));
    }

    private static double or(Double given) {
        if (given != null && given < 0) {
            throw new IllegalArgumentException(
                    "a threshold is " + given + "; allowed is 0 to below 1, and above 1/3 for pixels");
        }
        return given == null ? -1 : given;
    }

    /** What stands for automatic elsewhere is said here by leaving the option out. */
    private static void positive(String option, Double value, String unit) {
        if (value != null && !(value > 0 && value < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(option + " is " + value + "; allowed is above 0 " + unit);
        }
    }

    private static void probability(String option, Double value) {
        if (value != null && !(value > 0 && value < 1)) {
            throw new IllegalArgumentException(option + " is " + value + "; allowed is above 0 and below 1");
        }
    }

    /**
     * Looks for the sizes of objects in a few images spread over the run. Images that cannot be read are named when their turn
     * comes.
     *
     * @return null where each image must be looked at for itself
     */
    private Sizes look(Inputs inputs, SegmentRun run) {
        List<Path> files = List.copyOf(inputs.stems().keySet());
        ProgressBar bar = new ProgressBar(spec.commandLine().getErr());
        List<Sizes> found = new ArrayList<>();
        int most = Math.min(files.size(), LOOKED_AT);
        int looked = 0;
        while (looked < most && found.size() < WITH_OBJECTS) {
            Path file = files.get((int) ((long) looked * files.size() / most));
            bar.begin(file.getFileName().toString());
            looked++;
            try {
                ImagePlus image = ImageFiles.open(file);
                Sizes sizes = run.look(image, bar);
                image.close();
                if (sizes != null) {
                    found.add(sizes);
                }
            } catch (IOException | IllegalArgumentException e) {
                continue;
            }
        }
        bar.clear();
        PrintWriter text = spec.commandLine().getOut();
        text.println(
                found.isEmpty()
                        ? "no scale for all images: in the " + looked + " looked at no objects were found"
                        : "one scale for all images, from the objects in " + found.size() + " of them");
        text.flush();
        return found.isEmpty() ? null : Sizes.of(found);
    }

    private void image(
            Path file,
            String stem,
            SegmentOptions options,
            SegmentRun run,
            Sizes sizes,
            Devices.Choice choice,
            ProgressBar bar)
            throws IOException {
        long start = System.nanoTime();
        ImagePlus image = ImageFiles.open(file);
        try {
            SegmentResult result = run.segment(image, sizes, bar);
            List<String> notes = new ArrayList<>(result.notes());
            notes.addAll(options.choice().unused(image));
            boolean outlines = rois == null ? !ObjectRois.tooMany(result) : rois;
            if (rois == null && !outlines) {
                notes.add(ObjectRois.tooManyNote(result) + ", or ask for them with --rois");
            }
            bar.report(1, 1, "writing");
            try (StagedFiles staged = new StagedFiles(out)) {
                write(stem, image, result, outlines, staged);
                Path manifest = staged.stage(stem + "_run.json");
                String json = manifest(file, stem, image, run.repeating(result), run, choice)
                        .input(file, RunManifest.sha256(file), image)
                        .segmented(result)
                        .preparation(notes)
                        .outputs(staged.names())
                        .took("segment", result.milliseconds())
                        .took("all", (System.nanoTime() - start) / 1_000_000)
                        .toJson();
                Files.writeString(manifest, json);
                staged.commit();
            }
            bar.clear();
            PrintWriter text = spec.commandLine().getOut();
            text.println(file + ": " + result.summary()
                    + String.format(Locale.ROOT, ", %.1f s", (System.nanoTime() - start) / 1e9));
            ImageFiles.notes(image).forEach(note -> text.println("  " + note));
            notes.forEach(note -> text.println("  " + note));
            text.flush();
        } finally {
            image.close();
        }
    }

    private static void write(String stem, ImagePlus image, SegmentResult result, boolean outlines, StagedFiles staged)
            throws IOException {
        ImageFiles.saveTiff(result.labels(), staged.stage(stem + "_labels.tif"));
        if (result.classes() != null) {
            ImageFiles.saveTiff(result.classes(), staged.stage(stem + "_classes.tif"));
        }
        double fill = result.kind() == Kind.INSTANCES ? 0 : 0.4;
        ImageIO.write(
                OverlayPictures.middle(image, result.labels(), 0, fill),
                "png",
                staged.stage(stem + "_overlay.png").toFile());
        try (Writer csv = Files.newBufferedWriter(staged.stage(stem + "_table.csv"))) {
            result.table().writeCsv(csv);
        }
        if (outlines) {
            ObjectRois.write(ObjectRois.of(image, result), staged.stage(stem + "_rois.zip"));
        }
    }

    private RunManifest manifest(
            Path file, String stem, ImagePlus image, SegmentOptions options, SegmentRun run, Devices.Choice choice) {
        Path absolute = file.toAbsolutePath().normalize();
        List<String> words = new ArrayList<>(List.of("pointillist", "segment", absolute.toString()));
        words.addAll(List.of(
                "--out", Inputs.folder(out, stem).toAbsolutePath().normalize().toString()));
        words.addAll(options.arguments());
        if (rois != null) {
            words.add(rois ? "--rois" : "--no-rois");
        }
        return new RunManifest("segment", words)
                .macro(
                        absolute,
                        options.choice().macroLines(image) + RunManifest.macroLine("Segment...", options.macroKeys()))
                .settings(options.macroKeys())
                .device(choice.name(), choice.why())
                .model(options.model(), Optional.of(run.modelNote()));
    }
}
