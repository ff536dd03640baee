// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import io.github.pointillist.catalog.LoadedModel;
import io.github.pointillist.catalog.ModelCard;
import io.github.pointillist.catalog.ModelStore;
import io.github.pointillist.clustering.Components;
import io.github.pointillist.clustering.Labels;
import io.github.pointillist.image.Images;
import io.github.pointillist.image.Interpolation;
import io.github.pointillist.image.Overlay;
import io.github.pointillist.image.Raster8;
import io.github.pointillist.image.RasterF;
import io.github.pointillist.image.Resize;
import io.github.pointillist.models.AffinityModel;
import io.github.pointillist.models.AffinityModel.Affinity;
import io.github.pointillist.models.GroupingModel;
import io.github.pointillist.models.GroupingModel.Groups;
import io.github.pointillist.models.GroupingModel.Level;
import io.github.pointillist.models.InputSizes;
import io.github.pointillist.models.KMaxDeepLab;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Pass;
import io.github.pointillist.tensor.Taps;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.type.numeric.RealType;

/**
 * How a loaded model groups the points of an image, as label planes, and what one point takes from the others: read
 * from the taps of one forward pass and enlarged to the image by nearest neighbours, as in ma-xu/Context-Cluster
 * be9a03b, {@code cluster_visualize.py}.
 *
 * <p>A model that takes images of any size sees windows of at most {@value #WINDOW_PX} pixels a side, cut evenly from
 * the image, each resized bilinearly to the nearest size that the model takes: they follow from model and image alone.
 * Labels of different windows differ. With an input size, and for models of one size only, the whole image is one
 * window, resized to that size.
 *
 * <p>Intensities become the model's input as {@link Photograph} describes.
 */
final class ModelAssignments implements AutoCloseable {
    static final int WINDOW_PX = 1024;
    private static final Pattern CLASS = Pattern.compile("class (\\d+)");
    private static final int LISTED = 12;

    private final LoadedModel model;
    private final Map<String, Level> groupLevels;
    private final Map<String, Level> affinityLevels;

    ModelAssignments(String reference, String variant, Device device) throws IOException {
        this.model = ModelStore.standard().load(reference, variant, device);
        groupLevels = named(model.layer() instanceof GroupingModel grouping ? grouping.levels() : List.of());
        affinityLevels = named(model.layer() instanceof AffinityModel affinity ? affinity.affinityLevels() : List.of());
        if (groupLevels.isEmpty() && affinityLevels.isEmpty()) {
            String title = model.card().title();
            model.close();
            throw new IllegalArgumentException(
                    "model is " + reference + " (" + title + "), which groups no points: it has no levels to show");
        }
    }

    private static Map<String, Level> named(List<Level> levels) {
        return levels.stream()
                .collect(Collectors.toMap(Level::name, Function.identity(), (a, b) -> a, LinkedHashMap::new));
    }

    String sha256() {
        return model.sha256();
    }

    /** The variant and what was done to read the file. */
    List<String> description() {
        List<String> lines = new ArrayList<>();
        lines.add(model.card().variant());
        lines.addAll(model.notes());
        return lines;
    }

    /** The levels of groups, with classes by name where they have one. */
    List<Level> levels() {
        return described(groupLevels.values());
    }

    /** The levels of affinities. */
    List<Level> affinityLevels() {
        return described(affinityLevels.values());
    }

    /** The levels to look at first. */
    List<String> usualLevels() {
        return model.layer() instanceof GroupingModel grouping && !groupLevels.isEmpty()
                ? grouping.usualLevels()
                : affinityLevels.keySet().stream().limit(1).toList();
    }

    private List<Level> described(Collection<Level> levels) {
        ModelCard card = model.card();
        return levels.stream()
                .map(level -> {
                    Matcher matcher = CLASS.matcher(level.description());
                    if (card.classNames().isEmpty() || !matcher.find()) {
                        return level;
                    }
                    int index = Integer.parseInt(matcher.group(1));
                    String name = matcher.group() + " (" + card.className(index) + ")";
                    return new Level(level.name(), level.tap(), matcher.replaceFirst(Matcher.quoteReplacement(name)));
                })
                .toList();
    }

