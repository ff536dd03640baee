// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import ij.ImagePlus;
import ij.measure.Calibration;
import io.github.pointillist.catalog.ModelCard.Segmentation.Kind;
import io.github.pointillist.catalog.ModelStore;
import io.github.pointillist.tasks.MapClusters.Method;
import io.github.pointillist.tasks.MapClusters.ModelNote;
import io.github.pointillist.training.TrainSegmenter.Outcome;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What made a set of results and how to make it again, as JSON. */
public final class RunManifest {
    private static final Gson GSON = new GsonBuilder()
            .setPrettyPrinting()
            .serializeNulls()
            .disableHtmlEscaping()
            .create();

    private final JsonObject root = new JsonObject();
    private final JsonObject seconds = new JsonObject();

    /**
     * Starts the manifest of one image.
     *
     * @param command the verb
     * @param commandLine the words that repeat the run of this image alone; null where images were open ones
     */
    public RunManifest(String command, List<String> commandLine) {
        root.addProperty("command", command);
        root.addProperty("finished", "");
        root.addProperty(
                "command_line",
                commandLine == null
                        ? null
                        : String.join(
                                " ",
                                commandLine.stream().map(RunManifest::quote).toList()));
    }

    /** The macro line that repeats the run. */
    public RunManifest macro(String line) {
        root.addProperty("macro", line);
        return this;
    }

    /** The macro line that repeats the run. */
    public RunManifest macro(Path image, String line) {
        root.addProperty("macro", "open(\"" + inMacro(image.toString()) + "\"); " + line);
        return this;
    }

