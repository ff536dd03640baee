// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.commands;

import ij.IJ;
import ij.ImagePlus;
import ij.gui.PointRoi;
import ij.gui.Roi;
import ij.measure.ResultsTable;
import ij.process.FloatPolygon;
import io.github.pointillist.plugins.commands.ListChooser.Item;
import io.github.pointillist.plugins.results.AffinityResult;
import io.github.pointillist.plugins.results.Choice;
import io.github.pointillist.plugins.results.ClusterMapOptions;
import io.github.pointillist.plugins.results.ClusterMapOptions.Connected;
import io.github.pointillist.plugins.results.ClusterMapOptions.Point;
import io.github.pointillist.plugins.results.ClusterMapResult;
import io.github.pointillist.plugins.results.ClusterMapRun;
import io.github.pointillist.plugins.results.ClusterMapRun.Offered;
import io.github.pointillist.plugins.results.CurrentImage;
import io.github.pointillist.plugins.results.OverlayPictures;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.MapClusters.FeatureKind;
import io.github.pointillist.tasks.MapClusters.Method;
import io.github.pointillist.tasks.MapClusters.Similarity;
import java.awt.geom.Rectangle2D;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.scijava.ItemIO;
import org.scijava.command.Command;
import org.scijava.plugin.Attr;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.Plugin;
import org.scijava.widget.Button;

/** Maps how the active image falls into clusters. The names of the fields are the keys of macros. */
@Plugin(
        type = Command.class,
        menuPath = "Plugins>Pointillist>Cluster Map...",
        attrs = {@Attr(name = "no-legacy"), @Attr(name = "no-record")})
public final class MapClustersCommand extends CancelableCommand {
    private static final String SELECTION = "selection";

    @Parameter
    private ImagePlus input;

    @Parameter(
            label = "Method",
            choices = {"context", "kmeans", "equitable", "model"},
            description = "context: superpixels; kmeans: groups of like pixels; equitable: groups of equal size;"
                    + " model: how a trained model groups pixels, or what one point takes from the others",
            persist = false)
    private String method = "context";

    @Parameter(
            label = "Clusters (0 = automatic)",
            min = "0",
            description = "Automatic: 256 for context, 8 for kmeans and equitable",
            persist = false)
    private int clusters;

    @Parameter(
            label = "Compactness (-1 = automatic)",
            min = "-1",
            description = "Weight of position against colour: 0 follows colour alone, 10 gives squares; automatic is 1"
                    + " for context, 0 for kmeans and equitable",
            stepSize = "0.5",
            style = Words.DECIMALS,
            persist = false)
    private double compactness = ClusterMapOptions.AUTOMATIC;

    @Parameter(label = "Iterations (context)", min = "1", attrs = @Attr(name = Words.RARE), persist = false)
    private int iterations = 10;

