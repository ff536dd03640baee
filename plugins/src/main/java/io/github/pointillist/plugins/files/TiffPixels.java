// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.zip.InflaterInputStream;

/**
 * The samples of a TIFF page, from strips or tiles in any order, row by row: as they are, or compressed by deflate, LZW, PackBits
 * or JPEG, with or without a predictor.
 */
final class TiffPixels {
    static final int NONE = 1;
    static final int LZW = 5;
    static final int JPEG = 7;
    static final int DEFLATE = 8;
    static final int OLD_DEFLATE = 32946;
    static final int PACK_BITS = 32773;

    private static final Map<Integer, String> NOT_READ = Map.ofEntries(
            Map.entry(2, "CCITT fax coding"),
            Map.entry(3, "CCITT fax coding"),
            Map.entry(4, "CCITT fax coding"),
            Map.entry(6, "the old form of JPEG"),
            Map.entry(34712, "JPEG 2000"),
            Map.entry(33003, "JPEG 2000"),
            Map.entry(33005, "JPEG 2000"),
            Map.entry(34925, "LZMA"),
            Map.entry(50000, "Zstandard"),
            Map.entry(34926, "Zstandard"),
            Map.entry(50001, "WebP"),
            Map.entry(34927, "WebP"),
            Map.entry(50002, "JPEG XL"),
            Map.entry(22610, "JPEG XR"),
            Map.entry(34887, "LERC"),
            Map.entry(34676, "SGI LogLuv"),
            Map.entry(32809, "ThunderScan"));

    private static final byte[] REVERSED = new byte[256];

    static {
        for (int i = 0; i < 256; i++) {
            REVERSED[i] = (byte) (Integer.reverse(i) >>> 24);
        }
    }

    private final FileBytes file;
    final TiffDirectory page;
    private final long[] offsets;
    private final long[] lengths;
    private final byte[] jpegTables;

    /** Bytes of all strips or tiles. */
    final long compressed;

    /**
     * Checks that the page can be read: its strips or tiles lie in the file, and its bytes can hold its pixels.
     *
     * @throws IOException with one line if it cannot
     */
    TiffPixels(FileBytes file, TiffDirectory page) throws IOException {
        this.file = file;
        this.page = page;
        checkKind();
        long blocks = page.blocks();
        int where = page.tiled ? TiffDirectory.TILE_OFFSETS : TiffDirectory.STRIP_OFFSETS;
        int sizes = page.tiled ? TiffDirectory.TILE_BYTES : TiffDirectory.STRIP_BYTES;
        String name = page.tiled ? "tiles" : "strips";
        if (page.count(where) < blocks || (page.has(sizes) && page.count(sizes) < blocks)) {
            throw new DamagedException("a TIFF page of " + page.width + " x " + page.height + " pixels needs " + blocks
                    + " " + name + ", and has " + Math.min(page.count(where), page.count(sizes)));
        }
        offsets = page.numbers(where);
        long[] given = page.numbers(sizes);
        lengths = new long[(int) blocks];
        long total = 0;
        for (int i = 0; i < blocks; i++) {
            long needed = page.rowBytes() * page.rows(i);
            lengths[i] = given.length > 0 ? given[i] : page.compression == NONE ? needed : file.size() - offsets[i];
            if (lengths[i] == 0) {
                throw new UnsupportedFileException("a TIFF page with empty " + name);
            }
            if (page.compression == NONE && lengths[i] < needed) {
                throw new DamagedException("one of its " + name + " has " + lengths[i] + " of " + needed + " bytes");
            }
            if (!file.holds(offsets[i], lengths[i])) {
                throw new DamagedException("a TIFF file cut short: its " + name + " end at byte "
                        + (offsets[i] + lengths[i]) + " of " + file.size());
            }
            total += lengths[i];
        }
        compressed = total;
        double bytes = (double) page.rowBytes()
                * page.blockHeight
                * page.blocksAcross()
                * page.blocksDown()
                * (page.planar ? page.samples : 1);
        if (!page.tiled) {
            bytes = (double) page.rowBytes() * page.height * (page.planar ? page.samples : 1);
        }
        Budget.check("a TIFF page of " + page.width + " x " + page.height + " pixels", bytes, total, ratio());
        jpegTables = page.compression == JPEG ? page.bytes(TiffDirectory.JPEG_TABLES) : new byte[0];
    }

    private int ratio() {
        return switch (page.compression) {
            case NONE -> 1;
            case LZW -> Budget.LZW;
            case PACK_BITS -> Budget.PACK_BITS;
            case JPEG -> Budget.JPEG;
            default -> Budget.DEFLATE;
        };
    }

