// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import java.io.IOException;

/**
 * How much a file may become: a claim beyond what its bytes can hold at the best ratio of their compression is refused
 * before memory is taken, so that memory and time stay within the size of the file times that ratio.
 */
final class Budget {
    /** No more than this many bytes come out of one byte of deflate. */
    static final int DEFLATE = 1032;

    /** A code of twelve bits stands for at most 4096 bytes; shorter codes for less. */
    static final int LZW = 2800;

    /** A count and a byte stand for at most 128. */
    static final int PACK_BITS = 64;

    /** A bit a block of 64 samples, and progressive scans that say "nothing here" for many blocks at once. */
    static final int JPEG = 2048;

    /** What headers and small files need is not counted. */
    private static final long FREE = 1 << 16;

    private Budget() {}

    /**
     * Refuses what cannot be.
     *
     * @param bytes claimed, uncompressed
     * @param compressed bytes that they come from
     * @param ratio the best of the compression
     */
    static void check(String claim, double bytes, double compressed, int ratio) throws IOException {
        if (bytes > FREE + compressed * ratio) {
            throw new DamagedException(claim + ", which its " + (long) compressed + " bytes cannot hold");
        }
    }

    /** Refuses what Java's memory cannot hold. */
    static void memory(String what, double bytes) throws IOException {
        Runtime runtime = Runtime.getRuntime();
        double most = runtime.maxMemory() * 0.9;
        if (bytes > most) {
            throw new IOException(what + " needs " + (long) (bytes / (1 << 20)) + " MB of memory, Java has "
                    + (runtime.maxMemory() >> 20) + " MB; give more, as in POINTILLIST_JAVA_OPTS=-Xmx"
                    + (long) Math.ceil(bytes * 2.5 / (1 << 30)) + "g");
        }
    }
}
