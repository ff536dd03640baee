// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.clustering;

import io.github.pointillist.progress.Progress;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Rows in fixed bands, the unit of parallel work. The bands follow from the height alone: what is added up per band and
 * then over the bands in order has the same rounding for every number of threads.
 *
 * @param height rows in all
 * @param rowsPerBand rows of a band; the last may have fewer
 */
record Bands(int height, int rowsPerBand) {
    private static final int MOST = 64;
    private static final int FEWEST_ROWS = 8;

    /** The work on one band. */
    interface Task {
        void run(int band, int from, int to);
    }

    static Bands of(int height) {
        return new Bands(height, Math.max(FEWEST_ROWS, (height + MOST - 1) / MOST));
    }

    int count() {
        return (height + rowsPerBand - 1) / rowsPerBand;
    }

    int from(int band) {
        return band * rowsPerBand;
    }

    int to(int band) {
        return Math.min(height, (band + 1) * rowsPerBand);
    }

    /**
     * Runs a task on every band, in any order.
     *
     * @param threads at least 1
     * @param step counts the finished bands of a longer work
     */
    void forEach(int threads, Step step, Task task) {
        checkThreads(threads);
        int count = count();
        AtomicInteger next = new AtomicInteger();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Runnable loop = () -> {
            try {
                for (int b = next.getAndIncrement(); b < count && failure.get() == null; b = next.getAndIncrement()) {
                    step.check();
                    task.run(b, from(b), to(b));
                    step.done();
                }
            } catch (Throwable t) {
                failure.compareAndSet(null, t);
            }
        };
        Thread[] helpers = new Thread[Math.min(threads, count) - 1];
        for (int i = 0; i < helpers.length; i++) {
            helpers[i] = new Thread(loop, "pointillist-clustering-" + (i + 1));
            helpers[i].setDaemon(true);
            helpers[i].start();
        }
        loop.run();
        boolean interrupted = false;
        for (Thread helper : helpers) {
            while (helper.isAlive()) {
                try {
                    helper.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                    failure.compareAndSet(null, new CancellationException("interrupted"));
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        rethrow(failure.get());
    }

    static int availableThreads() {
        return Runtime.getRuntime().availableProcessors();
    }

    private static void checkThreads(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads given: " + threads + "; allowed: 1 or more");
        }
    }

    private static void rethrow(Throwable t) {
        if (t instanceof RuntimeException e) {
            throw e;
        }
        if (t instanceof Error e) {
            throw e;
        }
        if (t != null) {
            throw new IllegalStateException(t);
        }
    }

    /** Counts bands over all the passes of one work and passes the count on. */
    static final class Step {
        private final Progress progress;
        private final long total;
        private final String what;
        private long finished;

        Step(Progress progress, long total, String what) {
            this.progress = progress;
            this.total = total;
            this.what = what;
        }

        void check() {
            progress.check();
        }

        synchronized void done() {
            finished = Math.min(total, finished + 1);
            progress.report(finished, total, what);
        }

        /** Reports the end, also if fewer passes than thought were needed. */
        synchronized void finish() {
            finished = total;
            progress.report(total, total, what);
        }
    }
}
