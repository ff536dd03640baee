// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import ij.ImagePlus;
import ij.io.FileInfo;
import ij.io.Opener;
import ij.plugin.AVI_Reader;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Reads image files, told apart by their first bytes. What is read has the numbers of the file; what cannot be read so is refused
 * with one line. No file takes more memory or time than its size times the best ratio of its compression.
 */
public final class ImageReaders {
    private static final int HEAD = 132;

    private ImageReaders() {}

    /**
     * Reads a file.
     *
     * @param file absolute
     * @param largest bytes of pixels that are held in memory; of a larger TIFF stack one page at a time is
     * @throws IOException with one line that says what is wrong
     */
    public static Loaded read(Path file, long largest) throws IOException {
        Loaded loaded;
        try {
            loaded = choose(file, largest);
        } catch (UnsupportedFileException e) {
            if (!BioFormats.isPresent()) {
                throw e;
            }
            loaded = BioFormats.open(file, e.getMessage());
        } catch (OutOfMemoryError e) {
            throw new IOException(
                    "its pixels do not fit into Java's " + (Runtime.getRuntime().maxMemory() >> 20)
                            + " MB of memory; give more, as in POINTILLIST_JAVA_OPTS=-Xmx8g");
        }
        ImagePlus image = loaded.image();
        image.setTitle(file.getFileName().toString());
        FileInfo info = image.getOriginalFileInfo();
        if (info == null) {
            info = new FileInfo();
        }
        info.directory = file.getParent() + file.getFileSystem().getSeparator();
        info.fileName = file.getFileName().toString();
        image.setFileInfo(info);
        return loaded;
    }

    private static Loaded choose(Path file, long largest) throws IOException {
        String extension = extension(file);
        byte[] head;
        long size;
        try (FileBytes bytes = new FileBytes(file)) {
            size = bytes.size();
            head = bytes.read(0, Math.min(HEAD, size), ByteOrder.BIG_ENDIAN).array();
            if (BioFormats.knows(extension)) {
                return BioFormats.open(
                        file, "." + extension + " files are read by Bio-Formats, which Fiji has and which is not here");
            }
            if (PngReader.begins(head)) {
                return PngReader.read(bytes);
            }
            if (GifReader.begins(head)) {
                return GifReader.read(bytes);
            }
            if (BmpReader.begins(head)) {
                return BmpReader.read(bytes);
            }
            if (PnmReader.begins(head)) {
                return PnmReader.read(bytes);
            }
            if (head.length > 2 && (head[0] & 0xff) == 0xff && (head[1] & 0xff) == 0xd8 && (head[2] & 0xff) == 0xff) {
                return JpegReader.read(bytes);
            }
        }
        if (TiffDirectories.begins(head)) {
            return TiffReader.read(file, largest);
        }
        return byImageJ(file, head, size);
    }

    /** The extension in small letters without its dot; empty if there is none. */
    private static String extension(Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot <= 0 ? "" : name.substring(dot + 1).toLowerCase(Locale.ROOT);
    }

    private static Loaded byImageJ(Path file, byte[] head, long size) throws IOException {
        String path = file.toString();
        Opener opener = new Opener();
        opener.setSilentMode(true);
        switch (opener.getFileType(path)) {
            case Opener.DICOM -> {
                DicomHeader.check(file);
                ImagePlus image = ImageJReaders.callBounded(() -> opener.openImage(path), size);
                checkLength(image, size);
                return new Loaded(image);
            }
            case Opener.FITS -> {
                FitsHeader.check(file);
                return new Loaded(ImageJReaders.callBounded(() -> opener.openImage(path), size));
            }
            case Opener.AVI -> {
                AviHeader.check(file);
                return new Loaded(ImageJReaders.callBounded(() -> AVI_Reader.open(path, true), size));
            }
            case Opener.TEXT, Opener.JAVA_OR_TEXT, Opener.TABLE -> throw new IOException("a text file, not an image");
            case Opener.ROI, Opener.LUT -> throw new IOException("a selection or lookup table, not an image");
            case Opener.ZIP -> throw new IOException("a zip file, not an image; unpack it");
            default -> {
                boolean text = isText(head);
                throw new IOException(
                        text
                                ? "a text file, not an image"
                                : "not an image of a format that is read here"
                                        + (BioFormats.isPresent() ? "" : "; " + UnsupportedFileException.ADVICE));
            }
        }
    }

    private static boolean isText(byte[] head) {
        String start = new String(head, StandardCharsets.ISO_8859_1);
        return start.chars().allMatch(c -> c >= ' ' && c < 127 || c == '\n' || c == '\r' || c == '\t');
    }

    /** Raw pixels take their place in the file; what is missing would be read as zeros. */
    private static void checkLength(ImagePlus image, long size) throws IOException {
        double pixels = (double) image.getWidth() * image.getHeight() * image.getStackSize();
        FileInfo info = image.getOriginalFileInfo();
        double bytes = info == null ? image.getBitDepth() / 8.0 : info.getBytesPerPixel();
        if (size < pixels * bytes) {
            throw new DamagedException("cut short: " + size + " bytes for " + (long) pixels + " pixels");
        }
    }
}
