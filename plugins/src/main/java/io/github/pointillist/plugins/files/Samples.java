// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import java.io.IOException;
import java.util.List;

/**
 * What the samples of a TIFF page stand for.
 *
 * @param taken how many of them, from the first on
 * @param colour whether they are red, green and blue of eight bits, or inks that become such
 * @param inks whether they are printing inks
 */
record Samples(int taken, boolean colour, boolean inks) {
    private static final int ASSOCIATED = 1;
    private static final int UNASSOCIATED = 2;

    static Samples of(TiffDirectory page, List<String> notes) throws IOException {
        boolean inks = page.photometric == 5;
        boolean rgb = page.photometric == 2 || page.photometric == 6;
        int base = inks ? 4 : rgb ? 3 : 1;
        long[] extras = page.numbers(TiffDirectory.EXTRA_SAMPLES);
        int taken = page.samples;
        while (taken > base) {
            int at = extras.length - (page.samples - taken) - 1;
            long meaning = at >= 0 ? extras[at] : 0;
            if (meaning == ASSOCIATED || meaning == UNASSOCIATED) {
                notes.add("transparency (alpha) left out"
                        + (meaning == ASSOCIATED ? "; the file says that its colours are multiplied with it" : ""));
            } else if (rgb || inks) {
                notes.add("sample " + taken + " of the pixels, which the file calls no colour, left out");
            } else {
                break;
            }
            taken--;
        }
        if (inks) {
            notes.add("printing inks (CMYK) turned into red, green and blue without a colour profile");
        }
        boolean eight = page.bits == 8 && page.format == TiffDirectory.UINT;
        return new Samples(inks ? 4 : taken, inks || (rgb && eight), inks);
    }
}
