// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import static org.assertj.core.api.Assertions.assertThat;

import ij.ImagePlus;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plain ImageJ with exactly the jars that docs/install.md lists for it. */
class PlainImageJTest {
    private static final Pattern NAME = Pattern.compile("`([a-z0-9-]+)`");

    @TempDir
    private Path folder;

    /** The jars' names without versions, from the rows of the table in the section on plain ImageJ. */
    private static List<String> listed() throws IOException {
        String text = Files.readString(Path.of("..", "docs", "install.md"));
        String section = text.substring(text.indexOf("\n## Plain ImageJ") + 1);
        List<String> names = new ArrayList<>();
        section.substring(0, section.indexOf("\n## "))
                .lines()
                .filter(line -> line.startsWith("| `"))
                .forEach(line -> {
                    Matcher matcher = NAME.matcher(line.substring(0, line.indexOf('|', 1)));
                    while (matcher.find()) {
                        names.add(matcher.group(1));
                    }
                });
        return names;
    }

    private static List<String> entries() {
        return Arrays.asList(Jvm.classPath().split(File.pathSeparator));
    }

    private static String jar(String name) {
        return entries().stream()
                .filter(entry -> Path.of(entry).getFileName().toString().matches(Pattern.quote(name) + "-\\d.*\\.jar"))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no jar " + name + " is on the class path"));
    }

    /** Our own classes: folders of the build, or jars. */
    private static List<String> ours() {
        return entries().stream()
                .filter(entry -> entry.endsWith("classes")
                        || Path.of(entry).getFileName().toString().startsWith("pointillist-ops"))
                .toList();
    }

    private static List<String> classPath(List<String> jars) {
        List<String> path = new ArrayList<>(ours());
        Stream.of("ij", "ij1-patcher", "javassist").map(PlainImageJTest::jar).forEach(path::add);
        jars.stream().map(PlainImageJTest::jar).forEach(path::add);
        return path;
    }

    private List<String> run(List<String> jars, String text) throws IOException, InterruptedException {
        Path log = folder.resolve("log");
        MacrosTest.installInto(folder);
        Process process = Jvm.start(
                List.of(
                        "--add-opens=java.base/java.lang=ALL-UNNAMED",
                        "-Djava.awt.headless=true",
                        "-Dai.djl.offline=true",
                        "-Dij1.plugin.dirs=" + folder,
                        "-Dpointillist.models=" + folder.resolve("models")),
                HeadlessMacro.class,
                List.of(Files.writeString(folder.resolve("test.ijm"), text).toString(), ""),
                log,
                String.join(File.pathSeparator, classPath(jars)));
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).as("macro ends").isTrue();
        return Files.readAllLines(log);
    }

    @Test
    void theListedJarsAreEnough() throws IOException, InterruptedException {
        TestImages.save(new ImagePlus("dots", TestImages.dots(8, 96, 72)), folder.resolve("dots.tif"));
        List<String> log = run(
                listed(),
                "open('" + folder.resolve("dots.tif") + "'); run('Segment...', 'model=nuclei scaling=none');\n"
                        + "print('active ' + getTitle()); run('Cluster Map...'); run('Models...');"
                        + " run('Open Sample...', 'width=64 height=64'); run('Engine Report...');");
        assertThat(log)
                .contains("active dots_labels")
                .anyMatch(line -> line.matches("hint +none: no conflict found"))
                .noneMatch(line -> line.contains("missing") || line.contains("SLF4J") || line.contains("ai.djl."));
    }

    /** Every class of ours but those of the command line finds what it names. */
    @Test
    void noClassNamesAJarThatIsNotListed() throws IOException, ClassNotFoundException {
        List<URL> urls = new ArrayList<>();
        for (String entry : classPath(listed())) {
            urls.add(Path.of(entry).toUri().toURL());
        }
        int seen = 0;
        try (URLClassLoader loader =
                new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            for (Path root : List.of(Path.of("target/classes"), Path.of("../ops/target/classes"))) {
                try (Stream<Path> files = Files.walk(root)) {
                    for (Path file : files.filter(each -> each.toString().endsWith(".class"))
                            .toList()) {
                        String name = root.relativize(file).toString().replace(File.separatorChar, '.');
                        name = name.substring(0, name.length() - ".class".length());
                        if (name.matches(".*\\.plugins\\.launch\\..*(Verb|Main|Inputs|Batch).*")
                                || name.endsWith("-info")) {
                            continue;
                        }
                        Class<?> type = Class.forName(name, false, loader);
                        assertThat(type.getDeclaredMethods()).isNotNull();
                        assertThat(type.getDeclaredFields()).isNotNull();
                        seen++;
                    }
                }
            }
        }
        assertThat(seen).isGreaterThan(200);
    }

    @Test
    void aMissingJarIsNamed() throws IOException, InterruptedException {
        for (String gone : List.of("scijava-common", "gson")) {
            List<String> jars = new ArrayList<>(listed());
            jars.remove(gone);
            List<String> log = run(jars, "run('Models...'); print('went on');");
            assertThat(log)
                    .anyMatch(line -> line.startsWith("Macro Error: Models: the jar " + gone + " is missing"))
                    .noneMatch(line -> line.equals("went on") || line.contains("\tat "));
        }
    }
}
