// SPDX-License-Identifier: BSD-2-Clause
/** Readers of image files: bounded by the size of the file, and either right or refusing. */
package io.github.pointillist.plugins.files;
