// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.catalog.LoadedModel;
import io.github.pointillist.catalog.ModelCard;
import io.github.pointillist.image.Interpolation;
import io.github.pointillist.image.Raster8;
import io.github.pointillist.image.Resize;
import io.github.pointillist.models.InputSizes;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Pass;
import java.util.stream.IntStream;

/**
 * Semantic segmentation as published models were tested, by mmsegmentation's {@code inference} on the whole image: resized
 * in proportion so that it fits into {@value #LONG} times the model's side by that side, then up to sizes that the model
 * takes, both by OpenCV's bilinear interpolation of bytes; the logits resized bilinearly to the model's input, then to the
 * image, and the most probable class taken.
 */
final class WholePlane {
    private static final int LONG = 4;

    /** Two neighbours between which a place lies. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Axis(int[] lower, int[] upper, float[] share) {
        /** As {@code layers.Resize}: corners not aligned, the border goes on. */
        static Axis of(int from, int to) {
            Axis axis = new Axis(new int[to], new int[to], new float[to]);
            for (int i = 0; i < to; i++) {
                double source = Math.max(0, (i + 0.5) * from / to - 0.5);
                axis.lower[i] = Math.min((int) source, from - 1);
                axis.upper[i] = Math.min(axis.lower[i] + 1, from - 1);
                axis.share[i] = (float) (source - axis.lower[i]);
            }
            return axis;
        }
    }

    /** The sides of the model's input. */
    record Input(int width, int height) {}

    private WholePlane() {}

    /** How large a picture is given to the model. */
    static Input input(int width, int height, ModelCard.Input card, InputSizes sizes) {
        if (sizes.isFixed()) {
            return new Input(sizes.widthPx(), sizes.heightPx());
        }
        int side = Math.min(card.widthPx(), card.heightPx());
        Raster fitted = Raster.fit(width, height, side);
        int multiple = sizes.multiple();
        return new Input(
                (fitted.width + multiple - 1) / multiple * multiple,
                (fitted.height + multiple - 1) / multiple * multiple);
    }

    private record Raster(int width, int height) {
        static Raster fit(int width, int height, int side) {
            double scale =
                    Math.min((double) LONG * side / Math.max(width, height), (double) side / Math.min(width, height));
            return new Raster(Math.max(1, (int) (width * scale + 0.5)), Math.max(1, (int) (height * scale + 0.5)));
        }
    }

    /**
     * The class of every pixel, row-major; the smaller one of equal ones.
     *
     * @param picture red, green and blue bytes
     */
    static int[] classes(LoadedModel model, Raster8 picture, InputSizes sizes, Progress progress) {
        ModelCard.Input card = model.card().input();
        Input input = input(picture.width(), picture.height(), card, sizes);
        Raster8 resized = picture;
        if (!sizes.isFixed()) {
            Raster fitted = Raster.fit(picture.width(), picture.height(), Math.min(card.widthPx(), card.heightPx()));
            resized = Resize.resize(resized, fitted.width, fitted.height, Interpolation.CV_BILINEAR);
        }
        if (resized.width() != input.width || resized.height() != input.height) {
            resized = Resize.resize(resized, input.width, input.height, Interpolation.CV_BILINEAR);
        }
        float[] values = card.normalisation().apply(Photograph.inOrder(resized, card.channelOrder()));
        progress.report(0, 1, "segmenting");
        progress.check();
        float[] logits;
        Shape shape;
        try (Arena scope = Arena.open(model.device())) {
            NDArray image = scope.array(values, 1, 3, input.height, input.width);
            NDArray output = model.layer().apply(image, Pass.inference()); // (1, K, h, w)
            shape = output.getShape();
            logits = output.toFloatArray();
        }
        progress.report(1, 1, "segmenting");
        for (float logit : logits) {
            if (Float.isNaN(logit)) {
                throw new IllegalStateException("model " + model.card().name() + " gave no number; its weights are"
                        + " damaged, or were trained with another normalisation");
            }
        }
        return best(
                logits,
                (int) shape.get(1),
                new Input((int) shape.get(3), (int) shape.get(2)),
                input,
                picture.width(),
                picture.height(),
                progress);
    }

    /** Resizes (K, h, w) to the input and that to the image, and takes the largest: row by row, never all of it. */
    private static int[] best(
            float[] logits, int classes, Input map, Input input, int width, int height, Progress progress) {
        Axis rowsToInput = Axis.of(map.height, input.height);
        Axis rowsToImage = Axis.of(input.height, height);
        Axis columnsToInput = Axis.of(map.width, input.width);
        Axis columnsToImage = Axis.of(input.width, width);
        int[] labels = new int[Math.multiplyExact(width, height)];
        IntStream.range(0, height).parallel().forEach(y -> {
            progress.check();
            float[] best = new float[width];
            float[] row = new float[map.width];
            float[] wide = new float[input.width];
            int lower = rowsToImage.lower[y];
            int upper = rowsToImage.upper[y];
            float share = rowsToImage.share[y];
            for (int k = 0; k < classes; k++) {
                int plane = k * map.width * map.height;
                for (int x = 0; x < map.width; x++) {
                    row[x] = (1 - share) * between(logits, plane + x, map.width, rowsToInput, lower)
                            + share * between(logits, plane + x, map.width, rowsToInput, upper);
                }
                for (int x = 0; x < input.width; x++) {
                    wide[x] = between(row, 0, 1, columnsToInput, x);
                }
                for (int x = 0; x < width; x++) {
                    float value = between(wide, 0, 1, columnsToImage, x);
                    if (k == 0 || value > best[x]) {
                        best[x] = value;
                        labels[y * width + x] = k;
                    }
                }
            }
        });
        return labels;
    }

    private static float between(float[] values, int from, int step, Axis axis, int i) {
        return (1 - axis.share[i]) * values[from + axis.lower[i] * step]
                + axis.share[i] * values[from + axis.upper[i] * step];
    }
}
