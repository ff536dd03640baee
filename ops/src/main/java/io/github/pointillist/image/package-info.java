// SPDX-License-Identifier: BSD-2-Clause
/**
 * Pictures before and after a model: ImgLib2 images to arrays and back, resizing as the reference implementations do
 * it, normalisation, colours of labels, overlays and tiles. Knows no model and no user interface.
 */
package io.github.pointillist.image;
