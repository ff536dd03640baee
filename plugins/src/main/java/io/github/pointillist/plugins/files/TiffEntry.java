// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * One field of a TIFF directory, whose values lie within the file.
 *
 * @param tag what it says
 * @param type of its values, 1 to 18
 * @param count how many
 * @param at where the first is
 */
record TiffEntry(int tag, int type, long count, long at) {
    private static final int[] SIZES = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};

    /** Bytes of a value of this type; 0 for types that TIFF does not have. */
    static int size(int type) {
        return type < SIZES.length ? SIZES[type] : 0;
    }

    /** Whole numbers. */
    long[] numbers(FileBytes file, ByteOrder order) throws IOException {
        ByteBuffer bytes = file.read(at, count * size(type), order);
        long[] values = new long[(int) count];
        for (int i = 0; i < values.length; i++) {
            values[i] = switch (type) {
                case 1, 7 -> bytes.get(i) & 0xff;
                case 6 -> bytes.get(i);
                case 3 -> bytes.getShort(2 * i) & 0xffff;
                case 8 -> bytes.getShort(2 * i);
                case 4, 13 -> bytes.getInt(4 * i) & 0xffffffffL;
                case 9 -> bytes.getInt(4 * i);
                case 16, 17, 18 -> bytes.getLong(8 * i);
                default -> throw new DamagedException("field " + tag + " of a TIFF directory is no whole number");
            };
            if (values[i] < 0) {
                throw new DamagedException("field " + tag + " of a TIFF directory is " + values[i]);
            }
        }
        return values;
    }

    /** The first value as a fraction; 0 where there is none. */
    double ratio(FileBytes file, ByteOrder order) throws IOException {
        if ((type != 5 && type != 10) || count < 1) {
            return 0;
        }
        ByteBuffer bytes = file.read(at, 8, order);
        double below = bytes.getInt(4) & 0xffffffffL;
        return below == 0 ? 0 : (bytes.getInt(0) & 0xffffffffL) / below;
    }

    /** Text; what is not UTF-8 is read as Latin-1. */
    String text(FileBytes file) throws IOException {
        if (type != 2 && type != 1 && type != 7) {
            return "";
        }
        byte[] bytes = file.read(at, count, ByteOrder.BIG_ENDIAN).array();
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        String text = new String(bytes, 0, end, StandardCharsets.UTF_8);
        return text.indexOf('\ufffd') < 0 ? text : new String(bytes, 0, end, StandardCharsets.ISO_8859_1);
    }
}
