// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

/**
 * How a model is trained.
 *
 * @param steps updates of the weights, 1 or more
 * @param batch patches in one update, 1 or more
 * @param rate the largest learning rate, above 0
 * @param warmUpSteps over which the rate rises linearly to {@code rate}, 0 to {@code steps}
 * @param lastRate share of {@code rate} at which the cosine ends, 0 to 1
 * @param weightDecay of AdamW, 0 or more
 * @param clipNorm largest length of the gradient, longer ones are shortened; 0 for none
 * @param average decay of the exponential moving average of the weights, 0 (the weights themselves) to below 1
 * @param validateEvery steps between validations, 1 or more
 * @param saveEvery steps between checkpoints, 1 or more
 * @param seed of everything random
 */
public record TrainingSettings(
        long steps,
        int batch,
        double rate,
        long warmUpSteps,
        double lastRate,
        double weightDecay,
        double clipNorm,
        double average,
        long validateEvery,
        long saveEvery,
        long seed) {
    /** Checks the ranges. */
    public TrainingSettings {
        require(steps >= 1, "steps", steps, "1 or more");
        require(batch >= 1, "batch", batch, "1 or more");
        require(rate > 0 && rate < 10, "learning rate", rate, "above 0, below 10");
        require(warmUpSteps >= 0 && warmUpSteps <= steps, "warm-up", warmUpSteps, "0 to the number of steps");
        require(lastRate >= 0 && lastRate <= 1, "last rate", lastRate, "0 to 1");
        require(weightDecay >= 0 && weightDecay < 10, "weight decay", weightDecay, "0 or more, below 10");
        require(clipNorm >= 0, "clipping", clipNorm, "0 or more");
        require(average >= 0 && average < 1, "average", average, "0 to below 1");
        require(validateEvery >= 1, "validation every", validateEvery, "1 or more steps");
        require(saveEvery >= 1, "checkpoint every", saveEvery, "1 or more steps");
    }

    private static void require(boolean ok, String name, Object given, String allowed) {
        if (!ok) {
            throw new IllegalArgumentException(name + " is " + given + "; allowed is " + allowed);
        }
    }

    /** What suits a small network and so many steps. */
    public static TrainingSettings usual(long steps, long seed) {
        return new TrainingSettings(
                steps,
                4,
                1e-3,
                Math.min(steps, Math.max(10, Math.min(200, steps / 10))),
                0.01,
                0.05,
                1,
                0.998,
                Math.max(1, Math.min(250, steps / 10)),
                Math.max(1, Math.min(250, steps / 10)),
                seed);
    }

    /** The learning rate of a step: a linear rise, then a cosine (Loshchilov and Hutter, SGDR, ICLR 2017, equation 5). */
    public double rate(long step) {
        if (step <= warmUpSteps) {
            return rate * step / warmUpSteps;
        }
        double done = (double) (step - warmUpSteps) / Math.max(1, steps - warmUpSteps);
        return rate * (lastRate + (1 - lastRate) * (1 + StrictMath.cos(Math.PI * done)) / 2);
    }

    /** The decay of the moving average at a step: smaller at first, so that the start is soon forgotten. */
    public double average(long step) {
        return Math.min(average, (1.0 + step) / (10.0 + step));
    }
}
