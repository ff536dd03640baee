// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class WrappingTest {
    private static StateDict named(String... names) {
        return StateDict.of(Arrays.stream(names)
                .map(name -> TensorEntry.of(name, new float[1], 1))
                .toList());
    }

    private static List<List<String>> tried(String... names) {
        return Wrapping.candidates(named(names)).stream()
                .map(candidate -> List.copyOf(candidate.weights().names()))
                .toList();
    }

    @Test
    void theNamesOfTheFileComeFirst() {
        assertThat(tried("a.weight", "b.bias")).containsExactly(List.of("a.weight", "b.bias"));
        assertThat(tried("model.a", "model.b").get(0)).containsExactly("model.a", "model.b");
    }

    @Test
    void takesOffWhatFrameworksPutBefore() {
        for (String before : List.of(
                "_orig_mod.",
                "model.",
                "net.",
                "module.",
                "module._orig_mod.",
                "model._orig_mod.",
                "_orig_mod.module.",
                "model.net.",
                "_orig_mod._orig_mod.")) {
            assertThat(tried(before + "conv1.weight", before + "fc.bias"))
                    .as(before)
                    .contains(List.of("conv1.weight", "fc.bias"));
        }
        assertThat(tried("layer1._orig_mod.0.weight", "layer2.0._orig_mod.bias"))
                .contains(List.of("layer1.0.weight", "layer2.0.bias"));
        assertThat(tried("an_orig_mod.weight")).hasSize(1);
    }

    @Test
    void whatLeavesEntriesAsideComesLast() {
        List<Wrapping.Candidate> all = Wrapping.candidates(named("model.a", "loss.weight"));
        assertThat(all).hasSize(2);
        assertThat(all.get(1).notes())
                .singleElement()
                .asString()
                .contains("'model.'")
                .contains("1 entries beside it");
    }

    @Test
    void manyLayersOfWrappingEnd() {
        String deep = Stream.of("model.", "net.", "module.", "_orig_mod.")
                .reduce("", String::concat)
                .repeat(1000);
        assertThat(Wrapping.candidates(named(deep + "a", deep + "b"))).hasSizeLessThan(40);
    }
}
