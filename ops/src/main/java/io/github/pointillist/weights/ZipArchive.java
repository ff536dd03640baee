// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The entries of a zip file, after PKWARE's APPNOTE.TXT, with ZIP64. Names are keys and nothing else. An archive whose
 * entries together claim more compressed bytes than the file has (overlapping entries) is refused; so are encrypted
 * entries and other methods than stored and deflated.
 */
final class ZipArchive {
    private static final int END_SIGNATURE = 0x06054b50;
    private static final int END64_SIGNATURE = 0x06064b50;
    private static final int LOCATOR64_SIGNATURE = 0x07064b50;
    private static final int CENTRAL_SIGNATURE = 0x02014b50;
    private static final int LOCAL_SIGNATURE = 0x04034b50;
    private static final int END_BYTES = 22;
    private static final int END64_BYTES = 56;
    private static final int LOCATOR64_BYTES = 20;
    private static final int CENTRAL_BYTES = 46;
    private static final int LOCAL_BYTES = 30;
    private static final int MAX_COMMENT = 0xFFFF;
    private static final int NO_32_BITS = 0xFFFFFFFF;
    private static final int STORED = 0;
    private static final int DEFLATED = 8;
    private static final int MAX_DIRECTORY = 256 << 20;

    private record Entry(int method, int crc, long compressed, long size, long header) {}

    private final Bytes file;
    private final Budget budget;
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    /** Reads the directory. */
    ZipArchive(Bytes file, Budget budget) throws IOException {
        this.file = file;
        this.budget = budget;
        readDirectory();
    }

    /** The names of all entries that are no folders, in the order of the directory. */
    List<String> names() {
        return new ArrayList<>(entries.keySet());
    }

    boolean contains(String name) {
        return entries.containsKey(name);
    }

    private void readDirectory() throws IOException {
        int tailBytes = (int) Math.min(file.size(), END_BYTES + MAX_COMMENT);
        long tailStart = file.size() - tailBytes;
        ByteBuffer tail = file.read(tailStart, tailBytes);
        int at = tailBytes - END_BYTES;
        while (at >= 0 && !(tail.getInt(at) == END_SIGNATURE && at + END_BYTES + u16(tail, at + 20) <= tailBytes)) {
            at--;
        }
        if (at < 0) {
            throw new CheckpointException(
                    "the file starts like a zip archive but has no end: it is cut off or damaged");
        }
        long count = u16(tail, at + 10);
        long size = u32(tail, at + 12);
        long offset = u32(tail, at + 16);
        long locator = tailStart + at - LOCATOR64_BYTES;
        if (locator >= 0 && file.read(locator, 4).getInt(0) == LOCATOR64_SIGNATURE) {
            ByteBuffer end64 = file.read(file.read(locator + 8, 8).getLong(0), END64_BYTES);
            if (end64.getInt(0) != END64_SIGNATURE) {
                throw damaged("its ZIP64 directory is missing");
            }
            count = end64.getLong(32);
            size = end64.getLong(40);
            offset = end64.getLong(48);
        }
        if (size > MAX_DIRECTORY) {
            throw damaged("its directory has " + size + " bytes");
        }
        readEntries(file.read(offset, size), count);
    }

    private void readEntries(ByteBuffer directory, long count) throws IOException {
        long claimed = 0;
        for (long i = 0; i < count; i++) {
            if (directory.remaining() < CENTRAL_BYTES) {
                throw damaged("its directory ends early");
            }
            int start = directory.position();
            if (directory.getInt(start) != CENTRAL_SIGNATURE) {
                throw damaged("its directory has something else in place of an entry");
            }
            int nameBytes = u16(directory, start + 28);
            int extraBytes = u16(directory, start + 30);
            int total = CENTRAL_BYTES + nameBytes + extraBytes + u16(directory, start + 32);
            if (directory.remaining() < total) {
                throw damaged("its directory ends early");
            }
            byte[] nameData = new byte[nameBytes];
            directory.get(start + CENTRAL_BYTES, nameData);
            String name = new String(nameData, StandardCharsets.UTF_8);
            Entry entry = entry(directory, start, directory.slice(start + CENTRAL_BYTES + nameBytes, extraBytes));
            directory.position(start + total);
            if ((u16(directory, start + 8) & 1) != 0) {
                throw damaged("entry " + CheckpointException.quote(name) + " is encrypted");
            }
            claimed += entry.compressed;
            if (entry.compressed < 0 || entry.size < 0 || claimed < 0 || claimed > file.size()) {
                throw damaged("its entries claim more bytes than the file has");
            }
            if (!name.endsWith("/") && entries.putIfAbsent(name, entry) != null) {
                throw damaged("two entries are named " + CheckpointException.quote(name));
            }
        }
    }

