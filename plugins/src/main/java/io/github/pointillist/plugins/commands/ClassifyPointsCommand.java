// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.commands;

import ij.IJ;
import ij.measure.ResultsTable;
import io.github.pointillist.plugins.results.PointClouds;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.weights.Plain;
import java.io.IOException;
import java.nio.file.Path;
import org.scijava.command.Command;
import org.scijava.plugin.Attr;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.Plugin;
import org.scijava.widget.Button;

/** Classifies the clouds of points in a table. The names of the fields are the keys of macros. */
@Plugin(
        type = Command.class,
        menuPath = "Plugins>Pointillist>Classify Points...",
        attrs = {@Attr(name = "no-legacy"), @Attr(name = "no-record")})
public final class ClassifyPointsCommand extends CancelableCommand {
    @Parameter(
            label = "Table of points",
            description = "File with a header and columns x, y and z, such as the tables of ThunderSTORM",
            persist = false)
    private String file = Words.NONE;

    @Parameter(label = "Browse...", callback = "chooseFile", required = false, persist = false)
    private Button choose_file;

    @Parameter(
            label = "Model",
            description = "Name of an installed model of point sets, a model folder, or a checkpoint file",
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
            label = "Group by column",
            description = "Rows with the same value in this column are a cloud of their own; none: one cloud",
            persist = false)
    private String group_by = Words.NONE;

    @Parameter(label = "Classes listed (0 = all, -1 = automatic)", min = "-1", persist = false)
    private int top = PointClouds.AUTOMATIC;

    @Parameter(label = "Seed of the points drawn", attrs = @Attr(name = Words.RARE), persist = false)
    private long seed;

    @Parameter(
            label = "Device",
            description = "auto, cpu, gpu0, gpu1, ...",
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private String device = "auto";

    @Override
    protected void run(Progress progress) throws IOException {
        if (Words.is(file, Words.NONE)) {
            throw new IllegalArgumentException("file is none; give a table of points with columns x, y and z");
        }
        String reference = Words.model(model);
        Path path = Path.of(file.strip());
        progress.report(0, 2, "reading the model");
        PointClouds.Result result;
        try (PointClouds clouds = PointClouds.open(
                reference, Words.is(variant, Words.AUTOMATIC) ? null : variant.strip(), top, seed, device.strip())) {
            progress.report(1, 2, "classifying");
            progress.check();
            result = classify(clouds, path);
        }
        ResultsTable results = ResultsTable.getResultsTable();
        result.appendTo(results, path.getFileName().toString());
        results.show("Results");
        result.notes().forEach(note -> IJ.log(Plain.line(title() + ": " + note)));
    }

    private PointClouds.Result classify(PointClouds clouds, Path path) throws IOException {
        try {
            return clouds.classify(path, Words.is(group_by, Words.NONE) ? null : group_by.strip());
        } catch (IOException e) {
            throw new IOException(path + ": " + e.getMessage(), e);
        }
    }

    @Override
    protected String title() {
        return "Classify Points";
    }

    void chooseFile() {
        file = Choosers.open("Table of points", file);
    }

    void chooseModel() {
        model = Choosers.model(model);
    }
}
