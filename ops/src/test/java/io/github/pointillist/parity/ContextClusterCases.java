// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.parity;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.github.pointillist.image.Interpolation;
import io.github.pointillist.image.ModelInput;
import io.github.pointillist.image.Normalisation;
import io.github.pointillist.image.Overlay;
import io.github.pointillist.image.Palettes;
import io.github.pointillist.image.Raster8;
import io.github.pointillist.models.ContextCluster;
import io.github.pointillist.models.ContextCluster.Config;
import io.github.pointillist.models.ContextClusterArchitecture;
import io.github.pointillist.models.ContextClusterFpnArchitecture;
import io.github.pointillist.models.PointContextCluster;
import io.github.pointillist.models.PointContextClusterArchitecture;
import io.github.pointillist.models.SemanticFpn;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;
import io.github.pointillist.tensor.Taps;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.StrictLoader;
import io.github.pointillist.weights.TensorEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The cases of Context Clusters: backbones, pre-processing, cluster maps. */
final class ContextClusterCases {
    private static final Pattern STAGE = Pattern.compile("stage(\\d+)");
    private static final Pattern REDUCER = Pattern.compile("reduce(\\d+)");
    private static final Pattern LEVEL = Pattern.compile("fpn(\\d+)");
    private static final Pattern PART = Pattern.compile("(transfer|cluster|stage|fps|knn)(\\d+)");
    private static final Map<String, String> TAPS = Map.of(
            "stem", "patch_embed",
            "block0_norm1", "network.0.0.norm1",
            "block0_value", "network.0.0.token_mixer.value",
            "block0_cluster", "network.0.0.token_mixer",
            "block0_mlp", "network.0.0.mlp");

    static final List<CaseKind> ALL =
            List.of(new Preprocessing(), new Visualisation(), new Segmentation(), new Points(), new Backbone());

    private ContextClusterCases() {}

    private static ContextCluster model(GoldenCase golden, Arena arena, DataType type) throws IOException {
        ContextClusterArchitecture architecture = new ContextClusterArchitecture();
        Config config = architecture.fromJson(golden.config());
        Optional<Path> file = golden.checkpoint();
        if (file.isPresent()) {
            ContextCluster model = new ContextCluster(config);
            model.allocate(arena, type);
            StrictLoader.load(
                    architecture
                            .recognise(Checkpoint.read(file.get()), null, config)
                            .weights(),
                    model);
            return model;
        }
        ContextCluster model = new ContextCluster(config);
        model.allocate(arena, type);
        GoldenRule.fill(model, golden.keep(), golden.scale());
        return model;
    }

    private static void load(Layer model, GoldenCase golden, Arena arena, DataType type) throws IOException {
        model.allocate(arena, type);
        Optional<Path> file = golden.checkpoint();
        if (file.isPresent()) {
            StrictLoader.load(Checkpoint.read(file.get()).weights(), model);
        } else {
            GoldenRule.fill(model, golden.keep(), golden.scale());
        }
    }

    /** The assignment of every block in the order of the pass, as assign00, assign01, ... */
    private static Map<String, NDArray> assignments(Taps taps) {
        Map<String, NDArray> found = new LinkedHashMap<>();
        taps.all().forEach((name, value) -> {
            if (name.endsWith(".assignment")) {
                found.put(String.format("assign%02d", found.size()), value);
            }
        });
        return found;
    }

    private static Raster8 photo(GoldenCase golden) {
        TensorEntry entry = golden.arrays().get("photo");
        byte[] bytes = new byte[entry.size()];
        entry.data().get(bytes);
        return new Raster8(
                (int) entry.shape().get(1),
                (int) entry.shape().get(0),
                (int) entry.shape().get(2),
                bytes);
    }

    private static void check(Judge judge, String key, Raster8 raster) {
        long[] values = new long[raster.data().length];
        for (int i = 0; i < values.length; i++) {
            values[i] = raster.data()[i] & 0xFF;
        }
        judge.check(key, values, raster.height(), raster.width(), raster.channels());
    }

    private static ModelInput squashed(int size) {
        return ModelInput.squashed(size, size, Interpolation.CV_BILINEAR, Normalisation.IMAGENET);
    }

    /** Resizing and cropping, to the pixel. */
    private static final class Preprocessing implements CaseKind {
        @Override
        public boolean accepts(GoldenCase golden) {
            return golden.system().equals("coc") && golden.config().has("resize_short_side");
        }

        @Override
        public void run(GoldenCase golden, Judge judge, DataType type) {
            Raster8 photo = photo(golden);
            int crop = golden.config().get("crop").getAsInt();
            ModelInput evaluation = new ModelInput(
                    golden.config().get("resize_short_side").getAsInt(),
                    crop,
                    crop,
                    Interpolation.PIL_BICUBIC,
                    Normalisation.IMAGENET);
            check(judge, "eval_u8", evaluation.fit(photo));
            int size = golden.output("visualise_u8").shape().get(0).intValue();
            check(judge, "visualise_u8", squashed(size).fit(photo));
        }
    }

