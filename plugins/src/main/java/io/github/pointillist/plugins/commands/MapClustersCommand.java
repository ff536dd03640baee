// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.commands;

import ij.ImagePlus;
import ij.measure.ResultsTable;
import io.github.pointillist.plugins.results.ClusterMapOptions;
import io.github.pointillist.plugins.results.ClusterMapOptions.Connected;
import io.github.pointillist.plugins.results.ClusterMapResult;
import io.github.pointillist.plugins.results.ClusterMapRun;
import io.github.pointillist.plugins.results.HeadlessImages;
import io.github.pointillist.plugins.results.OverlayPictures;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.MapClusters.FeatureKind;
import io.github.pointillist.tasks.MapClusters.Method;
import io.github.pointillist.tasks.MapClusters.Similarity;
import java.io.IOException;
import java.util.Arrays;
import org.scijava.ItemIO;
import org.scijava.command.Command;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.Plugin;

/** Maps how the active image falls into clusters. The names of the fields are the keys of macros. */
@Plugin(type = Command.class, menuPath = "Plugins>Pointillist>Cluster Map...")
public final class MapClustersCommand extends CancelableCommand {
    private static final String NONE = "none";
    private static final String AUTOMATIC = "automatic";

    @Parameter
    private ImagePlus input;

    @Parameter(
            label = "Method",
            choices = {"context", "kmeans", "equitable", "model"},
            description = "context: superpixels; kmeans: groups of like pixels; equitable: groups of equal size;"
                    + " model: how a trained Context Cluster model groups pixels",
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
            persist = false)
    private double compactness = ClusterMapOptions.AUTOMATIC;

    @Parameter(label = "Iterations (context)", min = "1", persist = false)
    private int iterations = 10;

    @Parameter(
            label = "Similarity (context)",
            choices = {"euclidean", "cosine"},
            persist = false)
    private String similarity = "euclidean";

    @Parameter(
            label = "Features",
            choices = {"colour", "texture"},
            persist = false)
    private String features = "colour";

    @Parameter(
            label = "Connected labels",
            choices = {AUTOMATIC, "yes", "no"},
            description = "Whether each label is one region; automatic: yes for context, else no",
            persist = false)
    private String connected = AUTOMATIC;

    @Parameter(
            label = "Minimum size (pixels, -1 = automatic)",
            min = "-1",
            description = "Smaller connected regions are merged into a neighbour; automatic: a quarter of the mean"
                    + " superpixel for context, else 0",
            persist = false)
    private int min_size = -1;

    @Parameter(label = "Seed (kmeans)", persist = false)
    private long seed;

    @Parameter(label = "Model file", description = "Checkpoint for method model, or none", persist = false)
    private String model = NONE;

    @Parameter(
            label = "Model variant",
            description = "Official name or JSON file; automatic: recognised from the checkpoint",
            persist = false)
    private String variant = AUTOMATIC;

    @Parameter(
            label = "Levels of the model",
            description = "stage.block.head from 0, with commas between; all; or last: the first head of the last block"
                    + " of each stage",
            persist = false)
    private String levels = ClusterMapOptions.LAST;

    @Parameter(
            label = "Input size of the model (0 = image)",
            min = "0",
            description = "Side in pixels to which images are resized for the model",
            persist = false)
    private int input_size;

    @Parameter(label = "Device", description = "auto, cpu, gpu0, gpu1, ...", persist = false)
    private String device = "auto";

    @Parameter(label = "Outlines on the image", persist = false)
    private boolean overlay;

    @Parameter(label = "Table of clusters", persist = false)
    private boolean table;

    @Parameter(type = ItemIO.OUTPUT)
    private ImagePlus labels;

    @Override
    protected void run(Progress progress) throws IOException {
        if (input == null || input.getStackSize() == 0 || input.getProcessor() == null) {
            throw new IllegalArgumentException("there is no image; open one first");
        }
        ClusterMapResult result;
        try (ClusterMapRun run = new ClusterMapRun(options())) {
            result = run.map(input, progress);
        }
        if (overlay) {
            OverlayPictures.addTo(input, result.labels());
        }
        if (table) {
            ResultsTable results = ResultsTable.getResultsTable();
            result.table().appendTo(results, input.getTitle());
            results.show("Results");
        }
        labels = result.labels();
        HeadlessImages.show(labels);
    }

    @Override
    protected String title() {
        return "Cluster Map";
    }

    private ClusterMapOptions options() {
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
                isWord(model, NONE) ? null : model.strip(),
                isWord(variant, AUTOMATIC) ? null : variant.strip(),
                Arrays.stream(isWord(levels, "") ? new String[] {ClusterMapOptions.LAST} : levels.split(","))
                        .map(String::strip)
                        .toList(),
                input_size,
                device.strip());
    }

    private static boolean isWord(String text, String word) {
        return text == null || text.isBlank() || text.strip().equalsIgnoreCase(word);
    }
}
