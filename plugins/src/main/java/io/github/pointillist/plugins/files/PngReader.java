// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.InflaterInputStream;
import java.util.zip.ZipException;

/**
 * PNG, every depth and colour type, interlaced or not: the samples of the file, without its gamma and profile. Grey of 1, 2 and 4
 * bits is spread to 0 to 255 as the standard has it. Transparency is left out.
 */
final class PngReader {
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10};
    private static final int GREY = 0;
    private static final int RGB = 2;
    private static final int PALETTE = 3;
    private static final int GREY_ALPHA = 4;
    private static final int RGB_ALPHA = 6;

    /** First column, first row, step across and step down of each pass. */
    private static final int[][] PASSES = {
        {0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}
    };

    private final FileBytes file;
    private final List<long[]> data = new ArrayList<>();
    private long compressed;
    private int width;
    private int height;
    private int bits;
    private int type;
    private boolean interlaced;
    private int[] palette = {};
    private boolean transparency;
    private boolean animated;

    private PngReader(FileBytes file) {
        this.file = file;
    }

    static boolean begins(byte[] head) {
        for (int i = 0; i < SIGNATURE.length; i++) {
            if (i >= head.length || head[i] != SIGNATURE[i]) {
                return false;
            }
        }
        return true;
    }

    static Loaded read(FileBytes file) throws IOException {
        PngReader reader = new PngReader(file);
        reader.chunks();
        return reader.image();
    }

    private void chunks() throws IOException {
        boolean ended = false;
        for (long at = SIGNATURE.length; !ended; ) {
            ByteBuffer head = file.read(at, 8, ByteOrder.BIG_ENDIAN);
            long length = head.getInt(0) & 0xffffffffL;
            String name = new String(head.array(), 4, 4, StandardCharsets.ISO_8859_1);
            if (!file.holds(at + 8, length + 4)) {
                throw new DamagedException("a PNG file cut short");
            }
            if (width == 0 && !name.equals("IHDR")) {
                throw new DamagedException("a PNG file without a header");
            }
            switch (name) {
                case "IHDR" -> header(checked(at, length));
                case "PLTE" -> {
                    ByteBuffer colours = checked(at, length);
                    palette = new int[Math.min(256, (int) length / 3)];
                    for (int i = 0; i < palette.length; i++) {
                        palette[i] = Loaded.rgb(colours.get(4 + 3 * i), colours.get(5 + 3 * i), colours.get(6 + 3 * i));
                    }
                }
                case "IDAT" -> {
                    data.add(new long[] {at + 8, length});
                    compressed += length;
                }
                case "tRNS" -> transparency = true;
                case "acTL" -> animated = true;
                case "IEND" -> ended = true;
                default -> {
                    if (Character.isUpperCase(name.charAt(0))) {
                        throw new UnsupportedFileException(
                                "a PNG file with the part " + printable(name) + ", which is not known");
                    }
                }
            }
            at += 12 + length;
        }
    }

    private static String printable(String name) {
        return name.matches("[A-Za-z]{4}") ? name : "of a wrong name";
    }

    /** The name and the content of a chunk, whose checksum is right. */
    private ByteBuffer checked(long at, long length) throws IOException {
        if (length > 4096) {
            throw new DamagedException("a PNG file with a header or palette of " + length + " bytes");
        }
        ByteBuffer bytes = file.read(at + 4, length + 8, ByteOrder.BIG_ENDIAN);
        CRC32 sum = new CRC32();
        sum.update(bytes.array(), 0, (int) length + 4);
        if ((int) sum.getValue() != bytes.getInt((int) length + 4)) {
            throw new DamagedException("a PNG file whose checksum is wrong");
        }
        return ByteBuffer.wrap(bytes.array(), 0, (int) length + 4).slice().order(ByteOrder.BIG_ENDIAN);
    }

    private void header(ByteBuffer bytes) throws IOException {
        if (width != 0 || bytes.limit() != 17) {
            throw new DamagedException("a PNG file with a wrong header");
        }
        width = bytes.getInt(4);
        height = bytes.getInt(8);
        bits = bytes.get(12);
        type = bytes.get(13);
        interlaced = bytes.get(16) == 1;
        boolean depth =
                switch (type) {
                    case GREY -> bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16;
                    case PALETTE -> bits == 1 || bits == 2 || bits == 4 || bits == 8;
                    case RGB, GREY_ALPHA, RGB_ALPHA -> bits == 8 || bits == 16;
                    default -> false;
                };
        if (width < 1
                || height < 1
                || !depth
                || bytes.get(14) != 0
                || bytes.get(15) != 0
                || bytes.get(16) < 0
                || bytes.get(16) > 1) {
            throw new DamagedException(
                    "a PNG file of " + width + " x " + height + " pixels, " + bits + " bits and colour type " + type);
        }
    }

    private int samples() {
        return switch (type) {
            case GREY_ALPHA -> 2;
            case RGB -> 3;
            case RGB_ALPHA -> 4;
            default -> 1;
        };
    }

    private int rowBytes(int pixels) throws IOException {
        long bytes = ((long) pixels * samples() * bits + 7) / 8;
        if (bytes > Integer.MAX_VALUE - 64) {
            throw new UnsupportedFileException(
                    "a PNG file of " + width + " x " + height + " pixels, which is too wide");
        }
        return (int) bytes;
    }

    private Loaded image() throws IOException {
        String claim = "a PNG file of " + width + " x " + height + " pixels";
        Budget.check(claim, (double) rowBytes(width) * height, compressed, Budget.DEFLATE);
        int taken = type == RGB || type == RGB_ALPHA ? 3 : 1;
        Plane[] planes = new Plane[taken];
        for (int s = 0; s < taken; s++) {
            planes[s] = new Plane(bits == 16 ? Plane.Type.SHORT : Plane.Type.BYTE, width, height);
        }
        List<InputStream> parts = new ArrayList<>();
        for (long[] part : data) {
            parts.add(file.stream(part[0], part[1]));
        }
        try (InputStream in = new InflaterInputStream(new SequenceInputStream(Collections.enumeration(parts)))) {
            for (int[] pass : interlaced ? PASSES : new int[][] {{0, 0, 1, 1}}) {
                pass(in, pass, planes);
            }
        } catch (ZipException e) {
            throw new DamagedException("a PNG file whose compressed data are broken");
        }
        Loaded loaded = result(planes);
        if (type == GREY_ALPHA || type == RGB_ALPHA || transparency) {
            loaded.note("transparency (alpha) left out");
        }
        return animated ? loaded.note("an animated PNG: its first picture taken, the others left out") : loaded;
    }

    private Loaded result(Plane[] planes) throws IOException {
        if (type == PALETTE) {
            return Loaded.indexed(width, height, planes[0].bytes(), palette);
        }
        if (planes.length == 1) {
            return Loaded.grey(width, height, planes[0].pixels());
        }
        if (bits == 16) {
            return Loaded.colours(width, height, List.of(planes[0].pixels(), planes[1].pixels(), planes[2].pixels()));
        }
        Budget.memory("a plane in colour", 4.0 * width * height);
        int[] rgb = new int[width * height];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = Loaded.rgb(
                    planes[0].bytes()[i], planes[1].bytes()[i], planes[2].bytes()[i]);
        }
        return Loaded.colour(width, height, rgb);
    }

    private void pass(InputStream in, int[] pass, Plane[] planes) throws IOException {
        int columns = (int) (((long) width - pass[0] + pass[2] - 1) / pass[2]);
        int rows = (int) (((long) height - pass[1] + pass[3] - 1) / pass[3]);
        if (columns < 1 || rows < 1) {
            return;
        }
        int bytes = rowBytes(columns);
        int step = Math.max(1, samples() * bits / 8);
        byte[] row = new byte[bytes];
        byte[] above = new byte[bytes];
        for (int r = 0; r < rows; r++) {
            int filter = in.read();
            if (filter < 0 || in.readNBytes(row, 0, bytes) < bytes) {
                throw new DamagedException("a PNG file with too little data");
            }
            unfilter(filter, row, above, step);
            int y = pass[1] + r * pass[3];
            for (int c = 0; c < columns; c++) {
                place(row, c, planes, y * width + pass[0] + c * pass[2]);
            }
            byte[] swap = row;
            row = above;
            above = swap;
        }
    }

    private void place(byte[] row, int column, Plane[] planes, int at) {
        int samples = samples();
        for (int s = 0; s < planes.length; s++) {
            int index = column * samples + s;
            if (bits == 16) {
                planes[s].set(at, (row[2 * index] & 0xff) << 8 | (row[2 * index + 1] & 0xff));
            } else if (bits == 8) {
                planes[s].bytes()[at] = row[index];
            } else {
                int shift = 8 - bits - index * bits % 8;
                int value = row[index * bits / 8] >> shift & ((1 << bits) - 1);
                planes[s].bytes()[at] = (byte) (type == PALETTE ? value : value * (255 / ((1 << bits) - 1)));
            }
        }
    }

    private static void unfilter(int filter, byte[] row, byte[] above, int step) throws IOException {
        switch (filter) {
            case 0 -> {}
            case 1 -> {
                for (int i = step; i < row.length; i++) {
                    row[i] += row[i - step];
                }
            }
            case 2 -> {
                for (int i = 0; i < row.length; i++) {
                    row[i] += above[i];
                }
            }
            case 3 -> {
                for (int i = 0; i < row.length; i++) {
                    row[i] += (byte) (((i < step ? 0 : row[i - step] & 0xff) + (above[i] & 0xff)) / 2);
                }
            }
            case 4 -> {
                for (int i = 0; i < row.length; i++) {
                    int left = i < step ? 0 : row[i - step] & 0xff;
                    int corner = i < step ? 0 : above[i - step] & 0xff;
                    row[i] += (byte) paeth(left, above[i] & 0xff, corner);
                }
            }
            default -> throw new DamagedException("a PNG file with the filter " + filter);
        }
    }

    private static int paeth(int left, int up, int corner) {
        int guess = left + up - corner;
        int toLeft = Math.abs(guess - left);
        int toUp = Math.abs(guess - up);
        int toCorner = Math.abs(guess - corner);
        return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
    }
}
