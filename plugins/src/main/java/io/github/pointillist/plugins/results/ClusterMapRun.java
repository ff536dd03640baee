// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.ImagePlus;
import io.github.pointillist.image.Images;
import io.github.pointillist.models.GroupingModel.Level;
import io.github.pointillist.plugins.results.ClusterMapOptions.Point;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.MapClusters;
import io.github.pointillist.tasks.MapClusters.LabelPlane;
import io.github.pointillist.tasks.MapClusters.Method;
import io.github.pointillist.tasks.MapClusters.ModelNote;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Maps the clusters of ImageJ images: the one path that command line, menu command and macro share. A model is loaded
 * once for all images.
 */
public final class ClusterMapRun implements AutoCloseable {
    private final ClusterMapOptions options;
    private final List<String> levels;
    private final MapClusters model;

    /**
     * Loads the model if the method needs one.
     *
     * @throws IllegalArgumentException if the model or the levels wanted are not as they should be
     * @throws IOException if the model's file cannot be read
     */
    public ClusterMapRun(ClusterMapOptions options) throws IOException {
        this.options = options;
        if (options.method() == Method.MODEL) {
            model = MapClusters.open(options.settings(List.of()));
            try {
                List<String> groups = names(model.levels());
                List<String> affinities = names(model.affinityLevels());
                levels = options.point() == null
                        ? options.resolveLevels(groups, model.usualLevels(), affinities)
                        : options.resolveLevels(
                                affinities, affinities.stream().limit(1).toList(), groups);
            } catch (IllegalArgumentException e) {
                model.close();
                throw e;
            }
        } else {
            levels = List.of();
            model = null;
        }
    }

    private static List<String> names(List<Level> levels) {
        return levels.stream().map(Level::name).toList();
    }

    /**
     * The levels that the model offers; the one level of the other methods.
     *
     * @param groups where points are grouped
     * @param affinities where a point takes from others
     * @param usual those of the groups to look at first; of the affinities where there are no groups
     */
    public record Offered(List<Level> groups, List<Level> affinities, List<String> usual) {}

    /** The levels that the model offers; levels and point of the options are not used. */
    public static Offered offeredLevels(ClusterMapOptions options) throws IOException {
        try (MapClusters task = MapClusters.open(options.settings(List.of()))) {
            return new Offered(task.levels(), task.affinityLevels(), task.usualLevels());
        }
    }

    /**
     * Maps what the point of the options takes from every point, in every plane of an image. The image is not changed.
     *
     * @param progress hears of all planes together
     * @throws java.util.concurrent.CancellationException if {@code progress} asks to stop
     * @throws IllegalArgumentException if the options have no point, it lies outside, or the image does not fit
     */
    public AffinityResult affinity(ImagePlus image, Progress progress) {
        Point point = options.point();
        if (point == null) {
            throw new IllegalArgumentException("point is none; give the point whose affinities are to be mapped");
        }
        Planes planes = new Planes(image, options.choice(), Planes.Use.COLOUR);
        Area area = planes.area();
        int left = area == null ? 0 : area.bounds().x;
        int top = area == null ? 0 : area.bounds().y;
        if (area != null && !area.bounds().contains(point.x(), point.y())) {
            throw new IllegalArgumentException("point is " + point + ", which lies outside of the area looked at: "
                    + area.width() + " x " + area.height() + " pixels from x " + left + ", y " + top);
        }
        int count = planes.slices() * planes.frames();
        List<float[]> weights = new ArrayList<>();
        long nanos = 0;
        for (int frame = 1, n = 0; frame <= planes.frames(); frame++) {
            for (int slice = 1; slice <= planes.slices(); slice++, n++) {
                progress.check();
                Planes.Plane plane = planes.read(slice, frame);
                long start = System.nanoTime();
                model.affinity(
                                plane.pixels(),
                                levels,
                                point.x() - left,
                                point.y() - top,
                                new PartOfProgress(progress, n, count))
                        .forEach(map -> {
                            float[] seen = Images.toRaster(map.weights()).data();
                            weights.add(area == null ? seen : area.place(seen, planes.width(), planes.height()));
                        });
                nanos += System.nanoTime() - start;
            }
        }
        progress.report(1, 1, "done");
        String title = stem(image.getTitle()) + "_affinity";
        return new AffinityResult(
                HeatMaps.toImage(title, image, levels, weights, point), levels, nanos / 1_000_000, planes.notes());
    }

