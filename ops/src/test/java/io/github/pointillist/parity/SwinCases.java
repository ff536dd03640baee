// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.parity;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import com.google.gson.JsonObject;
import io.github.pointillist.models.Swin;
import io.github.pointillist.models.Swin.Config;
import io.github.pointillist.models.SwinArchitecture;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The cases of Swin and SEC-Swin, tap by tap. */
final class SwinCases {
    private static final Pattern STAGE = Pattern.compile("(stage|merge)(\\d+)");
    private static final Pattern BLOCK = Pattern.compile("block(\\d+)(_norm1|_attn)?");
    private static final Pattern LAST = Pattern.compile("\\[-(\\d+):\\]");

    static final List<CaseKind> ALL = List.of(new Model());

    private SwinCases() {}

    private static final class Model implements CaseKind {
        @Override
        public boolean accepts(GoldenCase golden) {
            JsonObject config = golden.config();
            boolean clustered = golden.system().equals("secvit") && config.has("num_clusters");
            return (golden.system().equals("swin") || clustered) && config.has("embed_dim") && config.has("img_size");
        }

        @Override
        public void run(GoldenCase golden, Judge judge, DataType type) throws IOException {
            SwinArchitecture architecture =
                    golden.config().has("num_clusters") ? SwinArchitecture.SEC_SWIN : SwinArchitecture.SWIN;
            Config config = architecture.fromJson(golden.config());
            try (Arena arena = Arena.onCpu();
                    Arena scope = Arena.onCpu()) {
                Swin model = architecture.build(config);
                model.allocate(arena, type);
                Optional<Path> file = golden.checkpoint();
                if (file.isPresent()) {
                    Checkpoint checkpoint = Checkpoint.read(file.get());
                    StrictLoader.load(
                            architecture.recognise(checkpoint, null, config).weights(), model, architecture::ignorable);
                } else {
                    GoldenRule.fill(model, golden.keep(), golden.scale());
                }
                Taps taps = new Taps(scope, name -> true);
                NDArray out = model.apply(golden.input("input", scope, type), Pass.recording(taps));
                Map<String, NDArray> computed = new LinkedHashMap<>(SecVitCases.clusters(taps));
                computed.put("out", out);
                for (GoldenCase.Output output : golden.outputs().values()) {
                    String key = output.key();
                    NDArray value = computed.containsKey(key) ? computed.get(key) : taps.get(tap(key));
                    judge.check(key, stored(output, value));
                }
            }
        }

        /** The last windows, where the case stores those. */
        private static NDArray stored(GoldenCase.Output output, NDArray value) {
            Matcher last = LAST.matcher(output.meaning());
            long count = last.find() ? Long.parseLong(last.group(1)) : Long.MAX_VALUE;
            long all = value.getShape().get(0);
            return count < all ? value.get(new NDIndex("{}:", all - count)) : value;
        }

        private static String tap(String key) {
            Matcher stage = STAGE.matcher(key);
            if (stage.matches()) {
                return "layers." + stage.group(2) + (stage.group(1).equals("stage") ? ".map" : ".downsample");
            }
            Matcher block = BLOCK.matcher(key);
            if (block.matches()) {
                String part =
                        block.group(2) == null ? ".out" : block.group(2).equals("_attn") ? ".attn.proj" : ".norm1";
                return "layers.0.blocks." + block.group(1) + part;
            }
            return key;
        }
    }
}
