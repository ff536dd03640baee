// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.image;

/** How a picture is resized; the names say whose arithmetic is followed. */
public enum Interpolation {
    /** Pillow's BICUBIC: Keys' kernel with a = -0.5, widened when shrinking (antialiased). */
    PIL_BICUBIC,
    /** Pillow's BILINEAR: triangle kernel, widened when shrinking (antialiased). */
    PIL_BILINEAR,
    /** OpenCV's INTER_LINEAR: the four nearest pixels, no antialiasing. */
    CV_BILINEAR
}
