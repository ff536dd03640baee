// SPDX-License-Identifier: BSD-2-Clause
/** The clustering layers as operations that need no training: plain Java on rows of features, no native memory. */
package io.github.pointillist.clustering;
