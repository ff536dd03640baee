// SPDX-License-Identifier: BSD-2-Clause
/** Weights by name: reading checkpoints that nobody vouches for, checking them against a model, writing them. */
package io.github.pointillist.weights;