    /** The official cluster map. */
    private static final class Visualisation implements CaseKind {
        @Override
        public boolean accepts(GoldenCase golden) {
            return golden.system().equals("coc") && golden.outputs().containsKey("cluster_map");
        }

        @Override
        public void run(GoldenCase golden, Judge judge, DataType type) throws IOException {
            JsonObject json = golden.config();
            int size = json.get("size").getAsInt();
            int stage = json.get("stage").getAsInt();
            int head = json.get("head").getAsInt();
            String tap = "network." + 2 * stage + "." + json.get("block").getAsInt() + ".token_mixer.assignment";
            Raster8 photo = photo(golden);
            Raster8 input = squashed(size).fit(photo);
            check(judge, "photo", photo);
            check(judge, "input_u8", input);
            try (Arena arena = Arena.onCpu();
                    Arena scope = Arena.onCpu()) {
                ContextCluster model = model(golden, arena, type);
                NDArray image = scope.array(Normalisation.IMAGENET.apply(input), 1, 3, size, size)
                        .toType(type, false);
                Taps taps = new Taps(scope, tap::equals);
                judge.check("logits", model.apply(image, Pass.recording(taps)));
                int side = model.config().sides(size).get(stage);
                int[] ids = model.config().clusterIds(stage, head, taps.get(tap).toLongArray(), side, side);
                judge.check("cluster_map", longs(ids), side, side);
                int[] enlarged = Overlay.nearest(ids, side, side, photo.width(), photo.height());
                judge.check("cluster_map_image", longs(enlarged), photo.height(), photo.width());
                int clusters = json.get("clusters").getAsInt();
                Raster8 overlay = Overlay.blend(
                        photo,
                        enlarged,
                        Palettes.cocVisualisation(clusters),
                        json.get("alpha").getAsDouble());
                check(judge, "saved_rgb", redAndBlueSwapped(overlay));
            }
            for (String key : golden.outputs().keySet()) {
                if (key.startsWith("palette")) {
                    int count = Integer.parseInt(key.substring("palette".length()));
                    int[] colours = Palettes.cocVisualisation(count);
                    long[] channels = new long[3 * count];
                    for (int i = 0; i < channels.length; i++) {
                        channels[i] = colours[i / 3] >> 16 - 8 * (i % 3) & 0xFF;
                    }
                    judge.check(key, channels, count, 3);
                }
            }
        }

        private static long[] longs(int[] values) {
            long[] longs = new long[values.length];
            for (int i = 0; i < values.length; i++) {
                longs[i] = values[i];
            }
            return longs;
        }

        private static Raster8 redAndBlueSwapped(Raster8 rgb) {
            byte[] bgr = rgb.data().clone();
            for (int i = 0; i < bgr.length; i += 3) {
                byte red = bgr[i];
                bgr[i] = bgr[i + 2];
                bgr[i + 2] = red;
            }
            return new Raster8(rgb.width(), rgb.height(), 3, bgr);
        }
    }

    /** Classifiers and feature pyramids, tap by tap. */
    private static final class Backbone implements CaseKind {
        @Override
        public boolean accepts(GoldenCase golden) {
            JsonObject config = golden.config();
            return golden.system().equals("coc") && config.has("fork_feat") && !config.has("neck_channels");
        }

        @Override
        public void run(GoldenCase golden, Judge judge, DataType type) throws IOException {
            try (Arena arena = Arena.onCpu();
                    Arena scope = Arena.onCpu()) {
                ContextCluster model = model(golden, arena, type);
                NDArray input = golden.input("input", scope, type);
                Taps taps = new Taps(scope, name -> true);
                Map<String, NDArray> computed = new LinkedHashMap<>();
                if (model.config().classes() > 0) {
                    computed.put("out", model.apply(input, Pass.recording(taps)));
                } else {
                    NDList pyramid = model.features(input, Pass.recording(taps));
                    for (int i = 0; i < pyramid.size(); i++) {
                        computed.put("out" + i, pyramid.get(i));
                    }
                }
                computed.putAll(assignments(taps));
                for (String key : golden.outputs().keySet()) {
                    judge.check(key, computed.containsKey(key) ? computed.get(key) : taps.get(tap(key)));
                }
            }
        }

        private static String tap(String key) {
            Matcher stage = STAGE.matcher(key);
            Matcher reducer = REDUCER.matcher(key);
            if (stage.matches()) {
                return "network." + 2 * Integer.parseInt(stage.group(1));
            }
            if (reducer.matches()) {
                return "network." + (2 * Integer.parseInt(reducer.group(1)) + 1);
            }
            return TAPS.getOrDefault(key, key);
        }
    }

    /** Semantic FPN, from the neck to the labels. */
    private static final class Segmentation implements CaseKind {
        @Override
        public boolean accepts(GoldenCase golden) {
            return golden.system().equals("coc")
                    && golden.config().has("neck_channels")
                    && golden.config().has("head_channels");
        }