    private static Level find(String name, Map<String, Level> levels, Map<String, Level> others, String hint) {
        Level level = levels.get(name.trim());
        if (level != null) {
            return level;
        }
        if (others.containsKey(name.trim())) {
            throw new IllegalArgumentException("level is " + name + "; " + hint);
        }
        throw new IllegalArgumentException("level is " + name + "; the model offers " + listed(levels.keySet()));
    }

    private static String listed(Collection<String> names) {
        return names.isEmpty()
                ? "none"
                : names.stream().limit(LISTED).collect(Collectors.joining(", "))
                        + (names.size() > LISTED ? ", ... (" + names.size() + " in all)" : "");
    }

    private InputSizes sizes() {
        return model.layer() instanceof GroupingModel grouping
                ? grouping.inputSizes()
                : ((AffinityModel) model.layer()).inputSizes();
    }

    /** How an image is cut: the sides of the model's input for one window and the number of windows. */
    private record Cutting(int columns, int rows, int inputWidthPx, int inputHeightPx) {}

    private Cutting cutting(int width, int height, int inputSizePx) {
        InputSizes sizes = sizes();
        if (sizes.isFixed()) {
            if (inputSizePx > 0 && (inputSizePx != sizes.widthPx() || inputSizePx != sizes.heightPx())) {
                throw new IllegalArgumentException(
                        "input size is " + inputSizePx + "; this model takes " + sizes + " only: leave it at 0");
            }
            return new Cutting(1, 1, sizes.widthPx(), sizes.heightPx());
        }
        if (inputSizePx > 0) {
            sizes.check(inputSizePx, inputSizePx);
            return new Cutting(1, 1, inputSizePx, inputSizePx);
        }
        return new Cutting(windows(width), windows(height), 0, 0);
    }

    /** Maps one plane; labels 1 to n in every level. */
    List<MapClusters.LabelPlane> map(
            RandomAccessibleInterval<? extends RealType<?>> image,
            MapClusters.Settings settings,
            List<String> names,
            Progress progress) {
        List<Level> levels = names.stream()
                .map(name ->
                        find(name, groupLevels, affinityLevels, "it holds the affinities of one point: give the point"))
                .toList();
        RasterF values = Images.toRaster(image);
        Raster8 picture = Photograph.of(image, values).picture();
        boolean[] missing = missing(values);
        int width = picture.width();
        int height = picture.height();
        Cutting cutting = cutting(width, height, settings.inputSizePx());
        int[][] labels = new int[levels.size()][width * height];
        int[] counts = new int[levels.size()];
        List<String> segments = List.of();
        int windows = cutting.rows * cutting.columns;
        for (int i = 0; i < windows; i++) {
            progress.report(i, windows, "clusters of the model");
            progress.check();
            int left = cut(i % cutting.columns, cutting.columns, width);
            int top = cut(i / cutting.columns, cutting.rows, height);
            int right = cut(i % cutting.columns + 1, cutting.columns, width);
            int bottom = cut(i / cutting.columns + 1, cutting.rows, height);
            Raster8 window = picture.crop(left, top, right - left, bottom - top);
            List<Groups> groups = groups(window, levels, cutting);
            segments = padded() && !settings.connected() ? segments(window, cutting, progress) : List.of();
            for (int l = 0; l < levels.size(); l++) {
                Groups points = groups.get(l);
                int[] from = padded()
                        ? shown(points, right - left, bottom - top)
                        : Overlay.nearest(points.ids(), points.width(), points.height(), right - left, bottom - top);
                for (int y = top; y < bottom; y++) {
                    for (int x = left; x < right; x++) {
                        int pixel = y * width + x;
                        int id = from[(y - top) * (right - left) + x - left];
                        labels[l][pixel] = missing[pixel] || id < 0 ? -1 : counts[l] + id;
                    }
                }
                counts[l] += points.groups();
            }
        }
        progress.report(1, 1, "clusters of the model");
        List<MapClusters.LabelPlane> planes = new ArrayList<>();
        for (int l = 0; l < levels.size(); l++) {
            Labels plane = new Labels(width, height, labels[l], counts[l]);
            if (settings.connected()) {
                plane = Components.split(plane, Math.max(0, settings.minSizePx()), progress);
            }
            planes.add(MapClusters.plane(levels.get(l).name(), plane, segments));
        }
        return planes;
    }

