// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import java.io.IOException;
import java.nio.ByteBuffer;

/** The header of a region that ImageJ saved, looked at before ImageJ's decoder trusts its numbers. */
public final class RoiBytes {
    private static final int HEADER = 64;
    private static final int TYPE = 6;
    private static final int COORDINATES = 16;
    private static final int SIZE = 18;
    private static final int SHAPE_SIZE = 36;
    private static final int SUBTYPE = 48;
    private static final int SECOND_HEADER = 60;
    private static final int SECOND_HEADER_SIZE = 52;
    private static final int NAME = 16;
    private static final int PROPERTIES = 40;
    private static final int COUNTERS = 48;
    private static final int OPTIONS = 50;
    private static final int SPLINE = 1;
    private static final int SUB_PIXEL = 128;
    /** Larger than any image. */
    private static final float MOST_PIXELS = 1e7f;

    private static final int TEXT = 1;
    private static final int PICTURE = 4;

    private RoiBytes() {}

    /**
     * Checks the numbers in it.
     *
     * @throws IOException with one line: no region, a picture, or it claims more points or text than it has bytes
     */
    public static void check(String name, byte[] bytes) throws IOException {
        if (bytes.length < HEADER || bytes[0] != 'I' || bytes[1] != 'o' || bytes[2] != 'u' || bytes[3] != 't') {
            throw new IOException(name + " is no ROI of ImageJ");
        }
        ByteBuffer header = ByteBuffer.wrap(bytes);
        int type = bytes[TYPE];
        int subtype = header.getShort(SUBTYPE);
        boolean drawn = type == 0 || (type >= 4 && type <= 10);
        long points = header.getShort(COORDINATES) & 0xffff;
        points = points == 0 ? header.getInt(SIZE) : points;
        long shape = header.getInt(SHAPE_SIZE);
        boolean composite = type == 1 && shape != 0;
        if (subtype == PICTURE) {
            throw new IOException(name + " is a picture; allowed are areas, lines and points; remove it");
        }
        boolean holds = !drawn || (points >= 0 && HEADER + 4 * points <= bytes.length);
        holds &= !composite || (shape > 0 && HEADER + 4 * shape <= bytes.length);
        if (subtype == TEXT) {
            long title = bytes.length < HEADER + 16 ? -1 : header.getInt(HEADER + 8);
            long text = bytes.length < HEADER + 16 ? -1 : header.getInt(HEADER + 12);
            holds &= title >= 0 && text >= 0 && HEADER + 16 + 2 * (title + text) <= bytes.length;
        }
        long second = header.getInt(SECOND_HEADER);
        holds &= second == 0 || (second >= HEADER && second + SECOND_HEADER_SIZE <= bytes.length);
        if (holds && second > 0) {
            for (int part : new int[] {NAME, PROPERTIES}) {
                long place = header.getInt((int) second + part);
                long length = header.getInt((int) second + part + 4);
                holds &= place == 0 || length == 0 || (place > 0 && length > 0 && place + 2 * length <= bytes.length);
            }
            long counters = header.getInt((int) second + COUNTERS); // one a point, whatever the kind of region
            holds &= counters == 0 || (counters > 0 && points >= 0 && counters + 4 * points <= bytes.length);
        }
        int options = header.getShort(OPTIONS);
        if (holds && drawn && (options & SUB_PIXEL) != 0 && HEADER + 12 * points <= bytes.length) {
            path(name, header, (int) points, (options & SPLINE) != 0);
        }
        if (!holds) {
            throw new IOException(
                    name + " is a damaged ROI: it claims more points or text than its " + bytes.length + " bytes hold");
        }
    }

    /** ImageJ's decoder makes a point of every pixel of a curve. */
    private static void path(String name, ByteBuffer bytes, int points, boolean curve) throws IOException {
        double length = 0;
        float beforeX = 0;
        float beforeY = 0;
        for (int i = 0; i < points; i++) {
            float x = bytes.getFloat(HEADER + 4 * points + 4 * i);
            float y = bytes.getFloat(HEADER + 8 * points + 4 * i);
            if (!(Math.abs(x) <= MOST_PIXELS && Math.abs(y) <= MOST_PIXELS)) {
                throw new IOException(name + " is a damaged ROI: a point of it is " + x + ", " + y);
            }
            length += i == 0 ? 0 : Math.hypot(x - beforeX, y - beforeY);
            beforeX = x;
            beforeY = y;
        }
        if (curve && length > MOST_PIXELS) {
            throw new IOException(name + " is a damaged ROI: a curve of " + (long) length + " pixels");
        }
    }
}
