// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.engine;

import java.util.logging.Level;
import java.util.logging.Logger;
import org.slf4j.ILoggerFactory;
import org.slf4j.LoggerFactory;

/**
 * Keeps DJL from telling on the standard output or error what it does (in Fiji, that opens the Console over the image), and from
 * warning of a GPU that nobody asked for: what matters is in the engine report. Errors are still told. Who has set a level
 * himself keeps it.
 */
final class QuietLog {
    private static final String LIBRARY = "ai.djl";
    private static final String SIMPLE = "org.slf4j.simpleLogger.";
    private static final String SIMPLE_LEVEL = SIMPLE + "log." + LIBRARY;

    /** Kept, since java.util.logging forgets levels of loggers that nobody holds. */
    private static Logger held;

    private QuietLog() {}

    /** Call before DJL makes its loggers. */
    static synchronized void quieten() {
        try {
            // Of slf4j's own lines, those that are no errors.
            setIfAbsent("slf4j.internal.verbosity", "ERROR");
            ILoggerFactory factory = LoggerFactory.getILoggerFactory();
            String binding = factory.getClass().getName();
            if (binding.endsWith(".SimpleLoggerFactory")) {
                if (System.getProperty(SIMPLE + "defaultLogLevel") == null) {
                    setIfAbsent(SIMPLE_LEVEL, "error");
                }
            } else if (binding.equals("ch.qos.logback.classic.LoggerContext")) {
                logback(factory.getLogger(LIBRARY));
            } else if (binding.endsWith(".JDK14LoggerFactory")) {
                held = Logger.getLogger(LIBRARY);
                if (held.getLevel() == null) {
                    held.setLevel(Level.SEVERE);
                }
            }
        } catch (LinkageError | RuntimeException e) {
            // Another logging library than those known here: it says what it is set to say.
            System.getLogger(QuietLog.class.getName()).log(System.Logger.Level.DEBUG, "DJL's log is as it was", e);
        }
    }

    /** By reflection: logback is no library of ours. */
    private static void logback(org.slf4j.Logger logger) {
        try {
            Class<?> level = Class.forName(
                    "ch.qos.logback.classic.Level", true, logger.getClass().getClassLoader());
            if (logger.getClass().getMethod("getLevel").invoke(logger) == null) {
                logger.getClass()
                        .getMethod("setLevel", level)
                        .invoke(logger, level.getField("ERROR").get(null));
            }
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("logback without levels", e);
        }
    }

    private static void setIfAbsent(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }
}
