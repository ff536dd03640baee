// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.commands;

import ij.IJ;
import ij.ImagePlus;
import ij.WindowManager;
import ij.measure.ResultsTable;
import io.github.pointillist.plugins.results.ClusterMapRun;
import io.github.pointillist.plugins.results.CurrentImage;
import io.github.pointillist.plugins.results.EvaluateOptions;
import io.github.pointillist.plugins.results.EvaluateRun;
import io.github.pointillist.plugins.results.EvaluateRun.Check;
import io.github.pointillist.plugins.results.EvaluationTable;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.Evaluate.Mode;
import io.github.pointillist.tasks.Evaluate.Result;
import io.github.pointillist.tasks.Evaluate.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
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

    @Parameter(
            label = "True labels",
            description = "Title of an open label image of the same size, or its id where several have this title",
            persist = false)
    private String truth = Words.NONE;

    @Parameter(label = "Open images...", callback = "chooseTruth", required = false, persist = false)
    private Button choose_truth;

    @Parameter(
            label = "Labels are",
            choices = {"instances", "semantic", "panoptic"},
            description = "instances: each label above 0 is an object of its own; semantic: each label is a class;"
                    + " panoptic: segments, whose classes are in images of their own",
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

    @Parameter(
            label = "Classes of the predicted (panoptic)",
            description = "Title or id of an open image; automatic: X_classes of X_labels, X_classmap of X_objects",
            persist = false)
    private String classes = Words.AUTOMATIC;

    @Parameter(
            label = "Classes of the true (panoptic)",
            description = "Title or id of an open image; automatic: X_classmap of X_objects, X_classes of X_labels",
            persist = false)
    private String true_classes = Words.AUTOMATIC;

    @Parameter(
            label = "Force (also what looks like a picture)",
            description = "Compare images although their values look like brightness and not like labels",
            persist = false)
    private boolean force;

    @Override
    protected void run(Progress progress) {
        CurrentImage.checked(input);
        Settings settings = EvaluateOptions.settings(mode, planes, ignore, background);
        boolean panoptic = settings.mode() == Mode.PANOPTIC;
        if (!panoptic && !(Words.is(classes, Words.AUTOMATIC) && Words.is(true_classes, Words.AUTOMATIC))) {
            throw new IllegalArgumentException("classes is '" + classes + "' and true_classes '" + true_classes
                    + "', which are for mode=panoptic; allowed is automatic with mode=" + mode);
        }
        ImagePlus trueLabels = trueLabels();
        ResultsTable results = EvaluationTable.table();
        EvaluationTable table = new EvaluationTable();
        Check check = new Check(force, note -> IJ.log(title() + ": " + note));
        Result result;
        if (panoptic) {
            ImagePlus own =
                    Words.is(classes, Words.AUTOMATIC) ? classesOf(input, trueLabels) : named("classes", classes);
            ImagePlus others = Words.is(true_classes, Words.AUTOMATIC)
                    ? classesOf(trueLabels, input, own)
                    : named("true_classes", true_classes);
            IJ.log(title() + ": " + input.getTitle() + " with the classes " + own.getTitle() + " against "
                    + trueLabels.getTitle() + " with " + others.getTitle());
            result = EvaluateRun.panoptic(input, own, trueLabels, others, check, progress);
        } else {
            result = EvaluateRun.compare(input, trueLabels, settings, check, progress);
        }
        table.add(input.getTitle(), trueLabels.getTitle(), result);
        table.appendTo(results);
        results.show(EvaluationTable.TITLE);
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
        return named("truth", truth);
    }

    /** The open image of a title, or of an id. */
    private ImagePlus named(String key, String name) {
        List<ImagePlus> found = open(title -> title.equals(name.strip()));
        if (found.size() > 1) {
            found.remove(input); // two images of one name: the other one is meant
        }
        if (found.isEmpty() && name.strip().matches("-\\d{1,9}")) {
            ImagePlus image = WindowManager.getImage(Integer.parseInt(name.strip()));
            if (image != null) {
                return image;
            }
        }
        if (found.size() != 1) {
            throw new IllegalArgumentException(key + " is '" + name + "'; "
                    + (found.isEmpty()
                            ? "no open image has this title or id"
                            : found.size() + " open images have this title: give one of their ids, " + ids(found)));
        }
        return found.get(0);
    }

    private static String ids(List<ImagePlus> images) {
        return images.stream().map(image -> Integer.toString(image.getID())).collect(Collectors.joining(", "));
    }

    private static List<ImagePlus> open(Predicate<String> title) {
        List<ImagePlus> found = new ArrayList<>();
        int[] ids = WindowManager.getIDList();
        for (int id : ids == null ? new int[0] : ids) {
            ImagePlus image = WindowManager.getImage(id);
            if (image != null && title.test(image.getTitle())) {
                found.add(image);
            }
        }
        return found;
    }

    /**
     * The open image that holds the classes of another: X_classes of X_labels, X_classmap of X_objects; the other of the
     * two where there is no such.
     *
     * @param others images that are something else
     */
    private static ImagePlus classesOf(ImagePlus labels, ImagePlus... others) {
        String name = ClusterMapRun.stem(labels.getTitle());
        String stem = name.replaceFirst("_(labels|objects)$", "");
        List<String> endings =
                name.endsWith("_objects") ? List.of("_classmap", "_classes") : List.of("_classes", "_classmap");
        for (String ending : endings) {
            List<ImagePlus> found = open(title -> ClusterMapRun.stem(title).equals(stem + ending));
            found.remove(labels);
            found.removeAll(List.of(others));
            if (found.size() > 1) {
                throw new IllegalArgumentException("mode is panoptic and " + found.size() + " open images are called "
                        + stem + ending + ": say which of them has the classes of " + labels.getTitle()
                        + " by classes and true_classes, with their ids, " + ids(found));
            }
            if (!found.isEmpty()) {
                return found.get(0);
            }
        }
        throw new IllegalArgumentException("mode is panoptic and no open image is called " + stem + endings.get(0)
                + " or " + stem + endings.get(1) + "; open the one that holds the class of each pixel of "
                + labels.getTitle() + ", or name it (classes, true_classes)");
    }

    void chooseTruth() {
        truth = Choosers.openImage("True labels", truth);
    }
}
