// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import io.github.pointillist.plugins.results.StagedFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;

/** Works on many images: one that fails is named in one line, the others are still done. */
final class Batch {
    /** What is done with one image. */
    interface Work {
        void run(Path file, String stem, ProgressBar bar) throws IOException;
    }

    private Batch() {}

    /** Does the work on every input; returns the exit status. */
    static int run(Inputs inputs, PrintWriter err, Work work) {
        ProgressBar bar = new ProgressBar(err);
        int count = inputs.stems().size();
        int failed = inputs.failures().size();
        inputs.failures().forEach(line -> err.println("pointillist: " + line));
        inputs.remarks().forEach(line -> err.println("pointillist: " + line));
        int tried = 0;
        try {
            for (Map.Entry<Path, String> entry : inputs.stems().entrySet()) {
                Ending.at("at image " + (tried + 1) + " of " + count);
                bar.batch(tried, count);
                Path file = entry.getKey();
                Throwable thrown = attempt(file, entry.getValue(), work, bar, err);
                tried++;
                if (thrown == null) {
                    continue;
                }
                if (StagedFiles.ending()) {
                    break; // of the process: what fails now is no fault of the image
                }
                failed++;
                bar.clear();
                err.println("pointillist: " + file + ": " + Main.oneLine(reason(thrown)));
                if (Main.isDiskFull(thrown) && tried < count) {
                    err.println("pointillist: stopped before image " + (tried + 1) + " of " + count
                            + "; make room and give the same command again");
                    break;
                }
            }
        } finally {
            Ending.at(null);
        }
        bar.clear();
        return failed == 0 ? 0 : Main.FAILED_SOME;
    }

    /** What went wrong; null if nothing did. */
    @SuppressWarnings("PMD.AvoidCatchingGenericException")
    private static Throwable attempt(Path file, String stem, Work work, ProgressBar bar, PrintWriter err) {
        try {
            work.run(file, stem, bar);
            return null;
        } catch (IOException | OutOfMemoryError e) {
            return e;
        } catch (RuntimeException e) { // one image must not stop the others
            if (System.getenv("POINTILLIST_DEBUG") != null) {
                e.printStackTrace(err);
            }
            return e;
        }
    }

    private static String reason(Throwable thrown) {
        if (thrown instanceof OutOfMemoryError) {
            return "not enough memory (" + (Runtime.getRuntime().maxMemory() >> 20)
                    + " MB); give more, as in POINTILLIST_JAVA_OPTS=-Xmx8g";
        }
        boolean told = thrown instanceof IOException
                || thrown instanceof UncheckedIOException
                || thrown instanceof IllegalArgumentException
                || thrown instanceof IllegalStateException;
        return told ? Main.reason(thrown) : "failed: " + thrown;
    }
}
