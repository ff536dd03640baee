// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.commands;

import ij.IJ;
import io.github.pointillist.plugins.results.Foretold;
import io.github.pointillist.progress.Progress;
import java.awt.GraphicsEnvironment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CancellationException;
import org.scijava.Cancelable;
import org.scijava.command.Command;
import org.scijava.log.LogService;
import org.scijava.plugin.Parameter;
import org.scijava.task.Task;
import org.scijava.task.TaskService;

/** A command that can be stopped, says how far it is, and gives one line for what goes wrong. */
public abstract class CancelableCommand implements Command, Cancelable {
    @Parameter
    private TaskService tasks;

    @Parameter
    private LogService log;

    private volatile String cancelReason;
    private volatile String problem;
    private boolean callerTells;

    /** For commands of this package. */
    CancelableCommand() {}

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
        IJ.resetEscape();
        try {
            run(new CommandProgress(task));
        } catch (CancellationException e) {
            if (!isCanceled()) {
                cancel(title() + " was cancelled");
            }
        } catch (IllegalArgumentException | IllegalStateException | UncheckedIOException | IOException e) {
            fail(ErrorText.of(e));
        } catch (OutOfMemoryError e) {
            fail("not enough memory; give ImageJ more in Edit > Options > Memory & Threads");
        } catch (LinkageError e) {
            fail(MissingClasses.message(e));
        } finally {
            task.finish();
            IJ.showProgress(1.0);
            IJ.showStatus(isCanceled() && problem == null ? title() + " was cancelled" : "");
        }
    }

    private void fail(String line) {
        problem = line;
        boolean window = !GraphicsEnvironment.isHeadless();
        // SciJava shows the reason in a window of no name of ours, as wide as its longest line
        cancel(callerTells || !window ? line : ErrorText.wrap(title() + ": " + line));
        if (!callerTells && !window) {
            log.error(title() + ": " + line); // no window says it; where there are windows this would open the Console
        }
    }

    /** Whoever calls this shows what went wrong to the user: the command does not. */
    public final void callerTells() {
        callerTells = true;
    }

    /** What went wrong, in one line; null if nothing did, or if the command was only cancelled. */
    public final String problem() {
        return problem;
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
            IJ.showStatus(title() + ": " + what);
            IJ.showProgress(step, STEPS);
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
            return isCanceled() || task.isCanceled() || IJ.escapePressed();
        }
    }
}
