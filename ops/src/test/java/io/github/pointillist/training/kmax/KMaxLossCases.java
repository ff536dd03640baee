// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training.kmax;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import com.google.gson.JsonObject;
import io.github.pointillist.parity.CaseKind;
import io.github.pointillist.parity.GoldenCase;
import io.github.pointillist.parity.Judge;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Gradients;
import io.github.pointillist.training.kmax.KMaxOutputs.Prediction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/** The cases of kMaX-DeepLab's matcher and losses. */
public final class KMaxLossCases {
    /** All kinds. */
    public static final List<CaseKind> ALL = List.of(
            kind("loss_labels", KMaxLossCases::labels),
            kind("loss_masks", KMaxLossCases::masks),
            kind("loss_pixels", KMaxLossCases::pixels),
            kind("loss_semantic", KMaxLossCases::semantic),
            kind("HungarianMatcher", KMaxLossCases::matcher),
            kind("SetCriterion", KMaxLossCases::total));

    private KMaxLossCases() {}

    /** One run of a case. */
    private record Run(GoldenCase golden, Judge judge, DataType type, Arena scope) {
        /** A stored input. */
        NDArray input(String key) {
            NDArray array = golden.input(key, scope, type);
            return array.getDataType().isFloating() ? array : array.toType(type, false);
        }

        /** A stored input (B, C, h, w) as (B, h, w, C) that takes gradients. */
        NDArray maps(String key) {
            NDArray array = input(key).transpose(0, 2, 3, 1).duplicate();
            array.setRequiresGradient(true);
            return array;
        }

        NDArray leaf(String key) {
            NDArray array = input(key);
            array.setRequiresGradient(true);
            return array;
        }

        double[] doubles(String key) {
            return golden.input(key).doubles();
        }

        JsonObject config() {
            return golden.config();
        }
    }

    /** What a case asks for. */
    private interface Body {
        void run(Run run);
    }

    private static CaseKind kind(String variant, Body body) {
        return new CaseKind() {
            @Override
            public boolean accepts(GoldenCase golden) {
                return golden.system().equals("kmax") && golden.variant().startsWith(variant);
            }

            @Override
            public void run(GoldenCase golden, Judge judge, DataType type) {
                try (Arena scope = Arena.onCpu()) {
                    body.run(new Run(golden, judge, type, scope));
                }
            }
        };
    }

    /** (B, h, w, C) as (B, C, h, w). */
    private static NDArray planes(NDArray maps) {
        return maps.transpose(0, 3, 1, 2);
    }

    private static void backward(java.util.function.Supplier<NDArray> loss, java.util.function.Consumer<NDArray> then) {
        try (Gradients collector = Gradients.note()) {
            NDArray value = loss.get();
            collector.backward(value);
            then.accept(value);
        }
    }

    private static void labels(Run run) {
        NDArray logits = run.leaf("pred_logits");
        backward(
                () -> KMaxLoss.classLoss(logits, run.input("labels"), run.input("class_loss_weight")),
                loss -> run.judge.check("loss_ce", loss));
        run.judge.check("grad_pred_logits", logits.getGradient());
    }

    /** (B, L, h, w) as (B, N, L). */
    private static NDArray shares(NDArray planes) {
        return planes.reshape(planes.getShape().get(0), planes.getShape().get(1), -1)
                .transpose(0, 2, 1);
    }

    private static void masks(Run run) {
        NDArray shares = shares(run.input("padded_masks"));
        NDArray isVoid = run.input("void").reshape(shares.getShape().get(0), -1);
        Map<String, BiFunction<NDArray, NDArray, NDArray>> losses = new LinkedHashMap<>();
        losses.put("loss_mask", (masks, none) -> KMaxLoss.identityLoss(masks, shares, isVoid));
        losses.put(
                "loss_dice", (masks, none) -> KMaxLoss.diceLoss(masks, shares, isVoid, run.input("mask_loss_weight")));
        losses.forEach((name, loss) -> {
            NDArray logits = run.leaf("pred_masks");
            backward(() -> loss.apply(shares(logits), null), value -> run.judge.check(name, value));
            run.judge.check("grad_" + name, logits.getGradient());
        });
    }

    private static boolean[] booleans(double[] values, int from, int to) {
        boolean[] all = new boolean[to - from];
        for (int i = 0; i < all.length; i++) {
            all[i] = values[from + i] != 0;
        }
        return all;
    }

