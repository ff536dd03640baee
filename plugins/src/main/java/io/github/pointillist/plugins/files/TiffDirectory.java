// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import java.io.IOException;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;

/** One directory of a TIFF file: a page, as its fields describe it. */
final class TiffDirectory {
    static final int SUBFILE = 254;
    static final int WIDTH = 256;
    static final int HEIGHT = 257;
    static final int BITS = 258;
    static final int COMPRESSION = 259;
    static final int PHOTOMETRIC = 262;
    static final int FILL_ORDER = 266;
    static final int DESCRIPTION = 270;
    static final int STRIP_OFFSETS = 273;
    static final int ORIENTATION = 274;
    static final int SAMPLES = 277;
    static final int ROWS_PER_STRIP = 278;
    static final int STRIP_BYTES = 279;
    static final int X_RESOLUTION = 282;
    static final int Y_RESOLUTION = 283;
    static final int PLANAR = 284;
    static final int RESOLUTION_UNIT = 296;
    static final int PREDICTOR = 317;
    static final int COLOUR_MAP = 320;
    static final int TILE_WIDTH = 322;
    static final int TILE_HEIGHT = 323;
    static final int TILE_OFFSETS = 324;
    static final int TILE_BYTES = 325;
    static final int SUB_DIRECTORIES = 330;
    static final int EXTRA_SAMPLES = 338;
    static final int FORMAT = 339;
    static final int JPEG_TABLES = 347;
    static final int YCBCR_SUBSAMPLING = 530;
    static final int IMAGEJ_COUNTS = 50838;
    static final int IMAGEJ_DATA = 50839;

    static final int UINT = 1;
    static final int INT = 2;
    static final int FLOAT = 3;

    /** No image of this many samples a pixel is made by a camera; a damaged one may claim it. */
    private static final int MOST_SAMPLES = 1024;

    private final FileBytes file;
    private final ByteOrder order;
    private final Map<Integer, TiffEntry> entries;

    final int width;
    final int height;
    final int samples;
    final int bits;
    final int format;
    final int compression;
    final int photometric;
    final boolean planar;
    final int predictor;
    final boolean lowBitFirst;
    final boolean tiled;
    /** Pixels in a row of a strip or tile. */
    final int blockWidth;
    /** Rows of a strip or tile; the last strip may have fewer. */
    final int blockHeight;

    TiffDirectory(FileBytes file, ByteOrder order, Map<Integer, TiffEntry> entries) throws IOException {
        this.file = file;
        this.order = order;
        this.entries = entries;
        width = size(WIDTH);
        height = size(HEIGHT);
        samples = (int) number(SAMPLES, 1);
        compression = (int) number(COMPRESSION, 1);
        photometric = (int) number(PHOTOMETRIC, 1);
        planar = number(PLANAR, 1) == 2 && samples > 1;
        predictor = (int) number(PREDICTOR, 1);
        lowBitFirst = number(FILL_ORDER, 1) == 2;
        if (samples < 1 || samples > MOST_SAMPLES) {
            throw new DamagedException("a TIFF page of " + samples + " samples a pixel");
        }
        bits = equal(BITS, 1);
        int kind = equal(FORMAT, UINT);
        format = kind == 4 ? UINT : kind; // "undefined" is what old programs call plain numbers
        if (bits < 1 || bits > 64 || format < 1 || format > 6) {
            throw new DamagedException("a TIFF page of " + bits + " bits, format " + format);
        }
        tiled = entries.containsKey(TILE_OFFSETS);
        blockWidth = tiled ? size(TILE_WIDTH) : width;
        blockHeight = tiled ? size(TILE_HEIGHT) : (int) Math.min(height, number(ROWS_PER_STRIP, height));
        if (blockHeight < 1) {
            throw new DamagedException("a TIFF page whose strips have no rows");
        }
    }

    private int size(int tag) throws IOException {
        long value = number(tag, 0);
        if (value < 1 || value > Integer.MAX_VALUE) {
            throw new DamagedException(
                    "a TIFF page " + (tag == WIDTH || tag == TILE_WIDTH ? "of width " : "of height ") + value);
        }
        return (int) value;
    }

