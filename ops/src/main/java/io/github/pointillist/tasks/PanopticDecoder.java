// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import io.github.pointillist.progress.Progress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Segments from masks and classes: the post-processing of bytedance/kmax-deeplab f8e1d04 ({@code panoptic_inference},
 * {@code semantic_inference}, {@code instance_inference}).
 *
 * <p>A pixel's probabilities over the masks sum to 1, so at most two masks hold it where the threshold is above a third. Rows
 * are enlarged one by one and never all held.
 */
public final class PanopticDecoder {
    /** Probabilities below this do not count for a class. */
    private static final float NEGLIGIBLE = 1e-8f;

    private static final float FAR = -25;

    /**
     * When a mask is a segment.
     *
     * @param pixel least probability of a mask in a pixel, excluded; above 1/3
     * @param thing least probability of the class of a thing, excluded
     * @param stuff the same for stuff
     * @param overlap least share of a mask that better ones leave free, excluded
     * @param classPower exponent of the class probability in the order of masks
     * @param maskPower exponent of the mean mask probability in the order of masks
     * @param instances most instances
     */
    public record Options(
            double pixel,
            double thing,
            double stuff,
            double overlap,
            double classPower,
            double maskPower,
            int instances) {
        /** What the reference implementation takes for COCO. */
        public static final Options COCO = new Options(0.4, 0.7, 0.5, 0.8, 1, 1, 100);
        /** The same for Cityscapes. */
        public static final Options CITYSCAPES = new Options(0.4, 0.5, 0.3, 0.9, 1, 0, 100);
        /** The same for ADE20K. */
        public static final Options ADE20K = new Options(0.4, 0.4, 0.4, 0.8, 1, 1, 100);

        /** Checks the ranges. */
        public Options {
            if (!(pixel > 1.0 / 3 && pixel < 1)
                    || !(thing >= 0 && thing < 1 && stuff >= 0 && stuff < 1 && overlap >= 0 && overlap < 1)
                    || !(classPower >= 0 && maskPower >= 0)
                    || instances < 1) {
                throw new IllegalArgumentException("thresholds are " + pixel + " for pixels, " + thing + " for things, "
                        + stuff + " for stuff, " + overlap + " for overlap, powers " + classPower + " and " + maskPower
                        + ", " + instances + " instances; allowed are above 1/3 and below 1 for pixels, 0 to below 1"
                        + " for the next three, powers of 0 or more, 1 instance or more");
            }
        }
    }

    /**
     * Where the pixels of the result lie in the masks: masks are enlarged to the padded input, of which the part that shows
     * the image is resized to the image.
     *
     * @param rows of the masks, h
     * @param columns of the masks, w
     * @param paddedRows H of the model's input
     * @param paddedColumns W of the model's input
     * @param shownRows rows of it that show the image
     * @param shownColumns columns of it that show the image
     * @param height of the result
     * @param width of the result
     */
    public record Layout(
            int rows,
            int columns,
            int paddedRows,
            int paddedColumns,
            int shownRows,
            int shownColumns,
            int height,
            int width) {
        /** For an image of which the longer side fills the longer side of the input. */
        public static Layout of(int rows, int columns, int paddedRows, int paddedColumns, int height, int width) {
            double scale = (double) Math.max(paddedRows, paddedColumns) / Math.max(height, width);
            return new Layout(
                    rows,
                    columns,
                    paddedRows,
                    paddedColumns,
                    Math.min(paddedRows, (int) Math.rint(height * scale)),
                    Math.min(paddedColumns, (int) Math.rint(width * scale)),
                    height,
                    width);
        }

        /** Whether corners are aligned in both steps: for an odd width of the input. */
        boolean aligned() {
            return paddedColumns % 2 == 1;
        }
    }

    /**
     * A mask and what it says.
     *
     * @param query its number
     * @param label its most probable class
     * @param classScore the probability of this class
     * @param maskScore its mean probability in the pixels that it holds
     * @param pixels how many it holds
     * @param order what masks are ordered by, largest first
     */
    public record Mask(int query, int label, double classScore, double maskScore, int pixels, double order) {}

