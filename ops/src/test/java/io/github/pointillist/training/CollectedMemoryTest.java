// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.types.DataType;
import io.github.pointillist.image.Normalisation;
import io.github.pointillist.models.KMaxDeepLab;
import io.github.pointillist.models.SecVit;
import io.github.pointillist.models.UperNet;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.PanopticDecoder;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.training.kmax.KMaxLoss;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

/** A garbage collection between the loss and the backward pass changes nothing: the engine needs no memory of Java. */
class CollectedMemoryTest {
    private static final int STEPS = 2;

    /** Collects after every loss and gives the memory to others. */
    private static Objective collecting(Objective objective) {
        return (Objective) Proxy.newProxyInstance(
                Objective.class.getClassLoader(), new Class<?>[] {Objective.class}, (proxy, method, arguments) -> {
                    Object result = method.invoke(objective, arguments);
                    if (method.getName().equals("loss")) {
                        System.gc();
                        List<ByteBuffer> others = new ArrayList<>();
                        for (int round = 0; round < 10; round++) {
                            Thread.sleep(10);
                            for (int i = 0; i < 1000; i++) {
                                others.add(ByteBuffer.allocateDirect(4 << i % 8).putFloat(0, 7777));
                            }
                        }
                        assertThat(others).hasSize(10_000);
                    }
                    return result;
                });
    }

    private static Map<String, List<Number>> trained(
            BiFunction<Arena, Objective, Trainer.Run> run, Arena arena, Objective objective) throws IOException {
        Trainer.Run made = run.apply(arena, objective);
        try (Trainer trainer = new Trainer(made, null)) {
            trainer.run(Progress.NONE, line -> {});
        }
        Map<String, List<Number>> weights = new LinkedHashMap<>();
        made.model()
                .parameters()
                .forEach((name, parameter) ->
                        weights.put(name, List.of(parameter.array().toArray())));
        return weights;
    }

    private static void assertUnchanged(Objective objective, BiFunction<Arena, Objective, Trainer.Run> run)
            throws IOException {
        try (Arena arena = Arena.onCpu()) {
            Map<String, List<Number>> expected = trained(run, arena, objective);
            assertThat(trained(run, arena, collecting(objective))).isEqualTo(expected);
        }
    }

    @Test
    void ofContextClustersWithObjects() throws IOException {
        assertUnchanged(
                InstanceObjective.usual(16),
                (arena, objective) -> Tiny.run(Tiny.model(4, arena, 0.2), objective, Tiny.settings(STEPS, STEPS), 1));
    }

    @Test
    void ofContextClustersWithClassesAndFocalLoss() throws IOException {
        assertUnchanged(
                new SemanticObjective(2, List.of(1.0, 2.0), 1, 0.5, 0.5, 2, 2, 2),
                (arena, objective) ->
                        Tiny.run(Tiny.deeplySupervised(2, arena), objective, Tiny.settings(STEPS, STEPS), 1));
    }

    @Test
    void ofEquitableClusters() throws IOException {
        SecVit.Config backbone = new SecVit.Config(
                List.of(8, 8), List.of(1, 2), List.of(2, 1), List.of(4, 2), List.of(2, 1), List.of(false, true), 6, 0);
        assertUnchanged(SemanticObjective.usual(2), (arena, objective) -> {
            UperNet model = new UperNet(new SecVit(backbone), new UperNet.Config(8, List.of(1, 2), 0, 2, null));
            model.allocate(arena, DataType.FLOAT32);
            Initialisation.fill(model, 3);
            return Tiny.run(model, objective, Tiny.settings(STEPS, STEPS), 1);
        });
    }

    @Test
    void ofKMeansDecoders() throws IOException {
        KMaxDeepLab.Config config = TrainSegmenter.SMALL_PANOPTIC;
        Objective objective =
                new PanopticObjective(KMaxLoss.SMALL, config.classes(), Set.of(1, 2), PanopticDecoder.Options.ADE20K);
        SimulatedInclusions source = new SimulatedInclusions(config.widthPx(), 5);
        assertUnchanged(objective, (arena, each) -> {
            Layer model = new KMaxDeepLab(config);
            model.allocate(arena, DataType.FLOAT32);
            Initialisation.fill(model, 3);
            return new Trainer.Run(
                    model, Normalisation.IMAGENET, 4, each, Tiny.settings(STEPS, STEPS), source, List.of(), "tiny");
        });
    }
}
