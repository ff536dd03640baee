// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import ij.ImagePlus;
import ij.ImageStack;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** GIF: the colours of the palette, grey where all in use are grey. The pictures of an animation are slices, as in ImageJ. */
final class GifReader {
    /** An animation may say of most of a picture that it stays; this many pixels a byte of the file are made at most. */
    private static final int MOST_PIXELS_A_BYTE = 4096;

    private static final int FREE_PIXELS = 1 << 20;

    private final FileBytes file;
    private long at;
    private int width;
    private int height;
    private int[] common;
    private int[] canvas;
    private boolean transparency;
    private byte[] onlyIndices;
    private int[] onlyPalette;
    private final List<int[]> frames = new ArrayList<>();

    private GifReader(FileBytes file) {
        this.file = file;
    }

    static boolean begins(byte[] head) {
        String start = new String(head, 0, Math.min(6, head.length), StandardCharsets.ISO_8859_1);
        return start.equals("GIF87a") || start.equals("GIF89a");
    }

    static Loaded read(FileBytes file) throws IOException {
        GifReader reader = new GifReader(file);
        reader.all();
        return reader.result();
    }

    private ByteBuffer take(int length) throws IOException {
        ByteBuffer bytes = file.read(at, length, ByteOrder.LITTLE_ENDIAN);
        at += length;
        return bytes;
    }

    private int[] palette(int flags) throws IOException {
        if ((flags & 0x80) == 0) {
            return null;
        }
        int colours = 2 << (flags & 7);
        byte[] bytes = take(3 * colours).array();
        int[] palette = new int[colours];
        for (int i = 0; i < colours; i++) {
            palette[i] = Loaded.rgb(bytes[3 * i], bytes[3 * i + 1], bytes[3 * i + 2]);
        }
        return palette;
    }

    /** Skips blocks; tells where each begins. */
    private List<long[]> blocks() throws IOException {
        List<long[]> parts = new ArrayList<>();
        for (int length = take(1).get(0) & 0xff; length > 0; length = take(1).get(0) & 0xff) {
            if (!file.holds(at, length)) {
                throw new DamagedException("a GIF file cut short");
            }
            parts.add(new long[] {at, length});
            at += length;
        }
        return parts;
    }

    private void all() throws IOException {
        at = 6;
        ByteBuffer screen = take(7);
        width = screen.getShort(0) & 0xffff;
        height = screen.getShort(2) & 0xffff;
        common = palette(screen.get(4));
        if (width < 1 || height < 1) {
            throw new DamagedException("a GIF file of " + width + " x " + height + " pixels");
        }
        String claim = "a GIF file of " + width + " x " + height + " pixels";
        long pixels = (long) width * height;
        if (pixels > FREE_PIXELS) {
            Budget.check(claim, pixels, file.size(), Budget.LZW);
        }
        int disposal = 0;
        int clear = -1;
        while (true) {
            // A file may end without its end mark once a picture is there.
            int kind = at >= file.size() && !frames.isEmpty() ? 0x3b : take(1).get(0) & 0xff;
            if (kind == 0x3b) {
                break;
            }
            if (kind == 0x21) {
                int label = take(1).get(0) & 0xff;
                List<long[]> parts = blocks();
                if (label == 0xf9 && !parts.isEmpty() && parts.get(0)[1] >= 4) {
                    ByteBuffer control = file.read(parts.get(0)[0], 4, ByteOrder.LITTLE_ENDIAN);
                    disposal = control.get(0) >> 2 & 7;
                    clear = (control.get(0) & 1) == 0 ? -1 : control.get(3) & 0xff;
                }
            } else if (kind == 0x2c) {
                double made = (double) pixels * (frames.size() + 1);
                if (made > FREE_PIXELS && made > (double) MOST_PIXELS_A_BYTE * file.size()) {
                    throw new DamagedException(claim + " and more than " + frames.size() + " pictures, which its "
                            + file.size() + " bytes cannot hold");
                }
                Budget.memory(claim + " and " + (frames.size() + 1) + " pictures", 4 * made);
                picture(disposal, clear);
                disposal = 0;
                clear = -1;
            } else {
                throw new DamagedException("a GIF file with a part of the unknown kind " + kind);
            }
        }
        if (frames.isEmpty()) {
            throw new DamagedException("a GIF file without a picture");
        }
    }

