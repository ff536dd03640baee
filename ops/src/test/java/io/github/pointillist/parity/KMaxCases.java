// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.parity;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import com.google.gson.JsonObject;
import io.github.pointillist.models.KMaxDeepLab;
import io.github.pointillist.models.KMaxDeepLabArchitecture;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Gradients;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;
import io.github.pointillist.tensor.Taps;
import io.github.pointillist.training.kmax.KMaxLoss;
import io.github.pointillist.training.kmax.KMaxLossCases;
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

/** The cases of kMaX-DeepLab. */
public final class KMaxCases {
    private static final String OVERRIDE = "override/";
    private static final String DECODER = "sem_seg_head.pixel_decoder.";
    private static final String PREDICTOR = "sem_seg_head.predictor.";
    private static final Pattern STEP = Pattern.compile("kmax(\\d+)_(.+)");
    private static final Pattern NUMBERED = Pattern.compile("(bb_res|pd_norm|pd_stage|pd_fuse)(\\d+)");

    static final List<CaseKind> ALL = List.of(new Network(), new Training());

    private KMaxCases() {}

    /** The model of a case, with its weights. */
    public static KMaxDeepLab model(GoldenCase golden, Arena arena, DataType type) throws IOException {
        KMaxDeepLabArchitecture architecture = new KMaxDeepLabArchitecture();
        KMaxDeepLab.Config config = architecture.fromJson(golden.config()).withDropout(0);
        Optional<Path> file = golden.checkpoint();
        KMaxDeepLab model = new KMaxDeepLab(config);
        model.allocate(arena, type);
        if (file.isPresent()) {
            StrictLoader.load(
                    architecture
                            .recognise(Checkpoint.read(file.get()), null, config)
                            .weights(),
                    model);
        } else {
            GoldenRule.fill(model, golden.keep(), golden.scale());
            for (String key : golden.inputs().keySet()) {
                if (key.startsWith(OVERRIDE)) {
                    TensorEntry entry = golden.input(key);
                    model.parameters().get(key.substring(OVERRIDE.length())).set(entry.data(), entry.dtype());
                }
            }
        }
        return model;
    }

    /** Where the model records what the case calls by this name; null for what no tap records. */
    public static String tap(String key, boolean convnext) {
        Matcher step = STEP.matcher(key);
        if (step.matches()) {
            String layer = PREDICTOR + "_kmax_transformer_layers." + step.group(1) + ".";
            return switch (step.group(2)) {
                case "assign" -> layer + "assignment";
                case "self_attention" -> layer + "_query_self_attention.output";
                case "mask_logits", "class_logits", "pixel_feature" -> layer + "_predcitor." + step.group(2);
                default -> layer + step.group(2);
            };
        }
        Matcher numbered = NUMBERED.matcher(key);
        if (numbered.matches()) {
            int i = Integer.parseInt(numbered.group(2));
            return switch (numbered.group(1)) {
                case "bb_res" -> convnext ? "backbone.stages." + (i - 2) : "backbone.res" + i;
                case "pd_norm" -> DECODER + "norm" + i;
                case "pd_stage" -> DECODER + "stage" + i;
                default -> DECODER + "_resized_fuses." + i + ".sum";
            };
        }
        return switch (key) {
            case "bb_stem" -> "backbone.stem";
            case "bb_stem_conv_bn" -> "backbone.stem.conv";
            case "bb_block0" -> "backbone.stages.0.0.output";
            case "pd_s0b0_height" -> DECODER + "_stages.0._blocks.0._attention._height_axis.output";
            case "pd_s0b0_attention" -> DECODER + "_stages.0._blocks.0.attention";
            case "class_embedding", "mask_embedding" -> PREDICTOR + key;
            case "pred_logits" -> PREDICTOR + "_predcitor.class_logits";
            case "pred_masks" -> PREDICTOR + "_predcitor.mask_logits";
            case "pixel_feature" -> PREDICTOR + "_predcitor.pixel_feature";
            case "final_assign" -> PREDICTOR + "assignment";
            default -> null;
        };
    }

