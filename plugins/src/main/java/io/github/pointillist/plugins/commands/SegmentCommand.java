// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.commands;

import ij.IJ;
import ij.ImagePlus;
import ij.gui.Roi;
import ij.measure.ResultsTable;
import ij.plugin.frame.RoiManager;
import io.github.pointillist.plugins.results.Choice;
import io.github.pointillist.plugins.results.ClusterMapOptions;
import io.github.pointillist.plugins.results.CurrentImage;
import io.github.pointillist.plugins.results.ObjectRois;
import io.github.pointillist.plugins.results.SegmentOptions;
import io.github.pointillist.plugins.results.SegmentOptions.ScaleFrom;
import io.github.pointillist.plugins.results.SegmentResult;
import io.github.pointillist.plugins.results.SegmentRun;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.Segment.Scaling;
import io.github.pointillist.weights.Plain;
import java.awt.GraphicsEnvironment;
import java.io.IOException;
import java.util.List;
import org.scijava.ItemIO;
import org.scijava.command.Command;
import org.scijava.plugin.Attr;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.Plugin;
import org.scijava.widget.Button;

/**
 * Finds the objects in the active image, or the class of each pixel. The names of the fields are the keys of macros.
 */
@Plugin(
        type = Command.class,
        menuPath = "Plugins>Pointillist>Segment...",
        attrs = {@Attr(name = "no-legacy"), @Attr(name = "no-record")})
public final class SegmentCommand extends CancelableCommand {
    @Parameter
    private ImagePlus input;

    @Parameter(
            label = "Model",
            description =
                    "Name of a model (see Plugins > Pointillist > Models...), a model folder, or a checkpoint file",
            persist = false)
    private String model = SegmentOptions.USUAL_MODEL;

    @Parameter(label = "Models...", callback = "chooseModel", required = false, persist = false)
    private Button choose_model;

