// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import ij.ImagePlus;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.Set;

/** Files of microscopes' own formats, where Bio-Formats is on the class path, as it is in Fiji. */
public final class BioFormats {
    private static final Set<String> EXTENSIONS = Set.of(
            "czi", "nd2", "lif", "lof", "lsm", "svs", "vsi", "oib", "oif", "oir", "ims", "ndpi", "ndpis", "scn", "mrxs",
            "zvi", "stk", "dv", "r3d", "ets", "lei", "liff", "ipl", "ipw", "vms", "bif", "qptiff", "sld", "sldy",
            "mvd2", "flex", "mea", "htd", "xdce", "dm3", "dm4", "mrc", "nrrd", "nhdr", "nii", "ics", "ids", "zarr",
            "n5", "jp2", "j2k", "jpx", "webp", "heic", "tga", "psd", "pcx", "xlef", "klb");

    private BioFormats() {}

    /** Whether an extension is one of formats that only Bio-Formats reads. */
    public static boolean knows(String extension) {
        return EXTENSIONS.contains(extension);
    }

    /** Whether it is there. */
    public static boolean isPresent() {
        return opener() != null;
    }

    private static Method opener() {
        try {
            return Class.forName("loci.plugins.BF").getMethod("openImagePlus", String.class);
        } catch (ReflectiveOperationException | LinkageError e) {
            return null;
        }
    }

    /**
     * Opens a file by Bio-Formats.
     *
     * @param why it is not read without: one line
     * @throws IOException with one line: it is not there, or cannot read the file
     */
    static Loaded open(Path file, String why) throws IOException {
        Method opener = opener();
        if (opener == null) {
            throw new UnsupportedFileException(why);
        }
        ImagePlus image = ImageJReaders.call(() -> {
            try {
                ImagePlus[] read = (ImagePlus[]) opener.invoke(null, file.toString());
                return read == null || read.length == 0 ? null : read[0];
            } catch (InvocationTargetException e) {
                throw new IOException("Bio-Formats cannot read it (" + e.getCause() + ")", e);
            }
        });
        return new Loaded(image)
                .note("read by Bio-Formats: the first image of the file; others, if it has any, are left out");
    }
}