    private void checkKind() throws IOException {
        switch (page.compression) {
            case NONE, LZW, JPEG, DEFLATE, OLD_DEFLATE, PACK_BITS -> {}
            default ->
                throw new UnsupportedFileException("a TIFF file compressed with "
                        + NOT_READ.getOrDefault(page.compression, "method " + page.compression)
                        + ", which is not read");
        }
        boolean sound =
                switch (page.format) {
                    case TiffDirectory.UINT -> page.bits <= 16 || page.bits % 8 == 0;
                    case TiffDirectory.INT -> page.bits == 8 || page.bits == 16 || page.bits == 32 || page.bits == 64;
                    case TiffDirectory.FLOAT -> page.bits == 16 || page.bits == 32 || page.bits == 64;
                    default -> false;
                };
        if (!sound) {
            throw new UnsupportedFileException("a TIFF file of " + page.bits + " bits a sample, "
                    + (page.format > 3 ? "complex numbers" : page.kind()) + ", which is not read");
        }
        if (page.predictor == 2 && page.bits != 8 && page.bits != 16 && page.bits != 32 && page.bits != 64) {
            throw new UnsupportedFileException("a TIFF file with predictor 2 on " + page.bits + " bits");
        }
        if (page.predictor == 3 && page.format != TiffDirectory.FLOAT) {
            throw new DamagedException("a TIFF file with the predictor of floats on other numbers");
        }
        if (page.predictor < 1 || page.predictor > 3) {
            throw new UnsupportedFileException("a TIFF file with predictor " + page.predictor + ", which is not read");
        }
        if (page.compression == JPEG && (page.bits != 8 || page.format != TiffDirectory.UINT)) {
            throw new UnsupportedFileException("a TIFF file with JPEG of " + page.bits + " bits, which is not read");
        }
        boolean readable =
                switch (page.photometric) {
                    case 0, 1, 4 -> true;
                    case 2 -> page.samples >= 3;
                    case 3 -> page.samples <= 2;
                    case 5 -> page.samples >= 4 && page.bits == 8;
                    case 6 -> page.compression == JPEG && page.samples == 3;
                    default -> false;
                };
        if (!readable) {
            throw new UnsupportedFileException("a TIFF file whose colours (PhotometricInterpretation "
                    + page.photometric + ", " + page.samples + " samples of " + page.bits
                    + " bits) are not read");
        }
    }

    /** What holds the samples exactly, or as well as ImageJ can. */
    Plane.Type type() {
        if (page.format != TiffDirectory.UINT || page.bits > 16) {
            return Plane.Type.FLOAT;
        }
        return page.bits <= 8 ? Plane.Type.BYTE : Plane.Type.SHORT;
    }

    /** The first planes of the page, one a sample. */
    Plane[] read(int samples) throws IOException {
        Plane[] planes = new Plane[samples];
        for (int s = 0; s < samples; s++) {
            planes[s] = new Plane(type(), page.width, page.height);
        }
        int across = page.blocksAcross();
        int down = page.blocksDown();
        int rowBytes = (int) Math.min(Integer.MAX_VALUE - 64, page.rowBytes());
        Budget.memory("a row of a TIFF file", rowBytes);
        byte[] row = new byte[rowBytes];
        byte[] scratch = page.predictor == 3 ? new byte[rowBytes] : null;
        int sets = page.planar ? samples : 1;
        for (int set = 0; set < sets; set++) {
            for (int by = 0; by < down; by++) {
                for (int bx = 0; bx < across; bx++) {
                    int block = (set * down + by) * across + bx;
                    int x = bx * page.blockWidth;
                    int y = by * page.blockHeight;
                    int rows = Math.min(page.blockHeight, page.height - y);
                    try (InputStream in = open(block)) {
                        for (int r = 0; r < rows; r++) {
                            if (in.readNBytes(row, 0, rowBytes) < rowBytes) {
                                throw new DamagedException("a TIFF file with too little data in row " + (y + r));
                            }
                            undo(row, scratch);
                            if (page.planar) {
                                place(row, 0, 1, planes[set], x, y + r);
                            } else {
                                for (int s = 0; s < samples; s++) {
                                    place(row, s, page.samples, planes[s], x, y + r);
                                }
                            }
                        }
                    } catch (java.util.zip.ZipException e) {
                        throw new DamagedException("a TIFF file whose compressed data are broken");
                    }
                }
            }
        }
        return planes;
    }

    private InputStream open(int block) throws IOException {
        InputStream in = file.stream(offsets[block], lengths[block]);
        if (page.lowBitFirst && page.compression != JPEG) {
            in = new Reversed(in);
        }
        return switch (page.compression) {
            case LZW -> lzw(in, offsets[block], lengths[block]);
            case DEFLATE, OLD_DEFLATE -> new InflaterInputStream(in);
            case PACK_BITS -> new PackBitsStream(in);
            case JPEG -> jpeg(block);
            default -> in;
        };
    }

    private InputStream lzw(InputStream in, long at, long length) throws IOException {
        if (length > 1 && !page.lowBitFirst) {
            byte[] head = file.read(at, 2, ByteOrder.BIG_ENDIAN).array();
            if (head[0] == 0 && (head[1] & 1) == 1) {
                throw new UnsupportedFileException(
                        "a TIFF file compressed with the old form of LZW, which is not read");
            }
        }
        return LzwStream.tiff(in);
    }

