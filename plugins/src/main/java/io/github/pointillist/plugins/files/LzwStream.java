// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import java.io.IOException;
import java.io.InputStream;

/**
 * Undoes LZW as TIFF has it (first bit highest, codes grow one early) and as GIF has it (first bit lowest). A code that
 * was never defined is damage.
 */
final class LzwStream extends InputStream {
    private static final int MOST_CODES = 4096;
    private static final int MOST_BITS = 12;

    private final InputStream in;
    private final boolean tiff;
    private final int rootBits;
    private final int clear;
    private final int[] prefix = new int[MOST_CODES];
    private final byte[] last = new byte[MOST_CODES];
    private final byte[] first = new byte[MOST_CODES];
    private final int[] length = new int[MOST_CODES];
    private final byte[] text = new byte[MOST_CODES + 1];
    private int textAt;
    private int textEnd;
    private int bits;
    private int next;
    private int previous = -1;
    private long buffer;
    private int buffered;
    private boolean ended;

    /** As in TIFF files. */
    static LzwStream tiff(InputStream in) {
        return new LzwStream(in, true, 8);
    }

    /** As in GIF files, without the sizes of the blocks. */
    static LzwStream gif(InputStream in, int rootBits) {
        return new LzwStream(in, false, rootBits);
    }

    private LzwStream(InputStream in, boolean tiff, int rootBits) {
        this.in = in;
        this.tiff = tiff;
        this.rootBits = rootBits;
        clear = 1 << rootBits;
        for (int i = 0; i < clear; i++) {
            last[i] = (byte) i;
            first[i] = (byte) i;
            length[i] = 1;
        }
        restart();
    }

    private void restart() {
        next = clear + 2;
        bits = rootBits + 1;
        previous = -1;
    }

    private int code() throws IOException {
        while (buffered < bits) {
            int value = in.read();
            if (value < 0) {
                return -1;
            }
            buffer = tiff ? buffer << 8 | value : buffer | (long) value << buffered;
            buffered += 8;
        }
        int code;
        if (tiff) {
            code = (int) (buffer >>> (buffered - bits)) & ((1 << bits) - 1);
            buffer &= (1L << (buffered - bits)) - 1;
        } else {
            code = (int) buffer & ((1 << bits) - 1);
            buffer >>>= bits;
        }
        buffered -= bits;
        return code;
    }

    /** Decodes the next code into the text; false at the end. */
    private boolean more() throws IOException {
        while (!ended) {
            int code = code();
            if (code < 0 || code == clear + 1) {
                ended = true;
                return false;
            }
            if (code == clear) {
                restart();
                continue;
            }
            if (code > next || (code == next && previous < 0) || (code > clear && previous < 0)) {
                throw new DamagedException("LZW data with the undefined code " + code);
            }
            if (previous >= 0 && next < MOST_CODES) {
                prefix[next] = previous;
                length[next] = length[previous] + 1;
                first[next] = first[previous];
                last[next] = code == next ? first[previous] : first[code];
                next++;
            } else if (code >= next) {
                throw new DamagedException("LZW data with the undefined code " + code);
            }
            int size = length[code];
            int at = code;
            for (int i = size - 1; i >= 0; i--) {
                text[i] = last[at];
                at = prefix[at];
            }
            textAt = 0;
            textEnd = size;
            previous = code;
            if (next + (tiff ? 1 : 0) >= 1 << bits && bits < MOST_BITS) {
                bits++;
            }
            return true;
        }
        return false;
    }

    @Override
    public int read() throws IOException {
        return textAt < textEnd || more() ? text[textAt++] & 0xff : -1;
    }

    @Override
    public int read(byte[] target, int offset, int count) throws IOException {
        int done = 0;
        while (done < count && (textAt < textEnd || more())) {
            int n = Math.min(count - done, textEnd - textAt);
            System.arraycopy(text, textAt, target, offset + done, n);
            textAt += n;
            done += n;
        }
        return done == 0 && count > 0 ? -1 : done;
    }
}
