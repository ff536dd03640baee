// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import io.github.pointillist.catalog.ModelCard.Segmentation;
import io.github.pointillist.catalog.ModelCard.Segmentation.Kind;
import io.github.pointillist.image.Intensities;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.ObjectDecoder.Objects;
import io.github.pointillist.tasks.Segment.Result;
import io.github.pointillist.tasks.Segment.Settings;
import io.github.pointillist.tasks.Segment.Sizes;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.type.numeric.RealType;

/** Segments planes by a network that sees windows at a scale of its own: which scale, and the labels that follow. */
final class WindowedSegmentation {
    /** Scales asked for outside this range are refused. */
    private static final double LEAST_SCALE = 1.0 / 64;

    private static final double MOST_SCALE = 16;
    /** Calibrations that ask for scales outside this range are not believed. */
    private static final double LEAST_BELIEVED = 1.0 / 8;

    private static final double MOST_BELIEVED = 8;
    private static final double SAME_SCALE = Math.log(1.1);
    private static final double VERY_DIFFERENT = 4;
    private static final int USUAL_TILE_PX = 4096;
    private static final int INSTANCE_OUTPUTS = 4;

    private final Settings settings;
    private final Segmentation how;
    private final int classes;
    private final WindowedNetwork network;

    /**
     * @param how the card's
     * @param classes number of outputs of a SEMANTIC network
     */
    WindowedSegmentation(Settings settings, Segmentation how, int classes, WindowedNetwork.Network network) {
        this.settings = settings;
        this.how = how;
        this.classes = classes;
        this.network = new WindowedNetwork(network, how);
    }

    Result segment(
            RandomAccessibleInterval<? extends RealType<?>> image, double pixelSizeUm, Sizes sizes, Progress progress) {
        Intensities plane = intensities(image);
        List<String> notes = new ArrayList<>(plane.notes());
        double scale = scale(plane, pixelSizeUm, sizes, notes, progress);
        if (scale == 0) {
            progress.report(1, 1, "segmenting");
            return new Result(
                    plane.width(), plane.height(), how.kind(), new int[plane.width() * plane.height()], 0, 1, notes);
        }
        Intensities.Scaled scaled = plane.scaled(scale);
        Windows grid = network.windows(scaled);
        notes.add(String.format(
                Locale.ROOT,
                "%d %s of %d x %d pixels at the model's scale that share %d",
                grid.count(),
                grid.count() == 1 ? "window" : "windows",
                grid.windowPx(),
                grid.windowPx(),
                grid.overlapPx()));
        ObjectDecoder.Pixels pixels = new ObjectDecoder.Pixels(
                plane.width(),
                plane.height(),
                (double) scaled.width() / plane.width() / grid.stridePx(),
                (double) scaled.height() / plane.height() / grid.stridePx(),
                plane.anyMissing() ? plane::missing : null);
        int tile = settings.tilePx() == 0 ? USUAL_TILE_PX : settings.tilePx();
        int strip = (int) Math.min(Integer.MAX_VALUE / 4, Math.max(grid.windowPx(), tile * scale));
        if (how.kind() == Kind.SEMANTIC) {
            SemanticRows rows = new SemanticRows(classes, grid.columns(), grid.rows(), pixels);
            network.run(scaled, strip, classes, work(plane, scale, grid), rows, progress);
            int[] labels = rows.labels();
            if (!how.classValues().isEmpty()) {
                for (int i = 0; i < labels.length; i++) {
                    boolean missing = plane.anyMissing() && plane.missing(i % plane.width(), i / plane.width());
                    labels[i] = missing ? 0 : how.classValue(labels[i]);
                }
            }
            return new Result(plane.width(), plane.height(), how.kind(), labels, classes, scale, notes);
        }
        ObjectMaps maps = new ObjectMaps(grid.columns(), grid.rows());
        network.run(scaled, strip, INSTANCE_OUTPUTS, work(plane, scale, grid), maps::setRow, progress);
        Objects objects = withoutNoise(
                ObjectDecoder.decode(maps, pixels, options(leastAreaPx(scale)), progress),
                maps,
                pixels,
                new Prominence(plane, scale, how.objectDiameterPx()),
                notes);
        return new Result(plane.width(), plane.height(), how.kind(), objects.labels(), objects.count(), scale, notes);
    }

