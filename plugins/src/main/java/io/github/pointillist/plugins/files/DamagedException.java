// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import java.io.IOException;

/** A file that contradicts itself or its format. */
public final class DamagedException extends IOException {
    private static final long serialVersionUID = 1;

    /** One line: what is wrong. */
    public DamagedException(String message) {
        super("damaged: " + message);
    }
}
