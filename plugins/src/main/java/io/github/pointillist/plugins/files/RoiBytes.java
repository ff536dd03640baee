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
        if (second > 0 && second + SECOND_HEADER_SIZE <= bytes.length) {
            for (int part : new int[] {NAME, PROPERTIES}) {
                long place = header.getInt((int) second + part);
                long length = header.getInt((int) second + part + 4);
                holds &= place == 0 || length == 0 || (place > 0 && length > 0 && place + 2 * length <= bytes.length);
            }
            long counters = header.getInt((int) second + COUNTERS); // one a point, whatever the kind of region
            holds &= counters == 0 || (counters > 0 && points >= 0 && counters + 4 * points <= bytes.length);
        }
        if (!holds) {
            throw new IOException(
                    name + " is a damaged ROI: it claims more points or text than its " + bytes.length + " bytes hold");
        }
    }
}