    /**
     * Maps every plane of an image, one at a time. The image is not changed.
     *
     * @param progress hears of all planes together
     * @throws java.util.concurrent.CancellationException if {@code progress} asks to stop
     * @throws IllegalArgumentException if the image or the settings do not fit
     */
    public ClusterMapResult map(ImagePlus image, Progress progress) throws IOException {
        Planes planes = new Planes(image, options.choice(), model == null ? Planes.Use.FEATURES : Planes.Use.COLOUR);
        if (model != null) {
            return map(planes, model, progress);
        }
        try (MapClusters task = MapClusters.open(options.settings(levels))) {
            return map(planes, task, progress);
        }
    }

    private ClusterMapResult map(Planes planes, MapClusters task, Progress progress) {
        int count = planes.slices() * planes.frames();
        ClusterTable table = new ClusterTable(planes);
        LabelStack stack = null;
        List<String> found = List.of();
        int largest = 0;
        long nanos = 0;
        for (int frame = 1, n = 0; frame <= planes.frames(); frame++) {
            for (int slice = 1; slice <= planes.slices(); slice++, n++) {
                progress.check();
                Planes.Plane plane = planes.read(slice, frame);
                long start = System.nanoTime();
                // the model sees whole rectangles; clusters of pixels are of the area alone
                List<LabelPlane> maps = task.map(
                        model == null ? planes.within(plane) : plane.pixels(),
                        planes.seesRgb(),
                        levels,
                        new PartOfProgress(progress, n, count));
                nanos += System.nanoTime() - start;
                if (stack == null) {
                    found = maps.stream().map(LabelPlane::level).toList();
                    stack = new LabelStack(planes.width(), planes.height(), count * maps.size());
                }
                for (LabelPlane map : maps) {
                    Placed placed = placed(planes, map);
                    stack.add(map.level(), placed.labels, placed.clusters);
                    table.add(
                            map.level(),
                            slice,
                            frame,
                            placed.labels,
                            placed.clusters,
                            planes.width(),
                            plane,
                            placed.segments);
                    largest = Math.max(largest, placed.clusters);
                }
            }
        }
        progress.report(1, 1, "done");
        String title = stem(planes.image().getTitle()) + "_clusters";
        List<String> notes = new ArrayList<>(planes.notes());
        Optional.ofNullable(PixelSizes.measure(planes.image().getCalibration()).note())
                .ifPresent(notes::add);
        return new ClusterMapResult(
                stack.toImage(title, planes.image(), found), found, largest, table, nanos / 1_000_000, notes);
    }

    /** Clusters at their places in the image, with what each ends in. */
    @SuppressWarnings("ArrayRecordComponent") // pixels, never compared
    private record Placed(int[] labels, int clusters, List<String> segments) {}

    private static Placed placed(Planes planes, LabelPlane map) {
        int[] labels = Images.labels(map.labels());
        Area area = planes.area();
        if (area == null) {
            return new Placed(labels, map.clusters(), map.segments());
        }
        Area.Placed placed = area.objects(labels, map.clusters(), planes.width(), planes.height(), 0, false);
        List<String> segments = new ArrayList<>();
        for (int label = 1; label <= map.segments().size(); label++) {
            if (placed.names()[label] > 0) {
                segments.add(map.segments().get(label - 1));
            }
        }
        return new Placed(placed.labels(), placed.count(), segments);
    }

    /** What was found in the model's file; empty without a model. */
    public Optional<ModelNote> modelNote() {
        return model == null ? Optional.empty() : model.modelNote();
    }

    /** A file name or title without its extension. */
    public static String stem(String name) {
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }

    @Override
    public void close() {
        if (model != null) {
            model.close();
        }
    }
}