    private static int[][] samples(Run run, double temperature, int count) {
        double[] areas = run.doubles("inverse_area");
        double[] voids = run.doubles("void");
        double[] uniform = run.doubles("uniform");
        int batch = run.config().get("batch").getAsInt();
        int n = areas.length / batch;
        int[][] samples = new int[batch][];
        for (int b = 0; b < batch; b++) {
            samples[b] = KMaxLoss.sample(
                    Arrays.copyOfRange(areas, b * n, (b + 1) * n),
                    booleans(voids, b * n, (b + 1) * n),
                    temperature,
                    count,
                    Arrays.copyOfRange(uniform, b * n, (b + 1) * n));
        }
        return samples;
    }

    private static void pixels(Run run) {
        NDArray shares = shares(run.input("padded_masks"));
        int all = (int) shares.getShape().get(1);
        int count = run.config().get("sample_k").getAsInt();
        double temperature = run.config().get("pixel_insdis_temperature").getAsDouble();
        for (String name : List.of("all", "sampled")) {
            int[][] samples = samples(run, temperature, name.equals("all") ? all : count);
            NDArray features = run.leaf("pixel_feature");
            backward(
                    () -> KMaxLoss.discriminationLoss(shares(features), shares, samples),
                    value -> run.judge.check("loss_" + name, value));
            run.judge.check("grad_" + name, features.getGradient());
            if (name.equals("sampled")) {
                run.judge.check(
                        "sampled_indices",
                        Arrays.stream(samples)
                                .flatMapToInt(Arrays::stream)
                                .asLongStream()
                                .toArray(),
                        samples.length,
                        count);
            }
        }
    }

    private static int[][] semanticLabels(Run run, int stride) {
        double[] values = run.doubles("semantic");
        int batch = run.config().get("batch").getAsInt();
        int h = run.config().get("h").getAsInt();
        int w = run.config().get("w").getAsInt();
        int[][] labels = new int[batch][];
        for (int b = 0; b < batch; b++) {
            List<Integer> own = new ArrayList<>();
            for (int y = 0; y < h; y += stride) {
                for (int x = 0; x < w; x += stride) {
                    own.add((int) values[(b * h + y) * w + x]);
                }
            }
            labels[b] = own.stream().mapToInt(Integer::intValue).toArray();
        }
        return labels;
    }

    private static void semantic(Run run) {
        int ignored = run.config().get("num_classes").getAsInt();
        for (String name : List.of("all", "sampled", "strided")) {
            int[][] samples = name.equals("sampled")
                    ? samples(
                            run,
                            run.config().get("aux_semantic_temperature").getAsDouble(),
                            run.config().get("sample_k").getAsInt())
                    : null;
            boolean strided = name.equals("strided");
            NDArray logits = run.leaf(strided ? "aux_semantic_low" : "aux_semantic");
            backward(
                    () -> KMaxLoss.semanticLoss(shares(logits), semanticLabels(run, strided ? 4 : 1), samples, ignored),
                    value -> run.judge.check("loss_" + name, value));
            run.judge.check("grad_" + name, logits.getGradient());
        }
    }

    /** The truths of a case, with its semantic labels. */
    public static List<KMaxTruth> truths(GoldenCase golden) {
        List<KMaxTruth> truths = new ArrayList<>();
        for (int b = 0; golden.inputs().containsKey("target" + b + "_labels"); b++) {
            int[] labels = ints(golden.input("target" + b + "_labels").doubles());
            double[] masks = golden.input("target" + b + "_masks").doubles();
            int pixels = masks.length / labels.length;
            List<boolean[]> each = new ArrayList<>();
            for (int m = 0; m < labels.length; m++) {
                each.add(booleans(masks, m * pixels, (m + 1) * pixels));
            }
            truths.add(new KMaxTruth(
                    each, labels, ints(golden.input("target" + b + "_semantic").doubles())));
        }
        return truths;
    }

    private static int[] ints(double[] values) {
        return Arrays.stream(values).mapToInt(value -> (int) value).toArray();
    }

