// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.commands;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class ErrorTextTest {
    @Test
    void linesAreAtMostEightyCharacters() {
        String path = "/a/long/path".repeat(60);
        String text = "model is " + path + ", which is neither installed nor a file; "
                + "word ".repeat(100).strip() + "\nsecond line";
        String wrapped = ErrorText.wrap(text);
        assertThat(wrapped.lines()).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(80));
        assertThat(wrapped.replaceAll("[ \n]", "")).isEqualTo(text.replaceAll("[ \n]", ""));
        assertThat(wrapped).endsWith("word\nsecond line");
        assertThat(ErrorText.wrap("x".repeat(200)).lines()).hasSize(3);
        assertThat(ErrorText.wrap("short")).isEqualTo("short");
        assertThat(ErrorText.wrap("")).isEmpty();
    }

    @Test
    void whatHasNoMessageHasAName() {
        assertThat(ErrorText.of(new IOException("no such file"))).isEqualTo("no such file");
        assertThat(ErrorText.of(new IllegalStateException())).isEqualTo("IllegalStateException");
    }

    @Test
    void missingClassesNameTheirJar() {
        assertThat(MissingClasses.message(new NoClassDefFoundError("com/google/gson/JsonParser")))
                .startsWith("the jar gson is missing (class com.google.gson.JsonParser); docs/install.md");
        LinkageError deep = new NoClassDefFoundError("Could not initialize class ai.djl.engine.Engine");
        deep.initCause(new ExceptionInInitializerError(new ClassNotFoundException("org.slf4j.LoggerFactory")));
        assertThat(MissingClasses.message(deep)).startsWith("the jar slf4j-api is missing");
        assertThat(MissingClasses.message(new NoSuchMethodError("net.imglib2.Interval.x()")))
                .startsWith("jars do not fit together (NoSuchMethodError: net.imglib2.Interval.x())");
        assertThat(MissingClasses.message(new NoClassDefFoundError("some/Other")))
                .startsWith("the class some.Other is missing");
    }
}
