// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.commands;

import ij.ImagePlus;
import ij.WindowManager;
import ij.measure.ResultsTable;
import io.github.pointillist.plugins.results.ClusterMapRun;
import io.github.pointillist.plugins.results.CurrentImage;
import io.github.pointillist.plugins.results.EvaluateOptions;
import io.github.pointillist.plugins.results.EvaluateRun;
import io.github.pointillist.plugins.results.EvaluationTable;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.Evaluate.Mode;
import io.github.pointillist.tasks.Evaluate.Result;
import io.github.pointillist.tasks.Evaluate.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.scijava.command.Command;
import org.scijava.plugin.Attr;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.Plugin;
import org.scijava.widget.Button;

/** Compares the active label image with a true one. The names of the fields are the keys of macros. */
@Plugin(
        type = Command.class,
        menuPath = "Plugins>Pointillist>Evaluate...",
        attrs = {@Attr(name = "no-legacy"), @Attr(name = "no-record")})
public final class EvaluateCommand extends CancelableCommand {
    @Parameter(label = "Predicted labels")
    private ImagePlus input;

    @Parameter(label = "True labels", description = "Title of an open label image of the same size", persist = false)
    private String truth = Words.NONE;

    @Parameter(label = "Open images...", callback = "chooseTruth", required = false, persist = false)
    private Button choose_truth;

    @Parameter(
            label = "Labels are",
            choices = {"instances", "semantic", "panoptic"},
            description = "instances: each label above 0 is an object of its own; semantic: each label is a class;"
                    + " panoptic: segments, whose classes are in the open images X_classes or X_classmap",
            persist = false)
    private String mode = "instances";

    @Parameter(
            label = "Planes of a stack",
            choices = {"each", "volume"},
            description = "each: a plane has objects of its own; volume: objects go through the slices",
            persist = false)
    private String planes = "each";

    @Parameter(
            label = "Ignore (semantic)",
            description = "Labels of the truth that are left out, with commas between, or none",
            persist = false)
    private String ignore = Words.NONE;

    @Parameter(label = "Background is a class (semantic)", persist = false)
    private boolean background = true;

    @Override
    protected void run(Progress progress) {
        CurrentImage.checked(input);
        Settings settings = EvaluateOptions.settings(mode, planes, ignore, background);
        ImagePlus trueLabels = trueLabels();
        EvaluationTable table = new EvaluationTable();
        Result result = settings.mode() == Mode.PANOPTIC
                ? EvaluateRun.panoptic(input, classesOf(input), trueLabels, classesOf(trueLabels), progress)
                : EvaluateRun.compare(input, trueLabels, settings, progress);
        table.add(input.getTitle(), trueLabels.getTitle(), result);
        ResultsTable results = ResultsTable.getResultsTable();
        table.appendTo(results);
        results.show("Results");
    }

    @Override
    protected String title() {
        return "Evaluate";
    }

    private ImagePlus trueLabels() {
        if (Words.is(truth, Words.NONE)) {
            throw new IllegalArgumentException(
                    "truth is none; give the title of an open image with the true labels, such as truth=[my labels.tif]");
        }
        List<ImagePlus> found = open(Set.of(truth.strip()), title -> title);
        if (found.size() > 1) {
            found.remove(input); // two images of one name: the other one is meant
        }
        if (found.size() != 1) {
            throw new IllegalArgumentException("truth is '" + truth + "'; "
                    + (found.isEmpty() ? "no open image has" : found.size() + " open images have") + " this title");
        }
        return found.get(0);
    }

    private static List<ImagePlus> open(Set<String> titles, UnaryOperator<String> name) {
        List<ImagePlus> found = new ArrayList<>();
        int[] ids = WindowManager.getIDList();
        for (int id : ids == null ? new int[0] : ids) {
            ImagePlus image = WindowManager.getImage(id);
            if (image != null && titles.contains(name.apply(image.getTitle()))) {
                found.add(image);
            }
        }
        return found;
    }

    /** The open image that holds the classes of another: X_classes or X_classmap of X_labels or X_objects. */
    private static ImagePlus classesOf(ImagePlus labels) {
        String stem = ClusterMapRun.stem(labels.getTitle()).replaceFirst("_(labels|objects)$", "");
        List<ImagePlus> found = open(Set.of(stem + "_classes", stem + "_classmap"), ClusterMapRun::stem);
        found.remove(labels);
        if (found.size() != 1) {
            throw new IllegalArgumentException("mode is panoptic and " + (found.isEmpty() ? "no" : found.size())
                    + " open images are called " + stem + "_classes or " + stem
                    + "_classmap; open the one that holds the class of each pixel of " + labels.getTitle());
        }
        return found.get(0);
    }

    void chooseTruth() {
        truth = Choosers.openImage("True labels", truth);
    }
}
