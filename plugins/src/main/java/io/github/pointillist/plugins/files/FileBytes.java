// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A file by positions. Nothing beyond its end is ever read, and no more memory taken than is asked for within it. */
final class FileBytes implements Closeable {
    private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 64;

    private final FileChannel channel;
    private final long size;

    FileBytes(Path file) throws IOException {
        channel = FileChannel.open(file, StandardOpenOption.READ);
        size = channel.size();
    }

    long size() {
        return size;
    }

    /** Whether so many bytes are there. */
    boolean holds(long at, long length) {
        return at >= 0 && length >= 0 && length <= size && at <= size - length;
    }

    /**
     * Bytes of the file.
     *
     * @throws DamagedException if they are not all there
     */
    ByteBuffer read(long at, long length, ByteOrder order) throws IOException {
        if (!holds(at, length)) {
            throw new DamagedException(
                    "cut short: bytes " + at + " to " + (at + length) + " of " + size + " are asked for");
        }
        if (length > LARGEST_ARRAY) {
            throw new UnsupportedFileException(length + " bytes in one piece; at most " + LARGEST_ARRAY + " are read");
        }
        ByteBuffer bytes = ByteBuffer.allocate((int) length).order(order);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, at + bytes.position()) < 0) {
                throw new DamagedException("cut short while it was read");
            }
        }
        return bytes.flip();
    }

    /** Reads a part of the file in order; ends where it ends. */
    InputStream stream(long at, long length) throws IOException {
        if (!holds(at, length)) {
            throw new DamagedException(
                    "cut short: bytes " + at + " to " + (at + length) + " of " + size + " are asked for");
        }
        return new BufferedInputStream(new Part(at, at + length), 1 << 14);
    }

    private final class Part extends InputStream {
        private long at;
        private final long end;

        Part(long at, long end) {
            this.at = at;
            this.end = end;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (at >= end) {
                return -1;
            }
            int read = channel.read(ByteBuffer.wrap(target, offset, (int) Math.min(length, end - at)), at);
            at += Math.max(0, read);
            return read;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