    /** What became of a mask. */
    public enum Fate {
        /** A segment of its own. */
        SEGMENT,
        /** Joined to stuff of the same class. */
        MERGED,
        /** Its class was not sure enough. */
        UNSURE,
        /** Better masks left too little of it, or it was empty. */
        COVERED
    }

    /**
     * The decision on a mask, in the order they were made.
     *
     * @param free pixels that better masks left
     * @param segment number of the segment it became or joined, else 0
     */
    public record Decision(Mask mask, int free, Fate fate, int segment) {}

    /**
     * A segment of the panoptic map.
     *
     * @param id its label, from 1
     * @param label its class, from 0
     * @param thing whether its class is countable
     * @param classScore probability of the class of its first mask
     * @param maskScore mean mask probability of its first mask
     * @param pixels of all its masks
     * @param queries the masks it is made of
     */
    public record Segment(
            int id, int label, boolean thing, double classScore, double maskScore, int pixels, List<Integer> queries) {}

    /**
     * An instance: a mask with one of the most probable classes.
     *
     * @param score class probability times mean mask probability
     */
    public record Instance(int query, int label, double score, int pixels) {}

    /**
     * What came out.
     *
     * @param width of the map
     * @param height of the map
     * @param labels row-major (height, width), ids of segments, 0 for none
     * @param segments in the order of their ids
     * @param decisions on every mask
     * @param instances of things, best first
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record Result(
            int width,
            int height,
            int[] labels,
            List<Segment> segments,
            List<Decision> decisions,
            List<Instance> instances) {}

    private final float[] masks;
    private final double[][] classes;
    private final Layout layout;
    private final Set<Integer> things;
    private final Options options;
    private final int queries;

    /**
     * Takes the outputs for one image.
     *
     * @param masks logits (h, w, L), row-major
     * @param classLogits (L, K + 1), row-major, the last class void
     * @param things classes that are countable
     */
    public PanopticDecoder(float[] masks, float[] classLogits, Layout layout, Set<Integer> things, Options options) {
        this.masks = masks;
        this.layout = layout;
        this.things = Set.copyOf(things);
        this.options = options;
        this.queries = masks.length / (layout.rows * layout.columns);
        this.classes = probabilities(classLogits, queries);
    }

    /** Softmax over classes, of which void is then left out. */
    private static double[][] probabilities(float[] logits, int queries) {
        int count = logits.length / queries;
        double[][] all = new double[queries][];
        for (int q = 0; q < queries; q++) {
            double max = Double.NEGATIVE_INFINITY;
            for (int k = 0; k < count; k++) {
                max = Math.max(max, logits[q * count + k]);
            }
            double sum = 0;
            double[] own = new double[count];
            for (int k = 0; k < count; k++) {
                own[k] = Math.exp(logits[q * count + k] - max);
                sum += own[k];
            }
            for (int k = 0; k < count; k++) {
                own[k] /= sum;
            }
            all[q] = Arrays.copyOf(own, count - 1);
        }
        return all;
    }

    // ---- rows of probabilities

    /** At most four points of an axis and their weights. */
    private record Mixture(int[] points, float[] weights) {}

    /** Two interpolations in a row, as one. */
    private static Mixture[] mixtures(int masks, int padded, int shown, int out, boolean aligned) {
        Mixture[] all = new Mixture[out];
        for (int i = 0; i < out; i++) {
            Map<Integer, Double> sums = new java.util.TreeMap<>();
            double outer = position(i, shown, out, aligned);
            int below = (int) outer;
            for (int k = 0; k < 2; k++) {
                double weight = k == 0 ? 1 - (outer - below) : outer - below;
                double inner = position(Math.min(shown - 1, below + k), masks, padded, aligned);
                int left = (int) inner;
                sums.merge(left, weight * (1 - (inner - left)), Double::sum);
                sums.merge(Math.min(masks - 1, left + 1), weight * (inner - left), Double::sum);
            }
            sums.values().removeIf(weight -> weight == 0);
            int[] points = new int[sums.size()];
            float[] weights = new float[sums.size()];
            int n = 0;
            for (Map.Entry<Integer, Double> entry : sums.entrySet()) {
                points[n] = entry.getKey();
                weights[n++] = entry.getValue().floatValue();
            }
            all[i] = new Mixture(points, weights);
        }
        return all;
    }