    @Parameter(
            label = "Model variant",
            description = "For a checkpoint file: official name or JSON file; automatic: told from the file",
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private String variant = Words.AUTOMATIC;

    @Parameter(
            label = "Scaling",
            choices = {Words.AUTOMATIC, "calibration", "diameter", "none"},
            description =
                    "How the image gets to the scale of the model; calibration: by the pixel size; diameter: by the"
                            + " usual diameter of the objects; none: pixel by pixel",
            persist = false)
    private String scaling = Words.AUTOMATIC;

    @Parameter(
            label = "Object diameter (pixels, 0 = not given)",
            min = "0",
            description = "Usual diameter of the objects in this image",
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
            label = "Minimum area (pixels, 0 = automatic)",
            min = "0",
            stepSize = "1",
            style = Words.DECIMALS,
            persist = false)
    private double min_area;

    @Parameter(
            label = "Foreground threshold (-1 = model's)",
            min = "-1",
            max = "1",
            stepSize = "0.05",
            style = Words.DECIMALS,
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private double foreground_threshold = -1;

    @Parameter(
            label = "Centre threshold (-1 = model's)",
            min = "-1",
            max = "1",
            stepSize = "0.05",
            style = Words.DECIMALS,
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private double centre_threshold = -1;

    @Parameter(
            label = "Pixel threshold (panoptic, -1 = model's)",
            min = "-1",
            max = "1",
            stepSize = "0.05",
            style = Words.DECIMALS,
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private double pixel_threshold = -1;

    @Parameter(
            label = "Thing threshold (panoptic, -1 = model's)",
            min = "-1",
            max = "1",
            stepSize = "0.05",
            style = Words.DECIMALS,
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private double thing_threshold = -1;

    @Parameter(
            label = "Stuff threshold (panoptic, -1 = model's)",
            min = "-1",
            max = "1",
            stepSize = "0.05",
            style = Words.DECIMALS,
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private double stuff_threshold = -1;

    @Parameter(
            label = "Overlap threshold (panoptic, -1 = model's)",
            min = "-1",
            max = "1",
            stepSize = "0.05",
            style = Words.DECIMALS,
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private double overlap_threshold = -1;

    @Parameter(label = "Exclude objects at the border", persist = false)
    private boolean exclude_border;

    @Parameter(label = "Dark objects (invert)", persist = false)
    private boolean invert;

    @Parameter(
            label = "Link slices",
            description = "Objects of neighbouring slices that overlap get the same label",
            persist = false)
    private boolean link_slices;

    @Parameter(
            label = "Memory tile (pixels, 0 = automatic)",
            min = "0",
            description = "Changes nothing in the result",
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private int tile;

    @Parameter(
            label = "Device",
            description = "auto, cpu, gpu0, gpu1, ...",
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private String device = "auto";

    @Parameter(
            label = "Channel",
            description = "Of images with several: a number from 1, a name (in colour images red, green, blue), or all;"
                    + " automatic: the one displayed; the Log says which",
            persist = false)
    private String channel = Words.AUTOMATIC;

    @Parameter(
            label = "Scale from",
            choices = {"image", "plane"},
            description = "Where the scale is looked for: one for all slices and frames of the image, or each its own",
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private String scale_from = "image";

    @Parameter(label = "Outlines on the image", persist = false)
    private boolean overlay = true;

    @Parameter(label = "Table of measurements", persist = false)
    private boolean table = true;

    @Parameter(label = "Outlines to the ROI Manager", persist = false)
    private boolean roi_manager;

    @Parameter(type = ItemIO.OUTPUT)
    private ImagePlus classes;

    @Parameter(type = ItemIO.OUTPUT)
    private ImagePlus labels;

    @Override
    protected void run(Progress progress) throws IOException {
        CurrentImage.checked(input);
        if (roi_manager && GraphicsEnvironment.isHeadless()) {
            throw new IllegalArgumentException("roi_manager is true, and there are no windows; allowed is false: take"
                    + " the outlines from the image's overlay");
        }
        SegmentResult result;
        try (SegmentRun run = new SegmentRun(options())) {
            result = run.segment(input, progress);
        }
        IJ.log(Plain.line(title() + ": " + input.getTitle() + ": " + result.summary()));
        result.notes().forEach(note -> IJ.log(Plain.line(title() + ": " + note)));
        if (overlay || roi_manager) {
            outline(result);
        }
        if (table) {
            ResultsTable results = ResultsTable.getResultsTable();
            result.table().appendTo(results, input.getTitle());
            results.show("Results");
        }
        classes = result.classes();
        labels = result.labels();
    }

    private void outline(SegmentResult result) {
        boolean many = ObjectRois.tooMany(result);
        if (many) {
            IJ.log(title() + ": " + ObjectRois.tooManyNote(result));
        }
        List<Roi> rois = many ? null : ObjectRois.of(input, result);
        if (overlay) {
            ObjectRois.addTo(input, rois, result.labels());
        }
        if (roi_manager && rois != null) {
            RoiManager manager = RoiManager.getRoiManager();
            rois.forEach(manager::addRoi);
        }
    }

    @Override
    protected String title() {
        return "Segment";
    }

    private SegmentOptions options() {
        ScaleFrom from = ClusterMapOptions.choice(ScaleFrom.class, "scale_from", scale_from);
        if (from == ScaleFrom.FOLDER) {
            throw new IllegalArgumentException(
                    "scale_from is folder, and this is one image; allowed are image and plane;"
                            + " a folder has one scale on the command line, with --scale-from folder");
        }
        return new SegmentOptions(
                Words.model(model),
                Words.is(variant, Words.AUTOMATIC) ? null : variant.strip(),
                ClusterMapOptions.choice(Scaling.class, "scaling", scaling),
                object_diameter,
                pixel_size,
                min_area,
                foreground_threshold,
                centre_threshold,
                exclude_border,
                invert,
                link_slices,
                tile,
                new SegmentOptions.Masks(pixel_threshold, thing_threshold, stuff_threshold, overlap_threshold),
                device.strip(),
                new Choice(channel, Choice.Within.USUAL),
                from);
    }

    void chooseModel() {
        model = Choosers.model(model);
    }
}
