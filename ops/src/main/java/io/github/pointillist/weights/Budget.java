// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

/**
 * What one file may make this reader do. It stops small files that unfold into big ones:
 *
 * <ul>
 *   <li>bytes that are not simply bytes of the file (inflated, copied, or viewed by several tensors): 64 MiB and 20 for
 *       each byte of the file;
 *   <li>memory of the objects that pickles make: 32 MiB and 16 bytes for each byte of a pickle read so far;
 *   <li>instructions of the pickle machine: 10 million.
 * </ul>
 */
final class Budget {
    private static final long FREE_BYTES = 64L << 20;
    private static final long BYTES_PER_FILE_BYTE = 20;
    private static final long FREE_OBJECT_BYTES = 32L << 20;
    private static final long OBJECT_BYTES_PER_PICKLE_BYTE = 16;
    private static final int STEPS = 10_000_000;

    private long bytes;
    private long objectBytes = FREE_OBJECT_BYTES;
    private int steps = STEPS;

    Budget(long fileBytes) {
        bytes = FREE_BYTES + BYTES_PER_FILE_BYTE * Math.min(fileBytes, Long.MAX_VALUE / 64);
    }

    /** Takes {@code count} bytes out of the budget. */
    void take(long count) throws CheckpointException {
        if (count < 0 || count > bytes) {
            throw exceeded();
        }
        bytes -= count;
    }

    /** Notes that this many more bytes of a pickle were read, which may become objects. */
    void pickled(long count) {
        objectBytes += OBJECT_BYTES_PER_PICKLE_BYTE * count;
    }

    /** Takes the memory of an object that a pickle makes, about {@code count} bytes. */
    void object(long count) throws CheckpointException {
        if (count < 0 || count > objectBytes) {
            throw exceeded();
        }
        objectBytes -= count;
    }

    /** Takes one step of the pickle machine. */
    void step() throws CheckpointException {
        if (--steps < 0) {
            throw new CheckpointException("the pickle has more than " + STEPS + " instructions; refused");
        }
    }

    private static CheckpointException exceeded() {
        return new CheckpointException("the file unfolds into far more data than it holds; refused");
    }
}
