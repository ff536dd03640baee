// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import java.io.IOException;

/** A file that may well be sound, but that these readers would not read right. */
public final class UnsupportedFileException extends IOException {
    private static final long serialVersionUID = 1;

    /** What to do with such a file. */
    public static final String ADVICE =
            "open it in Fiji (File > Import > Bio-Formats) and save it as TIFF (File > Save As)";

    /** One line: what it holds that is not read; what to do is added. */
    public UnsupportedFileException(String message) {
        super(message + "; " + ADVICE);
    }
}
