// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

/**
 * What one file may make this reader do, in bytes that are not simply bytes of the file (inflated or copied ones) and
 * in steps of the pickle machine. It stops small files that unfold into big ones.
 */
final class Budget {
    private static final long FREE_BYTES = 64L << 20;
    private static final long BYTES_PER_FILE_BYTE = 20;
    private static final int STEPS = 10_000_000;

    private long bytes;
    private int steps = STEPS;

    Budget(long fileBytes) {
        bytes = FREE_BYTES + BYTES_PER_FILE_BYTE * Math.min(fileBytes, Long.MAX_VALUE / 64);
    }

    /** Takes {@code count} bytes out of the budget. */
    void take(long count) throws CheckpointException {
        bytes -= count;
        if (count < 0 || bytes < 0) {
            throw new CheckpointException("the file unfolds into far more data than it holds; refused");
        }
    }

    /** Takes one step of the pickle machine. */
    void step() throws CheckpointException {
        if (--steps < 0) {
            throw new CheckpointException("the pickle has more than " + STEPS + " instructions; refused");
        }
    }
}
