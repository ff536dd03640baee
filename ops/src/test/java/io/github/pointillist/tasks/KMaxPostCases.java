// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.github.pointillist.image.Interpolation;
import io.github.pointillist.image.Raster8;
import io.github.pointillist.image.Resize;
import io.github.pointillist.image.ShortestEdge;
import io.github.pointillist.parity.CaseKind;
import io.github.pointillist.parity.GoldenCase;
import io.github.pointillist.parity.Judge;
import io.github.pointillist.parity.KMaxCases;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.PanopticDecoder.Decision;
import io.github.pointillist.tasks.PanopticDecoder.Instance;
import io.github.pointillist.tasks.PanopticDecoder.Layout;
import io.github.pointillist.tasks.PanopticDecoder.Mask;
import io.github.pointillist.tasks.PanopticDecoder.Options;
import io.github.pointillist.tasks.PanopticDecoder.Result;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Pass;
import io.github.pointillist.tensor.Taps;
import io.github.pointillist.weights.TensorEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The cases of kMaX-DeepLab before and after the network. */
public final class KMaxPostCases {
    /** All kinds. */
    public static final List<CaseKind> ALL = List.of(new Post(), new Sizes(), new Photo());

    private KMaxPostCases() {}

    private static Options options(GoldenCase golden) {
        JsonObject test = golden.config().getAsJsonObject("test");
        return new Options(
                test.get("pixel_confidence_threshold").getAsDouble(),
                test.get("class_threshold_thing").getAsDouble(),
                test.get("class_threshold_stuff").getAsDouble(),
                test.get("overlap_threshold").getAsDouble(),
                test.get("reorder_class_weight").getAsDouble(),
                test.get("reorder_mask_weight").getAsDouble(),
                test.get("test_topk_per_image").getAsInt());
    }

    private static Set<Integer> things(GoldenCase golden) {
        return golden.config().getAsJsonObject("test").getAsJsonArray("thing_contiguous_ids").asList().stream()
                .map(JsonElement::getAsInt)
                .collect(Collectors.toSet());
    }

    private static long[] longs(int[] values) {
        return Arrays.stream(values).asLongStream().toArray();
    }

    /** What every case with a panoptic map asks for. */
    private static Result judge(GoldenCase golden, Judge judge, PanopticDecoder decoder, int[] steps) {
        Result result = decoder.decode(Progress.NONE);
        int width = result.width();
        int height = result.height();
        judge.check("panoptic_seg", longs(result.labels()), height, width);
        JsonArray segments = golden.json().getAsJsonArray("segments_info");
        for (int i = 0; i < segments.size(); i++) {
            JsonObject expected = segments.get(i).getAsJsonObject();
            PanopticDecoder.Segment own = result.segments().get(i);
            if (own.label() != expected.get("category_id").getAsInt()
                    || own.thing() != expected.get("isthing").getAsBoolean()) {
                throw new IllegalStateException("segment " + (i + 1) + " is " + own + ", expected " + expected);
            }
        }
        judge.check("sem_seg_argmax", longs(decoder.semantic(Progress.NONE)), height, width);
        int classes = golden.config().get("num_classes").getAsInt();
        int rows = (height + steps[0] - 1) / steps[0];
        int columns = (width + steps[1] - 1) / steps[1];
        double[] scores = new double[classes * rows * columns];
        decoder.scores(Progress.NONE, (y, row) -> {
            for (int x = 0; y % steps[0] == 0 && x < width; x += steps[1]) {
                for (int k = 0; k < classes; k++) {
                    scores[(k * rows + y / steps[0]) * columns + x / steps[1]] = row[x][k];
                }
            }
        });
        judge.check("sem_seg_rows", scores, classes, rows, columns);
        List<Instance> instances = result.instances().stream()
                .sorted(Comparator.comparingDouble(Instance::score).reversed().thenComparingInt(Instance::label))
                .toList();
        judge.check(
                "instance_scores",
                instances.stream().mapToDouble(Instance::score).toArray(),
                instances.size());
        judge.check(
                "instance_classes",
                instances.stream().mapToLong(Instance::label).toArray(),
                instances.size());
        judge.check(
                "instance_mask_area",
                instances.stream().mapToLong(Instance::pixels).toArray(),
                instances.size());
        return result;
    }

