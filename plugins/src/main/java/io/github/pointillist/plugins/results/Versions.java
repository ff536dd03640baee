// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.IJ;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;

/** Versions of what a run consists of, told without starting the engine. */
public final class Versions {
    private Versions() {}

    /** The version of Pointillist. */
    public static String pointillist() {
        return property("/io/github/pointillist/plugins/version.properties", "version");
    }

    /** All versions by name. */
    public static Map<String, String> all() {
        Map<String, String> versions = new LinkedHashMap<>();
        versions.put("pointillist", pointillist());
        versions.put("djl", property("/pytorch-engine.properties", "djl_version"));
        versions.put("pytorch", property("/pytorch-engine.properties", "pytorch_version"));
        versions.put("imagej", IJ.getVersion());
        versions.put("java", System.getProperty("java.version"));
        versions.put(
                "os",
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch"));
        return versions;
    }

    private static String property(String resource, String key) {
        try (InputStream in = Versions.class.getResourceAsStream(resource)) {
            if (in == null) {
                return "not installed";
            }
            Properties properties = new Properties();
            properties.load(in);
            return properties.getProperty(key, "unknown");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
