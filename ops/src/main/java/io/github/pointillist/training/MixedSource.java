// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import java.util.List;
import java.util.Locale;

/**
 * Several sources of examples, of which each example is drawn from one: a user's images among simulated ones keep a model
 * from forgetting what it knew.
 */
public final class MixedSource implements ExampleSource {
    private final List<ExampleSource> sources;
    private final double[] weights;
    private final long seed;

    /**
     * Mixes.
     *
     * @param sources at least one
     * @param weights one a source, 0 or more, at least one above 0; an example comes from source i with probability
     *     weights[i] over their sum
     * @param seed of the choice
     */
    public MixedSource(List<ExampleSource> sources, double[] weights, long seed) {
        if (sources.isEmpty() || sources.size() != weights.length) {
            throw new IllegalArgumentException(
                    sources.size() + " sources with " + weights.length + " weights; give one weight a source");
        }
        double sum = 0;
        for (double weight : weights) {
            if (!(weight >= 0 && weight < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("a source has the weight " + weight + "; allowed are 0 and above");
            }
            sum += weight;
        }
        if (!(sum > 0)) {
            throw new IllegalArgumentException("all sources have the weight 0; give one above 0");
        }
        this.sources = List.copyOf(sources);
        this.weights = weights.clone();
        for (int i = 0; i < weights.length; i++) {
            this.weights[i] /= sum;
        }
        this.seed = seed;
    }

    @Override
    public Annotated example(long index) {
        // the index goes on unchanged: which example of a source comes up depends on neither the weights nor the others
        return sources.get(Draws.of(seed, index).choose(weights)).example(index);
    }

    @Override
    public String describe() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < weights.length; i++) {
            text.append(i == 0 ? "" : "; ")
                    .append(String.format(Locale.ROOT, "%.0f %%: ", 100 * weights[i]))
                    .append(sources.get(i).describe());
        }
        return text.toString();
    }
}