    private static int[] pair(JsonObject config, String key) {
        JsonArray pair = config.getAsJsonArray(key);
        return new int[] {pair.get(0).getAsInt(), pair.get(1).getAsInt()};
    }

    /** Head outputs are given. */
    private static final class Post implements CaseKind {
        private static final int[] STEPS = {17, 19};

        @Override
        public boolean accepts(GoldenCase golden) {
            return golden.system().equals("kmax") && golden.outputs().containsKey("mask_full_rows");
        }

        @Override
        public void run(GoldenCase golden, Judge judge, DataType type) {
            int[] input = pair(golden.config(), "network_input_hw");
            int[] output = pair(golden.config(), "output_hw");
            int[] crop = pair(golden.config(), "crop_hw");
            TensorEntry masks = golden.input("pred_masks");
            int h = (int) masks.shape().get(1);
            int w = (int) masks.shape().get(2);
            int queries = (int) masks.shape().get(0);
            Layout layout = Layout.of(h, w, input[0], input[1], output[0], output[1]);
            if (layout.shownRows() != crop[0] || layout.shownColumns() != crop[1]) {
                throw new IllegalStateException(layout + ", expected a crop of " + Arrays.toString(crop));
            }
            float[] planes = masks.floats();
            float[] points = new float[planes.length];
            for (int i = 0; i < planes.length; i++) {
                points[i % (h * w) * queries + i / (h * w)] = planes[i];
            }
            PanopticDecoder decoder = new PanopticDecoder(
                    points, golden.input("pred_logits").floats(), layout, things(golden), options(golden));
            Result result = judge(golden, judge, decoder, STEPS);
            List<Mask> byQuery = result.decisions().stream()
                    .map(Decision::mask)
                    .sorted(Comparator.comparingInt(Mask::query))
                    .toList();
            judge.check(
                    "class_score",
                    byQuery.stream().mapToDouble(Mask::classScore).toArray(),
                    queries);
            judge.check("class_label", byQuery.stream().mapToLong(Mask::label).toArray(), queries);
            judge.check(
                    "mask_score", byQuery.stream().mapToDouble(Mask::maskScore).toArray(), queries);
            judge.check("mask_pixels", byQuery.stream().mapToLong(Mask::pixels).toArray(), queries);
            judge.check(
                    "reorder_score", byQuery.stream().mapToDouble(Mask::order).toArray(), queries);
            judge.check(
                    "decisions",
                    likeReference(result.decisions(), golden.golden("decisions").longs()).stream()
                            .flatMapToLong(one -> Arrays.stream(new long[] {
                                one.mask().query(),
                                one.mask().pixels(),
                                one.free(),
                                1 + one.fate().ordinal()
                            }))
                            .toArray(),
                    queries,
                    4);
            int rows = (output[0] + STEPS[0] - 1) / STEPS[0];
            int columns = (output[1] + STEPS[1] - 1) / STEPS[1];
            double[] enlarged = new double[queries * rows * columns];
            for (int y = 0; y < rows; y++) {
                for (int x = 0; x < columns; x++) {
                    float[] logits = decoder.logits(x * STEPS[1], y * STEPS[0]);
                    for (int q = 0; q < queries; q++) {
                        enlarged[(q * rows + y) * columns + x] = logits[q];
                    }
                }
            }
            judge.check("mask_full_rows", enlarged, queries, rows, columns);
        }
    }

    /** Empty masks all come last with order 0, and among equals the official sort has no order: that of the reference is taken. */
    private static List<Decision> likeReference(List<Decision> decisions, long[] reference) {
        List<Long> queries = IntStream.range(0, reference.length / 4)
                .mapToObj(i -> reference[4 * i])
                .toList();
        List<Decision> ordered = new ArrayList<>(decisions);
        ordered.sort(Comparator.comparingDouble((Decision one) -> -one.mask().order())
                .thenComparingInt(one -> one.mask().order() > 0
                        ? 0
                        : queries.indexOf((long) one.mask().query())));
        return ordered;
    }

