// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import ij.IJ;
import ij.ImagePlus;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Calls readers and writers of ImageJ. They report on the standard output, which is ours, so one at a time runs and what it says
 * is kept. They trust their input, so what they throw becomes one line, and a reader that does not come back is left alone.
 */
public final class ImageJReaders {
    private static final ReentrantLock LOCK = new ReentrantLock();

    /** A reader gets this long for the first bytes, */
    private static final long SECONDS = 60;

    /** and a second more for as many bytes as the slowest disk gives. */
    private static final long BYTES_A_SECOND = 1 << 20;

    private ImageJReaders() {}

    /** Runs in this thread; for what cannot hang. */
    public static ImagePlus call(Callable<ImagePlus> action) throws IOException {
        return quietly(action);
    }

    /**
     * Runs in a thread of its own and waits for as long as the file's size allows.
     *
     * @param bytes of the file
     */
    static ImagePlus callBounded(Callable<ImagePlus> action, long bytes) throws IOException {
        return quietly(() -> {
            FutureTask<ImagePlus> task = new FutureTask<>(action);
            Thread thread = new Thread(task, "Pointillist image reader");
            thread.setDaemon(true);
            thread.start();
            long seconds = SECONDS + bytes / BYTES_A_SECOND;
            try {
                return task.get(seconds, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                task.cancel(true);
                throw new DamagedException("ImageJ's reader does not come to an end in " + seconds + " s");
            } catch (ExecutionException e) {
                if (e.getCause() instanceof IOException known) {
                    throw known;
                }
                throw new DamagedException("ImageJ's reader fails: " + reason(e.getCause()));
            }
        });
    }

    /** What a reader that trusted its input failed of. */
    private static String reason(Throwable failure) {
        if (failure instanceof OutOfMemoryError) {
            return "it asks for more memory than Java has";
        }
        boolean worded = failure instanceof IllegalArgumentException && failure.getMessage() != null;
        return worded ? plain(failure.getMessage()) : "the numbers in it contradict each other";
    }

    /** The first line of what ImageJ says, without the names of Java's classes. */
    private static String plain(String said) {
        return said.lines()
                .findFirst()
                .orElse("")
                .replaceAll("([a-z]+\\.)*[A-Za-z]*(Exception|Error)\\b:?", "")
                .replaceAll("[:\\s]+$", "")
                .strip();
    }

    private static ImagePlus quietly(Callable<ImagePlus> action) throws IOException {
        LOCK.lock();
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream heard = new ByteArrayOutputStream();
        ImagePlus image;
        try (PrintStream ear = new PrintStream(heard, true, StandardCharsets.UTF_8)) {
            System.setOut(ear);
            System.setErr(ear);
            IJ.redirectErrorMessages(true);
            image = action.call();
        } catch (IOException e) {
            throw e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (Exception | StackOverflowError e) { // whatever a reader makes of a broken file
            throw new IOException("not an image that ImageJ can read: " + reason(e), e);
        } finally {
            System.setOut(out);
            System.setErr(err);
            IJ.redirectErrorMessages(false);
            LOCK.unlock();
        }
        if (image == null || image.getWidth() == 0 || image.getStackSize() == 0) {
            String said = heard.toString(StandardCharsets.UTF_8).strip();
            said = said.startsWith("Opener: Unsupported format") ? "" : plain(said);
            throw new IOException("not an image that ImageJ can read" + (said.isEmpty() ? "" : " (" + said + ")"));
        }
        return image;
    }
}
