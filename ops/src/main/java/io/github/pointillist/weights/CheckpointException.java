// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

import java.io.IOException;
import java.io.Serial;

/** A weights file or state dict that cannot be used. The message is one line: what was found and what is allowed. */
public final class CheckpointException extends IOException {
    private static final int QUOTED_CHARS = 100;

    @Serial
    private static final long serialVersionUID = 1L;

    /** An exception with one clear line. */
    public CheckpointException(String message) {
        super(message);
    }

    /** An exception with one clear line and what led to it. */
    public CheckpointException(String message, Throwable cause) {
        super(message, cause);
    }

    /** Text from a file made fit for a message: shortened, without control characters. */
    public static String quote(String text) {
        String cut = text.length() <= QUOTED_CHARS ? text : text.substring(0, QUOTED_CHARS) + "...";
        return "'" + Plain.line(cut) + "'";
    }
}
