// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import io.github.pointillist.models.SemanticFpn;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Gradients;
import io.github.pointillist.tensor.Pass;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Each command of ImageJ runs in a thread of its own: all of this works in any, whichever loaded the engine. */
class ThreadsTest {
    @BeforeAll
    static void theEngineIsLoadedByAnotherThread() {
        Arena.onCpu().close();
    }

    private static <T> FutureTask<T> start(Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        new Thread(task, "some command").start();
        return task;
    }

    private static <T> T inNewThread(Callable<T> work) throws ExecutionException, InterruptedException {
        return start(work).get();
    }

    /** The engine knows no way back from an array that it took no notes for. */
    private static boolean takesNotes(NDArray y) {
        try (NDArray sum = y.sum();
                NDArray one = sum.onesLike()) {
            JniUtils.backward((PtNDArray) sum, (PtNDArray) one, false, false);
            return true;
        } catch (EngineException e) {
            return false;
        }
    }

    private static List<Float> output(SemanticFpn model) {
        try (Arena scope = Arena.onCpu()) {
            NDArray x = scope.zeros(DataType.FLOAT32, new Shape(1, 3, 32, 32));
            NDArray y = model.apply(x.add(1), Pass.inference());
            assertThat(takesNotes(y)).isFalse();
            List<Float> values = new ArrayList<>();
            for (float value : y.toFloatArray()) {
                values.add(value);
            }
            return values;
        }
    }

    /** Trains a few steps, and says what the network gives then. */
    private static List<Float> trained() throws Exception {
        try (Arena arena = Arena.onCpu()) {
            SemanticFpn model = Tiny.model(2, arena, 0);
            Trainer.Run run = Tiny.run(model, SemanticObjective.usual(2), Tiny.settings(3, 3), 2);
            try (Trainer trainer = new Trainer(run, null)) {
                trainer.run(Progress.NONE, line -> {});
            }
            return output(model);
        }
    }

    @Test
    void trainsAndInfersByTurnsInAnyThread() throws Exception {
        List<Float> here = trained();
        for (int i = 0; i < 2; i++) {
            assertThat(inNewThread(ThreadsTest::trained)).isEqualTo(here);
        }
        assertThat(trained()).isEqualTo(here);
    }

    @Test
    void aTrainerMayBeMadeInOneThreadAndRunInAnother() throws Exception {
        List<Float> here = trained();
        try (Arena arena = Arena.onCpu()) {
            SemanticFpn model = Tiny.model(2, arena, 0);
            Trainer.Run run = Tiny.run(model, SemanticObjective.usual(2), Tiny.settings(3, 3), 2);
            try (Trainer trainer = inNewThread(() -> new Trainer(run, null))) {
                inNewThread(() -> {
                    trainer.run(Progress.NONE, line -> {});
                    return null;
                });
            }
            assertThat(inNewThread(() -> output(model))).isEqualTo(here);
        }
    }

    @Test
    void twoTrainAtOnce() throws Exception {
        List<Float> here = trained();
        FutureTask<List<Float>> first = start(ThreadsTest::trained);
        FutureTask<List<Float>> second = start(ThreadsTest::trained);
        assertThat(first.get()).isEqualTo(here);
        assertThat(second.get()).isEqualTo(here);
    }

    @Test
    void anInferenceTakesNoNotesThoughItsWeightsAreTrained() throws Exception {
        try (Arena arena = Arena.onCpu()) {
            SemanticFpn model = Tiny.model(2, arena, 0);
            model.parameters().values().stream()
                    .filter(parameter -> parameter.trainable())
                    .forEach(parameter -> parameter.array().setRequiresGradient(true));
            inNewThread(() -> output(model));
            try (Gradients ignored = Gradients.note()) {
                inNewThread(() -> output(model)); // another thread's notes are its own
                NDArray y = model.apply(arena.zeros(DataType.FLOAT32, new Shape(1, 3, 32, 32)), Pass.inference());
                assertThat(takesNotes(y)).isTrue();
            }
        }
    }
}
