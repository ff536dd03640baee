// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** BMP: palettes of 1, 2, 4 and 8 bits, also run-length coded, and colours of 16, 24 and 32 bits. */
final class BmpReader {
    private static final int FILE_HEADER = 14;
    private static final int PLAIN = 0;
    private static final int RLE8 = 1;
    private static final int RLE4 = 2;
    private static final int MASKS = 3;
    private static final int ALPHA_MASKS = 6;

    /** Two bytes may end the picture or move on by 255 rows and columns; what is skipped is 0. */
    private static final int RUN_LENGTH = 1 << 12;

    private final FileBytes file;
    private int width;
    private int height;
    private boolean topDown;
    private int bits;
    private int compression;
    private long begin;
    private int[] palette = {};
    private final int[] masks = {0xff0000, 0xff00, 0xff};

    private BmpReader(FileBytes file) {
        this.file = file;
    }

    static boolean begins(byte[] head) {
        return head.length > 1 && head[0] == 'B' && head[1] == 'M';
    }

    static Loaded read(FileBytes file) throws IOException {
        BmpReader reader = new BmpReader(file);
        reader.header();
        String claim = "a BMP file of " + reader.width + " x " + reader.height + " pixels";
        boolean runs = reader.compression == RLE8 || reader.compression == RLE4;
        double bytes = runs ? (double) reader.width * reader.height : (double) reader.rowBytes() * reader.height;
        Budget.check(claim, bytes, file.size() - reader.begin, runs ? RUN_LENGTH : 1);
        if (!runs && !file.holds(reader.begin, reader.rowBytes() * reader.height)) {
            throw new DamagedException("a BMP file cut short: " + file.size() + " of "
                    + (reader.begin + reader.rowBytes() * reader.height) + " bytes are there");
        }
        return reader.bits <= 8 ? reader.indexed(runs) : reader.colour();
    }

    private void header() throws IOException {
        ByteBuffer head = file.read(0, Math.min(file.size(), FILE_HEADER + 124), ByteOrder.LITTLE_ENDIAN);
        if (head.limit() < FILE_HEADER + 12) {
            throw new DamagedException("a BMP file cut short");
        }
        begin = head.getInt(10) & 0xffffffffL;
        long size = head.getInt(FILE_HEADER) & 0xffffffffL;
        boolean old = size == 12;
        if ((!old && size < 40) || size > 124 || head.limit() < FILE_HEADER + size) {
            throw new DamagedException("a BMP file with a header of " + size + " bytes");
        }
        int rows = old ? head.getShort(20) : head.getInt(22);
        width = old ? head.getShort(18) & 0xffff : head.getInt(18);
        topDown = rows < 0;
        height = Math.abs(rows);
        bits = head.getShort(old ? 24 : 28) & 0xffff;
        compression = old ? PLAIN : head.getInt(30);
        boolean known =
                switch (compression) {
                    case PLAIN ->
                        bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32;
                    case RLE8 -> bits == 8;
                    case RLE4 -> bits == 4;
                    case MASKS, ALPHA_MASKS -> bits == 16 || bits == 32;
                    default -> false;
                };
        if (width < 1 || height < 1 || begin < FILE_HEADER + size || begin >= file.size()) {
            throw new DamagedException("a BMP file of " + width + " x " + rows + " pixels");
        }
        if (!known) {
            throw new UnsupportedFileException(
                    "a BMP file of " + bits + " bits, compressed by method " + compression + ", which is not read");
        }
        if (bits <= 8) {
            palette(head, size, old);
        } else if (bits == 16) {
            System.arraycopy(new int[] {0x7c00, 0x3e0, 0x1f}, 0, masks, 0, 3);
        }
        if (compression == MASKS || compression == ALPHA_MASKS) {
            ByteBuffer given = file.read(FILE_HEADER + 40, 12, ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < 3; i++) {
                masks[i] = given.getInt(4 * i);
                int length = Integer.bitCount(masks[i]);
                if (length < 1
                        || length
                                != 32
                                        - Integer.numberOfLeadingZeros(masks[i])
                                        - Integer.numberOfTrailingZeros(masks[i])) {
                    throw new DamagedException("a BMP file whose colour masks have gaps");
                }
            }
        }
    }

