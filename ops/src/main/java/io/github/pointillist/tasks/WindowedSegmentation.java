// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import io.github.pointillist.catalog.ModelCard.Segmentation;
import io.github.pointillist.catalog.ModelCard.Segmentation.Kind;
import io.github.pointillist.image.Intensities;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.ObjectDecoder.Objects;
import io.github.pointillist.tasks.Segment.Result;
import io.github.pointillist.tasks.Segment.Settings;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.type.numeric.RealType;

/** Segments planes by a network that sees windows at a scale of its own: which scale, and the labels that follow. */
final class WindowedSegmentation {
    /** Scales asked for outside this range are refused. */
    private static final double LEAST_SCALE = 1.0 / 64;

    private static final double MOST_SCALE = 16;
    private static final double SAME_SCALE = Math.log(1.1);
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

    Result segment(RandomAccessibleInterval<? extends RealType<?>> image, double pixelSizeUm, Progress progress) {
        Intensities plane = Intensities.of(image, how.lowPercent(), how.highPercent(), how.grey(), settings.invert());
        List<String> notes = new ArrayList<>(plane.notes());
        double scale = scale(plane, pixelSizeUm, notes, progress);
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
            network.run(scaled, strip, classes, rows, progress);
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
        network.run(scaled, strip, INSTANCE_OUTPUTS, maps::setRow, progress);
        Objects objects = ObjectDecoder.decode(maps, pixels, options(leastAreaPx(scale)), progress);
        return new Result(plane.width(), plane.height(), how.kind(), objects.labels(), objects.count(), scale, notes);
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

    private double scale(Intensities plane, double pixelSizeUm, List<String> notes, Progress progress) {
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
                return automatic(plane, pixelSizeUm, notes, progress);
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

    private double automatic(Intensities plane, double pixelSizeUm, List<String> notes, Progress progress) {
        if (pixelSizeUm > 0 && how.pixelSizeUm() > 0) {
            double scale = pixelSizeUm / how.pixelSizeUm();
            if (scale >= ScaleSearch.LEAST && scale <= ScaleSearch.MOST) {
                return calibrated(pixelSizeUm, notes);
            }
            notes.add("the pixel size of " + number(pixelSizeUm) + " um is not believed: the model's is "
                    + number(how.pixelSizeUm()) + " um");
        }
        if (how.kind() != Kind.INSTANCES) {
            notes.add("the image is taken pixel by pixel: pixel sizes are not known");
            return 1;
        }
        OptionalDouble found = ScaleSearch.diameterPx(network, how, options(0), plane, progress);
        if (found.isEmpty()) {
            notes.add("the image is taken pixel by pixel: at no scale were objects found");
            return 1;
        }
        double scale =
                Math.max(ScaleSearch.LEAST, Math.min(ScaleSearch.MOST, how.objectDiameterPx() / found.getAsDouble()));
        if (Math.abs(Math.log(scale)) <= SAME_SCALE) {
            scale = 1;
        }
        notes.add(said(scale) + ": objects of about " + number(found.getAsDouble())
                + " px were found in it, the model knows objects of " + number(how.objectDiameterPx()) + " px");
        return scale;
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
