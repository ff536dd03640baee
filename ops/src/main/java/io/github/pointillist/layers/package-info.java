// SPDX-License-Identifier: BSD-2-Clause
/** Building blocks that several models share. Arrays are channels-last, (B, H, W, C), unless a class says otherwise. */
package io.github.pointillist.layers;
