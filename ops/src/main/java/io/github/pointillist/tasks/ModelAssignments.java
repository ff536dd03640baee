// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.pointillist.clustering.Components;
import io.github.pointillist.clustering.Labels;
import io.github.pointillist.image.Images;
import io.github.pointillist.image.IntensityRange;
import io.github.pointillist.image.Interpolation;
import io.github.pointillist.image.Normalisation;
import io.github.pointillist.image.Overlay;
import io.github.pointillist.image.Raster8;
import io.github.pointillist.image.RasterF;
import io.github.pointillist.image.Resize;
import io.github.pointillist.models.ContextCluster;
import io.github.pointillist.models.ContextCluster.Config;
import io.github.pointillist.models.ContextClusterCheckpoint;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Pass;
import io.github.pointillist.tensor.Taps;
import io.github.pointillist.weights.Checkpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.type.numeric.RealType;
import net.imglib2.type.numeric.integer.UnsignedByteType;

/**
 * The assignments inside a Context Cluster model as label planes, as in ma-xu/Context-Cluster be9a03b, {@code
 * cluster_visualize.py}: of one stage, block and head, the region and the centre of every point, enlarged to the image
 * by nearest neighbours.
 *
 * <p>The model sees windows of at most {@value #WINDOW_PX} pixels a side, cut evenly from the image, each resized
 * bilinearly to the nearest size that the model takes: they follow from model and image alone. Labels of different
 * windows differ. With an input size, the whole image is one window, resized to a square of that size.
 *
 * <p>Bytes go in as they are; other types are stretched from their percentiles 0.1 and 99.9 over the plane, each channel
 * for itself. One channel is given to the model three times; other numbers of channels than one and three are averaged.
 */
final class ModelAssignments implements AutoCloseable {
    static final int WINDOW_PX = 1024;
    private static final double LOW_PERCENT = 0.1;
    private static final double HIGH_PERCENT = 99.9;

    private final Arena arena;
    private final ContextCluster model;
    private final ContextClusterCheckpoint checkpoint;
    private final String sha256;

    /** One head of one block, counted from 0. */
    private record Level(int stage, int block, int head) {
        String tap() {
            return "network." + 2 * stage + "." + block + ".token_mixer.assignment";
        }

        @Override
        public String toString() {
            return stage + "." + block + "." + head;
        }
    }

