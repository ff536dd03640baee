// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import io.github.pointillist.progress.Progress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Makes labelled objects of what a model says about foreground and centres: every cell votes for where the centre of its
 * object lies, and joins the centre that it hits. All lengths below are in cells, D is the usual diameter of an object.
 *
 * <ol>
 *   <li>Centres: local maxima of the centre probability over eight neighbours that reach the threshold; a plateau counts
 *       once. Their place is refined by a parabola through the logarithms, which is exact for the bells that training aims
 *       at. Of centres closer than {@value #MIN_DISTANCE} D the strongest stays.
 *   <li>Votes: cells whose foreground reaches {@value #LOW_BAR} of the threshold join the centre nearest to their vote, if it
 *       is within {@value #REACH} D.
 *   <li>Merging: two centres closer than {@value #SAME_OBJECT} of the diameter that their cells make together, with no dip
 *       below {@value #DIP} of the weaker one between them, are one; closer than half of that, whatever lies between.
 *   <li>Release: a cell whose vote is further from its centre than {@value #OWN_REACH} of the diameter of what joined that
 *       centre (and further than {@value #LEAST_REACH} cells) leaves it, repeatedly: its own centre was missed.
 *   <li>Objects without a centre: connected cells left over whose votes agree are one where they are thick, large and
 *       probable enough, and their votes meet. What is left then joins the nearest centre within twice the reach.
 *   <li>Pixels: a pixel belongs to the foreground where the logit between the four cells around it, bilinearly, reaches that
 *       of the threshold (as training compares it), and to the object that has most of the cells around it, weighted by a bell of {@value #BELL} cells,
 *       which smooths their steps. Each object keeps its largest part, and is filled.
 *   <li>Specks: where labels of training have a smallest outline, an object of less than {@value #SPECK} of its area and than a
 *       quarter of the usual one, away from the border of the image, gets the disc of that size, as far as nothing is there.
 * </ol>
 *
 * <p>Rows of pixels are computed in parallel, each for itself: the result does not depend on the number of threads.
 */
final class ObjectDecoder {
    static final double MIN_DISTANCE = 0.15;
    static final double LOW_BAR = 0.5;
    static final double REACH = 0.6;
    static final double SAME_OBJECT = 0.3;
    static final double DIP = 0.7;
    static final double OWN_REACH = 0.45;
    static final double LEAST_REACH = 1.5;

    private static final int RELEASES = 4;
    private static final double AGREE = 0.25;
    private static final double SMALLEST = 0.05;
    private static final float LEAST_CENTRE = 1e-4f;
    private static final int STEPS = 16;
    private static final int NEAR = 2; // cells
    private static final double BELL = 0.85;
    private static final double SPECK = 0.85;

    /**
     * How to decode.
     *
     * @param foreground least probability of the foreground
     * @param centre least probability of a centre
     * @param diameterCells D
     * @param minAreaPx smaller objects are left out
     * @param excludeBorder whether objects at the border of the image are left out
     * @param smallestRadiusPx of the outline that specks get at least; 0 for none
     */
    record Options(
            double foreground,
            double centre,
            double diameterCells,
            double minAreaPx,
            boolean excludeBorder,
            double smallestRadiusPx) {
        /** The same, and specks stay as they are. */
        Options(double foreground, double centre, double diameterCells, double minAreaPx, boolean excludeBorder) {
            this(foreground, centre, diameterCells, minAreaPx, excludeBorder, 0);
        }
    }

    /**
     * Where the pixels lie on the grid: the centre of pixel x at (x + 0.5) times {@code cellsX} cells.
     *
     * @param missing pixels that get no label; null where there are none
     */
    record Pixels(int width, int height, double cellsX, double cellsY, Missing missing) {}

    /** Tells pixels that get no label. */
    interface Missing {
        boolean at(int x, int y);
    }

    /**
     * The objects.
     *
     * @param labels row-major, 1 to {@code count} in reading order, 0 is background
     */
    record Objects(int[] labels, int count) {}

    private final ObjectMaps maps;
    private final Options options;
    private final Progress progress;
    private final int columns;
    private final int rows;
    private final double diameter;
    private final double threshold;
    private final double lowBar;
    private final int[] owner; // of each cell: centre + 1, 0 none
    private final List<Centre> centres = new ArrayList<>();

    private record Centre(double x, double y, float probability) {}

    private ObjectDecoder(ObjectMaps maps, Options options, Progress progress) {
        this.maps = maps;
        this.options = options;
        this.progress = progress;
        this.columns = maps.columns();
        this.rows = maps.rows();
        this.diameter = options.diameterCells();
        this.threshold = logit(options.foreground());
        this.lowBar = logit(LOW_BAR * options.foreground());
        this.owner = new int[columns * rows];
    }

    /**
     * Decodes.
     *
     * @throws java.util.concurrent.CancellationException if {@code progress} says so
     */
    static Objects decode(ObjectMaps maps, Pixels pixels, Options options, Progress progress) {
        ObjectDecoder decoder = new ObjectDecoder(maps, options, progress);
        progress.check();
        decoder.findCentres();
        decoder.vote(REACH * decoder.diameter);
        decoder.merge();
        decoder.release();
        int objects = decoder.addUncentred();
        progress.check();
        int[] labels = decoder.label(pixels);
        erase(labels, pixels);
        progress.check();
        new LabelRuns(labels, pixels.width(), pixels.height()).keepLargest(objects);
        progress.check();
        new LabelRuns(labels, pixels.width(), pixels.height()).fillHoles();
        decoder.widenSpecks(labels, objects, pixels);
        erase(labels, pixels);
        progress.check();
        int count = new LabelRuns(labels, pixels.width(), pixels.height())
                .renumber(objects, options.minAreaPx(), options.excludeBorder());
        return new Objects(labels, count);
    }

    private static void erase(int[] labels, Pixels pixels) {
        if (pixels.missing() == null) {
            return;
        }
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] != 0 && pixels.missing().at(i % pixels.width(), i / pixels.width())) {
                labels[i] = 0;
            }
        }
    }

    private void widenSpecks(int[] labels, int objects, Pixels pixels) {
        double radius = options.smallestRadiusPx();
        if (radius == 0) {
            return;
        }
        int width = pixels.width();
        double usual = Math.PI / 4 * diameter / pixels.cellsX() * diameter / pixels.cellsY();
        double small = Math.min(SPECK * Math.PI * radius * radius, usual / 4);
        int[] areas = new int[objects + 1];
        for (int label : labels) {
            areas[label]++;
        }
        double[] x = new double[objects + 1];
        double[] y = new double[objects + 1];
        boolean[] cut = new boolean[objects + 1];
        for (int i = 0; i < labels.length; i++) {
            int label = labels[i];
            if (label > 0 && areas[label] < small) {
                int column = i % width;
                int row = i / width;
                x[label] += (double) column / areas[label];
                y[label] += (double) row / areas[label];
                cut[label] |= column == 0 || row == 0 || column == width - 1 || row == pixels.height() - 1;
            }
        }
        for (int label = 1; label <= objects; label++) {
            if (areas[label] > 0 && areas[label] < small && areas[label] >= options.minAreaPx() && !cut[label]) {
                draw(labels, label, x[label], y[label], pixels);
            }
        }
    }

    /** A disc, where nothing is. */
    private void draw(int[] labels, int label, double x, double y, Pixels pixels) {
        double radius = options.smallestRadiusPx();
        int bottom = (int) Math.min(pixels.height() - 1.0, Math.floor(y + radius));
        int right = (int) Math.min(pixels.width() - 1.0, Math.floor(x + radius));
        for (int row = (int) Math.max(0, Math.ceil(y - radius)); row <= bottom; row++) {
            for (int column = (int) Math.max(0, Math.ceil(x - radius)); column <= right; column++) {
                int i = row * pixels.width() + column;
                if (labels[i] == 0 && Math.hypot(column - x, row - y) <= radius) {
                    labels[i] = label;
                }
            }
        }
    }

    // ---- centres

    private void findCentres() {
        int threshold = (int) Math.ceil(options.centre() * 65535);
        boolean[] done = new boolean[columns * rows];
        List<Centre> found = new ArrayList<>();
        for (int cell = 0; cell < done.length; cell++) {
            int value = maps.centreSteps(cell);
            if (value < threshold || done[cell]) {
                continue;
            }
            int[] plateau = plateau(cell, done);
            if (plateau.length == 1) {
                found.add(refined(cell));
            } else if (plateau.length > 1) {
                double x = Arrays.stream(plateau)
                        .mapToDouble(i -> i % columns)
                        .average()
                        .orElseThrow();
                double y = Arrays.stream(plateau)
                        .mapToDouble(i -> i / columns)
                        .average()
                        .orElseThrow();
                found.add(new Centre(x, y, maps.centre(cell)));
            }
        }
        // Stable: of equal ones the first in reading order.
        found.sort(Comparator.comparingDouble(centre -> -centre.probability()));
        double least = MIN_DISTANCE * diameter;
        Buckets kept = new Buckets(Math.max(1, least));
        for (Centre centre : found) {
            if (kept.nearest(centre.x(), centre.y(), least) < 0) {
                kept.add(centre.x(), centre.y());
                centres.add(centre);
            }
        }
    }

    /** The cells of equal value connected with this one; none if a neighbour of them is higher. */
    private int[] plateau(int cell, boolean[] done) {
        int value = maps.centreSteps(cell);
        int[] cells = new int[8];
        int count = 0;
        cells[count++] = cell;
        done[cell] = true;
        boolean top = true;
        for (int next = 0; next < count; next++) {
            int x = cells[next] % columns;
            int y = cells[next] / columns;
            for (int ny = Math.max(0, y - 1); ny <= Math.min(rows - 1, y + 1); ny++) {
                for (int nx = Math.max(0, x - 1); nx <= Math.min(columns - 1, x + 1); nx++) {
                    int neighbour = ny * columns + nx;
                    int other = maps.centreSteps(neighbour);
                    top &= other <= value;
                    if (other == value && !done[neighbour]) {
                        done[neighbour] = true;
                        if (count == cells.length) {
                            cells = Arrays.copyOf(cells, 2 * count);
                        }
                        cells[count++] = neighbour;
                    }
                }
            }
        }
        return top ? Arrays.copyOf(cells, count) : new int[0];
    }

    private Centre refined(int cell) {
        int x = cell % columns;
        int y = cell / columns;
        double dx = x > 0 && x < columns - 1 ? summit(cell - 1, cell, cell + 1) : 0;
        double dy = y > 0 && y < rows - 1 ? summit(cell - columns, cell, cell + columns) : 0;
        return new Centre(x + dx, y + dy, maps.centre(cell));
    }

    private double summit(int before, int at, int after) {
        double a = Math.log(Math.max(LEAST_CENTRE, maps.centre(before)));
        double b = Math.log(Math.max(LEAST_CENTRE, maps.centre(at)));
        double c = Math.log(Math.max(LEAST_CENTRE, maps.centre(after)));
        double curve = a - 2 * b + c;
        return curve < 0 ? Math.max(-0.5, Math.min(0.5, 0.5 * (a - c) / curve)) : 0;
    }

    private static double logit(double probability) {
        return Math.log(probability / (1 - probability));
    }

    // ---- votes

    private boolean votes(int cell) {
        return maps.logit(cell) >= lowBar;
    }

    private double voteX(int cell) {
        return cell % columns + maps.right(cell) * diameter;
    }

    private double voteY(int cell) {
        return cell / columns + maps.down(cell) * diameter;
    }

    private double squared(int cell, Centre centre) {
        double dx = voteX(cell) - centre.x();
        double dy = voteY(cell) - centre.y();
        return dx * dx + dy * dy;
    }

    private Buckets buckets(double reach) {
        Buckets buckets = new Buckets(Math.max(1, reach));
        centres.forEach(centre -> buckets.add(centre.x(), centre.y()));
        return buckets;
    }

    private void vote(double reach) {
        Buckets buckets = buckets(reach);
        forEachRow(rows, y -> {
            for (int cell = y * columns; cell < (y + 1) * columns; cell++) {
                if (votes(cell)) {
                    owner[cell] = buckets.nearest(voteX(cell), voteY(cell), reach) + 1;
                }
            }
        });
    }

    private double[] areas() {
        double[] areas = new double[centres.size()];
        for (int object : owner) {
            if (object > 0) {
                areas[object - 1]++;
            }
        }
        return areas;
    }

    private static double diameter(double area) {
        return Math.sqrt(4 / Math.PI * area);
    }

    private record Pair(int a, int b, double distance) {}

    private void merge() {
        double[] areas = areas();
        Buckets buckets = buckets(diameter);
        List<Pair> pairs = new ArrayList<>();
        for (int a = 0; a < centres.size(); a++) {
            Centre first = centres.get(a);
            int from = a;
            buckets.forEach(first.x(), first.y(), SAME_OBJECT * (diameter(2 * areas[a]) + diameter), (b, distance) -> {
                // Each pair once, from the side of the larger object, which looks further.
                if (areas[b] < areas[from] || (areas[b] == areas[from] && b > from)) {
                    pairs.add(new Pair(from, b, distance));
                }
            });
        }
        pairs.sort(Comparator.comparingDouble(Pair::distance)
                .thenComparingInt(Pair::a)
                .thenComparingInt(Pair::b));
        int[] into = IntStream.range(0, centres.size()).toArray();
        boolean any = false;
        for (Pair pair : pairs) {
            int a = find(into, pair.a());
            int b = find(into, pair.b());
            if (a == b) {
                continue;
            }
            double share = pair.distance() / Math.max(1, diameter(areas[a] + areas[b]));
            if (share < SAME_OBJECT / 2 || (share < SAME_OBJECT && !dips(pair))) {
                int stronger = Math.min(a, b); // centres are sorted by probability
                int weaker = Math.max(a, b);
                into[weaker] = stronger;
                areas[stronger] += areas[weaker];
                any = true;
            }
        }
        if (any) {
            int[] roots =
                    IntStream.range(0, into.length).map(i -> find(into, i)).toArray();
            forEachRow(rows, y -> {
                for (int cell = y * columns; cell < (y + 1) * columns; cell++) {
                    if (owner[cell] > 0) {
                        owner[cell] = roots[owner[cell] - 1] + 1;
                    }
                }
            });
            List<Centre> before = List.copyOf(centres);
            // A merged centre stays in the list, so that numbers stay, but nothing ever hits it again.
            for (int i = 0; i < roots.length; i++) {
                if (roots[i] != i) {
                    centres.set(i, before.get(roots[i]));
                }
            }
        }
    }

    private static int find(int[] into, int i) {
        int at = i;
        while (into[at] != at) {
            at = into[at];
        }
        return at;
    }

    private boolean dips(Pair pair) {
        Centre a = centres.get(pair.a());
        Centre b = centres.get(pair.b());
        double least = 1;
        for (int i = 1; i < STEPS; i++) {
            double share = (double) i / STEPS;
            least = Math.min(least, centreAt(a.x() + share * (b.x() - a.x()), a.y() + share * (b.y() - a.y())));
        }
        return least < DIP * Math.min(a.probability(), b.probability());
    }

    private double centreAt(double x, double y) {
        int x0 = Math.max(0, Math.min(columns - 1, (int) x));
        int y0 = Math.max(0, Math.min(rows - 1, (int) y));
        int x1 = Math.min(columns - 1, x0 + 1);
        int y1 = Math.min(rows - 1, y0 + 1);
        double wx = Math.max(0, Math.min(1, x - x0));
        double wy = Math.max(0, Math.min(1, y - y0));
        double above = (1 - wx) * maps.centre(y0 * columns + x0) + wx * maps.centre(y0 * columns + x1);
        double below = (1 - wx) * maps.centre(y1 * columns + x0) + wx * maps.centre(y1 * columns + x1);
        return (1 - wy) * above + wy * below;
    }

    private void release() {
        for (int i = 0; i < RELEASES; i++) {
            double[] areas = areas();
            boolean any = false;
            for (int cell = 0; cell < owner.length; cell++) {
                if (owner[cell] > 0) {
                    double reach = Math.max(LEAST_REACH, OWN_REACH * diameter(areas[owner[cell] - 1]));
                    if (squared(cell, centres.get(owner[cell] - 1)) > reach * reach) {
                        owner[cell] = 0;
                        any = true;
                    }
                }
            }
            if (!any) {
                return;
            }
        }
    }

    // ---- objects without a centre

    /** Makes objects of what voted for no centre. Gives the highest number of an object. */
    private int addUncentred() {
        boolean[] open = new boolean[owner.length];
        for (int cell = 0; cell < open.length; cell++) {
            open[cell] = owner[cell] == 0 && votes(cell);
        }
        int objects = centres.size();
        double agree = Math.max(1, AGREE * diameter);
        List<int[]> rest = new ArrayList<>();
        for (int cell = 0; cell < open.length; cell++) {
            if (open[cell]) {
                int[] part = agreeing(cell, open, agree);
                if (isObject(part)) {
                    objects++;
                    for (int member : part) {
                        owner[member] = objects;
                    }
                } else {
                    rest.add(part);
                }
            }
        }
        double reach = 2 * REACH * diameter;
        Buckets buckets = buckets(reach);
        for (int[] part : rest) {
            for (int cell : part) {
                owner[cell] = buckets.nearest(voteX(cell), voteY(cell), reach) + 1;
            }
        }
        return objects;
    }

    /** The open cells connected with this one through neighbours whose votes agree; they are open no more. */
    private int[] agreeing(int first, boolean[] open, double agree) {
        int[] cells = new int[8];
        int count = 0;
        cells[count++] = first;
        open[first] = false;
        for (int next = 0; next < count; next++) {
            int cell = cells[next];
            int x = cell % columns;
            int y = cell / columns;
            for (int side = 0; side < 4; side++) {
                int nx = x + (side == 0 ? -1 : side == 1 ? 1 : 0);
                int ny = y + (side == 2 ? -1 : side == 3 ? 1 : 0);
                if (nx < 0 || ny < 0 || nx >= columns || ny >= rows || !open[ny * columns + nx]) {
                    continue;
                }
                int neighbour = ny * columns + nx;
                if (Math.hypot(voteX(neighbour) - voteX(cell), voteY(neighbour) - voteY(cell)) <= agree) {
                    open[neighbour] = false;
                    if (count == cells.length) {
                        cells = Arrays.copyOf(cells, 2 * count);
                    }
                    cells[count++] = neighbour;
                }
            }
        }
        cells = Arrays.copyOf(cells, count);
        Arrays.sort(cells);
        return cells;
    }

    private boolean isObject(int[] cells) {
        int n = cells.length;
        if (n < SMALLEST * Math.PI / 4 * diameter * diameter
                || Arrays.stream(cells).noneMatch(cell -> inner(cell, cells))) {
            return false;
        }
        double probability = 0;
        double x = 0;
        double y = 0;
        double vx = 0;
        double vy = 0;
        for (int cell : cells) {
            probability += maps.foreground(cell);
            x += cell % columns;
            y += cell / columns;
            vx += voteX(cell);
            vy += voteY(cell);
        }
        double extent = 0;
        double spread = 0;
        for (int cell : cells) {
            extent += squares(cell % columns - x / n, cell / columns - y / n);
            spread += squares(voteX(cell) - vx / n, voteY(cell) - vy / n);
        }
        return probability >= options.foreground() * n
                && spread <= extent / 4
                && Math.hypot((vx - x) / n, (vy - y) / n) <= diameter(n) / 4;
    }

    private static double squares(double x, double y) {
        return x * x + y * y;
    }

    private boolean inner(int cell, int[] sorted) {
        int x = cell % columns;
        if (x == 0 || x == columns - 1) {
            return false;
        }
        for (int dy = -1; dy <= 1; dy++) {
            for (int dx = -1; dx <= 1; dx++) {
                if (Arrays.binarySearch(sorted, cell + dy * columns + dx) < 0) {
                    return false;
                }
            }
        }
        return true;
    }

    // ---- pixels

    private int[] label(Pixels pixels) {
        int width = pixels.width();
        int[] labels = new int[Math.multiplyExact(width, pixels.height())];
        double[] across = new double[width];
        for (int x = 0; x < width; x++) {
            across[x] = position(x, pixels.cellsX(), columns);
        }
        forEachRow(pixels.height(), y -> {
            double v = position(y, pixels.cellsY(), rows);
            int upper = (int) v * columns;
            int lower = Math.min(rows - 1, (int) v + 1) * columns;
            float below = (float) (v - (int) v);
            Majority majority = new Majority();
            for (int x = 0; x < width; x++) {
                int left = (int) across[x];
                int right = Math.min(columns - 1, left + 1);
                float share = (float) (across[x] - left);
                float above = (1 - share) * maps.logit(upper + left) + share * maps.logit(upper + right);
                float under = (1 - share) * maps.logit(lower + left) + share * maps.logit(lower + right);
                if ((1 - below) * above + below * under >= threshold) {
                    int object = owner[upper + left];
                    boolean agreed = object != 0
                            && object == owner[upper + right]
                            && object == owner[lower + left]
                            && object == owner[lower + right];
                    labels[y * width + x] = agreed ? object : majority.at(across[x], v);
                }
            }
        });
        return labels;
    }

    /** Where the centre of a pixel lies between the centres of cells. */
    private static double position(int pixel, double cells, int count) {
        return Math.max(0, Math.min(count - 1, (pixel + 0.5) * cells - 0.5));
    }

    /** The object that has most of the cells around a place, weighted by a bell. One a thread. */
    private final class Majority {
        private final int[] objects = new int[(2 * NEAR + 1) * (2 * NEAR + 1)];
        private final double[] weights = new double[objects.length];
        private final double[] across = new double[2 * NEAR + 1];
        private final double[] down = new double[2 * NEAR + 1];

        /** 0 where none of the cells is in an object. */
        int at(double u, double v) {
            int column = (int) Math.rint(u);
            int row = (int) Math.rint(v);
            for (int i = -NEAR; i <= NEAR; i++) {
                across[NEAR + i] = bell(column + i - u);
                down[NEAR + i] = bell(row + i - v);
            }
            int n = 0;
            for (int y = Math.max(0, row - NEAR); y <= Math.min(rows - 1, row + NEAR); y++) {
                for (int x = Math.max(0, column - NEAR); x <= Math.min(columns - 1, column + NEAR); x++) {
                    int object = owner[y * columns + x];
                    if (object != 0) {
                        n = add(object, across[NEAR + x - column] * down[NEAR + y - row], n);
                    }
                }
            }
            int best = 0;
            for (int i = 1; i < n; i++) {
                if (weights[i] > weights[best] || (weights[i] == weights[best] && objects[i] < objects[best])) {
                    best = i;
                }
            }
            return n == 0 ? 0 : objects[best];
        }

        private int add(int object, double weight, int n) {
            for (int i = 0; i < n; i++) {
                if (objects[i] == object) {
                    weights[i] += weight;
                    return n;
                }
            }
            objects[n] = object;
            weights[n] = weight;
            return n + 1;
        }
    }

    private static double bell(double distance) {
        return Math.exp(-distance * distance / (2 * BELL * BELL));
    }

    private void forEachRow(int count, IntConsumer row) {
        IntStream.range(0, count).parallel().forEach(y -> {
            progress.check();
            row.accept(y);
        });
    }
}