    /** A value a sample, all equal. */
    private int equal(int tag, int usual) throws IOException {
        TiffEntry entry = entries.get(tag);
        if (entry == null || entry.count() == 0) {
            return usual;
        }
        long[] values =
                new TiffEntry(tag, entry.type(), Math.min(entry.count(), samples), entry.at()).numbers(file, order);
        for (long value : values) {
            if (value != values[0]) {
                throw new UnsupportedFileException("a TIFF page whose samples differ: "
                        + (tag == BITS ? "bits " : "format ") + Arrays.toString(values));
            }
        }
        return (int) Math.min(values[0], Integer.MAX_VALUE);
    }

    boolean has(int tag) {
        return entries.containsKey(tag);
    }

    /** The first value of a field. */
    long number(int tag, long usual) throws IOException {
        TiffEntry entry = entries.get(tag);
        if (entry == null || entry.count() == 0) {
            return usual;
        }
        return new TiffEntry(tag, entry.type(), 1, entry.at()).numbers(file, order)[0];
    }

    /** How many values a field has; 0 without it. */
    long count(int tag) {
        TiffEntry entry = entries.get(tag);
        return entry == null ? 0 : entry.count();
    }

    /** All values of a field; none without it. */
    long[] numbers(int tag) throws IOException {
        TiffEntry entry = entries.get(tag);
        return entry == null ? new long[0] : entry.numbers(file, order);
    }

    double ratio(int tag) throws IOException {
        TiffEntry entry = entries.get(tag);
        return entry == null ? 0 : entry.ratio(file, order);
    }

    String text(int tag) throws IOException {
        TiffEntry entry = entries.get(tag);
        return entry == null ? "" : entry.text(file);
    }

    byte[] bytes(int tag) throws IOException {
        TiffEntry entry = entries.get(tag);
        return entry == null
                ? new byte[0]
                : file.read(entry.at(), entry.count() * TiffEntry.size(entry.type()), order)
                        .array();
    }

    /** Whether every field is of a type that TIFF 6 has. */
    boolean plainTypes() {
        return entries.values().stream().allMatch(entry -> entry.type() >= 1 && entry.type() <= 13);
    }

    /** Smaller copies and masks of another page. */
    boolean isCopy() throws IOException {
        return (number(SUBFILE, 0) & 5) != 0;
    }

    int blocksAcross() {
        return (int) (((long) width + blockWidth - 1) / blockWidth);
    }

    int blocksDown() {
        return (int) (((long) height + blockHeight - 1) / blockHeight);
    }

    /** Strips or tiles of the page. */
    long blocks() {
        return (long) blocksAcross() * blocksDown() * (planar ? samples : 1);
    }

    /** Samples that lie together in a strip or tile. */
    int samplesInBlock() {
        return planar ? 1 : samples;
    }

    /** Bytes of a row of a strip or tile. */
    long rowBytes() {
        return ((long) blockWidth * samplesInBlock() * bits + 7) / 8;
    }

    /** Rows that a strip or tile holds. */
    int rows(long block) {
        long across = blocksAcross();
        long down = block / across % blocksDown();
        return tiled ? blockHeight : (int) Math.min(blockHeight, height - down * blockHeight);
    }

    /** Whether the planes of two pages belong in one stack. */
    boolean like(TiffDirectory other) {
        return width == other.width
                && height == other.height
                && samples == other.samples
                && bits == other.bits
                && format == other.format
                && kind().equals(other.kind());
    }

    /** What the pixels are, in words. */
    String kind() {
        boolean colour = (photometric == 2 || photometric == 6) && samples >= 3;
        if (colour || (photometric == 5 && samples >= 4)) {
            return bits + "-bit colour";
        }
        String numbers = format == FLOAT ? "-bit float" : format == INT ? "-bit signed" : "-bit";
        return bits
                + numbers
                + (photometric == 0 ? " inverted" : photometric == 3 ? " palette" : "")
                + (samples > 1 ? ", " + samples + " samples" : "");
    }

    ByteOrder order() {
        return order;
    }

    /** The same page, read through a file opened again. */
    TiffDirectory of(FileBytes again) throws IOException {
        return new TiffDirectory(again, order, entries);
    }
}
