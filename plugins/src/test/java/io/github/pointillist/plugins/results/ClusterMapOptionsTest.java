// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.pointillist.tasks.MapClusters.Method;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterMapOptionsTest {
    private static final List<String> OFFERED = List.of("0.0.0", "0.0.1", "0.1.0", "0.1.1", "1.0.0", "1.0.1");
    private static final List<String> USUAL = List.of("0.1.0", "1.0.0");

    @TempDir
    private Path folder;

    private ClusterMapOptions model(List<String> levels) {
        String file = folder.resolve("my \"model\".pth").toString();
        ClusterMapOptions base = ClusterMapOptions.defaults(Method.MODEL, file);
        return new ClusterMapOptions(
                base.method(),
                base.clusters(),
                base.compactness(),
                base.iterations(),
                base.similarity(),
                base.features(),
                base.connected(),
                base.minSizePx(),
                base.seed(),
                file,
                null,
                levels,
                224,
                "cpu");
    }

    @Test
    void resolvesWhatIsAutomatic() {
        ClusterMapOptions context = ClusterMapOptions.defaults(Method.CONTEXT, null);
        assertThat(context.settings(List.of()).clusters()).isEqualTo(256);
        assertThat(context.settings(List.of()).connected()).isTrue();
        assertThat(context.settings(List.of()).compactness()).isEqualTo(1);
        ClusterMapOptions kmeans = ClusterMapOptions.defaults(Method.KMEANS, null);
        assertThat(kmeans.settings(List.of()).clusters()).isEqualTo(8);
        assertThat(kmeans.settings(List.of()).connected()).isFalse();
        assertThat(kmeans.settings(List.of()).compactness()).isZero();
    }

    @Test
    void choosesLevels() {
        assertThat(model(List.of("last")).resolveLevels(OFFERED, USUAL)).containsExactly("0.1.0", "1.0.0");
        assertThat(model(List.of("all")).resolveLevels(OFFERED, USUAL)).isEqualTo(OFFERED);
        assertThat(model(List.of("1.0.1", "0.0.0")).resolveLevels(OFFERED, USUAL))
                .containsExactly("1.0.1", "0.0.0");
        ClusterMapOptions tooHigh = model(List.of("0.0.0", "2.0.0"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> tooHigh.resolveLevels(OFFERED, USUAL))
                .withMessageContaining("level is 2.0.0")
                .withMessageContaining("0.0.0, 0.0.1");
        assertThatIllegalArgumentException().isThrownBy(() -> model(List.of("all", "0.0.0")));
        assertThatIllegalArgumentException().isThrownBy(() -> model(List.of("0 0")));
    }

    @Test
    void writesTheMacroLineAndTheArguments() {
        ClusterMapOptions options = model(List.of("0.0.0", "1.0.1"));
        assertThat(options.macroLine())
                .startsWith("run(\"Cluster Map...\", \"method=model ")
                .contains("/my \\\"model\\\".pth] ")
                .contains(" levels=0.0.0,1.0.1 input_size=224 device=cpu");
        assertThat(options.arguments())
                .containsSubsequence("--method", "model", "--model")
                .containsSubsequence("--level", "0.0.0,1.0.1", "--input-size", "224")
                .doesNotContain("--clusters");
    }

    @Test
    void refusesAModelWithoutUse() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClusterMapOptions.defaults(Method.KMEANS, "a.pth"))
                .withMessageContaining("method kmeans");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClusterMapOptions.defaults(Method.MODEL, null))
                .withMessageContaining("an installed model");
    }
}
