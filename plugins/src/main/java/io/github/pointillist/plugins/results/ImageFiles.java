// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.IJ;
import ij.ImagePlus;
import ij.io.FileInfo;
import ij.io.FileSaver;
import ij.io.Opener;
import ij.io.TiffDecoder;
import ij.plugin.AVI_Reader;
import ij.plugin.FileInfoVirtualStack;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/**
 * Image files by way of ImageJ's readers, without their dialogs: what is wrong with a file comes as an exception of one
 * line, and nothing of what the readers print reaches the standard output.
 */
public final class ImageFiles {
    /** What a folder gives; a file with none of these is looked into. */
    private static final Set<String> EXTENSIONS = Set.of(
            "tif", "tiff", "png", "jpg", "jpeg", "gif", "bmp", "pgm", "ppm", "pbm", "pnm", "dcm", "dicom", "fits",
            "fit", "fts", "avi");

    private ImageFiles() {}

    /**
     * The image files of a folder in the order of their names. Hidden files are left out. Whether a file is an image is
     * told by its extension; one without any is taken if it begins as TIFF, PNG, JPEG, GIF or DICOM files do.
     *
     * @param recursive whether folders in the folder are searched too
     * @throws IOException if a folder cannot be read
     */
    public static List<Path> list(Path folder, boolean recursive) throws IOException {
        return ImageFolder.search(folder, recursive, null).all();
    }

    static boolean looksLikeImage(Path file) {
        String extension = extension(file);
        if (!extension.isEmpty()) {
            return EXTENSIONS.contains(extension);
        }
        byte[] head = new byte[132];
        try (InputStream in = Files.newInputStream(file)) {
            in.readNBytes(head, 0, head.length);
        } catch (IOException e) {
            return false;
        }
        String start = new String(head, 0, 4, StandardCharsets.ISO_8859_1);
        return start.equals("II*\0")
                || start.equals("MM\0*")
                || start.equals("\u0089PNG")
                || start.startsWith("\u00ff\u00d8\u00ff")
                || start.equals("GIF8")
                || new String(head, 128, 4, StandardCharsets.ISO_8859_1).equals("DICM");
    }

    /** The extension in small letters without its dot; empty if there is none. */
    public static String extension(Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot <= 0 ? "" : name.substring(dot + 1).toLowerCase(Locale.ROOT);
    }

    /**
     * Opens an image. A TIFF stack that needs more than a quarter of the heap is opened as a virtual stack, of which one
     * plane at a time is in memory.
     *
     * @throws IOException with one line that says what is wrong: no such file, empty, not an image, cut short
     */
    public static ImagePlus open(Path file) throws IOException {
        if (!Files.exists(file)) {
            throw new IOException("no such file");
        }
        if (!Files.isRegularFile(file)) {
            throw new IOException("not a file");
        }
        if (!Files.isReadable(file)) {
            throw new IOException("no permission to read it");
        }
        if (Files.size(file) == 0) {
            throw new IOException("the file is empty");
        }
        ImagePlus image = quietly(() -> read(file.toAbsolutePath()));
        image.setTitle(file.getFileName().toString());
        return image;
    }

    private static ImagePlus read(Path file) throws IOException {
        Opener opener = new Opener();
        opener.setSilentMode(true);
        String path = file.toString();
        switch (opener.getFileType(path)) {
            case Opener.TIFF:
                if (isLarge(checkTiff(file))) {
                    return FileInfoVirtualStack.openVirtual(path);
                }
                return opener.openImage(path);
            case Opener.JPEG:
            case Opener.GIF:
                checkDecodes(file);
                return opener.openImage(path);
            case Opener.PGM:
            case Opener.DICOM:
                ImagePlus raw = opener.openImage(path);
                checkLength(file, raw);
                return raw;
            case Opener.AVI:
                return AVI_Reader.open(path, true);
            case Opener.TEXT:
            case Opener.JAVA_OR_TEXT:
            case Opener.TABLE:
                throw new IOException("a text file, not an image");
            case Opener.ROI:
            case Opener.LUT:
                throw new IOException("a selection or lookup table, not an image");
            default:
                return opener.openImage(path);
        }
    }