        @Override
        public void run(GoldenCase golden, Judge judge, DataType type) throws IOException {
            JsonObject json = golden.config();
            try (Arena arena = Arena.onCpu();
                    Arena scope = Arena.onCpu()) {
                ContextClusterFpnArchitecture architecture = new ContextClusterFpnArchitecture();
                SemanticFpn model = architecture.build(architecture.fromJson(json));
                load(model, golden, arena, type);
                NDArray input = golden.input("input", scope, type);
                Taps taps = new Taps(scope, name -> true);
                Map<String, NDArray> computed = new LinkedHashMap<>();
                NDArray logits = model.apply(input, Pass.recording(taps));
                computed.put("logits", logits);
                long[] original = {
                    json.getAsJsonArray("original_size").get(0).getAsLong(),
                    json.getAsJsonArray("original_size").get(1).getAsLong()
                };
                NDArray prob = model.probabilities(logits, input.getShape().slice(2), new Shape(original));
                computed.put("prob", prob);
                computed.put("labels", SemanticFpn.labels(prob));
                NDArray sorted = prob.sort(1);
                int classes = model.config().classes();
                computed.put(
                        "margin",
                        sorted.get(new NDIndex(":, {}", classes - 1))
                                .sub(sorted.get(new NDIndex(":, {}", classes - 2))));
                computed.putAll(assignments(taps));
                for (String key : golden.outputs().keySet()) {
                    Matcher level = LEVEL.matcher(key);
                    judge.check(
                            key, level.matches() ? taps.get("neck.fpn_convs." + level.group(1)) : computed.get(key));
                }
            }
        }
    }

    /** The point-set network. */
    private static final class Points implements CaseKind {
        @Override
        public boolean accepts(GoldenCase golden) {
            return golden.system().equals("coc") && golden.config().has("k_neighbors");
        }

        @Override
        public void run(GoldenCase golden, Judge judge, DataType type) throws IOException {
            JsonObject json = golden.config();
            try (Arena arena = Arena.onCpu();
                    Arena scope = Arena.onCpu()) {
                PointContextClusterArchitecture architecture = new PointContextClusterArchitecture();
                PointContextCluster model = architecture.build(architecture.fromJson(json));
                load(model, golden, arena, type);
                NDArray input = golden.input("input", scope, type);
                Taps taps = new Taps(scope, name -> true);
                NDArray out = model.apply(input, Pass.recording(taps));
                for (String key : golden.outputs().keySet()) {
                    NDArray value = key.equals("out") ? out : computed(key, taps);
                    if (key.startsWith("transfer") || key.startsWith("cluster")) {
                        checkInAnyOrder(
                                key,
                                value.toType(DataType.FLOAT64, false).toDoubleArray(),
                                value.getShape(),
                                golden,
                                judge);
                    } else {
                        judge.check(key, value);
                    }
                }
            }
        }

        private static NDArray computed(String key, Taps taps) {
            Matcher part = PART.matcher(key);
            if (!part.matches()) {
                return taps.get(key);
            }
            String stage = part.group(2);
            return switch (part.group(1)) {
                case "transfer" -> taps.get("pre_blocks_list." + stage + ".transfer");
                case "cluster" -> taps.get("pre_blocks_list." + stage + ".operation.0");
                case "stage" -> taps.get("pos_blocks_list." + stage);
                case "fps" -> taps.get("local_grouper_list." + stage + ".anchors");
                default -> {
                    NDArray neighbours = taps.get("local_grouper_list." + stage + ".neighbours");
                    yield neighbours.sort(-1);
                }
            };
        }

        /**
         * The official order of neighbours is unspecified: each reference neighbour (the last axis) is compared with the
         * nearest one computed that no other has taken.
         */
        private static void checkInAnyOrder(
                String key, double[] computed, Shape shape, GoldenCase golden, Judge judge) {
            TensorEntry entry = golden.golden(key);
            float[] reference = entry.floats();
            int rows = (int) entry.shape().get(0);
            int channels = (int) entry.shape().get(1);
            int k = (int) entry.shape().get(2);
            int allChannels = (int) shape.get(1);
            double[] ordered = new double[reference.length];
            for (int row = 0; row < rows; row++) {
                boolean[] taken = new boolean[k];
                for (int j = 0; j < k; j++) {
                    int best = -1;
                    double least = Double.POSITIVE_INFINITY;
                    for (int candidate = 0; candidate < k; candidate++) {
                        double distance = 0;
                        for (int c = 0; c < channels; c++) {
                            double difference = reference[(row * channels + c) * k + j]
                                    - computed[(row * allChannels + c) * k + candidate];
                            distance += difference * difference;
                        }
                        if (!taken[candidate] && distance < least) {
                            least = distance;
                            best = candidate;
                        }
                    }
                    taken[best] = true;
                    for (int c = 0; c < channels; c++) {
                        ordered[(row * channels + c) * k + j] = computed[(row * allChannels + c) * k + best];
                    }
                }
            }
            judge.check(key, ordered, rows, channels, k);
        }

        private static List<Integer> numbers(JsonObject json, String key) {
            return json.getAsJsonArray(key).asList().stream()
                    .map(JsonElement::getAsInt)
                    .toList();
        }
    }
}
