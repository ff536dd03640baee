// SPDX-License-Identifier: BSD-2-Clause
/** What people come for: images in, label images and records out. */
package io.github.pointillist.tasks;
