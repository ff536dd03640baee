// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.parity;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import com.google.gson.JsonObject;
import io.github.pointillist.layers.Rope;
import io.github.pointillist.layers.SecAttention;
import io.github.pointillist.models.SecVit;
import io.github.pointillist.models.SecVit.Config;
import io.github.pointillist.models.SecVitArchitecture;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Pass;
import io.github.pointillist.tensor.Taps;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.StrictLoader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The cases of SecViT: its attention, and whole models tap by tap. */
final class SecVitCases {
    private static final Pattern STAGE = Pattern.compile("(stage|down)(\\d+)");
    private static final Pattern BLOCK0 = Pattern.compile("block0_(pos|norm1|attn|ffn)");
    private static final String EMA = "out_ema";

    static final List<CaseKind> ALL = List.of(new Attention(), new Model());

    private SecVitCases() {}

    /** The clusters of every block in the order of the pass, as cluster00, cluster01, ... */
    static Map<String, NDArray> clusters(Taps taps) {
        Map<String, NDArray> found = new LinkedHashMap<>();
        taps.all().forEach((name, value) -> {
            if (name.equals("cluster") || name.endsWith(".cluster")) {
                found.put(String.format("cluster%02d", found.size()), value);
            }
        });
        return found;
    }

    /** The attention of a block alone. */
    private static final class Attention implements CaseKind {
        @Override
        public boolean accepts(GoldenCase golden) {
            return golden.system().equals("secvit")
                    && golden.config().has("embed_dim")
                    && golden.config().has("num_clusters")
                    && !golden.config().has("depths");
        }

        @Override
        public void run(GoldenCase golden, Judge judge, DataType type) {
            JsonObject json = golden.config();
            int channels = json.get("embed_dim").getAsInt();
            int heads = json.get("num_heads").getAsInt();
            try (Arena arena = Arena.onCpu();
                    Arena scope = Arena.onCpu()) {
                Rope rope = new Rope(channels / heads);
                rope.allocate(arena, type);
                SecAttention model = new SecAttention(
                        channels, heads, json.get("num_clusters").getAsInt(), rope);
                model.allocate(arena, type);
                GoldenRule.fill(model, golden.keep(), golden.scale());
                NDArray input = golden.input("input", scope, type);
                Taps taps = new Taps(scope, name -> true);
                NDArray out = model.apply(input.transpose(0, 2, 3, 1), Pass.recording(taps));
                Map<String, NDArray> computed = new LinkedHashMap<>(clusters(taps));
                computed.put("out", out.transpose(0, 3, 1, 2));
                int h = (int) input.getShape().get(2);
                int w = (int) input.getShape().get(3);
                computed.put("sin", table(scope, rope.angles(h, w), h * w, Math::sin));
                computed.put("cos", table(scope, rope.angles(h, w), h * w, Math::cos));
                for (String key : golden.outputs().keySet()) {
                    judge.check(key, computed.containsKey(key) ? computed.get(key) : taps.get(key));
                }
            }
        }

        /** Both numbers of a pair turn by the same angle. */
        private static NDArray table(Arena arena, double[] angles, long tokens, DoubleUnaryOperator function) {
            double[] values = new double[2 * angles.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = function.applyAsDouble(angles[i / 2]);
            }
            return arena.array(values, tokens, values.length / tokens);
        }
    }

    /** Classifiers, tap by tap. */
    private static final class Model implements CaseKind {
        private static final SecVitArchitecture ARCHITECTURE = new SecVitArchitecture();

        @Override
        public boolean accepts(GoldenCase golden) {
            return golden.system().equals("secvit") && golden.config().has("embed_dims");
        }

        @Override
        public void run(GoldenCase golden, Judge judge, DataType type) throws IOException {
            try (Arena arena = Arena.onCpu();
                    Arena scope = Arena.onCpu()) {
                SecVit model = model(golden, null, arena, type);
                NDArray input = golden.input("input", scope, type);
                Taps taps = new Taps(scope, name -> true);
                Map<String, NDArray> computed = new LinkedHashMap<>();
                computed.put("out", model.apply(input, Pass.recording(taps)));
                if (golden.outputs().containsKey(EMA)) {
                    computed.put(EMA, model(golden, "model_ema", arena, type).apply(input, Pass.inference()));
                }
                computed.putAll(clusters(taps));
                for (String key : golden.outputs().keySet()) {
                    judge.check(key, computed.containsKey(key) ? computed.get(key) : taps.get(tap(key)));
                }
            }
        }

        private static SecVit model(GoldenCase golden, String preferred, Arena arena, DataType type)
                throws IOException {
            Config config = ARCHITECTURE.fromJson(golden.config());
            SecVit model = ARCHITECTURE.build(config);
            model.allocate(arena, type);
            Optional<Path> file = golden.checkpoint();
            if (file.isPresent()) {
                Checkpoint checkpoint = Checkpoint.read(file.get(), preferred);
                StrictLoader.load(
                        ARCHITECTURE.recognise(checkpoint, null, config).weights(), model);
            } else {
                GoldenRule.fill(model, golden.keep(), golden.scale());
            }
            return model;
        }

        private static String tap(String key) {
            Matcher stage = STAGE.matcher(key);
            if (stage.matches()) {
                return "layers." + stage.group(2) + (stage.group(1).equals("stage") ? ".map" : ".downsample");
            }
            Matcher block = BLOCK0.matcher(key);
            if (block.matches()) {
                return "layers.0.blocks.0." + block.group(1);
            }
            return switch (key) {
                case "stem" -> "patch_embed";
                case "block0_lepe" -> "layers.0.blocks.0.attn.lepe";
                default -> key;
            };
        }
    }
}
