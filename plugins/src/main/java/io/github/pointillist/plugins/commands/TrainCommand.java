// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.commands;

import ij.IJ;
import ij.ImagePlus;
import io.github.pointillist.catalog.ModelCard.Segmentation.Kind;
import io.github.pointillist.plugins.commands.ListChooser.Item;
import io.github.pointillist.plugins.results.ClusterMapOptions;
import io.github.pointillist.plugins.results.CurrentImage;
import io.github.pointillist.plugins.results.Regions;
import io.github.pointillist.plugins.results.TrainOptions;
import io.github.pointillist.plugins.results.TrainResult;
import io.github.pointillist.plugins.results.TrainRun;
import io.github.pointillist.plugins.results.TrainingCurve;
import io.github.pointillist.plugins.results.TrainingData;
import io.github.pointillist.plugins.results.TrainingPlot;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.weights.Plain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.scijava.command.Command;
import org.scijava.plugin.Attr;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.Plugin;
import org.scijava.widget.Button;

/**
 * Trains a segmentation model on the active image and its regions, on open images, or on folders. The names of the fields
 * are the keys of macros.
 */
@Plugin(
        type = Command.class,
        menuPath = "Plugins>Pointillist>Train...",
        attrs = {@Attr(name = "no-legacy"), @Attr(name = "no-record")})
public final class TrainCommand extends CancelableCommand {
    private static final String ACTIVE = "active";
    private static final String REGIONS = "regions";

    @Parameter(
            label = "Images",
            description = "active: the active image; the title of an open image; a folder; or none, for simulated = 1",
            persist = false)
    private String images = ACTIVE;

    @Parameter(label = "Images...", callback = "chooseImages", required = false, persist = false)
    private Button choose_images;

    @Parameter(
            label = "Labels",
            description =
                    "regions: those of the ROI Manager, else of the overlay; the title of an open label image; or,"
                            + " for a folder of images, the folder of their labels, masks or ROIs",
            persist = false)
    private String labels = REGIONS;

    @Parameter(label = "Labels...", callback = "chooseLabels", required = false, persist = false)
    private Button choose_labels;

