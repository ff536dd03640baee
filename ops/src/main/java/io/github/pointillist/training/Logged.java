// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import java.util.Map;

/**
 * One line of the curve of a training run: means over the steps since the line before.
 *
 * @param step the last of these steps, from 1
 * @param rate learning rate of the last step
 * @param loss parts of the loss by name, and "loss", their sum
 * @param metrics of the averaged weights on the validation images by name, and "validation loss"; empty without any
 */
public record Logged(long step, double rate, Map<String, Double> loss, Map<String, Double> metrics) {}
