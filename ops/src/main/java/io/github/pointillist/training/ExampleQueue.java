// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import java.util.ArrayDeque;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Makes the next examples of a source while the last ones are learnt from. They come in the order of their index,
 * whichever thread is done first. At most {@code ahead} examples are made or waiting. Its threads are daemons.
 */
public final class ExampleQueue implements AutoCloseable {
    private final ExampleSource source;
    private final ExecutorService workers;
    private final ArrayDeque<Future<Annotated>> waiting = new ArrayDeque<>();
    private final int ahead;
    private long next;
    private boolean closed;

    /**
     * Starts.
     *
     * @param source thread-safe
     * @param first index of the first example
     * @param ahead how many are kept ready, 1 or more
     * @param threads that make them, 1 or more
     */
    public ExampleQueue(ExampleSource source, long first, int ahead, int threads) {
        if (first < 0 || ahead < 1 || threads < 1) {
            throw new IllegalArgumentException("examples from index " + first + ", " + ahead + " ahead, by " + threads
                    + " threads; allowed are an index from 0, and at least 1 ahead and 1 thread");
        }
        this.source = source;
        this.ahead = ahead;
        next = first;
        workers = Executors.newFixedThreadPool(threads, task -> {
            Thread thread = new Thread(task, "Pointillist examples");
            thread.setDaemon(true);
            return thread;
        });
        while (waiting.size() < ahead) {
            submit();
        }
    }

    private void submit() {
        long index = next++;
        waiting.add(workers.submit(() -> source.example(index)));
    }

    /**
     * The next example; waits for it.
     *
     * @throws RuntimeException what the source threw for it
     * @throws CancellationException if the queue is closed or this thread is interrupted meanwhile
     */
    public Annotated next() {
        Future<Annotated> head;
        synchronized (this) {
            if (closed) {
                throw new CancellationException("the queue of examples is closed");
            }
            head = waiting.remove();
            submit();
        }
        try {
            return head.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted while waiting for an example");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException unchecked) {
                throw unchecked;
            }
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Interrupts the threads and drops what they made. Who waits for an example gets an exception. */
    @Override
    public synchronized void close() {
        closed = true;
        for (Runnable unbegun : workers.shutdownNow()) {
            ((Future<?>) unbegun).cancel(true); // somebody may wait for it
        }
        waiting.forEach(example -> example.cancel(true));
        waiting.clear();
    }
}
