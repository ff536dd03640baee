// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.SafeTensors;
import io.github.pointillist.weights.StateDict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A training run between two steps: everything that the following steps depend on. One safetensors file, written beside
 * and moved, so that a kill at any moment leaves the old or the new one.
 *
 * @param step updates done
 * @param fingerprint of model, settings, objective and data: a run resumes only where it is the same
 * @param bestStep of the weights under "best.", 0 where there are none yet
 * @param bestMetric of these weights
 * @param history what was logged so far
 * @param sums of losses since the last line of the history
 * @param arrays under "model.", "m.", "v.", "average." and "best."
 */
record TrainingState(
        long step,
        String fingerprint,
        long bestStep,
        double bestMetric,
        List<Logged> history,
        Map<String, Double> sums,
        StateDict arrays) {
    static final String MODEL = "model.";
    static final String FIRST_MOMENT = "m.";
    static final String SECOND_MOMENT = "v.";
    static final String AVERAGE = "average.";
    static final String BEST = "best.";
    private static final String KEY = "pointillist.training";
    /** Numbers may be NaN or infinite. */
    private static final Gson GSON =
            new GsonBuilder().serializeSpecialFloatingPointValues().create();

    private static final String FORMAT = "pointillist-training-1";

    /** The header. */
    private record Header(
            String format,
            long step,
            String fingerprint,
            long bestStep,
            double bestMetric,
            List<Logged> history,
            Map<String, Double> sums) {}

    void write(Path file) throws IOException {
        Map<String, String> metadata = new LinkedHashMap<>();
        Header header = new Header(FORMAT, step, fingerprint, bestStep, bestMetric, history, sums);
        metadata.put(KEY, GSON.toJson(header));
        Path part = file.resolveSibling(file.getFileName() + ".part");
        SafeTensors.write(arrays, metadata, part);
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /**
     * Reads a state.
     *
     * @throws CheckpointException if the file is none
     */
    static TrainingState read(Path file) throws IOException {
        Checkpoint checkpoint = Checkpoint.read(file);
        String text = checkpoint.info().get(KEY);
        Header header;
        try {
            header = text == null ? null : GSON.fromJson(text, Header.class);
        } catch (RuntimeException e) {
            throw new CheckpointException(file + " is a damaged training state: " + e.getMessage(), e);
        }
        if (header == null || !FORMAT.equals(header.format) || header.history == null || header.sums == null) {
            throw new CheckpointException(file + " is no training state of this program");
        }
        return new TrainingState(
                header.step,
                header.fingerprint,
                header.bestStep,
                header.bestMetric,
                header.history,
                header.sums,
                checkpoint.weights());
    }
}
