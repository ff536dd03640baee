// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
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
                "#!/bin/sh\necho speaks\nmkdir -p ops/target/classes plugins/target/classes\n"
                        + "printf %s \"$TEST_CLASS_PATH\" >plugins/target/classpath\n"
                        + "echo once >>built; exit \"${MAVEN_STATUS:-0}\"\n");
        assertThat(maven.toFile().setExecutable(true)).isTrue();
    }

    private record Ran(int status, String out, String err) {}

    private Ran run(String mavenStatus, Path start, String... words) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(start.toString());
        builder.command().addAll(List.of(words));
        builder.environment().put("PATH", root.resolve("bin") + File.pathSeparator + System.getenv("PATH"));
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("TEST_CLASS_PATH", absoluteClassPath());
        builder.environment().put("MAVEN_STATUS", mavenStatus);
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
        assertThat(first.out()).startsWith("pointillist ").doesNotContain("speaks");
        assertThat(first.err()).contains("building").contains("speaks");
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
        assertThat(failed.err()).contains("the build failed");
        assertThat(run("0", script, "--version").status()).isZero();
        assertThat(builds()).isEqualTo(2);
    }
}