    /** Leaves out what a network sees in noise: objects that as a whole are not prominent, but for single ones that are. */
    private Objects withoutNoise(
            Objects objects, ObjectMaps maps, ObjectDecoder.Pixels pixels, Prominence prominence, List<String> notes) {
        // Whoever says the scale knows what is there: faint objects of stained tissue are no more prominent than noise.
        boolean judged = settings.scaling() == Segment.Scaling.AUTOMATIC && how.leastProminence() > 0;
        if (objects.count() == 0 || !judged) {
            return objects;
        }
        int[] labels = objects.labels();
        int width = pixels.width();
        Prominence.Labels at = (x, y) -> labels[(int) prominence.planeY(y) * width + (int) prominence.planeX(x)];
        double[] prominences = prominence.of(at, objects.count());
        double[] centres = new double[objects.count() + 1];
        for (int y = 0; y < prominence.height(); y++) {
            int row = (int) Math.min(maps.rows() - 1.0, prominence.planeY(y) * pixels.cellsY());
            for (int x = 0; x < prominence.width(); x++) {
                int label = at.at(x, y);
                if (label > 0) {
                    int column = (int) Math.min(maps.columns() - 1.0, prominence.planeX(x) * pixels.cellsX());
                    centres[label] = Math.max(centres[label], maps.centre(row * maps.columns() + column));
                }
            }
        }
        if (Prominence.convincing(prominences, centres, how.leastProminence())) {
            return objects;
        }
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] > 0 && !Prominence.convincing(prominences[labels[i]], centres[labels[i]])) {
                labels[i] = 0;
            }
        }
        int kept = new LabelRuns(labels, width, pixels.height()).renumber(objects.count(), 0, false);
        int left = objects.count() - kept;
        notes.add(left + (left == 1 ? " object" : " objects")
                + " left out: no more prominent than what a model sees in noise");
        return new Objects(labels, kept);
    }

    private Intensities intensities(RandomAccessibleInterval<? extends RealType<?>> image) {
        return Intensities.of(image, how.lowPercent(), how.highPercent(), how.grey(), settings.invert());
    }

    /** Whether the scale follows from the objects that are found. */
    boolean looks(double pixelSizeUm) {
        return settings.scaling() == Segment.Scaling.AUTOMATIC
                && how.kind() == Kind.INSTANCES
                && !isBelieved(pixelSizeUm);
    }

    private boolean isBelieved(double pixelSizeUm) {
        double scale = how.pixelSizeUm() == 0 ? 0 : pixelSizeUm / how.pixelSizeUm();
        return scale >= LEAST_BELIEVED && scale <= MOST_BELIEVED;
    }

    Sizes look(RandomAccessibleInterval<? extends RealType<?>> image, Progress progress) {
        return ScaleSearch.sizes(network, how, options(0), intensities(image), progress);
    }

    private double leastAreaPx(double scale) {
        double usualPx = how.objectDiameterPx() / scale;
        return settings.minAreaPx() > 0 ? settings.minAreaPx() : Settings.LEAST_SHARE * Math.PI / 4 * usualPx * usualPx;
    }

    private ObjectDecoder.Options options(double leastAreaPx) {
        return new ObjectDecoder.Options(
                settings.foregroundThreshold() == Settings.AUTOMATIC
                        ? how.foregroundThreshold()
                        : settings.foregroundThreshold(),
                settings.centreThreshold() == Settings.AUTOMATIC ? how.centreThreshold() : settings.centreThreshold(),
                how.objectDiameterPx() / network.stridePx(),
                leastAreaPx,
                settings.excludeBorder(),
                how.smallestRadiusPx());
    }

    // ---- scale

    private double scale(Intensities plane, double pixelSizeUm, Sizes sizes, List<String> notes, Progress progress) {
        switch (settings.scaling()) {
            case NONE:
                notes.add("the image is taken pixel by pixel, whatever its pixel size");
                return 1;
            case DIAMETER:
                double wanted = how.objectDiameterPx() / settings.objectDiameterPx();
                checkScale(wanted, "objects of " + settings.objectDiameterPx() + " px");
                notes.add(said(wanted) + ": objects of about " + number(settings.objectDiameterPx())
                        + " px as given, the model knows objects of " + number(how.objectDiameterPx()) + " px");
                return wanted;
            case CALIBRATION:
                if (pixelSizeUm == 0) {
                    throw new IllegalArgumentException("scaling is by the calibration, but the pixel size of the image"
                            + " is not known; set it (Image > Properties...), or choose another scaling");
                }
                checkScale(pixelSizeUm / how.pixelSizeUm(), "a pixel size of " + pixelSizeUm + " um");
                return calibrated(pixelSizeUm, notes);
            default:
                return automatic(plane, pixelSizeUm, sizes, notes, progress);
        }
    }

    private static void checkScale(double scale, String because) {
        if (scale < LEAST_SCALE || scale > MOST_SCALE) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT,
                    "%s asks for a scale of %.3g; allowed are 1/64 to 16: choose another scaling",
                    because,
                    scale));
        }
    }

    private double calibrated(double pixelSizeUm, List<String> notes) {
        double scale = pixelSizeUm / how.pixelSizeUm();
        notes.add(said(scale) + ": its pixels are " + number(pixelSizeUm) + " um, the model's "
                + number(how.pixelSizeUm()) + " um");
        return scale;
    }

    /** 0 where there is nothing to see. */
    private double automatic(
            Intensities plane, double pixelSizeUm, Sizes given, List<String> notes, Progress progress) {
        if (pixelSizeUm > 0 && how.pixelSizeUm() > 0) {
            if (isBelieved(pixelSizeUm)) {
                return calibrated(pixelSizeUm, notes);
            }
            notes.add("the pixel size of " + number(pixelSizeUm) + " um is not believed: the model's is "
                    + number(how.pixelSizeUm()) + " um");
        }
        if (how.kind() != Kind.INSTANCES) {
            notes.add("the image is taken pixel by pixel: pixel sizes are not known");
            return 1;
        }
        Sizes sizes = given == null ? ScaleSearch.sizes(network, how, options(0), plane, progress) : given;
        if (!sizes.any()) {
            notes.add("nothing here: at no scale were objects found that stand out from noise; if there are some, give"
                    + " their diameter");
            return 0;
        }
        double wanted = how.objectDiameterPx() / sizes.diameterPx();
        double scale = Math.max(ScaleSearch.LEAST, Math.min(ScaleSearch.most(plane), wanted));
        if (Math.abs(Math.log(scale)) <= SAME_SCALE) {
            scale = 1;
        }
        notes.add(said(scale) + ": objects of about " + number(sizes.diameterPx())
                + (given == null ? " px were found in it" : " px were found") + ", the model knows objects of "
                + number(how.objectDiameterPx()) + " px");
        if (scale < wanted * 0.9) {
            notes.add("not enlarged " + number(wanted)
                    + " times, which would take long: to have that, give the object diameter ("
                    + number(sizes.diameterPx()) + " px)");
        }
        if (sizes.largePx() > VERY_DIFFERENT * sizes.smallPx()) {
            notes.add("objects of very different size, " + number(sizes.smallPx()) + " to " + number(sizes.largePx())
                    + " px: the scale suits those that cover most; for others give their object diameter");
        }
        return scale;
    }

    private static String work(Intensities plane, double scale, Windows grid) {
        String size = number((double) plane.width() * plane.height() / 1e6) + " megapixels";
        String how = scale > 1
                ? " enlarged " + number(scale) + " times"
                : scale < 1 ? " shrunk to 1/" + number(1 / scale) : "";
        return size + how + ", " + grid.count() + " windows";
    }

    private static String said(double scale) {
        return scale == 1
                ? "image taken pixel by pixel"
                : scale > 1 ? "image enlarged " + number(scale) + " times" : "image shrunk to 1/" + number(1 / scale);
    }

    private static String number(double value) {
        return new BigDecimal(value)
                .round(new MathContext(3))
                .stripTrailingZeros()
                .toPlainString();
    }
}
