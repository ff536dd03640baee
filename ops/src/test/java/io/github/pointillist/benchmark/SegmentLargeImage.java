// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.benchmark;

import io.github.pointillist.catalog.ModelCard.Segmentation;
import io.github.pointillist.catalog.ModelCard.Segmentation.Kind;
import io.github.pointillist.catalog.ModelStore;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.Segment;
import io.github.pointillist.tasks.Segment.Result;
import io.github.pointillist.tasks.Segment.Scaling;
import io.github.pointillist.tasks.Segment.Settings;
import io.github.pointillist.tasks.SegmentationModels;
import io.github.pointillist.training.TrainSegmenter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;
import net.imglib2.img.Img;
import net.imglib2.img.array.ArrayImgs;
import net.imglib2.type.numeric.integer.UnsignedShortType;

/**
 * Segments square 16-bit images of blobs and prints the time a megapixel, the peak of the process's resident memory and a
 * hash of the labels, which must not depend on tile and threads.
 *
 * <p>Arguments: side in pixels (2048), tile in pixels (0), model (an untrained one of the size of the bundled ones).
 */
public final class SegmentLargeImage {
    private static final int SPACING_PX = 40;

    private SegmentLargeImage() {}

    /** Runs it. */
    public static void main(String[] args) throws IOException {
        int side = args.length > 0 ? Integer.parseInt(args[0]) : 2048;
        int tile = args.length > 1 ? Integer.parseInt(args[1]) : 0;
        String model = args.length > 2 ? args[2] : untrained();
        Settings settings = new Settings(model, null, Scaling.NONE, 0, 0, -1, -1, false, false, tile, "cpu");
        try (Segment task = Segment.open(settings)) {
            task.segment(blobs(256), 0, Progress.NONE);
            Img<UnsignedShortType> image = blobs(side);
            long start = System.nanoTime();
            Result result = task.segment(image, 0, Progress.NONE);
            double seconds = (System.nanoTime() - start) / 1e9;
            System.out.printf(
                    Locale.ROOT,
                    "%d x %d, tile %d: %.1f s, %.2f s a megapixel, peak %d MB resident, %d objects, labels %08x%n",
                    side,
                    side,
                    tile,
                    seconds,
                    seconds / side / side * 1e6,
                    peakKilobytes() / 1024,
                    result.count(),
                    Arrays.hashCode(result.labels()));
        }
    }

    private static String untrained() throws IOException {
        Path folder = Files.createTempDirectory("benchmark-");
        folder.toFile().deleteOnExit();
        ModelStore store = new ModelStore(folder);
        SegmentationModels.install(
                store,
                folder,
                "untrained",
                TrainSegmenter.SMALL,
                new Segmentation(Kind.INSTANCES, 0, 32, 256, 64, 1, 99.8, true, 0.5, 0.3));
        return folder.resolve("untrained").toString();
    }

    /** Round spots on a grid with noise. */
    private static Img<UnsignedShortType> blobs(int side) {
        SplittableRandom random = new SplittableRandom(1);
        short[] values = new short[side * side];
        for (int i = 0; i < values.length; i++) {
            double x = i % side % SPACING_PX - SPACING_PX / 2.0;
            double y = i / side % SPACING_PX - SPACING_PX / 2.0;
            values[i] = (short) ((Math.hypot(x, y) < SPACING_PX / 2.6 ? 9000 : 1000) + random.nextInt(1500));
        }
        return ArrayImgs.unsignedShorts(values, side, side);
    }

    private static long peakKilobytes() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return -1;
        }
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElse(-1);
    }
}
