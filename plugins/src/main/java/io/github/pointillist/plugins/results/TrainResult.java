// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import io.github.pointillist.training.TrainSegmenter.Outcome;
import java.nio.file.Path;
import java.util.List;

/**
 * What came of training.
 *
 * @param outcome the installed model and how it came about
 * @param curve loss and metrics by step
 * @param folder of the installed model
 * @param summary what came out, one line each
 * @param files written, by name; empty where no folder for results was given
 * @param milliseconds taken, without those of earlier parts of a run that was stopped
 */
public record TrainResult(
        Outcome outcome,
        TrainingCurve curve,
        Path folder,
        List<String> summary,
        List<String> files,
        long milliseconds) {}
