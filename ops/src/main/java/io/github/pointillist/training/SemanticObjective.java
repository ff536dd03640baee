// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.github.pointillist.layers.Resize;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Owned;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Telling the class of every pixel. Losses compare the logits, interpolated bilinearly to the size of the image, with the
 * labels; pixels that are not annotated do not count.
 *
 * @param classes K, 2 or more
 * @param classWeights one a class, above 0, or empty for equal weights
 * @param crossEntropy weight of the cross-entropy, 0 or more
 * @param dice weight of the Dice loss, 0 or more
 * @param focal weight of the focal loss, 0 or more
 * @param gamma exponent of the focal loss, 0 or more
 * @param borderWeight how much more pixels count that lie within {@code borderPx} of another class, 0 or more
 * @param borderPx half the width of that band, 1 to 32
 */
public record SemanticObjective(
        int classes,
        List<Double> classWeights,
        double crossEntropy,
        double dice,
        double focal,
        double gamma,
        double borderWeight,
        int borderPx)
        implements DenseObjective {
    /** Checks the ranges. */
    public SemanticObjective {
        classWeights = List.copyOf(classWeights);
        boolean weighted = classWeights.isEmpty()
                || (classWeights.size() == classes && classWeights.stream().allMatch(weight -> weight > 0));
        if (classes < 2 || !weighted || borderPx < 1 || borderPx > 32) {
            throw new IllegalArgumentException(classes + " classes, class weights " + classWeights + " and a border of "
                    + borderPx + " px given; allowed are 2 or more classes, one weight above 0 each or none, and 1 to"
                    + " 32 px");
        }
        if (!(crossEntropy >= 0 && dice >= 0 && focal >= 0 && crossEntropy + dice + focal > 0 && gamma >= 0)
                || !(borderWeight >= 0)) {
            throw new IllegalArgumentException("weights of the losses are " + crossEntropy + " cross-entropy, " + dice
                    + " Dice, " + focal + " focal (gamma " + gamma + "), border " + borderWeight
                    + "; allowed are 0 or more, and one of the first three above 0");
        }
    }

    /** Cross-entropy and Dice, borders count twice. */
    public static SemanticObjective usual(int classes) {
        return new SemanticObjective(classes, List.of(), 1, 0.5, 0, 2, 1, 2);
    }

    /** The same with weights for rare classes. */
    public SemanticObjective withClassWeights(List<Double> weights) {
        return new SemanticObjective(classes, weights, crossEntropy, dice, focal, gamma, borderWeight, borderPx);
    }

    @Override
    public int outputs() {
        return classes;
    }

    @Override
    public NDList targets(List<Annotated> examples, int stride, Arena arena) {
        int width = examples.get(0).width();
        int height = examples.get(0).height();
        int pixels = width * height;
        float[] truth = new float[examples.size() * classes * pixels];
        float[] weights = new float[examples.size() * pixels];
        for (int b = 0; b < examples.size(); b++) {
            int[] labels = examples.get(b).labels();
            for (int i = 0; i < pixels; i++) {
                int label = labels[i];
                if (label == Annotated.IGNORE) {
                    continue;
                }
                if (label < 0 || label >= classes) {
                    throw new IllegalArgumentException(examples.get(b).name() + " has a pixel of class " + label
                            + "; allowed are 0 to " + (classes - 1));
                }
                truth[(b * classes + label) * pixels + i] = 1;
                weights[b * pixels + i] = (classWeights.isEmpty()
                                ? 1
                                : classWeights.get(label).floatValue())
                        * (borderWeight > 0 && isBorder(labels, i, width, height) ? (float) (1 + borderWeight) : 1);
            }
        }
        return new NDList(
                arena.array(truth, examples.size(), classes, height, width),
                arena.array(weights, examples.size(), height, width));
    }

    /** Whether a pixel of another class lies within {@code borderPx} in the row or the column. */
    private boolean isBorder(int[] labels, int at, int width, int height) {
        int x = at % width;
        int y = at / width;
        for (int k = 1; k <= borderPx; k++) {
            if ((x >= k && other(labels, at, at - k))
                    || (x + k < width && other(labels, at, at + k))
                    || (y >= k && other(labels, at, at - k * width))
                    || (y + k < height && other(labels, at, at + k * width))) {
                return true;
            }
        }
        return false;
    }

    private static boolean other(int[] labels, int at, int neighbour) {
        return labels[neighbour] != labels[at] && labels[neighbour] != Annotated.IGNORE;
    }

    @Override
    public Map<String, NDArray> loss(NDArray logits, NDList targets) {
        NDArray truth = targets.get(0); // (B, K, H, W)
        NDArray weights = targets.get(1); // (B, H, W)
        NDArray pixels =
                enlarged(logits, truth.getShape().get(2), truth.getShape().get(3)); // (B, K, H, W)
        Map<String, NDArray> parts = new LinkedHashMap<>();
        if (crossEntropy > 0) {
            parts.put("cross-entropy", Owned.mul(Losses.crossEntropy(pixels, truth, weights), crossEntropy));
        }
        if (dice > 0) {
            parts.put("dice", Owned.mul(Losses.dicePerClass(pixels, truth, weights), dice));
        }
        if (focal > 0) {
            parts.put("focal", Owned.mul(Losses.focal(pixels, truth, weights, gamma), focal));
        }
        return parts;
    }

    private static NDArray enlarged(NDArray logits, long height, long width) {
        return Resize.linear(Resize.linear(logits, 2, height), 3, width);
    }

    @Override
    public List<String> metrics() {
        List<String> names = new ArrayList<>(List.of("mIoU", "pixel accuracy"));
        for (int k = 0; k < classes; k++) {
            names.add("IoU of class " + k);
        }
        return names;
    }

    @Override
    public Counts counts() {
        return new Counts(classes * classes);
    }

    /** Adds to the confusion matrix, (true class, predicted class). */
    @Override
    public void count(NDArray logits, List<Annotated> examples, Counts counts) {
        int width = examples.get(0).width();
        int height = examples.get(0).height();
        long[] predicted = enlarged(logits, height, width).argMax(1).toLongArray();
        for (int b = 0; b < examples.size(); b++) {
            int[] labels = examples.get(b).labels();
            for (int i = 0; i < labels.length; i++) {
                if (labels[i] != Annotated.IGNORE) {
                    counts.add(labels[i] * classes + (int) predicted[b * labels.length + i], 1);
                }
            }
        }
    }

    /** Classes that are neither annotated nor predicted have no IoU and are left out of the mean. */
    @Override
    public List<Double> measure(Counts counts) {
        List<Double> each = new ArrayList<>();
        double sum = 0;
        int present = 0;
        double right = 0;
        double all = 0;
        for (int k = 0; k < classes; k++) {
            double union = -counts.get(k * classes + k);
            for (int other = 0; other < classes; other++) {
                union += counts.get(k * classes + other) + counts.get(other * classes + k);
                all += counts.get(k * classes + other);
            }
            double hit = counts.get(k * classes + k);
            right += hit;
            each.add(union == 0 ? Double.NaN : hit / union);
            if (union > 0) {
                sum += hit / union;
                present++;
            }
        }
        List<Double> values = new ArrayList<>(List.of(sum / present, right / all));
        values.addAll(each);
        return values;
    }

    @Override
    public String describe() {
        return String.format(
                Locale.ROOT,
                "%d classes%s: %.2f cross-entropy + %.2f Dice + %.2f focal (gamma %.1f), border of %d px x%.1f",
                classes,
                classWeights.isEmpty() ? "" : " weighted " + classWeights,
                crossEntropy,
                dice,
                focal,
                gamma,
                borderPx,
                1 + borderWeight);
    }
}