    ModelAssignments(Path file, String variant, Device device) throws IOException {
        Checkpoint read = Checkpoint.read(file);
        this.sha256 = read.sha256();
        this.checkpoint = ContextClusterCheckpoint.of(read, variant);
        this.arena = Arena.open(device);
        try {
            this.model = checkpoint.load(arena, DataType.FLOAT32);
        } catch (IOException | RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    String sha256() {
        return sha256;
    }

    /** The variant and what was done to read the file. */
    List<String> description() {
        List<String> lines = new ArrayList<>();
        lines.add(checkpoint.variant());
        lines.addAll(checkpoint.notes());
        return lines;
    }

    /** Every stage, block and head. */
    List<String> levels() {
        Config config = model.config();
        List<String> all = new ArrayList<>();
        for (int stage = 0; stage < config.stages(); stage++) {
            for (int block = 0; block < config.layers().get(stage); block++) {
                for (int head = 0; head < config.heads().get(stage); head++) {
                    all.add(new Level(stage, block, head).toString());
                }
            }
        }
        return all;
    }

    private Level parse(String text) {
        Config config = model.config();
        String[] parts = text.trim().split("\\.", -1);
        try {
            if (parts.length == 3) {
                Level level =
                        new Level(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), Integer.parseInt(parts[2]));
                if (within(level.stage, config.stages())
                        && within(level.block, config.layers().get(level.stage))
                        && within(level.head, config.heads().get(level.stage))) {
                    return level;
                }
            }
        } catch (NumberFormatException e) {
            // The message below says what is allowed.
        }
        throw new IllegalArgumentException("level is " + text + "; allowed are stage.block.head, counted from 0, with "
                + config.layers() + " blocks and " + config.heads() + " heads in the stages, as in 2.0.5");
    }

    private static boolean within(int i, int n) {
        return i >= 0 && i < n;
    }

    /** Maps one plane; labels 1 to n in every level. */
    List<MapClusters.LabelPlane> map(
            RandomAccessibleInterval<? extends RealType<?>> image, MapClusters.Settings settings, Progress progress) {
        int inputSizePx = settings.inputSizePx();
        List<Level> levels = settings.levels().stream().map(this::parse).toList();
        RasterF values = Images.toRaster(image);
        Raster8 picture = toModelInput(values, image.getType() instanceof UnsignedByteType);
        boolean[] missing = missing(values);
        int width = picture.width();
        int height = picture.height();
        int columns = inputSizePx > 0 ? 1 : windows(width);
        int rows = inputSizePx > 0 ? 1 : windows(height);
        int[][] labels = new int[levels.size()][width * height];
        int[] counts = new int[levels.size()];
        for (int i = 0; i < rows * columns; i++) {
            progress.report(i, (long) rows * columns, "clusters of the model");
            progress.check();
            int left = cut(i % columns, columns, width);
            int top = cut(i / columns, rows, height);
            int right = cut(i % columns + 1, columns, width);
            int bottom = cut(i / columns + 1, rows, height);
            Raster8 window = picture.crop(left, top, right - left, bottom - top);
            List<int[]> ids = window(window, levels, inputSizePx);
            for (int l = 0; l < levels.size(); l++) {
                int[] from = ids.get(l);
                for (int y = top; y < bottom; y++) {
                    for (int x = left; x < right; x++) {
                        int pixel = y * width + x;
                        int id = from[(y - top) * (right - left) + x - left];
                        labels[l][pixel] = missing[pixel] ? -1 : counts[l] + id;
                    }
                }
                counts[l] += clusters(levels.get(l));
            }
        }
        progress.report(1, 1, "clusters of the model");
        List<MapClusters.LabelPlane> planes = new ArrayList<>();
        for (int l = 0; l < levels.size(); l++) {
            Labels plane = new Labels(width, height, labels[l], counts[l]);
            if (settings.connected()) {
                plane = Components.split(plane, Math.max(0, settings.minSizePx()), progress);
            }
            planes.add(MapClusters.plane(levels.get(l).toString(), plane));
        }
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

    private int clusters(Level level) {
        int fold = model.config().fold().get(level.stage);
        int centres = model.config().centres().get(level.stage);
        return fold * fold * centres * centres;
    }

    private int side(int pixels, int inputSizePx) {
        if (inputSizePx > 0) {
            return inputSizePx;
        }
        int multiple = model.config().multiple();
        return Math.max(1, (pixels + multiple / 2) / multiple) * multiple;
    }

    /** The cluster of every pixel of one window, from 0, for each level. */
    private List<int[]> window(Raster8 window, List<Level> levels, int inputSizePx) {
        int width = side(window.width(), inputSizePx);
        int height = side(window.height(), inputSizePx);
        Raster8 resized = Resize.resize(window, width, height, Interpolation.CV_BILINEAR);
        List<Integer> pointRows = model.config().sides(height);
        List<Integer> pointColumns = model.config().sides(width);
        List<String> names = levels.stream().map(Level::tap).toList();
        try (Arena scope = Arena.open(arena.device())) {
            NDArray input = scope.array(Normalisation.IMAGENET.apply(resized), 1, 3, height, width);
            Taps taps = new Taps(scope, names::contains);
            if (model.config().classes() == 0) {
                model.features(input, Pass.recording(taps)).close();
            } else {
                model.apply(input, Pass.recording(taps)).close();
            }
            List<int[]> ids = new ArrayList<>();
            for (Level level : levels) {
                int h = pointRows.get(level.stage);
                int w = pointColumns.get(level.stage);
                long[] chosen = taps.get(level.tap()).toLongArray();
                ids.add(Overlay.nearest(
                        model.config().clusterIds(level.stage, level.head, chosen, h, w),
                        w,
                        h,
                        window.width(),
                        window.height()));
            }
            return ids;
        }
    }

    private static Raster8 toModelInput(RasterF values, boolean areBytes) {
        Raster8 bytes = (areBytes ? values : IntensityRange.stretch(values, LOW_PERCENT, HIGH_PERCENT)).toBytes();
        return bytes.channels() == 1 || bytes.channels() == 3
                ? bytes.withChannels(3)
                : average(bytes).withChannels(3);
    }

    private static Raster8 average(Raster8 picture) {
        int channels = picture.channels();
        Raster8 grey = Raster8.of(picture.width(), picture.height(), 1);
        for (int i = 0; i < grey.data().length; i++) {
            int sum = 0;
            for (int c = 0; c < channels; c++) {
                sum += picture.data()[i * channels + c] & 0xFF;
            }
            grey.data()[i] = (byte) ((sum + channels / 2) / channels);
        }
        return grey;
    }

    @Override
    public void close() {
        arena.close();
    }
}