    /** ImageJ fills what a TIFF file lacks with zeros; we do not. */
    private static FileInfo[] checkTiff(Path file) throws IOException {
        String folder = file.getParent() + file.getFileSystem().getSeparator();
        FileInfo[] infos = new TiffDecoder(folder, file.getFileName().toString()).getTiffInfo();
        if (infos == null || infos.length == 0) {
            throw new IOException("a damaged TIFF file: it holds no image");
        }
        long size = Files.size(file);
        for (FileInfo info : infos) {
            long end = info.getOffset();
            if (info.width < 1 || info.height < 1) {
                throw new IOException("a damaged TIFF file: its size is " + info.width + " x " + info.height);
            }
            if (info.stripOffsets != null
                    && info.stripLengths != null
                    && info.compression != FileInfo.COMPRESSION_NONE) {
                for (int i = 0; i < Math.min(info.stripOffsets.length, info.stripLengths.length); i++) {
                    end = Math.max(end, (info.stripOffsets[i] & 0xffffffffL) + info.stripLengths[i]);
                }
            } else {
                end += Math.max(1, info.nImages) * (bytes(info) + info.getGap()) - info.getGap();
            }
            if (end > size) {
                throw new IOException("a TIFF file cut short: " + size + " of " + end + " bytes are there");
            }
        }
        return infos;
    }

    private static long bytes(FileInfo info) {
        double perPixel =
                switch (info.fileType) {
                    case FileInfo.BITMAP -> 0.125;
                    case FileInfo.GRAY12_UNSIGNED -> 1.5;
                    case FileInfo.GRAY10_UNSIGNED -> 1.25;
                    default -> info.getBytesPerPixel();
                };
        return (long) (perPixel * info.width * info.height);
    }

    private static boolean isLarge(FileInfo[] infos) {
        long bytes = 0;
        for (FileInfo info : infos) {
            bytes += bytes(info) * Math.max(1, info.nImages);
        }
        return infos.length * Math.max(1, infos[0].nImages) > 1
                && bytes > Runtime.getRuntime().maxMemory() / 4;
    }

    /** Raw pixels take their place in the file; what is missing would be read as zeros. */
    private static void checkLength(Path file, ImagePlus image) throws IOException {
        byte[] head;
        try (InputStream in = Files.newInputStream(file)) {
            head = in.readNBytes(2);
        }
        boolean netpbm = head.length == 2 && head[0] == 'P';
        if (image == null || (netpbm && head[1] < '4')) {
            return; // numbers written as text
        }
        long pixels = (long) image.getWidth() * image.getHeight() * image.getStackSize();
        long bytes = netpbm && head[1] == '4' ? pixels / 8 : pixels * image.getBitDepth() / 8;
        if (Files.size(file) < bytes) {
            throw new IOException("cut short: " + Files.size(file) + " bytes for " + pixels + " pixels");
        }
    }

    /** ImageJ shows what there is of a broken JPEG or GIF file; the decoder's complaints say that it is broken. */
    private static void checkDecodes(Path file) throws IOException {
        try (ImageInputStream in = ImageIO.createImageInputStream(file.toFile())) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
            if (!readers.hasNext()) {
                throw new IOException("its content is not what its first bytes say");
            }
            ImageReader reader = readers.next();
            List<String> warnings = new ArrayList<>();
            try {
                reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
                reader.setInput(in);
                reader.read(0);
            } catch (RuntimeException e) {
                throw new IOException("damaged: " + e.getMessage(), e);
            } finally {
                reader.dispose();
            }
            if (!warnings.isEmpty()) {
                throw new IOException("damaged: " + warnings.get(0));
            }
        }
    }

    /** Saves as TIFF. */
    public static void saveTiff(ImagePlus image, Path file) throws IOException {
        quietly(() -> {
            if (!new FileSaver(image).saveAsTiff(file.toString())) {
                throw notWritten(file);
            }
            return image;
        });
    }

    /** Why a file could not be written, which ImageJ does not tell: trying once more does. */
    private static IOException notWritten(Path file) {
        String what = "could not write " + file.getFileName();
        try {
            Files.write(file, new byte[1 << 16], StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            return new IOException(what);
        } catch (IOException e) {
            return new IOException(what + ": " + e.getMessage(), e);
        }
    }

    /** Runs a reader or writer of ImageJ; without a window it reports on the standard output, which is ours. */
    private static synchronized ImagePlus quietly(Callable<ImagePlus> action) throws IOException {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream heard = new ByteArrayOutputStream();
        ImagePlus image;
        try (PrintStream ear = new PrintStream(heard, true, StandardCharsets.UTF_8)) {
            System.setOut(ear);
            System.setErr(ear);
            IJ.redirectErrorMessages(true);
            image = action.call();
        } catch (IOException e) {
            throw e;
        } catch (Exception e) { // whatever a reader makes of a broken file
            throw new IOException("not an image that ImageJ can read (" + e + ")", e);
        } finally {
            System.setOut(out);
            System.setErr(err);
            IJ.redirectErrorMessages(false);
        }
        if (image == null || image.getWidth() == 0 || image.getStackSize() == 0) {
            String said = heard.toString(StandardCharsets.UTF_8).strip();
            said = said.startsWith("Opener: Unsupported format") ? "" : said;
            throw new IOException("not an image that ImageJ can read"
                    + (said.isEmpty() ? "" : " (" + said.lines().findFirst().orElse("") + ")"));
        }
        return image;
    }
}
