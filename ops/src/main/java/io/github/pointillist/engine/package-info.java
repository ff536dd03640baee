// SPDX-License-Identifier: BSD-2-Clause
/** Which engine, native library and device are in use, and why. */
package io.github.pointillist.engine;
