// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import io.github.pointillist.tensor.Owned;

/**
 * Losses of dense prediction. B samples, K classes, H x W pixels; every pixel has a weight, 0 where it does not count.
 * All are computed from logits, without overflow. Every result is a scalar.
 */
public final class Losses {
    private static final float DICE_SMOOTHING = 1;

    private Losses() {}

    /** log(1 + exp(x)), elementwise. */
    static NDArray softPlus(NDArray x) {
        // max(x, 0) + log(1 + exp(-|x|))
        return x.abs().neg().exp().add(1).log().add(Owned.maximum(x, 0));
    }

    /** Binary cross-entropy of each pixel: softplus(x) - x t. */
    static NDArray binaryTerms(NDArray logits, NDArray truth) {
        return softPlus(logits).sub(logits.mul(truth));
    }

    /**
     * Binary cross-entropy, the weighted mean over pixels.
     *
     * @param logits any shape
     * @param truth the same, 0 to 1
     * @param weights the same, 0 or more
     */
    public static NDArray binaryCrossEntropy(NDArray logits, NDArray truth, NDArray weights) {
        return mean(binaryTerms(logits, truth), weights);
    }

    /**
     * Binary focal loss (Lin et al., ICCV 2017, equation 5): alpha_t (1 - p_t)^gamma times the cross-entropy, the
     * weighted mean over pixels.
     *
     * @param alpha weight of the truths, 1 - alpha is that of the others, in [0, 1]
     * @param gamma 0 or more; 0 is the cross-entropy
     */
    public static NDArray binaryFocal(NDArray logits, NDArray truth, NDArray weights, double alpha, double gamma) {
        NDArray p = logits.getNDArrayInternal().sigmoid();
        NDArray missed = p.add(truth).sub(Owned.mul(p.mul(truth), 2)); // 1 - p_t
        NDArray balance = Owned.mul(truth, 2 * alpha - 1).add((float) (1 - alpha));
        return mean(binaryTerms(logits, truth).mul(Owned.pow(missed, gamma)).mul(balance), weights);
    }

    /**
     * The focal loss of a target that is itself a probability (Li et al., Generalized Focal Loss, NeurIPS 2020, equation
     * 2): |t - p|^2 times the cross-entropy, the weighted sum over {@code per}.
     *
     * @param per what the sum is divided by, above 0
     */
    public static NDArray qualityFocal(NDArray logits, NDArray truth, NDArray weights, double per) {
        NDArray p = logits.getNDArrayInternal().sigmoid();
        NDArray terms = binaryTerms(logits, truth).mul(truth.sub(p).square());
        return Owned.div(terms.mul(weights).sum(), per);
    }

    /**
     * 1 - soft Dice of a foreground (Milletari et al., V-Net, 3DV 2016, with sums of probabilities in the denominator),
     * over all pixels of the batch, smoothed by one pixel.
     */
    public static NDArray binaryDice(NDArray logits, NDArray truth, NDArray weights) {
        return dice(logits.getNDArrayInternal().sigmoid(), truth, weights);
    }

    private static NDArray dice(NDArray p, NDArray truth, NDArray weights) {
        NDArray common = p.mul(truth).mul(weights).sum();
        NDArray both = p.add(truth).mul(weights).sum();
        return Owned.mul(common, 2)
                .add(DICE_SMOOTHING)
                .div(both.add(DICE_SMOOTHING))
                .neg()
                .add(1);
    }

    /**
     * Cross-entropy over classes, the weighted mean over pixels.
     *
     * @param logits (B, K, H, W)
     * @param truth (B, K, H, W), 1 for the class of the pixel, else 0
     * @param weights (B, H, W), 0 or more
     */
    public static NDArray crossEntropy(NDArray logits, NDArray truth, NDArray weights) {
        return mean(classTerms(logits, truth), weights);
    }

    private static NDArray classTerms(NDArray logits, NDArray truth) {
        return logits.logSoftmax(1).mul(truth).sum(new int[] {1}).neg(); // (B, H, W)
    }

    /**
     * Focal loss over classes: (1 - p)^gamma times the cross-entropy, with p the probability of the true class.
     *
     * @param gamma 0 or more
     */
    public static NDArray focal(NDArray logits, NDArray truth, NDArray weights, double gamma) {
        NDArray terms = classTerms(logits, truth); // (B, H, W)
        NDArray missed = Owned.maximum(terms.neg().exp().neg().add(1), 0);
        return mean(terms.mul(Owned.pow(missed, gamma)), weights);
    }

    /** 1 - the mean over classes of the soft Dice over all pixels of the batch; see {@link #binaryDice}. */
    public static NDArray dicePerClass(NDArray logits, NDArray truth, NDArray weights) {
        NDArray p = logits.softmax(1);
        NDArray each = weights.expandDims(1);
        NDArray common = p.mul(truth).mul(each).sum(new int[] {0, 2, 3}); // (K)
        NDArray both = p.add(truth).mul(each).sum(new int[] {0, 2, 3}); // (K)
        return Owned.mul(common, 2)
                .add(DICE_SMOOTHING)
                .div(both.add(DICE_SMOOTHING))
                .mean()
                .neg()
                .add(1);
    }

    /**
     * Smooth L1 (Girshick, Fast R-CNN, ICCV 2015, equation 3, scaled to slope 1): d^2 / (2 beta) below beta, d - beta / 2
     * above.
     *
     * @param per what the weighted sum is divided by, above 0
     * @param beta above 0
     */
    public static NDArray smoothL1(NDArray values, NDArray truth, NDArray weights, double per, double beta) {
        NDArray distance = values.sub(truth).abs();
        NDArray near = Owned.minimum(distance, beta);
        // near^2 / (2 beta) + (distance - near) is both branches at once
        NDArray terms = Owned.div(near.square(), 2 * beta).add(distance.sub(near));
        return Owned.div(terms.mul(weights).sum(), per);
    }

    /** The sum of scalars. */
    static NDArray sum(NDList terms) {
        return terms.size() == 1 ? terms.head() : NDArrays.add(terms.toArray(new NDArray[0]));
    }

    private static NDArray mean(NDArray terms, NDArray weights) {
        return terms.mul(weights).sum().div(Owned.maximum(weights.sum(), 1e-6));
    }
}
