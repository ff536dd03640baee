// SPDX-License-Identifier: BSD-2-Clause
/** Progress and cancellation. */
package io.github.pointillist.progress;
