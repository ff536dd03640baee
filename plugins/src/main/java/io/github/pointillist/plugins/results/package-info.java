// SPDX-License-Identifier: BSD-2-Clause
/** From ImageJ images to a task and back: labels, overlays, tables and run manifests. */
package io.github.pointillist.plugins.results;
