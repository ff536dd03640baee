// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.DeflaterOutputStream;

/** Writes TIFF files of any layout for tests: what is said in the fields and what lies in the strips is up to the test. */
final class TiffFile {
    static final int SHORT = 3;
    static final int LONG = 4;

    private final boolean big;
    private final ByteOrder order;
    private final List<Page> pages = new ArrayList<>();

    TiffFile(ByteOrder order, boolean big) {
        this.order = order;
        this.big = big;
    }

    static TiffFile little() {
        return new TiffFile(ByteOrder.LITTLE_ENDIAN, false);
    }

    ByteOrder order() {
        return order;
    }

    /** A page of one sample of a pixel, uncompressed unless fields say otherwise. */
    Page page(int width, int height, int bits) {
        Page page = new Page();
        page.set(256, LONG, width).set(257, LONG, height).set(258, SHORT, bits).set(259, SHORT, 1);
        page.set(262, SHORT, 1).set(277, SHORT, 1).set(278, LONG, height);
        pages.add(page);
        return page;
    }

    /** A page and where its strips or tiles go. */
    final class Page {
        private final Map<Integer, byte[]> values = new TreeMap<>();
        private final Map<Integer, Integer> types = new TreeMap<>();
        private final List<byte[]> strips = new ArrayList<>();
        private boolean tiles;
        private boolean reversed;
        private int gap;

        Page set(int tag, int type, long... numbers) {
            int size = TiffEntry.size(type);
            ByteBuffer bytes = ByteBuffer.allocate(size * numbers.length).order(order);
            for (long number : numbers) {
                switch (size) {
                    case 1 -> bytes.put((byte) number);
                    case 2 -> bytes.putShort((short) number);
                    case 4 -> bytes.putInt((int) number);
                    default -> bytes.putLong(number);
                }
            }
            return raw(tag, type, bytes.array());
        }

        Page raw(int tag, int type, byte[] bytes) {
            types.put(tag, type);
            values.put(tag, bytes);
            return this;
        }

        Page text(String description) {
            return raw(270, 2, (description + "\0").getBytes(StandardCharsets.UTF_8));
        }

        Page ratio(int tag, long above, long below) {
            ByteBuffer bytes = ByteBuffer.allocate(8).order(order);
            return raw(tag, 5, bytes.putInt((int) above).putInt((int) below).array());
        }

        Page strips(byte[]... data) {
            strips.addAll(List.of(data));
            return this;
        }

        Page tiles(int width, int height, byte[]... data) {
            tiles = true;
            set(322, LONG, width).set(323, LONG, height);
            values.remove(278);
            types.remove(278);
            return strips(data);
        }

        /** The last strip first, with other bytes between them. */
        Page apart(boolean lastFirst, int bytesBetween) {
            reversed = lastFirst;
            gap = bytesBetween;
            return this;
        }
    }

    byte[] bytes() {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        int head = big ? 16 : 8;
        List<Long> directories = new ArrayList<>();
        for (Page page : pages) {
            long[] offsets = new long[page.strips.size()];
            long[] lengths = new long[offsets.length];
            for (int k = 0; k < offsets.length; k++) {
                int i = page.reversed ? offsets.length - 1 - k : k;
                offsets[i] = head + body.size();
                lengths[i] = page.strips.get(i).length;
                body.writeBytes(page.strips.get(i));
                body.writeBytes("\u00ee".repeat(page.gap).getBytes(StandardCharsets.ISO_8859_1));
            }
            page.set(page.tiles ? 324 : 273, big ? 16 : LONG, offsets);
            page.set(page.tiles ? 325 : 279, LONG, lengths);
            Map<Integer, Long> places = new TreeMap<>();
            page.values.forEach((tag, value) -> {
                if (value.length > (big ? 8 : 4)) {
                    places.put(tag, (long) head + body.size());
                    body.writeBytes(value);
                }
            });
            if (body.size() % 2 == 1) {
                body.write(0);
            }
            directories.add((long) head + body.size());
            int fields = page.values.size();
            ByteBuffer directory = ByteBuffer.allocate(big ? 16 + 20 * fields : 6 + 12 * fields)
                    .order(order);
            if (big) {
                directory.putLong(fields);
            } else {
                directory.putShort((short) fields);
            }
            page.values.forEach((tag, value) -> {
                int type = page.types.get(tag);
                long count = value.length / TiffEntry.size(type);
                directory.putShort((short) (int) tag).putShort((short) type);
                if (big) {
                    directory.putLong(count);
                } else {
                    directory.putInt((int) count);
                }
                if (places.containsKey(tag)) {
                    if (big) {
                        directory.putLong(places.get(tag));
                    } else {
                        directory.putInt((int) (long) places.get(tag));
                    }
                } else {
                    directory.put(java.util.Arrays.copyOf(value, big ? 8 : 4));
                }
            });
            body.writeBytes(directory.array());
        }
        ByteBuffer file = ByteBuffer.allocate(head + body.size()).order(order);
        file.put((byte) (order == ByteOrder.BIG_ENDIAN ? 'M' : 'I'))
                .put(file.get(0))
                .putShort((short) (big ? 43 : 42));
        if (big) {
            file.putShort((short) 8).putShort((short) 0).putLong(directories.get(0));
        } else {
            file.putInt((int) (long) directories.get(0));
        }
        file.put(body.toByteArray());
        for (int i = 0; i + 1 < directories.size(); i++) { // the links
            int at = (int) (long) directories.get(i);
            int fields = pages.get(i).values.size();
            if (big) {
                file.putLong(at + 8 + 20 * fields, directories.get(i + 1));
            } else {
                file.putInt(at + 2 + 12 * fields, (int) (long) directories.get(i + 1));
            }
        }
        return file.array();
    }

    Path write(Path file) throws IOException {
        return Files.write(file, bytes());
    }

    static byte[] deflated(byte[] data) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DeflaterOutputStream out = new DeflaterOutputStream(bytes)) {
            out.write(data);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** Runs of at most 128 bytes as they are. */
    static byte[] packed(byte[] data) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int at = 0; at < data.length; ) {
            int run = 1;
            while (run < 128 && at + run < data.length && data[at + run] == data[at]) {
                run++;
            }
            if (run > 1) {
                bytes.write(257 - run);
                bytes.write(data[at]);
            } else {
                bytes.write(0);
                bytes.write(data[at]);
            }
            at += run;
        }
        return bytes.toByteArray();
    }

    /** LZW of TIFF that never learns: a clear code before every 200 bytes. */
    static byte[] lzw(byte[] data) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        long buffer = 0;
        int held = 0;
        for (int i = 0; i <= data.length; i++) {
            if (i % 200 == 0 || i == data.length) {
                buffer = buffer << 9 | (i == data.length ? 257 : 256);
                held += 9;
            }
            if (i < data.length) {
                buffer = buffer << 9 | (data[i] & 0xff);
                held += 9;
            }
            while (held >= 8) {
                bytes.write((int) (buffer >> (held - 8)));
                held -= 8;
            }
        }
        bytes.write((int) (buffer << (8 - held)));
        return bytes.toByteArray();
    }
}
