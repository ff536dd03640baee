// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** With slf4j-simple, which the tests and the command line have. */
class EngineLogTest {
    @Test
    void onlyErrorsOfDjlAreLogged() {
        EngineLog.quieten();
        Logger logger = LoggerFactory.getLogger("ai.djl.made.for.this.Test");
        assertThat(logger.isErrorEnabled()).isTrue();
        assertThat(logger.isWarnEnabled()).isFalse();
        assertThat(LoggerFactory.getLogger("another.program").isWarnEnabled()).isTrue();
        assertThat(java.util.logging.Logger.getLogger("ai.djl.x").isLoggable(java.util.logging.Level.WARNING))
                .isFalse();
    }
}
