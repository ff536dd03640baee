// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.models.KMaxDeepLab;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.LabelOverlap;
import io.github.pointillist.tasks.PanopticDecoder;
import io.github.pointillist.tasks.PanopticQuality;
import io.github.pointillist.tensor.Pass;
import io.github.pointillist.training.kmax.KMaxLoss;
import io.github.pointillist.training.kmax.KMaxTruth;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.imglib2.img.Img;
import net.imglib2.img.array.ArrayImgs;
import net.imglib2.type.numeric.integer.LongType;

/**
 * Finding segments of things and stuff with a {@link KMaxDeepLab}. Labels of examples are {@link PanopticLabels}.
 * Validation decodes as inference does and counts panoptic quality.
 *
 * @param loss weights of the losses
 * @param classes without void
 * @param things classes that are countable
 * @param options when a mask is a segment
 */
public record PanopticObjective(KMaxLoss loss, int classes, Set<Integer> things, PanopticDecoder.Options options)
        implements Objective {
    private static final int TRUE_POSITIVES = 0;
    private static final int FALSE_POSITIVES = 1;
    private static final int FALSE_NEGATIVES = 2;
    private static final int IOU_SUM = 3;
    private static final int COUNTS = 4;

    /** Copies the set. */
    public PanopticObjective {
        things = Set.copyOf(things);
    }

    @Override
    public Map<String, NDArray> loss(Batch batch) {
        NDList all = ((KMaxDeepLab) batch.model()).predictAll(batch.input(), Pass.training());
        return loss.parts(all, truths(batch, all.head().getShape()), batch::uniform);
    }

    @Override
    public Map<String, NDArray> validate(Batch batch, Counts counts) {
        NDList all = ((KMaxDeepLab) batch.model()).predictAll(batch.input(), Pass.inference());
        Shape shape = all.head().getShape(); // (B, h, w, L)
        int h = (int) shape.get(1);
        int w = (int) shape.get(2);
        float[] masks = all.get(0).toType(DataType.FLOAT32, false).toFloatArray();
        float[] labels = all.get(1).toType(DataType.FLOAT32, false).toFloatArray();
        int images = batch.examples().size();
        for (int b = 0; b < images; b++) {
            Annotated example = batch.examples().get(b);
            PanopticDecoder decoder = new PanopticDecoder(
                    part(masks, b, images),
                    part(labels, b, images),
                    new PanopticDecoder.Layout(
                            h,
                            w,
                            example.height(),
                            example.width(),
                            example.height(),
                            example.width(),
                            example.height(),
                            example.width()),
                    things,
                    options);
            LabelOverlap overlap = new LabelOverlap();
            overlap.add(
                    image(example, predicted(decoder.decode(Progress.NONE))),
                    "the prediction",
                    image(example, truth(example)),
                    "the truth",
                    Progress.NONE);
            for (PanopticQuality.ClassCounts one : PanopticQuality.of(overlap).classes()) {
                int first = COUNTS * ((int) one.label() - 1);
                counts.add(first + TRUE_POSITIVES, one.truePositives());
                counts.add(first + FALSE_POSITIVES, one.falsePositives());
                counts.add(first + FALSE_NEGATIVES, one.falseNegatives());
                counts.add(first + IOU_SUM, one.iouSum());
            }
        }
        return loss.parts(all, truths(batch, shape), batch::uniform);
    }

    private static float[] part(float[] values, int b, int images) {
        int length = values.length / images;
        return java.util.Arrays.copyOfRange(values, b * length, (b + 1) * length);
    }

    private static Img<LongType> image(Annotated example, long[] segments) {
        return ArrayImgs.longs(segments, example.width(), example.height());
    }

    private static long[] predicted(PanopticDecoder.Result result) {
        long[] segments = new long[result.labels().length];
        for (int i = 0; i < segments.length; i++) {
            int id = result.labels()[i];
            segments[i] = id == 0
                    ? 0
                    : PanopticQuality.segment(result.segments().get(id - 1).label() + 1L, id);
        }
        return segments;
    }

    private static long[] truth(Annotated example) {
        long[] segments = new long[example.labels().length];
        for (int i = 0; i < segments.length; i++) {
            int label = example.labels()[i];
            segments[i] =
                    label == Annotated.IGNORE ? 0 : PanopticQuality.segment(PanopticLabels.classOf(label) + 1L, label);
        }
        return segments;
    }

    /** Segments at the size of the masks: every fourth pixel or so. */
    private List<KMaxTruth> truths(Batch batch, Shape shape) {
        int h = (int) shape.get(1);
        int w = (int) shape.get(2);
        int most = (int) shape.get(3);
        List<KMaxTruth> truths = new ArrayList<>();
        for (Annotated example : batch.examples()) {
            truths.add(truth(example, h, w, most));
        }
        return truths;
    }

    private KMaxTruth truth(Annotated example, int h, int w, int most) {
        Map<Integer, boolean[]> masks = new LinkedHashMap<>();
        Map<Integer, Integer> areas = new HashMap<>();
        int[] semantic = new int[h * w];
        int stepY = (example.height() + h - 1) / h;
        int stepX = (example.width() + w - 1) / w;
        for (int i = 0; i < h * w; i++) {
            int label = example.labels()[i / w * stepY * example.width() + i % w * stepX];
            semantic[i] = label == Annotated.IGNORE ? -1 : PanopticLabels.classOf(label);
            if (label != Annotated.IGNORE) {
                masks.computeIfAbsent(label, key -> new boolean[h * w])[i] = true;
                areas.merge(label, 1, Integer::sum);
            }
        }
        // more segments than clusters: the smallest are left void
        List<Integer> kept = areas.entrySet().stream()
                .sorted(Map.Entry.<Integer, Integer>comparingByValue()
                        .reversed()
                        .thenComparing(Map.Entry.comparingByKey()))
                .limit(most)
                .map(Map.Entry::getKey)
                .toList();
        return new KMaxTruth(
                kept.stream().map(masks::get).toList(),
                kept.stream().mapToInt(PanopticLabels::classOf).toArray(),
                semantic);
    }

    @Override
    public List<String> metrics() {
        return List.of("PQ", "PQ things", "PQ stuff");
    }

    @Override
    public List<Double> measure(Counts counts) {
        double[] sums = new double[2];
        int[] n = new int[2];
        for (int k = 0; k < classes; k++) {
            double quality = PanopticQuality.quality(
                    counts.get(COUNTS * k + IOU_SUM),
                    counts.get(COUNTS * k + TRUE_POSITIVES),
                    counts.get(COUNTS * k + FALSE_POSITIVES),
                    counts.get(COUNTS * k + FALSE_NEGATIVES));
            if (!Double.isNaN(quality)) {
                int which = things.contains(k) ? 0 : 1;
                sums[which] += quality;
                n[which]++;
            }
        }
        return List.of((sums[0] + sums[1]) / (n[0] + n[1]), sums[0] / n[0], sums[1] / n[1]);
    }

    @Override
    public Counts counts() {
        return new Counts(COUNTS * classes);
    }

    @Override
    public String describe() {
        return classes + " classes, " + things.size() + " of them things: " + loss + ", " + options;
    }
}