    /** Where point i of {@code out} lies among {@code in} points. */
    private static double position(int i, int in, int out, boolean aligned) {
        double at = aligned ? (out == 1 ? 0 : i * (in - 1.0) / (out - 1)) : (i + 0.5) * in / out - 0.5;
        return Math.max(0, Math.min(in - 1, at));
    }

    /** Enlarges rows of mask logits. */
    private final class Rows {
        private final Mixture[] vertical =
                mixtures(layout.rows, layout.paddedRows, layout.shownRows, layout.height, layout.aligned());
        private final Mixture[] horizontal =
                mixtures(layout.columns, layout.paddedColumns, layout.shownColumns, layout.width, layout.aligned());

        /** Row {@code y} of the masks at their own width: (w, L). */
        float[] row(int y) {
            int length = layout.columns * queries;
            float[] row = new float[length];
            Mixture mixture = vertical[y];
            for (int k = 0; k < mixture.points.length; k++) {
                int from = mixture.points[k] * length;
                float weight = mixture.weights[k];
                for (int i = 0; i < length; i++) {
                    row[i] += weight * masks[from + i];
                }
            }
            return row;
        }

        /** Logits of pixel {@code x} of such a row, (L). */
        void pixel(float[] row, int x, float[] logits) {
            Mixture mixture = horizontal[x];
            int first = mixture.points[0] * queries;
            float w = mixture.weights[0];
            for (int q = 0; q < queries; q++) {
                logits[q] = w * row[first + q];
            }
            for (int k = 1; k < mixture.points.length; k++) {
                int from = mixture.points[k] * queries;
                float weight = mixture.weights[k];
                for (int q = 0; q < queries; q++) {
                    logits[q] += weight * row[from + q];
                }
            }
        }
    }

    /** Turns logits into probabilities in place. */
    private static void softmax(float[] logits) {
        float max = Float.NEGATIVE_INFINITY;
        for (float value : logits) {
            max = Math.max(max, value);
        }
        float sum = 0;
        for (int q = 0; q < logits.length; q++) {
            logits[q] = exp(logits[q] - max);
            sum += logits[q];
        }
        float scale = 1 / sum;
        for (int q = 0; q < logits.length; q++) {
            logits[q] *= scale;
        }
    }

    /** e to the power of x from -87 to 0, with an error below 2e-7 of the value; 0 below -25. */
    static float exp(float x) {
        if (x < FAR) {
            return 0;
        }
        float n = (float) Math.rint(x * 1.44269504f);
        float r = x - n * 0.693359375f + n * 2.12194440e-4f;
        float p = 1.9875691500e-4f;
        p = p * r + 1.3981999507e-3f;
        p = p * r + 8.3334519073e-3f;
        p = p * r + 4.1665795894e-2f;
        p = p * r + 1.6666665459e-1f;
        p = p * r + 5.0000001201e-1f;
        p = p * r * r + r + 1;
        return p * Float.intBitsToFloat(((int) n + 127) << 23);
    }

    /** Mask logits of one pixel of the result, for tests. */
    float[] logits(int x, int y) {
        Rows rows = new Rows();
        float[] logits = new float[queries];
        rows.pixel(rows.row(y), x, logits);
        return logits;
    }

    // ---- panoptic map and instances

