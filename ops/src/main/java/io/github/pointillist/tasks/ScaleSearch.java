// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import io.github.pointillist.catalog.ModelCard.Segmentation;
import io.github.pointillist.image.Intensities;
import io.github.pointillist.image.RasterF;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.ObjectDecoder.Objects;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Finds the scale at which the objects of a plane come out as large as those that a model knows, by looking with the model
 * itself: at half, one, two and four times the size, through windows on the three busiest of sixteen parts of the plane
 * (those with the largest deviation of intensities), it segments and takes the diameters of the objects that lie inside the
 * window as a whole. A scale is the better the surer the model is (probability of foreground times that of the centre, by
 * area), the nearer the median diameter (by area) is to that of the card, and the more objects there are. From the best one
 * on it is refined by what was found there, while that changes it by more than a tenth, {@value #REFINEMENTS} times at most.
 *
 * <p>Depends on the model and the plane alone.
 */
final class ScaleSearch {
    /** The smallest and largest scale. */
    static final double LEAST = 1.0 / 8;

    static final double MOST = 8;

    private static final double[] TRIED = {0.5, 1, 2, 4};
    private static final int PARTS = 4;
    private static final int BUSIEST = 3;
    private static final int REFINEMENTS = 3;
    private static final double CLOSE = Math.log(1.1);
    private static final int COARSE_PX = 512;
    private static final int PIXELS_PER_CELL = 2;

    private final WindowedNetwork network;
    private final Segmentation card;
    private final ObjectDecoder.Options options;
    private final Intensities plane;
    private final Progress progress;
    private final List<double[]> places;

    /** What was found at one scale: the objects' diameter in pixels of the plane, and how good that is. */
    private record Trial(double scale, double diameterPx, double score) {}

    private ScaleSearch(
            WindowedNetwork network,
            Segmentation card,
            ObjectDecoder.Options options,
            Intensities plane,
            Progress progress) {
        this.network = network;
        this.card = card;
        this.options = options;
        this.plane = plane;
        this.progress = progress;
        this.places = busiest();
    }

    /**
     * Searches.
     *
     * @param options as for the whole plane; area and border play no part
     * @return the diameter of the objects in pixels of the plane; empty where none are found
     */
    static OptionalDouble diameterPx(
            WindowedNetwork network,
            Segmentation card,
            ObjectDecoder.Options options,
            Intensities plane,
            Progress progress) {
        return new ScaleSearch(network, card, options, plane, progress).search();
    }

    private OptionalDouble search() {
        Trial best = null;
        for (double scale : TRIED) {
            Trial trial = look(scale);
            if (trial != null && (best == null || trial.score() > best.score())) {
                best = trial;
            }
        }
        for (int i = 0; best != null && i < REFINEMENTS; i++) {
            double next = Math.max(LEAST, Math.min(MOST, card.objectDiameterPx() / best.diameterPx()));
            if (Math.abs(Math.log(next / best.scale())) <= CLOSE) {
                break;
            }
            Trial trial = look(next);
            if (trial == null || trial.score() <= best.score()) {
                break;
            }
            best = trial;
        }
        return best == null ? OptionalDouble.empty() : OptionalDouble.of(best.diameterPx());
    }

    /** The middles of the parts with the largest deviation, as shares of width and height. */
    private List<double[]> busiest() {
        double shrink = Math.min(1, COARSE_PX / (double) Math.max(plane.width(), plane.height()));
        Intensities.Scaled scaled = plane.scaled(shrink);
        RasterF coarse = scaled.part(0, 0, scaled.width(), scaled.height());
        int columns = Math.min(PARTS, coarse.width());
        int rows = Math.min(PARTS, coarse.height());
        double[] deviation = new double[columns * rows];
        for (int part = 0; part < deviation.length; part++) {
            int x0 = part % columns * coarse.width() / columns;
            int x1 = (part % columns + 1) * coarse.width() / columns;
            int y0 = part / columns * coarse.height() / rows;
            int y1 = (part / columns + 1) * coarse.height() / rows;
            double sum = 0;
            double squares = 0;
            for (int y = y0; y < y1; y++) {
                for (int x = x0; x < x1; x++) {
                    double value = 0;
                    for (int c = 0; c < coarse.channels(); c++) {
                        value += coarse.at(x, y, c) / coarse.channels();
                    }
                    sum += value;
                    squares += value * value;
                }
            }
            double n = (double) (x1 - x0) * (y1 - y0);
            deviation[part] = squares / n - sum / n * (sum / n);
        }
        return IntStream.range(0, deviation.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer part) -> -deviation[part]))
                .limit(BUSIEST)
                .map(part -> new double[] {(part % columns + 0.5) / columns, (part / columns + 0.5) / rows})
                .toList();
    }

    /** One object seen in a window. */
    private record Seen(double diameterPx, double area, double sureness) {}

    private Trial look(double scale) {
        Intensities.Scaled scaled = plane.scaled(scale);
        int side = card.windowPx();
        Set<List<Integer>> corners = new LinkedHashSet<>();
        for (double[] place : places) {
            corners.add(List.of(corner(place[0], scaled.width(), side), corner(place[1], scaled.height(), side)));
        }
        List<Seen> seen = new ArrayList<>();
        for (List<Integer> corner : corners) {
            progress.check();
            RasterF window = scaled.part(corner.get(0), corner.get(1), side, side);
            look(
                    window,
                    Math.min(side, scaled.width() - corner.get(0)),
                    Math.min(side, scaled.height() - corner.get(1)),
                    seen);
        }
        if (seen.isEmpty()) {
            return null;
        }
        double area = seen.stream().mapToDouble(Seen::area).sum();
        double sureness =
                seen.stream().mapToDouble(one -> one.area() * one.sureness()).sum() / area;
        double median = median(seen, area);
        double off = Math.log(median / card.objectDiameterPx()) / Math.log(2);
        double score = sureness * Math.exp(-off * off / 2) * seen.size() / (seen.size() + 2.0);
        return new Trial(scale, median / scale, score);
    }

    private static int corner(double share, int length, int side) {
        return (int) Math.max(0, Math.min(length - side, Math.rint(share * length - side / 2.0)));
    }

    private static double median(List<Seen> seen, double area) {
        List<Seen> sorted = new ArrayList<>(seen);
        sorted.sort(Comparator.comparingDouble(Seen::diameterPx));
        double sum = 0;
        for (Seen one : sorted) {
            sum += one.area();
            if (sum >= area / 2) {
                return one.diameterPx();
            }
        }
        return sorted.get(sorted.size() - 1).diameterPx();
    }

    /** Segments one window of which the given part shows the plane and the rest is mirrored. */
    private void look(RasterF window, int validWidth, int validHeight, List<Seen> seen) {
        int stride = network.stridePx();
        int cells = card.windowPx() / stride;
        float[][] outputs = network.outputs(window);
        ObjectMaps maps = new ObjectMaps(cells, cells);
        for (int i = 0; i < cells * cells; i++) {
            maps.set(i, outputs[0][i], outputs[1][i], outputs[2][i], outputs[3][i]);
        }
        // Finer than the cells, so that the area of small objects is known well.
        double pixel = (double) stride / PIXELS_PER_CELL;
        int side = cells * PIXELS_PER_CELL;
        int width = (int) Math.max(1, Math.min(side, validWidth / pixel));
        int height = (int) Math.max(1, Math.min(side, validHeight / pixel));
        double cell = 1.0 / PIXELS_PER_CELL;
        Objects objects = ObjectDecoder.decode(
                maps,
                new ObjectDecoder.Pixels(width, height, cell, cell, null),
                new ObjectDecoder.Options(options.foreground(), options.centre(), options.diameterCells(), 0, true),
                progress);
        double[] area = new double[objects.count() + 1];
        double[] foreground = new double[objects.count() + 1];
        double[] centre = new double[objects.count() + 1];
        for (int i = 0; i < objects.labels().length; i++) {
            int label = objects.labels()[i];
            int at = i / width / PIXELS_PER_CELL * cells + i % width / PIXELS_PER_CELL;
            area[label]++;
            foreground[label] += maps.foreground(at);
            centre[label] = Math.max(centre[label], maps.centre(at));
        }
        for (int label = 1; label <= objects.count(); label++) {
            double px = area[label] * pixel * pixel;
            seen.add(new Seen(Math.sqrt(4 / Math.PI * px), px, foreground[label] / area[label] * centre[label]));
        }
    }
}
