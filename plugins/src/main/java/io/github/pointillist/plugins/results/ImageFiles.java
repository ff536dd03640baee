// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.ImagePlus;
import ij.io.FileSaver;
import io.github.pointillist.plugins.files.BioFormats;
import io.github.pointillist.plugins.files.ImageJReaders;
import io.github.pointillist.plugins.files.ImageReaders;
import io.github.pointillist.plugins.files.Loaded;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Image files: found in folders, opened and saved without dialogs. What is wrong with a file comes as an exception of one
 * line, and nothing of what ImageJ's readers print reaches the standard output.
 */
public final class ImageFiles {
    /** What a folder gives; a file with none of these is looked into. */
    private static final Set<String> EXTENSIONS = Set.of(
            "tif", "tiff", "tf8", "btf", "png", "jpg", "jpeg", "gif", "bmp", "pgm", "ppm", "pbm", "pnm", "dcm", "dicom",
            "fits", "fit", "fts", "avi");

    private static final String NOTES = "pointillist notes";

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

    /** Files of a folder in formats that only Bio-Formats reads, where it is not there: left out of {@link #list}. */
    public static List<Path> others(Path folder, boolean recursive, String pattern) throws IOException {
        return BioFormats.isPresent()
                ? List.of()
                : ImageFolder.search(folder, recursive, pattern, file -> BioFormats.knows(extension(file)))
                        .images();
    }

    static boolean looksLikeImage(Path file) {
        String extension = extension(file);
        if (!extension.isEmpty()) {
            return EXTENSIONS.contains(extension) || (BioFormats.knows(extension) && BioFormats.isPresent());
        }
        byte[] head = new byte[132];
        try (InputStream in = Files.newInputStream(file)) {
            in.readNBytes(head, 0, head.length);
        } catch (IOException e) {
            return false;
        }
        String start = new String(head, 0, 4, StandardCharsets.ISO_8859_1);
        return start.matches("II[*+]\0|MM\0[*+]")
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
     * @throws IOException with one line that says what is wrong: no such file, empty, not an image, damaged, not read
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
        Loaded loaded =
                ImageReaders.read(file.toAbsolutePath(), Runtime.getRuntime().maxMemory() / 4);
        ImagePlus image = loaded.image();
        if (!loaded.notes().isEmpty()) {
            image.setProperty(NOTES, List.copyOf(loaded.notes()));
        }
        return image;
    }

    /** What a user must know of how an image was read: what was left out, rounded or turned; one line each. */
    public static List<String> notes(ImagePlus image) {
        return image.getProperty(NOTES) instanceof List<?> lines
                ? lines.stream().map(Object::toString).toList()
                : List.of();
    }

    /** Saves as TIFF. */
    public static void saveTiff(ImagePlus image, Path file) throws IOException {
        ImageJReaders.call(() -> {
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
}
