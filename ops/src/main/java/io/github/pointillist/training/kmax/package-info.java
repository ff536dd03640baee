// SPDX-License-Identifier: BSD-2-Clause
/** Training of kMaX-DeepLab: matching, losses, and what they are made of. */
package io.github.pointillist.training.kmax;