    /** The losses with the weights of a case. */
    public static KMaxLoss loss(GoldenCase golden) {
        JsonObject json = golden.config().getAsJsonObject("loss");
        return new KMaxLoss(
                json.get("class_weight").getAsDouble(),
                json.get("mask_weight").getAsDouble(),
                json.get("dice_weight").getAsDouble(),
                json.get("insdis_weight").getAsDouble(),
                json.get("aux_semantic_weight").getAsDouble(),
                json.get("no_object_weight").getAsDouble(),
                json.get("pixel_insdis_temperature").getAsDouble(),
                json.get("pixel_insdis_sample_k").getAsInt(),
                json.get("aux_semantic_temperature").getAsDouble(),
                json.get("aux_semantic_sample_k").getAsInt());
    }

    /** Draws as the case stores them, one call after the other. */
    public static KMaxLoss.Noise noise(GoldenCase golden) {
        int[] next = new int[1];
        return count -> golden.input("draw" + next[0]++).doubles();
    }

    /** One step of training up to the gradients. */
    private static final class Training implements CaseKind {
        @Override
        public boolean accepts(GoldenCase golden) {
            return golden.system().equals("kmax") && golden.outputs().containsKey("losses");
        }

        @Override
        public void run(GoldenCase golden, Judge judge, DataType type) throws IOException {
            KMaxLoss loss = loss(golden);
            try (Arena arena = Arena.onCpu();
                    Arena scope = Arena.onCpu()) {
                KMaxDeepLab model = model(golden, arena, type);
                boolean convnext = model.config().convnext() != null;
                model.parameters().values().stream()
                        .filter(Parameter::trainable)
                        .forEach(parameter -> parameter.array().setRequiresGradient(true));
                NDArray real = golden.input("is_real_pixels", scope, type).toType(type, false);
                NDArray image = golden.input("input", scope, type).mul(real.expandDims(1));
                Taps taps = new Taps(scope, name -> true);
                try (Gradients collector = Gradients.note()) {
                    NDList all = model.predictAll(image, Pass.training(taps));
                    Map<String, NDArray> parts = loss.parts(all, KMaxLossCases.truths(golden), noise(golden));
                    NDList ordered = new NDList();
                    golden.json()
                            .getAsJsonArray("loss_names")
                            .forEach(name -> ordered.add(parts.get(name.getAsString())));
                    NDArray losses = NDArrays.stack(ordered);
                    NDArray total = losses.sum();
                    judge.check("losses", losses);
                    judge.check("total", total);
                    judge.check("train_aux_semantic", all.get(all.size() - 1).transpose(0, 3, 1, 2));
                    collector.backward(total);
                }
                for (String key : golden.outputs().keySet()) {
                    if (key.startsWith("grad/")) {
                        judge.check(
                                key,
                                model.parameters().get(key.substring(5)).array().getGradient());
                    } else if (key.startsWith("train_") && !key.equals("train_aux_semantic")) {
                        judge.check(key, taps.get(tap(key.substring(6), convnext)));
                    }
                }
            }
        }
    }

    /** Whole networks, tap by tap. */
    private static final class Network implements CaseKind {
        @Override
        public boolean accepts(GoldenCase golden) {
            return golden.system().equals("kmax")
                    && golden.config().has("pixel_decoder")
                    && golden.outputs().containsKey("pd_norm0");
        }

        @Override
        public void run(GoldenCase golden, Judge judge, DataType type) throws IOException {
            try (Arena arena = Arena.onCpu();
                    Arena scope = Arena.onCpu()) {
                KMaxDeepLab model = model(golden, arena, type);
                Taps taps = new Taps(scope, name -> true);
                NDList out = model.predictAll(golden.input("input", scope, type), Pass.recording(taps));
                boolean convnext = model.config().convnext() != null;
                for (String key : golden.outputs().keySet()) {
                    NDArray value = key.equals("aux_semantic")
                            ? out.get(out.size() - 1).transpose(0, 3, 1, 2)
                            : taps.get(tap(key, convnext));
                    judge.check(key, value);
                }
            }
        }
    }
}
