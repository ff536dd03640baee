// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.engine;

import ai.djl.engine.Engine;
import ai.djl.engine.StandardCapabilities;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.pytorch.jni.LibUtils;
import ai.djl.util.Utils;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which engine, native library, device and shared libraries are in use, and what stands in the way of a GPU or of work
 * without a network.
 *
 * @param lines in the order in which to show them
 */
public record EngineReport(List<Line> lines) {
    private static final Pattern JAR_VERSION = Pattern.compile(".*-(\\d[^/]*)\\.jar");
    private static final Pattern NATIVE_FOLDER = Pattern.compile("\\d[\\d.]*(?:-\\d+)?-(.+)-(?:linux|osx|win)-[^-]+");

    /** The libraries that Fiji and DJL share, or that an update may replace. */
    private static final List<Library> LIBRARIES = List.of(
            new Library("djl api", "ai.djl.engine.Engine"),
            new Library("djl pytorch-engine", "ai.djl.pytorch.engine.PtEngine"),
            new Library("jna", "com.sun.jna.Native"),
            new Library("gson", "com.google.gson.Gson"),
            new Library("slf4j", "org.slf4j.LoggerFactory"),
            new Library("commons-compress", "org.apache.commons.compress.archivers.ArchiveEntry"));

    /**
     * One line.
     *
     * @param key what it is about; a key may come more than once ("hint")
     */
    public record Line(String key, String value) {}

    private record Library(String name, String type) {}

    /** Keeps its own copy of the lines. */
    public EngineReport {
        lines = List.copyOf(lines);
    }