    /**
     * Decodes.
     *
     * @throws java.util.concurrent.CancellationException if {@code progress} says so
     */
    public Result decode(Progress progress) {
        int width = layout.width;
        int height = layout.height;
        short[] best = new short[width * height];
        short[] second = new short[width * height];
        double[][] sums = new double[height][queries];
        int[][] counts = new int[height][queries];
        Rows rows = new Rows();
        IntStream.range(0, height).parallel().forEach(y -> {
            progress.check();
            hold(rows, y, best, second, sums[y], counts[y]);
        });
        int[] pixels = new int[queries];
        double[] mass = new double[queries];
        for (int y = 0; y < height; y++) {
            for (int q = 0; q < queries; q++) {
                pixels[q] += counts[y][q];
                mass[q] += sums[y][q];
            }
        }
        List<Mask> ordered = ordered(pixels, mass);
        int[] shared =
                IntStream.range(0, second.length).filter(i -> second[i] >= 0).toArray();
        List<Decision> decisions = decide(ordered, best, second, shared);
        int[] labels = label(decisions, best, second);
        return new Result(width, height, labels, segments(decisions), decisions, instances(pixels, mass));
    }

    /** Finds the masks that hold each pixel of a row. */
    private void hold(Rows rows, int y, short[] best, short[] second, double[] sums, int[] counts) {
        float[] row = rows.row(y);
        float[] p = new float[queries];
        float threshold = (float) options.pixel;
        for (int x = 0; x < layout.width; x++) {
            rows.pixel(row, x, p);
            softmax(p);
            int first = -1;
            int other = -1;
            for (int q = 0; q < queries; q++) {
                if (p[q] > threshold) {
                    if (first < 0) {
                        first = q;
                    } else {
                        other = q;
                    }
                    sums[q] += p[q];
                    counts[q]++;
                }
            }
            best[y * layout.width + x] = (short) first;
            second[y * layout.width + x] = (short) other;
        }
    }

    private List<Mask> ordered(int[] pixels, double[] mass) {
        List<Mask> ordered = new ArrayList<>();
        for (int q = 0; q < queries; q++) {
            int label = 0;
            for (int k = 1; k < classes[q].length; k++) {
                label = classes[q][k] > classes[q][label] ? k : label;
            }
            double classScore = classes[q][label];
            double maskScore = mass[q] / Math.max(1, pixels[q]);
            double order = Math.pow(classScore, options.classPower) * Math.pow(maskScore, options.maskPower);
            ordered.add(new Mask(q, label, classScore, maskScore, pixels[q], order));
        }
        ordered.sort(Comparator.comparingDouble(Mask::order).reversed());
        return ordered;
    }

    /** Goes through the masks, best first; each takes the pixels that are still free. */
    private List<Decision> decide(List<Mask> ordered, short[] best, short[] second, int[] shared) {
        Map<Integer, List<Integer>> contested = new HashMap<>();
        for (int i : shared) {
            contested.computeIfAbsent((int) best[i], q -> new ArrayList<>()).add(i);
            contested.computeIfAbsent((int) second[i], q -> new ArrayList<>()).add(i);
        }
        boolean[] taken = new boolean[shared.length == 0 ? 0 : best.length];
        Map<Integer, Integer> stuff = new HashMap<>();
        List<Decision> decisions = new ArrayList<>();
        int count = 0;
        for (Mask mask : ordered) {
            boolean thing = things.contains(mask.label);
            List<Integer> own = contested.getOrDefault(mask.query, List.of());
            int free = mask.pixels - (int) own.stream().filter(i -> taken[i]).count();
            boolean sure = mask.classScore > (thing ? options.thing : options.stuff);
            if (!sure) {
                decisions.add(new Decision(mask, free, Fate.UNSURE, 0));
            } else if (!(free > (float) mask.pixels * (float) options.overlap)) {
                decisions.add(new Decision(mask, free, Fate.COVERED, 0));
            } else {
                boolean joins = !thing && stuff.containsKey(mask.label);
                int segment = joins ? stuff.get(mask.label) : ++count;
                if (!thing) {
                    stuff.put(mask.label, segment);
                }
                own.forEach(i -> taken[i] = true);
                decisions.add(new Decision(mask, free, joins ? Fate.MERGED : Fate.SEGMENT, segment));
            }
        }
        return decisions;
    }