    private void palette(ByteBuffer head, long size, boolean old) throws IOException {
        long used = old ? 0 : head.getInt(46) & 0xffffffffL;
        long colours = used == 0 ? 1L << bits : used;
        if (colours > 1 << bits) {
            throw new DamagedException("a BMP file of " + bits + " bits with a palette of " + colours + " colours");
        }
        int step = old ? 3 : 4;
        long at = FILE_HEADER + size;
        ByteBuffer entries = file.read(at, Math.min(colours * step, Math.max(0, begin - at)), ByteOrder.LITTLE_ENDIAN);
        palette = new int[entries.limit() / step];
        for (int i = 0; i < palette.length; i++) {
            palette[i] = Loaded.rgb(entries.get(i * step + 2), entries.get(i * step + 1), entries.get(i * step));
        }
    }

    private long rowBytes() {
        return ((long) width * bits + 31) / 32 * 4;
    }

    private int row(int r) {
        return topDown ? r : height - 1 - r;
    }

    private Loaded indexed(boolean runs) throws IOException {
        byte[] indices = new Plane(Plane.Type.BYTE, width, height).bytes();
        try (InputStream in = file.stream(begin, file.size() - begin)) {
            if (runs) {
                runs(in, indices);
            } else {
                byte[] row = new byte[(int) rowBytes()];
                for (int r = 0; r < height; r++) {
                    in.readNBytes(row, 0, row.length);
                    for (int x = 0; x < width; x++) {
                        long bit = (long) x * bits;
                        int shift = (int) (8 - bits - bit % 8);
                        indices[row(r) * width + x] = (byte) (row[(int) (bit / 8)] >> shift & ((1 << bits) - 1));
                    }
                }
            }
        }
        return Loaded.indexed(width, height, indices, palette);
    }

    private void runs(InputStream in, byte[] indices) throws IOException {
        int x = 0;
        int y = 0;
        while (y < height) {
            int count = in.read();
            int value = in.read();
            if (value < 0) {
                throw new DamagedException("a BMP file cut short");
            }
            if (count > 0) {
                for (int i = 0; i < count; i++) {
                    put(indices, x++, y, bits == 8 ? value : i % 2 == 0 ? value >> 4 : value & 15);
                }
            } else if (value == 0) {
                x = 0;
                y++;
            } else if (value == 1) {
                return;
            } else if (value == 2) {
                x += Math.max(0, in.read());
                y += Math.max(0, in.read());
            } else {
                byte[] literal = in.readNBytes((bits == 8 ? value : (value + 1) / 2) + 1 & ~1);
                for (int i = 0; i < value; i++) {
                    int at = bits == 8 ? i : i / 2;
                    if (at >= literal.length) {
                        throw new DamagedException("a BMP file cut short");
                    }
                    put(
                            indices,
                            x++,
                            y,
                            bits == 8 ? literal[at] : i % 2 == 0 ? literal[at] >> 4 & 15 : literal[at] & 15);
                }
            }
        }
    }

    private void put(byte[] indices, int x, int y, int value) throws IOException {
        if (x >= width || y >= height) {
            throw new DamagedException("a BMP file with a run beyond its picture");
        }
        indices[row(y) * width + x] = (byte) value;
    }

    private Loaded colour() throws IOException {
        Budget.memory("a picture of " + width + " x " + height + " pixels", 4.0 * width * height);
        if ((long) width * height > Integer.MAX_VALUE - 64) {
            throw new UnsupportedFileException(
                    "a BMP file of " + width + " x " + height + " pixels, which is too large");
        }
        int[] rgb = new int[width * height];
        byte[] row = new byte[(int) rowBytes()];
        int size = bits / 8;
        boolean alpha = false;
        try (InputStream in = file.stream(begin, file.size() - begin)) {
            for (int r = 0; r < height; r++) {
                in.readNBytes(row, 0, row.length);
                for (int x = 0; x < width; x++) {
                    int value = 0;
                    for (int b = size - 1; b >= 0; b--) {
                        value = value << 8 | (row[x * size + b] & 0xff);
                    }
                    alpha |= bits == 32 && (value & ~(masks[0] | masks[1] | masks[2])) != 0;
                    rgb[row(r) * width + x] = Loaded.rgb(part(value, 0), part(value, 1), part(value, 2));
                }
            }
        }
        Loaded loaded = Loaded.colour(width, height, rgb);
        return alpha ? loaded.note("transparency (alpha) left out") : loaded;
    }

    /** One colour, spread to 0 to 255. */
    private int part(int value, int colour) {
        int shift = Integer.numberOfTrailingZeros(masks[colour]);
        long most = (masks[colour] & 0xffffffffL) >>> shift;
        long own = (value & masks[colour] & 0xffffffffL) >>> shift;
        return (int) ((own * 255 + most / 2) / most);
    }
}