    /**
     * Starts the engine and looks. What goes wrong is in the report; nothing is thrown for it.
     *
     * @param device "auto", "cpu", "gpu0", ...: the report says which device that is
     * @throws IllegalArgumentException if the name of the device is misspelt
     */
    public static EngineReport collect(String device) {
        Devices.check(device);
        List<Line> lines = new ArrayList<>();
        List<String> hints = new ArrayList<>();
        ClassLoader loader = EngineReport.class.getClassLoader();
        engine(lines, hints, device);
        natives(lines, hints, loader);
        for (Library library : LIBRARIES) {
            lines.add(new Line(library.name(), describe(library, loader, hints)));
        }
        if (jnaFailure(loader) != null) {
            hints.add("jna clash, so GPU detection failed and only the CPU is used: " + jnaFailure(loader));
        }
        lines.add(
                new Line("java", System.getProperty("java.version") + " (" + System.getProperty("java.vendor") + ")"));
        lines.add(new Line(
                "system",
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch")));
        if (hints.isEmpty()) {
            hints.add("none: no conflict found");
        }
        hints.forEach(hint -> lines.add(new Line("hint", hint)));
        return new EngineReport(lines);
    }

    /** The value of the first line with that key. */
    public String value(String key) {
        return lines.stream()
                .filter(line -> line.key().equals(key))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("the report has no line " + key))
                .value();
    }

    private static void engine(List<Line> lines, List<String> hints, String device) {
        Engines.optOutOfTelemetry();
        try {
            Engine engine = Engines.start();
            boolean cuda = engine.hasCapability(StandardCapabilities.CUDA);
            lines.add(new Line("engine", engine.getEngineName() + " " + engine.getVersion()));
            lines.add(new Line("djl", Engine.getDjlVersion()));
            lines.add(new Line("native library", LibUtils.getLibtorchPath()));
            lines.add(new Line("flavour", flavour(Path.of(LibUtils.getLibtorchPath()), cuda)));
            lines.add(new Line(
                    "threads",
                    "intra-op " + JniUtils.getNumThreads() + ", inter-op " + JniUtils.getNumInteropThreads()));
            lines.add(new Line("spinning", SpinCount.state()));
            lines.add(new Line("gpus", Integer.toString(engine.getGpuCount())));
            lines.add(new Line("device", device(device)));
            if (engine.getGpuCount() == 0 && hasNvidiaDevice()) {
                hints.add(
                        cuda
                                ? "this machine has an NVIDIA device, but CUDA finds none: check the driver and that"
                                        + " libcudart is on the library path"
                                : "this machine has an NVIDIA device, but PyTorch's native library is a CPU build:"
                                        + " replace the pytorch-native-cpu jar by pytorch-native-cu128");
            }
        } catch (EngineUnavailableException e) {
            lines.add(new Line("engine", "none: " + e.getMessage()));
            hints.add("methods that need no model work without the engine");
        }
        lines.add(new Line("cache folder", Utils.getEngineCacheDir().toString()));
        lines.add(new Line("offline mode", Utils.isOfflineMode() ? "on" : "off (set ai.djl.offline=true to forbid)"));
        boolean off = Utils.isOfflineMode() || Boolean.parseBoolean(Utils.getEnvOrSystemProperty(Engines.OPT_OUT));
        lines.add(new Line("telemetry", off ? "off" : "ON: the environment sets " + Engines.OPT_OUT + " to false"));
    }

    private static String device(String name) {
        try {
            Devices.Choice choice = Devices.choose(name);
            return choice.name() + " (" + choice.why() + ")";
        } catch (IllegalArgumentException e) {
            return "none: " + e.getMessage();
        }
    }

    /** DJL names the folder of the library version-flavour-platform; one that the user gave may have any name. */
    static String flavour(Path folder, boolean cuda) {
        Matcher matcher = NATIVE_FOLDER.matcher(String.valueOf(folder.getFileName()));
        return matcher.matches() ? matcher.group(1) : (cuda ? "with CUDA" : "CPU") + ", from a folder given by hand";
    }

    private static boolean hasNvidiaDevice() {
        return Files.exists(Path.of("/dev/nvidia0")) || Files.exists(Path.of("/proc/driver/nvidia/version"));
    }

    private static void natives(List<Line> lines, List<String> hints, ClassLoader loader) {
        Set<String> jni = locations(loader, "jnilib/pytorch.properties");
        Set<String> natives = locations(loader, "native/lib/pytorch.properties");
        lines.add(new Line("djl pytorch-jni", jni.isEmpty() ? "not on the class path" : String.join(" and ", jni)));
        lines.add(new Line("natives", natives.isEmpty() ? "not on the class path" : String.join(" and ", natives)));
        boolean offline = !jni.isEmpty() && !natives.isEmpty();
        lines.add(new Line(
                "works offline",
                offline
                        ? "yes: the native libraries are on the class path"
                        : "only from the cache folder: the native libraries are not on the class path"));
        if (natives.size() > 1) {
            hints.add("more than one native library is on the class path; DJL takes the one with CUDA first");
        }
    }

    private static String describe(Library library, ClassLoader loader, List<String> hints) {
        String resource = library.type().replace('.', '/') + ".class";
        Set<String> copies = locations(loader, resource);
        if (copies.size() > 1) {
            hints.add(library.name() + " is on the class path " + copies.size() + " times: "
                    + String.join(" and ", copies));
        }
        try {
            Class<?> type = Class.forName(library.type(), false, loader);
            String from = location(type);
            return version(type, from) + ", " + from;
        } catch (ClassNotFoundException | LinkageError e) {
            hints.add(library.name() + " is missing: " + e);
            return "missing";
        }
    }

    /** Null if jna works; DJL swallows its failure and goes on without a GPU. */
    private static String jnaFailure(ClassLoader loader) {
        try {
            Class.forName("com.sun.jna.Native", true, loader);
            return null;
        } catch (ClassNotFoundException | LinkageError e) {
            return e.toString();
        } catch (Error e) { // NOPMD: jna throws java.lang.Error itself for a native library of another version
            return e.getMessage();
        }
    }

    private static String location(Class<?> type) {
        CodeSource source = type.getProtectionDomain().getCodeSource();
        if (source == null || source.getLocation() == null) {
            return "unknown place";
        }
        return file(source.getLocation());
    }

    private static String file(URL url) {
        try {
            return Path.of(url.toURI()).toString();
        } catch (URISyntaxException | IllegalArgumentException | java.nio.file.FileSystemNotFoundException e) {
            return url.toString();
        }
    }

    private static String version(Class<?> type, String from) {
        String version = type.getPackage().getImplementationVersion();
        if (version != null) {
            return version;
        }
        Matcher matcher = JAR_VERSION.matcher(from.replace('\\', '/'));
        return matcher.matches() ? matcher.group(1) : "unknown version";
    }

    /** The jars or folders that hold a resource; a properties file also tells its version. */
    private static Set<String> locations(ClassLoader loader, String resource) {
        Set<String> found = new LinkedHashSet<>();
        try {
            for (URL url : Collections.list(loader.getResources(resource))) {
                String text = url.toString();
                String place = text.replaceFirst("^jar:", "").replaceFirst("!?/" + Pattern.quote(resource) + "$", "");
                String path = place.startsWith("file:") ? file(new URL(place)) : place;
                found.add(resource.endsWith(".properties") ? versionIn(url) + ", " + path : path);
            }
        } catch (IOException e) {
            found.add("unreadable: " + e.getMessage());
        }
        return found;
    }

    private static String versionIn(URL url) throws IOException {
        Properties properties = new Properties();
        try (InputStream in = url.openStream()) {
            properties.load(in);
        }
        return properties.getProperty("jni_version", properties.getProperty("version", "unknown version"));
    }

    /** The report as text: a line each, the keys aligned. */
    @Override
    public String toString() {
        int width = lines.stream().mapToInt(line -> line.key().length()).max().orElse(0);
        StringBuilder text = new StringBuilder();
        for (Line line : lines) {
            text.append(line.key())
                    .append(" ".repeat(width - line.key().length() + 2))
                    .append(line.value())
                    .append('\n');
        }
        return text.toString();
    }
}
