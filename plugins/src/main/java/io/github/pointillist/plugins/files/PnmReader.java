// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** PBM, PGM and PPM, as text or binary, 8 and 16 bits: the numbers of the file. Of PBM, black is 0 and white 255. */
final class PnmReader {
    private final FileBytes file;
    private final InputStream in;
    private long at;

    private PnmReader(FileBytes file, InputStream in) {
        this.file = file;
        this.in = in;
    }

    static boolean begins(byte[] head) {
        return head.length > 2
                && head[0] == 'P'
                && head[1] >= '1'
                && head[1] <= '6'
                && (isSpace(head[2]) || head[2] == '#');
    }

    private static boolean isSpace(int value) {
        return value == ' ' || (value >= 9 && value <= 13);
    }

    static Loaded read(FileBytes file) throws IOException {
        try (InputStream in = file.stream(0, file.size())) {
            return new PnmReader(file, in).image();
        }
    }

    private int next() throws IOException {
        at++;
        return in.read();
    }

    /** The next whole number, and one character behind it. */
    private int number(boolean single) throws IOException {
        int value = next();
        while (isSpace(value) || value == '#') {
            while (value == '#') {
                int c = next();
                while (c >= 0 && c != '\n' && c != '\r') {
                    c = next();
                }
                value = next();
            }
            while (isSpace(value)) {
                value = next();
            }
        }
        if (value < '0' || value > '9') {
            throw new DamagedException(
                    value < 0 ? "a PNM file cut short" : "a PNM file with something else than a number");
        }
        long number = value - '0';
        for (int c = single ? -1 : next(); c >= '0' && c <= '9'; c = next()) {
            number = 10 * number + c - '0';
            if (number > Integer.MAX_VALUE) {
                throw new DamagedException("a PNM file with a number above " + Integer.MAX_VALUE);
            }
        }
        return (int) number;
    }

    private Loaded image() throws IOException {
        next();
        int kind = next() - '0';
        boolean binary = kind > 3;
        boolean bitmap = kind == 1 || kind == 4;
        int samples = kind == 3 || kind == 6 ? 3 : 1;
        int width = number(false);
        int height = number(false);
        int most = bitmap ? 1 : number(false);
        if (width < 1 || height < 1 || most < 1 || most > 65535) {
            throw new DamagedException("a PNM file of " + width + " x " + height + " pixels up to " + most);
        }
        int size = most > 255 ? 2 : 1;
        double row = bitmap && binary ? Math.ceil(width / 8.0) : (double) width * samples * (binary ? size : 1);
        if (row * height > file.size() - at + 1) {
            throw new DamagedException("a PNM file cut short: " + width + " x " + height + " pixels are claimed, "
                    + (file.size() - at) + " bytes left");
        }
        Plane[] planes = new Plane[samples];
        for (int s = 0; s < samples; s++) {
            planes[s] = new Plane(size == 2 ? Plane.Type.SHORT : Plane.Type.BYTE, width, height);
        }
        byte[] bytes = new byte[binary ? (int) row : 0];
        for (int y = 0; y < height; y++) {
            if (binary && in.readNBytes(bytes, 0, bytes.length) < bytes.length) {
                throw new DamagedException("a PNM file cut short");
            }
            for (int x = 0; x < width; x++) {
                for (int s = 0; s < samples; s++) {
                    int i = x * samples + s;
                    int value;
                    if (!binary) {
                        value = number(bitmap);
                    } else if (bitmap) {
                        value = bytes[x / 8] >> (7 - x % 8) & 1;
                    } else {
                        value = size == 1 ? bytes[i] & 0xff : (bytes[2 * i] & 0xff) << 8 | (bytes[2 * i + 1] & 0xff);
                    }
                    if (value > most) {
                        throw new DamagedException("a PNM file of numbers up to " + most + " with the number " + value);
                    }
                    planes[s].set(y * width + x, bitmap ? 255 * (1 - value) : value);
                }
            }
        }
        Loaded loaded = result(width, height, most, planes);
        boolean more = binary && in.read() == 'P' && in.read() == '0' + kind;
        return more ? loaded.note("the file holds several pictures: its first taken, the others left out") : loaded;
    }

    private static Loaded result(int width, int height, int most, Plane[] planes) throws IOException {
        if (planes.length == 1) {
            return Loaded.grey(width, height, planes[0].pixels());
        }
        if (most != 255) {
            return Loaded.colours(width, height, List.of(planes[0].pixels(), planes[1].pixels(), planes[2].pixels()));
        }
        int[] rgb = new int[width * height];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = Loaded.rgb(
                    planes[0].bytes()[i], planes[1].bytes()[i], planes[2].bytes()[i]);
        }
        return Loaded.colour(width, height, rgb);
    }
}
