// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.engine.EngineException;
import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class EnginesTest {
    @Test
    void startsUnderAnyContextClassLoaderAndPutsItBack() {
        ClassLoader blind = ClassLoader.getPlatformClassLoader();
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(blind);
        try {
            assertThat(Engines.start().getEngineName()).isEqualTo("PyTorch");
            assertThat(thread.getContextClassLoader()).isSameAs(blind);
        } finally {
            thread.setContextClassLoader(before);
        }
        assertThat(System.getProperty("OPT_OUT_TRACKING")).isEqualTo("true");
    }

    @Test
    void aFailureIsOneLineWithTheDeepestCause() {
        assertThat(Engines.explain(
                        new EngineException("outer", new UnsatisfiedLinkError("libtorch.so:\n wrong ELF class"))))
                .isEqualTo("PyTorch could not be started: UnsatisfiedLinkError: libtorch.so: wrong ELF class;"
                        + " the engine report lists the libraries in use");
        assertThat(Engines.explain(new EngineException("outer", new IOException("Offline mode is enabled."))))
                .contains("Offline mode")
                .contains("pytorch-native-cpu");
    }

    @Test
    void theAdviceFitsTheCause() {
        assertThat(Engines.explain(new EngineException("outer", new AccessDeniedException("/tmp/.djl.ai/tmp123"))))
                .contains("AccessDeniedException: /tmp/.djl.ai/tmp123")
                .contains("DJL_CACHE_DIR")
                .doesNotContain("network");
        assertThat(Engines.explain(new EngineException("outer", new IOException("No space left on device"))))
                .contains("DJL_CACHE_DIR");
        assertThat(Engines.explain(new UnsafeFolderException("one line that says all", null)))
                .isEqualTo("PyTorch could not be started: one line that says all");
    }

    @Test
    void spinsAreShort() {
        Engines.start();
        if (System.getProperty("os.name").equals("Linux") && System.getenv("OMP_WAIT_POLICY") == null) {
            assertThat(SpinCount.state()).startsWith("GOMP_SPINCOUNT=");
            // The process itself, which OpenMP asks: Java's own copy of the environment stays as it was.
            assertThat(NativeLibrary.getInstance("c")
                            .getFunction("getenv")
                            .invokeString(new Object[] {"GOMP_SPINCOUNT"}, false))
                    .isNotEmpty();
        }
    }

    @Test
    void theReportTellsEngineLibrariesAndDevice() {
        EngineReport report = EngineReport.collect("cpu");
        assertThat(report.value("engine")).isEqualTo("PyTorch 2.7.1");
        assertThat(report.value("djl")).isEqualTo("0.35.1");
        assertThat(report.value("device")).isEqualTo("cpu (asked for)");
        assertThat(report.value("telemetry")).isEqualTo("off");
        assertThat(report.value("threads")).matches("intra-op [1-9]\\d*, inter-op [1-9]\\d*");
        assertThat(report.value("jna")).matches("5\\..*jna-5.*\\.jar");
        assertThat(report.value("djl pytorch-jni")).startsWith("2.7.1-0.35.1, ").endsWith(".jar");
        assertThat(report.lines().stream().map(EngineReport.Line::key).collect(Collectors.toSet()))
                .contains("native library", "flavour", "gson", "slf4j", "commons-compress", "cache folder", "hint");
        assertThat(report.toString()).contains("engine").doesNotContain("null").contains("works offline");
    }

    @Test
    void theReportNamesADeviceThatIsNotThere() {
        assertThat(EngineReport.collect("gpu99").value("device")).startsWith("none: device is gpu99");
        assertThatIllegalArgumentException().isThrownBy(() -> EngineReport.collect("tpu"));
    }

    @Test
    void readsTheFlavourFromTheFolder() {
        assertThat(EngineReport.flavour(Path.of("2.7.1-cpu-linux-x86_64"), false))
                .isEqualTo("cpu");
        assertThat(EngineReport.flavour(Path.of("2.7.1-20250812-cpu-linux-x86_64"), false))
                .isEqualTo("cpu");
        assertThat(EngineReport.flavour(Path.of("2.7.1-cu128-precxx11-win-x86_64"), true))
                .isEqualTo("cu128-precxx11");
        assertThat(EngineReport.flavour(Path.of("libtorch"), true)).contains("with CUDA");
    }
}
