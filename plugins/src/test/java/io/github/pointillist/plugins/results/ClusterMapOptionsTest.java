// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.pointillist.plugins.results.ClusterMapOptions.Point;
import io.github.pointillist.tasks.Evaluate;
import io.github.pointillist.tasks.MapClusters.Method;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterMapOptionsTest {
    private static final List<String> OFFERED = List.of("0.0.0", "0.0.1", "0.1.0", "0.1.1", "1.0.0", "1.0.1");
    private static final List<String> USUAL = List.of("0.1.0", "1.0.0");

    @TempDir
    private Path folder;

    private ClusterMapOptions model(List<String> levels) {
        return model(levels, null);
    }

    private ClusterMapOptions model(List<String> levels, Point point) {
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
                point,
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
        assertThat(model(List.of("last")).resolveLevels(OFFERED, USUAL, List.of()))
                .containsExactly("0.1.0", "1.0.0");
        assertThat(model(List.of("all")).resolveLevels(OFFERED, USUAL, List.of()))
                .isEqualTo(OFFERED);
        assertThat(model(List.of("1.0.1", "0.0.0")).resolveLevels(OFFERED, USUAL, List.of()))
                .containsExactly("1.0.1", "0.0.0");
        ClusterMapOptions tooHigh = model(List.of("0.0.0", "2.0.0"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> tooHigh.resolveLevels(OFFERED, USUAL, List.of()))
                .withMessageContaining("level is 2.0.0")
                .withMessageContaining("0.0.0, 0.0.1");
        assertThatIllegalArgumentException().isThrownBy(() -> model(List.of("all", "0.0.0")));
        assertThatIllegalArgumentException().isThrownBy(() -> model(List.of("0 0")));
    }

    @Test
    void levelsOfAffinitiesNeedAPointAndOthersNone() {
        List<String> affinities = List.of("a.0", "a.1");
        assertThat(model(List.of("a.1"), new Point(3, 4)).resolveLevels(affinities, List.of("a.0"), OFFERED))
                .containsExactly("a.1");
        assertThat(model(List.of("last"), new Point(3, 4)).resolveLevels(affinities, List.of("a.0"), OFFERED))
                .containsExactly("a.0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> model(List.of("a.1")).resolveLevels(OFFERED, USUAL, affinities))
                .withMessageContaining("level is a.1; it holds what one point takes from the others: give the point");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> model(List.of("last")).resolveLevels(List.of(), affinities, affinities))
                .withMessageContaining("give the point");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> model(List.of("0.0.0"), new Point(0, 0)).resolveLevels(affinities, USUAL, OFFERED))
                .withMessageContaining("level is 0.0.0; it holds groups of points: leave the point out");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> model(List.of("all"), new Point(0, 0)).resolveLevels(List.of(), USUAL, OFFERED))
                .withMessageContaining("leave the point out");
    }

    @Test
    void pointsAreColumnAndRow() {
        assertThat(Point.parse(" 12, 80 ")).isEqualTo(new Point(12, 80));
        assertThat(model(List.of("last"), new Point(12, 80)).arguments())
                .containsSubsequence("--point", "12,80")
                .doesNotContain("--min-size");
        for (String wrong : List.of("12", "1.5,2", "-1,2", "a,b", "1,2,3")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Point.parse(wrong))
                    .withMessageContaining("'" + wrong + "'");
        }
    }

    @Test
    void writesTheMacroLineAndTheArguments() {
        ClusterMapOptions options = model(List.of("0.0.0", "1.0.1"));
        assertThat(options.macroLine())
                .startsWith("run(\"Cluster Map...\", \"method=model ")
                .contains("/my \\\"model\\\".pth] ")
                .contains(" levels=0.0.0,1.0.1 point=none input_size=224 device=cpu");
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

    /** Nothing compiles the scripts; they must give as many values as there are. */
    @Test
    void theScriptsForFijisEditorGiveEveryOption() throws IOException {
        assertGivesEveryOption("cluster_map.groovy", ClusterMapOptions.class);
        assertGivesEveryOption("classify.groovy", ClassifyOptions.class);
        assertGivesEveryOption("evaluate.groovy", Evaluate.Settings.class);
    }

    private static void assertGivesEveryOption(String name, Class<? extends Record> options) throws IOException {
        String script = Files.readString(Path.of("..", "scripts", name));
        Matcher call = Pattern.compile("new " + options.getSimpleName() + "\\(([^)]*)\\)")
                .matcher(script);
        assertThat(call.find()).isTrue();
        assertThat(call.group(1).split(",")).hasSameSizeAs(options.getRecordComponents());
    }
}
