// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.commands;

import java.util.LinkedHashMap;
import java.util.Map;

/** Says which jar is missing when a class is: plain ImageJ brings none of those that Fiji does. */
public final class MissingClasses {
    private static final Map<String, String> JARS = jars();

    private MissingClasses() {}

    private static Map<String, String> jars() {
        Map<String, String> jars = new LinkedHashMap<>();
        jars.put("io.github.pointillist.plugins.", "Pointillist_");
        jars.put("io.github.pointillist.", "pointillist-ops");
        jars.put("org.scijava.parsington.", "parsington");
        jars.put("org.scijava.", "scijava-common");
        jars.put("net.imglib2.img.display.imagej.", "imglib2-imagej");
        jars.put("net.imglib2.imagej.", "imglib2-imagej");
        jars.put("net.imglib2.", "imglib2");
        jars.put("ai.djl.pytorch.", "pytorch-engine");
        jars.put("ai.djl.", "api (DJL)");
        jars.put("com.google.gson.", "gson");
        jars.put("com.sun.jna.", "jna");
        jars.put("org.slf4j.", "slf4j-api");
        jars.put("org.apache.commons.compress.", "commons-compress");
        jars.put("org.apache.commons.io.", "commons-io");
        jars.put("org.apache.commons.lang3.", "commons-lang3");
        jars.put("org.apache.commons.codec.", "commons-codec");
        jars.put("org.apache.commons.math3.", "commons-math3");
        return jars;
    }

    /** What is missing and what to do. */
    public static String message(LinkageError error) {
        Throwable cause = error;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        String said = String.valueOf(cause.getMessage());
        String name = said.strip().replace('/', '.').replaceFirst("^Could not initialize class ", "");
        String advice = "; docs/install.md of Pointillist lists the jars that ImageJ and Fiji need beside it";
        boolean absent = cause instanceof ClassNotFoundException || cause instanceof NoClassDefFoundError;
        String jar = JARS.entrySet().stream()
                .filter(entry -> name.startsWith(entry.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(null);
        if (absent && jar != null) {
            return "the jar " + jar + " is missing (class " + name + ")" + advice;
        }
        if (absent) {
            return "the class " + name + " is missing" + advice;
        }
        return "jars do not fit together (" + cause.getClass().getSimpleName() + ": " + said + ")" + advice;
    }
}
