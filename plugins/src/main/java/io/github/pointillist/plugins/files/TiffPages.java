// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The pages of a TIFF file as planes of an image; the same whether they are read at once or one by one. */
final class TiffPages {
    private final Path file;
    private final List<TiffDirectory> pages;
    private final Samples samples;
    private final boolean colours;
    private final boolean greys;
    private boolean rounded;
    private boolean fractionRounded;

    /**
     * Pages alike.
     *
     * @param display whether a palette is for display alone
     */
    TiffPages(Path file, List<TiffDirectory> pages, Samples samples, boolean display) throws IOException {
        this.file = file;
        this.pages = pages;
        this.samples = samples;
        boolean palette = pages.get(0).photometric == 3 && !display && pages.get(0).bits <= 8;
        boolean grey = palette;
        for (TiffDirectory page : palette ? pages : List.<TiffDirectory>of()) {
            for (int colour : palette(page)) {
                grey &= (colour >> 16 & 0xff) == (colour & 0xff) && (colour >> 8 & 0xff) == (colour & 0xff);
            }
        }
        greys = grey;
        colours = palette && !grey;
    }

    Path file() {
        return file;
    }

    List<TiffDirectory> pages() {
        return pages;
    }

    /** Planes of a page. */
    int planes() {
        return samples.colour() || colours ? 1 : samples.taken();
    }

    int bytesPerPixel() {
        TiffDirectory page = pages.get(0);
        if (samples.colour() || (colours && pages.size() > 1)) {
            return 4;
        }
        return page.format != TiffDirectory.UINT || page.bits > 16 ? 4 : page.bits > 8 ? 2 : 1;
    }

    int bitDepth() {
        return samples.colour() || (colours && pages.size() > 1) ? 24 : 8 * bytesPerPixel();
    }

    /** Whether planes are indices into a palette in colour. */
    boolean indexed() {
        return colours && pages.size() == 1;
    }

    /** Whether numbers may not fit. */
    boolean mayRound() {
        TiffDirectory page = pages.get(0);
        return page.bits == 64 || (page.bits > 24 && page.format != TiffDirectory.FLOAT);
    }

    void roundingNotes(List<String> notes) {
        if (rounded) {
            notes.add(
                    "whole numbers above 16,777,216 are rounded to 32-bit floats: as labels, some may have become equal");
        }
        if (fractionRounded) {
            notes.add("64-bit floats are rounded to 32 bits");
        }
    }

    /** 0xRRGGBB. */
    int[] palette(TiffDirectory page) throws IOException {
        long[] map = page.numbers(TiffDirectory.COLOUR_MAP);
        int colours = 1 << Math.min(page.bits, 16);
        if (map.length < 3 * colours) {
            throw new DamagedException(
                    "a TIFF page whose palette has " + map.length / 3 + " of " + colours + " colours");
        }
        long most = 0;
        for (long value : map) {
            most = Math.max(most, value);
        }
        int shift = most > 255 ? 8 : 0; // some writers leave them at eight bits
        int[] palette = new int[colours];
        for (int i = 0; i < colours; i++) {
            palette[i] = ((int) map[i] >> shift & 0xff) << 16
                    | ((int) map[colours + i] >> shift & 0xff) << 8
                    | ((int) map[2 * colours + i] >> shift & 0xff);
        }
        return palette;
    }

    /** One colour of a palette as ImageJ's lookup table. */
    byte[] table(TiffDirectory page, int colour) throws IOException {
        byte[] table = new byte[256];
        int[] palette = palette(page);
        for (int i = 0; i < Math.min(256, palette.length); i++) {
            table[i] = (byte) (palette[i] >> (16 - 8 * colour));
        }
        return table;
    }

    /** The planes of one page: byte[], short[], float[] or int[] for colours. */
    List<Object> read(TiffPixels pixels) throws IOException {
        Plane[] planes = pixels.read(samples.taken());
        List<Object> read = new ArrayList<>();
        if (samples.colour()) {
            read.add(colours(planes));
            return read;
        }
        for (Plane plane : planes) {
            rounded |= plane.rounded;
            fractionRounded |= plane.fractionRounded;
            read.add(plane.pixels());
        }
        if (greys || (colours && pages.size() > 1)) {
            int[] palette = palette(pixels.page);
            byte[] indices = planes[0].bytes();
            read.clear();
            read.add(greys ? Loaded.greys(indices, palette) : looked(indices, palette));
        }
        return read;
    }

    private static int[] looked(byte[] indices, int[] palette) throws DamagedException {
        int[] rgb = new int[indices.length];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = 0xff000000 | palette[indices[i] & 0xff];
        }
        return rgb;
    }

    private int[] colours(Plane[] planes) throws IOException {
        byte[] red = planes[0].bytes();
        byte[] green = planes[1].bytes();
        byte[] blue = planes[2].bytes();
        byte[] black = samples.inks() ? planes[3].bytes() : null;
        Budget.memory("a plane in colour", 4.0 * red.length);
        int[] rgb = new int[red.length];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = black == null
                    ? Loaded.rgb(red[i], green[i], blue[i])
                    : Loaded.fromInks(~red[i], ~green[i], ~blue[i], ~black[i]); // 255 is full ink here
        }
        return rgb;
    }
}
