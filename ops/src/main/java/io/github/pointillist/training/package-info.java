// SPDX-License-Identifier: BSD-2-Clause
/** Training: examples from annotated images, their variation, and what learns from them. */
package io.github.pointillist.training;