    private static Raster8 picture(TensorEntry entry) {
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

    private static Raster8 resized(Raster8 picture, int shortPx, int longPx) {
        int[] size = ShortestEdge.size(picture.height(), picture.width(), shortPx, longPx);
        return Resize.resize(picture, size[1], size[0], Interpolation.PIL_BILINEAR);
    }

    /** Pictures and sizes. */
    private static final class Sizes implements CaseKind {
        @Override
        public boolean accepts(GoldenCase golden) {
            return golden.system().equals("kmax") && golden.outputs().containsKey("output_sizes");
        }

        @Override
        public void run(GoldenCase golden, Judge judge, DataType type) {
            for (String key : golden.inputs().keySet()) {
                String[] parts = key.split("_");
                int shortPx = Integer.parseInt(parts[1]);
                int longPx = Integer.parseInt(parts[2]);
                check(judge, key.replace("_in", "_out"), resized(picture(golden.input(key)), shortPx, longPx));
            }
            double[] rows = golden.golden("output_sizes").doubles();
            long[] computed = new long[rows.length];
            for (int i = 0; i < rows.length; i += 6) {
                int[] size = ShortestEdge.size((int) rows[i], (int) rows[i + 1], (int) rows[i + 2], (int) rows[i + 3]);
                for (int k = 0; k < 4; k++) {
                    computed[i + k] = (long) rows[i + k];
                }
                computed[i + 4] = size[0];
                computed[i + 5] = size[1];
            }
            judge.check("output_sizes", computed, rows.length / 6, 6);
        }
    }

    /** From the photograph to the map. */
    private static final class Photo implements CaseKind {
        private static final int[] STEPS = {40, 25};

        @Override
        public boolean accepts(GoldenCase golden) {
            return golden.system().equals("kmax") && golden.inputs().containsKey("photo");
        }

        @Override
        public void run(GoldenCase golden, Judge judge, DataType type) throws IOException {
            JsonObject config = golden.config();
            Raster8 photo = picture(golden.input("photo"));
            Raster8 resized = resized(
                    photo,
                    config.get("min_size_test").getAsInt(),
                    config.get("max_size_test").getAsInt());
            check(judge, "resized", resized);
            int[] size = pair(config, "image_size");
            float[] input = PanopticInput.planes(resized, size[0], size[1]);
            judge.check("network_input_stats", stats(input, size), 5);
            try (Arena arena = Arena.onCpu();
                    Arena scope = Arena.onCpu()) {
                Taps taps = new Taps(scope, name -> true);
                NDArray image = scope.array(input, 1, 3, size[0], size[1]).toType(type, false);
                NDList out = KMaxCases.model(golden, arena, type).predict(image, Pass.recording(taps));
                for (String key : golden.outputs().keySet()) {
                    String tap = KMaxCases.tap(key, true);
                    if (tap != null) {
                        judge.check(key, taps.get(tap));
                    }
                }
                int h = (int) out.get(0).getShape().get(1);
                int w = (int) out.get(0).getShape().get(2);
                PanopticDecoder decoder = new PanopticDecoder(
                        out.get(0).toType(DataType.FLOAT32, false).toFloatArray(),
                        out.get(1).toType(DataType.FLOAT32, false).toFloatArray(),
                        Layout.of(h, w, size[0], size[1], photo.height(), photo.width()),
                        things(golden),
                        options(golden));
                judge(golden, judge, decoder, STEPS);
            }
        }

        private static double[] stats(float[] input, int[] size) {
            double sum = 0;
            double squares = 0;
            double max = 0;
            for (float value : input) {
                sum += value;
                squares += (double) value * value;
                max = Math.max(max, Math.abs(value));
            }
            double mean = sum / input.length;
            // torch's std divides by n - 1
            double variance = (squares - input.length * mean * mean) / (input.length - 1);
            return new double[] {size[0], size[1], mean, Math.sqrt(variance), max};
        }
    }
}
