// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import java.io.IOException;
import java.io.InputStream;

/** Undoes PackBits: runs of one byte, and bytes as they are. */
final class PackBitsStream extends InputStream {
    private final InputStream in;
    private int literal;
    private int repeat;
    private int value;

    PackBitsStream(InputStream in) {
        this.in = in;
    }

    @Override
    public int read() throws IOException {
        while (literal == 0 && repeat == 0) {
            int code = in.read();
            if (code < 0) {
                return -1;
            }
            if (code < 128) {
                literal = code + 1;
            } else if (code > 128) {
                repeat = 257 - code;
                value = in.read();
            }
        }
        if (literal > 0) {
            literal--;
            return in.read();
        }
        repeat--;
        return value;
    }
}