    /** What the point under a pixel takes from every point of its window; 0 outside it. */
    List<MapClusters.AffinityPlane> affinity(
            RandomAccessibleInterval<? extends RealType<?>> image,
            MapClusters.Settings settings,
            List<String> names,
            int x,
            int y,
            Progress progress) {
        List<Level> levels = names.stream()
                .map(name -> find(name, affinityLevels, groupLevels, "it holds groups of points: leave the point out"))
                .toList();
        Raster8 picture = Photograph.of(image, Images.toRaster(image)).picture();
        int width = picture.width();
        int height = picture.height();
        if (x < 0 || y < 0 || x >= width || y >= height) {
            throw new IllegalArgumentException("point is " + x + "," + y + "; allowed are 0,0 to " + (width - 1) + ","
                    + (height - 1) + " in this image");
        }
        Cutting cutting = cutting(width, height, settings.inputSizePx());
        int column = holding(x, cutting.columns, width);
        int row = holding(y, cutting.rows, height);
        int left = cut(column, cutting.columns, width);
        int top = cut(row, cutting.rows, height);
        int right = cut(column + 1, cutting.columns, width);
        int bottom = cut(row + 1, cutting.rows, height);
        progress.report(0, 1, "affinities of the model");
        progress.check();
        Raster8 window = picture.crop(left, top, right - left, bottom - top);
        List<MapClusters.AffinityPlane> planes = new ArrayList<>();
        try (Arena scope = Arena.open(model.device())) {
            Input input = input(window, cutting, scope);
            Taps taps = taps(levels, input, scope);
            int inputX = Math.min(input.width - 1, (int) ((long) (x - left) * input.width / window.width()));
            int inputY = Math.min(input.height - 1, (int) ((long) (y - top) * input.height / window.height()));
            for (Level level : levels) {
                Affinity affinity = ((AffinityModel) model.layer())
                        .affinity(level, taps.get(level.tap()), inputX, inputY, input.height, input.width);
                float[] whole = new float[width * height];
                for (int py = top; py < bottom; py++) {
                    int from = (py - top) * affinity.height() / window.height() * affinity.width();
                    for (int px = left; px < right; px++) {
                        whole[py * width + px] =
                                affinity.weights()[from + (px - left) * affinity.width() / window.width()];
                    }
                }
                planes.add(new MapClusters.AffinityPlane(
                        level.name(), Images.toImage(new RasterF(width, height, 1, whole))));
            }
        }
        progress.report(1, 1, "affinities of the model");
        return planes;
    }

    /** Where a channel is not a number: such pixels get no label. */
    private static boolean[] missing(RasterF raster) {
        boolean[] missing = new boolean[raster.width() * raster.height()];
        for (int i = 0; i < raster.data().length; i++) {
            missing[i / raster.channels()] |= Float.isNaN(raster.data()[i]);
        }
        return missing;
    }

    private static int windows(int side) {
        return (side - 1) / WINDOW_PX + 1;
    }

    private static int cut(int i, int n, int side) {
        return (int) ((long) i * side / n);
    }

    /** The window that holds a pixel. */
    private static int holding(int pixel, int n, int side) {
        int i = (int) ((long) pixel * n / side);
        while (cut(i + 1, n, side) <= pixel) {
            i++;
        }
        return i;
    }

    /** Whether images are resized in proportion and padded, as a panoptic model is given them. */
    private boolean padded() {
        return model.card().panoptic() != null;
    }

