// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The header of a FITS file: cards of 80 characters, before ImageJ's reader trusts it. */
final class FitsHeader {
    private static final int CARD = 80;
    private static final int MOST_AXES = 16;

    private FitsHeader() {}

    static void check(Path file) throws IOException {
        try (FileBytes bytes = new FileBytes(file)) {
            double pixels = 1;
            long axes = 0;
            long bits = 0;
            long at = 0;
            for (; ; at += CARD) {
                if (!bytes.holds(at, CARD)) {
                    throw new DamagedException("a FITS file without the end of its header");
                }
                String card =
                        new String(bytes.read(at, CARD, ByteOrder.BIG_ENDIAN).array(), StandardCharsets.ISO_8859_1);
                String name = card.substring(0, 8).strip();
                if (name.equals("END")) {
                    break;
                }
                if (name.equals("BITPIX")) {
                    bits = value(card);
                } else if (name.equals("NAXIS")) {
                    axes = value(card);
                } else if (name.matches("NAXIS[0-9]+")) {
                    long size = value(card);
                    if (size < 1) {
                        throw new DamagedException("a FITS file with an axis of " + size);
                    }
                    pixels *= size;
                }
            }
            boolean depth = bits == 8 || bits == 16 || bits == 32 || bits == -32 || bits == -64;
            if (axes < 1 || axes > MOST_AXES || !depth || pixels * Math.abs(bits) / 8 > bytes.size() - at) {
                throw new DamagedException("a FITS file of " + axes + " axes, " + (long) pixels + " pixels and " + bits
                        + " bits in " + bytes.size() + " bytes");
            }
            Budget.memory("a FITS file of " + (long) pixels + " pixels", pixels * 8);
        }
    }

    private static long value(String card) throws IOException {
        String text = card.substring(Math.min(card.length(), 9))
                .split("/", 2)[0]
                .replace("=", "")
                .strip();
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new DamagedException("a FITS file whose header has a number that is none");
        }
    }
}