    private static void matcher(Run run) {
        NDArray masks = run.input("pred_masks").transpose(0, 2, 3, 1);
        List<KMaxTruth> truths = truths(run.golden);
        Prediction prediction = new Prediction(masks, run.input("pred_logits"), masks);
        KMaxTargets targets =
                KMaxTargets.of(prediction, truths, run.config().get("eos_coef").getAsDouble());
        int clusters = (int) masks.getShape().get(3);
        for (int b = 0; b < truths.size(); b++) {
            KMaxTargets.Match match = targets.matches().get(b);
            int segments = match.clusters().length;
            List<Integer> order = new ArrayList<>();
            for (int m = 0; m < segments; m++) {
                order.add(m);
            }
            order.sort((a, c) -> Integer.compare(match.clusters()[a], match.clusters()[c]));
            run.judge.check(
                    "match" + b + "_query",
                    order.stream().mapToLong(m -> match.clusters()[m]).toArray(),
                    segments);
            run.judge.check(
                    "match" + b + "_target",
                    order.stream().mapToLong(Integer::longValue).toArray(),
                    segments);
            run.judge.check(
                    "match" + b + "_mask_similarity",
                    order.stream()
                            .mapToDouble(m -> match.maskSimilarity()[match.clusters()[m]][m])
                            .toArray(),
                    segments);
            run.judge.check(
                    "match" + b + "_class_probability",
                    order.stream()
                            .mapToDouble(m -> match.classProbability()[match.clusters()[m]][m])
                            .toArray(),
                    segments);
            run.judge.check("similarity" + b + "_mask", flat(match.maskSimilarity()), clusters, segments);
            run.judge.check("similarity" + b + "_class", flat(match.classProbability()), clusters, segments);
        }
        long h = masks.getShape().get(1);
        long w = masks.getShape().get(2);
        run.judge.check("padded_labels", targets.labels().toType(DataType.INT64, false));
        run.judge.check("padded_masks", targets.masks().transpose(0, 2, 1).reshape(truths.size(), clusters, h, w));
        run.judge.check("class_loss_weight", targets.classWeights());
        run.judge.check("mask_loss_weight", targets.maskWeights());
        run.judge.check("void", targets.isVoid().toType(DataType.INT64, false).reshape(truths.size(), h, w));
        run.judge.check("inverse_area", flat(targets.inverseAreas()), truths.size(), h, w);
        int[] semantic = truths.stream()
                .flatMapToInt(truth -> Arrays.stream(truth.semantic()))
                .map(label -> label < 0 ? run.config().get("num_classes").getAsInt() : label)
                .toArray();
        run.judge.check("semantic", Arrays.stream(semantic).asLongStream().toArray(), truths.size(), h, w);
    }

    private static double[] flat(double[][] rows) {
        return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
    }

    private static void total(Run run) {
        JsonObject config = run.config();
        JsonObject weights = config.getAsJsonObject("weights");
        KMaxLoss loss = new KMaxLoss(
                1,
                1,
                1,
                1,
                1,
                config.get("eos_coef").getAsDouble(),
                config.get("pixel_insdis_temperature").getAsDouble(),
                config.get("pixel_insdis_sample_k").getAsInt(),
                config.get("aux_semantic_temperature").getAsDouble(),
                config.get("aux_semantic_sample_k").getAsInt());
        Map<String, NDArray> leaves = new LinkedHashMap<>();
        for (String key : run.golden.inputs().keySet()) {
            if (key.endsWith("pred_logits")) {
                leaves.put(key, run.leaf(key));
            } else if (key.endsWith("pred_masks") || key.endsWith("pixel_feature") || key.equals("aux_semantic")) {
                leaves.put(key, run.maps(key));
            }
        }
        List<Prediction> predictions = new ArrayList<>();
        for (String prefix : List.of("", "aux0_", "aux1_")) {
            predictions.add(new Prediction(
                    leaves.get(prefix + "pred_masks"),
                    leaves.get(prefix + "pred_logits"),
                    leaves.get(prefix + "pixel_feature")));
        }
        KMaxOutputs outputs = new KMaxOutputs(predictions, leaves.get("aux_semantic"));
        int[] drawn = new int[1];
        KMaxLoss.Noise noise = count -> run.doubles("draw" + drawn[0]++);
        backward(
                () -> {
                    Map<String, NDArray> parts = loss.parts(outputs, truths(run.golden), noise);
                    NDList scaled = new NDList();
                    parts.forEach((name, value) -> {
                        run.judge.check(name, value);
                        scaled.add(value.mul(
                                weights.get(name.replaceAll("_\\d$", "")).getAsFloat()));
                    });
                    NDArray sum = scaled.get(0);
                    for (int i = 1; i < scaled.size(); i++) {
                        sum = sum.add(scaled.get(i));
                    }
                    return sum;
                },
                value -> run.judge.check("total", value));
        leaves.forEach((key, leaf) -> {
            String name = "grad_" + key;
            if (run.judge.wants(name)) {
                NDArray gradient = leaf.getGradient();
                run.judge.check(name, key.endsWith("pred_logits") ? gradient : planes(gradient));
            }
        });
    }
}
