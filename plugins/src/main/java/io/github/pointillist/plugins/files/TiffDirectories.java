// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The directories of a TIFF or BigTIFF file, in the order of its list. The list has no loop, all directories together
 * are no larger than the file, and the values of every field lie within the file; else the file is refused before
 * anything else reads it.
 *
 * @param big whether it is a BigTIFF file
 * @param pages the main list, without what lies in sub-directories
 */
record TiffDirectories(boolean big, ByteOrder order, List<TiffDirectory> pages) {
    private static final int CLASSIC = 42;
    private static final int BIG = 43;

    /** Whether a file begins as TIFF files do. */
    static boolean begins(byte[] head) {
        return head.length >= 8
                && ((head[0] == 'I' && head[1] == 'I' && (head[2] == CLASSIC || head[2] == BIG) && head[3] == 0)
                        || (head[0] == 'M'
                                && head[1] == 'M'
                                && head[2] == 0
                                && (head[3] == CLASSIC || head[3] == BIG)));
    }

    static TiffDirectories walk(FileBytes file) throws IOException {
        ByteBuffer head = file.read(0, Math.min(16, file.size()), ByteOrder.BIG_ENDIAN);
        if (!begins(head.array())) {
            throw new DamagedException("no TIFF file");
        }
        ByteOrder order = head.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
        head.order(order);
        boolean big = head.getShort(2) == BIG;
        if (big && (head.limit() < 16 || head.getShort(4) != 8 || head.getShort(6) != 0)) {
            throw new DamagedException("a BigTIFF file with a wrong header");
        }
        long next = big ? head.getLong(8) : head.getInt(4) & 0xffffffffL;
        List<TiffDirectory> pages = new ArrayList<>();
        Set<Long> seen = new HashSet<>();
        long total = 0;
        while (next != 0) {
            if (!seen.add(next)) {
                throw new DamagedException("a TIFF file whose list of directories loops");
            }
            int countBytes = big ? 8 : 2;
            ByteBuffer number = file.read(next, countBytes, order);
            long count = big ? number.getLong(0) : number.getShort(0) & 0xffff;
            int entryBytes = big ? 20 : 12;
            if (count < 1 || count > file.size() / entryBytes) {
                throw new DamagedException("a TIFF directory of " + count + " fields");
            }
            int linkBytes = big ? 8 : 4;
            long bytes = countBytes + count * entryBytes + linkBytes;
            total += bytes;
            if (total > file.size()) {
                throw new DamagedException("a TIFF file whose directories overlap");
            }
            // Some writers leave out the link after the last directory.
            boolean linked = file.holds(next, bytes);
            ByteBuffer body = file.read(next + countBytes, count * entryBytes + (linked ? linkBytes : 0), order);
            pages.add(new TiffDirectory(file, order, entries(file, body, next + countBytes, (int) count, big)));
            int end = (int) count * entryBytes;
            next = !linked ? 0 : big ? body.getLong(end) : body.getInt(end) & 0xffffffffL;
        }
        if (pages.isEmpty()) {
            throw new DamagedException("a TIFF file that holds no image");
        }
        return new TiffDirectories(big, order, List.copyOf(pages));
    }

    private static Map<Integer, TiffEntry> entries(FileBytes file, ByteBuffer body, long at, int count, boolean big)
            throws IOException {
        Map<Integer, TiffEntry> entries = new HashMap<>();
        int entryBytes = big ? 20 : 12;
        int inPlace = big ? 8 : 4;
        for (int i = 0; i < count; i++) {
            int begin = i * entryBytes;
            int tag = body.getShort(begin) & 0xffff;
            int type = body.getShort(begin + 2) & 0xffff;
            long values = big ? body.getLong(begin + 4) : body.getInt(begin + 4) & 0xffffffffL;
            int size = TiffEntry.size(type);
            if (size == 0) {
                entries.putIfAbsent(tag, new TiffEntry(tag, type, 0, 0)); // to be skipped, says the standard
                continue;
            }
            if (values < 0 || values > file.size() / size) {
                throw new DamagedException("field " + tag + " of a TIFF directory claims " + values + " values of "
                        + size + " bytes; the file has " + file.size() + " bytes");
            }
            long place = at + begin + entryBytes - inPlace;
            if (values * size > inPlace) {
                place = big
                        ? body.getLong(begin + entryBytes - inPlace)
                        : body.getInt(begin + entryBytes - inPlace) & 0xffffffffL;
            }
            if (!file.holds(place, values * size)) {
                throw new DamagedException("cut short: field " + tag + " of a TIFF directory lies beyond the end");
            }
            entries.putIfAbsent(tag, new TiffEntry(tag, type, values, place));
        }
        return entries;
    }
}