    private void picture(int disposal, int clear) throws IOException {
        ByteBuffer head = take(9);
        int left = head.getShort(0) & 0xffff;
        int top = head.getShort(2) & 0xffff;
        int columns = head.getShort(4) & 0xffff;
        int rows = head.getShort(6) & 0xffff;
        int flags = head.get(8);
        int[] palette = palette(flags);
        palette = palette == null ? common : palette;
        int bits = take(1).get(0) & 0xff;
        List<long[]> parts = blocks();
        if (palette == null || bits < 1 || bits > 8) {
            throw new DamagedException(
                    "a GIF file " + (palette == null ? "without a palette" : "of " + bits + " bits"));
        }
        if (columns < 1 || rows < 1 || left + columns > width || top + rows > height) {
            throw new DamagedException("a GIF file with a picture of " + columns + " x " + rows
                    + " pixels that does not lie within " + width + " x " + height);
        }
        byte[] indices = new byte[columns * rows];
        try (InputStream in = LzwStream.gif(new Parts(parts), bits)) {
            boolean interlaced = (flags & 0x40) != 0;
            int[][] passes = interlaced ? new int[][] {{0, 8}, {4, 8}, {2, 4}, {1, 2}} : new int[][] {{0, 1}};
            for (int[] pass : passes) {
                for (int y = pass[0]; y < rows; y += pass[1]) {
                    if (in.readNBytes(indices, y * columns, columns) < columns) {
                        throw new DamagedException("a GIF file with too little data");
                    }
                }
            }
        }
        boolean begins = frames.isEmpty();
        if (begins) {
            canvas = new int[width * height];
            Arrays.fill(canvas, 0xff000000);
        }
        int[] before = disposal == 3 ? canvas.clone() : null;
        for (int y = 0; y < rows; y++) {
            for (int x = 0; x < columns; x++) {
                int index = indices[y * columns + x] & 0xff;
                if (index >= palette.length) {
                    throw new DamagedException("a GIF file that uses colour " + index + " of " + palette.length);
                }
                transparency |= index == clear && begins;
                if (index != clear || begins) {
                    canvas[(top + y) * width + left + x] = palette[index];
                }
            }
        }
        boolean whole = columns == width && rows == height;
        onlyIndices = begins && whole ? indices : null;
        onlyPalette = palette;
        frames.add(canvas.clone());
        if (before != null) {
            canvas = before;
        } else if (disposal == 2) {
            for (int y = top; y < top + rows; y++) {
                Arrays.fill(canvas, y * width + left, y * width + left + columns, 0xff000000);
            }
        }
    }

    private Loaded result() throws IOException {
        Loaded loaded;
        if (frames.size() == 1 && onlyIndices != null) {
            loaded = Loaded.indexed(width, height, onlyIndices, onlyPalette);
        } else {
            boolean grey = true;
            for (int[] frame : frames) {
                for (int i = 0; i < frame.length && grey; i++) {
                    grey = (frame[i] >> 16 & 0xff) == (frame[i] & 0xff) && (frame[i] >> 8 & 0xff) == (frame[i] & 0xff);
                }
            }
            ImageStack stack = new ImageStack(width, height);
            for (int[] frame : frames) {
                stack.addSlice("", grey ? bytes(frame) : frame);
            }
            ImagePlus image = new ImagePlus("", stack);
            image.setDimensions(1, frames.size(), 1);
            loaded = new Loaded(image);
            if (frames.size() > 1) {
                loaded.note("the " + frames.size() + " pictures of the animation are taken as slices");
            }
        }
        return transparency ? loaded.note("transparency left out") : loaded;
    }

    private static byte[] bytes(int[] frame) {
        byte[] values = new byte[frame.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (byte) frame[i];
        }
        return values;
    }

    /** The content of blocks, without their sizes. */
    private final class Parts extends InputStream {
        private final List<long[]> parts;
        private int part;
        private byte[] bytes = {};
        private int next;

        Parts(List<long[]> parts) {
            this.parts = parts;
        }

        @Override
        public int read() throws IOException {
            while (next == bytes.length) {
                if (part == parts.size()) {
                    return -1;
                }
                bytes = file.read(parts.get(part)[0], parts.get(part)[1], ByteOrder.LITTLE_ENDIAN)
                        .array();
                part++;
                next = 0;
            }
            return bytes[next++] & 0xff;
        }
    }
}
