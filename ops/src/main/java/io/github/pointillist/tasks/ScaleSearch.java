// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import io.github.pointillist.catalog.ModelCard.Segmentation;
import io.github.pointillist.image.Intensities;
import io.github.pointillist.image.RasterF;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.ObjectDecoder.Objects;
import io.github.pointillist.tasks.Segment.Sizes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Finds the scale at which the objects of a plane come out as large as those that a model knows, by looking with the model
 * itself through windows on the three busiest of sixteen parts of the plane (those with the largest deviation of
 * intensities): it segments and takes the diameters of the objects that lie inside the window as a whole (of those at its
 * border where there are no others). A scale at which they are not prominent ({@link Prominence}) shows noise, and counts
 * for nothing. Else it is the better the surer the model is (probability of foreground times that of the centre, by
 * area), the nearer the median diameter (by area) is to that of the card, and the more objects there are.
 *
 * <p>It looks at the plane's own size first, then at twice, half, four times, a quarter and so on down to where an
 * object as large as the plane would be half as large as those of the card. From each scale that beats the ones before it goes on to the
 * one that follows from the diameters found there, while that changes it by more than a tenth and gets better, {@value #REFINEMENTS} times at
 * most; once a scale is as good as {@value #GOOD} it looks no further, and once there is a
 * good one not at those that are more than four times larger or smaller.
 *
 * <p>Depends on the model and the plane alone.
 */
final class ScaleSearch {
    /** The smallest and largest scale. */
    static final double LEAST = 1.0 / 64;

    private static final double MOST = 8;

    /** A plane is never enlarged to more pixels than this, or by 4, whichever is more. */
    private static final double MOST_PX = 1 << 22;

    private static final double MOST_OF_LARGE = 4;

    private static final double[] TRIED = {1, 2, 0.5, 4, 1.0 / 4, 1.0 / 8, 1.0 / 16, 1.0 / 32, LEAST};
    private static final int PARTS = 4;
    private static final int BUSIEST = 3;
    private static final int REFINEMENTS = 3;
    private static final double GOOD = 0.5;
    private static final double CLOSE = Math.log(1.1);
    private static final double FAR = Math.log(4);
    private static final int COARSE_PX = 512;
    private static final int PIXELS_PER_CELL = 2;

    private final WindowedNetwork network;
    private final Segmentation card;
    private final ObjectDecoder.Options options;
    private final Intensities plane;
    private final Progress progress;
    private final RasterF coarse;
    private final List<double[]> places;
    private int windows;
    private final double least;
    private final double most;

    /** What was found at one scale: the objects' diameters in pixels of the plane, and how good that is. */
    private record Trial(double scale, double diameterPx, double smallPx, double largePx, double score) {
        /** Two measurements that agree are averaged: which objects lie in the windows is chance. */
        Trial with(Trial before) {
            boolean agree = Math.abs(Math.log(diameterPx / before.diameterPx)) <= CLOSE;
            double mean = agree ? Math.sqrt(diameterPx * before.diameterPx) : diameterPx;
            return new Trial(scale, mean, smallPx, largePx, score);
        }
    }

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
        this.coarse = coarse();
        this.places = busiest();
        // Where an object that fills the plane would still come out half as large as the model knows it.
        this.most = most(plane);
        this.least = Math.max(LEAST, card.objectDiameterPx() / 2 / Math.max(plane.width(), plane.height()));
    }

    /**
     * Searches.
     *
     * @param options as for the whole plane; area and border play no part
     */
    static Sizes sizes(
            WindowedNetwork network,
            Segmentation card,
            ObjectDecoder.Options options,
            Intensities plane,
            Progress progress) {
        return new ScaleSearch(network, card, options, plane, progress).search();
    }

    /** The largest scale for a plane: the work on large ones is bounded. */
    static double most(Intensities plane) {
        double pixels = (double) plane.width() * plane.height();
        return Math.max(MOST_OF_LARGE, Math.min(MOST, Math.sqrt(MOST_PX / pixels)));
    }

    private Sizes search() {
        Trial best = null;
        int looked = 0;
        for (double scale : isFlat() ? new double[0] : TRIED) {
            progress.report(looked++, TRIED.length + 1, "finding the scale");
            boolean far = best != null && Math.abs(Math.log(scale / best.scale())) > FAR;
            if (far || (scale < 1 && scale < least)) {
                continue;
            }
            Trial trial = look(scale);
            if (trial == null || (best != null && trial.score() <= best.score())) {
                continue;
            }
            best = refined(trial);
            if (best.score() >= GOOD) {
                break;
            }
        }
        progress.report(TRIED.length + 1, TRIED.length + 1, "finding the scale");
        return best == null
                ? new Sizes(0, 0, 0, 0, windows)
                : new Sizes(best.diameterPx(), best.smallPx(), best.largePx(), best.score(), windows);
    }

    private Trial refined(Trial from) {
        Trial best = from;
        for (int i = 0; i < REFINEMENTS; i++) {
            double next = Math.max(LEAST, Math.min(most, card.objectDiameterPx() / best.diameterPx()));
            if (Math.abs(Math.log(next / best.scale())) <= CLOSE) {
                break;
            }
            Trial trial = look(next);
            if (trial == null || trial.score() <= best.score()) {
                break;
            }
            best = trial.with(best);
        }
        return best;
    }

    private RasterF coarse() {
        double shrink = Math.min(1, COARSE_PX / (double) Math.max(plane.width(), plane.height()));
        Intensities.Scaled scaled = plane.scaled(shrink);
        return scaled.part(0, 0, scaled.width(), scaled.height());
    }

    private boolean isFlat() {
        for (float value : coarse.data()) {
            if (value != coarse.data()[0]) {
                return false;
            }
        }
        return true;
    }

    /** The middles of the busiest blocks of the parts with the largest deviation, as shares of width and height. */
    private List<double[]> busiest() {
        double[] whole = {0, 0, 1, 1};
        return busiest(coarse, whole, BUSIEST).stream()
                .map(part -> busiest(coarse, part, 1).get(0))
                .map(block -> new double[] {(block[0] + block[2]) / 2, (block[1] + block[3]) / 2})
                .toList();
    }

    /** Of the sixteen parts of a rectangle (left, top, right, bottom as shares) those with the largest deviation. */
    private static List<double[]> busiest(RasterF coarse, double[] of, int most) {
        int left = (int) Math.floor(of[0] * coarse.width());
        int top = (int) Math.floor(of[1] * coarse.height());
        int width = Math.max(1, (int) Math.floor(of[2] * coarse.width()) - left);
        int height = Math.max(1, (int) Math.floor(of[3] * coarse.height()) - top);
        int columns = Math.min(PARTS, width);
        int rows = Math.min(PARTS, height);
        double[] deviation = new double[columns * rows];
        List<double[]> parts = new ArrayList<>();
        for (int part = 0; part < deviation.length; part++) {
            int x0 = left + part % columns * width / columns;
            int x1 = left + (part % columns + 1) * width / columns;
            int y0 = top + part / columns * height / rows;
            int y1 = top + (part / columns + 1) * height / rows;
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
            parts.add(new double[] {
                (double) x0 / coarse.width(),
                (double) y0 / coarse.height(),
                (double) x1 / coarse.width(),
                (double) y1 / coarse.height()
            });
        }
        return IntStream.range(0, deviation.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer part) -> -deviation[part]))
                .limit(most)
                .map(parts::get)
                .toList();
    }

    /**
     * One object seen in a window.
     *
     * @param cut whether it lies at the border
     * @param prominence NaN where no ground is seen
     */
    private record Seen(
            double diameterPx, double area, double foreground, double centre, boolean cut, double prominence) {
        double sureness() {
            return foreground * centre;
        }
    }

    private Trial look(double scale) {
        Intensities.Scaled scaled = plane.scaled(scale);
        int side = card.windowPx();
        Set<List<Integer>> corners = new LinkedHashSet<>();
        for (double[] place : places) {
            corners.add(List.of(corner(place[0], scaled.width(), side), corner(place[1], scaled.height(), side)));
        }
        List<Seen> seen = new ArrayList<>();
        Prominence prominence = new Prominence(plane, scale, card.objectDiameterPx());
        for (List<Integer> corner : corners) {
            progress.check();
            look(scaled, corner.get(0), corner.get(1), prominence, seen);
        }
        if (seen.stream().anyMatch(one -> !one.cut())) {
            seen.removeIf(Seen::cut);
        }
        if (seen.isEmpty() || !isConvincing(seen)) {
            return null;
        }
        double area = seen.stream().mapToDouble(Seen::area).sum();
        double sureness =
                seen.stream().mapToDouble(one -> one.area() * one.sureness()).sum() / area;
        double median = median(seen, area);
        double off = Math.log(median / card.objectDiameterPx()) / Math.log(2);
        double score = sureness * Math.exp(-off * off / 2) * seen.size() / (seen.size() + 2.0);
        double[] diameters =
                seen.stream().mapToDouble(Seen::diameterPx).sorted().toArray();
        int tenth = diameters.length / 10;
        return new Trial(
                scale,
                median / scale,
                diameters[tenth] / scale,
                diameters[diameters.length - 1 - tenth] / scale,
                score);
    }

    private boolean isConvincing(List<Seen> seen) {
        double[] prominences = new double[seen.size() + 1];
        double[] centres = new double[seen.size() + 1];
        prominences[0] = Double.NaN;
        for (int i = 0; i < seen.size(); i++) {
            prominences[i + 1] = seen.get(i).prominence();
            centres[i + 1] = seen.get(i).centre();
        }
        return Prominence.convincing(prominences, centres, card.leastProminence());
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

    /** Segments one window; where the plane ends inside it the rest is mirrored, and is not looked at. */
    private void look(Intensities.Scaled scaled, int left, int top, Prominence prominence, List<Seen> seen) {
        int stride = network.stridePx();
        int cells = card.windowPx() / stride;
        windows++;
        float[][] outputs = network.outputs(scaled, left, top);
        ObjectMaps maps = new ObjectMaps(cells, cells);
        for (int i = 0; i < cells * cells; i++) {
            maps.set(i, outputs[0][i], outputs[1][i], outputs[2][i], outputs[3][i]);
        }
        // Finer than the cells, so that the area of small objects is known well.
        double pixel = (double) stride / PIXELS_PER_CELL;
        int side = cells * PIXELS_PER_CELL;
        int width = (int) Math.max(1, Math.min(side, (scaled.width() - left) / pixel));
        int height = (int) Math.max(1, Math.min(side, (scaled.height() - top) / pixel));
        double cell = 1.0 / PIXELS_PER_CELL;
        Objects objects = ObjectDecoder.decode(
                maps,
                new ObjectDecoder.Pixels(width, height, cell, cell, null),
                new ObjectDecoder.Options(options.foreground(), options.centre(), options.diameterCells(), 0, false),
                progress);
        if (objects.count() == 0) {
            return;
        }
        int[] labels = objects.labels();
        double[] area = new double[objects.count() + 1];
        double[] foreground = new double[objects.count() + 1];
        double[] centre = new double[objects.count() + 1];
        boolean[] cut = new boolean[objects.count() + 1];
        for (int i = 0; i < labels.length; i++) {
            int x = i % width;
            int y = i / width;
            int label = labels[i];
            int at = y / PIXELS_PER_CELL * cells + x / PIXELS_PER_CELL;
            area[label]++;
            foreground[label] += maps.foreground(at);
            centre[label] = Math.max(centre[label], maps.centre(at));
            cut[label] |= x == 0 || y == 0 || x == width - 1 || y == height - 1;
        }
        double[] prominences = prominences(scaled, left, top, prominence, objects, width, height, pixel);
        for (int label = 1; label <= objects.count(); label++) {
            double px = area[label] * pixel * pixel;
            seen.add(new Seen(
                    Math.sqrt(4 / Math.PI * px),
                    px,
                    foreground[label] / area[label],
                    centre[label],
                    cut[label],
                    prominences[label]));
        }
    }

    private double[] prominences(
            Intensities.Scaled scaled,
            int left,
            int top,
            Prominence prominence,
            Objects objects,
            int width,
            int height,
            double pixel) {
        double perColumn = (double) scaled.width() / prominence.width();
        double perRow = (double) scaled.height() / prominence.height();
        int x0 = (int) (left / perColumn);
        int y0 = (int) (top / perRow);
        int x1 = (int) Math.min(prominence.width(), Math.ceil((left + width * pixel) / perColumn));
        int y1 = (int) Math.min(prominence.height(), Math.ceil((top + height * pixel) / perRow));
        Prominence.Labels at = (x, y) -> {
            int column = (int) Math.floor(((x + 0.5) * perColumn - left) / pixel);
            int row = (int) Math.floor(((y + 0.5) * perRow - top) / pixel);
            boolean inside = column >= 0 && row >= 0 && column < width && row < height;
            return inside ? objects.labels()[row * width + column] : 0;
        };
        return prominence.of(at, objects.count(), x0, y0, Math.max(1, x1 - x0), Math.max(1, y1 - y0));
    }
}