    private static Entry entry(ByteBuffer directory, int start, ByteBuffer extra) throws IOException {
        extra.order(directory.order());
        long compressed = u32(directory, start + 20);
        long size = u32(directory, start + 24);
        long header = u32(directory, start + 42);
        while (extra.remaining() >= 4) {
            int id = Short.toUnsignedInt(extra.getShort());
            int length = Short.toUnsignedInt(extra.getShort());
            if (length > extra.remaining()) {
                throw damaged("its directory has a field that is too long");
            }
            int next = extra.position() + length;
            if (id == 1) {
                // ZIP64: only the fields that do not fit into 32 bits, in this order.
                ByteBuffer wide = extra.slice(extra.position(), length).order(extra.order());
                size = size == Integer.toUnsignedLong(NO_32_BITS) ? wide(wide) : size;
                compressed = compressed == Integer.toUnsignedLong(NO_32_BITS) ? wide(wide) : compressed;
                header = header == Integer.toUnsignedLong(NO_32_BITS) ? wide(wide) : header;
            }
            extra.position(next);
        }
        return new Entry(u16(directory, start + 10), directory.getInt(start + 16), compressed, size, header);
    }

    private static long wide(ByteBuffer field) throws IOException {
        if (field.remaining() < Long.BYTES) {
            throw damaged("a ZIP64 field is too short");
        }
        return field.getLong();
    }

    /** The contents of an entry: a part of the file where it is stored, an array where it had to be inflated. */
    Bytes open(String name) throws IOException {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw damaged("entry " + CheckpointException.quote(name) + " is missing");
        }
        ByteBuffer local = file.read(entry.header, LOCAL_BYTES);
        if (local.getInt(0) != LOCAL_SIGNATURE) {
            throw damaged("entry " + CheckpointException.quote(name) + " is not where the directory says");
        }
        long start = entry.header + LOCAL_BYTES + u16(local, 26) + u16(local, 28);
        Bytes data = file.slice(start, entry.compressed);
        if (entry.method == STORED && entry.size == entry.compressed) {
            return data;
        }
        if (entry.method != DEFLATED) {
            throw damaged("entry " + CheckpointException.quote(name) + " is compressed by method " + entry.method
                    + "; allowed are stored and deflated");
        }
        return Bytes.of(inflate(name, data, entry));
    }

    private byte[] inflate(String name, Bytes data, Entry entry) throws IOException {
        Inflater inflater = new Inflater(true);
        CRC32 crc = new CRC32();
        // Grows with what really comes out: the declared size is only an upper bound.
        ByteArrayOutputStream target = new ByteArrayOutputStream();
        byte[] chunk = new byte[8192];
        try {
            inflater.setInput(data.readAll());
            while (!inflater.finished()) {
                int length = inflater.inflate(chunk);
                if (length == 0 && (inflater.needsInput() || inflater.needsDictionary())) {
                    break;
                }
                if (target.size() + length > entry.size) {
                    throw damaged("entry " + CheckpointException.quote(name) + " is longer than declared");
                }
                budget.take(2L * length);
                crc.update(chunk, 0, length);
                target.write(chunk, 0, length);
            }
        } catch (DataFormatException e) {
            throw new CheckpointException(
                    "the zip archive is damaged: entry " + CheckpointException.quote(name) + " cannot be inflated", e);
        } finally {
            inflater.end();
        }
        if (target.size() != entry.size || (int) crc.getValue() != entry.crc) {
            throw damaged(
                    "entry " + CheckpointException.quote(name) + " does not have the declared length and checksum");
        }
        return target.toByteArray();
    }

    private static int u16(ByteBuffer bytes, int at) {
        return Short.toUnsignedInt(bytes.getShort(at));
    }

    private static long u32(ByteBuffer bytes, int at) {
        return Integer.toUnsignedLong(bytes.getInt(at));
    }

    private static CheckpointException damaged(String what) {
        return new CheckpointException("the zip archive is damaged: " + what);
    }
}
