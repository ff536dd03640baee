// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.parity;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The reference outputs that travel with the repository; {@code scripts/parity} runs any others. */
class GoldenTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");

    static List<Path> cases() {
        try (Stream<Path> files = Files.walk(GOLDEN)) {
            return files.filter(file -> file.endsWith("case.json"))
                    .map(Path::getParent)
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void thereAreCases() {
        assertThat(cases()).hasSizeGreaterThanOrEqualTo(13);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void matches(Path dir) throws Exception {
        GoldenCase golden = GoldenCase.read(dir);
        CaseKind kind = CaseKinds.find(golden).orElseThrow();
        Judge judge = Judge.run(golden, kind);
        assertThat(judge.verdicts().keySet()).containsAll(golden.outputs().keySet());
        assertThat(judge.failures()).isEmpty();
    }
}
