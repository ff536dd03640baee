// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.parity;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import io.github.pointillist.layers.Resize;
import io.github.pointillist.models.SegmentationHead;
import io.github.pointillist.models.SemanticFpn;
import io.github.pointillist.models.UperNet;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;
import io.github.pointillist.tensor.Taps;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The cases of heads over given maps: Semantic FPN and UPerNet. */
final class HeadsCases {
    private static final Pattern NUMBERED = Pattern.compile("(fpn|scale|ppm)(\\d+)");

    static final List<CaseKind> ALL = List.of(new Fpn(), new Uper());

    private HeadsCases() {}

    /** The maps of a case as a backbone. */
    private static GivenMaps maps(GoldenCase golden, Arena arena, DataType type) {
        List<Integer> channels = numbers(golden, "in_channels");
        NDList maps = new NDList();
        for (int i = 0; i < channels.size(); i++) {
            maps.add(golden.input("feat" + i, arena, type));
        }
        GivenMaps given = golden.config().has("feature_strides")
                ? new GivenMaps(maps, numbers(golden, "feature_strides"))
                : new GivenMaps(maps);
        if (!given.channels().equals(channels)) {
            throw new IllegalArgumentException(
                    "the case says channels " + channels + " and gives maps of " + given.channels() + " channels");
        }
        return given;
    }

    private static List<Integer> numbers(GoldenCase golden, String key) {
        return golden.config().getAsJsonArray(key).asList().stream()
                .map(JsonElement::getAsInt)
                .toList();
    }

    private static void fill(Layer model, GoldenCase golden, Arena arena, DataType type) {
        model.allocate(arena, type);
        GoldenRule.fill(model, golden.keep(), golden.scale());
    }

    private static Shape imageSize(GoldenCase golden) {
        JsonArray size = golden.config().getAsJsonArray("image_size");
        return new Shape(size.get(0).getAsLong(), size.get(1).getAsLong());
    }

    /** What follows from the logits, the same for both heads. */
    private static void addDecisions(Map<String, NDArray> computed, NDArray logits, NDArray prob, Shape size) {
        computed.put("logits", logits);
        computed.put("resized", Resize.linear(Resize.linear(logits, 2, size.get(0)), 3, size.get(1)));
        computed.put("prob", prob);
        computed.put("labels", SemanticFpn.labels(prob));
        NDArray sorted = prob.sort(1);
        long classes = prob.getShape().get(1);
        computed.put(
                "margin",
                sorted.get(new NDIndex(":, {}", classes - 1)).sub(sorted.get(new NDIndex(":, {}", classes - 2))));
    }

    private static void judge(GoldenCase golden, Judge judge, Map<String, NDArray> computed, Taps taps) {
        for (String key : golden.outputs().keySet()) {
            Matcher numbered = NUMBERED.matcher(key);
            if (numbered.matches()) {
                String i = numbered.group(2);
                judge.check(
                        key,
                        switch (numbered.group(1)) {
                            case "fpn" -> taps.get("neck.fpn_convs." + i);
                            case "scale" -> taps.get("decode_head.scale_heads." + i);
                            default -> taps.get("decode_head.psp_modules." + i);
                        });
            } else {
                judge.check(key, key.equals("psp") ? taps.get("decode_head.bottleneck") : computed.get(key));
            }
        }
    }

    private static final class Fpn implements CaseKind {
        @Override
        public boolean accepts(GoldenCase golden) {
            return golden.system().equals("heads")
                    && golden.config().has("neck_channels")
                    && golden.config().has("head_channels")
                    && golden.outputs().containsKey("logits");
        }

        @Override
        public void run(GoldenCase golden, Judge judge, DataType type) {
            try (Arena arena = Arena.onCpu();
                    Arena scope = Arena.onCpu()) {
                SemanticFpn model = new SemanticFpn(
                        maps(golden, scope, type), SegmentationHead.SEMANTIC_FPN.fromJson(golden.config()));
                fill(model, golden, arena, type);
                Taps taps = new Taps(scope, name -> true);
                NDArray logits = model.apply(golden.input("feat0", scope, type), Pass.recording(taps));
                Map<String, NDArray> computed = new LinkedHashMap<>();
                Shape size = imageSize(golden);
                addDecisions(computed, logits, model.probabilities(logits, size, size), size);
                judge(golden, judge, computed, taps);
            }
        }
    }

    private static final class Uper implements CaseKind {
        @Override
        public boolean accepts(GoldenCase golden) {
            return golden.system().equals("heads") && golden.config().has("pool_scales");
        }

        @Override
        public void run(GoldenCase golden, Judge judge, DataType type) {
            try (Arena arena = Arena.onCpu();
                    Arena scope = Arena.onCpu()) {
                UperNet model =
                        new UperNet(maps(golden, scope, type), SegmentationHead.UPERNET.fromJson(golden.config()));
                fill(model, golden, arena, type);
                Taps taps = new Taps(scope, name -> true);
                NDList logits = model.trainingLogits(golden.input("feat0", scope, type), Pass.recording(taps));
                Map<String, NDArray> computed = new LinkedHashMap<>();
                if (logits.size() > 1) {
                    computed.put("aux", logits.get(1));
                }
                Shape size = imageSize(golden);
                addDecisions(computed, logits.head(), model.probabilities(logits.head(), size, size), size);
                judge(golden, judge, computed, taps);
            }
        }
    }
}
