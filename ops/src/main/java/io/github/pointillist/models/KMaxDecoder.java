// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import io.github.pointillist.layers.ConvNorm;
import io.github.pointillist.layers.ConvNorm.Kernel;
import io.github.pointillist.layers.KMaxLayer;
import io.github.pointillist.layers.KMaxPredictor;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;
import java.util.ArrayList;
import java.util.List;

/**
 * Cluster centres that move through k-means steps on finer and finer maps and then say masks and classes:
 * kMaX-DeepLab's transformer decoder.
 *
 * <p>Shapes: B samples; L clusters of D channels; K classes, the last one void; the finest map has h x w pixels.
 */
final class KMaxDecoder extends Layer {
    private final List<List<KMaxLayer>> steps = new ArrayList<>();
    private final Centres centres;
    private final ConvNorm forClasses;
    private final ConvNorm forMasks;
    private final KMaxPredictor predictor;

    /**
     * Declares the parameters under the official names.
     *
     * @param in channels of the maps of the pixel decoder, coarsest first
     */
    KMaxDecoder(KMaxDeepLab.Config config, List<Integer> in, Layer auxiliary) {
        int classes = config.classes() + 1;
        int number = 0;
        for (int i = 0; i < config.steps().size(); i++) {
            List<KMaxLayer> layers = new ArrayList<>();
            for (int j = 0; j < config.steps().get(i); j++) {
                layers.add(
                        child("_kmax_transformer_layers." + number, new KMaxLayer(in.get(i), config.width(), classes)));
                number++;
            }
            steps.add(layers);
        }
        this.centres = child("_cluster_centers", new Centres(config.width(), config.queries()));
        this.forClasses =
                child("_class_embedding_projection", new ConvNorm(config.width(), config.width(), Kernel.LISTED));
        this.forMasks =
                child("_mask_embedding_projection", new ConvNorm(config.width(), config.width(), Kernel.LISTED));
        this.predictor = child("_predcitor", new KMaxPredictor(in.get(in.size() - 1), config.width(), classes));
        if (auxiliary != null) {
            child("_auxiliary_semantic_predictor", auxiliary);
        }
    }

    /**
     * Clusters.
     *
     * @param maps of the pixel decoder, (B, h_i, w_i, C_i), coarsest first
     * @return mask logits (B, h, w, L), class logits (B, L, K) and unit pixel features (B, h, w, D / 2); in training then
     *     the same three of every k-means step, the first one first
     */
    NDList decode(NDList maps, Pass pass) {
        return scoped(maps, pass, inner -> {
            NDArray last = maps.get(maps.size() - 1);
            NDArray current = centres.apply(last, inner); // (B, L, D)
            NDList inside = new NDList();
            for (int i = 0; i < steps.size(); i++) {
                for (KMaxLayer layer : steps.get(i)) {
                    NDList step = layer.step(current, maps.get(i), inner);
                    current = step.get(0);
                    if (inner.isTraining()) {
                        inside.addAll(step.subNDList(1));
                    }
                }
            }
            NDArray classEmbedding = Activation.gelu(forClasses.apply(current, inner)); // (B, L, D)
            NDArray maskEmbedding = Activation.gelu(forMasks.apply(current, inner)); // (B, L, D)
            inner.tap(this, "class_embedding", () -> classEmbedding.transpose(0, 2, 1));
            inner.tap(this, "mask_embedding", () -> maskEmbedding.transpose(0, 2, 1));
            NDArray features = predictor.features(last, inner);
            NDArray masks = predictor.masks(features, maskEmbedding, inner); // (B, h, w, L)
            inner.tap(this, "assignment", () -> masks.argMax(3));
            NDList out = new NDList(masks, predictor.classes(classEmbedding, inner), features);
            out.addAll(inside);
            return out;
        });
    }

    @Override
    protected NDArray forward(NDArray x, Pass pass) {
        throw new IllegalStateException("call decode");
    }

    /** Where clusters begin, the same for every image. */
    private static final class Centres extends Layer {
        private final Parameter weight; // (D, L)

        Centres(int width, int queries) {
            this.weight = weight("weight", width, queries);
        }

        /** For a batch as large as that of {@code x}: (B, L, D). */
        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            return pass.value(weight)
                    .transpose()
                    .expandDims(0)
                    .broadcast(new Shape(
                            x.getShape().get(0),
                            weight.shape().get(1),
                            weight.shape().get(0)));
        }
    }
}
