// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The parts of an AVI file and the sizes of its pictures, before ImageJ's reader trusts them. */
final class AviHeader {
    private static final int RIFF = 12;
    private static final int PICTURE_HEADER = 40;

    private AviHeader() {}

    static void check(Path file) throws IOException {
        try (FileBytes bytes = new FileBytes(file)) {
            String kind = "";
            boolean pictures = false;
            for (long at = RIFF; bytes.holds(at, 8); ) {
                ByteBuffer head = bytes.read(at, 8, ByteOrder.LITTLE_ENDIAN);
                String name = new String(head.array(), 0, 4, StandardCharsets.ISO_8859_1);
                long length = head.getInt(4) & 0xffffffffL;
                if (name.equals("LIST") || name.equals("RIFF")) { // what is inside follows
                    at += RIFF;
                    continue;
                }
                if (!bytes.holds(at + 8, length)) {
                    throw new DamagedException("an AVI file with a part of " + length + " bytes that ends beyond it");
                }
                if (name.equals("strh") && length >= 4) {
                    kind = new String(
                            bytes.read(at + 8, 4, ByteOrder.LITTLE_ENDIAN).array(), StandardCharsets.ISO_8859_1);
                } else if (name.equals("strf") && kind.equals("vids")) {
                    picture(bytes, bytes.read(at + 8, Math.min(length, PICTURE_HEADER), ByteOrder.LITTLE_ENDIAN));
                    pictures = true;
                }
                at += 8 + length + (length & 1);
            }
            if (!pictures) {
                throw new DamagedException("an AVI file without pictures");
            }
        }
    }

    private static void picture(FileBytes bytes, ByteBuffer header) throws IOException {
        if (header.limit() < PICTURE_HEADER) {
            throw new DamagedException("an AVI file with a header of " + header.limit() + " bytes");
        }
        double width = header.getInt(4);
        double height = Math.abs((double) header.getInt(8));
        int bits = header.getShort(14) & 0xffff;
        int colours = header.getInt(32);
        String claim = "an AVI file of " + (long) width + " x " + (long) height + " pixels and " + bits + " bits";
        if (width < 1 || height < 1 || colours < 0 || colours > 256) {
            throw new DamagedException(claim + ", with a palette of " + colours);
        }
        boolean plain = header.getInt(16) == 0;
        Budget.check(claim, width * height * Math.max(bits, 8) / 8, bytes.size(), plain ? 1 : Budget.JPEG);
    }
}