    @Parameter(
            label = "Similarity (context)",
            choices = {"euclidean", "cosine"},
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private String similarity = "euclidean";

    @Parameter(
            label = "Features",
            choices = {"colour", "texture"},
            persist = false)
    private String features = "colour";

    @Parameter(
            label = "Connected labels",
            choices = {Words.AUTOMATIC, "yes", "no"},
            description = "Whether each label is one region; automatic: yes for context, else no",
            persist = false)
    private String connected = Words.AUTOMATIC;

    @Parameter(
            label = "Minimum size (pixels, -1 = automatic)",
            min = "-1",
            description = "Smaller connected regions are merged into a neighbour; automatic: a quarter of the mean"
                    + " superpixel for context, else 0",
            persist = false)
    private int min_size = -1;

    @Parameter(label = "Seed (kmeans)", attrs = @Attr(name = Words.RARE), persist = false)
    private long seed;

    @Parameter(
            label = "Model",
            description =
                    "For method model: name of an installed model (see Plugins > Pointillist > Models...), a model"
                            + " folder, or a checkpoint file",
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
            label = "Levels of the model",
            description = "Names of levels, mostly stage.block.head from 0, with commas between; all; or last: for most"
                    + " models the first head of the last block of each stage",
            persist = false)
    private String levels = ClusterMapOptions.LAST;

    @Parameter(label = "Levels...", callback = "chooseLevels", required = false, persist = false)
    private Button choose_levels;

    @Parameter(
            label = "Point (model)",
            description = "For levels of affinities: the point whose affinities are mapped, as x,y in pixels or"
                    + " selection; none for levels of groups",
            persist = false)
    private String point = Words.NONE;

    @Parameter(
            label = "Input size of the model (0 = image)",
            min = "0",
            description = "Side in pixels to which images are resized for the model",
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private int input_size;

    @Parameter(
            label = "Device",
            description = "auto, cpu, gpu0, gpu1, ...",
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private String device = "auto";

    @Parameter(
            label = "Channel",
            description = "Of images with several: a number from 1, a name (in colour images red, green, blue), or all;"
                    + " automatic: all are features; a model takes three as red, green and blue, else the one"
                    + " displayed",
            persist = false)
    private String channel = Words.AUTOMATIC;

    @Parameter(label = "Outlines on the image", persist = false)
    private boolean overlay;

    @Parameter(label = "Table of clusters", persist = false)
    private boolean table;

    @Parameter(type = ItemIO.OUTPUT)
    private ImagePlus labels;

    @Parameter(type = ItemIO.OUTPUT)
    private ImagePlus affinity;

    @Override
    protected void run(Progress progress) throws IOException {
        CurrentImage.checked(input);
        ClusterMapOptions options = options(levelNames(), point());
        if (options.point() != null) {
            mapAffinity(options, progress);
            return;
        }
        ClusterMapResult result;
        try (ClusterMapRun run = new ClusterMapRun(options)) {
            result = run.map(input, progress);
        }
        result.notes().forEach(note -> IJ.log(title() + ": " + input.getTitle() + ": " + note));
        if (overlay) {
            OverlayPictures.addTo(input, result.labels());
        }
        if (table) {
            ResultsTable results = ResultsTable.getResultsTable();
            result.table().appendTo(results, input.getTitle());
            results.show("Results");
        }
        labels = result.labels();
    }

    private void mapAffinity(ClusterMapOptions options, Progress progress) throws IOException {
        if (overlay || table) {
            throw new IllegalArgumentException("overlay is " + overlay + " and table is " + table
                    + "; allowed is false with a point, which gives weights and no clusters");
        }
        try (ClusterMapRun run = new ClusterMapRun(options)) {
            AffinityResult result = run.affinity(input, progress);
            result.notes().forEach(note -> IJ.log(title() + ": " + input.getTitle() + ": " + note));
            affinity = result.image();
        }
    }

    private Point point() {
        if (Words.is(point, Words.NONE)) {
            return null;
        }
        if (!Words.is(point, SELECTION)) {
            return Point.parse(point);
        }
        Roi roi = input.getRoi();
        if (roi == null) {
            throw new IllegalArgumentException(
                    "point is selection, and the image has none; make a point selection, or give x,y");
        }
        // of a selection with an extent, its middle
        FloatPolygon points = roi instanceof PointRoi ? roi.getContainedFloatPoints() : null;
        Rectangle2D.Double box = roi.getFloatBounds();
        double x = points != null ? points.xpoints[0] : box.getCenterX();
        double y = points != null ? points.ypoints[0] : box.getCenterY();
        return new Point((int) Math.max(0, x), (int) Math.max(0, y));
    }

    @Override
    protected String title() {
        return "Cluster Map";
    }

    void chooseModel() {
        String before = model;
        model = Choosers.model(model);
        if (!model.equals(before) && !Words.is(model, Words.NONE)) {
            method = ClusterMapOptions.word(Method.MODEL);
            levels = ClusterMapOptions.LAST;
        }
    }

    /** Lists the levels of the chosen model: those of groups without a point, those of affinities with one. */
    void chooseLevels() {
        try {
            Words.model(model);
            method = ClusterMapOptions.word(Method.MODEL);
            Offered offered = ClusterMapRun.offeredLevels(options(List.of(ClusterMapOptions.LAST), null));
            boolean groups = !offered.groups().isEmpty()
                    && (Words.is(point, Words.NONE) || offered.affinities().isEmpty());
            List<Item> items = (groups ? offered.groups() : offered.affinities())
                    .stream()
                            .map(level -> new Item(level.name(), level.description()))
                            .toList();
            List<String> usual = groups ? offered.usual() : List.of(items.get(0).name());
            levels = Choosers.levels(items, usual, levels);
            if (!groups && Words.is(point, Words.NONE)) {
                point = SELECTION;
            }
        } catch (IllegalArgumentException | IllegalStateException | IOException e) {
            IJ.error(title(), e.getMessage());
        }
    }

    private List<String> levelNames() {
        return Arrays.stream(Words.is(levels, "") ? new String[] {ClusterMapOptions.LAST} : levels.split(","))
                .map(String::strip)
                .toList();
    }

    private ClusterMapOptions options(List<String> wantedLevels, Point wantedPoint) {
        return new ClusterMapOptions(
                ClusterMapOptions.choice(Method.class, "method", method),
                clusters,
                compactness,
                iterations,
                ClusterMapOptions.choice(Similarity.class, "similarity", similarity),
                ClusterMapOptions.choice(FeatureKind.class, "features", features),
                ClusterMapOptions.choice(Connected.class, "connected", connected),
                min_size,
                seed,
                Words.is(model, Words.NONE) ? null : model.strip(),
                Words.is(variant, Words.AUTOMATIC) ? null : variant.strip(),
                wantedLevels,
                wantedPoint,
                input_size,
                device.strip(),
                // a selection that gives the point is spent
                Words.is(point, SELECTION)
                        ? new Choice(channel, Choice.Within.IMAGE)
                        : new Choice(channel, Choice.Within.USUAL));
    }
}
