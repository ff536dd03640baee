// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.types.DataType;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.weights.StateDict;
import io.github.pointillist.weights.TensorEntry;
import io.github.pointillist.weights.TestFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParityTest {
    private static final Path SHARED = Path.of("..", "..", "shared", "golden");
    private static final String CASE =
            """
            {"system": "toy", "variant": "v", "config": {"a": 1, "weights": {"scale": [
                {"ends_with": "x.weight", "factor": 0.5}, {"contains": "x", "factor": 0.5}]}},
             "kept_as_built": ["angle"],
             "inputs": [{"key": "in", "name": "in", "shape": [2], "rule": "2 * fill.image([2], 'other')"},
                        {"key": "kept", "name": null, "shape": [2], "rule": "stored"}],
             "outputs": [
                {"key": "out", "shape": [1, 2], "meaning": "stored slice [:, :2]", "max_abs": 4.0,
                 "float32_abs_diff": 1e-5},
                {"key": "striped", "shape": [5], "stored": "[::2]", "stored_shape": [3], "meaning": "", "abs_max": 0.5},
                {"key": "assign00", "shape": [4], "dtype": "int32", "meaning": ""},
                {"key": "late", "shape": [1], "meaning": ""}],
             "assignment_decisions": 4, "near_ties_below_1e-5": [[0, 1, 1e-7]], "float32_assignment_mismatch": 0.0}
            """;

    @TempDir
    Path dir;

    /** Hands given values to the judge; float64 gives the reference itself. */
    private record Kind(double out, long[] assigned, double late) implements CaseKind {
        @Override
        public boolean accepts(GoldenCase golden) {
            return golden.system().equals("toy");
        }

        @Override
        public void run(GoldenCase golden, Judge judge, DataType type) {
            boolean wide = type == DataType.FLOAT64;
            judge.check("out", new double[] {1, wide ? 2 : out, 99}, 1, 3);
            judge.check("striped", new double[] {0.1, 9, 0.2, 9, 0.3}, 5);
            judge.check("assign00", wide ? new long[] {0, 1, 2, 3} : assigned, 4);
            judge.check("late", new double[] {wide ? 7 : late}, 1);
        }
    }

    private GoldenCase golden() throws IOException {
        write("case.json", CASE.getBytes(StandardCharsets.UTF_8));
        write(
                "tensors.npz",
                TestFiles.npz(StateDict.of(
                        TensorEntry.of("out", new float[] {1, 2}, 1, 2),
                        TensorEntry.of("striped", new double[] {0.1, 0.2, 0.3}, 3),
                        TensorEntry.of("assign00", new long[] {0, 1, 2, 3}, 4),
                        TensorEntry.of("late", new float[] {7}, 1),
                        TensorEntry.of("kept", new float[] {5, 6}, 2))));
        return GoldenCase.read(dir.resolve("toy"));
    }

    private void write(String name, byte[] bytes) throws IOException {
        Files.createDirectories(dir.resolve("toy"));
        Files.write(dir.resolve("toy").resolve(name), bytes);
    }

    @Test
    void readsACase() throws IOException {
        GoldenCase golden = golden();
        assertThat(golden.name()).endsWith("/toy");
        assertThat(golden.config().get("a").getAsInt()).isEqualTo(1);
        assertThat(golden.input("kept").floats()).containsExactly(5, 6);
        float[] other = GoldenRule.u("other", 2);
        assertThat(golden.input("in").floats()).containsExactly(2 * other[0], 2 * other[1]);
        assertThat(golden.keep().test("rope.angle")).isTrue();
        assertThat(golden.keep().test("rope.weight")).isFalse();
        assertThat(golden.scale().applyAsDouble("x.weight")).isEqualTo(0.25);
        assertThat(golden.scale().applyAsDouble("x.bias")).isEqualTo(0.5);
        assertThat(golden.scale().applyAsDouble("y.weight")).isEqualTo(1);
        assertThat(golden.output("striped").maxAbs()).isEqualTo(0.5);
        assertThat(golden.output("late").maxAbs()).isEqualTo(7);
        assertThat(golden.checkpoint()).isEmpty();
        Files.write(dir.resolve("toy.pth.tar"), new byte[1]);
        assertThat(golden.checkpoint().orElseThrow().getFileName()).hasToString("toy.pth.tar");
        try (Arena arena = Arena.onCpu()) {
            assertThat(golden.input("kept", arena, DataType.FLOAT64).toDoubleArray())
                    .containsExactly(5, 6);
            assertThat(golden.input("kept", arena, DataType.FLOAT32).toFloatArray())
                    .containsExactly(5, 6);
        }
        assertThatThrownBy(() -> golden.input("none")).hasMessageContaining("it has [in, kept]");
    }

    @Test
    void passesWithinTheToleranceAndFailsBeyondIt() throws Exception {
        long[] right = {0, 1, 2, 3};
        // Ten times the official error, 1e-4, is more than 1e-5 x 4.
        Judge near = Judge.run(golden(), new Kind(2 + 9.9e-5, right, 7));
        assertThat(near.failures()).isEmpty();
        assertThat(near.verdicts().get("out").worstAbs()).isCloseTo(9.9e-5, within(1e-9));
        assertThat(near.verdicts().get("out").worstRel()).isCloseTo(9.9e-5 / 4, within(1e-9));
        Judge far = Judge.run(golden(), new Kind(2 + 1.1e-4, right, 7));
        assertThat(far.failures()).extracting(Judge.Verdict::key).containsExactly("out");
        assertThat(Judge.run(golden(), new Kind(Double.NaN, right, 7)).failures())
                .hasSize(1);
        Judge late = Judge.run(golden(), new Kind(2, right, 7.1));
        assertThat(late.failures()).extracting(Judge.Verdict::key).containsExactly("late");
        assertThat(late.rejudged()).isFalse();
    }

    @Test
    void judgesInFloat64AfterAFlippedNearTieOnly() throws Exception {
        Judge tie = Judge.run(golden(), new Kind(2, new long[] {0, 3, 2, 3}, 8));
        assertThat(tie.failures()).isEmpty();
        assertThat(tie.rejudged()).isTrue();
        assertThat(tie.verdicts().get("assign00").differing()).isEqualTo(1);
        Judge noTie = Judge.run(golden(), new Kind(2, new long[] {0, 1, 0, 3}, 8));
        assertThat(noTie.failures()).extracting(Judge.Verdict::key).containsExactly("assign00", "late");
    }

    @Test
    void refusesOtherShapes() throws IOException {
        Judge judge = new Judge(golden());
        judge.check("late", new double[] {7, 7}, 2);
        judge.check("out", new double[] {1, 2}, 2);
        judge.check("striped", new double[] {0.1, 0.2, 0.3, 0.4}, 4);
        judge.check("assign00", new double[] {0, 1, 2, 3.5}, 4);
        assertThat(judge.failures()).hasSize(4);
        assertThat(judge.failures().get(0).problem()).contains("shape [2]").contains("[1]");
    }

    @Test
    void comparesNeighboursAsSetsAndDetectionsInAnyOrder() throws IOException {
        write(
                "case.json",
                """
                {"system": "toy", "variant": "v", "config": {}, "inputs": [], "outputs": [
                  {"key": "edges", "shape": [2, 2], "meaning": "", "dtype": "int32", "float32_mismatch": 0.025},
                  {"key": "dets", "shape": [2, 2], "meaning": ""}, {"key": "labels", "shape": [2], "meaning": ""}]}
                """
                        .getBytes(StandardCharsets.UTF_8));
        write(
                "tensors.npz",
                TestFiles.npz(StateDict.of(
                        TensorEntry.of("edges", new long[] {1, 2, 3, 4}, 2, 2),
                        TensorEntry.of("dets", new float[] {0, 1, 10, 11}, 2, 2),
                        TensorEntry.of("labels", new long[] {5, 6}, 2))));
        Judge judge = new Judge(GoldenCase.read(dir.resolve("toy")));
        judge.checkSets("edges", new long[] {2, 1, 4, 9}, 2, 2);
        judge.checkDetections("dets", "labels", new double[] {10, 11, 0, 1}, new long[] {6, 5});
        assertThat(judge.failures()).isEmpty();
        assertThat(judge.verdicts().get("edges").differing()).isEqualTo(1);
        judge.checkSets("edges", new long[] {2, 1, 8, 9}, 2, 2);
        judge.checkDetections("dets", "labels", new double[] {10, 11, 0, 1}, new long[] {5, 6});
        assertThat(judge.failures()).hasSize(2);
        judge.checkDetections("dets", "labels", new double[] {10, 11}, new long[] {5});
        assertThat(judge.failures()).hasSize(3);
    }

    @Test
    void exitCodesAndLines() throws Exception {
        golden();
        Kind right = new Kind(2, new long[] {0, 1, 2, 3}, 7);
        assertThat(run(right).code).isEqualTo(ParityMain.ALL_PASSED);
        assertThat(run(right).lines).hasSize(2).last().isEqualTo("1 passed, 0 failed, 0 not yet");
        Run wrong = run(new Kind(3, new long[] {0, 1, 2, 3}, 7));
        assertThat(wrong.code).isEqualTo(ParityMain.SOME_FAILED);
        assertThat(wrong.lines.get(0)).contains("/toy").contains("FAIL out: off by 1.00");
        assertThat(run(null).code).isEqualTo(ParityMain.SOME_NOT_YET);
        assertThat(run(null).lines.get(0)).endsWith("not yet");
        assertThat(run(right, dir.resolve("none").toString()).code).isEqualTo(ParityMain.WRONG_USAGE);
        assertThat(run(right, new String[0]).code).isEqualTo(ParityMain.WRONG_USAGE);
        Path empty = Files.createDirectory(dir.resolve("empty"));
        assertThat(run(right, empty.toString()).code).isEqualTo(ParityMain.WRONG_USAGE);
        for (String broken : List.of("{", "[]", "{\"outputs\": 3}", "{\"outputs\": [{}]}", "null", "")) {
            write("case.json", broken.getBytes(StandardCharsets.UTF_8));
            Run run = run(right);
            assertThat(run.code).as(broken).isEqualTo(ParityMain.SOME_FAILED);
            assertThat(run.lines).as(broken).hasSize(2);
        }
    }

    @Test
    void aKindThatThrowsOrForgetsAnOutputFails() throws Exception {
        golden();
        assertThat(run(new Kind(2, new long[3], 7)).lines.get(0)).contains("FAIL assign00: 3 values of shape [4]");
        CaseKind throwing = kind((golden, judge) -> {
            throw new IllegalStateException("two\nlines");
        });
        assertThat(run(throwing).lines.get(0)).contains("FAIL").contains("two lines");
        assertThat(run(kind((golden, judge) -> {})).lines.get(0)).contains("out: not computed (and 3 more)");
        CaseKind skipping = kind((golden, judge) -> golden.outputs().keySet().forEach(key -> judge.skip(key, "why")));
        assertThat(run(skipping).lines.get(0)).contains("left out: {out=why");
    }

    @Test
    void everySharedCaseReads() throws IOException {
        if (!Files.isDirectory(SHARED)) {
            System.out.println("skipped: no reference folder at " + SHARED);
        }
        assumeTrue(Files.isDirectory(SHARED), "no reference folder");
        List<Path> cases;
        try (Stream<Path> walk = Files.walk(SHARED)) {
            cases = walk.filter(path -> path.endsWith(GoldenCase.FILE)).sorted().toList();
        }
        for (Path file : cases) {
            GoldenCase golden = GoldenCase.read(file.getParent());
            golden.inputs().keySet().forEach(golden::input);
            Judge judge = new Judge(golden);
            // The reference judged against itself: every stored part must be found again.
            for (GoldenCase.Output output : golden.outputs().values()) {
                TensorEntry stored = golden.golden(output.key());
                judge.check(output.key(), stored.doubles(), stored.shape().getShape());
            }
            assertThat(judge.failures()).as(golden.name()).isEmpty();
        }
        assertThat(cases).hasSizeGreaterThanOrEqualTo(170);
    }

    private interface Body {
        void run(GoldenCase golden, Judge judge);
    }

    private static CaseKind kind(Body body) {
        return new CaseKind() {
            @Override
            public boolean accepts(GoldenCase golden) {
                return true;
            }

            @Override
            public void run(GoldenCase golden, Judge judge, DataType type) {
                body.run(golden, judge);
            }
        };
    }

    private record Run(int code, List<String> lines) {}

    private Run run(CaseKind kind) {
        return run(kind, dir.resolve("toy").toString());
    }

    private static Run run(CaseKind kind, String... dirs) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
        int code = ParityMain.run(dirs, golden -> Optional.ofNullable(kind), print, print);
        return new Run(code, out.toString(StandardCharsets.UTF_8).lines().toList());
    }
}
