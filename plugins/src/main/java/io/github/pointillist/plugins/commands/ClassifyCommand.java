// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.commands;

import ij.IJ;
import ij.ImagePlus;
import ij.gui.Roi;
import ij.measure.ResultsTable;
import io.github.pointillist.plugins.results.Choice;
import io.github.pointillist.plugins.results.ClassifyOptions;
import io.github.pointillist.plugins.results.ClassifyOptions.Each;
import io.github.pointillist.plugins.results.ClassifyResult;
import io.github.pointillist.plugins.results.ClassifyRun;
import io.github.pointillist.plugins.results.ClusterMapOptions;
import io.github.pointillist.plugins.results.CurrentImage;
import io.github.pointillist.plugins.results.Regions;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.Classify.Fit;
import io.github.pointillist.tasks.Classify.Scores;
import io.github.pointillist.weights.Plain;
import java.io.IOException;
import java.util.List;
import org.scijava.ItemIO;
import org.scijava.command.Command;
import org.scijava.plugin.Attr;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.Plugin;
import org.scijava.widget.Button;

/** Classifies the active image or parts of it. The names of the fields are the keys of macros. */
@Plugin(
        type = Command.class,
        menuPath = "Plugins>Pointillist>Classify...",
        attrs = {@Attr(name = "no-legacy"), @Attr(name = "no-record")})
public final class ClassifyCommand extends CancelableCommand {
    @Parameter
    private ImagePlus input;

    @Parameter(
            label = "Model",
            description = "Name of an installed model (see Plugins > Pointillist > Models...), a model folder, or a"
                    + " checkpoint file",
            persist = false)
    private String model = Words.NONE;

    @Parameter(label = "Models...", callback = "chooseModel", required = false, persist = false)
    private Button choose_model;

    @Parameter(
            label = "Model variant",
            description = "For a checkpoint file: official name or JSON file; automatic: told from the file",
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private String variant = Words.AUTOMATIC;

    @Parameter(
            label = "Classify each",
            choices = {"image", "roi", "object", "window"},
            description = "image: the whole image; roi: each region of the ROI Manager, of the overlay, or the"
                    + " selection; object: each label of a label image; window: windows that slide over the image",
            persist = false)
    private String each = "image";

    @Parameter(label = "Label image (object)", description = "Title of an open image, or none", persist = false)
    private String labels = Words.NONE;

    @Parameter(label = "Window (pixels, 0 = model's)", min = "0", attrs = @Attr(name = Words.RARE), persist = false)
    private int window;

    @Parameter(label = "Step (pixels, 0 = window)", min = "0", attrs = @Attr(name = Words.RARE), persist = false)
    private int step;

    @Parameter(label = "Margin (pixels, roi and object)", min = "0", attrs = @Attr(name = Words.RARE), persist = false)
    private int margin;

    @Parameter(label = "Blank outside (roi and object)", attrs = @Attr(name = Words.RARE), persist = false)
    private boolean blank_outside;

    @Parameter(
            label = "Fit to the model",
            choices = {"card", "squash", "pad"},
            description = "card: as the model's authors do, mostly the centre; squash: all, distorted; pad: all, with a"
                    + " frame",
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private String fit = "card";

    @Parameter(label = "Input size (pixels, 0 = model's)", min = "0", attrs = @Attr(name = Words.RARE), persist = false)
    private int input_size;

    @Parameter(
            label = "Scores",
            choices = {Words.AUTOMATIC, "softmax", "sigmoid"},
            description = "softmax: one class; sigmoid: any number of classes; automatic: as the model was trained",
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private String scores = Words.AUTOMATIC;

    @Parameter(label = "Classes listed (0 = all, -1 = automatic)", min = "-1", persist = false)
    private int top = -1;

    @Parameter(
            label = "Least score (-1 = automatic)",
            min = "-1",
            max = "1",
            stepSize = "0.05",
            style = Words.DECIMALS,
            persist = false)
    private double threshold = -1;

    @Parameter(
            label = "Device",
            description = "auto, cpu, gpu0, gpu1, ...",
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private String device = "auto";

    @Parameter(
            label = "Channel",
            description = "Of images with several: a number from 1, a name (in colour images red, green, blue), or all;"
                    + " automatic: three are red, green and blue, else the one displayed",
            persist = false)
    private String channel = Words.AUTOMATIC;

    @Parameter(type = ItemIO.OUTPUT)
    private ImagePlus class_map;

    @Override
    protected void run(Progress progress) throws IOException {
        CurrentImage.checked(input);
        ClassifyOptions options = options();
        if (!Words.is(labels, Words.NONE) && options.each() != Each.OBJECT) {
            throw new IllegalArgumentException(
                    "labels is '" + labels + "', which is for each=object; allowed is none with each=" + each);
        }
        List<Roi> rois = options.each() == Each.ROI ? Regions.of(input) : List.of();
        ClassifyResult result;
        try (ClassifyRun run = new ClassifyRun(options)) {
            result = run.classify(input, rois, labelImage(), progress);
        }
        ResultsTable results = ResultsTable.getResultsTable();
        result.table().appendTo(results, input.getTitle());
        results.show("Results");
        result.notes().forEach(note -> IJ.log(Plain.line(title() + ": " + note)));
        class_map = result.classMap();
    }

    @Override
    protected String title() {
        return "Classify";
    }

    private ImagePlus labelImage() {
        if (Words.is(labels, Words.NONE)) {
            return null;
        }
        ImagePlus found = CurrentImage.find(labels);
        if (found == null) {
            throw new IllegalArgumentException("labels is '" + labels + "'; no open image has this title");
        }
        return found;
    }

    private ClassifyOptions options() {
        return new ClassifyOptions(
                Words.model(model),
                Words.is(variant, Words.AUTOMATIC) ? null : variant.strip(),
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
                device.strip(),
                new Choice(channel, Choice.Within.USUAL));
    }

    void chooseModel() {
        model = Choosers.model(model);
    }
}
