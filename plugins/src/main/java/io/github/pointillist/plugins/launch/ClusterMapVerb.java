// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import ij.ImagePlus;
import io.github.pointillist.engine.Devices;
import io.github.pointillist.engine.EngineUnavailableException;
import io.github.pointillist.plugins.results.AffinityResult;
import io.github.pointillist.plugins.results.ClusterMapOptions;
import io.github.pointillist.plugins.results.ClusterMapOptions.Connected;
import io.github.pointillist.plugins.results.ClusterMapOptions.Point;
import io.github.pointillist.plugins.results.ClusterMapResult;
import io.github.pointillist.plugins.results.ClusterMapRun;
import io.github.pointillist.plugins.results.ClusterMapRun.Offered;
import io.github.pointillist.plugins.results.HeatMaps;
import io.github.pointillist.plugins.results.ImageFiles;
import io.github.pointillist.plugins.results.OverlayPictures;
import io.github.pointillist.plugins.results.RunManifest;
import io.github.pointillist.plugins.results.StagedFiles;
import io.github.pointillist.tasks.MapClusters.FeatureKind;
import io.github.pointillist.tasks.MapClusters.Method;
import io.github.pointillist.tasks.MapClusters.Similarity;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import javax.imageio.ImageIO;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Maps the clusters of image files. */
@Command(
        name = "cluster-map",
        description = {
            "Maps how images fall into clusters.",
            "",
            "For each image four files are written: STEM_clusters.tif (labels from 1; 16-bit, or 32-bit above 65535;"
                    + " calibrated as the image; a channel a level), STEM_overlay.png (clusters over the image; of"
                    + " stacks the middle plane; planes above 40 million pixels are shrunk; further levels as"
                    + " STEM_overlay_LEVEL.png), STEM_table.csv (a row a cluster) and STEM_run.json (how to repeat it).",
            "",
            "With --point these are written instead: STEM_affinity.tif (32-bit, a channel a level), STEM_affinity.png"
                    + " (heat over the image; further levels as STEM_affinity_LEVEL.png) and STEM_run.json.",
            "",
            "Channels are features; slices and frames are mapped one by one. Images with a palette (GIF, PNG, BMP) are"
                    + " taken as RGB; a coloured lookup table of another 8-bit image is taken as the display of grey"
                    + " values.",
            ""
        },
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false)
final class ClusterMapVerb implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "IMAGE|FOLDER", arity = "0..*", description = "Image files, or folders of them.")
    private List<Path> given = new ArrayList<>();

    @Option(names = "--out", paramLabel = "DIR", description = "Folder for the results; made if there is none.")
    private Path out;

    @Mixin
    private Folders folders = new Folders();

    @Option(
            names = "--method",
            paramLabel = "NAME",
            description =
                    "context (superpixels; the default), kmeans, equitable, or model (what a trained model sees).")
    private String method;

    @Option(
            names = "--clusters",
            paramLabel = "N",
            description = "Clusters asked for. Default: 256 for context, 8 for kmeans and equitable.")
    private Integer clusters;

    @Option(
            names = "--compactness",
            paramLabel = "X",
            description =
                    "Weight of position against colour: 0 follows colour alone, 10 gives squares. Default: 1 for context,"
                            + " 0 for kmeans and equitable.")
    private Double compactness;

    @Option(names = "--iterations", paramLabel = "N", description = "Rounds of method context. Default: 10.")
    private Integer iterations;

    @Option(names = "--similarity", paramLabel = "NAME", description = "euclidean (default) or cosine, for context.")
    private String similarity;

    @Option(names = "--features", paramLabel = "NAME", description = "colour (default) or texture.")
    private String features;

    @Option(
            names = "--connected",
            negatable = true,
            description = "Make each label one connected region. Default: yes for context, else no.")
    private Boolean connected;

    @Option(
            names = "--min-size",
            paramLabel = "N",
            description = "Merge connected regions below N pixels into a neighbour; 0 keeps all, -1 is automatic:"
                    + " a quarter of the mean superpixel for context, else 0. Default: -1.")
    private int minSize = -1;

    @Option(names = "--seed", paramLabel = "N", description = "Seed of kmeans. Default: 0.")
    private long seed;

    @Option(
            names = "--model",
            paramLabel = "NAME|FILE",
            description =
                    "Installed model (pointillist models list), model folder or checkpoint; implies method model.")
    private String model;

    @Option(
            names = "--variant",
            paramLabel = "NAME|FILE.json",
            description = "Official variant or configuration of the model. Default: recognised from the checkpoint.")
    private String variant;

    @Option(
            names = "--level",
            paramLabel = "NAME",
            split = ",",
            description = "Name of a level, mostly stage, block and head from 0; repeatable; or all; or last (default):"
                    + " for most models the first head of the last block of each stage; with --point the first.")
    private List<String> levels = new ArrayList<>();

    @Option(
            names = "--point",
            paramLabel = "X,Y",
            description = "Map what the point at this pixel (from 0) takes from every point, for levels of affinities.")
    private String point;

    @Option(
            names = "--input-size",
            paramLabel = "N",
            description = "Side to which images are resized for the model; 0 (default) keeps their own size.")
    private Integer inputSize;

    @Option(names = "--device", paramLabel = "NAME", description = "auto (default), cpu, gpu0, gpu1, ...")
    private String device = "auto";

    @Mixin
    private ChoiceOptions choice = new ChoiceOptions();

    @Option(names = "--list-levels", description = "Print the levels that the model offers, and end.")
    private boolean listLevels;

    @Override
    public Integer call() throws IOException {
        ClusterMapOptions options = options();
        if (listLevels) {
            listLevels(options);
            return 0;
        }
        if (given.isEmpty()) {
            throw wrong("no image given; give image files or folders");
        }
        if (out == null) {
            throw wrong("no --out given; give the folder for the results");
        }
        if (Files.exists(out) && !Files.isDirectory(out)) {
            throw wrong("--out is " + out + ", which is a file; give a folder");
        }
        Inputs inputs = Inputs.of(given, folders);
        Path victim =
                inputs.overwritten(out, List.of("_clusters.tif", "_overlay.png", "_affinity.tif", "_affinity.png"));
        if (victim != null) {
            throw wrong("a result would overwrite the image " + victim + "; choose another --out");
        }
        String[] used = device(options);
        try (ClusterMapRun run = open(options)) {
            return Batch.run(
                    inputs, spec.commandLine().getErr(), (file, stem, bar) -> map(file, stem, options, run, used, bar));
        }
    }

    private void listLevels(ClusterMapOptions options) throws IOException {
        PrintWriter text = spec.commandLine().getOut();
        Offered offered = ClusterMapRun.offeredLevels(options);
        offered.groups().forEach(level -> text.println(level.name() + "\t" + level.description()));
        offered.affinities()
                .forEach(level -> text.println(level.name() + "\t" + level.description() + " (with --point)"));
        text.flush();
    }

    private ClusterMapRun open(ClusterMapOptions options) {
        try {
            return new ClusterMapRun(options);
        } catch (IOException | IllegalArgumentException | EngineUnavailableException e) {
            throw wrong(Main.oneLine(Main.reason(e)));
        }
    }

    private void map(
            Path file, String stem, ClusterMapOptions options, ClusterMapRun run, String[] used, ProgressBar bar)
            throws IOException {
        bar.begin(file.getFileName().toString());
        bar.report(0, 1, "opening");
        long start = System.nanoTime();
        ImagePlus image = ImageFiles.open(file);
        long opened = System.nanoTime();
        try {
            Path absolute = file.toAbsolutePath().normalize();
            RunManifest manifest = new RunManifest("cluster-map", commandLine(absolute, stem, options))
                    .macro(absolute, options.choice().macroLines(image) + options.macroLine())
                    .device(used[0], used[1])
                    .input(file, RunManifest.sha256(file), image)
                    .model(options.model(), run.modelNote())
                    .took("open", (opened - start) / 1_000_000);
            List<String> notes = new ArrayList<>();
            if (options.point() == null) {
                ClusterMapResult result = run.map(image, bar);
                notes.addAll(result.notes());
                notes.addAll(options.choice().unused(image));
                write(image, stem, result, options, manifest.preparation(notes), opened);
            } else {
                AffinityResult result = run.affinity(image, bar);
                notes.addAll(result.notes());
                notes.addAll(options.choice().unused(image));
                write(image, stem, result, options, manifest.preparation(notes), opened);
            }
            bar.clear();
            List<String> told = new ArrayList<>(ImageFiles.notes(image));
            told.addAll(notes);
            tell(file, told);
        } finally {
            image.close();
        }
    }

    /** Where there was something to choose, the output says what was taken. */
    private void tell(Path file, List<String> notes) {
        if (!notes.isEmpty()) {
            PrintWriter text = spec.commandLine().getOut();
            text.println(file + ":");
            notes.forEach(note -> text.println("  " + note));
            text.flush();
        }
    }

    private void write(
            ImagePlus image,
            String stem,
            ClusterMapResult result,
            ClusterMapOptions options,
            RunManifest manifest,
            long opened)
            throws IOException {
        long mapped = System.nanoTime();
        try (StagedFiles staged = new StagedFiles(out)) {
            ImageFiles.saveTiff(result.labels(), staged.stage(stem + "_clusters.tif"));
            for (int level = 0; level < result.levels().size(); level++) {
                BufferedImage picture = OverlayPictures.middle(image, result.labels(), level);
                writePng(picture, staged, stem + "_overlay", result.levels(), level);
            }
            try (Writer csv = Files.newBufferedWriter(staged.stage(stem + "_table.csv"))) {
                result.table().writeCsv(csv);
            }
            Path json = staged.stage(stem + "_run.json");
            manifest.settings(options, result.levels()).result(result.clusters(), staged.names());
            finish(manifest, json, result.milliseconds(), opened, mapped);
            staged.commit();
        }
    }

    private void write(
            ImagePlus image,
            String stem,
            AffinityResult result,
            ClusterMapOptions options,
            RunManifest manifest,
            long opened)
            throws IOException {
        long mapped = System.nanoTime();
        try (StagedFiles staged = new StagedFiles(out)) {
            ImageFiles.saveTiff(result.image(), staged.stage(stem + "_affinity.tif"));
            for (int level = 0; level < result.levels().size(); level++) {
                BufferedImage picture = HeatMaps.middle(image, result.image(), level, options.point());
                writePng(picture, staged, stem + "_affinity", result.levels(), level);
            }
            Path json = staged.stage(stem + "_run.json");
            manifest.settings(options, result.levels()).outputs(staged.names());
            finish(manifest, json, result.milliseconds(), opened, mapped);
            staged.commit();
        }
    }

    private static void writePng(BufferedImage picture, StagedFiles staged, String stem, List<String> levels, int level)
            throws IOException {
        String end = level == 0 ? ".png" : "_" + levels.get(level) + ".png";
        ImageIO.write(picture, "png", staged.stage(stem + end).toFile());
    }

    private static void finish(RunManifest manifest, Path json, long mapMilliseconds, long opened, long mapped)
            throws IOException {
        String text = manifest.took("map", mapMilliseconds)
                .took("measure", (mapped - opened) / 1_000_000 - mapMilliseconds)
                .took("write", (System.nanoTime() - mapped) / 1_000_000)
                .toJson();
        Files.writeString(json, text);
    }

    private List<String> commandLine(Path image, String stem, ClusterMapOptions options) {
        List<String> words = new ArrayList<>(List.of("pointillist", "cluster-map", image.toString()));
        words.addAll(List.of(
                "--out", Inputs.folder(out, stem).toAbsolutePath().normalize().toString()));
        words.addAll(options.arguments());
        return words;
    }

    /** The device and the reason; the engine is asked only where it is needed. */
    private String[] device(ClusterMapOptions options) {
        if (options.method() != Method.MODEL) {
            return new String[] {
                "cpu", "method " + ClusterMapOptions.word(options.method()) + " runs without the engine"
            };
        }
        try {
            Devices.Choice choice = Devices.choose(options.device());
            return new String[] {choice.name(), choice.why()};
        } catch (IllegalArgumentException | EngineUnavailableException e) {
            throw wrong(e.getMessage());
        }
    }

    private ClusterMapOptions options() {
        try {
            Method chosen = method == null
                    ? (model == null ? Method.CONTEXT : Method.MODEL)
                    : ClusterMapOptions.choice(Method.class, "--method", method);
            refuseUnused(chosen);
            if (clusters != null && clusters < 1) {
                throw new IllegalArgumentException("--clusters is " + clusters + "; allowed is 1 or more");
            }
            Connected wanted = connected == null ? Connected.AUTOMATIC : connected ? Connected.YES : Connected.NO;
            Point wantedPoint = point == null ? null : Point.parse(point);
            return new ClusterMapOptions(
                    chosen,
                    clusters == null ? 0 : clusters,
                    compactness(),
                    iterations == null ? 10 : iterations,
                    similarity == null
                            ? Similarity.EUCLIDEAN
                            : ClusterMapOptions.choice(Similarity.class, "--similarity", similarity),
                    features == null
                            ? FeatureKind.COLOUR
                            : ClusterMapOptions.choice(FeatureKind.class, "--features", features),
                    wanted,
                    minSize,
                    seed,
                    model,
                    variant,
                    levels.isEmpty() ? List.of(ClusterMapOptions.LAST) : levels,
                    wantedPoint,
                    inputSize == null ? 0 : inputSize,
                    device,
                    choice.choice());
        } catch (IllegalArgumentException | IOException e) {
            throw wrong(Main.oneLine(Main.reason(e)));
        }
    }

    private double compactness() {
        if (compactness == null) {
            return ClusterMapOptions.AUTOMATIC;
        }
        if (compactness < 0) {
            throw new IllegalArgumentException("compactness is " + compactness + "; allowed is 0 or more");
        }
        return compactness;
    }

    /** An option that would change nothing is a misunderstanding. */
    private void refuseUnused(Method chosen) {
        boolean trained = chosen == Method.MODEL;
        refuse(!trained && model != null, "--model", chosen, "model");
        refuse(!trained && variant != null, "--variant", chosen, "model");
        refuse(!trained && !levels.isEmpty(), "--level", chosen, "model");
        refuse(!trained && point != null, "--point", chosen, "model");
        refuse(!trained && inputSize != null, "--input-size", chosen, "model");
        refuse(trained && clusters != null, "--clusters", chosen, "context, kmeans and equitable");
        refuse(trained && compactness != null, "--compactness", chosen, "context, kmeans and equitable");
        refuse(trained && features != null, "--features", chosen, "context, kmeans and equitable");
        refuse(chosen != Method.CONTEXT && iterations != null, "--iterations", chosen, "context");
        refuse(chosen != Method.CONTEXT && similarity != null, "--similarity", chosen, "context");
    }

    private static void refuse(boolean unused, String option, Method chosen, String users) {
        if (unused) {
            throw new IllegalArgumentException(option + " is given, but method " + ClusterMapOptions.word(chosen)
                    + " does not use it; it is for " + users);
        }
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
