// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** scripts/pointillist in a copy of the project's layout, with a stand-in for Maven. */
@DisabledOnOs(OS.WINDOWS)
class LauncherScriptTest {
    @TempDir
    private Path folder;

    private Path root;
    private Path script;

    @BeforeEach
    void layOut() throws IOException {
        root = Files.createDirectories(folder.resolve("a project"));
        for (String path : List.of("scripts", "bin", "ops/src/main", "plugins/src/main")) {
            Files.createDirectories(root.resolve(path));
        }
        for (String pom : List.of("pom.xml", "ops/pom.xml", "plugins/pom.xml")) {
            Files.writeString(root.resolve(pom), "<project/>");
        }
        script = root.resolve("scripts/pointillist");
        Files.copy(Path.of("..", "scripts", "pointillist"), script);
        assertThat(script.toFile().setExecutable(true)).isTrue();
        Path maven = root.resolve("bin/mvn");
        Files.writeString(
                maven,
                "#!/bin/sh\necho '[INFO] Building A Thing 0.1.0      [2/3]'\necho '[INFO] tedious'\n"
                        + "echo '[ERROR] speaks'\nmkdir -p ops/target/classes plugins/target/classes\n"
                        + "printf %s \"$TEST_CLASS_PATH\" >plugins/target/classpath\n"
                        + "echo once >>built; exit \"${MAVEN_STATUS:-0}\"\n");
        assertThat(maven.toFile().setExecutable(true)).isTrue();
    }

    private record Ran(int status, String out, String err) {}

    private final Map<String, String> more = new HashMap<>();

