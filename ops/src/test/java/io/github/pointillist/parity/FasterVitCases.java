// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.parity;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.pointillist.models.Architecture;
import io.github.pointillist.models.FasterVit;
import io.github.pointillist.models.FasterVitArchitecture;
import io.github.pointillist.models.SecFasterVitArchitecture;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;
import io.github.pointillist.tensor.Taps;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.StrictLoader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The cases of FasterViT, with hierarchical attention and with attention in clusters. */
final class FasterVitCases {
    private static final Pattern LEVEL = Pattern.compile("level(\\d+)");
    private static final Pattern CLUSTER = Pattern.compile("cluster(\\d+)");
    private static final Map<String, String> TAPS = Map.of(
            "block0", "levels.0.blocks.0",
            "carrier_tokens", "levels.2.global_tokenizer.carriers",
            "hat0_pos_embed", "levels.2.blocks.0.pos_embed",
            "hat0_carrier_attn", "levels.2.blocks.0.hat_attn",
            "hat0_attn", "levels.2.blocks.0.attn",
            "hat0_windows", "levels.2.blocks.0.windows",
            "hat0_carriers", "levels.2.blocks.0.carriers",
            "last_block0", "levels.3.blocks.0.windows");

    static final List<CaseKind> ALL = List.of(
            new Classifier("fastervit", "", new FasterVitArchitecture()),
            new Classifier("secvit", "faster_vit", new SecFasterVitArchitecture()));

    private FasterVitCases() {}

    /** Whole classifiers, tap by tap. */
    private record Classifier(String system, String variant, Architecture<FasterVit.Config> architecture)
            implements CaseKind {
        @Override
        public boolean accepts(GoldenCase golden) {
            return golden.system().equals(system)
                    && golden.variant().startsWith(variant)
                    && golden.config().has("in_dim");
        }

        @Override
        public void run(GoldenCase golden, Judge judge, DataType type) throws IOException {
            try (Arena arena = Arena.onCpu();
                    Arena scope = Arena.onCpu()) {
                Layer model = model(golden, arena, type);
                Taps taps = new Taps(scope, name -> true);
                NDArray out = model.apply(golden.input("input", scope, type), Pass.recording(taps));
                List<NDArray> clusters = taps.all().entrySet().stream()
                        .filter(tap -> tap.getKey().endsWith(".cluster"))
                        .map(Map.Entry::getValue)
                        .toList();
                for (String key : golden.outputs().keySet()) {
                    Matcher level = LEVEL.matcher(key);
                    Matcher cluster = CLUSTER.matcher(key);
                    if (key.equals("out")) {
                        judge.check(key, out);
                    } else if (cluster.matches()) {
                        judge.check(key, clusters.get(Integer.parseInt(cluster.group(1))));
                    } else {
                        String tap = level.matches() ? "levels." + level.group(1) : TAPS.getOrDefault(key, key);
                        judge.check(key, taps.get(tap));
                    }
                }
            }
        }

        private Layer model(GoldenCase golden, Arena arena, DataType type) throws IOException {
            FasterVit.Config config = architecture.fromJson(golden.config());
            Optional<Path> file = golden.checkpoint();
            if (file.isEmpty()) {
                Layer model = architecture.build(config);
                model.allocate(arena, type);
                GoldenRule.fill(model, golden.keep(), golden.scale());
                return model;
            }
            Architecture.Recognised<FasterVit.Config> read =
                    architecture.recognise(Checkpoint.read(file.get()), null, config);
            Layer model = architecture.build(read.config());
            model.allocate(arena, type);
            StrictLoader.load(read.weights(), model, architecture::ignorable);
            return model;
        }
    }
}
