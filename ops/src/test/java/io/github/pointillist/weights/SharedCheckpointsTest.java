// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.pointillist.parity.GoldenRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Reads every checkpoint of the reference folder, where that is present. */
class SharedCheckpointsTest {
    private static final Pattern BUILT =
            Pattern.compile("relative_|attn_mask|global_tokenizer.pos_embed"); // not filled, or shared with another

    private static final Path GOLDEN = Path.of("..", "..", "shared", "golden");

    @Test
    void everyReferenceCheckpointReads() throws IOException {
        for (Path file : files()) {
            Checkpoint checkpoint = Checkpoint.read(file);
            assertThat(checkpoint.weights().size()).as(file.toString()).isPositive();
            System.out.println(
                    GOLDEN.relativize(file) + ": " + checkpoint.weights().size() + " entries, " + checkpoint.layout()
                            + ", also " + checkpoint.alternatives() + ", " + checkpoint.info());
        }
    }

    @Test
    void choosesWhatTheOfficialCodeEvaluates() throws IOException {
        files();
        assertThat(Checkpoint.read(GOLDEN.resolve("fastervit/checkpoint-fastervit.pth.tar"))
                        .layout())
                .isEqualTo("torch.save: state_dict, without 'module.'");
        assertThat(Checkpoint.read(GOLDEN.resolve("container/checkpoint-deit.pth"))
                        .alternatives())
                .containsExactly("model_ema");
    }

    @Test
    void filledCheckpointsHoldTheValuesOfTheRule() throws IOException {
        files();
        int compared = 0;
        for (String name : List.of("swin/checkpoint-swin.pth", "fastervit/checkpoint-fastervit.pth.tar")) {
            StateDict weights = Checkpoint.read(GOLDEN.resolve(name)).weights();
            for (TensorEntry entry :
                    weights.filter(key -> !BUILT.matcher(key).find()).entries()) {
                TensorEntry rule = GoldenRule.tensor(entry.name(), entry.shape().getShape());
                assertThat(entry.data()).as(entry.name()).isEqualTo(rule.data());
                compared++;
            }
        }
        assertThat(compared).isGreaterThan(150);
    }

    private static List<Path> files() throws IOException {
        if (!Files.isDirectory(GOLDEN)) {
            System.out.println("skipped: no reference folder at " + GOLDEN);
        }
        assumeTrue(Files.isDirectory(GOLDEN), "no reference folder");
        try (Stream<Path> walk = Files.walk(GOLDEN)) {
            return walk.filter(path -> path.toString().matches(".*\\.(pth|pth\\.tar|pt|pkl)"))
                    .sorted()
                    .toList();
        }
    }
}
