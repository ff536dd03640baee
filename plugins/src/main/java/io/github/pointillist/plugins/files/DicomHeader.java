// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;

/** The elements of a DICOM file up to its pixels, before ImageJ's reader trusts their lengths. */
final class DicomHeader {
    private static final int PREAMBLE = 128;
    private static final int PIXELS = 0x7fe00010;
    private static final long UNDEFINED = 0xffffffffL;
    private static final Set<String> LONG_LENGTH =
            Set.of("OB", "OW", "OF", "OD", "OL", "OV", "SQ", "UN", "UT", "UC", "UR");

    private DicomHeader() {}

    static void check(Path file) throws IOException {
        try (FileBytes bytes = new FileBytes(file)) {
            long at = bytes.holds(PREAMBLE, 4) && text(bytes, PREAMBLE, 4).equals("DICM") ? PREAMBLE + 4 : 0;
            double pixels = 1;
            long bits = 8;
            ByteOrder order = ByteOrder.LITTLE_ENDIAN;
            while (true) {
                ByteBuffer head = bytes.read(at, 8, order);
                int group = head.getShort(0) & 0xffff;
                if (group == 0x0800 && order == ByteOrder.LITTLE_ENDIAN) { // big-endian from here on
                    order = ByteOrder.BIG_ENDIAN;
                    continue;
                }
                int tag = group << 16 | (head.getShort(2) & 0xffff);
                String kind = text(bytes, at + 4, 2);
                long length;
                if (LONG_LENGTH.contains(kind)) {
                    length = bytes.read(at + 8, 4, order).getInt(0) & UNDEFINED;
                    at += 12;
                } else if (kind.matches("[A-Z]{2}")) {
                    length = head.getShort(6) & 0xffff;
                    at += 8;
                } else {
                    length = head.getInt(4) & UNDEFINED;
                    at += 8;
                }
                if (tag == PIXELS) {
                    if (length == 0) {
                        throw new DamagedException("a DICOM file without pixels");
                    }
                    check(bytes, at, pixels * bits / 8);
                    return;
                }
                if (length == UNDEFINED || kind.equals("SQ") || group == 0xfffe) {
                    continue; // what is inside follows
                }
                if (!bytes.holds(at, length)) {
                    throw new DamagedException(
                            "a DICOM file with an element of " + length + " bytes that ends beyond it");
                }
                if (length >= 2 && (tag == 0x00280010 || tag == 0x00280011 || tag == 0x00280002)) {
                    pixels *= bytes.read(at, 2, order).getShort(0) & 0xffff;
                } else if (length >= 2 && tag == 0x00280100) {
                    bits = bytes.read(at, 2, order).getShort(0) & 0xffff;
                } else if (tag == 0x00280008 && length <= 16) {
                    pixels *= frames(text(bytes, at, (int) length));
                }
                at += length;
            }
        }
    }

    private static void check(FileBytes bytes, long at, double needed) throws IOException {
        if (needed <= 0 || needed > bytes.size() - at) {
            throw new DamagedException("a DICOM file with " + (bytes.size() - at) + " of " + (long) needed
                    + " bytes of pixels (compressed ones are not read)");
        }
    }

    private static double frames(String text) throws IOException {
        try {
            return Math.max(1, Integer.parseInt(text.strip()));
        } catch (NumberFormatException e) {
            throw new DamagedException("a DICOM file whose number of frames is none");
        }
    }

    private static String text(FileBytes bytes, long at, int length) throws IOException {
        return new String(bytes.read(at, length, ByteOrder.BIG_ENDIAN).array(), StandardCharsets.ISO_8859_1)
                .replace('\0', ' ');
    }
}
