// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training.kmax;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.tensor.Owned;
import io.github.pointillist.training.kmax.KMaxOutputs.Prediction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a batch of predictions should have been: segments given to clusters so that the sum of mask similarity times class
 * probability is largest (Wang, Zhu, Adam, Yuille, Chen, MaX-DeepLab, CVPR 2021, equation 9), and the weights that follow.
 * Nothing here has a gradient.
 *
 * <p>Shapes: B images; L clusters; M segments of an image; K classes; N = h w pixels.
 *
 * @param matches one an image
 * @param labels (B, L), the class of each cluster; K for those without a segment
 * @param masks (B, N, L), the share of each cluster in each pixel, summing to 1 or less
 * @param classWeights (B, L): the mask similarity of a match; how much else lies in void; at least {@code floor}
 * @param maskWeights (B, L): the class probability of a match, at least {@code floor}; else 0
 * @param isVoid (B, N), 1 where a pixel has no segment
 * @param voids [image][pixel], the same
 * @param inverseAreas [image][pixel], N over the area of the pixel's segment, which counts at least 1
 */
@SuppressWarnings("ArrayRecordComponent")
record KMaxTargets(
        List<Match> matches,
        NDArray labels,
        NDArray masks,
        NDArray classWeights,
        NDArray maskWeights,
        NDArray isVoid,
        boolean[][] voids,
        double[][] inverseAreas) {
    private static final double EPSILON = 1e-5;

    /**
     * Segments and clusters of one image.
     *
     * @param clusters [segment], the cluster of each
     * @param maskSimilarity [cluster][segment]
     * @param classProbability [cluster][segment]
     */
    record Match(int[] clusters, double[][] maskSimilarity, double[][] classProbability) {}

    /**
     * Matches.
     *
     * @param floor the least weight of a cluster, 1e-5 in the reference implementation
     */
    static KMaxTargets of(Prediction prediction, List<KMaxTruth> truths, double floor) {
        Shape shape = prediction.masks().getShape(); // (B, h, w, L)
        int images = (int) shape.get(0);
        int pixels = (int) (shape.get(1) * shape.get(2));
        int clusters = (int) shape.get(3);
        int classes = (int) prediction.classes().getShape().get(2) - 1;
        DataType type = prediction.masks().getDataType();
        NDArray probabilities = prediction
                .masks()
                .stopGradient()
                .reshape(images, pixels, clusters)
                .softmax(2);
        NDArray classProbabilities = prediction.classes().stopGradient().softmax(2);

        List<Match> matches = new ArrayList<>();
        double[] labels = new double[images * clusters];
        double[] masks = new double[images * pixels * clusters];
        double[] classWeights = new double[images * clusters];
        double[] maskWeights = new double[images * clusters];
        boolean[][] voids = new boolean[images][pixels];
        double[][] inverseAreas = new double[images][];
        Arrays.fill(labels, classes);
        for (int b = 0; b < images; b++) {
            KMaxTruth truth = truths.get(b);
            check(truth, pixels, clusters, classes);
            int segments = truth.labels().length;
            NDArray p = probabilities.get(new NDIndex("{}", b)); // (N, L)
            double[] segmentMasks = new double[segments * pixels];
            for (int m = 0; m < segments; m++) {
                for (int i = 0; i < pixels; i++) {
                    segmentMasks[m * pixels + i] = truth.masks().get(m)[i] ? 1 : 0;
                }
            }
            double[] known = new double[pixels];
            for (int i = 0; i < pixels; i++) {
                for (int m = 0; m < segments; m++) {
                    known[i] += segmentMasks[m * pixels + i];
                }
                voids[b][i] = known[i] == 0;
            }
            Match match = match(p, classProbabilities.get(new NDIndex("{}", b)), truth, segmentMasks, voids[b]);
            matches.add(match);
            double[] inVoid = inVoid(p, voids[b]);
            for (int l = 0; l < clusters; l++) {
                classWeights[b * clusters + l] = Math.max(floor, inVoid[l]);
            }
            double[] areas = new double[clusters];
            for (int m = 0; m < segments; m++) {
                int l = match.clusters[m];
                labels[b * clusters + l] = truth.labels()[m];
                classWeights[b * clusters + l] = Math.max(floor, match.maskSimilarity[l][m]);
                maskWeights[b * clusters + l] = Math.max(floor, match.classProbability[l][m]);
                for (int i = 0; i < pixels; i++) {
                    double share = segmentMasks[m * pixels + i] / Math.max(1, known[i]);
                    masks[(b * pixels + i) * clusters + l] = share;
                    areas[l] += share;
                }
            }
            inverseAreas[b] = inverseAreas(masks, areas, b, pixels, clusters);
        }
        NDManager manager = prediction.masks().getManager();
        return new KMaxTargets(
                matches,
                Owned.array(manager, labels, type, images, clusters),
                Owned.array(manager, masks, type, images, pixels, clusters),
                Owned.array(manager, classWeights, type, images, clusters),
                Owned.array(manager, maskWeights, type, images, clusters),
                Owned.array(manager, numbers(voids), type, images, pixels),
                voids,
                inverseAreas);
    }

    private static void check(KMaxTruth truth, int pixels, int clusters, int classes) {
        if (truth.labels().length > clusters) {
            throw new IllegalArgumentException("an image has " + truth.labels().length + " segments, and the model has "
                    + clusters + " clusters; give smaller images or more clusters");
        }
        for (boolean[] mask : truth.masks()) {
            if (mask.length != pixels) {
                throw new IllegalArgumentException(
                        "a mask has " + mask.length + " pixels, and the model's have " + pixels);
            }
        }
        for (int label : truth.labels()) {
            if (label < 0 || label >= classes) {
                throw new IllegalArgumentException(
                        "a segment has the class " + label + "; allowed are 0 to " + (classes - 1));
            }
        }
    }

    private static double[] numbers(boolean[][] values) {
        double[] all = new double[values.length * values[0].length];
        for (int i = 0; i < all.length; i++) {
            all[i] = values[i / values[0].length][i % values[0].length] ? 1 : 0;
        }
        return all;
    }

    private static Match match(NDArray p, NDArray classes, KMaxTruth truth, double[] masks, boolean[] isVoid) {
        int pixels = isVoid.length;
        int clusters = (int) p.getShape().get(1);
        int segments = truth.labels().length;
        double[][] similarity = new double[clusters][segments];
        double[][] probability = new double[clusters][segments];
        if (segments > 0) {
            NDArray known = Owned.array(p.getManager(), inverted(isVoid), p.getDataType(), pixels, 1);
            NDArray inside = p.mul(known); // (N, L)
            NDArray segment = Owned.array(p.getManager(), masks, p.getDataType(), segments, pixels);
            double[] products = doubles(segment.matMul(inside)); // (M, L)
            double[] sums = doubles(inside.sum(new int[] {0})); // (L)
            double[] each = doubles(classes); // (L, K + 1)
            int count = each.length / clusters;
            for (int m = 0; m < segments; m++) {
                double area = 0;
                for (int i = 0; i < pixels; i++) {
                    area += masks[m * pixels + i];
                }
                for (int l = 0; l < clusters; l++) {
                    similarity[l][m] = products[m * clusters + l] / ((sums[l] + area) / 2 + EPSILON);
                    probability[l][m] = each[l * count + truth.labels()[m]];
                }
            }
        }
        double[][] cost = new double[clusters][segments];
        for (int l = 0; l < clusters; l++) {
            for (int m = 0; m < segments; m++) {
                cost[l][m] = -similarity[l][m] * probability[l][m];
            }
        }
        return new Match(Assignment.rows(cost, segments), similarity, probability);
    }

    private static double[] inverted(boolean[] values) {
        double[] numbers = new double[values.length];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = values[i] ? 0 : 1;
        }
        return numbers;
    }

    private static double[] doubles(NDArray array) {
        return array.toType(DataType.FLOAT64, false).toDoubleArray();
    }

    /** The share of each cluster's probability that lies where nothing is. */
    private static double[] inVoid(NDArray p, boolean[] isVoid) {
        double[] numbers = new double[isVoid.length];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = isVoid[i] ? 1 : 0;
        }
        NDArray where = Owned.array(p.getManager(), numbers, p.getDataType(), numbers.length, 1);
        double[] inside = doubles(p.mul(where).sum(new int[] {0}));
        double[] all = doubles(p.sum(new int[] {0}));
        for (int l = 0; l < all.length; l++) {
            inside[l] /= all[l] + EPSILON;
        }
        return inside;
    }

    private static double[] inverseAreas(double[] masks, double[] areas, int b, int pixels, int clusters) {
        double[] inverse = new double[pixels];
        for (int i = 0; i < pixels; i++) {
            double area = 0;
            for (int l = 0; l < clusters; l++) {
                area += masks[(b * pixels + i) * clusters + l] * areas[l];
            }
            inverse[i] = pixels / Math.max(1, area);
        }
        return inverse;
    }
}
