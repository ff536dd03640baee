// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.parity;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import com.google.gson.JsonObject;
import io.github.pointillist.image.Interpolation;
import io.github.pointillist.image.ModelInput;
import io.github.pointillist.image.Normalisation;
import io.github.pointillist.image.Raster8;
import io.github.pointillist.models.Container;
import io.github.pointillist.models.Container.Context;
import io.github.pointillist.models.ContainerArchitecture;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;
import io.github.pointillist.tensor.Taps;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.StrictLoader;
import io.github.pointillist.weights.TensorEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The cases of CONTAINER: whole models, single blocks, pre-processing. */
final class ContainerCases {
    private static final String SYSTEM = "container";

    static final List<CaseKind> ALL = List.of(new Preprocessing(), new SingleBlock(), new Model());

    private ContainerCases() {}

    /** Resizing and cropping, to the pixel. */
    private static final class Preprocessing implements CaseKind {
        @Override
        public boolean accepts(GoldenCase golden) {
            return golden.system().equals(SYSTEM) && golden.config().has("resize_short_side");
        }

        @Override
        public void run(GoldenCase golden, Judge judge, DataType type) {
            TensorEntry photo = golden.input("photo");
            byte[] bytes = new byte[photo.size()];
            photo.data().get(bytes);
            int crop = golden.config().get("crop").getAsInt();
            Raster8 fitted = new ModelInput(
                            golden.config().get("resize_short_side").getAsInt(),
                            crop,
                            crop,
                            Interpolation.PIL_BICUBIC,
                            Normalisation.IMAGENET)
                    .fit(new Raster8(
                            (int) photo.shape().get(1),
                            (int) photo.shape().get(0),
                            (int) photo.shape().get(2),
                            bytes));
            long[] values = new long[fitted.data().length];
            for (int i = 0; i < values.length; i++) {
                values[i] = fitted.data()[i] & 0xFF;
            }
            judge.check("eval_u8", values, fitted.height(), fitted.width(), fitted.channels());
        }
    }

    /** One block by itself. */
    private static final class SingleBlock implements CaseKind {
        private static final Map<String, String> TAPS = Map.of("pos", "pos_embed", "static", "conv");

        @Override
        public boolean accepts(GoldenCase golden) {
            return golden.system().equals(SYSTEM) && golden.config().has("dim");
        }

        @Override
        public void run(GoldenCase golden, Judge judge, DataType type) {
            JsonObject config = golden.config();
            int dim = config.get("dim").getAsInt();
            int ratio = config.get("mlp_ratio").getAsInt();
            Layer block = golden.variant().contains("MixBlock")
                    ? new Container.MixBlock(dim, config.get("num_heads").getAsInt(), ratio)
                    : new Container.ConvBlock(dim, ratio);
            try (Arena arena = Arena.onCpu();
                    Arena scope = Arena.onCpu()) {
                block.allocate(arena, type);
                GoldenRule.fill(block, golden.keep(), golden.scale());
                Taps taps = new Taps(scope, name -> true);
                NDArray input = golden.input("input", scope, type).transpose(0, 2, 3, 1);
                NDArray out = block.apply(input, Pass.recording(taps)).transpose(0, 3, 1, 2);
                for (String key : golden.outputs().keySet()) {
                    judge.check(key, key.equals("out") ? out : taps.get(TAPS.getOrDefault(key, key)));
                }
            }
        }
    }

    /** Whole models, tap by tap. */
    private static final class Model implements CaseKind {
        private static final Pattern STAGE = Pattern.compile("stage(\\d+)");
        private static final Pattern MERGE = Pattern.compile("merge(\\d+)");
        private static final Pattern IN_BLOCK = Pattern.compile("(block|mix)(\\d+)(?:_(.*))?");
        private static final Map<String, String> PARTS =
                Map.of("pos", "pos_embed", "context", "conv2", "static", "conv", "out", "conv2");

        @Override
        public boolean accepts(GoldenCase golden) {
            return golden.system().equals(SYSTEM) && golden.config().has("embed_dim");
        }

        @Override
        public void run(GoldenCase golden, Judge judge, DataType type) throws IOException {
            try (Arena scope = Arena.onCpu()) {
                Taps taps = new Taps(scope, name -> true);
                Container.Config config = new ContainerArchitecture().fromJson(golden.config());
                NDArray out = run(golden, config, null, type, scope, Pass.recording(taps));
                for (String key : golden.outputs().keySet()) {
                    if (key.equals("out")) {
                        judge.check(key, out);
                    } else if (key.equals("out_ema")) {
                        judge.check(key, run(golden, config, "model_ema", type, scope, Pass.inference()));
                    } else {
                        judge.check(key, taps.get(tap(key, config)));
                    }
                }
            }
        }

        private static NDArray run(
                GoldenCase golden, Container.Config config, String weights, DataType type, Arena scope, Pass pass)
                throws IOException {
            try (Arena arena = Arena.onCpu()) {
                Container model = new Container(config);
                model.allocate(arena, type);
                Optional<Path> file = golden.checkpoint();
                if (file.isPresent()) {
                    Checkpoint checkpoint = Checkpoint.read(file.get(), weights);
                    StrictLoader.load(
                            new ContainerArchitecture()
                                    .recognise(checkpoint, null, config)
                                    .weights(),
                            model);
                } else {
                    GoldenRule.fill(model, golden.keep(), golden.scale());
                }
                return model.apply(golden.input("input", scope, type), pass);
            }
        }

        private static String tap(String key, Container.Config config) {
            if (key.equals("stem")) {
                return "patch_embed1";
            }
            Matcher stage = STAGE.matcher(key);
            if (stage.matches()) {
                return "blocks" + (Integer.parseInt(stage.group(1)) + 1);
            }
            Matcher merge = MERGE.matcher(key);
            if (merge.matches()) {
                return "patch_embed" + (Integer.parseInt(merge.group(1)) + 1);
            }
            Matcher inBlock = IN_BLOCK.matcher(key);
            if (!inBlock.matches()) {
                return key;
            }
            String block =
                    block(Integer.parseInt(inBlock.group(2)), inBlock.group(1).equals("mix"), config);
            String part = inBlock.group(3);
            return part == null ? block : block + "." + PARTS.getOrDefault(part, part);
        }

        /** The name of a block counted through the stages: all blocks, or those of mixed context. */
        private static String block(int index, boolean mixed, Container.Config config) {
            int left = index;
            for (int i = 0; i < config.stages(); i++) {
                if (mixed && config.contexts().get(i) != Context.MIXED) {
                    continue;
                }
                if (left < config.depths().get(i)) {
                    return "blocks" + (i + 1) + "." + left;
                }
                left -= config.depths().get(i);
            }
            throw new IllegalArgumentException("there is no block " + index);
        }
    }
}