    /** The groups where the image is, without those of the padding, one a pixel of the image. */
    private int[] shown(Groups points, int width, int height) {
        int[] size = PanopticInput.size(model.card(), width, height);
        double down = (double) size[0]
                / height
                * points.height()
                / model.card().input().heightPx();
        double across =
                (double) size[1] / width * points.width() / model.card().input().widthPx();
        int[] ids = new int[width * height];
        for (int y = 0; y < height; y++) {
            int row = Math.min(points.height() - 1, (int) ((y + 0.5) * down));
            for (int x = 0; x < width; x++) {
                int column = Math.min(points.width() - 1, (int) ((x + 0.5) * across));
                ids[y * width + x] = points.ids()[row * points.width() + column];
            }
        }
        return ids;
    }

    /** What each cluster of a panoptic model ends in. */
    private List<String> segments(Raster8 window, Cutting cutting, Progress progress) {
        ModelCard card = model.card();
        ModelCard.Panoptic how = card.panoptic();
        int[] size = PanopticInput.size(card, window.width(), window.height());
        try (Arena scope = Arena.open(model.device())) {
            Input input = input(window, cutting, scope);
            List<String> names = List.of(KMaxDeepLab.FINAL_MASKS, KMaxDeepLab.FINAL_CLASSES);
            Taps taps = new Taps(scope, names::contains);
            model.run(input.image, Pass.recording(taps));
            NDArray masks = taps.get(KMaxDeepLab.FINAL_MASKS).transpose(0, 2, 3, 1); // (1, h, w, L)
            PanopticDecoder.Result result = new PanopticDecoder(
                            masks.toFloatArray(),
                            taps.get(KMaxDeepLab.FINAL_CLASSES).toFloatArray(),
                            new PanopticDecoder.Layout(
                                    (int) masks.getShape().get(1),
                                    (int) masks.getShape().get(2),
                                    input.height,
                                    input.width,
                                    size[0],
                                    size[1],
                                    window.height(),
                                    window.width()),
                            Set.copyOf(how.things()),
                            new PanopticDecoder.Options(
                                    how.pixelThreshold(),
                                    how.thingThreshold(),
                                    how.stuffThreshold(),
                                    how.overlapThreshold(),
                                    how.classPower(),
                                    how.maskPower(),
                                    1))
                    .decode(progress);
            String[] ends = new String[(int) masks.getShape().get(3)];
            Arrays.fill(ends, "none");
            for (PanopticDecoder.Segment segment : result.segments()) {
                for (int query : segment.queries()) {
                    ends[query] = card.className(segment.label()) + " " + segment.id();
                }
            }
            return List.of(ends);
        }
    }

    /** What the model is given. */
    private record Input(NDArray image, int width, int height) {}

    private Input input(Raster8 window, Cutting cutting, Arena scope) {
        int width = cutting.inputWidthPx > 0 ? cutting.inputWidthPx : sizes().nearestWidth(window.width());
        int height = cutting.inputHeightPx > 0 ? cutting.inputHeightPx : sizes().nearestHeight(window.height());
        if (padded()) {
            int[] size = PanopticInput.size(model.card(), window.width(), window.height());
            Raster8 resized = Resize.resize(window, size[1], size[0], Interpolation.PIL_BILINEAR);
            return new Input(
                    scope.array(PanopticInput.planes(resized, height, width), 1, 3, height, width), width, height);
        }
        Raster8 resized = Resize.resize(window, width, height, Interpolation.CV_BILINEAR);
        ModelCard.Input card = model.card().input();
        float[] values = card.normalisation().apply(Photograph.inOrder(resized, card.channelOrder()));
        return new Input(scope.array(values, 1, 3, height, width), width, height);
    }

    private Taps taps(List<Level> levels, Input input, Arena scope) {
        List<String> names = levels.stream().map(Level::tap).toList();
        Taps taps = new Taps(scope, names::contains);
        model.run(input.image, Pass.recording(taps));
        return taps;
    }

    /** The group of every point of one window for each level. */
    private List<Groups> groups(Raster8 window, List<Level> levels, Cutting cutting) {
        try (Arena scope = Arena.open(model.device())) {
            Input input = input(window, cutting, scope);
            Taps taps = taps(levels, input, scope);
            return levels.stream()
                    .map(level -> ((GroupingModel) model.layer())
                            .groups(level, taps.get(level.tap()), input.height, input.width))
                    .toList();
        }
    }

    @Override
    public void close() {
        model.close();
    }
}
