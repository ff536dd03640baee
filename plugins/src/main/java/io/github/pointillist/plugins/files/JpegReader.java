// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** JPEG by Java's decoder, as samples without colour management. What the decoder complains of is damage. */
final class JpegReader {
    /** In units of 2^-16. */
    private static final int HALF = 1 << 15;

    private JpegReader() {}

    /**
     * Decoded samples, interleaved.
     *
     * @param data 8-bit samples, row by row
     * @param adobe the colour transform that Adobe's marker says: 0, 1 or 2; -1 without one
     */
    @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
    record Samples(int width, int height, int bands, int adobe, byte[] data) {}

    /** What the headers say, before anything is decoded. */
    private record Frame(int width, int height, int bands, int bits, int adobe, boolean jfif) {}

    /**
     * Decodes.
     *
     * @throws IOException with one line if the stream is broken, of a kind that Java does not decode, or claims more pixels than
     *     it can hold
     */
    static Samples samples(byte[] stream) throws IOException {
        Frame frame = frame(stream);
        if (frame.bits != 8) {
            throw new UnsupportedFileException("a JPEG of " + frame.bits + " bits, which is not read");
        }
        String claim = "a JPEG of " + frame.width + " x " + frame.height + " pixels";
        double bytes = (double) frame.width * frame.height * frame.bands;
        Budget.check(claim, bytes, stream.length, Budget.JPEG);
        Budget.memory(claim, 2 * bytes);
        List<String> warnings = new ArrayList<>();
        Raster raster;
        try (MemoryCacheImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(stream))) {
            Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName("jpeg");
            if (!readers.hasNext()) {
                throw new UnsupportedFileException("this Java has no JPEG reader");
            }
            ImageReader reader = readers.next();
            try {
                reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
                reader.setInput(in, false, true);
                raster = reader.readRaster(0, null);
            } catch (IOException | RuntimeException e) { // the decoder trusts its input here and there
                throw new DamagedException(e.getMessage() == null ? "a broken JPEG" : e.getMessage());
            } finally {
                reader.dispose();
            }
        }
        if (!warnings.isEmpty()) {
            throw new DamagedException(warnings.get(0));
        }
        if (raster.getWidth() != frame.width
                || raster.getHeight() != frame.height
                || raster.getNumBands() != frame.bands) {
            throw new DamagedException("a JPEG whose headers contradict each other");
        }
        return new Samples(frame.width, frame.height, frame.bands, frame.adobe, interleaved(raster));
    }

    private static byte[] interleaved(Raster raster) throws IOException {
        int width = raster.getWidth();
        int bands = raster.getNumBands();
        if ((long) width * raster.getHeight() * bands > Integer.MAX_VALUE - 64) {
            throw new UnsupportedFileException(
                    "a JPEG of " + width + " x " + raster.getHeight() + " pixels, which is too large");
        }
        byte[] data = new byte[width * raster.getHeight() * bands];
        int[] row = new int[width * bands];
        for (int y = 0, at = 0; y < raster.getHeight(); y++) {
            raster.getPixels(0, y, width, 1, row);
            for (int value : row) {
                data[at++] = (byte) value;
            }
        }
        return data;
    }

    private static Frame frame(byte[] stream) throws IOException {
        int at = 2;
        int adobe = -1;
        boolean jfif = false;
        while (at + 4 <= stream.length) {
            if ((stream[at] & 0xff) != 0xff) {
                break;
            }
            int marker = stream[at + 1] & 0xff;
            if (marker == 0xff || marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
                at += marker == 0xff ? 1 : 2;
                continue;
            }
            int length = two(stream, at + 2);
            if (length < 2 || at + 2 + length > stream.length) {
                break;
            }
            if (marker == 0xee
                    && length >= 14
                    && new String(stream, at + 4, 5, java.nio.charset.StandardCharsets.ISO_8859_1).equals("Adobe")) {
                adobe = stream[at + 15] & 0xff;
            }
            jfif |= marker == 0xe0;
            boolean start = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
            if (start && length >= 8) {
                Frame frame = new Frame(
                        two(stream, at + 7),
                        two(stream, at + 5),
                        stream[at + 9] & 0xff,
                        stream[at + 4] & 0xff,
                        adobe,
                        jfif);
                if (frame.width < 1 || frame.height < 1 || frame.bands < 1 || frame.bands > 4) {
                    break;
                }
                return frame;
            }
            at += 2 + length;
        }
        throw new DamagedException("a JPEG without a header");
    }

    private static int two(byte[] bytes, int at) {
        return (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
    }

    /** A stream of a TIFF file with the tables that all its streams share. */
    static byte[] withTables(byte[] tables, byte[] stream) {
        if (tables.length < 4 || stream.length < 2) {
            return stream;
        }
        int own = tables.length - 2; // without the end marker
        byte[] whole = new byte[own + stream.length - 2];
        System.arraycopy(tables, 0, whole, 0, own);
        System.arraycopy(stream, 2, whole, own, stream.length - 2); // without the start marker
        return whole;
    }

    /** Luminance and colour differences to red, green and blue, in place, three samples a pixel (JFIF's formula). */
    static void toRgb(byte[] data) {
        for (int i = 0; i + 2 < data.length; i += 3) {
            convert(data, i);
        }
    }

    /** With the rounding of the library that Java, ImageJ and most others decode JPEG with. */
    private static void convert(byte[] data, int at) {
        int y = data[at] & 0xff;
        int cb = (data[at + 1] & 0xff) - 128;
        int cr = (data[at + 2] & 0xff) - 128;
        data[at] = clamp(y + (91881 * cr + HALF >> 16));
        data[at + 1] = clamp(y + (-22554 * cb - 46802 * cr + HALF >> 16));
        data[at + 2] = clamp(y + (116130 * cb + HALF >> 16));
    }

    private static byte clamp(int value) {
        return (byte) Math.max(0, Math.min(255, value));
    }

    /** Reads a file. */
    static Loaded read(FileBytes file) throws IOException {
        byte[] stream = file.read(0, file.size(), java.nio.ByteOrder.BIG_ENDIAN).array();
        Samples samples = samples(stream);
        int pixels = samples.width * samples.height;
        byte[] data = samples.data;
        if (samples.bands == 1) {
            return Loaded.grey(samples.width, samples.height, data);
        }
        if (samples.bands == 2) {
            throw new UnsupportedFileException("a JPEG of two samples a pixel, which is not read");
        }
        int[] rgb = new int[pixels];
        if (samples.bands == 3) {
            if (!isRgb(samples, stream)) {
                toRgb(data);
            }
            for (int i = 0; i < pixels; i++) {
                rgb[i] = Loaded.rgb(data[3 * i], data[3 * i + 1], data[3 * i + 2]);
            }
            return Loaded.colour(samples.width, samples.height, rgb);
        }
        for (int i = 0; i < pixels; i++) {
            if (samples.adobe == 2) {
                convert(data, 4 * i);
            }
            // Adobe's files hold the inks inverted: 255 is no ink.
            int flip = samples.adobe >= 0 ? 0 : 255;
            rgb[i] = Loaded.fromInks(
                    data[4 * i] ^ flip, data[4 * i + 1] ^ flip, data[4 * i + 2] ^ flip, data[4 * i + 3] ^ flip);
        }
        return Loaded.colour(samples.width, samples.height, rgb)
                .note("printing inks (CMYK) turned into red, green and blue without a colour profile");
    }

    /** Three samples are colour differences unless Adobe's marker, or their names, say red, green and blue. */
    private static boolean isRgb(Samples samples, byte[] stream) throws IOException {
        if (samples.adobe >= 0) {
            return samples.adobe == 0;
        }
        return !frame(stream).jfif && namedRgb(stream);
    }

    private static boolean namedRgb(byte[] stream) {
        for (int at = 2; at + 18 < stream.length && (stream[at] & 0xff) == 0xff; ) {
            int marker = stream[at + 1] & 0xff;
            if (marker == 0xff) {
                at++;
                continue;
            }
            if (marker >= 0xc0 && marker <= 0xc2) {
                return stream[at + 10] == 'R' && stream[at + 13] == 'G' && stream[at + 16] == 'B';
            }
            at += 2 + Math.max(2, two(stream, at + 2));
        }
        return false;
    }
}
