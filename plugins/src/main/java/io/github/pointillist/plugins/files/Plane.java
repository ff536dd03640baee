// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import java.io.IOException;

/**
 * One plane of one sample that takes any number and keeps it exactly if that type can: 8 or 16 bits without sign, else 32-bit
 * float.
 */
final class Plane {
    /** What holds the numbers. */
    enum Type {
        BYTE(1),
        SHORT(2),
        FLOAT(4);

        final int bytes;

        Type(int bytes) {
            this.bytes = bytes;
        }
    }

    private final Object pixels;
    /** Whether a whole number was rounded. */
    boolean rounded;
    /** Whether a number that is not whole was rounded. */
    boolean fractionRounded;

    Plane(Type type, int width, int height) throws IOException {
        long size = (long) width * height;
        if (size > Integer.MAX_VALUE - 64) {
            throw new UnsupportedFileException(
                    width + " x " + height + " pixels; ImageJ's images have at most 2,147,483,583");
        }
        Budget.memory("a plane of " + width + " x " + height + " pixels", (double) size * type.bytes);
        pixels = switch (type) {
            case BYTE -> new byte[(int) size];
            case SHORT -> new short[(int) size];
            case FLOAT -> new float[(int) size];
        };
    }

    /** byte[], short[] or float[]. */
    Object pixels() {
        return pixels;
    }

    byte[] bytes() {
        return (byte[]) pixels;
    }

    /** A whole number that fits. */
    void set(int at, int value) {
        if (pixels instanceof byte[] bytes) {
            bytes[at] = (byte) value;
        } else if (pixels instanceof short[] shorts) {
            shorts[at] = (short) value;
        } else {
            set(at, (long) value);
        }
    }

    void set(int at, long value) {
        float nearest = value;
        ((float[]) pixels)[at] = nearest;
        rounded |= (long) nearest != value || nearest == 0x1p63f;
    }

    void set(int at, double value) throws IOException {
        float nearest = (float) value;
        ((float[]) pixels)[at] = nearest;
        if (nearest != value && !Double.isNaN(value)) {
            if (Float.isInfinite(nearest)) {
                throw new UnsupportedFileException("the number " + value + " is beyond 32-bit floats");
            }
            fractionRounded |= Math.rint(value) != value;
            rounded |= Math.rint(value) == value;
        }
    }
}
