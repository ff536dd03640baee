// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

/**
 * The image sizes that a model takes.
 *
 * @param heightPx the only height, or 0 if it takes several
 * @param widthPx the only width, or 0 if it takes several
 * @param multiple where it takes several: both sides must be multiples of this
 */
public record InputSizes(int heightPx, int widthPx, int multiple) {
    /** Checks that either both sides are given or none, and the multiple is positive. */
    public InputSizes {
        if (heightPx < 0 || widthPx < 0 || (heightPx == 0) != (widthPx == 0) || multiple < 1) {
            throw new IllegalArgumentException("input of " + widthPx + " x " + heightPx + " pixels, a multiple of "
                    + multiple + ", given; either both sides are 0 or none, and the multiple is 1 or more");
        }
    }

    /** One size only. */
    public static InputSizes fixed(int heightPx, int widthPx) {
        return new InputSizes(heightPx, widthPx, 1);
    }

    /** Any size whose sides are multiples of this many pixels. */
    public static InputSizes multipleOf(int multiple) {
        return new InputSizes(0, 0, multiple);
    }

    /** Whether there is one size only. */
    public boolean isFixed() {
        return heightPx > 0;
    }

    /** The height nearest to the given one that the model takes. */
    public int nearestHeight(int wantedPx) {
        return isFixed() ? heightPx : nearest(wantedPx);
    }

    /** The width nearest to the given one that the model takes. */
    public int nearestWidth(int wantedPx) {
        return isFixed() ? widthPx : nearest(wantedPx);
    }

    private int nearest(int wantedPx) {
        return Math.max(1, Math.round((float) wantedPx / multiple)) * multiple;
    }

    /**
     * Refuses other sizes.
     *
     * @throws IllegalArgumentException if the model does not take an image of this size
     */
    public void check(long height, long width) {
        boolean fits = isFixed()
                ? height == heightPx && width == widthPx
                : height >= multiple && width >= multiple && height % multiple == 0 && width % multiple == 0;
        if (!fits) {
            throw new IllegalArgumentException(
                    "the image is " + width + " x " + height + " pixels; this model takes " + this);
        }
    }

    /** For messages: "224 x 224 pixels" or "sides that are multiples of 32 pixels". */
    @Override
    public String toString() {
        return isFixed()
                ? widthPx + " x " + heightPx + " pixels"
                : "sides that are multiples of " + multiple + " pixels";
    }
}
