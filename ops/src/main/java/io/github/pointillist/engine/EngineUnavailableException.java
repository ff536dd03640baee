// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.engine;

/** PyTorch's native library cannot be used; the message is one line that says why and what to do. */
public final class EngineUnavailableException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    EngineUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
