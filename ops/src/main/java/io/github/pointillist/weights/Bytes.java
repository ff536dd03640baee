// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;

/** A range of a file or of an array, read piece by piece. Nothing outside the range can be read. */
final class Bytes {
    private final FileChannel channel;
    private final byte[] array;
    private final long start;
    private final long size;

    private Bytes(FileChannel channel, byte[] array, long start, long size) {
        this.channel = channel;
        this.array = array;
        this.start = start;
        this.size = size;
    }

    static Bytes of(FileChannel channel) throws IOException {
        return new Bytes(channel, null, 0, channel.size());
    }

    static Bytes of(byte[] array) {
        return new Bytes(null, array, 0, array.length);
    }

    long size() {
        return size;
    }

    /** The range from {@code from} (inclusive), {@code length} bytes long. */
    Bytes slice(long from, long length) throws CheckpointException {
        check(from, length);
        return new Bytes(channel, array, start + from, length);
    }

    /** A copy of some bytes, in little-endian order. Memory is taken only after the range was checked. */
    ByteBuffer read(long from, long length) throws IOException {
        check(from, length);
        if (length > Integer.MAX_VALUE - 8) {
            throw new CheckpointException("a piece of " + length + " bytes; at most 2 GiB can be read in one piece");
        }
        ByteBuffer target = ByteBuffer.allocate((int) length).order(ByteOrder.LITTLE_ENDIAN);
        copy(from, target);
        return target.flip();
    }

    /** All bytes of this range. */
    ByteBuffer readAll() throws IOException {
        return read(0, size);
    }

    /** Fills the rest of {@code target}. */
    void copy(long from, ByteBuffer target) throws IOException {
        check(from, target.remaining());
        if (array != null) {
            target.put(array, (int) (start + from), target.remaining());
            return;
        }
        long at = start + from;
        while (target.hasRemaining()) {
            int read = channel.read(target, at);
            if (read < 0) {
                throw new CheckpointException("the file became shorter while it was read");
            }
            at += read;
        }
    }

    private void check(long from, long length) throws CheckpointException {
        if (from < 0 || length < 0 || from > size || length > size - from) {
            throw new CheckpointException("the file is cut off or damaged: " + length + " bytes are needed at " + from
                    + ", but only " + size + " are there");
        }
    }
}