    /** A text for between the quotation marks of ImageJ's macro language. */
    public static String inMacro(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"");
    }

    /** The settings that the method uses; what the task resolves for each image stays automatic (-1). */
    public RunManifest settings(ClusterMapOptions options, List<String> levels) {
        JsonObject settings = new JsonObject();
        settings.addProperty("method", ClusterMapOptions.word(options.method()));
        if (options.method() == Method.MODEL) {
            settings.addProperty("variant", options.variant());
            settings.addProperty("input_size_px", options.inputSizePx());
        } else {
            settings.addProperty("clusters", options.resolvedClusters());
            settings.addProperty("compactness", options.resolvedCompactness());
            settings.addProperty("features", ClusterMapOptions.word(options.features()));
        }
        if (options.method() == Method.CONTEXT) {
            settings.addProperty("iterations", options.iterations());
            settings.addProperty("similarity", ClusterMapOptions.word(options.similarity()));
        }
        if (options.point() == null) {
            settings.addProperty("connected", options.resolvedConnected());
            settings.addProperty("min_size_px", options.minSizePx());
        } else {
            settings.addProperty("point", options.point().toString());
        }
        settings.addProperty("seed", options.seed());
        settings.add("levels", strings(levels));
        settings.addProperty("device", options.device());
        settings.addProperty("channel", options.choice().channel());
        root.add("settings", settings);
        return this;
    }

    /** The device used and the reason. */
    public RunManifest device(String name, String why) {
        JsonObject device = new JsonObject();
        device.addProperty("name", name);
        device.addProperty("why", why);
        root.add("device", device);
        return this;
    }

    /** The image and its file. */
    public RunManifest input(Path file, String sha256, ImagePlus image) {
        JsonObject input = file(file, sha256);
        input.addProperty("width", image.getWidth());
        input.addProperty("height", image.getHeight());
        input.addProperty("channels", image.getNChannels());
        input.addProperty("slices", image.getNSlices());
        input.addProperty("frames", image.getNFrames());
        input.addProperty("bits", image.getBitDepth());
        Calibration calibration = image.getCalibration();
        input.addProperty("pixel_width", finite(calibration.pixelWidth));
        input.addProperty("pixel_height", finite(calibration.pixelHeight));
        input.addProperty("slice_spacing", finite(calibration.pixelDepth));
        input.addProperty("unit", PixelSizes.text(calibration.getUnit()));
        if (!ImageFiles.notes(image).isEmpty()) {
            input.add("reading", strings(ImageFiles.notes(image)));
        }
        root.add("input", input);
        return this;
    }

    /**
     * The model.
     *
     * @param reference name of an installed model, or a path
     * @param note what was found in it; empty without a model
     */
    public RunManifest model(String reference, Optional<ModelNote> note) {
        if (note.isEmpty()) {
            root.add("model", null);
            return this;
        }
        JsonObject model = new JsonObject();
        String path = anywhere(reference);
        if (!path.equals(reference) || Path.of(path).isAbsolute()) {
            model.addProperty("path", path);
        } else {
            model.addProperty("name", reference);
        }
        model.addProperty("sha256", note.get().sha256());
        model.add("read_as", strings(note.get().description()));
        root.add("model", model);
        return this;
    }

    /** A model or variant so that it means the same in any folder: paths of files that exist become absolute. */
    public static String anywhere(String reference) {
        try {
            Path path = Path.of(reference);
            if (!ModelStore.standard().contains(reference) && Files.exists(path)) {
                return path.toAbsolutePath().normalize().toString();
            }
        } catch (InvalidPathException e) {
            return reference; // a name
        }
        return reference;
    }

    private static JsonObject file(Path file, String sha256) {
        JsonObject object = new JsonObject();
        object.addProperty("path", file.toAbsolutePath().normalize().toString());
        object.addProperty("sha256", sha256);
        return object;
    }

    /** All settings by the names of their macro keys. */
    public RunManifest settings(Map<String, String> keys) {
        JsonObject settings = new JsonObject();
        keys.forEach(settings::addProperty);
        root.add("settings", settings);
        return this;
    }

    /** What was done to the input before a model saw it, one line each. */
    public RunManifest preparation(List<String> notes) {
        root.add("preparation", strings(notes));
        return this;
    }

    /** What a segmentation found, and at what scale. */
    public RunManifest segmented(SegmentResult result) {
        JsonObject found = new JsonObject();
        found.addProperty("kind", ClusterMapOptions.word(result.kind()));
        found.addProperty(
                result.kind() == Kind.INSTANCES ? "objects" : result.kind() == Kind.SEMANTIC ? "classes" : "segments",
                result.objects());
        found.addProperty("scale", result.scale());
        found.addProperty("pixel_size_um", result.pixelSizeUm() == 0 ? null : result.pixelSizeUm());
        JsonArray planes = new JsonArray();
        for (SegmentResult.PlaneNote note : result.planes()) {
            JsonObject plane = new JsonObject();
            plane.addProperty("slice", note.slice());
            plane.addProperty("frame", note.frame());
            plane.addProperty("scale", note.scale());
            plane.addProperty("found", note.found());
            plane.add("preparation", strings(note.notes()));
            planes.add(plane);
        }
        found.add("planes", planes);
        root.add("found", found);
        return this;
    }

    /** The model that training began from; {@code sha256} is null where that was none. */
    public RunManifest base(String reference, String sha256) {
        JsonObject base = new JsonObject();
        base.addProperty("name", anywhere(reference));
        base.addProperty("sha256", sha256);
        root.add("base", base);
        return this;
    }

    /** What was trained. */
    RunManifest trained(Outcome outcome, Kind kind, List<String> classNames) {
        JsonObject trained = new JsonObject();
        trained.addProperty("model", outcome.model().card().name());
        trained.addProperty("sha256", outcome.model().weights().sha256());
        trained.addProperty("kind", ClusterMapOptions.word(kind));
        trained.add("classes", strings(classNames));
        trained.addProperty("steps", outcome.steps());
        trained.addProperty("best_step", outcome.bestStep());
        trained.add("before", numbers(outcome.before()));
        trained.add("after", numbers(outcome.after()));
        root.add("trained", trained);
        return this;
    }

    /** JSON has no NaN and nothing without end: such becomes null. */
    private static Double finite(double value) {
        return Double.isFinite(value) ? value : null;
    }

    /** JSON has no NaN: what is not a number becomes null. */
    private static JsonObject numbers(Map<String, Double> values) {
        JsonObject object = new JsonObject();
        values.forEach((name, value) -> object.addProperty(name, Double.isFinite(value) ? value : null));
        return object;
    }

    /** Annotated images; null for none. */
    RunManifest data(String what, List<TrainingData.Origin> origins) {
        JsonObject data = root.has("data") ? root.getAsJsonObject("data") : new JsonObject();
        JsonArray list = new JsonArray();
        for (TrainingData.Origin origin : origins == null ? List.<TrainingData.Origin>of() : origins) {
            JsonObject pair = new JsonObject();
            pair.addProperty("image", origin.image());
            pair.addProperty("image_sha256", origin.imageSha256());
            pair.addProperty("labels", origin.labels());
            pair.addProperty("labels_sha256", origin.labelsSha256());
            list.add(pair);
        }
        data.add(what, list);
        root.add("data", data);
        return this;
    }

    /** A table of points and its file. */
    public RunManifest table(Path file, String sha256, int rows) {
        JsonObject input = file(file, sha256);
        input.addProperty("rows", rows);
        root.add("input", input);
        return this;
    }

    /** Predicted and true labels that were compared; several pairs are listed in this order. */
    public RunManifest pair(Path prediction, Path truth) throws IOException {
        JsonObject pair = new JsonObject();
        pair.add("prediction", file(prediction, sha256(prediction)));
        pair.add("truth", file(truth, sha256(truth)));
        if (!root.has("pairs")) {
            root.add("pairs", new JsonArray());
        }
        root.getAsJsonArray("pairs").add(pair);
        return this;
    }

    /** The files written. */
    public RunManifest outputs(List<String> outputs) {
        root.add("outputs", strings(outputs));
        return this;
    }

    /** Images made, which later runs take as inputs. */
    public RunManifest images(List<String> images) {
        root.add("images", strings(images));
        return this;
    }

    /** A line of ImageJ's macro language that runs a command with these keys on the active image. */
    public static String macroLine(String command, Map<String, String> keys) {
        StringBuilder line = new StringBuilder();
        keys.forEach((key, value) -> {
            String quoted = value.matches("[^\\s\\[\\]']+") ? value : "[" + value + "]";
            line.append(line.isEmpty() ? "" : " ").append(key).append('=').append(quoted);
        });
        return "run(\"" + command + "\", \"" + inMacro(line.toString()) + "\");";
    }

    /** What came out. */
    public RunManifest result(int clusters, List<String> outputs) {
        root.addProperty("clusters_found", clusters);
        root.add("outputs", strings(outputs));
        return this;
    }

    /** Time taken by a step. */
    public RunManifest took(String step, long milliseconds) {
        seconds.addProperty(step, milliseconds / 1000.0);
        return this;
    }

    /** The whole as text. */
    public String toJson() {
        root.addProperty(
                "finished", OffsetDateTime.now().truncatedTo(ChronoUnit.SECONDS).toString());
        root.add("seconds", seconds);
        JsonObject versions = new JsonObject();
        Versions.all().forEach(versions::addProperty);
        root.add("versions", versions);
        return GSON.toJson(root) + "\n";
    }

    private static JsonArray strings(List<String> values) {
        JsonArray array = new JsonArray();
        values.forEach(array::add);
        return array;
    }

    /** A word for a POSIX shell. */
    static String quote(String word) {
        return word.matches("[\\w@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }

    /** The names of results that manifests in a folder list, each with the manifest's own name. */
    public static Map<String, String> resultsIn(Path folder) throws IOException {
        Map<String, String> results = new LinkedHashMap<>();
        try (var files = Files.newDirectoryStream(folder, "*_run.json")) {
            for (Path file : files) {
                readOutputs(file)
                        .forEach(name -> results.put(name, file.getFileName().toString()));
            }
        }
        return results;
    }

    private static List<String> readOutputs(Path manifest) {
        try {
            JsonObject object = GSON.fromJson(Files.readString(manifest), JsonObject.class);
            if (object == null || !object.has("outputs") || !object.has("command_line")) {
                return List.of();
            }
            return object.getAsJsonArray("outputs").asList().stream()
                    .map(element -> element.getAsString())
                    .toList();
        } catch (IOException
                | com.google.gson.JsonParseException
                | IllegalStateException
                | UnsupportedOperationException
                | ClassCastException e) {
            return List.of(); // somebody else's file
        }
    }

    /** The SHA-256 of a file in hexadecimal digits. */
    public static String sha256(Path file) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
                byte[] buffer = new byte[1 << 16];
                while (in.read(buffer) >= 0) {
                    // reading feeds the digest
                }
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new UncheckedIOException(new IOException("this Java has no SHA-256", e));
        }
    }
}
