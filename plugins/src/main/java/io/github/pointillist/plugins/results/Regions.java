// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.ImagePlus;
import ij.gui.Roi;
import ij.io.RoiDecoder;
import ij.plugin.frame.RoiManager;
import io.github.pointillist.plugins.files.RoiBytes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** Where regions of interest come from. */
public final class Regions {
    private static final int LARGEST_BYTES = 1 << 26;

    private Regions() {}

    /** Those of the ROI Manager if it is open and has some, else of the image's overlay, else the selection. */
    public static List<Roi> of(ImagePlus image) {
        // Every other way to the manager throws in a headless run.
        RoiManager manager = RoiManager.getRawInstance();
        if (manager != null && manager.getCount() > 0) {
            return List.of(manager.getRoisAsArray());
        }
        if (image.getOverlay() != null && image.getOverlay().size() > 0) {
            return List.of(image.getOverlay().toArray());
        }
        return image.getRoi() == null ? List.of() : List.of(image.getRoi());
    }

    /**
     * Those of a file of ImageJ's, .roi or .zip.
     *
     * @throws IOException if it cannot be read or holds none
     */
    public static List<Roi> read(Path file) throws IOException {
        List<Roi> rois = new ArrayList<>();
        if (!file.toString().toLowerCase(Locale.ROOT).endsWith(".zip")) {
            if (Files.size(file) > LARGEST_BYTES) {
                throw new IOException(file + ": larger than " + LARGEST_BYTES + " bytes");
            }
            add(file.getFileName().toString(), Files.readAllBytes(file), rois);
        } else {
            try (InputStream in = Files.newInputStream(file);
                    ZipInputStream zip = new ZipInputStream(in)) {
                long total = 0;
                for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                    if (entry.getName().endsWith(".roi")) {
                        byte[] bytes = zip.readNBytes(LARGEST_BYTES + 1);
                        total += bytes.length;
                        if (bytes.length > LARGEST_BYTES || total > 2L * LARGEST_BYTES) {
                            throw new IOException(file + ": the entry " + entry.getName() + " is larger than "
                                    + LARGEST_BYTES + " bytes, or all are larger than twice that");
                        }
                        add(entry.getName(), bytes, rois);
                    }
                }
            }
        }
        if (rois.isEmpty()) {
            throw new IOException(file + " holds no ROI; allowed are .roi files and .zip files of them");
        }
        return rois;
    }

    private static void add(String name, byte[] bytes, List<Roi> rois) throws IOException {
        RoiBytes.check(name, bytes);
        Roi roi;
        try {
            roi = new RoiDecoder(bytes, name.replaceAll("\\.roi$", "")).getRoi();
        } catch (IOException | RuntimeException | OutOfMemoryError e) { // the decoder trusts its input
            throw new IOException(name + " is no ROI of ImageJ", e);
        }
        if (roi == null) {
            throw new IOException(name + " is no ROI of ImageJ");
        }
        rois.add(roi);
    }
}
