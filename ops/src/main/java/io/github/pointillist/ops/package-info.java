// SPDX-License-Identifier: BSD-2-Clause
/** The operations as SciJava Ops: static methods that a tag names; they only convert and call. */
package io.github.pointillist.ops;
