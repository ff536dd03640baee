// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.commands;

import ij.ImagePlus;
import io.github.pointillist.plugins.results.ClusterMapOptions;
import io.github.pointillist.plugins.results.SampleImages;
import io.github.pointillist.plugins.results.SampleOptions;
import io.github.pointillist.progress.Progress;
import org.scijava.ItemIO;
import org.scijava.command.Command;
import org.scijava.plugin.Attr;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.Plugin;

/** Opens a simulated image to try things on, and if wanted what is in it. */
@Plugin(
        type = Command.class,
        menuPath = "Plugins>Pointillist>Open Sample...",
        attrs = {@Attr(name = "no-legacy"), @Attr(name = "no-record")})
public final class SamplesCommand extends CancelableCommand {
    @Parameter(
            label = "Kind",
            choices = {"nuclei", "tissue", "spots", "inclusions"},
            persist = false)
    private String kind = "nuclei";

    @Parameter(label = "Width", min = "1", persist = false)
    private int width = 512;

    @Parameter(label = "Height", min = "1", persist = false)
    private int height = 512;

    @Parameter(label = "Seed", description = "The same seed gives the same image", persist = false)
    private long seed = 1;

    @Parameter(
            label = "Preset",
            description = "For nuclei: what they look like; tissue and inclusions have default and random",
            choices = {"default", "dense", "dim", "sparse", "tissue", "random"},
            persist = false)
    private String preset = "default";

    @Parameter(
            label = "Scene seed of random (-1 = the seed)",
            min = "-1",
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private long scene_seed = -1;

    @Parameter(
            label = "Diameter of nuclei in pixels (0 = the preset's)",
            min = "0",
            stepSize = "1",
            style = Words.DECIMALS,
            persist = false)
    private double diameter;

    @Parameter(
            label = "Coverage by nuclei (-1 = the preset's)",
            min = "-1",
            max = "0.9",
            stepSize = "0.05",
            style = Words.DECIMALS,
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private double coverage = -1;

    @Parameter(
            label = "Photons from nuclei (0 = the preset's)",
            description = "On a pixel of a typical nucleus; fewer are noisier",
            min = "0",
            stepSize = "10",
            style = Words.DECIMALS,
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private double photons;

    @Parameter(
            label = "Inverted",
            description = "Nuclei dark on bright",
            attrs = @Attr(name = Words.RARE),
            persist = false)
    private boolean inverted;

    @Parameter(
            label = "Objects too",
            description = "Open the true labels as well, and the true classes where there are any",
            persist = false)
    private boolean objects;

    @Parameter(type = ItemIO.OUTPUT)
    private ImagePlus classes;

    @Parameter(type = ItemIO.OUTPUT)
    private ImagePlus labels;

    /** Last, so that it is the current one. */
    @Parameter(type = ItemIO.OUTPUT)
    private ImagePlus image;

    @Override
    protected void run(Progress progress) {
        progress.report(0, 1, "simulating");
        SampleImages sample = SampleImages.of(new SampleOptions(
                ClusterMapOptions.choice(SampleImages.Kind.class, "kind", kind),
                width,
                height,
                seed,
                ClusterMapOptions.choice(SampleOptions.Scene.class, "preset", preset),
                scene_seed,
                diameter,
                coverage,
                photons,
                inverted));
        image = sample.image();
        if (objects) {
            labels = sample.labels();
            classes = sample.classes();
        }
        if (labels != null) {}
    }

    @Override
    protected String title() {
        return "Open Sample";
    }
}
