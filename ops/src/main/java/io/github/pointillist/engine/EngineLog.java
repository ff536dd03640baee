// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.engine;

import java.util.logging.Level;
import java.util.logging.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps DJL's log to errors: Fiji opens its Console over the image for any line, and DJL writes a dozen when it starts,
 * warnings on every machine without a GPU among them. What they say is in {@link EngineReport}. Whoever has set a level for
 * {@value #NAME} keeps it. Which of SLF4J's back ends is there is not ours to choose: Fiji has Logback, the command line
 * slf4j-simple, plain ImageJ none.
 */
final class EngineLog {
    static final String NAME = "ai.djl";

    private static final String SIMPLE = "org.slf4j.simpleLogger.log." + NAME;
    private static final String SIMPLE_DEFAULT = "org.slf4j.simpleLogger.defaultLogLevel";

    /** The logging of the JDK keeps loggers, and so their levels, only as long as someone else does. */
    private static final Logger JDK = Logger.getLogger(NAME);

    private EngineLog() {}

    /** To be called before DJL's classes are initialised. */
    static void quieten() {
        setUnlessSet("slf4j.internal.verbosity", "ERROR"); // that there is no back end
        if (System.getProperty(SIMPLE_DEFAULT) == null) {
            setUnlessSet(SIMPLE, "error");
        }
        if (JDK.getLevel() == null) {
            JDK.setLevel(Level.SEVERE);
        }
        try {
            quietenLogback(LoggerFactory.getLogger(NAME));
        } catch (ReflectiveOperationException | LinkageError e) {
            JDK.log(Level.FINE, "the back end has another way to set levels", e);
        }
    }

    private static void setUnlessSet(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    /** By reflection: it is Fiji's, not ours. */
    static void quietenLogback(Object logger) throws ReflectiveOperationException {
        Class<?> type = logger.getClass();
        if (!type.getName().equals("ch.qos.logback.classic.Logger")
                || type.getMethod("getLevel").invoke(logger) != null) {
            return;
        }
        Class<?> level = Class.forName("ch.qos.logback.classic.Level", true, type.getClassLoader());
        type.getMethod("setLevel", level).invoke(logger, level.getField("ERROR").get(null));
    }
}
