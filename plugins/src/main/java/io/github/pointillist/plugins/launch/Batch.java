// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

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
        int failed = inputs.failures().size();
        inputs.failures().forEach(line -> err.println("pointillist: " + line));
        if (!inputs.others().isEmpty()) {
            err.println("pointillist: " + inputs.othersLine());
        }
        if (inputs.skipped() > 0) {
            err.println("pointillist: left out " + inputs.skipped() + " results of earlier runs");
        }
        for (Map.Entry<Path, String> entry : inputs.stems().entrySet()) {
            Path file = entry.getKey();
            String reason;
            try {
                work.run(file, entry.getValue(), bar);
                continue;
            } catch (IOException | UncheckedIOException | IllegalArgumentException | IllegalStateException e) {
                reason = Main.reason(e);
            } catch (OutOfMemoryError e) {
                reason = "not enough memory (" + (Runtime.getRuntime().maxMemory() >> 20)
                        + " MB); give more, as in POINTILLIST_JAVA_OPTS=-Xmx8g";
            } catch (RuntimeException e) { // one image must not stop the others
                reason = "failed: " + e;
                if (System.getenv("POINTILLIST_DEBUG") != null) {
                    e.printStackTrace(err);
                }
            }
            failed++;
            bar.clear();
            err.println("pointillist: " + file + ": " + Main.oneLine(reason));
        }
        bar.clear();
        return failed == 0 ? 0 : Main.FAILED_SOME;
    }
}