    @Parameter(
            label = "Images to validate with",
            description = "A folder, the title of an open image, or none: some of the images are set aside",
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private String validation_images = Words.NONE;

    @Parameter(
            label = "Their labels",
            description = "A folder, or the title of an open label image",
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private String validation_labels = Words.NONE;

    @Parameter(
            label = "Name of the new model",
            description = "Small letters, digits, dots, hyphens and underscores",
            persist = false)
    private String name = "my-model";

    @Parameter(
            label = "Begin from",
            description = "A model (see Plugins > Pointillist > Models...), or new for random weights",
            persist = false)
    private String base = TrainOptions.USUAL_BASE;

    @Parameter(label = "Models...", callback = "chooseBase", required = false, persist = false)
    private Button choose_base;

    @Parameter(
            label = "Find",
            choices = {Words.AUTOMATIC, "instances", "semantic", "panoptic"},
            description = "instances: objects; semantic: the class of each pixel; automatic: told from the labels",
            persist = false)
    private String kind = Words.AUTOMATIC;

    @Parameter(
            label = "Classes",
            description = "For label images of classes: names in ascending order of the values, with commas between",
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private String classes = Words.AUTOMATIC;

    @Parameter(
            label = "Object diameter (pixels, 0 = measured)",
            min = "0",
            description = "Usual diameter of an object in the images; measured: the median of those labelled",
            stepSize = "1",
            style = Words.DECIMALS,
            persist = false)
    private double object_diameter;

    @Parameter(
            label = "Pixel size (micrometres, 0 = image's)",
            min = "0",
            stepSize = "0.01",
            style = Words.DECIMALS,
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private double pixel_size;

    @Parameter(
            label = "Channel (0 = the only one)",
            min = "0",
            description = "For images of several channels that are not in colour",
            persist = false)
    private int channel;

    @Parameter(
            label = "Variation of the images",
            choices = {"none", "light", "microscopy"},
            description =
                    "light: for many images of one microscope; microscopy: for few, or for a model that is to work"
                            + " on others'",
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private String augment = TrainOptions.USUAL_AUGMENT;

    @Parameter(
            label = "Share of simulated nuclei",
            min = "0",
            max = "1",
            description = "Of the patches; 1 needs no images",
            stepSize = "0.1",
            style = Words.DECIMALS,
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private double simulated;

    @Parameter(
            label = "Minutes",
            min = "0",
            description = "Not used where steps are given",
            stepSize = "1",
            style = Words.DECIMALS,
            persist = false)
    private double minutes = TrainOptions.USUAL_MINUTES;

    @Parameter(label = "Steps (0 = by minutes)", min = "0", attrs = @Attr(name = Words.RARE), persist = false)
    private long steps;

    @Parameter(label = "Patches in a step", min = "1", attrs = @Attr(name = Words.RARE), persist = false)
    private int batch = TrainOptions.USUAL_BATCH;

    @Parameter(
            label = "Learning rate (0 = usual)",
            min = "0",
            max = "1",
            stepSize = "0.0001",
            style = Words.DECIMALS,
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private double rate;

    @Parameter(
            label = "Share to validate with",
            min = "0",
            max = "0.5",
            description = "Of the images, where none are given to validate with; of a single image, a part of it",
            stepSize = "0.05",
            style = Words.DECIMALS,
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private double validation_share = TrainOptions.USUAL_VALIDATION_SHARE;

    @Parameter(
            label = "Ignore unlabelled pixels",
            description = "Pixels of label 0, or in no region, are not annotated rather than background",
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private boolean ignore_unlabelled;

    @Parameter(label = "Seed", attrs = @Attr(name = Words.RARE), persist = false)
    private long seed = 1;

    @Parameter(
            label = "Device",
            description = "auto, cpu, gpu0, gpu1, ...",
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private String device = "auto";

    @Parameter(
            label = "Folder for results",
            description = "For curve, plot and manifest, and the checkpoint meanwhile; none: no files but the model",
            persist = false)
    private String out = Words.NONE;

    @Override
    protected void run(Progress progress) throws IOException {
        TrainOptions options = options();
        Path results = Words.is(out, Words.NONE) ? null : Path.of(out.strip());
        if (results != null && Files.exists(results) && !Files.isDirectory(results)) {
            throw new IllegalArgumentException("out is '" + out + "', which is a file; give a folder");
        }
        TrainRun.checkpoint(options.name(), results); // a name that is taken is told before images are read
        TrainingData data = data(options.kind(), "images", images, "labels", labels, REGIONS);
        TrainingData validation = data(
                options.kind(),
                "validation_images",
                validation_images,
                "validation_labels",
                validation_labels,
                Words.NONE);
        TrainRun run = new TrainRun(options, data, validation, words(), macroKeys());
        TrainingPlot plot = new TrainingPlot(options.name());
        TrainResult result = run.run(results, progress, new TrainRun.Listener() {
            @Override
            public void said(String line) {
                IJ.log(Plain.line(title() + ": " + line));
            }

            @Override
            public void grown(TrainingCurve curve) {
                plot.update(curve);
            }
        });
        result.summary().forEach(line -> IJ.log(Plain.line(title() + ": " + line)));
        if (!result.files().isEmpty()) {
            IJ.log(title() + ": results in " + results + ": " + String.join(", ", result.files()));
        }
        IJ.log(title() + ": use it: run(\"Segment...\", \"model=" + options.name() + "\");");
    }

    @Override
    protected String title() {
        return "Train";
    }

    /** What two fields name: a folder and a folder, or an open image and a label image or its regions. */
    private static TrainingData data(
            Kind wanted, String key, String text, String keyOfLabels, String labelText, String withoutLabels)
            throws IOException {
        if (Words.is(text, Words.NONE)) {
            if (!Words.is(labelText, withoutLabels) && !Words.is(labelText, Words.NONE)) {
                throw new IllegalArgumentException(
                        keyOfLabels + " is '" + labelText + "' and " + key + " is none; give both or neither");
            }
            return null;
        }
        ImagePlus image = open(text);
        if (image == null) {
            Path folder = folder(text);
            if (folder == null) {
                throw new IllegalArgumentException(key + " is '" + text + "'; "
                        + (text.strip().equals(ACTIVE)
                                ? "there is no active image: open one first, or give a folder"
                                : "neither an open image nor a folder is called that"));
            }
            Path ofLabels =
                    Words.is(labelText, REGIONS) || Words.is(labelText, Words.NONE) ? folder : folder(labelText);
            if (ofLabels == null) {
                throw new IllegalArgumentException(keyOfLabels + " is '" + labelText + "', and " + key
                        + " is a folder; give the folder of the labels");
            }
            return TrainingData.ofFolders(folder, ofLabels, wanted);
        }
        CurrentImage.checked(image);
        if (Words.is(labelText, REGIONS) || Words.is(labelText, Words.NONE)) {
            return TrainingData.of(image, Regions.of(image));
        }
        ImagePlus ofLabels = CurrentImage.find(labelText);
        if (ofLabels == null) {
            throw new IllegalArgumentException(keyOfLabels + " is '" + labelText
                    + "'; no open image has this title (regions: those of " + image.getTitle() + ")");
        }
        return TrainingData.of(image, ofLabels);
    }

    private static ImagePlus open(String text) {
        return Words.is(text, ACTIVE) ? CurrentImage.get() : CurrentImage.find(text);
    }

    private static Path folder(String text) {
        Path folder = Path.of(text.strip());
        return Files.isDirectory(folder) ? folder : null;
    }

    private boolean isFolder(String text) {
        return !Words.is(text, Words.NONE) && open(text) == null && folder(text) != null;
    }

    /** The command line that does the same; none for open images. */
    private List<String> words() {
        boolean open = !Words.is(images, Words.NONE) && !isFolder(images);
        if (open || (!Words.is(validation_images, Words.NONE) && !isFolder(validation_images))) {
            return null;
        }
        List<String> words = new ArrayList<>();
        macroKeys().forEach((key, value) -> {
            if (!Words.is(value, Words.NONE)) {
                words.addAll(List.of("--" + key.replace('_', '-'), value));
            }
        });
        return words;
    }

    private Map<String, String> macroKeys() {
        Map<String, String> keys = new LinkedHashMap<>();
        put(keys, "images", images, "labels", labels);
        put(keys, "validation_images", validation_images, "validation_labels", validation_labels);
        return keys;
    }

    private void put(Map<String, String> keys, String key, String text, String keyOfLabels, String labelText) {
        if (isFolder(text)) {
            Path folder = folder(text);
            Path ofLabels = folder(labelText);
            keys.put(key, absolute(folder));
            keys.put(keyOfLabels, absolute(ofLabels == null ? folder : ofLabels));
        } else {
            keys.put(key, Words.is(text, Words.NONE) ? Words.NONE : open(text).getTitle());
            keys.put(keyOfLabels, Words.is(text, Words.NONE) ? Words.NONE : labelText.strip());
        }
    }

    private static String absolute(Path path) {
        return path.toAbsolutePath().normalize().toString();
    }

    private TrainOptions options() {
        boolean names = !Words.is(classes, Words.AUTOMATIC) && !Words.is(classes, Words.NONE);
        return new TrainOptions(
                name.strip(),
                base.strip(),
                Words.is(kind, Words.AUTOMATIC) ? null : ClusterMapOptions.choice(Kind.class, "kind", kind),
                names ? Arrays.stream(classes.split(",", -1)).map(String::strip).toList() : List.of(),
                object_diameter,
                pixel_size,
                channel,
                augment.strip(),
                simulated,
                steps,
                minutes,
                batch,
                rate,
                Words.is(validation_images, Words.NONE) ? validation_share : 0,
                ignore_unlabelled,
                seed,
                device.strip());
    }

    void chooseImages() {
        images = Choosers.openImageOrFolder("Images", List.of(new Item(ACTIVE, "the active image")), images);
    }

    void chooseLabels() {
        Item regions = new Item(REGIONS, "of the ROI Manager, else of the overlay");
        labels = Choosers.openImageOrFolder("Labels", List.of(regions), labels);
    }

    void chooseBase() {
        base = Choosers.model(base);
    }
}
