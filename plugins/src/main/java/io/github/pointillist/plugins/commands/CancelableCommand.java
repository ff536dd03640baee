// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.commands;

import ij.IJ;
import io.github.pointillist.plugins.results.Foretold;
import io.github.pointillist.progress.Progress;
import java.io.IOException;
import java.util.concurrent.CancellationException;
import org.scijava.Cancelable;
import org.scijava.app.StatusService;
import org.scijava.command.Command;
import org.scijava.log.LogService;
import org.scijava.plugin.Parameter;
import org.scijava.task.Task;
import org.scijava.task.TaskService;

/** A command that can be stopped, says how far it is, and gives one line for what goes wrong. */
abstract class CancelableCommand implements Command, Cancelable {
    @Parameter
    private StatusService status;

    @Parameter
    private TaskService tasks;

    @Parameter
    private LogService log;

    private volatile String cancelReason;

    /**
     * What the command does.
     *
     * @throws CancellationException if {@code progress} asks to stop
     * @throws IllegalArgumentException if an input is not as it should be
     * @throws IOException if a file cannot be read or written
     */
    protected abstract void run(Progress progress) throws IOException;

    /** The name for status bars. */
    protected abstract String title();

    @Override
    public final void run() {
        Task task = tasks.createTask(title());
        task.start();
        try {
            run(new CommandProgress(task));
        } catch (CancellationException e) {
            if (!isCanceled()) {
                cancel(title() + " was cancelled");
            }
        } catch (IllegalArgumentException | IllegalStateException | IOException e) {
            // a headless run shows no reason, so the log has it too
            log.error(title() + ": " + e.getMessage());
            cancel(e.getMessage());
        } catch (OutOfMemoryError e) {
            log.error(title() + ": not enough memory", e);
            cancel("Not enough memory; give ImageJ more in Edit > Options > Memory & Threads");
        } finally {
            task.finish();
            status.clearStatus();
        }
    }

    @Override
    public boolean isCanceled() {
        return cancelReason != null;
    }

    @Override
    public void cancel(String reason) {
        cancelReason = reason == null ? title() + " was cancelled" : reason;
    }

    @Override
    public String getCancelReason() {
        return cancelReason;
    }

    private final class CommandProgress implements Progress {
        private static final int STEPS = 1000;

        private final Task task;
        private final Foretold foretold = new Foretold();
        private int latest = -1;

        CommandProgress(Task task) {
            this.task = task;
            task.setProgressMaximum(STEPS);
        }

        @Override
        public synchronized void report(long done, long total, String what) {
            int step = total <= 0 ? 0 : (int) Math.min(STEPS, done * STEPS / total);
            if (step == latest) {
                return;
            }
            latest = step;
            task.setProgressValue(step);
            task.setStatusMessage(what);
            status.showStatus(step, STEPS, title() + ": " + what);
        }

        @Override
        public void foretell(double seconds, String what) {
            String line = foretold.line(seconds, what);
            if (line != null) {
                IJ.log(title() + ": " + line);
            }
        }

        @Override
        public boolean cancelled() {
            return isCanceled() || task.isCanceled();
        }
    }
}
