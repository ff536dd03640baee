// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import io.github.pointillist.progress.Progress;

/** Reports the progress of one plane as a part of that of all. */
final class PartOfProgress implements Progress {
    private static final int STEPS = 1000;

    private final Progress all;
    private final int part;
    private final int parts;

    PartOfProgress(Progress all, int part, int parts) {
        this.all = all;
        this.part = part;
        this.parts = parts;
    }

    @Override
    public void report(long done, long total, String what) {
        long step = total <= 0 ? 0 : Math.min(STEPS, done * STEPS / total);
        String where = parts == 1 ? what : what + ", plane " + (part + 1) + " of " + parts;
        all.report((long) part * STEPS + step, (long) parts * STEPS, where);
    }

    @Override
    public void foretell(double seconds, String what) {
        int left = parts - part;
        all.foretell(seconds * left, left == 1 ? what : what + " a plane, " + left + " planes");
    }

    @Override
    public boolean cancelled() {
        return all.cancelled();
    }
}