    private Ran run(String mavenStatus, Path start, String... words) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(start.toString());
        builder.command().addAll(List.of(words));
        builder.environment().put("PATH", root.resolve("bin") + File.pathSeparator + System.getenv("PATH"));
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("TEST_CLASS_PATH", absoluteClassPath());
        builder.environment().put("MAVEN_STATUS", mavenStatus);
        builder.environment().keySet().removeIf(name -> name.startsWith("LC_") || name.equals("LANG"));
        builder.environment().putAll(more);
        builder.directory(folder.toFile());
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        Process process =
                builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Ran(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    private static String absoluteClassPath() {
        return String.join(
                File.pathSeparator,
                List.of(Jvm.classPath().split(File.pathSeparator)).stream()
                        .map(entry -> Path.of(entry).toAbsolutePath().toString())
                        .toList());
    }

    private long builds() throws IOException {
        return Files.readAllLines(root.resolve("built")).size();
    }

    @Test
    void buildsOnceThenStartsAtOnceThroughALinkFromAnywhere() throws IOException, InterruptedException {
        Path link = Files.createSymbolicLink(folder.resolve("pt"), Path.of("a project/scripts/pointillist"));
        Ran first = run("0", link, "--version");
        assertThat(first.status()).as(first.err()).isZero();
        assertThat(first.out()).startsWith("pointillist ").doesNotContain("A Thing");
        assertThat(first.err().lines().map(line -> line.replaceAll("\\d+ s", "N s")))
                .hasSize(3)
                .anyMatch(line ->
                        line.startsWith("pointillist: building for the first time: 2 to 6 minutes, with about 250 MB"))
                .contains("pointillist: building A Thing (N s)", "pointillist: built in N s");
        Ran second = run("0", link, "--version");
        assertThat(second.err()).isEmpty();
        assertThat(second.out()).isEqualTo(first.out());
        assertThat(builds()).isEqualTo(1);
        assertThat(run("0", script, "no such verb").status()).isEqualTo(2);
    }

    @Test
    void buildsAgainWhenASourceChanges() throws IOException, InterruptedException {
        assertThat(run("0", script, "--version").status()).isZero();
        Path source = Files.writeString(root.resolve("ops/src/main/A.java"), "class A {}");
        Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(5)));
        Files.setLastModifiedTime(source.getParent(), FileTime.from(Instant.EPOCH));
        assertThat(run("0", script, "--version").err()).contains("building");
        assertThat(builds()).isEqualTo(2);
    }

    @Test
    void aFailedBuildIsTriedAgain() throws IOException, InterruptedException {
        Ran failed = run("1", script, "--version");
        assertThat(failed.status()).isEqualTo(2);
        assertThat(failed.out()).isEmpty();
        assertThat(failed.err())
                .contains("[ERROR] speaks")
                .contains("the build failed; the whole output is in " + root.toRealPath())
                .doesNotContain("tedious");
        assertThat(root.resolve("plugins/target/launcher-build.log")).content().contains("tedious");
        assertThat(run("0", script, "--version").status()).isZero();
        assertThat(builds()).isEqualTo(2);
    }

    /** Cron, ssh and containers have no locale; and C is set by many scripts. */
    @Test
    void withoutALocaleNamesBeyondAsciiAreTakenAndTold() throws IOException, InterruptedException {
        assumeTrue(hasUtf8Locale(), "skipped: this machine has no UTF-8 locale");
        Path image = folder.resolve("Zellkern-ü 核.tif");
        TestImages.save(TestImages.image("x", 8, 12, 10), image);
        for (Map<String, String> locale : List.of(Map.<String, String>of(), Map.of("LC_ALL", "C"))) {
            more.clear();
            more.putAll(locale);
            Path out = folder.resolve("ausgänge" + locale.size());
            Ran ran = run("0", script, "cluster-map", image.toString(), "--clusters", "4", "--out", out.toString());
            assertThat(ran.status()).as(ran.err()).isZero();
            assertThat(out.resolve("Zellkern-ü 核_clusters.tif")).exists();
            Ran missing = run("0", script, "cluster-map", "fehlt-ö.tif", "--clusters", "4", "--out", out.toString());
            assertThat(missing.err()).contains("pointillist: fehlt-ö.tif: no such file");
        }
    }

    private static boolean hasUtf8Locale() throws IOException, InterruptedException {
        Process locales = new ProcessBuilder("sh", "-c", "locale -a | grep -iq 'utf-*8'").start();
        return locales.waitFor() == 0;
    }

    /** The layout of the zip, closed against writing: see src/assembly/dist.xml. */
    @Test
    void anInstalledFolderRunsWithoutMavenAndWithoutWriting() throws IOException, InterruptedException {
        Path installed = Files.createDirectories(folder.resolve("opt/pointillist-1"));
        for (String sub : List.of("bin", "lib/native/2.7.1-cpu-here", "fiji/jars", "fiji/plugins")) {
            Files.createDirectories(installed.resolve(sub));
        }
        Path start = installed.resolve("bin/pointillist");
        Files.copy(script, start);
        assertThat(start.toFile().setExecutable(true)).isTrue();
        int n = 0;
        for (String entry : absoluteClassPath().split(File.pathSeparator)) {
            Path path = Path.of(entry);
            if (path.getFileName().toString().endsWith(".jar")) {
                Files.createSymbolicLink(installed.resolve("lib/" + n++ + "-" + path.getFileName()), path);
            } else if (Files.isDirectory(path) && path.endsWith("classes")) {
                jar(path, installed.resolve("fiji/jars/" + n++ + ".jar"));
            }
        }
        Files.delete(root.resolve("bin/mvn"));
        assertThat(installed.resolve("bin").toFile().setWritable(false)).isTrue();
        more.put("HOME", folder.resolve("no home").toString());
        Ran version = run("0", start, "--version");
        assertThat(version.status()).as(version.err()).isZero();
        assertThat(version.err()).isEmpty();
        Ran models = run("0", start, "models", "list");
        assertThat(models.out()).contains("nuclei");
        try (Stream<Path> all = Files.walk(installed)) {
            assertThat(all.map(file -> file.getFileName().toString())).doesNotContain("target", "launcher-lock");
        }
    }

    private static void jar(Path classes, Path jar) throws IOException {
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar));
                Stream<Path> all = Files.walk(classes)) {
            out.setLevel(Deflater.NO_COMPRESSION);
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                out.putNextEntry(
                        new ZipEntry(classes.relativize(file).toString().replace(File.separatorChar, '/')));
                Files.copy(file, out);
            }
        }
    }

    @Test
    void anothersCheckoutThatCannotBeUsedSaysWhatToDo() throws IOException, InterruptedException {
        Path target = Files.createDirectories(root.resolve("plugins/target"));
        assertThat(target.toFile().setWritable(false)).isTrue();
        assumeFalse(Files.isWritable(target), "skipped: this user may write everywhere");
        Ran ran = run("0", script, "--version");
        assertThat(target.toFile().setWritable(true)).isTrue();
        assertThat(ran.status()).isEqualTo(2);
        assertThat(ran.err().lines())
                .singleElement()
                .asString()
                .contains("belongs to another user and cannot be used as it is: it is not built", "mvn -B -ntp -Pdist");
    }
}
