// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.pointillist.models.SemanticFpn;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.weights.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerTest {
    @TempDir
    Path folder;

    private static Map<String, List<Number>> weights(Layer model) {
        Map<String, List<Number>> all = new LinkedHashMap<>();
        model.parameters()
                .forEach((name, parameter) ->
                        all.put(name, List.of(parameter.array().toArray())));
        return all;
    }

    /** Asks to stop when so many steps are done. */
    private record StopAt(long step, long[] seen) implements Progress {
        StopAt(long step) {
            this(step, new long[1]);
        }

        @Override
        public void report(long done, long total, String what) {
            seen[0] = Math.max(seen[0], done);
        }

        @Override
        public boolean cancelled() {
            return seen[0] >= step;
        }
    }

    @Test
    void learnsDiscs() throws IOException {
        try (Arena arena = Arena.onCpu()) {
            SemanticFpn model = Tiny.model(2, arena, 0);
            Trainer.Run run = Tiny.run(model, SemanticObjective.usual(2), Tiny.settings(60, 20), 4);
            try (Trainer trainer = new Trainer(run, null)) {
                trainer.run(Progress.NONE, line -> {});
                List<Logged> history = trainer.history();
                assertThat(history).extracting(Logged::step).containsExactly(20L, 40L, 60L);
                assertThat(history.get(2).metrics().get("mIoU")).isGreaterThan(0.8);
                assertThat(history.get(2).loss().get("loss"))
                        .isLessThan(history.get(0).loss().get("loss"));
                assertThat(trainer.bestStep()).isPositive();
            }
        }
    }

    @Test
    void ofEquallyGoodWeightsThoseOfTheLowerLossAreKept() throws IOException {
        TrainingSettings wild = new TrainingSettings(24, 2, 4, 1, 1, 0.05, 1, 0, 2, 2, 1);
        try (Arena arena = Arena.onCpu()) {
            SemanticFpn model = Tiny.model(4, arena, 0);
            try (Trainer trainer = new Trainer(Tiny.run(model, InstanceObjective.usual(16), wild, 4), null)) {
                trainer.run(Progress.NONE, line -> {});
                List<Logged> history = trainer.history();
                double most = history.stream()
                        .mapToDouble(line -> line.metrics().get("AP@0.5"))
                        .max()
                        .orElseThrow();
                List<Logged> equal = history.stream()
                        .filter(line -> line.metrics().get("AP@0.5") == most)
                        .toList();
                Logged lowest = equal.stream()
                        .min(Comparator.comparing(line -> line.metrics().get("validation loss")))
                        .orElseThrow();
                assertThat(equal).hasSizeGreaterThan(1);
                assertThat(lowest).isNotEqualTo(equal.get(equal.size() - 1));
                assertThat(trainer.bestStep()).isEqualTo(lowest.step());
            }
        }
    }

    @Test
    void headsOfInnerMapsLearnToo() throws IOException {
        for (DenseObjective objective : List.of(SemanticObjective.usual(2), InstanceObjective.usual(16))) {
            try (Arena arena = Arena.onCpu()) {
                Layer model = Tiny.deeplySupervised(objective.outputs(), arena);
                Map<String, List<Number>> before = weights(model);
                try (Trainer trainer = new Trainer(Tiny.run(model, objective, Tiny.settings(40, 20), 2), null)) {
                    trainer.run(Progress.NONE, line -> {});
                    List<Double> loss = trainer.history().stream()
                            .map(line -> line.loss().get("auxiliary"))
                            .toList();
                    assertThat(loss.get(0)).isPositive();
                    assertThat(loss.get(1)).isLessThan(loss.get(0));
                    Map<String, Double> parts = trainer.history().get(1).loss();
                    double sum = parts.entrySet().stream()
                            .filter(part -> !part.getKey().equals("loss"))
                            .mapToDouble(Map.Entry::getValue)
                            .sum();
                    assertThat(parts.get("loss")).isCloseTo(sum, within(1e-5));
                }
                String head = "auxiliary_head.conv_seg.weight";
                assertThat(weights(model).get(head)).isNotEqualTo(before.get(head));
            }
        }
    }

    @Test
    void resumesWhereItWasStoppedBitForBit() throws IOException {
        // With dropout, so that what layers draw at random is resumed too.
        Map<String, List<Number>> uninterrupted;
        List<Logged> curve;
        try (Arena arena = Arena.onCpu()) {
            SemanticFpn model = Tiny.model(4, arena, 0.2);
            Trainer.Run run = Tiny.run(model, InstanceObjective.usual(16), Tiny.settings(14, 4), 2);
            try (Trainer trainer = new Trainer(run, null)) {
                trainer.run(Progress.NONE, line -> {});
                curve = trainer.history();
            }
            uninterrupted = weights(model);
        }
        try (Arena arena = Arena.onCpu()) {
            SemanticFpn model = Tiny.model(4, arena, 0.2);
            Trainer.Run run = Tiny.run(model, InstanceObjective.usual(16), Tiny.settings(14, 4), 2);
            try (Trainer trainer = new Trainer(run, folder)) {
                assertThatThrownBy(() -> trainer.run(new StopAt(6), line -> {}))
                        .isInstanceOf(CancellationException.class)
                        .hasMessage("cancelled at step 6 of 14");
            }
        }
        try (Arena arena = Arena.onCpu()) {
            SemanticFpn model = Tiny.model(4, arena, 0.2);
            Trainer.Run run = Tiny.run(model, InstanceObjective.usual(16), Tiny.settings(14, 4), 2);
            List<Logged> heard = new ArrayList<>();
            try (Trainer trainer = new Trainer(run, folder)) {
                assertThat(trainer.step()).isEqualTo(6);
                trainer.run(Progress.NONE, heard::add);
                assertThat(trainer.history()).isEqualTo(curve);
            }
            assertThat(heard).extracting(Logged::step).containsExactly(8L, 12L, 14L);
            assertThat(weights(model)).isEqualTo(uninterrupted);
        }
    }

    @Test
    void savesByTimeToo() throws IOException {
        try (Arena arena = Arena.onCpu()) {
            SemanticFpn model = Tiny.model(2, arena, 0);
            Trainer.Run run = Tiny.run(model, SemanticObjective.usual(2), Tiny.settings(5, 5), 0);
            Progress killer = new Progress() {
                @Override
                public void report(long done, long total, String what) {
                    if (done == 3) {
                        throw new IllegalStateException("as if killed");
                    }
                }

                @Override
                public boolean cancelled() {
                    return false;
                }
            };
            try (Trainer trainer = new Trainer(run, folder)) {
                trainer.saveEvery(0);
                assertThatThrownBy(() -> trainer.run(killer, line -> {})).hasMessage("as if killed");
            }
            try (Trainer trainer = new Trainer(run, folder)) {
                assertThat(trainer.step()).isEqualTo(3);
            }
        }
    }

    @Test
    void aFinishedRunGivesItsWeightsAgain() throws IOException {
        Map<String, List<Number>> first;
        try (Arena arena = Arena.onCpu()) {
            SemanticFpn model = Tiny.model(2, arena, 0);
            try (Trainer trainer =
                    new Trainer(Tiny.run(model, SemanticObjective.usual(2), Tiny.settings(4, 2), 2), folder)) {
                trainer.run(Progress.NONE, line -> {});
            }
            first = weights(model);
        }
        try (Arena arena = Arena.onCpu()) {
            SemanticFpn model = Tiny.model(2, arena, 0);
            try (Trainer trainer =
                    new Trainer(Tiny.run(model, SemanticObjective.usual(2), Tiny.settings(4, 2), 2), folder)) {
                trainer.run(Progress.NONE, line -> {
                    throw new IllegalStateException("nothing is left to do");
                });
            }
            assertThat(weights(model)).isEqualTo(first);
        }
    }

    @Test
    void anotherRunIsNotContinued() throws IOException {
        try (Arena arena = Arena.onCpu()) {
            SemanticFpn model = Tiny.model(2, arena, 0);
            try (Trainer trainer =
                    new Trainer(Tiny.run(model, SemanticObjective.usual(2), Tiny.settings(2, 2), 0), folder)) {
                trainer.run(Progress.NONE, line -> {});
            }
            assertThatThrownBy(() -> new Trainer(
                                    Tiny.run(model, SemanticObjective.usual(2), Tiny.settings(3, 2), 0), folder)
                            .close())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("is of another run: it had steps=2")
                    .hasMessageContaining("now there is steps=3")
                    .hasMessageContaining("choose another folder or the same settings");
            Files.writeString(folder.resolve(Trainer.STATE), "no checkpoint at all");
            assertThatThrownBy(() -> new Trainer(
                                    Tiny.run(model, SemanticObjective.usual(2), Tiny.settings(2, 2), 0), folder)
                            .close())
                    .isInstanceOf(CheckpointException.class);
        }
    }

    @Test
    void nativeMemoryIsFlatOverSteps() throws IOException {
        try (Arena arena = Arena.onCpu()) {
            SemanticFpn model = Tiny.model(4, arena, 0.1);
            List<Integer> counts = new ArrayList<>();
            Trainer.Run run = Tiny.run(model, InstanceObjective.usual(16), Tiny.settings(12, 2), 2);
            try (Trainer trainer = new Trainer(run, null)) {
                trainer.run(Progress.NONE, line -> counts.add(arena.arrays() + trainer.heldArrays()));
            }
            assertThat(counts.subList(1, counts.size())).containsOnly(counts.get(1));
        }
    }
}
