// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import ai.djl.ndarray.NDArray;
import io.github.pointillist.catalog.LoadedModel;
import io.github.pointillist.catalog.ModelCard;
import io.github.pointillist.catalog.ModelStore;
import io.github.pointillist.engine.Devices;
import io.github.pointillist.models.PointContextCluster;
import io.github.pointillist.tasks.Classify.Score;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Pass;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Classifies clouds of points (x, y, z), such as localisations, with Context Clusters on point sets.
 *
 * <p>A cloud is moved to its centre of mass and scaled so that its farthest point has distance 1, as ScanObjectNN's own
 * data are. Of more points than the network was made for, that many are drawn at random from the seed; fewer are taken
 * all, down to what its neighbourhoods need. The network begins its sampling at the first point, so the order of equal
 * clouds can matter a little.
 */
public final class ClassifyPoints implements AutoCloseable {
    /**
     * What came of one cloud.
     *
     * @param scores the highest softmax scores first
     * @param notes what was done to the points
     */
    public record Result(List<Score> scores, List<String> notes) {}

    private final LoadedModel model;
    private final PointContextCluster network;
    private final int top;
    private final long seed;

    private ClassifyPoints(LoadedModel model, int top, long seed) {
        this.model = model;
        this.network = model.as(
                PointContextCluster.class,
                "does not take point sets: its task is " + model.card().task());
        this.top = top;
        this.seed = seed;
    }

    /**
     * Loads the model.
     *
     * @param reference name of an installed model, or a model folder or checkpoint file
     * @param variant official variant or JSON configuration, or null to tell it from the file
     * @param top most classes listed, 0 for all
     * @param seed of the points drawn
     * @param device "auto", "cpu", "gpu0", ...
     * @throws IllegalArgumentException if the model does not take point sets
     * @throws IOException if there is no such model, or it cannot be read
     */
    public static ClassifyPoints open(String reference, String variant, int top, long seed, String device)
            throws IOException {
        if (top < 0) {
            throw new IllegalArgumentException("top is " + top + "; allowed: 1 or more, or 0 for all");
        }
        LoadedModel model = ModelStore.standard().load(reference, variant, Devices.parse(device));
        try {
            return new ClassifyPoints(model, top, seed);
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
    }

    /** What the weights are and expect. */
    public ModelCard card() {
        return model.card();
    }

    /** The model's SHA-256 and what was done to read it. */
    public MapClusters.ModelNote modelNote() {
        List<String> lines = new ArrayList<>(List.of(model.card().variant()));
        lines.addAll(model.notes());
        return new MapClusters.ModelNote(model.sha256(), lines);
    }

    /**
     * Classifies one cloud.
     *
     * @param points N rows of x, y, z in any unit, the same for all three
     * @throws IllegalArgumentException if there are too few points, they coincide, or one is not a finite number
     */
    public Result classify(double[][] points) {
        int wanted = network.config().points();
        int fewest = network.config().fewestPoints();
        if (points.length < fewest) {
            throw new IllegalArgumentException("the cloud has " + points.length + " points; model "
                    + model.card().name() + " needs " + fewest + " or more");
        }
        List<String> notes = new ArrayList<>();
        double[][] chosen = points;
        if (points.length > wanted) {
            chosen = drawn(points, wanted);
            notes.add(wanted + " of " + points.length + " points drawn with seed " + seed);
        }
        float[] values = normalised(chosen, notes);
        double[] logits;
        try (Arena scope = Arena.open(model.device())) {
            NDArray cloud = scope.array(values, 1, 3, chosen.length);
            float[] out = network.apply(cloud, Pass.inference()).toFloatArray();
            logits = IntStream.range(0, out.length).mapToDouble(i -> out[i]).toArray();
        }
        double[] scores = Classify.softmax(logits);
        List<Score> listed = IntStream.range(0, logits.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -logits[i]))
                .limit(top == 0 ? logits.length : top)
                .map(i -> new Score(i, model.card().className(i), scores[i], logits[i]))
                .toList();
        return new Result(listed, notes);
    }

    /** The first of a random order: without repetition, in the order of the table. */
    private double[][] drawn(double[][] points, int count) {
        int[] order = IntStream.range(0, points.length).toArray();
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < count; i++) {
            int j = random.nextInt(i, order.length);
            int swapped = order[i];
            order[i] = order[j];
            order[j] = swapped;
        }
        return IntStream.of(order)
                .limit(count)
                .sorted()
                .mapToObj(i -> points[i])
                .toArray(double[][]::new);
    }

    /** (3, N): centred, and scaled to the unit sphere. */
    private static float[] normalised(double[][] points, List<String> notes) {
        int n = points.length;
        double[] centre = new double[3];
        for (double[] point : points) {
            for (int axis = 0; axis < 3; axis++) {
                if (!Double.isFinite(point[axis])) {
                    throw new IllegalArgumentException("a point is " + point[0] + ", " + point[1] + ", " + point[2]
                            + "; allowed are finite numbers");
                }
                centre[axis] += point[axis] / n;
            }
        }
        double radius = 0;
        for (double[] point : points) {
            double square = 0;
            for (int axis = 0; axis < 3; axis++) {
                square += (point[axis] - centre[axis]) * (point[axis] - centre[axis]);
            }
            radius = Math.max(radius, Math.sqrt(square));
        }
        if (!(radius > 0)) {
            throw new IllegalArgumentException("all " + n + " points are at one place; a cloud needs an extent");
        }
        notes.add(String.format(
                Locale.ROOT,
                "%d points moved by (%.6g, %.6g, %.6g) and divided by %.6g",
                n,
                -centre[0],
                -centre[1],
                -centre[2],
                radius));
        float[] values = new float[3 * n];
        for (int i = 0; i < n; i++) {
            for (int axis = 0; axis < 3; axis++) {
                values[axis * n + i] = (float) ((points[i][axis] - centre[axis]) / radius);
            }
        }
        return values;
    }

    @Override
    public void close() {
        model.close();
    }
}
