// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import ai.djl.ndarray.types.DataType;
import io.github.pointillist.image.Normalisation;
import io.github.pointillist.image.RasterF;
import io.github.pointillist.layers.ContextClusterLayer.Denominator;
import io.github.pointillist.models.ContextCluster;
import io.github.pointillist.models.SemanticFpn;
import io.github.pointillist.models.UperNet;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import java.util.List;

/** A network of a few thousand parameters and pictures of discs, for tests of training. */
final class Tiny {
    static final int SIDE = 32;

    private Tiny() {}

    private static final ContextCluster.Config BACKBONE = new ContextCluster.Config(
            List.of(1, 1),
            List.of(8, 12),
            List.of(2, 2),
            List.of(2, 1),
            List.of(1, 1),
            8,
            List.of(2, 2),
            Denominator.SIMILARITY,
            0);

    static SemanticFpn model(int outputs, Arena arena, double dropout) {
        return filled(
                new SemanticFpn(new ContextCluster(BACKBONE), new SemanticFpn.Config(8, 8, dropout, outputs)), arena);
    }

    /** With a second head on the coarser map. */
    static UperNet deeplySupervised(int outputs, Arena arena) {
        return filled(
                new UperNet(
                        new ContextCluster(BACKBONE),
                        new UperNet.Config(8, List.of(1, 2), 0, outputs, new UperNet.Auxiliary(8, 1, 1, false))),
                arena);
    }

    private static <L extends Layer> L filled(L model, Arena arena) {
        model.allocate(arena, DataType.FLOAT32);
        Initialisation.fill(model, 3);
        return model;
    }

    /** A bright disc of radius 8 somewhere, in noise; labelled 1. */
    static Annotated disc(long index) {
        Draws draws = Draws.of(5, index);
        double cx = draws.between(8, SIDE - 8);
        double cy = draws.between(8, SIDE - 8);
        RasterF image = RasterF.of(SIDE, SIDE, 1);
        int[] labels = new int[SIDE * SIDE];
        for (int i = 0; i < labels.length; i++) {
            double dx = i % SIDE - cx;
            double dy = i / SIDE - cy;
            labels[i] = dx * dx + dy * dy < 64 ? 1 : 0;
            image.data()[i] = (float) (40 + 120 * labels[i] + 10 * draws.gaussian());
        }
        return new Annotated(image, labels, "disc " + index);
    }

    static ExampleSource discs() {
        return new ExampleSource() {
            @Override
            public Annotated example(long index) {
                return disc(index);
            }

            @Override
            public String describe() {
                return "discs";
            }
        };
    }

    static TrainingSettings settings(long steps, long every) {
        return new TrainingSettings(steps, 2, 2e-2, Math.min(steps, 3), 0.01, 0.05, 1, 0.9, every, every, 1);
    }

    static Trainer.Run run(Layer model, Objective objective, TrainingSettings settings, int validation) {
        List<Annotated> kept = java.util.stream.LongStream.range(0, validation)
                .mapToObj(i -> disc(10_000 + i))
                .toList();
        return new Trainer.Run(model, Normalisation.IMAGENET, 4, objective, settings, discs(), kept, "tiny");
    }
}