    private InputStream jpeg(int block) throws IOException {
        byte[] stream =
                file.read(offsets[block], lengths[block], ByteOrder.BIG_ENDIAN).array();
        int width = page.blockWidth;
        int rows = Math.min(page.rows(block), page.blockHeight);
        JpegReader.Samples samples = JpegReader.samples(JpegReader.withTables(jpegTables, stream));
        if (samples.width() != width || samples.height() < rows || samples.bands() != page.samplesInBlock()) {
            throw new DamagedException("a TIFF file with a JPEG of " + samples.width() + " x " + samples.height()
                    + " pixels and " + samples.bands() + " samples for " + width + " x " + rows + " and "
                    + page.samplesInBlock());
        }
        if (page.photometric == 6) {
            JpegReader.toRgb(samples.data());
        }
        return new ByteArrayInputStream(samples.data());
    }

    /** Undoes the predictor. */
    private void undo(byte[] row, byte[] scratch) {
        if (page.predictor == 1 || page.compression == NONE || page.compression == JPEG) {
            return;
        }
        int step = page.samplesInBlock();
        int size = page.bits / 8;
        boolean little = page.order() == ByteOrder.LITTLE_ENDIAN;
        if (page.predictor == 3) {
            for (int i = step; i < row.length; i++) {
                row[i] += row[i - step];
            }
            int values = row.length / size;
            System.arraycopy(row, 0, scratch, 0, row.length);
            for (int v = 0; v < values; v++) {
                for (int b = 0; b < size; b++) { // highest byte first
                    row[v * size + (little ? size - 1 - b : b)] = scratch[b * values + v];
                }
            }
            return;
        }
        if (size == 1) {
            for (int i = step; i < row.length; i++) {
                row[i] += row[i - step];
            }
            return;
        }
        for (int i = step * size; i + size <= row.length; i += size) {
            long sum = number(row, i, size, little) + number(row, i - step * size, size, little);
            for (int b = 0; b < size; b++) {
                row[i + (little ? b : size - 1 - b)] = (byte) (sum >>> (8 * b));
            }
        }
    }

    private static long number(byte[] row, int at, int size, boolean little) {
        long value = 0;
        for (int b = 0; b < size; b++) {
            value = value << 8 | (row[at + (little ? size - 1 - b : b)] & 0xff);
        }
        return value;
    }

    /** Puts one sample of every pixel of a row into its plane. */
    private void place(byte[] row, int sample, int step, Plane plane, int x, int y) throws IOException {
        int width = Math.min(page.blockWidth, page.width - x);
        int at = y * page.width + x;
        boolean little = page.order() == ByteOrder.LITTLE_ENDIAN;
        int bits = page.bits;
        if (bits == 8 && page.format == TiffDirectory.UINT) {
            byte[] pixels = plane.bytes();
            for (int i = 0; i < width; i++) {
                pixels[at + i] = row[i * step + sample];
            }
        } else if (bits % 8 != 0) {
            // ImageJ's binary images are 0 and 255.
            int top = bits == 1 && page.photometric != 3 ? 255 : 1;
            for (int i = 0; i < width; i++) {
                plane.set(at + i, top * packed(row, (long) (i * step + sample) * bits, bits));
            }
        } else {
            int size = bits / 8;
            for (int i = 0; i < width; i++) {
                long value = number(row, (i * step + sample) * size, size, little);
                if (page.format == TiffDirectory.FLOAT) {
                    plane.set(at + i, real(value, bits));
                } else if (page.format == TiffDirectory.INT) {
                    plane.set(at + i, value << (64 - bits) >> (64 - bits));
                } else if (bits <= 16) {
                    plane.set(at + i, (int) value);
                } else if (value < 0) { // above 2^63
                    plane.set(at + i, (value >>> 1) * 2.0 + (value & 1));
                    plane.rounded |= (value & 0xffffffffffL) != 0;
                } else {
                    plane.set(at + i, value);
                }
            }
        }
    }

    private static int packed(byte[] row, long bit, int bits) {
        int value = 0;
        for (int b = 0; b < bits; b++, bit++) {
            value = value << 1 | (row[(int) (bit >> 3)] >> (7 - (bit & 7)) & 1);
        }
        return value;
    }

    private static double real(long value, int bits) {
        return switch (bits) {
            case 32 -> Float.intBitsToFloat((int) value);
            case 64 -> Double.longBitsToDouble(value);
            default -> half((int) value);
        };
    }

    private static double half(int value) {
        int exponent = value >> 10 & 31;
        int fraction = value & 1023;
        double size = exponent == 0
                ? fraction * 0x1p-24
                : exponent == 31
                        ? (fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN)
                        : (1024 + fraction) * Math.scalb(1.0, exponent - 25);
        return (value & 0x8000) == 0 ? size : -size;
    }

    /** Bytes whose first bit is the lowest. */
    private static final class Reversed extends InputStream {
        private final InputStream in;

        Reversed(InputStream in) {
            this.in = in;
        }

        @Override
        public int read() throws IOException {
            int value = in.read();
            return value < 0 ? -1 : REVERSED[value] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int read = in.read(target, offset, length);
            for (int i = 0; i < read; i++) {
                target[offset + i] = REVERSED[target[offset + i] & 0xff];
            }
            return read;
        }
    }
}
