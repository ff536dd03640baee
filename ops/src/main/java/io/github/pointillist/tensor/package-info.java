// SPDX-License-Identifier: BSD-2-Clause
/** Layers and their native memory. */
package io.github.pointillist.tensor;
