// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.engine;

/** No folder from which native code may be loaded; the message is one line that says why and what to do. */
final class UnsafeFolderException extends RuntimeException {
    private static final long serialVersionUID = 1;

    UnsafeFolderException(String message, Throwable cause) {
        super(message, cause);
    }
}
