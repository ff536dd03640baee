// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.commands;

import ij.IJ;
import ij.ImagePlus;
import ij.WindowManager;
import ij.gui.Roi;
import ij.measure.ResultsTable;
import io.github.pointillist.plugins.results.ClassifyOptions;
import io.github.pointillist.plugins.results.ClassifyOptions.Each;
import io.github.pointillist.plugins.results.ClassifyResult;
import io.github.pointillist.plugins.results.ClassifyRun;
import io.github.pointillist.plugins.results.ClusterMapOptions;
import io.github.pointillist.plugins.results.HeadlessImages;
import io.github.pointillist.plugins.results.Regions;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.Classify.Fit;
import io.github.pointillist.tasks.Classify.Scores;
import java.io.IOException;
import java.util.List;
import org.scijava.ItemIO;
import org.scijava.command.Command;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.Plugin;

/** Classifies the active image or parts of it. The names of the fields are the keys of macros. */
@Plugin(type = Command.class, menuPath = "Plugins>Pointillist>Classify...")
public final class ClassifyCommand extends CancelableCommand {
    private static final String NONE = "none";
    private static final String AUTOMATIC = "automatic";

    @Parameter
    private ImagePlus input;

    @Parameter(
            label = "Model",
            description = "Name of an installed model (see Plugins > Pointillist > Models...), a model folder, or a"
                    + " checkpoint file",
            persist = false)
    private String model = NONE;

    @Parameter(
            label = "Model variant",
            description = "For a checkpoint file: official name or JSON file; automatic: told from the file",
            persist = false)
    private String variant = AUTOMATIC;

    @Parameter(
            label = "Classify each",
            choices = {"image", "roi", "object", "window"},
            description = "image: the whole image; roi: each region of the ROI Manager, of the overlay, or the"
                    + " selection; object: each label of a label image; window: windows that slide over the image",
            persist = false)
    private String each = "image";

    @Parameter(label = "Label image (object)", description = "Title of an open image, or none", persist = false)
    private String labels = NONE;

    @Parameter(label = "Window (pixels, 0 = model's)", min = "0", persist = false)
    private int window;

    @Parameter(label = "Step (pixels, 0 = window)", min = "0", persist = false)
    private int step;

    @Parameter(label = "Margin (pixels, roi and object)", min = "0", persist = false)
    private int margin;

    @Parameter(label = "Blank outside (roi and object)", persist = false)
    private boolean blank_outside;

    @Parameter(
            label = "Fit to the model",
            choices = {"card", "squash", "pad"},
            description = "card: as the model's authors do, mostly the centre; squash: all, distorted; pad: all, with a"
                    + " frame",
            persist = false)
    private String fit = "card";

    @Parameter(label = "Input size (pixels, 0 = model's)", min = "0", persist = false)
    private int input_size;

    @Parameter(
            label = "Scores",
            choices = {AUTOMATIC, "softmax", "sigmoid"},
            description = "softmax: one class; sigmoid: any number of classes; automatic: as the model was trained",
            persist = false)
    private String scores = AUTOMATIC;

    @Parameter(label = "Classes listed (0 = all, -1 = automatic)", min = "-1", persist = false)
    private int top = -1;

    @Parameter(label = "Least score (-1 = automatic)", min = "-1", max = "1", persist = false)
    private double threshold = -1;

    @Parameter(label = "Device", description = "auto, cpu, gpu0, gpu1, ...", persist = false)
    private String device = "auto";

    @Parameter(type = ItemIO.OUTPUT)
    private ImagePlus class_map;

    @Override
    protected void run(Progress progress) throws IOException {
        if (input == null || input.getStackSize() == 0 || input.getProcessor() == null) {
            throw new IllegalArgumentException("there is no image; open one first");
        }
        if (isWord(model, NONE)) {
            throw new IllegalArgumentException("model is none; give the name of an installed model (see Plugins >"
                    + " Pointillist > Models...), a model folder or a checkpoint file");
        }
        ClassifyOptions options = options();
        List<Roi> rois = options.each() == Each.ROI ? Regions.of(input) : List.of();
        ClassifyResult result;
        try (ClassifyRun run = new ClassifyRun(options)) {
            result = run.classify(input, rois, labelImage(), progress);
        }
        ResultsTable results = ResultsTable.getResultsTable();
        result.table().appendTo(results, input.getTitle());
        results.show("Results");
        result.notes().forEach(note -> IJ.log(title() + ": " + note));
        class_map = result.classMap();
        if (class_map != null) {
            HeadlessImages.show(class_map);
        }
    }

    @Override
    protected String title() {
        return "Classify";
    }

    private ImagePlus labelImage() {
        if (isWord(labels, NONE)) {
            return null;
        }
        ImagePlus found = WindowManager.getImage(labels.strip());
        if (found == null) {
            throw new IllegalArgumentException("labels is '" + labels + "'; no open image has this title");
        }
        return found;
    }

    private ClassifyOptions options() {
        return new ClassifyOptions(
                model.strip(),
                isWord(variant, AUTOMATIC) ? null : variant.strip(),
                ClusterMapOptions.choice(Each.class, "each", each),
                window,
                step,
                margin,
                blank_outside,
                ClusterMapOptions.choice(Fit.class, "fit", fit),
                input_size,
                ClusterMapOptions.choice(Scores.class, "scores", scores),
                top,
                threshold,
                device.strip());
    }

    private static boolean isWord(String text, String word) {
        return text == null || text.isBlank() || text.strip().equalsIgnoreCase(word);
    }
}
