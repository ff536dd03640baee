// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.benchmark;

import io.github.pointillist.clustering.Components;
import io.github.pointillist.clustering.ContextClustering;
import io.github.pointillist.clustering.FeatureSource;
import io.github.pointillist.clustering.Features;
import io.github.pointillist.clustering.Labels;
import io.github.pointillist.clustering.Sources;
import io.github.pointillist.progress.Progress;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import javax.imageio.ImageIO;

/**
 * How well superpixels keep to true borders.
 *
 * <p>A pixel is on a border if the pixel right of it or below it has another label. Boundary recall: the share of the true
 * border pixels with a superpixel border pixel at most 2 pixels away in x and in y. Under-segmentation error, as corrected
 * by Neubert and Protzel (Superpixel Benchmark and Comparison, 2012): the sum over true segments g and superpixels s that
 * overlap of {@code min(|s in g|, |s outside g|)}, divided by the pixels.
 */
public final class SuperpixelQuality {
    private static final int TOLERANCE_PX = 2;

    private SuperpixelQuality() {}

    /** The share of true border pixels that are found, 0 to 1; 1 if there are none. */
    public static double boundaryRecall(Labels truth, Labels superpixels) {
        boolean[] wanted = border(truth);
        boolean[] given = border(superpixels);
        int width = truth.width();
        int height = truth.height();
        long total = 0;
        long found = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                if (wanted[y * width + x]) {
                    total++;
                    found += near(given, width, height, x, y) ? 1 : 0;
                }
            }
        }
        return total == 0 ? 1 : (double) found / total;
    }

    private static boolean near(boolean[] border, int width, int height, int x, int y) {
        for (int v = Math.max(0, y - TOLERANCE_PX); v <= Math.min(height - 1, y + TOLERANCE_PX); v++) {
            for (int u = Math.max(0, x - TOLERANCE_PX); u <= Math.min(width - 1, x + TOLERANCE_PX); u++) {
                if (border[v * width + u]) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean[] border(Labels plane) {
        int width = plane.width();
        int[] labels = plane.labels();
        boolean[] border = new boolean[labels.length];
        for (int i = 0; i < labels.length; i++) {
            border[i] = i % width < width - 1 && labels[i] != labels[i + 1]
                    || i + width < labels.length && labels[i] != labels[i + width];
        }
        return border;
    }

    /** The corrected under-segmentation error, 0 and up, smaller is better. */
    public static double underSegmentationError(Labels truth, Labels superpixels) {
        Map<Long, Integer> overlaps = new HashMap<>();
        Map<Integer, Integer> sizes = new HashMap<>();
        for (int i = 0; i < truth.labels().length; i++) {
            int s = superpixels.labels()[i];
            overlaps.merge((long) truth.labels()[i] << 32 | s & 0xFFFFFFFFL, 1, Integer::sum);
            sizes.merge(s, 1, Integer::sum);
        }
        long error = 0;
        for (Map.Entry<Long, Integer> overlap : overlaps.entrySet()) {
            int size = sizes.get((int) (long) overlap.getKey());
            error += Math.min(overlap.getValue(), size - overlap.getValue());
        }
        return (double) error / truth.labels().length;
    }

    /** Superpixels as the defaults make them: context clustering, connected, small ones merged. */
    public static Labels context(FeatureSource features, int clusters) {
        Labels labels = ContextClustering.cluster(features, ContextClustering.Config.of(clusters), Progress.NONE)
                .labels();
        return Components.split(labels, features, Components.defaultMinSizePx(labels), Progress.NONE);
    }

    /** A plain grid of about so many squares. */
    public static Labels grid(int width, int height, int clusters) {
        int gy = Math.max(1, (int) Math.round(Math.sqrt((double) clusters * height / width)));
        int gx = Math.max(1, (int) Math.round((double) clusters / gy));
        int[] labels = new int[width * height];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = i / width * gy / height * gx + i % width * gx / width;
        }
        return new Labels(width, height, labels, gx * gy);
    }

    /** An image file that javax.imageio reads, as it is stored. */
    public static FeatureSource read(Path file) throws IOException {
        Raster raster = ImageIO.read(file.toFile()).getRaster();
        int channels = raster.getNumBands();
        return Sources.rows(raster.getWidth(), raster.getHeight(), Math.min(3, channels), y -> {
            float[] all =
                    raster.getPixels(raster.getMinX(), raster.getMinY() + y, raster.getWidth(), 1, (float[]) null);
            if (channels <= 3) {
                return all;
            }
            float[] colours = new float[3 * raster.getWidth()]; // without alpha
            for (int i = 0; i < colours.length; i++) {
                colours[i] = all[i / 3 * channels + i % 3];
            }
            return colours;
        });
    }

    /** The first channel as labels. */
    public static Labels labels(FeatureSource source) {
        int[] labels = new int[source.width() * source.height()];
        float[] row = new float[source.width() * source.channels()];
        int most = 0;
        for (int i = 0; i < labels.length; i++) {
            if (i % source.width() == 0) {
                source.row(i / source.width(), row);
            }
            labels[i] = (int) row[i % source.width() * source.channels()];
            most = Math.max(most, labels[i]);
        }
        return new Labels(source.width(), source.height(), labels, most + 1);
    }

    /** Lab for three channels, scaled intensities otherwise. */
    public static FeatureSource features(FeatureSource image) {
        return image.channels() == 3 ? Features.lab(image) : Features.intensities(image);
    }

    private static void print(String name, FeatureSource image, Labels truth) {
        for (int clusters : new int[] {100, 256, 400, 1024}) {
            Labels context = context(features(image), clusters);
            Labels grid = grid(image.width(), image.height(), context.count());
            System.out.printf(
                    Locale.ROOT,
                    "%-28s %6d %8d  %.4f %.4f  %.4f %.4f%n",
                    name,
                    clusters,
                    context.count(),
                    boundaryRecall(truth, context),
                    boundaryRecall(truth, grid),
                    underSegmentationError(truth, context),
                    underSegmentationError(truth, grid));
        }
    }

    /**
     * Prints a table of simulated tissues and of the images given.
     *
     * @param args pairs of files: an image and its labels
     * @throws IOException if a file cannot be read
     */
    public static void main(String... args) throws IOException {
        if (args.length % 2 != 0) {
            throw new IllegalArgumentException(args.length + " files given; allowed: pairs of an image and its labels");
        }
        System.out.printf("%-28s %6s %8s  %-13s  %-13s%n", "", "", "", "recall", "undersegm.");
        System.out.printf(
                "%-28s %6s %8s  %-6s %-6s  %-6s %-6s%n", "image", "asked", "got", "ctx", "grid", "ctx", "grid");
        for (SimulatedTissue tissue : SimulatedTissue.EXAMPLES) {
            print(tissue.name(), tissue.image(), tissue.truth());
        }
        for (int i = 0; i < args.length; i += 2) {
            Path image = Path.of(args[i]);
            Path truth = Path.of(args[i + 1]);
            if (!Files.exists(image) || !Files.exists(truth)) {
                System.out.println("skipped, not there: " + image + ", " + truth);
                continue;
            }
            print(image.getFileName().toString(), read(image), labels(read(truth)));
        }
    }
}
