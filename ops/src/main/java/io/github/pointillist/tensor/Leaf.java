// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tensor;

/** A layer of one or two operations: it makes little besides its result, so it runs in the scope of its caller. */
public abstract class Leaf extends Layer {}