    private int[] label(List<Decision> decisions, short[] best, short[] second) {
        int[] segment = new int[queries];
        int[] rank = new int[queries];
        for (int i = 0; i < decisions.size(); i++) {
            int query = decisions.get(i).mask.query;
            segment[query] = decisions.get(i).segment;
            rank[query] = i;
        }
        int[] labels = new int[best.length];
        for (int i = 0; i < labels.length; i++) {
            if (best[i] < 0) {
                continue;
            }
            int first = best[i];
            if (second[i] >= 0) {
                int other = second[i];
                boolean otherWins = segment[other] > 0 && (segment[first] == 0 || rank[other] < rank[first]);
                first = otherWins ? other : first;
            }
            labels[i] = segment[first];
        }
        return labels;
    }

    private List<Segment> segments(List<Decision> decisions) {
        List<Segment> segments = new ArrayList<>();
        for (Decision decision : decisions) {
            Mask mask = decision.mask;
            if (decision.fate == Fate.SEGMENT) {
                segments.add(new Segment(
                        decision.segment,
                        mask.label,
                        things.contains(mask.label),
                        mask.classScore,
                        mask.maskScore,
                        decision.free,
                        List.of(mask.query)));
            } else if (decision.fate == Fate.MERGED) {
                Segment old = segments.get(decision.segment - 1);
                List<Integer> parts = new ArrayList<>(old.queries);
                parts.add(mask.query);
                segments.set(
                        decision.segment - 1,
                        new Segment(
                                old.id,
                                old.label,
                                old.thing,
                                old.classScore,
                                old.maskScore,
                                old.pixels + decision.free,
                                List.copyOf(parts)));
            }
        }
        return segments;
    }

    private List<Instance> instances(int[] pixels, double[] mass) {
        int count = classes[0].length;
        return IntStream.range(0, queries * count)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> classes[i / count][i % count])
                        .reversed())
                .limit(options.instances)
                .filter(i -> things.contains(i % count))
                .map(i -> new Instance(
                        i / count,
                        i % count,
                        classes[i / count][i % count] * mass[i / count] / (pixels[i / count] + 1e-6),
                        pixels[i / count]))
                .sorted(Comparator.comparingDouble(Instance::score).reversed())
                .toList();
    }

    // ---- semantic map

    /** Gets the sums over masks of class probability times mask probability. */
    interface ClassRow {
        /** Row {@code y}: [x][class]. */
        void row(int y, float[][] scores);
    }

    /**
     * The class of every pixel: the largest sum over masks of class probability times mask probability.
     *
     * @return row-major (height, width), classes from 0
     */
    public int[] semantic(Progress progress) {
        int[] labels = new int[layout.width * layout.height];
        scores(progress, (y, scores) -> {
            for (int x = 0; x < scores.length; x++) {
                int label = 0;
                for (int k = 1; k < scores[x].length; k++) {
                    label = scores[x][k] > scores[x][label] ? k : label;
                }
                labels[y * layout.width + x] = label;
            }
        });
        return labels;
    }

    /** Calls for every row, in any order and from several threads. */
    void scores(Progress progress, ClassRow to) {
        Rows rows = new Rows();
        IntStream.range(0, layout.height).parallel().forEach(y -> {
            progress.check();
            float[] row = rows.row(y);
            float[] p = new float[queries];
            float[][] scores = new float[layout.width][classes[0].length];
            for (int x = 0; x < layout.width; x++) {
                rows.pixel(row, x, p);
                softmax(p);
                for (int q = 0; q < queries; q++) {
                    if (p[q] > NEGLIGIBLE) {
                        double[] own = classes[q];
                        for (int k = 0; k < own.length; k++) {
                            scores[x][k] += (float) (p[q] * own[k]);
                        }
                    }
                }
            }
            to.row(y, scores);
        });
    }
}
